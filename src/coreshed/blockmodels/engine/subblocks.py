"""How the sub-blocks of a parent are numbered, and the keys by which sub-blocks are sorted and found.

A sub-block is a box on the grid of `counts` cells of its parent: start inclusive, end exclusive, each of shape (n, 3)
with columns along x, y, z of the blocks. The box (0, 0, 0)..counts is the whole parent. Fully sub-blocked parents and
octrees number their boxes, `sidx`, and 0 is the whole parent; flexible parents are addressed by the box itself.
Source: Block Model API contract, "model kinds".
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import Indices
from coreshed.blockmodels.engine.grid import Counts, Flags, Kind

Numbers = NDArray[np.uint32]
Boxes = NDArray[np.int32]
Keys = NDArray[np.int64]

# Bits of a key below the parent's position: 1,000,000 fully divided cells, 299,592 nodes, or three starts below 128.
SUB_BITS = 21
_MOST_POSITIONS = 1 << (63 - SUB_BITS)
START_BITS = 7


def max_sidx(kind: Kind, counts: Counts) -> int:
    """The largest `sidx` of a parent: 0 for regular models. Raises ValueError for flexible ones, which have none."""
    match kind:
        case Kind.REGULAR:
            return 0
        case Kind.FULLY_SUB_BLOCKED:
            return math.prod(counts)
        case Kind.VARIABLE_OCTREE:
            return octree(counts).sizes[0] - 1
        case Kind.FLEXIBLE:
            raise ValueError("sub-blocks of a flexible model have no sidx")


def box_of_sidx(kind: Kind, counts: Counts, sidx: Indices) -> tuple[Boxes, Boxes]:
    """Start and end, (n, 3), of numbered sub-blocks, (n,). Raises ValueError naming the first row beyond max_sidx."""
    return octree_cell(sidx, counts) if kind is Kind.VARIABLE_OCTREE else cell_of(sidx, counts)


def sidx_of_box(kind: Kind, counts: Counts, start: Indices, end: Indices) -> tuple[Numbers, Flags]:
    """The number of each box, (n,), and a mask of the boxes, (n,), that the kind of model does not have (number 0)."""
    find = octree_sidx_of_box if kind is Kind.VARIABLE_OCTREE else fully_sidx_of_box
    return find(start, end, counts)


# -- fully sub-blocked -------------------------------------------------------------------------------------------------


def sidx_of(si: Indices, sj: Indices, sk: Indices, counts: Counts) -> Numbers:
    """The number of a cell, (n,), of a fully divided parent: ``1 + si*ny*nz + sj*nz + sk``.

    si, sj, sk: zero-based along x, y, z, shape (n,). Raises ValueError naming the first row that is outside.
    """
    for axis, values, count in zip(("si", "sj", "sk"), (si, sj, sk), counts, strict=True):
        _refuse(values, count - 1, axis)
    _, ny, nz = counts
    return (1 + si.astype(np.int64) * (ny * nz) + sj.astype(np.int64) * nz + sk).astype(np.uint32)


def cell_of(sidx: Indices, counts: Counts) -> tuple[Boxes, Boxes]:
    """Start and end, (n, 3), of the cells of fully divided parents; the whole parent where sidx, (n,), is 0.

    Raises ValueError naming the first row beyond the last cell.
    """
    _refuse(sidx, math.prod(counts), "sidx")
    _, ny, nz = counts
    cell = np.maximum(sidx.astype(np.int64) - 1, 0)
    start = np.empty((3, len(sidx)), dtype=np.int32)
    start[0], rest = np.divmod(cell, ny * nz)
    start[1], start[2] = np.divmod(rest, nz)
    end = start + np.int32(1)
    end[:, sidx == 0] = np.array(counts, dtype=np.int32)[:, None]
    return start.T, end.T


def fully_sidx_of_box(start: Indices, end: Indices, counts: Counts) -> tuple[Numbers, Flags]:
    """The number of each box, (n,), and a mask of the boxes, (n,), that are neither a cell nor the whole (number 0)."""
    whole, cell = np.ones(len(start), dtype=np.bool_), ~flexible_bad(start, end, counts)
    sidx = np.ones(len(start), dtype=np.int64)
    strides = (counts[1] * counts[2], counts[2], 1)
    for axis, (count, stride) in enumerate(zip(counts, strides, strict=True)):
        low, high = start[:, axis].astype(np.int64), end[:, axis].astype(np.int64)
        whole &= (low == 0) & (high == count)
        cell &= high - low == 1
        sidx += low * stride
    return np.where(cell, sidx, 0).astype(np.uint32), ~(cell | whole)


# -- octree ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Octree:
    """The nodes of a parent's tree, numbered depth first, a node before its children, children with i fastest.

    On each level every axis that has not reached its own depth is halved. depths: of each axis. sizes: nodes of the
    subtree below and with a node, by level. widths: (levels, 3), cells of a node by level. level, parent: (nodes,) by
    sidx; the root is its own parent. start: (nodes, 3) by sidx. place: for each axis what each start adds to the number
    of a node.
    """

    depths: Counts
    sizes: tuple[int, ...]
    widths: Boxes
    level: NDArray[np.uint8]
    parent: Keys
    start: NDArray[np.uint8]
    place: tuple[Keys, Keys, Keys]

    @property
    def volumes(self) -> Keys:
        """Cells of a node, by level."""
        volumes: Keys = self.widths.prod(axis=1, dtype=np.int64)
        return volumes

    def seal(self) -> None:
        """Make the tables read-only, because all who ask for a tree of these counts share them."""
        tables: list[NDArray[Any]] = [self.widths, self.level, self.parent, self.start, *self.place]
        for table in tables:
            table.flags.writeable = False


@lru_cache(maxsize=16)
def octree(counts: Counts) -> Octree:
    """The tree over this many cells, each a power of two up to 64; at most 299,593 nodes, 4 MB."""
    depths = (counts[0].bit_length() - 1, counts[1].bit_length() - 1, counts[2].bit_length() - 1)
    levels = range(1, max(depths) + 1)
    sizes = [1]
    for level in reversed(levels):
        sizes.insert(0, 1 + sizes[0] * 2 ** sum(depth >= level for depth in depths))
    widths = [
        [count >> min(level, depth) for count, depth in zip(counts, depths, strict=True)] for level in (0, *levels)
    ]
    place = [np.zeros(count, dtype=np.int64) for count in counts]
    rest, start = np.arange(sizes[0]), np.zeros((sizes[0], 3), dtype=np.uint8)
    reached, parent = np.zeros(sizes[0], dtype=np.uint8), np.zeros(sizes[0], dtype=np.int64)
    for level in levels:
        # What is left of a number is its distance from the node that is reached on this level; 0 is that node.
        below = rest > 0
        parent[below] = np.flatnonzero(below) - rest[below]
        child, rest[below] = np.divmod(rest[below] - 1, sizes[level])
        reached[below] = level
        weight = sizes[level]
        for axis, depth in enumerate(depths):
            if level > depth:
                continue
            child, half = np.divmod(child, 2)
            start[below, axis] += (half * widths[level][axis]).astype(np.uint8)
            place[axis] += weight * (np.arange(counts[axis]) >> (depth - level) & 1)
            weight *= 2
    x, y, z = place
    tree = Octree(depths, tuple(sizes), np.array(widths, dtype=np.int32), reached, parent, start, (x, y, z))
    tree.seal()
    return tree


def octree_sidx(level: Indices, i: Indices, j: Indices, k: Indices, counts: Counts) -> Numbers:
    """The number of a node, (n,), by its level and its indices on the grid of that level, each (n,).

    An axis that has reached its depth keeps its index on further levels. Raises ValueError naming the first row
    that is outside.
    """
    tree = octree(counts)
    _refuse(level, len(tree.sizes) - 1, "level")
    deep = level.astype(np.int64)
    sidx = deep.copy()
    for axis, (name, index) in enumerate(zip("ijk", (i, j, k), strict=True)):
        width = tree.widths[deep, axis]
        start = index.astype(np.int64) * width
        _refuse(start, counts[axis] - 1, name)
        sidx += tree.place[axis][start]
    return sidx.astype(np.uint32)


def octree_cell(sidx: Indices, counts: Counts) -> tuple[Boxes, Boxes]:
    """Start and end, (n, 3), in cells of the finest grid, of numbered nodes, (n,).

    Raises ValueError naming the first row beyond the last node.
    """
    tree = octree(counts)
    _refuse(sidx, tree.sizes[0] - 1, "sidx")
    start = tree.start[sidx].astype(np.int32)
    return start, start + tree.widths[tree.level[sidx]]


def octree_sidx_of_box(start: Indices, end: Indices, counts: Counts) -> tuple[Numbers, Flags]:
    """The number of each box, (n,), and a mask of the boxes, (n,), that are no node of the tree (number 0)."""
    tree = octree(counts)
    bad = flexible_bad(start, end, counts)
    low = [np.where(bad, 0, start[:, axis]).astype(np.int64) for axis in range(3)]
    wide = [np.where(bad, 1, end[:, axis].astype(np.int64) - start[:, axis]) for axis in range(3)]
    # The level is the deepest that an axis asks for: an axis at its own depth asks for no less than that.
    level = np.zeros(len(start), dtype=np.int64)
    for axis in range(3):
        halvings = tree.depths[axis] - np.log2(np.arange(1, counts[axis] + 1)).astype(np.int64)
        level = np.maximum(level, halvings[wide[axis] - 1])
    sidx = level.copy()
    for axis in range(3):
        width = tree.widths[level, axis]
        bad |= (wide[axis] != width) | (low[axis] % width != 0)
        sidx += tree.place[axis][low[axis]]
    return np.where(bad, 0, sidx).astype(np.uint32), bad


# -- flexible ----------------------------------------------------------------------------------------------------------


def flexible_bad(start: Indices, end: Indices, counts: Counts) -> Flags:
    """The boxes, (n,), that do not satisfy 0 <= start < end <= count on each axis."""
    bad = np.zeros(len(start), dtype=np.bool_)
    for axis, count in enumerate(counts):
        bad |= (start[:, axis] < 0) | (start[:, axis] >= end[:, axis]) | (end[:, axis] > count)
    return bad


def corner(start: Indices) -> Keys:
    """The start of each box, (n, 3), as one number, (n,), that sorts by start_si, start_sj, start_sk.

    In a tiling no two boxes of a parent have the same start, so with `pack` it is the key of a flexible sub-block.
    """
    si, sj, sk = (start[:, axis].astype(np.int64) for axis in range(3))
    return (si << 2 * START_BITS) | (sj << START_BITS) | sk


# -- keys --------------------------------------------------------------------------------------------------------------


def pack(position: Indices, sub: Indices) -> Keys:
    """Keys, (n,), of sub-blocks: they sort by the parent's position, then by `sidx` or `corner`.

    position: of the parent, in a model or a tile, 0 <= position < 2**42. Raises ValueError naming the first row
    that is outside.
    """
    _refuse(position, _MOST_POSITIONS - 1, "position")
    _refuse(sub, (1 << SUB_BITS) - 1, "sub-block")
    return (position.astype(np.int64) << SUB_BITS) | sub.astype(np.int64)


def unpack(keys: Keys) -> tuple[Keys, Keys]:
    """Position of the parent and `sidx` or `corner`, each (n,), of keys that `pack` made."""
    return keys >> SUB_BITS, keys & ((1 << SUB_BITS) - 1)


def find(keys: Keys, in_: Keys) -> Keys:
    """Where each key, (n,), is in the sorted keys `in_`, (m,): its row there, or -1; shape (n,)."""
    if not len(in_):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.searchsorted(in_, keys)
    at[at == len(in_)] = 0
    return np.where(in_[at] == keys, at, -1)


def find_boxes(keys: Keys, end: Indices, in_: Keys, in_end: Indices) -> Keys:
    """`find` for flexible sub-blocks: the box found must also have the same end; ends are (n, 3) and (m, 3)."""
    at = find(keys, in_)
    found = np.flatnonzero(at >= 0)
    at[found[(end[found] != in_end[at[found]]).any(axis=1)]] = -1
    return at


def _refuse(values: Indices, most: int, name: str) -> None:
    if len(values) and (int(values.min()) < 0 or int(values.max()) > most):
        row = int(np.argmax((values < 0) | (values > most)))
        raise ValueError(f"row {row}: {name} {int(values[row])} is not in 0..{most:,}")
