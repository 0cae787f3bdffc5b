"""Which rows of an upload are which blocks, in groups of tiles that fit into memory.

A first pass over the key columns alone checks every row and learns in which order the rows come. Rows in the order of
an axis (any of the three may be the slowest) are worked through layer by layer; others as one group, where that is
small enough, else after they have been sorted into files by tile (spilling.py).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import MOST_NAMED, BadFile, bad_blocks, counted
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.threads import ahead, in_threads
from coreshed.blockmodels.engine.tiles import Positions, Tiling, Triple

Rows = NDArray[np.int32]

_OVERLAP = 1.5  # how much of an upload may be read twice for the sake of its order
_SPARSE = 4  # how many blocks the tiles of a group may have for each row that may be held; 4 bytes are kept for a block


class Keys(Protocol):
    """How an upload names blocks."""

    @property
    def names(self) -> Sequence[str]:
        """The columns of the upload that it goes by."""
        ...

    def parents(
        self, source: Source, start: int, stop: int
    ) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        """i, j, k of the parents of rows [start, stop), and which of the rows name none. Raises BadFile."""
        ...


@dataclass(frozen=True)
class IndexKeys:
    """Columns of UInt32 with zero-based parent indices; `names` are the columns of the upload."""

    grid: Grid
    names: tuple[str, str, str] = ("i", "j", "k")

    def parents(
        self, source: Source, start: int, stop: int
    ) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        """See Keys."""
        bad = np.zeros(stop - start, dtype=np.bool_)
        found = []
        for name, count in zip(self.names, self.grid.parents, strict=True):
            values, missing = key_column(source, name, DataType.UINT32, start, stop)
            bad |= values >= count
            if missing is not None:
                bad |= missing
            found.append(values)
        i, j, k = found
        return i, j, k, bad


@dataclass(frozen=True)
class CentroidKeys:
    """Columns of Float64 with the world coordinates of centroids of parents."""

    grid: Grid
    names: tuple[str, str, str] = ("x", "y", "z")

    def parents(
        self, source: Source, start: int, stop: int
    ) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        """See Keys."""
        points, absent = [], np.zeros(stop - start, dtype=np.bool_)
        for name in self.names:
            values, missing = key_column(source, name, DataType.FLOAT64, start, stop)
            points.append(values)
            if missing is not None:
                absent |= missing
        i, j, k, bad = self.grid.locate(*points)
        return i.astype(np.uint32), j.astype(np.uint32), k.astype(np.uint32), bad | absent


def key_column(
    source: Source, name: str, data_type: DataType, start: int, stop: int
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Values of a column that names blocks, and which of them are null. Raises BadFile for none, and another type."""
    index = source.schema.get_field_index(name)
    if index < 0:
        raise BadFile(f"The column {name!r}, which names blocks, is not in the file, or there several times.")
    actual = source.schema.field(index).type
    if actual != data_type.arrow:
        raise BadFile(f"The column {name!r} is {actual}; it names blocks and has to be {data_type.value}.")
    values = source.read(name, start, stop)
    if not values.null_count:
        return values.to_numpy(zero_copy_only=True), None
    missing = values.is_null().to_numpy(zero_copy_only=False)
    return values.fill_null(0).to_numpy(zero_copy_only=False), missing


@dataclass(frozen=True, slots=True)
class TileRows:
    """What an upload says about one tile.

    positions: ascending rows of the tile that it names, None for all of them; rows: which row of the group gives each.
    """

    rank: int
    size: int
    positions: Positions | None
    rows: Rows

    @property
    def count(self) -> int:
        """Rows of the tile that are named."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows [start, stop) of the upload, and the tiles that they give; rows of other tiles among them do not count.

    steps: where known, how many rows of the upload come from one index to the next, along i, j and k.
    """

    start: int
    stop: int
    ranks: tuple[int, ...]
    steps: Triple | None = None


@dataclass(frozen=True)
class Survey:
    """What the first pass finds.

    parts: for every part of the source, smallest and greatest tile index per axis. rows: of the upload in every tile.
    steps: where every block of the model comes once, by i, j, k or by k, j, i, as in `Group`; else None.
    """

    parts: NDArray[np.int64]
    rows: NDArray[np.int64]
    steps: Triple | None = None

    @property
    def touched(self) -> NDArray[np.bool_]:
        """The tiles that the upload names."""
        return self.rows > 0


