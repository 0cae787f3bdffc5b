"""The blocks of a version as DuckDB sees them: a data set whose tiles come through a pipe when they are scanned."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset, fs, ipc

from coreshed.blockmodels.sql.frames import NUMBER, READ, TILE, BadFrame, receive, send

_LONGEST = 1 << 40
_AXES = ("i", "j", "k")


class Tiles:
    """Asks the worker for tiles. Safe for threads: scans of one statement ask beside each other."""

    def __init__(self, source: IO[bytes], sink: IO[bytes], turn: threading.Lock) -> None:
        """turn: held by whoever writes to `sink`."""
        self._source, self._sink, self._turn = source, sink, turn
        self._came = threading.Condition()
        self._found: dict[int, memoryview] = {}
        self._last = 0
        # Always read, so that the worker never waits for a scan which has ended before its last tile.
        threading.Thread(target=self._receive, name="tiles", daemon=True).start()

    def ask(self, tile: int, columns: Sequence[int]) -> int:
        """Order some columns of a tile; returns the number of the order."""
        with self._turn:
            self._last += 1
            read = self._last
            asked = json.dumps({"read": read, "tile": tile, "columns": columns}).encode()
            send(self._sink, READ, asked)
        return read

    def take(self, read: int) -> list[pa.RecordBatch]:
        """What was ordered, once it is there."""
        with self._came:
            while read not in self._found:
                self._came.wait()
            content = self._found.pop(read)
        with ipc.open_stream(pa.py_buffer(content)) as stream:
            return list(stream)

    def _receive(self) -> None:
        """Until the worker ends, or sends what cannot be meant or is too much: nobody is to wait for a tile then."""
        with suppress(BadFrame, MemoryError):
            while True:
                kind, content = receive(self._source, _LONGEST)
                if kind != TILE:
                    raise BadFrame("not a tile")
                with self._came:
                    self._found[NUMBER.unpack_from(content)[0]] = memoryview(content)[NUMBER.size :]
                    self._came.notify_all()
        os._exit(1)


class Scan:
    """What DuckDB takes for a scanner of Arrow's, which would go on reading after a LIMIT is reached."""

    def __init__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], condition: Any) -> None:
        self._schema, self._found, self._condition = schema, batches, condition

    def to_reader(self) -> pa.RecordBatchReader:
        """The rows, once."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._found:
            if self._condition is None:
                yield batch.select(self._schema.names)
            else:
                passed = pa.Table.from_batches([batch]).filter(self._condition)
                yield from passed.select(self._schema.names).to_batches()


class Blocks(dataset.Dataset):
    """The table `blocks`. DuckDB calls `scanner` once for each place where the statement reads it."""

    def __init__(self, schema: pa.Schema, boxes: Sequence[Sequence[int]], tiles: Tiles) -> None:
        """boxes: of every tile first and last i, j and k."""
        self._columns, self._boxes, self._tiles = schema, boxes, tiles
        self._places: Any = None

    @property
    def schema(self) -> pa.Schema:
        """Every column."""
        return self._columns

    def scanner(self, columns: list[str] | None = None, filter: Any = None, **_more: Any) -> Any:  # type: ignore[override]  # noqa: A002
        """Some columns of the rows for which the filter, an Arrow expression, holds; of all rows where it is None."""
        names = self._needed(columns, filter)
        wanted = names if columns is None else columns
        schema = pa.schema([self._columns.field(name) for name in wanted])
        return Scan(schema, self._batches(names, self._ranks(filter)), filter)

    def _needed(self, columns: Sequence[str] | None, condition: Any) -> list[str]:
        """The columns to read. A filter names its columns in its text; one too many does no harm."""
        every: list[str] = self._columns.names
        if columns is None:
            return every
        text = "" if condition is None else str(condition)
        wanted = set(columns)
        return [name for name in every if name in wanted or name in text] or every[:1]

    def _ranks(self, condition: Any) -> list[int]:
        """The tiles in which blocks can be that the filter lets through: Arrow knows from their first and last i, j, k.

        As partitions of a data set without files, because that is where Arrow asks what a filter makes of a guarantee.
        """
        if condition is None:
            return list(range(len(self._boxes)))
        if self._places is None:
            form, nowhere = dataset.ParquetFileFormat(), fs.LocalFileSystem()
            fragments = [
                form.make_fragment(str(rank), filesystem=nowhere, partition_expression=_within(box))
                for rank, box in enumerate(self._boxes)
            ]
            self._places = dataset.FileSystemDataset(fragments, self._columns, form, nowhere)
        return sorted(int(each.path) for each in self._places.get_fragments(condition))

    def _batches(self, names: Sequence[str], ranks: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Tile by tile; the next one is on its way while this one is looked at."""
        places = [self._columns.names.index(name) for name in names]
        ahead = self._tiles.ask(ranks[0], places) if ranks else 0
        for rank in [*ranks[1:], None][: len(ranks)]:
            read, ahead = ahead, 0 if rank is None else self._tiles.ask(rank, places)
            yield from self._tiles.take(read)


def _within(box: Sequence[int]) -> Any:
    bounds = [
        (pc.field(axis) >= pa.scalar(box[2 * at], pa.uint32()))
        & (pc.field(axis) <= pa.scalar(box[2 * at + 1], pa.uint32()))
        for at, axis in enumerate(_AXES)
    ]
    return bounds[0] & bounds[1] & bounds[2]
