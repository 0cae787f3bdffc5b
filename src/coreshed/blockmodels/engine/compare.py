"""What differs between two versions of one model: from the maps alone where, and from the values what.

Columns are the same where their ids are. The columns of the system are not compared: `version_id` says in every version
which blocks it has touched, whether they differ or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN, Column
from coreshed.blockmodels.engine.maps import NULL_TILE, ColumnMap
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.subblocks import SUB_BITS, corner

_SYSTEM = frozenset({VERSION_COLUMN, DERIVATION_COLUMN})
_NOT_NUMBERS = frozenset({DataType.BOOLEAN, DataType.UTF8, DataType.DATE32, DataType.TIMESTAMP})
_VALUES_AT_ONCE = 5_000_000
"""Of one tile and one version; sub-blocks make tiles of millions of rows."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ColumnDelta:
    """A column of both versions whose values may differ in some tiles, by rank, ascending."""

    before: Column
    after: Column
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """What may differ; what is not named does not. renamed: (before, after).

    geometry: tiles whose sub-blocks may differ. box: the parents of all tiles in which a value or a sub-block may
    differ, of added and removed columns too; None where there is none.
    """

    added: tuple[Column, ...]
    removed: tuple[Column, ...]
    renamed: tuple[tuple[Column, Column], ...]
    changed: tuple[ColumnDelta, ...]
    geometry: tuple[int, ...]
    box: IndexBox | None

    @property
    def same(self) -> bool:
        """Whether the versions are equal for certain."""
        return not (self.added or self.removed or self.renamed or self.changed or self.geometry)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of `count` finite numbers, as Float64; sum is infinite where it overflows."""

    count: int
    least: float
    greatest: float
    mean: float
    sum: float


@dataclass(frozen=True, slots=True)
class ColumnDiff:
    """How many values of a column differ; an absent column counts as null throughout.

    changed: blocks with a value in both versions, and not the same one; NaN equals NaN. became_value: null before.
    became_null: null after. change: of after - before over the blocks that are `changed`; old, new: of the values that
    all of these blocks have before and after. Numbers that are not finite are left out; None for columns that are no
    numbers, and where there is none.
    """

    column_id: str
    before: str | None
    after: str | None
    changed: int
    became_value: int
    became_null: int
    change: Figures | None
    old: Figures | None
    new: Figures | None


@dataclass(frozen=True, slots=True)
class Diff:
    """What really differs. columns: those with a difference. blocks: in which some column differs.

    appeared, vanished: blocks that only the newer or only the older version has, since parents were divided otherwise;
    they count in nothing else. box: the parents of all of these.
    """

    columns: tuple[ColumnDiff, ...]
    blocks: int
    appeared: int
    vanished: int
    box: IndexBox | None


def delta(before: Snapshot, after: Snapshot) -> Delta:
    """Where two versions may differ, by their maps; reads no segment. Raises ValueError for versions of two models."""
    if before.model_id != after.model_id:
        raise ValueError("versions of different models cannot be compared")
    olds, news = _columns(before), _columns(after)
    both = [(old, news[name]) for name, old in olds.items() if name in news]
    moved = [(old, new) for old, new in both if old.map != new.map]
    geometry = _geometry(before, after)
    before.maps.get([*(old.map for old, _ in moved), *(new.map for _, new in moved)])
    changed = [ColumnDelta(old, new, _ranks(before, before.map_of(old), after.map_of(new))) for old, new in moved]
    added = tuple(new for name, new in news.items() if name not in olds)
    removed = tuple(old for name, old in olds.items() if name not in news)
    ranks = set(geometry).union(*(each.ranks for each in changed))
    for snapshot, column in (*((after, each) for each in added), *((before, each) for each in removed)):
        if len(ranks) < before.tiling.number:  # else it can add none
            ranks.update(_ranks(snapshot, ColumnMap(), snapshot.map_of(column)))
    return Delta(
        added,
        removed,
        tuple((old, new) for old, new in both if old.title != new.title),
        tuple(each for each in changed if each.ranks),
        geometry,
        _hull(before, ranks),
    )


def _columns(snapshot: Snapshot) -> dict[str, Column]:
    return {column.id: column for column in snapshot.manifest.columns if column.id not in _SYSTEM}


def _geometry(before: Snapshot, after: Snapshot) -> tuple[int, ...]:
    if before.manifest.layout == after.manifest.layout:
        return ()
    found: set[int] = set()
    nothing = [ColumnMap()] * 3
    for old, new in zip(before.layout_maps or nothing, after.layout_maps or nothing, strict=False):
        found.update(_ranks(before, old, new))
    return tuple(sorted(found))


def _ranks(snapshot: Snapshot, old: ColumnMap, new: ColumnMap) -> tuple[int, ...]:
    """Tiles that two maps say differently."""
    every = range(snapshot.tiling.number) if old.fill != new.fill else old.tiles.keys() | new.tiles.keys()
    return tuple(sorted(rank for rank in every if old.tile(rank) != new.tile(rank)))


def _hull(snapshot: Snapshot, ranks: set[int]) -> IndexBox | None:
    if not ranks:
        return None
    tiling = snapshot.tiling
    corners = tiling.corners[sorted(ranks)]
    low, high = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    sides = zip(low, high, tiling.shape, tiling.parents, strict=True)
    i, j, k = ((first * length, min((last + 1) * length, count) - 1) for first, last, length, count in sides)
    return IndexBox(i, j, k)


def diff(before: Snapshot, after: Snapshot) -> Diff:
    """What differs between two versions. Reads the tiles whose maps differ. Raises as `delta`, DamagedSegment."""
    found = delta(before, after)
    pairs: list[tuple[Column | None, Column | None]] = [(each.before, each.after) for each in found.changed]
    pairs += [(None, new) for new in found.added] + [(old, None) for old in found.removed]
    return _Comparing(before, after, frozenset(found.geometry), [_Tally(old, new) for old, new in pairs]).run()


@dataclass
class _Running:
    """Figures so far."""

    _count: int = 0
    _mean: float = 0.0
    _sum: float = 0.0
    _least: float = np.inf
    _greatest: float = -np.inf

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in some numbers, (n,)."""
        values = values[np.isfinite(values)]
        if not len(values):
            return
        before, self._count = self._count, self._count + len(values)
        # Sums of the largest numbers would overflow.
        share = float((values / len(values)).sum()) * (len(values) / self._count)
        self._mean = self._mean * (before / self._count) + share
        with np.errstate(all="ignore"):
            self._sum += float(values.sum())
        self._least = min(self._least, float(values.min()))
        self._greatest = max(self._greatest, float(values.max()))

    def result(self) -> Figures | None:
        """None of no number."""
        if not self._count:
            return None
        return Figures(self._count, self._least, self._greatest, self._mean, self._sum)


