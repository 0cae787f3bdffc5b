"""The file of a version as Delta Lake wants it: signed numbers alone, chunks copied as they are where that is enough.

Delta knows no unsigned types and no half floats. UInt8 and UInt16 become the next signed type, whose Parquet bytes are
the same, and so are those of indices as Int32, and of UInt64 as Int64 below 2^63: the footer alone is another. UInt32
becomes Int64 and Float16 becomes Float32, and these columns are encoded anew. Everything else stays as it is.
Source: the mapping of types in the Delta Transaction Log Protocol.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from coreshed.blockmodels.engine.chunks import Chunk, read_chunks
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import EncodedChunk, How, choose, encode
from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup, footer
from coreshed.client.errors import Invalid, Mismatch

_KEPT = {
    DataType.UINT8: DataType.INT16,
    DataType.UINT16: DataType.INT32,
    DataType.UINT32: DataType.INT64,
    DataType.UINT64: DataType.INT64,
    DataType.FLOAT16: DataType.FLOAT32,
}
_ENCODED_ANEW = frozenset({(DataType.UINT32, DataType.INT64), (DataType.FLOAT16, DataType.FLOAT32)})
# What has no sign bit to lose loses nothing.
_LARGEST = {
    (DataType.UINT32, DataType.INT32): (1 << 31) - 1,
    (DataType.UINT64, DataType.INT64): (1 << 63) - 1,
}
_INDICES = frozenset({"i", "j", "k", "sidx"})
_GIVEN = {data_type.arrow: data_type for data_type in DataType}
_STEP = 8 << 20


@dataclass(frozen=True, slots=True)
class Recast:
    """A column: its name, its type in the file that is given, and the one in the file of the table."""

    name: str
    given: DataType
    kept: DataType

    @property
    def encoded_anew(self) -> bool:
        """Whether its bytes differ, not only its description."""
        return (self.given, self.kept) in _ENCODED_ANEW


@dataclass(frozen=True, slots=True)
class DataFile:
    """What a Parquet file holds: its columns, what is known of every chunk, rows and bytes."""

    fields: tuple[Field, ...]
    groups: tuple[RowGroup, ...]
    size: int

    @property
    def rows(self) -> int:
        """In all row groups."""
        return sum(group.num_rows for group in self.groups)


def columns_of(metadata: pq.FileMetaData) -> tuple[Recast, ...]:
    """How each column of a file of the server is kept. Raises Mismatch for what is no such file."""
    schema = metadata.schema.to_arrow_schema()
    leaves = [metadata.schema.column(index) for index in range(len(metadata.schema))]
    flat = all(each.max_definition_level == 1 and each.max_repetition_level == 0 for each in leaves)
    if not flat or any(each.type not in _GIVEN for each in schema):
        raise Mismatch("The server's file is no table of a block model.")
    return tuple(_recast(each.name, _GIVEN[each.type]) for each in schema)


def _recast(name: str, given: DataType) -> Recast:
    if given is DataType.UINT32 and name in _INDICES:  # names that no column of a user has
        return Recast(name, given, DataType.INT32)
    return Recast(name, given, _KEPT.get(given, given))


def recast(source: Path, target: Path) -> DataFile:
    """Write a new file `target`, synced to disk, of the columns and rows of a file of the server.

    Row groups stay as they are; one of them is in memory at most, and of columns that are copied 8 MB. Raises
    Mismatch for what is no file of a block model, Invalid for unsigned numbers of 2^63 and more, which it names,
    OSError.
    """
    with pq.ParquetFile(source, pre_buffer=False) as opened, source.open("rb") as read, target.open("xb") as written:
        columns = columns_of(opened.metadata)
        chunks = read_chunks(opened.metadata)
        _check_range(opened, columns, chunks)
        made = _write(_Copy(opened, read, columns), written, columns, chunks)
        written.flush()
        os.fsync(written.fileno())
    return made


def _write(copy: "_Copy", written: BinaryIO, columns: Sequence[Recast], chunks: Sequence[Sequence[Chunk]]) -> DataFile:
    written.write(MAGIC)
    groups: list[RowGroup] = []
    for index, group in enumerate(chunks):
        placed: list[Chunk] = []
        for place, (column, chunk) in enumerate(zip(columns, group, strict=True)):
            at = written.tell()
            if column.encoded_anew:
                made = copy.encoded(index, place)
                written.write(made.content)
                chunk = made.chunk
            else:
                copy.pass_on(chunk, written)
            placed.append(replace(chunk, offset=at))
        groups.append(RowGroup(placed[0].num_values, tuple(placed)))
    fields = tuple(Field(column.name, column.kept) for column in columns)
    written.write(footer(fields, groups))
    return DataFile(fields, tuple(groups), written.tell())


class _Copy:
    """What comes from the source: bytes as they are, or a column encoded as another type."""

    def __init__(self, opened: Any, read: BinaryIO, columns: Sequence[Recast]) -> None:
        self._opened, self._read, self._columns = opened, read, columns
        self._hows: dict[int, How] = {}

    def pass_on(self, chunk: Chunk, written: BinaryIO) -> None:
        """The bytes of a chunk. Raises Mismatch where the file ends before them."""
        self._read.seek(chunk.offset)
        left = chunk.length
        while left:
            piece = self._read.read(min(left, _STEP))
            if not piece:
                raise Mismatch("The server's file ends before its last column does.")
            written.write(piece)
            left -= len(piece)

    def encoded(self, group: int, place: int) -> EncodedChunk:
        """A column of a row group as its new type."""
        column = self._columns[place]
        values = _values(self._opened, group, column.name).cast(column.kept.arrow)
        how = self._hows.setdefault(place, choose(values, column.kept))
        return encode(values, column.kept, how)


def _check_range(opened: Any, columns: Sequence[Recast], chunks: Sequence[Sequence[Chunk]]) -> None:
    """Raises Invalid, naming columns whose numbers the signed type of the same width cannot hold."""
    names = []
    for place, column in enumerate(columns):
        most = _LARGEST.get((column.given, column.kept))
        if most is None:
            continue
        if any(_greatest(opened, index, column.name, group[place]) > most for index, group in enumerate(chunks)):
            names.append(column.name)
    if names:
        listed = ", ".join(repr(name) for name in names)
        raise Invalid(f"Delta Lake has no type for whole numbers from 2^63 on, which are in the column {listed}.")


def _greatest(opened: Any, group: int, name: str, chunk: Chunk) -> int:
    """The largest unsigned number of a chunk, 0 where all is null; by its statistics where it has some."""
    if chunk.maximum is not None:
        return int.from_bytes(chunk.maximum, "little")
    found = pc.max(_values(opened, group, name)).as_py()
    return 0 if found is None else int(found)


def _values(opened: Any, group: int, name: str) -> Any:
    return opened.read_row_group(group, columns=[name]).column(name)
