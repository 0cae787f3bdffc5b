"""Names of uploaded files: folders and a name, as the client's own disk has them."""

import re
import unicodedata

from coreshed.problems import Invalid

MAX_BYTES = 1024
# Marks that reorder what is shown (UAX 9): with them a name looks like another one. Separators of lines as well.
_HIDDEN = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{1,255}")


def check_file_name(name: str) -> str:
    """The name as it is. Raises Invalid with `loc`.

    1 to 1,024 bytes of UTF-8; folders are separated by `/`, and none of them is empty, `.` or `..`; no control
    characters, no marks of direction, no backslash.
    """
    fault = _fault(name)
    if fault:
        raise Invalid(f"file_name: {fault}", loc=["body", "file_name"])
    return name


def _fault(name: str) -> str:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not Unicode text."
    if not 1 <= size <= MAX_BYTES:
        return f"it has 1 to {MAX_BYTES} bytes of UTF-8, not {size}."
    if any(unicodedata.category(letter) == "Cc" or letter in _HIDDEN for letter in name):
        return "control characters and marks of direction are not allowed."
    if "\\" in name:
        return "folders are separated by '/', not by a backslash."
    if {"", ".", ".."} & set(name.split("/")):
        return "it is a relative path without empty parts, '.' and '..'."
    return ""


def check_content_type(content_type: str) -> str:
    """What the link is made for; empty: bytes of no stated kind. Raises Invalid with `loc`."""
    if not content_type:
        return "application/octet-stream"
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise Invalid("content_type: it has 1 to 255 characters of ASCII.", loc=["body", "content_type"])
    return content_type