@dataclass
class _Tally:
    """What is known so far of one column."""

    before: Column | None
    after: Column | None
    changed: int = 0
    became_value: int = 0
    became_null: int = 0
    _change: _Running = field(default_factory=_Running)
    _old: _Running = field(default_factory=_Running)
    _new: _Running = field(default_factory=_Running)

    @property
    def column(self) -> Column:
        found = self.after or self.before
        assert found is not None  # noqa: S101  (one of them is there)
        return found

    def add(self, old: Any, new: Any) -> Mask:
        """Take in the values of some blocks, two Arrays of one length; which of them differ."""
        there, here = old.is_valid().to_numpy(zero_copy_only=False), new.is_valid().to_numpy(zero_copy_only=False)
        differ = _different(old, new, self.column.data_type) & there & here
        self.changed += int(differ.sum())
        self.became_value += int((here & ~there).sum())
        self.became_null += int((there & ~here).sum())
        mask: Mask = differ | (there != here)
        if self.column.data_type not in _NOT_NUMBERS and mask.any():
            self._old.add(_floats(old.filter(pa.array(mask & there))))
            self._new.add(_floats(new.filter(pa.array(mask & here))))
            with np.errstate(all="ignore"):
                self._change.add(_floats(new.filter(pa.array(differ))) - _floats(old.filter(pa.array(differ))))
        return mask

    def result(self) -> ColumnDiff:
        return ColumnDiff(
            self.column.id,
            self.before.title if self.before else None,
            self.after.title if self.after else None,
            self.changed,
            self.became_value,
            self.became_null,
            self._change.result(),
            self._old.result(),
            self._new.result(),
        )


def _floats(values: Any) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _different(old: Any, new: Any, data_type: DataType) -> Mask:
    """Where both are there and differ; anything elsewhere."""
    if data_type.floating:
        a, b = _floats(old), _floats(new)
        floats: Mask = ~((a == b) | (np.isnan(a) & np.isnan(b)))
        return floats
    found: Mask = pc.not_equal(old, new).fill_null(False).to_numpy(zero_copy_only=False)
    return found


