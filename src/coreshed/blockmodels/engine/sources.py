"""The rows that an update brings, column by column: a Parquet file, or tables in memory."""

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coreshed.blockmodels.engine.changes import Written
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.reading import whole
from coreshed.blockmodels.engine.screening import screen

LARGEST_FOOTER = 64 << 20
"""Bytes; that of a file of 10^5 column chunks has some 10 MB."""

LARGEST_GROUP = 1 << 24
"""Rows of a row group, which is decoded whole: sorting the blocks of so many takes some 1 GB."""

LARGEST_PART = 512 << 20
"""Bytes of one column in one row group, decoded."""

LONGEST_LIST = 1 << 17
"""Members of a list in a footer: columns of a schema, row groups, chunks."""

# What pyarrow raises for files that are no Parquet; names that are not UTF-8 come as a bare ValueError.
_UNREADABLE = (pa.ArrowException, OSError, ValueError, MemoryError)


class Source(Protocol):
    """Rows that can be read again and again, from several threads. Parts are read as one: a row group, a batch."""

    @property
    def schema(self) -> Any:
        """The Arrow schema of the rows."""
        ...

    @property
    def starts(self) -> Sequence[int]:
        """First row of every part, and the number of rows at the end."""
        ...

    def read(self, column: str, start: int, stop: int) -> Any:
        """An Array of rows [start, stop) of a column. Raises BadFile."""
        ...

    def origin(self, rows: Sequence[int]) -> Sequence[int]:
        """Which rows of the upload these are."""
        ...


class TableSource:
    """A table in memory."""

    def __init__(self, table: pa.Table, part_rows: int = 1 << 20) -> None:
        self._table = table
        self.schema = table.schema
        self.starts = [*range(0, table.num_rows, part_rows), table.num_rows]

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        return whole(self._table.column(column).slice(start, stop - start))

    def origin(self, rows: Sequence[int]) -> Sequence[int]:
        """See Source."""
        return rows


class ParquetSource:
    """A Parquet file that `open` opens anew for every thread; its footer is read once.

    most_rows: what the upload may have at most. Raises BadFile where the file is no Parquet, or has more.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], *, most_rows: int) -> None:
        self._open_file = open_file
        self._mine = threading.local()
        try:
            file = open_file()
            _check_footer(file)
            first = pq.ParquetFile(file, pre_buffer=False, thrift_container_size_limit=LONGEST_LIST)
            self._metadata = first.metadata
            self.schema = first.schema_arrow
        except _UNREADABLE as error:
            raise BadFile(f"The file cannot be read as Parquet: {error}") from error
        self._strings = [field.name for field in self.schema if field.type in (pa.string(), pa.large_string())]
        sizes = [self._metadata.row_group(index).num_rows for index in range(self._metadata.num_row_groups)]
        if any(size < 0 for size in sizes) or sum(sizes) > most_rows:
            raise BadFile(f"The file states {sum(sizes):,} rows; the model takes at most {most_rows:,}.")
        if max(sizes, default=0) > LARGEST_GROUP:
            raise BadFile(f"A row group of the file states {max(sizes):,} rows; write at most {LARGEST_GROUP:,} each.")
        self.starts: list[int] = [0, *np.cumsum(sizes, dtype=np.int64).tolist()]

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        first = int(np.searchsorted(self.starts, start, side="right")) - 1
        last = int(np.searchsorted(self.starts, stop, side="left"))
        groups = range(first, last)
        self._check_parts(column, groups)
        try:
            table = self._file().read_row_groups(list(groups), columns=[column], use_threads=False)
            # Asked for "a", pyarrow also gives "a.b".
            values = table.column(column).slice(start - self.starts[first], stop - start)
            values = _plain(column, values)
            if values.type == pa.string():
                values.validate(full=True)
        except BadFile:
            raise
        except (*_UNREADABLE, KeyError) as error:
            raise BadFile(f"The column {column!r} cannot be read: {error}") from error
        if len(values) != stop - start:
            raise BadFile(f"The column {column!r} has fewer rows than the file states.")
        return whole(values)

    def origin(self, rows: Sequence[int]) -> Sequence[int]:
        """See Source."""
        return rows

    def _check_parts(self, column: str, groups: range) -> None:
        """Raises BadFile where the footer states more bytes than a column can have in a row group."""
        for group in groups:
            chunks = self._metadata.row_group(group)
            for index in self._places.get(column, ()):
                if chunks.column(index).total_uncompressed_size > LARGEST_PART:
                    raise BadFile(_too_large(column))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Which leaves of the schema a column has."""
        found: dict[str, list[int]] = {}
        for index in range(self._metadata.num_columns):
            found.setdefault(self._metadata.schema.column(index).path.partition(".")[0], []).append(index)
        return found

    def _file(self) -> pq.ParquetFile:
        file = getattr(self._mine, "file", None)
        if file is None:
            # A text that is kept once and repeated in every row takes its size times the rows once it is spelt out: as
            # dictionaries texts can be measured before.
            file = self._mine.file = pq.ParquetFile(
                self._open_file(), metadata=self._metadata, pre_buffer=False, read_dictionary=self._strings
            )
        return file


def _check_footer(file: BinaryIO) -> None:
    """Raises OSError, ValueError. What comes later reads the footer whole, and does not survive all that it may say."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    length = int.from_bytes(file.read(4), "little")
    if length > LARGEST_FOOTER:
        raise ValueError(f"its footer is larger than {LARGEST_FOOTER >> 20} MiB")
    if length <= size - 8:
        file.seek(size - 8 - length)
        screen(file.read(length))


def _too_large(column: str) -> str:
    return f"The column {column!r} has more than {LARGEST_PART >> 20} MiB in a row group; write smaller ones."


def _plain(column: str, values: Any) -> Any:
    """Texts spelt out, of dictionaries of them; other values as they are. Raises BadFile for too many."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else None
    if kind not in (pa.string(), pa.large_string()):
        return values
    sizes = [0]
    for chunk in values.chunks:
        lengths = pc.binary_length(chunk.dictionary)
        sizes.append(pc.sum(lengths.take(chunk.indices).cast(pa.int64())).as_py() or 0)
    if max(sizes) > LARGEST_PART:
        raise BadFile(_too_large(column))
    if sum(sizes) > LARGEST_PART:
        raise BadFile(
            f"The column {column!r} has more than {LARGEST_PART >> 20} MiB of text in {len(values):,} rows, which have "
            "to be worked on at once; upload them by several updates."
        )
    return pa.chunked_array([chunk.dictionary_decode() for chunk in values.chunks], kind)


def read_values(source: Source, column: Written, start: int, stop: int) -> Any:
    """What an update says of a column in rows [start, stop): nulls where the upload does not have it."""
    if column.source is None:
        return pa.nulls(stop - start, column.data_type.arrow)
    return source.read(column.source, start, stop)
