"""One file of a whole query: chunks copied as they are where a tile is wanted whole, the rest decoded and encoded."""

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from pyarrow import csv

from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import MOST_ROWS, EncodedChunk, How, choose, encode
from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup, footer
from coreshed.blockmodels.engine.maps import Scalar, TileColumn
from coreshed.blockmodels.engine.queries import Asked, Part
from coreshed.blockmodels.engine.reading import constant
from coreshed.blockmodels.engine.threads import ahead

Write = Callable[[bytes], object]

_SMALL = MOST_ROWS // 2
SORTED_ROWS = 1_000_000
SORTED_VALUES = 50_000_000
SORTED_BYTES = 1 << 30
"""Up to so many rows, so many values in all their columns, and so much memory for these, come sorted as a whole."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: rows and bytes."""

    rows: int
    size: int


@dataclass
class _File:
    """A Parquet file in the making."""

    fields: list[Field]
    write: Write
    size: int = 0
    rows: int = 0
    _groups: list[RowGroup] = field(default_factory=list)

    def put(self, data: bytes) -> None:
        self.write(data)
        self.size += len(data)

    def add(self, chunks: Sequence[EncodedChunk]) -> None:
        """One row group."""
        placed: list[Chunk] = []
        for each in chunks:
            placed.append(replace(each.chunk, offset=self.size))
            self.put(each.content)
        self._groups.append(RowGroup(placed[0].num_values, tuple(placed)))
        self.rows += placed[0].num_values

    def finish(self) -> Exported:
        self.put(footer(self.fields, self._groups))
        return Exported(self.rows, self.size)


@dataclass
class ParquetExport:
    """Writes the answer to a query as Parquet: zstd, row groups of at most 100,000 rows.

    Up to a million rows of together up to 50 million values and 1 GiB come sorted by i, j, k and sub-block; more come
    tile by tile, sorted within a tile.
    """

    asked: Asked
    threads: int = 2
    _hows: dict[int, How] = field(default_factory=dict)
    _constants: dict[tuple[DataType, Scalar, int], EncodedChunk] = field(default_factory=dict)

    def run(self, write: Write) -> Exported:
        """Hand the file over piece by piece. Raises OSError, DamagedSegment."""
        file = _File(self.asked.fields, write)
        file.put(MAGIC)
        small = small_table(self.asked, self.threads)
        if small is not None:
            self._flush(file, [small], at_least=1)
            return file.finish()
        waiting: list[pa.Table] = []
        for group in self._groups():
            if isinstance(group, pa.Table):
                waiting.append(group)
                waiting = self._flush(file, waiting, at_least=MOST_ROWS)
            else:
                for chunks in group:
                    file.add(chunks)
        self._flush(file, waiting, at_least=1)
        return file.finish()

    def _groups(self) -> Iterator[Any]:
        """Tables that are too small for a row group, or lists of row groups."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="export") as pool:
            yield from ahead(pool, self._group, self.asked.parts(), self.threads)

    def _flush(self, file: _File, waiting: list[pa.Table], *, at_least: int) -> list[pa.Table]:
        """Write full row groups of what waits; returns what is left."""
        if sum(table.num_rows for table in waiting) < at_least:
            return waiting
        whole = pa.concat_tables(waiting)
        start = 0
        while whole.num_rows - start >= at_least:
            file.add(self._encoded(whole.slice(start, MOST_ROWS)))
            start += MOST_ROWS
        return [whole.slice(start)] if start < whole.num_rows else []

    def _group(self, part: Part) -> Any:
        live = self.asked.live(part)
        if live is None:
            return []
        if live.rows is None:
            spliced = self._spliced(live)
            if spliced is not None:
                return spliced
        table = self.asked.table(live)
        if table.num_rows < _SMALL:
            return table
        return [self._encoded(table.slice(start, MOST_ROWS)) for start in range(0, table.num_rows, MOST_ROWS)]

    def _spliced(self, part: Part) -> list[list[EncodedChunk]] | None:
        """The row group of a whole tile, encoded chunks as they are stored; None where no such row group is allowed."""
        tiles = self.asked.tiles(part.rank)
        if part.size > MOST_ROWS or part.size < min(_SMALL, self._largest):
            return None
        stored = [index for index, tile in enumerate(tiles) if tile is not None and not _as_it_is(tile)]
        others = [index for index, tile in enumerate(tiles) if tile is None]
        values = self.asked.columns(part, stored) | self.asked.columns(part, others)
        return [[self._chunk(index, tile, part.size, values.get(index)) for index, tile in enumerate(tiles)]]

    @property
    def _largest(self) -> int:
        return int(self.asked.snapshot.tiling.sizes.max())

    def _chunk(self, index: int, tile: TileColumn | None, rows: int, values: Any) -> EncodedChunk:
        data_type = self.asked.fields[index].data_type
        if tile is None or values is not None:
            return self._encode(index, values, data_type)
        if tile.pieces:
            [stored] = tile.pieces
            return EncodedChunk(self.asked.snapshot.segments.read(stored), stored.chunk)
        key = (data_type, tile.constant, rows)
        if key not in self._constants:
            self._constants[key] = encode(constant(tile.constant, rows, data_type), data_type, How.DICTIONARY)
        return self._constants[key]

    def _encoded(self, table: pa.Table) -> list[EncodedChunk]:
        fields = self.asked.fields
        return [self._encode(index, table.column(index), each.data_type) for index, each in enumerate(fields)]

    def _encode(self, index: int, values: Any, data_type: DataType) -> EncodedChunk:
        how = self._hows.get(index)
        if how is None:
            how = choose(values, data_type)
            if values.null_count < len(values):
                self._hows[index] = how
        return encode(values, data_type, how)


def _as_it_is(tile: TileColumn) -> bool:
    """Whether a tile's column is one chunk, or one value."""
    return len(tile.pieces) <= 1 and not tile.patches


