"""The grid of a block model: where its blocks lie in the world, and which block lies at a point.

Model space has its axes along the blocks and its zero at the model origin; i, j and k count blocks along its axes. A
point A of model space is the point ``origin + M·A`` of the world. World coordinates are those of the model's CRS.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox, Indices

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Triple = tuple[float, float, float]
Counts = tuple[int, int, int]

MOST_BLOCKS = 500_000_000
MOST_SUB_BLOCKS_PER_AXIS = 100
OCTREE_COUNTS = frozenset({1, 2, 4, 8, 16, 32, 64})
BLOCK_SIZE_BELOW = 1_000_000.0

# A centroid in an upload may be off by this part of its block's size on each axis.
CENTROID_TOLERANCE = 1e-3
# A centroid this part of the parent's size outside a box counts as in it.
BOX_TOLERANCE = 1e-9
# Rows that are computed at once, so that what is between the steps stays in the processor's cache.
_BATCH = 1 << 15
# Below this sine of the tilt the first and the last turn go about the same axis, and only their sum is known.
_NO_TILT = 1e-12


class Kind(StrEnum):
    """How the parent blocks of a model may be divided; the values are the contract's `model_type`."""

    REGULAR = "regular"
    FULLY_SUB_BLOCKED = "fully-sub-blocked"
    VARIABLE_OCTREE = "variable-octree"
    FLEXIBLE = "flexible"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A turn about one axis of model space: degrees, clockwise for one who looks along the axis from its positive end.

    Raises ValueError where the axis is unknown or the angle is not between -360 and 360, both exclusive.
    """

    axis: Literal["x", "y", "z"]
    angle: float

    def __post_init__(self) -> None:
        if self.axis not in ("x", "y", "z"):
            raise ValueError(f"{self.axis!r} is no axis of rotation; the axes are x, y and z")
        if not -360 < self.angle < 360:
            raise ValueError(f"the angle {self.angle} is not between -360 and 360 degrees")

    def matrix(self) -> Floats:
        """The turn as a 3x3 matrix that is applied to columns (x, y, z)."""
        c, s = _cosine_and_sine(self.angle)
        match self.axis:
            case "x":
                rows = [[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]]
            case "y":
                rows = [[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]]
            case "z":
                rows = [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]
        return np.array(rows)


def _cosine_and_sine(degrees: float) -> tuple[float, float]:
    # Exact at quarter turns: the blocks' axes then lie along the world's, and a coordinate depends on one index alone.
    quarters, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    angle = math.radians(degrees)
    return math.cos(angle), math.sin(angle)


@dataclass(frozen=True, slots=True)
class Grid:
    """The geometry of a block model, which never changes.

    origin: world coordinates of the corner of block (0, 0, 0). parents: number of parent blocks along i, j, k. size: of
    a parent along its own axes, in world units. counts: sub-blocks per parent along each axis, (1, 1, 1) for a regular
    model. rotations: applied as the product of their matrices from left to right, about the origin. Raises ValueError
    naming the rule that is broken. Source: Block Model API contract, "geometry primitives" and "model kinds".
    """

    kind: Kind
    origin: Triple
    parents: Counts
    size: Triple
    counts: Counts = (1, 1, 1)
    rotations: tuple[Rotation, ...] = ()

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in self.origin):
            raise ValueError("the model origin is not finite")
        if not all(0 < value < BLOCK_SIZE_BELOW for value in self.size):
            raise ValueError(f"a block size is not between 0 and {BLOCK_SIZE_BELOW:,.0f}, both exclusive")
        if not all(1 <= number <= MOST_BLOCKS for number in self.parents):
            raise ValueError(f"a number of blocks is not in 1..{MOST_BLOCKS:,}")
        if math.prod(self.parents) > MOST_BLOCKS:
            raise ValueError(f"the model has {math.prod(self.parents):,} blocks; at most {MOST_BLOCKS:,} are allowed")
        for first, second in zip(self.rotations, self.rotations[1:], strict=False):
            if first.axis == second.axis:
                raise ValueError(f"two rotations in a row go about {first.axis}; neighbouring axes must differ")
        self._check_counts()

    def _check_counts(self) -> None:
        undivided = self.counts == (1, 1, 1)
        if self.kind is Kind.REGULAR:
            if not undivided:
                raise ValueError("a regular model has no sub-blocks")
            return
        if self.kind is Kind.VARIABLE_OCTREE and not OCTREE_COUNTS.issuperset(self.counts):
            raise ValueError("the numbers of sub-blocks of an octree are 1, 2, 4, 8, 16, 32 or 64")
        if not all(1 <= number <= MOST_SUB_BLOCKS_PER_AXIS for number in self.counts):
            raise ValueError(f"a number of sub-blocks is not in 1..{MOST_SUB_BLOCKS_PER_AXIS}")
        if undivided:
            raise ValueError("a sub-blocked model needs more than 1x1x1 sub-blocks per parent")

    # -- the whole grid ------------------------------------------------------------------------------------------------

    @property
    def flexible(self) -> bool:
        """Whether sub-blocks are any boxes, which have no numbers."""
        return self.kind is Kind.FLEXIBLE

    @property
    def everything(self) -> IndexBox:
        """The box of all parent blocks."""
        ni, nj, nk = self.parents
        return IndexBox((0, ni - 1), (0, nj - 1), (0, nk - 1))

    def holds(self, box: IndexBox) -> bool:
        """Whether every block of the box is one of the grid."""
        return all(high < number for (_, high), number in zip(box.intervals, self.parents, strict=True))

    def matrix(self) -> Floats:
        """M, 3x3: column a is the direction of block axis a in the world. Orthonormal, determinant 1."""
        identity: Floats = np.eye(3)
        return reduce(lambda product, turn: product @ turn.matrix(), self.rotations, identity)

    def axes_of(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """For world x, y and z the block axes (0 i, 1 j, 2 k) that the coordinate depends on, ascending.

        Where there is one axis, centroids with the same index on it have the bitwise same coordinate.
        """
        matrix = self.matrix()
        x, y, z = (tuple(int(axis) for axis in np.flatnonzero(row)) for row in matrix)
        return x, y, z

    def normalized_rotation(self) -> Triple:
        """(a, b, c) in degrees with M = Rz(a)·Rx(b)·Rz(c): the dip azimuth, dip and pitch of the block axes.

        a and c in 0 <= v < 360, b in 0..180, rounded to 1e-12 degrees. c is 0 where b is 0 or 180, because a and c then
        turn about the same axis.
        """
        m = self.matrix()
        tilt = math.hypot(m[0, 2], m[1, 2])
        b = math.atan2(tilt, m[2, 2])
        if tilt < _NO_TILT:
            # The contract's atan2(M01, M00) mirrors a where b is 180; M10 has the same sign for both.
            return _whole_turn(math.atan2(-m[1, 0], m[0, 0])), round(math.degrees(b), 12), 0.0
        a, c = math.atan2(m[0, 2], m[1, 2]), math.atan2(m[2, 0], -m[2, 1])
        return _whole_turn(a), round(math.degrees(b), 12), _whole_turn(c)

    def bbox(self) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
        """(min, max) of world x, y and z over the eight corners of the whole grid."""
        extent = [number * size for number, size in zip(self.parents, self.size, strict=True)]
        corners = np.array(np.meshgrid(*([0.0, length] for length in extent), indexing="ij")).reshape(3, 8)
        x, y, z = (
            (float(values.min()), float(values.max())) for values in (self._world(axis, corners) for axis in range(3))
        )
        return x, y, z

    # -- from blocks to the world --------------------------------------------------------------------------------------

    def centroids(self, i: Indices, j: Indices, k: Indices) -> tuple[Floats, Floats, Floats]:
        """World x, y, z, each (n,), of the centroids of parent blocks; i, j, k: shape (n,)."""
        points = [np.add(index, 0.5, dtype=np.float64) * size for index, size in zip((i, j, k), self.size, strict=True)]
        return self._world(0, points), self._world(1, points), self._world(2, points)

    def sub_centroids(
        self, i: Indices, j: Indices, k: Indices, start: Indices, end: Indices
    ) -> tuple[Floats, Floats, Floats]:
        """World x, y, z, each (n,), of the centroids of sub-blocks.

        i, j, k: parent, shape (n,). start, end: shape (n, 3), the box of the sub-block on its parent's grid of
        `counts` cells, end exclusive. The box of a whole parent has bitwise the centroid of the parent.
        """
        points = self._model_centroids(i, j, k, start, end)
        return self._world(0, points), self._world(1, points), self._world(2, points)

    def sub_sizes(self, start: Indices, end: Indices) -> tuple[Floats, Floats, Floats]:
        """dx, dy, dz, each (n,), of sub-blocks given by boxes of shape (n, 3), end exclusive."""
        dx, dy, dz = (self._widths(axis)[_column(end, axis) - _column(start, axis)] for axis in range(3))
        return dx, dy, dz

    def aligned_centroids(
        self, i: Indices, j: Indices, k: Indices, start: Indices, end: Indices
    ) -> tuple[Floats, Floats, Floats]:
        """Model-aligned x, y, z, each (n,), of the centroids of sub-blocks; arguments as in sub_centroids."""
        points = self._model_centroids(i, j, k, start, end)
        x, y, z = (origin + point for origin, point in zip(self.origin, points, strict=True))
        return x, y, z

    def _widths(self, axis: int) -> Floats:
        # By number of cells. All of them are the parent's size exactly, which n * (size / n) may miss.
        count = self.counts[axis]
        widths = np.arange(count + 1) * self.size[axis] / count
        widths[count] = self.size[axis]
        return widths

    def _model_centroids(self, i: Indices, j: Indices, k: Indices, start: Indices, end: Indices) -> list[Floats]:
        # The fraction of a whole parent is 0.5 exactly, so that it lies where `centroids` puts it.
        return [
            (index + (_column(start, axis) + _column(end, axis)) / (2 * self.counts[axis])) * self.size[axis]
            for axis, index in enumerate((i, j, k))
        ]

    def _world(self, axis: int, points: "list[Floats] | Floats") -> Floats:
        # Terms with a zero factor are left out, not added: half the work, and the same bits for the same index.
        row = self.matrix()[axis]
        return self.origin[axis] + _total([points[each] * row[each] for each in np.flatnonzero(row)])

    # -- from the world to blocks --------------------------------------------------------------------------------------

    def locate(
        self, x: Floats, y: Floats, z: Floats
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Flags]:
        """The parent blocks whose centroids these are: i, j, k and a mask of the rows that are none, each (n,).

        x, y, z: world coordinates, shape (n,). A row is bad where the nearest centroid is further than 1e-3 of the
        block's size on an axis of the blocks, where the point lies outside the grid, or is not finite; its indices are
        those of the nearest block of the grid. Source: contract Q5.
        """
        found = np.empty((3, len(x)), dtype=np.int64)
        bad = np.zeros(len(x), dtype=np.bool_)
        for rows, points in self._parent_units(x, y, z):
            for axis, point in enumerate(points):
                number = self.parents[axis]
                block = np.floor(point)
                off = np.abs(point - block - 0.5) <= CENTROID_TOLERANCE
                bad[rows] |= ~(off & (block >= 0) & (block < number))
                found[axis, rows] = np.fmax(np.fmin(block, number - 1), 0)  # of NaN they make a bound
        return found[0], found[1], found[2], bad

    def locate_cells(
        self, x: Floats, y: Floats, z: Floats, dx: Floats, dy: Floats, dz: Floats
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], Flags]:
        """The sub-blocks with these centroids and sizes: i, j, k (n,), start, end (n, 3) and a mask of bad rows (n,).

        x, y, z: world coordinates; dx, dy, dz: sizes along the block axes; shape (n,). A row is bad where the centroid
        or the size is off by more than 1e-3 of the size on an axis, where the box leaves its parent or the grid, or
        where a value is not finite; what is returned for it is some box of the grid. Whether the kind of model allows
        the box is not judged here: `subblocks` does that where it numbers boxes.
        """
        found = np.empty((3, len(x)), dtype=np.int64)
        start, end = (np.empty((3, len(x)), dtype=np.int32) for _ in range(2))
        bad = np.zeros(len(x), dtype=np.bool_)
        for rows, points in self._parent_units(x, y, z):
            for axis, (point, sizes) in enumerate(zip(points, (dx, dy, dz), strict=True)):
                parent, first, last, wrong = self._cells(axis, point, sizes[rows])
                found[axis, rows], start[axis, rows], end[axis, rows] = parent, first, last
                bad[rows] |= wrong
        return found[0], found[1], found[2], start.T, end.T, bad

    def _cells(self, axis: int, point: Floats, size: Floats) -> tuple[Floats, Floats, Floats, Flags]:
        # Parent, first cell, end and whether the row is bad: whole numbers, in the grid also where it is bad.
        count, number = self.counts[axis], self.parents[axis]
        with np.errstate(invalid="ignore", over="ignore"):
            cells = size / self.size[axis] * count
            width = np.rint(cells)
            corner = point * count - width / 2
            nearest = np.rint(corner)
            right = (np.abs(cells - width) <= CENTROID_TOLERANCE * width) & (width >= 1) & (width <= count)
            right &= np.abs(corner - nearest) <= CENTROID_TOLERANCE * width
            right &= (nearest >= 0) & (nearest < number * count)
        nearest = np.fmax(np.fmin(nearest, number * count - 1), 0)
        parent = np.floor(nearest / count)  # exact: there are fewer than 2**36 cells along an axis
        first = nearest - parent * count
        last = first + np.fmax(np.fmin(width, count), 1)
        return parent, first, np.minimum(last, count), ~(right & (last <= count))

    def _parent_units(self, x: Floats, y: Floats, z: Floats) -> Iterator[tuple[slice, list[Floats]]]:
        # Batches of the points in model space, in parent sizes: block (0, 0, 0) reaches from 0 to 1.
        matrix = self.matrix()
        for first in range(0, len(x), _BATCH):
            rows = slice(first, first + _BATCH)
            with np.errstate(invalid="ignore", over="ignore"):
                away = [values[rows] - origin for values, origin in zip((x, y, z), self.origin, strict=True)]
                points = [
                    _total([away[each] * column[each] for each in np.flatnonzero(column)]) / size
                    for column, size in zip(matrix.T, self.size, strict=True)
                ]
                yield rows, points

    # -- boxes in model-aligned coordinates ----------------------------------------------------------------------------

    def box_of_xyz(self, box: AlignedBox) -> IndexBox | None:
        """The parent blocks whose centroids lie in the box, bounds inclusive within 1e-9 of the block size.

        Clipped to the grid; None where there is none. For sub-blocked models see `parents_near` and `in_box`.
        Source: contract Q3.
        """
        return self._index_box(box, 0.5, 0.5)

    def parents_near(self, box: AlignedBox) -> IndexBox | None:
        """The parent blocks that may have a sub-block with its centroid in the box; None where there is none."""
        return self._index_box(box, 1.0, 0.0)

    def in_box(
        self, box: AlignedBox, i: Indices, j: Indices, k: Indices, start: Indices, end: Indices
    ) -> NDArray[np.bool_]:
        """Which sub-blocks have their centroid in the box, (n,): inclusive within 1e-9 of the parent's size."""
        inside = np.ones(len(i), dtype=np.bool_)
        points = self.aligned_centroids(i, j, k, start, end)
        for point, (low, high), size in zip(points, box.intervals, self.size, strict=True):
            inside &= (point >= low - BOX_TOLERANCE * size) & (point <= high + BOX_TOLERANCE * size)
        return inside

    def _index_box(self, box: AlignedBox, low_part: float, high_part: float) -> IndexBox | None:
        # Bisected over the coordinates as `aligned_centroids` rounds them: a bound copied from an answer is inclusive
        # however coarse float64 is that far from zero.
        found = []
        for origin, size, number, (low, high) in zip(self.origin, self.size, self.parents, box.intervals, strict=True):
            blocks, reach = range(number), BOX_TOLERANCE * size
            first = bisect_left(blocks, low - reach, key=lambda n: origin + (n + low_part) * size)
            last = bisect_right(blocks, high + reach, key=lambda n: origin + (n + high_part) * size) - 1
            if first > last:
                return None
            found.append((first, last))
        return IndexBox(*found)


def _whole_turn(radians: float) -> float:
    degrees = round(math.degrees(radians) % 360.0, 12)
    return 0.0 if degrees == 360.0 else degrees


def _total(terms: list[Floats]) -> Floats:
    return reduce(np.add, terms)


def _column(boxes: Indices, axis: int) -> NDArray[np.int64]:
    # Wide before it is added or subtracted: the columns of a file are unsigned bytes.
    return boxes[:, axis].astype(np.int64)
