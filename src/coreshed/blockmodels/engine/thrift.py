"""Thrift's compact protocol, as far as the footers of Parquet files need it.

The writer appends fields in ascending order to a buffer. The reader takes bytes that nobody vouches for: depth, number
of values and length of texts are bounded, and what is announced is compared with the bytes that are left before
anything is allocated. Source: the compact protocol specification of Apache Thrift.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

_SMALL = tuple(bytes([n]) for n in range(128))


class MalformedThrift(ValueError):
    """Bytes that are not a struct of the compact protocol, or one beyond the limits; the message names the offset."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader accepts. depth: structs and containers inside each other; values: fields and elements in all, each
    of which takes up to 100 bytes of memory; text: bytes of one string. The chunk of a column has about 45 values.
    """

    depth: int = 16
    values: int = 2_000_000
    text: int = 16 * 1024 * 1024


DEFAULT_LIMITS = Limits()


def varint(number: int) -> bytes:
    """An unsigned number, seven bits a byte, lowest first. Raises ValueError below zero."""
    if number < 128:
        if number < 0:
            raise ValueError(f"{number} is not an unsigned number")
        return _SMALL[number]
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    if number < 0x200000:
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def zigzag(number: int) -> bytes:
    """A signed number of up to 64 bits: 0, -1, 1, -2 as the varints 0, 1, 2, 3."""
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def binary(content: bytes) -> bytes:
    """Bytes behind their length."""
    return varint(len(content)) + content


def sequence(kind: int, items: Iterable[bytes]) -> bytes:
    """A list whose elements, all of one type, are encoded already."""
    encoded = list(items)
    count = len(encoded)
    head = bytes([count << 4 | kind]) if count < 15 else bytes([0xF0 | kind]) + varint(count)
    return head + b"".join(encoded)


class Struct:
    """A struct under construction. Fields are added by ascending id; `None` leaves a field out."""

    __slots__ = ("_last", "_parts")

    def __init__(self) -> None:
        self._last = 0
        self._parts: list[bytes] = []

    def _put(self, field: int, kind: int, content: bytes) -> "Struct":
        step = field - self._last
        if step <= 0:
            raise ValueError(f"field {field} comes after field {self._last}")
        self._parts.append(bytes([step << 4 | kind]) if step < 16 else bytes([kind]) + zigzag(field))
        self._parts.append(content)
        self._last = field
        return self

    def boolean(self, field: int, value: bool) -> "Struct":
        """A truth value, which is kept in the type of the field."""
        return self._put(field, TRUE if value else FALSE, b"")

    def i8(self, field: int, number: int) -> "Struct":
        """A signed byte."""
        return self._put(field, I8, number.to_bytes(1, "little", signed=True))

    def i32(self, field: int, number: int | None) -> "Struct":
        """A number of 32 bits."""
        return self if number is None else self._put(field, I32, zigzag(number))

    def i64(self, field: int, number: int | None) -> "Struct":
        """A number of 64 bits."""
        return self if number is None else self._put(field, I64, zigzag(number))

    def binary(self, field: int, content: bytes | None) -> "Struct":
        """Bytes, or text as UTF-8."""
        return self if content is None else self._put(field, BINARY, binary(content))

    def sequence(self, field: int, kind: int, items: Iterable[bytes]) -> "Struct":
        """A list of encoded elements of the type `kind`."""
        return self._put(field, LIST, sequence(kind, items))

    def struct(self, field: int, content: bytes | None) -> "Struct":
        """An encoded struct."""
        return self if content is None else self._put(field, STRUCT, content)

    def encode(self) -> bytes:
        """The struct with the byte that ends it."""
        return b"".join(self._parts) + b"\0"


def read_struct(content: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[dict[int, Any], int]:
    """The struct at the start of `content` and the number of bytes it takes.

    Fields by id: bool, int, float, bytes, list (also for sets), list of pairs for maps, dict for structs. Of a field
    that occurs twice the last one counts. Raises MalformedThrift, and nothing else, for whatever bytes.
    """
    reader = _Reader(content, limits)
    value = reader.struct(1)
    return value, reader.at


class _Reader:
    __slots__ = ("_content", "_limits", "_values", "at")

    def __init__(self, content: bytes, limits: Limits) -> None:
        self._content = content
        self._limits = limits
        self._values = limits.values
        self.at = 0

    def _refuse(self, reason: str) -> MalformedThrift:
        return MalformedThrift(f"{reason} at byte {self.at} of {len(self._content)}")

    def _byte(self) -> int:
        at = self.at
        if at >= len(self._content):
            raise self._refuse("the struct does not end")
        self.at = at + 1
        return self._content[at]

    def _varint(self) -> int:
        number = self._byte()
        if number < 128:
            return number
        number &= 0x7F
        for shift in range(7, 70, 7):
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 128:
                if number >= 1 << 64:
                    break
                return number
        raise self._refuse("a number has more than 64 bits")

    def _number(self, bits: int) -> int:
        number = self._varint()
        signed = (number >> 1) ^ -(number & 1)
        if not -(1 << bits - 1) <= signed < 1 << bits - 1:
            raise self._refuse(f"a number has more than {bits} bits")
        return signed

    def _bytes(self, length: int) -> bytes:
        if length > self._limits.text:
            raise self._refuse(f"a string of {length} bytes is longer than {self._limits.text}")
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self._content):
            raise self._refuse(f"{length} bytes are announced and fewer are left")
        found = self._content[self.at : end]
        self.at = end
        return found

    def _spend(self, count: int) -> None:
        self._values -= count
        if self._values < 0:
            raise self._refuse(f"more than {self._limits.values} values")

    def struct(self, depth: int) -> dict[int, Any]:
        """Fields until the byte that ends the struct."""
        if depth > self._limits.depth:
            raise self._refuse(f"more than {self._limits.depth} structs and containers inside each other")
        fields: dict[int, Any] = {}
        last = 0
        while head := self._byte():
            self._spend(1)
            kind = head & 0x0F
            last = last + (head >> 4) if head >> 4 else self._number(16)
            fields[last] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        match kind:
            case 5:
                return self._number(32)
            case 6:
                return self._number(64)
            case 8:
                return self._bytes(self._varint())
            case 12:
                return self.struct(depth + 1)
            case 9 | 10:
                return self._list(depth + 1)
            case 11:
                return self._map(depth + 1)
            case 1 | 2:  # of an element; that of a field is in its head
                return self._byte() == TRUE
            case 3:
                return int.from_bytes(self._exactly(1), "little", signed=True)
            case 4:
                return self._number(16)
            case 7:
                return _double(self._exactly(8))
        raise self._refuse(f"{kind} is no type of the compact protocol")

    def _announced(self, count: int, least: int, depth: int) -> int:
        """`count` of a container, each element of which takes at least `least` bytes."""
        if depth > self._limits.depth:
            raise self._refuse(f"more than {self._limits.depth} structs and containers inside each other")
        if count * least > len(self._content) - self.at:
            raise self._refuse(f"{count} elements are announced and fewer bytes are left")
        self._spend(count)
        return count

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        kind = head & 0x0F
        return [self._value(kind, depth) for _ in range(self._announced(count, 1, depth))]

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        count = self._varint()
        if not count:
            return []
        kinds = self._byte()
        pairs = range(self._announced(count, 2, depth))
        return [(self._value(kinds >> 4, depth), self._value(kinds & 0x0F, depth)) for _ in pairs]


def _double(content: bytes) -> float:
    return float(struct.unpack("<d", content)[0])