def export_parquet(asked: Asked, write: Write) -> Exported:
    """The answer as one Parquet file."""
    return ParquetExport(asked).run(write)


def small_table(asked: Asked, threads: int = 2) -> pa.Table | None:
    """An answer that is small enough to be sorted as a whole, in memory; None where it is larger."""
    most = min(SORTED_ROWS, SORTED_VALUES // max(1, len(asked.query.outputs)))
    found: list[Part] = []
    rows = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="export") as pool:
        for live in ahead(pool, asked.live, asked.parts(), threads + 1):
            if live is not None:
                rows += live.count
                if rows > most:
                    return None
                found.append(live)
    tables: list[pa.Table] = []
    size = 0
    for table in _read(asked, found, threads):
        size += table.nbytes
        if size > SORTED_BYTES:
            return None
        tables.append(table)
    return _sorted(asked, found, tables)


def read_table(asked: Asked, threads: int = 2) -> pa.Table:
    """The answer in memory, sorted by i, j, k and sub-block."""
    live = (asked.live(part) for part in asked.parts())
    parts = [part for part in live if part is not None]
    return _sorted(asked, parts, list(_read(asked, parts, threads)))


def _read(asked: Asked, parts: Sequence[Part], threads: int) -> Iterator[pa.Table]:
    with ThreadPoolExecutor(threads, thread_name_prefix="export") as pool:
        yield from ahead(pool, asked.table, parts, threads + 1)


def _sorted(asked: Asked, parts: Sequence[Part], tables: list[pa.Table]) -> pa.Table:
    """The rows of these parts as one table; `tables` is emptied."""
    if not parts:
        return asked.shaped([pa.array([], each.data_type.arrow) for each in asked.fields])
    order: Any = pa.array(np.argsort(np.concatenate([*map(asked.places, parts)]), kind="stable"))
    rows = pa.concat_tables(tables)
    tables.clear()
    columns = []
    while rows.num_columns:  # what has been sorted is let go of, so that no more than a column is there twice
        columns.append(rows.column(0).combine_chunks().take(order))
        rows = rows.remove_column(0)
    return asked.shaped(columns)


def export_csv(asked: Asked, write: Write, *, delimiter: str = ",", threads: int = 2) -> Exported:
    """The answer as text in UTF-8: a row of headers, null as nothing, headers and texts in quotes.

    Sorted as `ParquetExport` says. Times are in UTC, `2026-01-31 12:00:00.000000Z`, and in quotes where the delimiter
    occurs in them.
    """
    sink = _Counting(write)
    options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
    schema = pa.schema([(each.name, _as_text(each.data_type.arrow, delimiter)) for each in asked.fields])
    rows = 0
    file: Any = pa.PythonFile(sink, mode="w")
    with csv.CSVWriter(file, schema, write_options=options) as writer:
        for table in _tables(asked, threads):
            writer.write_table(table.cast(schema))
            rows += table.num_rows
    return Exported(rows, sink.size)


def _tables(asked: Asked, threads: int) -> Iterator[pa.Table]:
    small = small_table(asked, threads)
    if small is not None:
        yield small
        return

    def table(part: Part) -> pa.Table | None:
        live = asked.live(part)
        return None if live is None else asked.table(live)

    with ThreadPoolExecutor(threads, thread_name_prefix="export") as pool:
        yield from (found for found in ahead(pool, table, asked.parts(), threads + 1) if found is not None)


def _as_text(kind: Any, delimiter: str) -> Any:
    """The type that Arrow's CSV writer knows for another, and that it puts into quotes where that is needed."""
    if pa.types.is_timestamp(kind) and delimiter in " :":
        return pa.string()
    return pa.float32() if kind == pa.float16() else kind


class _Counting(io.RawIOBase):
    """What Arrow writes to, handing everything on."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._write(bytes(data))
        self.size += len(data)
        return len(data)
