"""Uploads in no order that are too large to be held: sorted by tile into files on disk, each small enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import Group, Keys, batches
from coreshed.blockmodels.engine.reading import whole
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.tiles import Tiling

_ROW = "#row"
_BATCH = 1 << 20


@dataclass
class SpilledSource:
    """The rows of some tiles, in a file of Arrow's; see Source."""

    path: Path
    schema: Any
    starts: Sequence[int]

    def read(self, column: str, start: int, stop: int) -> Any:
        """See Source."""
        with pa.memory_map(str(self.path)) as file:
            fields = [self.schema.get_field_index(column)]
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields))
            first = int(np.searchsorted(self.starts, start, side="right")) - 1
            last = int(np.searchsorted(self.starts, stop, side="left"))
            columns = [reader.get_batch(index).column(0) for index in range(first, last)]
            return whole(pa.chunked_array(columns).slice(start - self.starts[first], stop - start))

    def origin(self, rows: Sequence[int]) -> list[int]:
        """See Source."""
        numbers: list[int] = self.read(_ROW, 0, self.starts[-1]).take(pa.array(rows, pa.int64())).to_pylist()
        return numbers


@dataclass
class _Bucket:
    path: Path
    writer: Any
    ranks: tuple[int, ...]
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
    """Sort the rows into files of at most about `most` blocks each; each file is removed once it has been used.

    weights: the blocks that count for every tile, 0 for those that the rows do not name. columns: what is needed of the
    source, key columns included. Raises OSError.
    """
    bucket_of, members = _buckets(weights, most)
    schema = pa.schema([*(source.schema.field(name) for name in columns), pa.field(_ROW, pa.int64())])
    made = [_open(directory / f"{number}.arrow", schema, ranks) for number, ranks in enumerate(members)]
    try:
        for part_start, part_stop in pairwise(source.starts):
            for start, stop in batches(part_start, part_stop, _BATCH):
                _distribute(source, keys, tiling, bucket_of, made, schema, start, stop)
    finally:
        for bucket in made:
            bucket.writer.close()
    for bucket in made:
        spilled = SpilledSource(bucket.path, schema, bucket.starts)
        yield spilled, Group(0, bucket.starts[-1], bucket.ranks)
        bucket.path.unlink()


def _buckets(weights: NDArray[np.int64], most: int) -> tuple[NDArray[np.int32], list[tuple[int, ...]]]:
    """The bucket of every tile, and the tiles of every bucket: runs of the Morton curve of about equal size."""
    touched = weights > 0
    bucket_of = ((np.cumsum(weights) - weights) // most).astype(np.int32)
    used = np.unique(bucket_of[touched])
    members = [tuple(np.flatnonzero(touched & (bucket_of == number)).tolist()) for number in used]
    return np.searchsorted(used, bucket_of).astype(np.int32), members


def _open(path: Path, schema: Any, ranks: tuple[int, ...]) -> _Bucket:
    return _Bucket(path, pa.ipc.new_file(str(path), schema), ranks)


def _distribute(
    source: Source,
    keys: Keys,
    tiling: Tiling,
    bucket_of: NDArray[np.int32],
    made: list[_Bucket],
    schema: Any,
    start: int,
    stop: int,
) -> None:
    i, j, k, _ = keys.parents(source, start, stop)
    bucket = bucket_of[tiling.locate(i, j, k)[0]]
    order = np.argsort(bucket, kind="stable")
    ends = np.cumsum(np.bincount(bucket, minlength=len(made)))
    columns = [source.read(name, start, stop) for name in schema.names[:-1]]
    columns.append(pa.array(np.arange(start, stop, dtype=np.int64)))
    taken = pa.array(order)
    batch = pa.record_batch([column.take(taken) for column in columns], schema=schema)
    for target, first, last in zip(made, np.concatenate(([0], ends[:-1])).tolist(), ends.tolist(), strict=True):
        if last > first:
            target.writer.write_batch(batch.slice(first, last - first))
            target.starts.append(target.starts[-1] + last - first)