@dataclass
class _Comparing:
    before: Snapshot
    after: Snapshot
    geometry: frozenset[int]
    tallies: list[_Tally]
    blocks: int = 0
    appeared: int = 0
    vanished: int = 0
    box: IndexBox | None = None
    _maps: Mapping[int, tuple[ColumnMap, ColumnMap]] = field(default_factory=dict)

    def run(self) -> Diff:
        """Tile by tile."""
        nothing = ColumnMap()
        self._maps = {
            index: (
                self.before.map_of(each.before) if each.before else nothing,
                self.after.map_of(each.after) if each.after else nothing,
            )
            for index, each in enumerate(self.tallies)
        }
        ranks = set(self.geometry).union(*(_ranks(self.before, old, new) for old, new in self._maps.values()))
        for rank in sorted(ranks):
            self._tile(rank)
        columns = [each.result() for each in self.tallies]
        return Diff(
            tuple(each for each in columns if each.changed or each.became_value or each.became_null),
            self.blocks,
            self.appeared,
            self.vanished,
            self.box,
        )

    def _tile(self, rank: int) -> None:
        wanted = [
            index
            for index, (old, new) in self._maps.items()
            if rank in self.geometry or old.tile(rank) != new.tile(rank)
        ]
        parents, here, there = self._matched(rank)
        rows = self.after.rows(rank)
        differ = np.zeros(rows if here is None else len(here), dtype=np.bool_)
        step = max(1, _VALUES_AT_ONCE // max(rows, self.before.rows(rank), 1))
        for first in range(0, len(wanted), step):
            some = wanted[first : first + step]
            olds, news = self._read(self.before, rank, some, 0), self._read(self.after, rank, some, 1)
            for index, old, new in zip(some, olds, news, strict=True):
                if here is not None:
                    old, new = old.take(pa.array(there)), new.take(pa.array(here))
                differ |= self.tallies[index].add(old, new)
        self.blocks += int(differ.sum())
        at = np.flatnonzero(differ).astype(np.uint32) if parents is None else parents[differ]
        self._enclose(rank, at)

    def _read(self, snapshot: Snapshot, rank: int, wanted: list[int], side: int) -> list[Any]:
        tiles = [self._maps[index][side].tile(rank) if index in self._maps else NULL_TILE for index in wanted]
        return snapshot.read_tiles(
            snapshot.rows(rank), [self.tallies[index].column.data_type for index in wanted], tiles
        )

    def _matched(self, rank: int) -> tuple[NDArray[np.uint32] | None, Any, Any]:
        """Of the blocks that both versions have in a tile: parent, row in `after`, row in `before`.

        No rows where the tile has the same blocks in both; no parents where these are the rows.
        """
        if rank not in self.geometry:
            layout = self.after.layout(rank)
            return (None if layout is None else layout.parents), None, None
        old, new = _keys(self.before, rank), _keys(self.after, rank)
        common, there, here = np.intersect1d(old, new, assume_unique=True, return_indices=True)
        self.vanished += len(old) - len(common)
        self.appeared += len(new) - len(common)
        for keys in (np.setdiff1d(old, common, assume_unique=True), np.setdiff1d(new, common, assume_unique=True)):
            self._enclose(rank, (keys >> 2 * SUB_BITS).astype(np.uint32))
        return (common >> 2 * SUB_BITS).astype(np.uint32), here, there

    def _enclose(self, rank: int, positions: NDArray[np.uint32]) -> None:
        found = IndexBox.around(*self.after.tiling.parents_of(rank, positions))
        if found is not None:
            self.box = found if self.box is None else self.box.hull(found)


def _keys(snapshot: Snapshot, rank: int) -> NDArray[np.int64]:
    """One number for every block of a tile, (n,): its parent, then its sub-index, or start and end of its box."""
    layout, grid = snapshot.layout(rank), snapshot.header.grid
    if layout is None:
        parents = np.arange(snapshot.tiling.sizes[rank], dtype=np.int64)
        whole = int(corner(np.array([grid.counts], dtype=np.int32))[0]) if grid.kind is Kind.FLEXIBLE else 0
        return parents << 2 * SUB_BITS | whole
    subs = layout.subs.astype(np.int64)
    ends = 0 if layout.ends is None else layout.ends.astype(np.int64)
    return layout.parents.astype(np.int64) << 2 * SUB_BITS | subs << SUB_BITS | ends
