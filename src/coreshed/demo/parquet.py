"""A Parquet writer for the flat tables of geoscience objects, so that the server needs no Arrow.

One row group, one page per column, PLAIN encoding, no compression, every column required. The footer is Thrift's
compact protocol. Source: apache/parquet-format, `parquet.thrift` and `Encodings.md`; apache/thrift,
`thrift-compact-protocol.md`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = b"PAR1"
_PLAIN, _RLE = 0, 3
_REQUIRED = 0
_UNCOMPRESSED = 0

# Type, ConvertedType (None: the physical type says it all) and struct code of each kind of column.
_KINDS: Final[dict[str, tuple[int, int | None, str]]] = {
    "int32": (1, None, "i"),
    "int64": (2, None, "q"),
    "uint64": (2, 14, "Q"),
    "float64": (5, None, "d"),
    "string": (6, 0, ""),
}

# Field types of the compact protocol.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


@dataclass(frozen=True, slots=True)
class Column:
    """One column; kind: int32, int64, uint64, float64 or string. A missing float64 is NaN, nothing else may be missing.

    Values outside of their kind's range raise struct.error.
    """

    name: str
    kind: str
    values: Sequence[float] | Sequence[int] | Sequence[str]


def write(columns: Sequence[Column]) -> bytes:
    """A Parquet file of the columns, in order. Raises ValueError unless there are some, all of the same length."""
    lengths = {len(column.values) for column in columns}
    if len(lengths) != 1:
        raise ValueError(f"expected columns of one length, got {sorted(lengths)}")
    rows = lengths.pop()
    body = bytearray(_MAGIC)
    chunks = []
    total = 0
    for column in columns:
        start = len(body)
        body += _page(column)
        chunks.append(_chunk(column, start, len(body) - start))
        total += len(body) - start
    row_group = _struct((1, _LIST, _list(_STRUCT, chunks)), (2, _I64, _zigzag(total)), (3, _I64, _zigzag(rows)))
    footer = _struct(
        (1, _I32, _zigzag(1)),
        (2, _LIST, _list(_STRUCT, [_root(len(columns)), *map(_element, columns)])),
        (3, _I64, _zigzag(rows)),
        (4, _LIST, _list(_STRUCT, [row_group])),
        (6, _BINARY, _binary(b"coreshed")),
    )
    return bytes(body) + footer + struct.pack("<I", len(footer)) + _MAGIC


def _page(column: Column) -> bytes:
    """The header and the values of the only page; required columns have no levels."""
    values = _values(column)
    data_header = _struct(
        (1, _I32, _zigzag(len(column.values))),
        (2, _I32, _zigzag(_PLAIN)),
        (3, _I32, _zigzag(_RLE)),
        (4, _I32, _zigzag(_RLE)),
    )
    header = _struct(
        (1, _I32, _zigzag(0)),
        (2, _I32, _zigzag(len(values))),
        (3, _I32, _zigzag(len(values))),
        (5, _STRUCT, data_header),
    )
    return header + values


def _values(column: Column) -> bytes:
    code = _KINDS[column.kind][2]
    if code:
        return struct.pack(f"<{len(column.values)}{code}", *column.values)
    texts = [str(value).encode() for value in column.values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _chunk(column: Column, start: int, size: int) -> bytes:
    metadata = _struct(
        (1, _I32, _zigzag(_KINDS[column.kind][0])),
        (2, _LIST, _list(_I32, [_zigzag(_PLAIN)])),
        (3, _LIST, _list(_BINARY, [_binary(column.name.encode())])),
        (4, _I32, _zigzag(_UNCOMPRESSED)),
        (5, _I64, _zigzag(len(column.values))),
        (6, _I64, _zigzag(size)),
        (7, _I64, _zigzag(size)),
        (9, _I64, _zigzag(start)),
    )
    return _struct((2, _I64, _zigzag(start)), (3, _STRUCT, metadata))


def _root(children: int) -> bytes:
    return _struct((4, _BINARY, _binary(b"schema")), (5, _I32, _zigzag(children)))


def _element(column: Column) -> bytes:
    physical, converted, _ = _KINDS[column.kind]
    fields = [
        (1, _I32, _zigzag(physical)),
        (3, _I32, _zigzag(_REQUIRED)),
        (4, _BINARY, _binary(column.name.encode())),
    ]
    if converted is not None:
        fields.append((6, _I32, _zigzag(converted)))
    return _struct(*fields)


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    """Fields as (id, type, value), by ascending id at most 15 apart."""
    parts = bytearray()
    last = 0
    for identifier, kind, value in fields:
        parts.append((identifier - last) << 4 | kind)
        parts += value
        last = identifier
    return bytes(parts) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return head + b"".join(items)


def _binary(value: bytes) -> bytes:
    return _varint(len(value)) + value


def _zigzag(number: int) -> bytes:
    """A count or an offset, which is never negative here."""
    return _varint(number << 1)


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
