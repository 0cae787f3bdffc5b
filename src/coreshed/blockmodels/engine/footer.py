"""Parquet files made of encoded columns of other files: the schema, the footer, and the plan of what to copy.

All columns are optional and lie side by side; one row group is one tile. Source: parquet.thrift of Apache Parquet; the
spelling of the schema is that of pyarrow, so that readers take such a file for one of its own.
"""

import base64
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import pyarrow as pa

from coreshed.blockmodels.engine import thrift
from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.thrift import Struct, varint, zigzag

MAGIC = b"PAR1"
CREATED_BY = b"coreshed"
ARROW_SCHEMA = "ARROW:schema"
_FORMAT_VERSION = 2  # what pyarrow calls 2.6
_OPTIONAL, _REQUIRED = 1, 0

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the file: the name that readers see, and the type of its values. Nulls are always possible.

    Raises ValueError for an empty name, and for U+0000 in it, which no name can hold in Arrow's C interface.
    """

    name: str
    data_type: DataType

    def __post_init__(self) -> None:
        if not self.name or "\0" in self.name:
            raise ValueError(f"{self.name!r} is no name of a column")


@dataclass(frozen=True, slots=True)
class RowGroup:
    """num_rows >= 1 rows, and one chunk of as many values for each field, in the order of the fields.

    Raises ValueError where that is not so.
    """

    num_rows: int
    chunks: tuple[Chunk, ...]

    def __post_init__(self) -> None:
        if self.num_rows < 1:
            raise ValueError("a row group has at least one row")
        for chunk in self.chunks:
            if chunk.num_values != self.num_rows:
                raise ValueError(f"a chunk of {chunk.num_values} values is none of a row group of {self.num_rows} rows")


@dataclass(frozen=True, slots=True)
class Piece(Generic[S]):
    """Bytes `[offset, offset + length)` of a source."""

    source: S
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Plan(Generic[S]):
    """A file as what follows each other in it: bytes as they are, or a piece to copy. length is that of the whole."""

    parts: tuple[Piece[S] | bytes, ...]
    length: int


def footer(
    fields: Sequence[Field],
    row_groups: Sequence[RowGroup],
    key_values: Iterable[tuple[str, str]] = (),
    *,
    start: int | None = None,
) -> bytes:
    """The end of a Parquet file, from behind the last chunk to the closing magic.

    The chunks say their offsets in the new file; with `start` they follow each other from that offset, whatever they
    say. key_values are kept beside the description of the Arrow schema, which is made here. Raises ValueError for no
    fields or two of one name, row groups with other than one chunk per field, and the key `ARROW:schema`.
    """
    schema, arrow_schema = _schema(tuple(fields))
    metadata = (
        Struct()
        .i32(1, _FORMAT_VERSION)
        .sequence(2, thrift.STRUCT, schema)
        .i64(3, sum(group.num_rows for group in row_groups))
        .sequence(4, thrift.STRUCT, _row_groups(tuple(fields), row_groups, start))
        .sequence(5, thrift.STRUCT, _key_values(arrow_schema, key_values))
        .binary(6, CREATED_BY)
        .sequence(7, thrift.STRUCT, [_TYPE_ORDER] * len(fields))
        .encode()
    )
    return metadata + len(metadata).to_bytes(4, "little") + MAGIC


def plan(
    fields: Sequence[Field],
    row_groups: Sequence[RowGroup],
    sources: Sequence[Sequence[S]],
    key_values: Iterable[tuple[str, str]] = (),
) -> Plan[S]:
    """How to put a file together from chunks that lie elsewhere.

    The chunks say their offsets in their sources; `sources[g][c]` is where chunk c of row group g lies. In the new file
    the chunks of a row group follow each other without gaps, and pieces that are neighbours in one source are one.
    Raises ValueError as `footer` does, and where there is not one source for each chunk.
    """
    if [len(places) for places in sources] != [len(group.chunks) for group in row_groups]:
        raise ValueError("there is not one source for each chunk")
    end = footer(fields, row_groups, key_values, start=len(MAGIC))
    pieces = _pieces(row_groups, sources)
    length = len(MAGIC) + sum(piece.length for piece in pieces) + len(end)
    return Plan((MAGIC, *pieces, end), length)


def _pieces(row_groups: Sequence[RowGroup], sources: Sequence[Sequence[S]]) -> list[Piece[S]]:
    """What to copy, neighbours as one."""
    chunks = [chunk for group in row_groups for chunk in group.chunks]
    places = [place for row in sources for place in row]
    pieces: list[Piece[S]] = []
    first = 0
    for index, (chunk, place) in enumerate(zip(chunks, places, strict=True)):
        end = chunk.offset + chunk.length
        follows = index + 1 < len(chunks) and chunks[index + 1].offset == end and places[index + 1] == place
        if not follows:
            start = chunks[first].offset
            pieces.append(Piece(place, start, end - start))
            first = index + 1
    return pieces


def _key_values(arrow_schema: bytes, others: Iterable[tuple[str, str]]) -> list[bytes]:
    pairs = [Struct().binary(1, ARROW_SCHEMA.encode()).binary(2, arrow_schema).encode()]
    for key, value in others:
        if key == ARROW_SCHEMA:
            raise ValueError(f"{ARROW_SCHEMA} is made from the fields")
        pairs.append(Struct().binary(1, key.encode()).binary(2, value.encode()).encode())
    return pairs


def _row_groups(fields: tuple[Field, ...], row_groups: Sequence[RowGroup], start: int | None) -> list[bytes]:
    columns = _ChunkWriter(fields)
    encoded: list[bytes] = []
    at = start
    for group in row_groups:
        if len(group.chunks) != len(fields):
            raise ValueError(f"a row group has {len(group.chunks)} chunks for {len(fields)} fields")
        first = group.chunks[0].offset if at is None else at
        chunks = []
        for column, chunk in enumerate(group.chunks):
            chunks.append(columns.encode(column, chunk, chunk.offset if at is None else at))
            at = None if at is None else at + chunk.length
        encoded.append(
            Struct()
            .sequence(1, thrift.STRUCT, chunks)
            .i64(2, sum(chunk.uncompressed for chunk in group.chunks))
            .i64(3, group.num_rows)
            .i64(5, first)
            .i64(6, sum(chunk.length for chunk in group.chunks))
            .encode()
        )
    return encoded


class _ChunkWriter:
    """Encodes ColumnChunk structs. What the chunks of a column have in common is encoded once."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self._fields = fields
        self._heads: dict[tuple[int, tuple[int, ...], int], bytes] = {}

    def encode(self, column: int, chunk: Chunk, offset: int) -> bytes:
        """The struct as one byte string; written out, because files of 10^5 chunks are made in one go."""
        key = (column, chunk.encodings, chunk.codec)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._head(*key)
        parts = [head, varint(chunk.num_values << 1), b"\x16", varint(chunk.uncompressed << 1)]
        parts += (b"\x16", varint(chunk.length << 1), b"\x26", varint((offset + chunk.dictionary_length) << 1))
        statistics = _statistics(chunk)
        if chunk.dictionary_length:  # field 11, then 12
            parts += (b"\x26", varint(offset << 1), b"\x1c" if statistics else b"")
        elif statistics:  # field 12 after 9
            parts.append(b"\x3c")
        parts += (statistics, b"\0\0")
        return b"".join(parts)

    def _head(self, column: int, encodings: tuple[int, ...], codec: int) -> bytes:
        """ColumnChunk up to the number of values; the offset of its own is 0, as the format recommends."""
        field = self._fields[column]
        metadata = (
            Struct()
            .i32(1, _PHYSICAL[field.data_type].kind)
            .sequence(2, thrift.I32, [zigzag(encoding) for encoding in encodings])
            .sequence(3, thrift.BINARY, [thrift.binary(field.name.encode())])
            .i32(4, codec)
            .encode()[:-1]
        )
        return Struct().i64(2, 0).struct(3, metadata).encode()[:-1] + b"\x16"


