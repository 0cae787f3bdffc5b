"""Uploads in no order that are too large to be held: sorted by tile into files on disk, each small enough."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import Group, Keys, batches
from coreshed.blockmodels.engine.reading import whole
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.tiles import Tiling

_BATCH = 1 << 20
_COLUMNS = 32  # sorted at a time: so many of a batch are held, twice


Name: TypeAlias = str | None
"""Of a column of the upload; None for the number of the row there."""


@dataclass
class SpilledSource:
    """The rows of some tiles, in files of Arrow's, each of some columns; see Source."""

    files: dict[Path, Sequence[Name]]
    schema: Any
    starts: Sequence[int]

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        return self._read(column, start, stop)

    def _read(self, column: Name, start: int, stop: int) -> Any:
        path, names = next((path, names) for path, names in self.files.items() if column in names)
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=[names.index(column)]))
            first = int(np.searchsorted(self.starts, start, side="right")) - 1
            last = int(np.searchsorted(self.starts, stop, side="left"))
            columns = [reader.get_batch(index).column(0) for index in range(first, last)]
            return whole(pa.chunked_array(columns).slice(start - self.starts[first], stop - start))

    def origin(self, rows: Sequence[int]) -> list[int]:
        """See Source."""
        numbers: list[int] = self._read(None, 0, self.starts[-1]).take(pa.array(rows, pa.int64())).to_pylist()
        return numbers


@dataclass
class _Bucket:
    ranks: tuple[int, ...]
    files: dict[Path, Sequence[Name]] = field(default_factory=dict)
    starts: list[int] = field(default_factory=lambda: [0])


def spill(
    source: Source,
    keys: Keys,
    tiling: Tiling,
    weights: NDArray[np.int64],
    columns: Sequence[str],
    directory: Path,
    most: int,
) -> Iterator[tuple[SpilledSource, Group]]:
    """Sort the rows into files of at most about `most` blocks each; each is removed once it has been used.

    weights: the blocks that count for every tile, 0 for those that the rows do not name. columns: what is needed of the
    source, key columns included. Raises OSError.
    """
    bucket_of, members = _buckets(weights, most)
    schema = pa.schema([source.schema.field(name) for name in columns])
    buckets = [_Bucket(ranks) for ranks in members]
    names: list[Name] = [None, *columns]
    for first in range(0, len(names), _COLUMNS):
        some = names[first : first + _COLUMNS]
        _sort(
            source, lambda start, stop: bucket_of[_ranks(source, keys, tiling, start, stop)], buckets, some, directory
        )
    for bucket in buckets:
        yield SpilledSource(bucket.files, schema, bucket.starts), Group(0, bucket.starts[-1], bucket.ranks)
        for path in bucket.files:
            path.unlink()


def _ranks(source: Source, keys: Keys, tiling: Tiling, start: int, stop: int) -> NDArray[np.int32]:
    i, j, k, _ = keys.parents(source, start, stop)
    return tiling.ranks_of(i, j, k)


def _buckets(weights: NDArray[np.int64], most: int) -> tuple[NDArray[np.int32], list[tuple[int, ...]]]:
    """The bucket of every tile, and the tiles of every bucket: runs of the Morton curve of about equal size."""
    touched = weights > 0
    bucket_of = ((np.cumsum(weights) - weights) // most).astype(np.int32)
    used = np.unique(bucket_of[touched])
    members = [tuple(np.flatnonzero(touched & (bucket_of == number)).tolist()) for number in used]
    return np.searchsorted(used, bucket_of).astype(np.int32), members


def _sort(
    source: Source,
    bucket_of: Callable[[int, int], NDArray[np.int32]],
    buckets: list[_Bucket],
    names: Sequence[Name],
    directory: Path,
) -> None:
    """Write some columns of every row into a file of its bucket. bucket_of: of the rows [start, stop)."""
    writers = []
    row = pa.field("row", pa.int64())
    schema = pa.schema([row if name is None else source.schema.field(name) for name in names])
    try:
        for number, bucket in enumerate(buckets):
            path = directory / f"{number}.{len(bucket.files)}.arrow"
            bucket.files[path] = names
            writers.append(pa.ipc.new_file(str(path), schema))
        for part_start, part_stop in pairwise(source.starts):
            for start, stop in batches(part_start, part_stop, _BATCH):
                of_row = bucket_of(start, stop)
                order = pa.array(np.argsort(of_row, kind="stable"))
                batch = pa.record_batch([_read(source, name, start, stop).take(order) for name in names], schema=schema)
                ends = np.cumsum(np.bincount(of_row, minlength=len(buckets))).tolist()
                for bucket, writer, first, last in zip(buckets, writers, [0, *ends], ends, strict=False):
                    if last == first:
                        continue
                    writer.write_batch(batch.slice(first, last - first))
                    if len(bucket.files) == 1:  # the same for all
                        bucket.starts.append(bucket.starts[-1] + last - first)
    finally:
        for writer in writers:
            writer.close()


def _read(source: Source, name: Name, start: int, stop: int) -> Any:
    return pa.array(np.arange(start, stop, dtype=np.int64)) if name is None else source.read(name, start, stop)