def survey(source: Source, keys: Keys, tiling: Tiling, threads: int = 1) -> Survey:
    """Check the key columns of every row. Raises BadBlocks naming the rows that name no block, BadFile."""

    def part(limits: tuple[int, int]) -> _Part:
        return _surveyed(source, keys, tiling, *limits)

    parts = np.empty((len(source.starts) - 1, 3, 2), dtype=np.int64)
    rows = np.zeros(tiling.number, dtype=np.int64)
    wrong: list[int] = []
    count = 0
    orders = _orders(tiling.parents) if source.starts[-1] == tiling.blocks else frozenset()
    with ThreadPoolExecutor(threads, thread_name_prefix="survey") as pool:
        for index, found in enumerate(ahead(pool, part, pairwise(source.starts), threads + 1)):
            parts[index] = found.tiles
            rows += found.rows
            orders &= found.orders
            count += len(found.bad)
            wrong += found.bad[: MOST_NAMED - len(wrong)].tolist()
    if count:
        said = counted(count, "row names no block of the model.", "rows name no block of the model.")
        raise bad_blocks(said, wrong, "names no block of the model", count)
    return Survey(parts, rows, next(iter(orders), None))


@dataclass(frozen=True, slots=True)
class _Part:
    """Of one part what Survey says of all, the orders that its rows come in, and those that name no block."""

    tiles: NDArray[np.int64]
    rows: NDArray[np.int64]
    orders: frozenset[Triple]
    bad: NDArray[np.int64]