def _statistics(chunk: Chunk) -> bytes:
    """Statistics with null_count (3), max_value (5) and min_value (6), or nothing."""
    nulls, least, greatest = chunk.null_count, chunk.minimum, chunk.maximum
    if least is None or greatest is None:
        return b"" if nulls is None else b"\x36" + varint(nulls << 1) + b"\0"
    head = b"\x58" if nulls is None else b"\x36" + varint(nulls << 1) + b"\x28"
    return b"".join((head, varint(len(greatest)), greatest, b"\x18", varint(len(least)), least, b"\0"))


@dataclass(frozen=True, slots=True)
class _Physical:
    """How Parquet keeps a data type: physical type, its length, ConvertedType and LogicalType."""

    kind: int
    length: int | None = None
    converted: int | None = None
    logical: bytes | None = None


_TYPE_ORDER = Struct().struct(1, Struct().encode()).encode()
_BOOLEAN, _INT32, _INT64, _FLOAT, _DOUBLE, _BYTE_ARRAY, _FIXED = 0, 1, 2, 4, 5, 6, 7


def _integer(bits: int, signed: bool) -> bytes:
    return Struct().struct(10, Struct().i8(1, bits).boolean(2, signed).encode()).encode()


def _without_parameters(field: int) -> bytes:
    return Struct().struct(field, Struct().encode()).encode()


