"""What becomes of a tile when parents are divided anew: which blocks it has then, and where each gets its values.

Source of the rules: Block Model API contract, effect table of updates with `geometry_change`, S5 to S7 and Q27.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import prod

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import Group, Survey
from coreshed.blockmodels.engine.changes import Change, UpdateType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.geometry_columns import unpacked_box
from coreshed.blockmodels.engine.grid import Flags, Grid, Kind
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.subblocks import SUB_BITS, Keys, find, pack, unpack
from coreshed.blockmodels.engine.subrows import NAMED_TWICE, Fault, Given, Laid, refused, whole_end
from coreshed.blockmodels.engine.tiles import Positions
from coreshed.blockmodels.engine.tilings import Tiling, complete, flexible_tiling, tiling

LARGEST_TILE_ROWS = 20_000_000
"""Blocks that a tile may have: a tile is worked on in memory, and as a whole."""

Numbers = NDArray[np.int64]


class Origin(IntEnum):
    """Where a block of the new tile gets its values."""

    FILE = 0  # from the upload
    NOTHING = 1  # null; the block is new, or loses its values
    KEPT = 2  # as before: the upload does not mention its parent
    UNCHANGED = 3  # null as before: its parent was whole and had no values
    CELL = 4  # from the same cell, which the upload leaves out
    PARENT = 5  # from the parent, which was whole and had values


@dataclass(frozen=True, slots=True, eq=False)
class Relaid:
    """A tile after the change, blocks ascending; every array (n,).

    size: blocks before. keys, ends: see Laid. origin: of Origin. old: the row of the tile before that Origin speaks of,
    else -1. rows: the row of the group, for blocks from the upload, else -1. whole: no parent is divided.
    """

    rank: int
    size: int
    keys: Keys
    ends: Positions | None
    origin: NDArray[np.uint8]
    old: Numbers
    rows: Numbers
    whole: bool

    def of(self, *origins: Origin) -> Flags:
        """The blocks of these origins, (n,)."""
        found = np.zeros(len(self.origin), dtype=np.bool_)
        for each in origins:
            found |= self.origin == each
        return found

    @property
    def new(self) -> Flags:
        """The blocks, (n,), that are new or may have other values than before."""
        return ~self.of(Origin.KEPT, Origin.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Rule:
    """How parents are divided anew. Raises ValueError for what the kind of model does not allow."""

    grid: Grid
    update_type: UpdateType
    fill: bool

    @classmethod
    def of(cls, grid: Grid, change: Change) -> "Rule":
        """The rule of an update with a change of geometry."""
        fills = grid.kind is Kind.FULLY_SUB_BLOCKED and change.update_type is UpdateType.MERGE
        if change.fill_subblocks and not fills:
            raise ValueError("sub-blocks are filled only where a fully sub-blocked model is merged into")
        return cls(grid, change.update_type, change.fill_subblocks)

    @property
    def replaces(self) -> bool:
        """Whether parents that the upload does not mention are reset."""
        return self.update_type is UpdateType.REPLACE

    @property
    def completes(self) -> bool:
        """Whether a parent may be mentioned in part."""
        return self.fill or (self.replaces and self.grid.kind is not Kind.FLEXIBLE)

    def tiling(self, tile: Given) -> Tiling:
        """Whether the rows of a tile tile their parents."""
        position, sub = unpack(tile.keys)
        if tile.ends is None:
            return tiling(self.grid.kind, self.grid.counts, position, sub)
        return flexible_tiling(self.grid.counts, position, unpacked_box(sub.astype(np.uint32)), unpacked_box(tile.ends))


def check(rule: Rule, source: Source, group: Group, tiles: Sequence[Given]) -> list[Keys]:
    """For every tile the parents, ascending, that its rows leave partly open.

    Raises BadBlocks naming rows that state a block twice, overlap, or leave open a parent that has to be complete.
    """
    faults: list[Fault] = []
    partial = []
    for tile in tiles:
        found = rule.tiling(tile)
        open_parents = found.parents[found.hole]
        if not found.disjoint:
            faults += [
                (tile.rows[found.duplicate], NAMED_TWICE),
                (tile.rows[found.overlap & ~found.duplicate], "overlaps another block of its parent"),
            ]
        if len(open_parents) and not rule.completes:
            rows = tile.rows[np.isin(tile.parents, open_parents)]
            faults.append((rows, "belongs to a parent that the upload gives only in part"))
        partial.append(open_parents)
    faults = [fault for fault in faults if len(fault[0])]
    if faults:
        one = "row does not divide its parent into blocks that fill it exactly."
        many = "rows do not divide their parents into blocks that fill them exactly."
        raise refused(source, group, faults, one, many)
    return partial


def relaid(rule: Rule, tile: Given, partial: Keys, before: Laid, valued: Callable[[], Flags]) -> Relaid:
    """The tile after the change.

    partial: see `check`. valued: the blocks of before, (m,), that have a value in a column which goes on; asked only
    where it matters. Raises BadFile where the tile would have too many blocks.
    """
    parts = [_Part(tile.keys, tile.ends, Origin.FILE, rows=tile.rows.astype(np.int64))]
    if len(partial):
        parts += _completed(rule, tile, partial, before, valued)
    rest = _reset if rule.replaces else _kept
    parts += rest(rule, tile, before, valued)
    _check_size(sum(len(part.keys) for part in parts))
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    return Relaid(
        rank=tile.rank,
        size=len(before.keys),
        keys=keys[order],
        ends=None if tile.ends is None else np.concatenate([part.ends for part in parts])[order],
        origin=np.repeat(np.array([part.origin for part in parts], np.uint8), [len(p.keys) for p in parts])[order],
        old=np.concatenate([part.old_rows for part in parts])[order],
        rows=np.concatenate([part.file_rows for part in parts])[order],
        whole=len(keys) == len(_firsts(before)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Blocks of one origin; see Relaid."""

    keys: Keys
    ends: Positions | None
    origin: Origin
    old: Numbers | None = None
    rows: Numbers | None = None

    @property
    def old_rows(self) -> Numbers:
        return np.full(len(self.keys), -1, dtype=np.int64) if self.old is None else self.old

    @property
    def file_rows(self) -> Numbers:
        return np.full(len(self.keys), -1, dtype=np.int64) if self.rows is None else self.rows