def _surveyed(source: Source, keys: Keys, tiling: Tiling, start: int, stop: int) -> _Part:
    nothing = np.array([(0, -1)] * 3), np.zeros(tiling.number, dtype=np.int64), _orders(tiling.parents)
    if start == stop:
        return _Part(*nothing, np.empty(0, dtype=np.int64))
    i, j, k, bad = keys.parents(source, start, stop)
    if bad.any():
        return _Part(*nothing, np.flatnonzero(bad) + start)
    pairs = zip((i, j, k), tiling.shape, strict=True)
    tiles = np.array([(values.min() // length, values.max() // length) for values, length in pairs], dtype=np.int64)
    rows = np.zeros(tiling.number, dtype=np.int64)
    orders = _orders(tiling.parents)
    for low, high in batches(0, stop - start):  # a row group may be large, and several are in work
        some = i[low:high], j[low:high], k[low:high]
        rows += np.bincount(tiling.ranks_of(*some), minlength=tiling.number)
        orders = frozenset(steps for steps in orders if _in_order(some, steps, start + low))
    return _Part(tiles, rows, orders, np.empty(0, dtype=np.int64))


def _orders(parents: Triple) -> frozenset[Triple]:
    """Steps of the two orders in which files come; none where the model has more blocks than are counted here."""
    i, j, k = parents
    return frozenset({(j * k, k, 1), (1, i, i * j)}) if i * j * k < 1 << 32 else frozenset()


def _in_order(indices: tuple[Positions, Positions, Positions], steps: Triple, start: int) -> bool:
    """Whether the rows from `start` on are the blocks that have their places in this order."""
    (i, j, k), (first, second, third) = indices, map(np.uint32, steps)
    if int(i[0]) * steps[0] + int(j[0]) * steps[1] + int(k[0]) * steps[2] != start:
        return False
    places = i * first + j * second + k * third
    return bool((places == np.arange(start, start + len(i), dtype=np.uint32)).all())


def groups(source: Source, found: Survey, tiling: Tiling, most: int) -> list[Group] | None:
    """How to work through the rows; None where they come in no order and are too many to be held."""
    total = source.starts[-1]
    best: list[Group] | None = None
    for axis in range(3):
        layers = _layers(source, found, tiling, axis)
        read = sum(group.stop - group.start for group in layers)
        small = all(group.stop - group.start <= most for group in layers)
        if small and read <= _OVERLAP * total and (best is None or len(layers) > len(best)):
            best = layers
    if best is None and total <= most and int(tiling.sizes[found.touched].sum()) <= _SPARSE * most:
        best = [Group(0, total, tuple(np.flatnonzero(found.touched).tolist()))]
    return best


def _layers(source: Source, found: Survey, tiling: Tiling, axis: int) -> list[Group]:
    """One group for every layer of tiles along an axis that the upload touches."""
    made = []
    corner = tiling.corners[:, axis]
    low, high = found.parts[:, axis, 0], found.parts[:, axis, 1]
    for layer in range(tiling.counts[axis]):
        parts = np.flatnonzero((low <= layer) & (layer <= high))
        ranks = np.flatnonzero(found.touched & (corner == layer))
        if len(parts) and len(ranks):
            start, stop = source.starts[parts[0]], source.starts[parts[-1] + 1]
            made.append(Group(start, stop, tuple(ranks.tolist()), found.steps))
    return made


def address(source: Source, keys: Keys, tiling: Tiling, group: Group, threads: int = 1) -> list[TileRows]:
    """Which row of a group gives which block of a model without sub-blocks. Raises BadBlocks naming duplicates."""
    if group.steps is not None:
        return [_of_ordered(tiling, rank, group.start, group.steps) for rank in group.ranks]
    starts = np.full(tiling.number + 1, -1, dtype=np.int64)
    sizes = tiling.sizes[list(group.ranks)]
    ends = np.cumsum(sizes)
    starts[list(group.ranks)] = ends - sizes
    inverse = np.full(int(ends[-1]), -1, dtype=np.int32)

    def place(batch: tuple[int, int]) -> int:
        start, stop = batch
        i, j, k, _ = keys.parents(source, start, stop)
        ranks, positions = tiling.locate(i, j, k)
        at = starts[ranks]
        mine = at >= 0
        if not mine.all():
            rows = np.flatnonzero(mine)
            inverse[at[rows] + positions[rows]] = rows + (start - group.start)
            return len(rows)
        inverse[at + positions] = np.arange(start - group.start, stop - group.start, dtype=np.int32)
        return stop - start

    given = in_threads(threads, place, [*batches(group.start, group.stop)])
    if sum(given) != int(np.count_nonzero(inverse >= 0)):
        in_threads(1, place, [*batches(group.start, group.stop)])  # now the last row that names a block has it
        raise _duplicates(source, keys, tiling, group, starts, inverse)
    return [
        tile
        for rank, end, size in zip(group.ranks, ends.tolist(), sizes.tolist(), strict=True)
        if (tile := _tile_rows(rank, inverse[end - size : end])) is not None
    ]


def _of_ordered(tiling: Tiling, rank: int, start: int, steps: Triple) -> TileRows:
    """The rows of a tile where every block comes in its place."""
    box = tiling.box(rank)
    i, j, k = (
        np.arange(low, high + 1, dtype=np.int64) * step for (low, high), step in zip(box.intervals, steps, strict=True)
    )
    rows = (i[:, None, None] + j[:, None] + (k - start)).astype(np.int32)
    return TileRows(rank, box.count, None, rows.reshape(-1))


def _tile_rows(rank: int, inverse: Rows) -> TileRows | None:
    present = inverse >= 0
    if present.all():
        return TileRows(rank, len(inverse), None, inverse)
    positions = np.flatnonzero(present).astype(np.uint32)
    return TileRows(rank, len(inverse), positions, inverse[positions]) if len(positions) else None


def batches(start: int, stop: int, size: int = 1 << 20) -> Iterator[tuple[int, int]]:
    """Rows [start, stop) in parts of at most `size`."""
    for low in range(start, stop, size):
        yield low, min(low + size, stop)


def _duplicates(
    source: Source, keys: Keys, tiling: Tiling, group: Group, starts: NDArray[np.int64], inverse: Rows
) -> Exception:
    """The rows whose block another row, the last of its kind, has taken."""
    wrong: list[int] = []
    count = 0
    for start, stop in batches(group.start, group.stop):
        i, j, k, _ = keys.parents(source, start, stop)
        ranks, positions = tiling.locate(i, j, k)
        rows = np.flatnonzero(starts[ranks] >= 0)
        taken = inverse[starts[ranks[rows]] + positions[rows]] != rows + (start - group.start)
        count += int(taken.sum())
        wrong += (rows[taken][: MOST_NAMED - len(wrong)] + start).tolist()
    named = sorted(source.origin(wrong))
    one, many = (f"{words} a block that another row names too." for words in ("row names", "rows name"))
    return bad_blocks(counted(count, one, many), named, "names a block a second time", count)
