"""Boxes of parent blocks and boxes in model-aligned coordinates; both have inclusive bounds."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.integer[Any]]
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class IndexBox:
    """Parent blocks with i, j and k in these ranges; each is (min, max), both inclusive, zero-based.

    Raises ValueError where a range is empty or begins below 0.
    """

    i: Interval
    j: Interval
    k: Interval

    def __post_init__(self) -> None:
        for axis, (low, high) in zip("ijk", self.intervals, strict=True):
            if low < 0:
                raise ValueError(f"{axis} starts at {low}; indices start at 0")
            if low > high:
                raise ValueError(f"the minimum of {axis}, {low}, is above its maximum, {high}")

    @classmethod
    def around(cls, i: Indices, j: Indices, k: Indices) -> "IndexBox | None":
        """The smallest box that holds these blocks, each of shape (n,); None for no block."""
        if not len(i):
            return None
        return cls(*((int(axis.min()), int(axis.max())) for axis in (i, j, k)))

    @property
    def intervals(self) -> tuple[Interval, Interval, Interval]:
        """The ranges of i, j and k."""
        return self.i, self.j, self.k

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of blocks along i, j and k."""
        return self.i[1] - self.i[0] + 1, self.j[1] - self.j[0] + 1, self.k[1] - self.k[0] + 1

    @property
    def count(self) -> int:
        """Number of parent blocks."""
        return math.prod(self.shape)

    def intersect(self, other: "IndexBox") -> "IndexBox | None":
        """The blocks in both; None where there is none."""
        common = [(max(a[0], b[0]), min(a[1], b[1])) for a, b in zip(self.intervals, other.intervals, strict=True)]
        return None if any(low > high for low, high in common) else IndexBox(*common)

    def hull(self, other: "IndexBox") -> "IndexBox":
        """The smallest box that holds both."""
        pairs = zip(self.intervals, other.intervals, strict=True)
        return IndexBox(*((min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs))

    def contains(self, i: Indices, j: Indices, k: Indices) -> NDArray[np.bool_]:
        """Which blocks lie in the box: shape (n,) for indices of shape (n,)."""
        inside = np.ones(len(i), dtype=np.bool_)
        for values, (low, high) in zip((i, j, k), self.intervals, strict=True):
            inside &= (values >= low) & (values <= high)
        return inside


@dataclass(frozen=True, slots=True)
class AlignedBox:
    """A box in model-aligned coordinates: world units along the block axes, anchored at the model origin.

    Each is (min, max), both inclusive. A point P of the world has the model-aligned coordinates
    ``origin + Mᵀ(P - origin)``; without rotation these are P. Raises ValueError where a bound is not finite or a
    minimum is above its maximum. Source: the Block Model API's `BBoxXYZ`.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]

    def __post_init__(self) -> None:
        for axis, (low, high) in zip("xyz", self.intervals, strict=True):
            if not (math.isfinite(low) and math.isfinite(high)):
                raise ValueError(f"the bounds of {axis} are not finite")
            if low > high:
                raise ValueError(f"the minimum of {axis}, {low}, is above its maximum, {high}")

    @property
    def intervals(self) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
        """The ranges of x, y and z."""
        return self.x, self.y, self.z