def check_rows(found: Survey) -> None:
    """Raises BadFile where an upload has more rows for a tile than a tile may have blocks."""
    _check_size(int(found.rows.max()))


def _check_size(blocks: int) -> None:
    if blocks > LARGEST_TILE_ROWS:
        raise BadFile(
            f"The upload divides one part of the model into {blocks:,} blocks; {LARGEST_TILE_ROWS:,} may be there."
        )


def _firsts(before: Laid) -> Numbers:
    """The first row of every parent, by position."""
    parents = before.parents
    first = np.ones(len(parents), dtype=np.bool_)
    np.not_equal(parents[1:], parents[:-1], out=first[1:])
    return np.flatnonzero(first)


def _mentioned(tile: Given, parents: int) -> Flags:
    found = np.zeros(parents, dtype=np.bool_)
    found[tile.parents] = True
    return found


def _kept(_: Rule, tile: Given, before: Laid, __: Callable[[], Flags]) -> list[_Part]:
    """Merge: parents that the upload does not mention stay as they are."""
    parents = before.parents
    kept = np.flatnonzero(~_mentioned(tile, int(parents[-1]) + 1)[parents])
    return [_Part(before.keys[kept], None if before.ends is None else before.ends[kept], Origin.KEPT, old=kept)]


def _reset(rule: Rule, tile: Given, before: Laid, valued: Callable[[], Flags]) -> list[_Part]:
    """Replace: parents that the upload does not mention are whole again, and null."""
    firsts = _firsts(before)
    blocks = np.diff(firsts, append=len(before.keys))
    reset = np.flatnonzero(~_mentioned(tile, len(firsts)))
    if not len(reset):
        return []
    changed = (blocks[reset] > 1) | valued()[firsts[reset]]
    parts = []
    for origin, parents in ((Origin.NOTHING, reset[changed]), (Origin.UNCHANGED, reset[~changed])):
        ends = None
        if tile.ends is not None:
            ends = np.full(len(parents), whole_end(rule.grid.counts), dtype=np.uint32)
        old = firsts[parents] if origin is Origin.UNCHANGED else None
        parts.append(_Part(parents.astype(np.int64) << SUB_BITS, ends, origin, old=old))
    return parts


def _completed(rule: Rule, tile: Given, partial: Keys, before: Laid, valued: Callable[[], Flags]) -> list[_Part]:
    """The blocks that parents mentioned in part lack."""
    inside = np.isin(tile.parents, partial)
    position, sub = unpack(tile.keys[inside])
    if rule.grid.kind is Kind.FULLY_SUB_BLOCKED:
        _check_size(len(partial) * prod(rule.grid.counts))
    lacking = pack(*complete(rule.grid.kind, rule.grid.counts, position, sub))
    if not rule.fill:
        return [_Part(lacking, None, Origin.NOTHING)]
    parent = _firsts(before)[lacking >> SUB_BITS]
    split = np.flatnonzero(before.keys[parent] & ((1 << SUB_BITS) - 1))
    undivided = np.setdiff1d(np.arange(len(lacking)), split, assume_unique=True)
    has = valued()[parent[undivided]] if len(undivided) else np.empty(0, dtype=np.bool_)
    derived, empty = undivided[has], undivided[~has]
    return [
        _Part(lacking[split], None, Origin.CELL, old=find(lacking[split], before.keys)),
        _Part(lacking[derived], None, Origin.PARENT, old=parent[derived]),
        _Part(lacking[empty], None, Origin.NOTHING),
    ]
