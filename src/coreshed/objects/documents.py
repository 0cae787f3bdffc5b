"""Geoscience object documents: bytes in, one checked value, and what the server reads out of it."""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from coreshed import ids
from coreshed.problems import Invalid, TooLarge

MAX_DEPTH = 200
MAX_PROPERTY_DEPTH = 8
MAX_PROPERTIES = 2000
# Characters of all keys of a path: four bytes each still fit a row of PostgreSQL's index.
MAX_PROPERTY_PATH = 512
TEXT_CUT = 256
# A gzip body may grow a hundredfold; what grows more is a bomb, whatever its absolute size.
MAX_INFLATION = 100
# Compressors that work in parallel write a member for each 64 KiB or more.
_MAX_MEMBERS = 10_000
_GZIP_PIECE = 64 << 10

NULL, NUMBER, TEXT, BOOLEAN = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Property:
    """One scalar of a document.

    path: dict keys joined by dots, arrays left out. at: the positions in arrays on the way, as `;<keys before>:<index>
    [.<index>...];`, empty outside of arrays. kind: NULL, NUMBER, TEXT or BOOLEAN. number: the value as a double, 0/1
    for booleans. text: the first 256 characters; `cut` where there were more.
    """

    path: str
    at: str
    kind: int
    number: float | None = None
    text: str | None = None
    cut: bool = False


def inflate(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The body without its `Content-Encoding`. Raises Invalid, TooLarge."""
    if encoding is None or encoding.lower() in {"", "identity"}:
        plain = body
    elif encoding.lower() == "gzip":
        plain = _gunzip(body, min(limit, len(body) * MAX_INFLATION + 1024))
    else:
        raise Invalid(f"Content-Encoding {encoding[:40]!r} is not supported; send gzip or none.")
    if len(plain) > limit:
        raise TooLarge(f"The object has {len(plain)} bytes; at most {limit} are accepted.")
    return plain


def _gunzip(body: bytes, limit: int) -> bytes:
    """Every member of the body, one after the other, as RFC 1952 has it."""
    plain = bytearray()
    rest = memoryview(body)
    members = 0
    while rest or not members:
        members += 1
        if members > _MAX_MEMBERS:
            raise Invalid(f"The gzip body has more than {_MAX_MEMBERS} members.")
        stream = zlib.decompressobj(wbits=31)
        while not stream.eof:
            piece = rest[:_GZIP_PIECE]
            if not piece:
                raise Invalid("The gzip body ends too early.")
            try:
                plain += stream.decompress(piece, limit - len(plain) + 1)
            except zlib.error as error:
                raise Invalid("The body is not valid gzip.") from error
            if len(plain) > limit:
                raise TooLarge("The gzip body inflates beyond what is accepted.")
            rest = rest[len(piece) - len(stream.unused_data) :]
    return bytes(plain)


def decode(text: bytes) -> dict[str, Any]:
    """The document of a JSON body. Raises Invalid for anything but one object of finite numbers and unique keys.

    Decoding happens once, so that the validator, the filters and every reader see the same value.
    """
    try:
        value = msgspec.json.decode(text)
        json.loads(text, object_pairs_hook=_unique, parse_constant=_non_finite)
    except Invalid:
        raise
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The body is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise Invalid("The body is not a JSON object.")
    _check_depth(value)
    return value


def _check_depth(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [
            member
            for container in level
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, dict | list)
        ]
        if not level:
            return
    raise Invalid(f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Invalid(f"The JSON object repeats the key {twice[:80]!r}.")
    return members


def _non_finite(token: str) -> NoReturn:
    raise Invalid(f"The JSON contains the non-finite number {token}.")


def pack(document: dict[str, Any]) -> bytes:
    """The stored form."""
    return zlib.compress(msgspec.json.encode(document), 1)


def unpack(stored: bytes) -> bytes:
    """The JSON text of a stored document."""
    return zlib.decompress(stored)


def references(document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Distinct data references in order of first appearance, and the invalid ones among required places.

    A reference is a string directly under a key named `data`. Inside `extensions` and `tags`, which are free-form, a
    string that is no valid key is ordinary text.
    """
    valid: dict[str, None] = {}
    invalid: dict[str, None] = {}
    for text, free in _data_strings(document, free=False):
        if ids.is_sha256(text) or ids.is_uuid(text):
            valid[text] = None
        elif not free:
            invalid[text] = None
    return list(valid), list(invalid)


def free_references(document: dict[str, Any]) -> set[str]:
    """References that appear in free-form places alone: they are linked where the blob exists and ignored otherwise."""
    found = list(_data_strings(document, free=False))
    return {text for text, free in found if free} - {text for text, free in found if not free}


def _data_strings(value: dict[str, Any] | list[Any], *, free: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "data" and isinstance(member, str):
                yield member, free
            elif isinstance(member, dict | list):
                yield from _data_strings(member, free=free or name in {"extensions", "tags"})
    else:
        for member in value:
            if isinstance(member, dict | list):
                yield from _data_strings(member, free=free)


def properties(document: dict[str, Any]) -> tuple[list[Property], bool]:
    """The scalars that filters and orders use, at most 2,000, and whether these are all there are."""
    found: list[Property] = []
    complete = True
    for value, keys, at in _leaves(document, (), ()):
        path = ".".join(keys)
        row = None if isinstance(value, dict) or len(path) > MAX_PROPERTY_PATH else scalar(value)
        if row is None:
            complete = False
        elif len(found) >= MAX_PROPERTIES:
            return found, False
        else:
            kind, number, text = row
            cut = text is not None and len(text) > TEXT_CUT
            found.append(Property(path, position(at), kind, number, text and text[:TEXT_CUT], cut))
    return found, complete


_At = tuple[tuple[int, ...], ...]


def _leaves(value: Any, path: tuple[str, ...], at: _At) -> Iterator[tuple[Any, tuple[str, ...], _At]]:
    """Scalars with their keys and array positions, one at a time, and in place of what lies too deep its dict."""
    if isinstance(value, dict) and not (value and len(path) >= MAX_PROPERTY_DEPTH):
        for name, member in value.items():
            if _addressable(name):
                yield from _leaves(member, (*path, name), at)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaves(member, path, _deeper(at, len(path), index))
    else:
        yield value, path, at


def _addressable(name: str) -> bool:
    """Filters cannot name a key with a dot or a NUL."""
    return "." not in name and "\x00" not in name


def _deeper(at: tuple[tuple[int, ...], ...], keys: int, index: int) -> tuple[tuple[int, ...], ...]:
    """Array positions are grouped by the number of keys before them; nested arrays share a group."""
    if at and at[-1][0] == keys:
        return (*at[:-1], (*at[-1], index))
    return (*at, (keys, index))


def position(at: tuple[tuple[int, ...], ...]) -> str:
    """`;1:0;2:9.2;` of ((1, 0), (2, 9, 2))."""
    return "".join(f";{keys}:{'.'.join(map(str, indices))}" for keys, *indices in at) + (";" if at else "")


def scalar(value: Any) -> tuple[int, float | None, str | None] | None:
    """Kind, number and text of a JSON scalar; None where no column can hold it."""
    if value is None:
        return NULL, None, None
    if isinstance(value, bool):
        return BOOLEAN, float(value), None
    if isinstance(value, str):
        return None if "\x00" in value else (TEXT, None, value)
    try:
        number = float(value)
    except OverflowError:
        return None
    return (NUMBER, number, None) if math.isfinite(number) else None
