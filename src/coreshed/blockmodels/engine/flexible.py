"""Which boxes of flexible parents overlap: exactly, in bounded memory, and without a loop over rows.

Three ways, chosen for each parent by what they cost. Pairs: each box is compared with the later ones that start before
it ends along x; fast for the usual tens of boxes. Corners: a box adds its eight corners with alternating signs, and the
sum over boxes is that of the whole parent exactly where they tile it; proves large tilings with one sort. Painting: the
boxes of what is left are counted cell by cell.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import Indices
from coreshed.blockmodels.engine.grid import Counts, Flags
from coreshed.blockmodels.engine.subblocks import START_BITS, SUB_BITS, Keys

# Pairs per box up to which comparing them is cheaper than sorting eight corners per box.
_PAIRS_PER_BOX = 32
# Pairs per cell of a parent from which painting it is cheaper.
_PAIRS_PER_CELL = 2
# What is held at once: pairs, boxes with their corners, cells. 10 to 20 bytes each, some ten times over.
_PAIRS, _BOXES, _CELLS = 1 << 20, 1 << 17, 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Distinct boxes, sorted by key (`pack` of parent and start).

    keys: (n,). start, end: (3, n). first: (p + 1,), where the rows of each parent begin, and n.
    """

    keys: Keys
    start: NDArray[np.uint8]
    end: NDArray[np.uint8]
    first: NDArray[np.intp]
    counts: Counts

    @classmethod
    def of(cls, keys: Keys, start: Indices, end: Indices, counts: Counts) -> "Rows":
        """start, end: (n, 3)."""
        parent = keys >> SUB_BITS
        first = np.concatenate(([0], np.flatnonzero(parent[1:] != parent[:-1]) + 1, [len(keys)]))
        return cls(keys, np.ascontiguousarray(start.T, np.uint8), np.ascontiguousarray(end.T, np.uint8), first, counts)

    def volumes(self) -> Keys:
        """Cells of each box, (n,)."""
        volumes: Keys = (self.end.astype(np.int64) - self.start).prod(axis=0)
        return volumes

    def parent_of_each(self) -> Keys:
        """The place in `first` of the parent of each box, (n,)."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def of_parents(self, chosen: NDArray[np.intp]) -> tuple["Rows", NDArray[np.intp]]:
        """The rows of some parents, given by their places in `first`, and where these rows are here."""
        lengths = self.first[chosen + 1] - self.first[chosen]
        ends = np.cumsum(lengths)
        rows = np.arange(int(lengths.sum())) + np.repeat(self.first[chosen] - ends + lengths, lengths)
        first = np.concatenate(([0], ends))
        return Rows(self.keys[rows], self.start[:, rows], self.end[:, rows], first, self.counts), rows


def overlaps(rows: Rows) -> Flags:
    """The boxes, (n,), that share volume with another of the same parent."""
    found = np.zeros(len(rows.keys), dtype=np.bool_)
    if not len(rows.keys):
        return found
    pairs = np.add.reduceat(_later(rows), rows.first[:-1])
    suspect = np.ones(len(pairs), dtype=np.bool_)
    many = np.flatnonzero(pairs > _PAIRS_PER_BOX * np.diff(rows.first))
    suspect[many] = ~_tiled(rows.of_parents(many)[0])
    dense = pairs > _PAIRS_PER_CELL * math.prod(rows.counts)
    for parents, judge in ((suspect & ~dense, _compared), (suspect & dense, _painted)):
        chosen, places = rows.of_parents(np.flatnonzero(parents))
        found[places] = judge(chosen)
    return found


def _later(rows: Rows) -> Keys:
    """How many boxes of the same parent come after each and start before it ends along x, (n,)."""
    stop = (rows.keys >> SUB_BITS << SUB_BITS) | (rows.end[0].astype(np.int64) << 2 * START_BITS)
    later: Keys = np.searchsorted(rows.keys, stop) - np.arange(len(rows.keys)) - 1
    return later


def _compared(rows: Rows) -> Flags:
    found = np.zeros(len(rows.keys), dtype=np.bool_)
    pairs = _later(rows)
    for batch in _batches(pairs, _PAIRS):
        number = pairs[batch]
        ends = np.cumsum(number)
        left = np.repeat(np.arange(batch.start, batch.stop), number)
        right = np.arange(len(left)) - np.repeat(ends - number, number) + left + 1
        for axis in (1, 2):
            meet = rows.start[axis][right] < rows.end[axis][left]
            meet &= rows.start[axis][left] < rows.end[axis][right]
            left, right = left[meet], right[meet]
        found[left] = True
        found[right] = True
    return found


def _tiled(rows: Rows) -> Flags:
    """The parents, (p,), whose boxes cover each of their cells once."""
    tiled = np.ones(len(rows.first) - 1, dtype=np.bool_)
    whole = np.zeros((3, 1), dtype=np.uint8), np.array([rows.counts], dtype=np.uint8).T
    for batch in _batches(np.diff(rows.first), _BOXES):
        boxes, _ = rows.of_parents(np.arange(batch.start, batch.stop))
        parent, parents = boxes.parent_of_each(), np.arange(batch.stop - batch.start)
        points = [
            _signed(each, negative ^ opposite, place)
            for each, opposite, box in ((parent, False, (boxes.start, boxes.end)), (parents, True, whole))
            for negative, place in _corners(*box)
        ]
        keys = np.sort(np.concatenate(points))
        place = keys >> 1
        first = np.concatenate(([0], np.flatnonzero(place[1:] != place[:-1]) + 1))
        left_over = np.add.reduceat(1 - 2 * (keys & 1), first) != 0
        tiled[batch.start + (place[first[left_over]] >> SUB_BITS)] = False
    return tiled


def _painted(rows: Rows) -> Flags:
    found = np.zeros(len(rows.keys), dtype=np.bool_)
    nx, ny, nz = (count + 1 for count in rows.counts)
    size = nx * ny * nz
    for batch in _batches(np.full(len(rows.first) - 1, size), _CELLS):
        boxes, places = rows.of_parents(np.arange(batch.start, batch.stop))
        parents = batch.stop - batch.start
        base = boxes.parent_of_each() * size
        corners = [(sign, base + (x * ny + y) * nz + z) for sign, (x, y, z) in _corners(boxes.start, boxes.end)]
        plus, minus = (
            np.bincount(np.concatenate([at for sign, at in corners if sign is negative]), minlength=parents * size)
            for negative in (False, True)
        )
        cover = _summed((plus - minus).reshape(parents, nx, ny, nz))
        # Cells that are covered twice, summed from the parent's first cell up to, and without, each cell.
        twice = np.zeros((parents, nx, ny, nz), dtype=np.int64)
        twice[:, 1:, 1:, 1:] = _summed((cover[:, :-1, :-1, :-1] > 1).astype(np.int64))
        sums = twice.ravel()
        # A corner with an even number of ends has an odd number of starts, hence the opposite sign.
        found[places] = sum(sums[at] if negative else -sums[at] for negative, at in corners) > 0
    return found


def _corners(start: NDArray[np.uint8], end: NDArray[np.uint8]) -> Iterator[tuple[bool, list[Keys]]]:
    """The eight corners of boxes: whether it counts negatively, having an odd number of ends, and its x, y, z."""
    for ends in product((False, True), repeat=3):
        yield sum(ends) % 2 == 1, [(end if at else start)[axis].astype(np.int64) for axis, at in enumerate(ends)]


def _signed(parent: Keys, negative: bool, place: list[Keys]) -> Keys:
    x, y, z = place
    point = (parent << SUB_BITS) | (x << 2 * START_BITS) | (y << START_BITS) | z
    return point << 1 | int(negative)


def _summed(cells: Keys) -> Keys:
    for axis in (1, 2, 3):
        np.cumsum(cells, axis=axis, out=cells)
    return cells


def _batches(weights: Keys, limit: int) -> Iterator[slice]:
    """Slices of at least one each, of at most this weight together where there is more than one."""
    total = np.cumsum(weights)
    first = 0
    while first < len(total):
        before = int(total[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(total, before + limit, side="right")))
        yield slice(first, last)
        first = last
