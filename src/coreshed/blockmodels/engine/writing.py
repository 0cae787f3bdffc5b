"""Writing segments: every chunk of a job, in files that are Parquet files of their own.

The columns of a segment are named by column id, its row groups are tiles, parts of tiles, or patches. Chunks lie in the
order in which they come; where a row group lacks a column that others have, the footer names a chunk of nulls. What
reads a version goes by the maps and not by these footers, which are there for repair and for other programs.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

import pyarrow as pa
from msgspec.structs import replace

from coreshed.blobs.stores import Store, Writer
from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.encode import EncodedChunk, How, encode
from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup, footer
from coreshed.blockmodels.engine.maps import SegmentName, Stored
from coreshed.blockmodels.engine.segments import SegmentFile, key_of

POSITIONS = "@"
"""The column of a patch that says which rows of the tile it is about."""

LARGEST_SEGMENT = 256 << 20

Place: TypeAlias = tuple[int, int]
"""A tile and a part of it; parts count from 0, a patch is part -1."""


@dataclass
class _Segment:
    """One file in the making."""

    name: SegmentName
    writer: Writer
    size: int = 0
    fields: dict[str, Field] = field(default_factory=dict)
    groups: dict[Place, dict[str, Chunk]] = field(default_factory=dict)
    digest: Any = field(default_factory=sha256)

    def put(self, data: bytes) -> int:
        """Append; returns where."""
        self.writer.write(data)
        self.digest.update(data)
        start = self.size
        self.size += len(data)
        return start

    def add(self, place: Place, column: Field, encoded: EncodedChunk) -> Stored:
        chunk = replace(encoded.chunk, offset=self.put(encoded.content))
        self.fields[column.name] = column
        self.groups.setdefault(place, {})[column.name] = chunk
        return Stored(self.name, chunk)

    def finish(self) -> SegmentFile:
        """Fill what is missing, write the footer, make the content durable. Raises OSError; the file is then gone."""
        try:
            self._put_footer()
            self.writer.finish()
        except BaseException:
            self.writer.abort()
            raise
        return SegmentFile(self.name, self.size, self.digest.hexdigest())

    def _put_footer(self) -> None:
        fields = list(self.fields.values())
        fillers: dict[tuple[str, int], Chunk] = {}
        groups = []
        for chunks in self.groups.values():
            rows = next(iter(chunks.values())).num_values
            groups.append(
                RowGroup(rows, tuple(chunks.get(each.name) or self._nulls(fillers, each, rows) for each in fields))
            )
        self.put(footer(fields, groups))

    def _nulls(self, fillers: dict[tuple[str, int], Chunk], column: Field, rows: int) -> Chunk:
        key = (column.data_type.value, rows)
        if key not in fillers:
            encoded = encode(pa.nulls(rows, column.data_type.arrow), column.data_type, How.PLAIN)
            fillers[key] = replace(encoded.chunk, offset=self.put(encoded.content))
        return fillers[key]


class SegmentSink:
    """The chunks of one attempt of one job. Safe for threads; nothing is durable before `finish`.

    first_token: the number of the first file; attempts of one job begin at different ones.
    """

    def __init__(self, store: Store, job_id: str, first_token: int) -> None:
        self._store = store
        self._job_id = job_id
        self._token = first_token
        self._turn = threading.Lock()
        self._open: _Segment | None = None
        self._finishing = ThreadPoolExecutor(1, thread_name_prefix="segments")
        self._finished: list[Future[SegmentFile]] = []

    def add(self, place: Place, column: Field, encoded: EncodedChunk) -> Stored:
        """Keep a chunk; all chunks of a place in one file have equally many rows. Raises OSError."""
        with self._turn:
            segment = self._open
            if segment is None or segment.size > LARGEST_SEGMENT:
                self._retire()
                segment = self._begin()
            return segment.add(place, column, encoded)

    def finish(self) -> list[SegmentFile]:
        """Make everything durable, names included. Raises OSError; then nothing is kept."""
        try:
            with self._turn:
                self._retire()
            files = [each.result() for each in self._finished]
            self._store.settle([key_of(file.name) for file in files])
        except BaseException:
            self.abort()
            raise
        self._finishing.shutdown()
        return files

    def abort(self) -> None:
        """Remove every file."""
        with self._turn:
            if self._open is not None:
                self._open.writer.abort()
                self._open = None
            self._finishing.shutdown()
        for each in self._finished:
            if each.exception() is None:
                self._store.delete(key_of(each.result().name))
        self._finished.clear()

    def _begin(self) -> _Segment:
        name = SegmentName(self._job_id, self._token)
        self._token += 1
        segment = self._open = _Segment(name, self._store.create(key_of(name)))
        segment.put(MAGIC)
        return segment

    def _retire(self) -> None:
        """Finish the open file beside the work that goes on."""
        if self._open is not None:
            finish: Callable[[], SegmentFile] = self._open.finish
            self._open = None
            self._finished.append(self._finishing.submit(finish))
