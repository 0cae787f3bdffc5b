"""Paths of files: what may be in them, and how a path in a URL becomes the stored one."""

import re

from coreshed import paths
from coreshed.problems import InvalidPath

# The vendor's sentence says "less than 256"; its release notes say "limited to 256". The lenient reading.
MAX_NAME = 256
MAX_PATH = 2048
_MARKER = b"/files/path/"
# Everything else is a name somewhere: `?`, `#`, `%`, `*`, backslashes, and the names that Windows reserves.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def of_url(raw_path: bytes) -> str:
    """The path that a raw request path names, without leading slash and with single slashes. Raises InvalidPath."""
    return normalise(paths.raw_tail(raw_path, _MARKER))


def normalise(text: str) -> str:
    """The stored form: no leading slash, single slashes, case kept. Raises InvalidPath naming the rule."""
    path = re.sub(r"/+", "/", text).lstrip("/")
    if not path or path.endswith("/"):
        raise InvalidPath("The path needs a file name at its end.")
    found = _FORBIDDEN.search(path)
    if found:
        raise InvalidPath(f"The path contains the control character {found.group()!r}.")
    if any(segment in {".", ".."} for segment in path.split("/")):
        raise InvalidPath("The path contains a segment '.' or '..'.")
    if len(paths.file_name(path)) > MAX_NAME:
        raise InvalidPath("File name is too long, must be less than 256 characters")
    if len(path) > MAX_PATH or len(paths.key(path).encode("utf-8", "surrogatepass")) > paths.MAX_KEY_BYTES:
        raise InvalidPath(
            f"The path is too long: at most {MAX_PATH} characters and {paths.MAX_KEY_BYTES} bytes of UTF-8 are allowed."
        )
    return path


def check_new(path: str) -> None:
    """What a path must fulfil to be written to, and not to be looked up. Raises InvalidPath."""
    if any(segment != segment.strip() for segment in path.split("/")):
        raise InvalidPath("Object names or path segments starting with or ending with a space (' ') are not permitted.")


def numbered(path: str, number: int) -> str:
    """`A/m (1).csv` of `A/m.csv` and 1; the stem loses its end where the name would be too long."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem:  # `README`, `.gitignore`
        stem, dot, suffix = name, "", ""
    while True:
        new = f"{stem.rstrip()} ({number}){dot}{suffix}"
        found = f"{folder}{slash}{new}"
        if len(new) <= MAX_NAME and len(paths.key(found).encode("utf-8", "surrogatepass")) <= paths.MAX_KEY_BYTES:
            return found
        if stem:
            stem = stem[:-1]
        else:
            dot, suffix = "", suffix[:-1]
