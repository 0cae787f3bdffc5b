"""Whether sub-blocks tile their parents, and what a parent that is only partly covered lacks.

Rows are sub-blocks sorted by parent, then by `sidx` (or by start and end). `rank` is any integer that ascends with the
parent: its position in the model or in a tile. Source: Block Model API contract, S6 and Q27.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine import flexible
from coreshed.blockmodels.engine.boxes import Indices
from coreshed.blockmodels.engine.grid import Counts, Flags, Kind
from coreshed.blockmodels.engine.subblocks import Keys, Numbers, corner, flexible_bad, max_sidx, octree, pack, unpack


@dataclass(frozen=True, slots=True, eq=False)
class Tiling:
    """What is wrong with the sub-blocks of some parents.

    duplicate: (n,) the rows that state the same sub-block as the row before. overlap: (n,) the rows that share volume
    with another row, duplicates left out: a node and its descendants, a whole parent and its cells, boxes that
    intersect. parents: (p,) the ranks that occur, ascending. hole: (p,) the parents that their rows do not fill; not
    judged, and False, where rows of the parent overlap.
    """

    duplicate: Flags
    overlap: Flags
    parents: Keys
    hole: Flags

    @property
    def disjoint(self) -> bool:
        """No row is a duplicate and no two overlap."""
        return not (self.duplicate.any() or self.overlap.any())

    @property
    def complete(self) -> bool:
        """The rows tile every parent that occurs."""
        return self.disjoint and not self.hole.any()


def tiling(kind: Kind, counts: Counts, rank: Indices, sidx: Indices) -> Tiling:
    """The tiling of numbered sub-blocks: rank, sidx (n,), sorted by both, sidx <= max_sidx.

    Raises ValueError where rows are not sorted or the kind has no numbers.
    """
    keys = _sorted(pack(rank, sidx))
    duplicate = _same_as_before(keys)
    kept = np.flatnonzero(~duplicate)
    once = keys[kept]
    parent, number = unpack(once)
    last, volume = _reach(kind, counts, number)
    overlap = np.zeros(len(keys), dtype=np.bool_)
    if len(once):
        # Nodes are nested or apart, so a row is covered if any before it reaches as far, and covers if the next does.
        reached = np.maximum.accumulate(once - number + last)
        covered = once[1:] <= reached[:-1]
        covers = once[1:] <= (once - number + last)[:-1]
        overlap[kept[1:]] = covered
        overlap[kept[:-1]] |= covers
    return _report(duplicate, overlap, kept, parent, volume, math.prod(counts))


def flexible_tiling(counts: Counts, rank: Indices, start: Indices, end: Indices) -> Tiling:
    """The tiling of boxes: rank (n,), start, end (n, 3) with 0 <= start < end <= counts, sorted by all in this order.

    Overlap is exact and no matter of volumes. Raises ValueError where a box is none or rows are not sorted by
    rank and start.
    """
    bad = flexible_bad(start, end, counts)
    if bad.any():
        raise ValueError(f"row {int(np.argmax(bad))}: the box is not on the grid of its parent")
    keys = _sorted(pack(rank, corner(start)))
    duplicate = _same_as_before(keys)
    duplicate[1:] &= (end[1:] == end[:-1]).all(axis=1)
    kept = np.flatnonzero(~duplicate)
    boxes = flexible.Rows.of(keys[kept], start[kept], end[kept], counts)
    overlap = np.zeros(len(keys), dtype=np.bool_)
    overlap[kept] = flexible.overlaps(boxes)
    return _report(duplicate, overlap, kept, unpack(boxes.keys)[0], boxes.volumes(), math.prod(counts))


def order(keys: Keys, end: Indices | None = None) -> NDArray[np.intp]:
    """The rows, (n,), in the order that the checks ask for: by key (`pack`), for flexible boxes then by end, (n, 3)."""
    if end is None:
        return np.argsort(keys, kind="stable")
    return np.lexsort((corner(end), keys))


def complete(kind: Kind, counts: Counts, rank: Indices, sidx: Indices) -> tuple[Keys, Numbers]:
    """What parents that are only partly covered lack: rank and sidx, (m,) each, sorted, of the rows to add.

    rank, sidx: (n,), sorted, disjoint (see `tiling`), all rows of the parents that they touch. A fully sub-blocked
    parent with a cell lacks all its other cells; a part of an octree lacks the coarsest nodes that fill the rest.
    A whole parent lacks nothing. Raises ValueError for other kinds: a flexible parent must be stated completely.
    """
    match kind:
        case Kind.FULLY_SUB_BLOCKED:
            return _lacking_cells(counts, rank, sidx)
        case Kind.VARIABLE_OCTREE:
            return _lacking_nodes(counts, rank, sidx)
        case Kind.FLEXIBLE:
            raise ValueError("a flexible parent that is only partly covered cannot be completed")
        case Kind.REGULAR:
            raise ValueError("a regular model has no sub-blocks")


def _lacking_cells(counts: Counts, rank: Indices, sidx: Indices) -> tuple[Keys, Numbers]:
    cells, number = np.flatnonzero(sidx > 0), math.prod(counts)
    parents, which = np.unique(rank[cells].astype(np.int64), return_inverse=True)
    absent = np.ones((len(parents), number), dtype=np.bool_)
    absent[which, sidx[cells].astype(np.int64) - 1] = False
    parent, cell = np.divmod(np.flatnonzero(absent), number)
    return parents[parent], (cell + 1).astype(np.uint32)


def _lacking_nodes(counts: Counts, rank: Indices, sidx: Indices) -> tuple[Keys, Numbers]:
    tree = octree(counts)
    given = pack(rank, sidx)
    divided = np.empty(0, dtype=np.int64)
    above = given
    while len(above):
        parent, node = unpack(above)
        up = pack(parent, tree.parent[node])
        above = np.setdiff1d(up[node > 0], divided)
        divided = np.union1d(divided, above)
    parent, node = unpack(divided)
    level = tree.level[node].astype(np.int64)
    # Children of a node follow it, each as far from the next as its subtree is large.
    below = np.array([*tree.sizes[1:], 1])[level]
    number = (np.array(tree.sizes)[level] - 1) // below
    first = np.cumsum(number) - number
    nth = np.arange(number.sum()) - np.repeat(first, number)
    children = np.repeat(divided + 1, number) + nth * np.repeat(below, number)
    lacking = np.setdiff1d(children, np.concatenate((given, divided)))
    parent, node = unpack(lacking)
    return parent, node.astype(np.uint32)


def _reach(kind: Kind, counts: Counts, sidx: Keys) -> tuple[Keys, Keys]:
    """The last number below each node, (n,), and its volume in cells, (n,)."""
    if kind is Kind.VARIABLE_OCTREE:
        tree = octree(counts)
        level = tree.level[sidx]
        return sidx + np.array(tree.sizes)[level] - 1, tree.volumes[level]
    most = max_sidx(kind, counts)
    return np.where(sidx == 0, most, sidx), np.where(sidx == 0, math.prod(counts), 1)


def _report(duplicate: Flags, overlap: Flags, kept: NDArray[np.intp], parent: Keys, volume: Keys, whole: int) -> Tiling:
    """parent, volume: of the rows `kept`, which are no duplicates."""
    if not len(kept):
        return Tiling(duplicate, overlap, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_))
    first = np.flatnonzero(~_same_as_before(parent))
    filled = np.add.reduceat(volume, first)
    overlapping = np.logical_or.reduceat(overlap[kept], first)
    return Tiling(duplicate, overlap, parent[first], (filled < whole) & ~overlapping)


def _same_as_before(keys: Keys) -> Flags:
    same = np.zeros(len(keys), dtype=np.bool_)
    np.equal(keys[1:], keys[:-1], out=same[1:])
    return same


def _sorted(keys: Keys) -> Keys:
    if (keys[1:] < keys[:-1]).any():
        raise ValueError("the rows are not sorted by parent and sub-block")
    return keys
