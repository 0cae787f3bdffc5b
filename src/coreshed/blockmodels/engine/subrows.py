"""Which rows of an upload are which sub-blocks: sorted by tile and key, and found among the blocks that exist."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import Group, Rows, TileRows, batches
from coreshed.blockmodels.engine.errors import MOST_NAMED, BadBlocks, bad_blocks, counted
from coreshed.blockmodels.engine.grid import Counts, Flags
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.subblocks import SUB_BITS, Keys, corner, find, pack
from coreshed.blockmodels.engine.subkeys import SubKeys
from coreshed.blockmodels.engine.tiles import Positions, Tiling

Fault = tuple[Rows, str]
"""Rows of a group, and what is wrong with each of them."""

NAMED_TWICE = "names a block a second time"


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The blocks of a tile, ascending.

    keys: (n,), `pack` of the parent's position and the sub-block. ends: packed, (n,), None where they have numbers.
    """

    keys: Keys
    ends: Positions | None

    @property
    def parents(self) -> Keys:
        """Positions of the parents, (n,)."""
        return self.keys >> SUB_BITS


def whole_end(counts: Counts) -> int:
    """The packed end of a flexible parent that is not divided."""
    return int(corner(np.array([counts]))[0])


def laid(snapshot: Snapshot, rank: int) -> Laid:
    """The blocks of a tile of a version of a model with sub-blocks."""
    layout = snapshot.layout(rank)
    if layout is not None:
        return Laid(pack(layout.parents, layout.subs), layout.ends)
    keys = np.arange(int(snapshot.tiling.sizes[rank]), dtype=np.int64) << SUB_BITS
    return Laid(keys, whole_ends(snapshot, len(keys)))


def whole_ends(snapshot: Snapshot, number: int) -> Positions | None:
    """The ends of so many parents that are not divided; None where sub-blocks have numbers."""
    if not snapshot.header.grid.flexible:
        return None
    return np.full(number, whole_end(snapshot.header.grid.counts), dtype=np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What an upload says of a tile, sorted by key, then end; see Laid. rows: which row of the group each is, (n,)."""

    rank: int
    keys: Keys
    ends: Positions | None
    rows: Rows

    @classmethod
    def nothing(cls, rank: int, *, flexible: bool) -> "Given":
        """Of a tile that the upload does not mention."""
        ends = np.empty(0, dtype=np.uint32) if flexible else None
        return cls(rank, np.empty(0, dtype=np.int64), ends, np.empty(0, dtype=np.int32))

    @property
    def parents(self) -> Keys:
        """Positions of the parents, (n,)."""
        return self.keys >> SUB_BITS

    @property
    def repeated(self) -> Flags:
        """The rows, (n,), that name the same block as the row before."""
        same = np.zeros(len(self.keys), dtype=np.bool_)
        np.equal(self.keys[1:], self.keys[:-1], out=same[1:])
        if self.ends is not None:
            same[1:] &= self.ends[1:] == self.ends[:-1]
        return same


def given(source: Source, keys: SubKeys, tiling: Tiling, group: Group) -> list[Given]:
    """The rows of a group by tile, in the order of `group.ranks`."""
    sizes = tiling.sizes[list(group.ranks)]
    firsts = np.cumsum(sizes) - sizes
    starts = np.full(tiling.number, -1, dtype=np.int64)
    starts[list(group.ranks)] = firsts
    found, ends, rows = _collected(source, keys, tiling, group, starts)
    order = _order(found, ends)
    if order is not None:
        found, rows = found[order], rows[order]
        ends = None if ends is None else ends[order]
    cuts = [*np.searchsorted(found, firsts << SUB_BITS).tolist(), len(found)]
    return [
        Given(
            rank,
            found[low:high] - (first << SUB_BITS),
            None if ends is None else ends[low:high],
            rows[low:high],
        )
        for rank, first, low, high in zip(group.ranks, firsts.tolist(), cuts, cuts[1:], strict=False)
        if high > low
    ]


def _collected(
    source: Source, keys: SubKeys, tiling: Tiling, group: Group, starts: NDArray[np.int64]
) -> tuple[Keys, Positions | None, Rows]:
    """Key with the parent's position in the group, end and row, each (n,), of the rows in tiles of the group."""
    found: list[Keys] = [np.empty(0, dtype=np.int64)]
    ends: list[Positions] = []
    rows: list[Rows] = [np.empty(0, dtype=np.int32)]
    for start, stop in batches(group.start, group.stop):
        blocks = keys.blocks(source, start, stop)
        ranks, positions = tiling.locate(blocks.i, blocks.j, blocks.k)
        mine = np.flatnonzero(starts[ranks] >= 0)
        found.append(pack(starts[ranks[mine]] + positions[mine], blocks.sub[mine]))
        rows.append((mine + (start - group.start)).astype(np.int32))
        if blocks.end is not None:
            ends.append(blocks.end[mine])
    return np.concatenate(found), np.concatenate(ends) if ends else None, np.concatenate(rows)


def _order(keys: Keys, ends: Positions | None) -> NDArray[np.intp] | None:
    """The order by key, then end; None where it is that of the rows."""
    steps = keys[1:] - keys[:-1]
    least = int(steps.min()) if len(steps) else 1
    if least > 0 or (least == 0 and ends is None):
        return None
    order = np.argsort(keys, kind="stable")
    if ends is None or (np.diff(keys[order]) > 0).all():
        return order
    return np.lexsort((ends, keys))


def existing(snapshot: Snapshot, source: Source, group: Group, tiles: Sequence[Given]) -> list[TileRows]:
    """The rows as rows of their tiles. Raises BadBlocks naming those whose block does not exist or is named twice."""
    made, faults = [], []
    for tile in tiles:
        blocks = laid(snapshot, tile.rank)
        at = find(tile.keys, blocks.keys)
        missing = at < 0
        if blocks.ends is not None and tile.ends is not None:
            missing |= blocks.ends[at] != tile.ends
        repeated = tile.repeated & ~missing
        if missing.any() or repeated.any():
            faults += [(tile.rows[missing], "names a block that does not exist"), (tile.rows[repeated], NAMED_TWICE)]
        else:
            size = len(blocks.keys)
            positions = None if len(at) == size else at.astype(np.uint32)
            made.append(TileRows(tile.rank, size, positions, tile.rows))
    if faults:
        one = "row names a block that does not exist or that another row names too."
        many = "rows name blocks that do not exist or that other rows name too."
        raise refused(source, group, faults, one, many)
    return made


def refused(source: Source, group: Group, faults: Sequence[Fault], one: str, many: str) -> BadBlocks:
    """The error that names these rows; one, many: how the sentence goes on after their number."""
    rows = np.concatenate([found for found, _ in faults])
    reasons = np.repeat(np.arange(len(faults)), [len(found) for found, _ in faults])
    first = np.argsort(rows, kind="stable")[:MOST_NAMED]
    named = source.origin((rows[first].astype(np.int64) + group.start).tolist())
    said = counted(len(rows), one, many)
    return bad_blocks(said, named, [faults[index][1] for index in reasons[first]], len(rows))