_MICROSECONDS = Struct().struct(2, Struct().encode()).encode()
_UTC_MICROSECONDS = Struct().struct(8, Struct().boolean(1, True).struct(2, _MICROSECONDS).encode()).encode()

_PHYSICAL = {
    DataType.BOOLEAN: _Physical(_BOOLEAN),
    DataType.INT8: _Physical(_INT32, None, 15, _integer(8, signed=True)),
    DataType.INT16: _Physical(_INT32, None, 16, _integer(16, signed=True)),
    DataType.INT32: _Physical(_INT32),
    DataType.INT64: _Physical(_INT64),
    DataType.UINT8: _Physical(_INT32, None, 11, _integer(8, signed=False)),
    DataType.UINT16: _Physical(_INT32, None, 12, _integer(16, signed=False)),
    DataType.UINT32: _Physical(_INT32, None, 13, _integer(32, signed=False)),
    DataType.UINT64: _Physical(_INT64, None, 14, _integer(64, signed=False)),
    DataType.FLOAT16: _Physical(_FIXED, 2, None, _without_parameters(15)),
    DataType.FLOAT32: _Physical(_FLOAT),
    DataType.FLOAT64: _Physical(_DOUBLE),
    DataType.UTF8: _Physical(_BYTE_ARRAY, None, 0, _without_parameters(1)),
    DataType.DATE32: _Physical(_INT32, None, 6, _without_parameters(6)),
    DataType.TIMESTAMP: _Physical(_INT64, None, 10, _UTC_MICROSECONDS),
}


@lru_cache(maxsize=256)
def _schema(fields: tuple[Field, ...]) -> tuple[tuple[bytes, ...], bytes]:
    """SchemaElements with the root, and the Arrow schema as pyarrow keeps it. Raises ValueError for equal names."""
    if len({field.name for field in fields}) != len(fields):
        raise ValueError("two fields have the same name")
    if not fields:
        raise ValueError("a file has at least one field")
    elements = [Struct().i32(3, _REQUIRED).binary(4, b"schema").i32(5, len(fields)).encode()]
    for field in fields:
        physical = _PHYSICAL[field.data_type]
        element = (
            Struct().i32(1, physical.kind).i32(2, physical.length).i32(3, _OPTIONAL).binary(4, field.name.encode())
        )
        elements.append(element.i32(6, physical.converted).struct(10, physical.logical).encode())
    arrow = pa.schema([(field.name, field.data_type.arrow) for field in fields])
    return tuple(elements), base64.b64encode(arrow.serialize().to_pybytes())
