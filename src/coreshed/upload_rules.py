"""What may be said in an upload, by rules that need nothing but the words: the server judges by them, and its client
before it sends anything. Each answers what is wrong in a sentence without its subject, empty where nothing is.
"""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from coreshed.clock import parse_iso

MAX_FILE_NAME_BYTES = 1024
# In characters.
MAX_NAME = 500
MAX_ASSET_KEY = 500
# In bytes, of properties and of metadata.
MAX_JSON = 1 << 20
# Marks that reorder what is shown (UAX 9): with them a name looks like another one. Separators of lines as well.
_HIDDEN = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
# What fits into 64 bits of nanoseconds, in whole years.
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 10**9 for year in (1678, 2262))


def file_name_fault(name: str, most: int = MAX_FILE_NAME_BYTES) -> str:
    """Of the name of a file, with its folders. most: bytes of UTF-8."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not Unicode text."
    if not 1 <= size <= most:
        return f"it has 1 to {most} bytes of UTF-8, not {size}."
    if any(unicodedata.category(letter) == "Cc" or letter in _HIDDEN for letter in name):
        return "control characters and marks of direction are not allowed."
    if "\\" in name:
        return "folders are separated by '/', not by a backslash."
    if {"", ".", ".."} & set(name.split("/")):
        return "it is a relative path without empty parts, '.' and '..'."
    return ""


def name_fault(name: str) -> str:
    """Of the name of an item."""
    if not 1 <= len(name) <= MAX_NAME:
        return f"it has 1 to {MAX_NAME} characters, not {len(name)}."
    return json_fault(name)


def asset_key_fault(key: str) -> str:
    """Of the key of an asset."""
    if len(key) > MAX_ASSET_KEY:
        return f"it has at most {MAX_ASSET_KEY} characters, not {len(key)}."
    return json_fault(key)


def time_fault(text: str) -> str:
    """Of a moment; one without an offset is UTC."""
    try:
        at_ns = parse_iso(text)
    except (ValueError, OverflowError):
        return f"{text[:40]!r} is no time of RFC 3339."
    return "" if _FIRST <= at_ns < _LAST else "times of the years 1678 to 2261 can be kept."


def object_fault(value: Mapping[str, Any]) -> str:
    """Of properties and of metadata."""
    return json_fault(value) or _size_fault(len(msgspec.json.encode(value)))


def _size_fault(size: int) -> str:
    return "" if size <= MAX_JSON else f"it has at most {MAX_JSON} bytes as JSON, not {size}."


def json_fault(value: Any) -> str:
    """Of anything that is to be sent as JSON."""
    try:
        sent = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return "it cannot be written as JSON."
    return "text must not contain NUL." if _has_nul(msgspec.json.decode(sent)) else ""


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _has_nul(each) for name, each in value.items())
    if isinstance(value, list):
        return any(_has_nul(each) for each in value)
    return isinstance(value, str) and "\0" in value
