"""How the parent grid of a model is cut into tiles, and which block is which row of its tile.

A tile is a box of parents of one shape for the whole model, smaller where the grid ends. Tiles are numbered along a
Morton curve, so that the tiles of a box lie in few runs; the parents of a tile are numbered with k fastest, i slowest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import IndexBox

Triple = tuple[int, int, int]
Ranks = NDArray[np.int32]
Positions = NDArray[np.uint32]

LARGEST_TILE = 100_000  # rows; the wire allows no longer row groups
_STRETCH = 1.6  # how far an edge may be from that of a cube
_CANDIDATES = 48  # lengths tried per axis


def tile_shape(parents: Triple, most: int = LARGEST_TILE) -> Triple:
    """Parents of a tile per axis: as few tiles as `most` parents each allow, nearly cubes where the grid lets them."""
    first, second, third = (_lengths(count, edge) for count, edge in zip(parents, _ideal(parents, most), strict=True))
    shapes = (shape for shape in product(first, second, third) if prod(shape) <= most)
    return min(shapes, key=lambda shape: (_tiles(parents, shape), max(shape) - min(shape)))


def _ideal(parents: Triple, most: int) -> list[float]:
    """Edges of a cube of `most` parents; axes that are shorter leave their share to the others."""
    edges, left = [0.0, 0.0, 0.0], float(most)
    for done, axis in enumerate(sorted(range(3), key=parents.__getitem__)):
        edges[axis] = min(parents[axis], left ** (1 / (3 - done)))
        left /= edges[axis]
    return edges


def _lengths(parents: int, ideal: float) -> list[int]:
    """Lengths near the ideal one that cut an axis into equal parts."""
    least, most = ceil(parents / (_STRETCH * ideal)), ceil(_STRETCH * parents / ideal)
    step = max(1, (most - least) // _CANDIDATES)
    return sorted({ceil(parents / parts) for parts in (*range(max(1, least), most + 1, step), ceil(parents / ideal))})


def _tiles(parents: Triple, shape: Sequence[int]) -> int:
    return prod(ceil(count / length) for count, length in zip(parents, shape, strict=True))


@dataclass(frozen=True)
class Tiling:
    """A grid of `parents` (i, j, k) in tiles of `shape`; tiles are named by their rank on the Morton curve."""

    parents: Triple
    shape: Triple

    @cached_property
    def counts(self) -> Triple:
        """Tiles per axis."""
        a, b, c = (ceil(count / length) for count, length in zip(self.parents, self.shape, strict=True))
        return a, b, c

    @property
    def number(self) -> int:
        """Tiles in all."""
        return prod(self.counts)

    @property
    def blocks(self) -> int:
        """Parents in all."""
        return prod(self.parents)

    @cached_property
    def corners(self) -> NDArray[np.int32]:
        """First tile index per axis of every rank, shape (number, 3)."""
        grid = np.indices(self.counts, dtype=np.int32).reshape(3, -1)
        order = np.argsort(_morton(grid), kind="stable")
        return np.ascontiguousarray(grid.T[order])

    @cached_property
    def _rank(self) -> Ranks:
        """Rank of every tile, indexed by its indices with the last axis fastest."""
        _, b, c = self.counts
        flat = (self.corners[:, 0].astype(np.int64) * b + self.corners[:, 1]) * c + self.corners[:, 2]
        ranks = np.empty(self.number, dtype=np.int32)
        ranks[flat] = np.arange(self.number, dtype=np.int32)
        return ranks

    def box(self, rank: int) -> IndexBox:
        """The parents of a tile."""
        sides = zip(self.corners[rank].tolist(), self.shape, self.parents, strict=True)
        i, j, k = ((corner * length, min((corner + 1) * length, count) - 1) for corner, length, count in sides)
        return IndexBox(i, j, k)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Parents of every tile, by rank."""
        low = self.corners * np.array(self.shape, dtype=np.int64)
        sizes: NDArray[np.int64] = np.prod(np.minimum(low + self.shape, self.parents) - low, axis=1, dtype=np.int64)
        return sizes

    def ranks_of(self, i: NDArray[np.uint32], j: NDArray[np.uint32], k: NDArray[np.uint32]) -> Ranks:
        """Rank of the tile of parents that lie in the grid; all of shape (n,)."""
        _, nb, nc = self.counts
        a, b, c = (index // np.uint32(length) for index, length in zip((i, j, k), self.shape, strict=True))
        return self._rank[(a * np.uint32(nb) + b) * np.uint32(nc) + c]

    def locate(self, i: NDArray[np.uint32], j: NDArray[np.uint32], k: NDArray[np.uint32]) -> tuple[Ranks, Positions]:
        """Rank of the tile and position in it of parents that lie in the grid; all of shape (n,)."""
        (ta, tb, tc), (_, nb, nc) = self.shape, self.counts
        a, b, c = i // np.uint32(ta), j // np.uint32(tb), k // np.uint32(tc)
        ranks = self._rank[(a * np.uint32(nb) + b) * np.uint32(nc) + c]
        depth = np.minimum(np.uint32(tc), np.uint32(self.parents[2]) - c * np.uint32(tc))
        width = np.minimum(np.uint32(tb), np.uint32(self.parents[1]) - b * np.uint32(tb))
        inside = (i - a * np.uint32(ta)) * width + (j - b * np.uint32(tb))
        return ranks, inside * depth + (k - c * np.uint32(tc))

    def parents_of(self, rank: int, positions: Positions | None = None) -> tuple[Positions, Positions, Positions]:
        """Indices i, j, k of the parents at some positions of a tile, of all in their order where None."""
        box = self.box(rank)
        _, width, depth = box.shape
        at = np.arange(box.count, dtype=np.uint32) if positions is None else positions
        plane, k = np.divmod(at, np.uint32(depth))
        i, j = np.divmod(plane, np.uint32(width))
        return i + np.uint32(box.i[0]), j + np.uint32(box.j[0]), k + np.uint32(box.k[0])

    def ranks_in(self, box: IndexBox) -> list[int]:
        """Tiles that share parents with a box that lies in the grid, in order of rank."""
        ranges = [
            range(low // length, high // length + 1)
            for (low, high), length in zip(box.intervals, self.shape, strict=True)
        ]
        _, b, c = self.counts
        found = self._rank[[(x * b + y) * c + z for x, y, z in product(*ranges)]]
        return sorted(found.tolist())

    def positions_in(self, rank: int, box: IndexBox) -> Positions | None:
        """Positions of a tile's parents that lie in a box, ascending; None where all do."""
        tile = self.box(rank)
        part = tile.intersect(box)
        if part == tile:
            return None
        if part is None:
            return np.empty(0, dtype=np.uint32)
        _, width, depth = tile.shape
        i, j, k = (
            np.arange(low - start, high + 1 - start, dtype=np.uint32)
            for (low, high), (start, _) in zip(part.intervals, tile.intervals, strict=True)
        )
        plane = (i[:, None] * np.uint32(width) + j[None, :]).reshape(-1)
        return (plane[:, None] * np.uint32(depth) + k[None, :]).reshape(-1)


def _morton(grid: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Morton code of tile indices, shape (3, n); the first axis has the highest bits."""
    code = np.zeros(grid.shape[1], dtype=np.uint64)
    for axis, values in enumerate(grid):
        code |= _spread(values.astype(np.uint64)) << np.uint64(2 - axis)
    return code


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Two zero bits between neighbouring bits; the lowest 21 count."""
    x = values & np.uint64(0x1FFFFF)
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        x = (x | (x << np.uint64(shift))) & np.uint64(mask)
    return x
