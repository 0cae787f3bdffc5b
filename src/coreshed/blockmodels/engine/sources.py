"""The rows that an update brings, column by column: a Parquet file, or tables in memory."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blockmodels.engine.changes import Written
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.reading import whole

LARGEST_FOOTER = 64 << 20
"""Bytes; that of a file of 10^5 column chunks has some 10 MB."""

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
            first = pq.ParquetFile(file, pre_buffer=False)
            self._metadata = first.metadata
            self.schema = first.schema_arrow
        except _UNREADABLE as error:
            raise BadFile(f"The file cannot be read as Parquet: {error}") from error
        self._mine.file = first
        sizes = [self._metadata.row_group(index).num_rows for index in range(self._metadata.num_row_groups)]
        if any(size < 0 for size in sizes) or sum(sizes) > most_rows:
            raise BadFile(f"The file states {sum(sizes):,} rows; the model takes at most {most_rows:,}.")
        self.starts: list[int] = [0, *np.cumsum(sizes, dtype=np.int64).tolist()]

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        first = int(np.searchsorted(self.starts, start, side="right")) - 1
        last = int(np.searchsorted(self.starts, stop, side="left"))
        try:
            table = self._file().read_row_groups(list(range(first, last)), columns=[column], use_threads=False)
            # Asked for "a", pyarrow also gives "a.b".
            values = table.column(column).slice(start - self.starts[first], stop - start)
            if values.type == pa.string():
                values.validate(full=True)
        except (*_UNREADABLE, KeyError) as error:
            raise BadFile(f"The column {column!r} cannot be read: {error}") from error
        if len(values) != stop - start:
            raise BadFile(f"The column {column!r} has fewer rows than the file states.")
        return whole(values)

    def origin(self, rows: Sequence[int]) -> Sequence[int]:
        """See Source."""
        return rows

    def _file(self) -> pq.ParquetFile:
        file = getattr(self._mine, "file", None)
        if file is None:
            file = self._mine.file = pq.ParquetFile(self._open_file(), metadata=self._metadata, pre_buffer=False)
        return file


def _check_footer(file: BinaryIO) -> None:
    """Raises OSError, ValueError. What comes later reads the footer whole, whatever its length."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 8))
    if int.from_bytes(file.read(4), "little") > LARGEST_FOOTER:
        raise ValueError(f"its footer is larger than {LARGEST_FOOTER >> 20} MiB")


def read_values(source: Source, column: Written, start: int, stop: int) -> Any:
    """What an update says of a column in rows [start, stop): nulls where the upload does not have it."""
    if column.source is None:
        return pa.nulls(stop - start, column.data_type.arrow)
    return source.read(column.source, start, stop)
