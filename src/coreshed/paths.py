"""Object and file paths: raw URL tails in, canonical paths and their case-insensitive keys out."""

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from coreshed.problems import InvalidPath

MAX_PATH = 1024
# An entry of PostgreSQL's index takes 2,704 bytes, of which the workspace and a restored name's number need some.
MAX_KEY_BYTES = 2600
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\\<>|"*?]')


def raw_tail(raw_path: bytes, marker: bytes) -> str:
    """What follows the first `marker` in a raw request path, percent-decoded once.

    The router's own path parameter is of no use here: it drops a trailing slash and decodes `%2F` before splitting.
    Raises InvalidPath where the bytes are not UTF-8.
    """
    _, found, tail = raw_path.partition(marker)
    if not found:  # a client may escape the letters of the marker as well
        _, _, tail = unquote_to_bytes(raw_path).partition(marker)
        tail = tail.replace(b"%", b"%25")
    try:
        return unquote_to_bytes(tail).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidPath("The object path is not valid UTF-8.") from error


def normalise(path: str) -> str:
    """The stored form: no leading slash, single slashes, case kept. Raises InvalidPath naming the rule."""
    trimmed = re.sub(r"/+", "/", path).lstrip("/")
    if not trimmed or trimmed.endswith("/"):
        raise InvalidPath("The object path needs a file name at its end.")
    if len(trimmed) > MAX_PATH:
        raise InvalidPath(f"The object path has {len(trimmed)} characters; at most {MAX_PATH} are allowed.")
    if len(key(trimmed).encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidPath(f"The object path takes more than the {MAX_KEY_BYTES} bytes that are allowed in UTF-8.")
    found = _FORBIDDEN.search(trimmed)
    if found:
        raise InvalidPath(f"The object path contains the invalid symbol {found.group()!r}.")
    if any(not segment.strip(".") for segment in trimmed.split("/")):
        raise InvalidPath("A segment of the object path consists of dots alone.")
    try:
        trimmed.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidPath("The object path contains an unpaired surrogate.") from error
    return trimmed


def key(path: str) -> str:
    """The form under which paths and names are compared: NFC, then full case folding.

    Folding lives here and not in SQL because SQLite folds ASCII alone and PostgreSQL folds by locale.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def numbered(path: str, number: int) -> str:
    """`A/m (1).json` of `A/m.json` and 1; the stem loses its end where the path would be too long for `normalise`."""
    stem, dot, suffix = path.rpartition(".")
    while True:
        found = f"{stem} ({number}){dot}{suffix}"
        if len(found) <= MAX_PATH and len(key(found).encode("utf-8", "surrogatepass")) <= MAX_KEY_BYTES:
            return found
        stem = stem[:-1]


def file_name(path: str) -> str:
    """`m.json` of `A/B/m.json`."""
    return path.rpartition("/")[2]


def folder(path: str) -> str:
    """`/A/B/` of `A/B/m.json`, and `/` at the root: slashes on both ends, as listings print it."""
    parent = path.rpartition("/")[0]
    return f"/{parent}/" if parent else "/"
