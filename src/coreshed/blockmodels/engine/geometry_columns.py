"""The columns that are computed and not stored: indices, sub-indices, centroids and sizes of blocks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.reading import Snapshot, TileLayout
from coreshed.blockmodels.engine.subblocks import START_BITS, box_of_sidx
from coreshed.blockmodels.engine.tiles import Positions

PARENT_INDICES = ("i", "j", "k")
SUB_INDEX = "sidx"
BOX_INDICES = ("start_si", "start_sj", "start_sk", "end_si", "end_sj", "end_sk")
CENTROIDS = ("x", "y", "z")
SIZES = ("dx", "dy", "dz")

_TYPES = {
    **dict.fromkeys((*PARENT_INDICES, SUB_INDEX), DataType.UINT32),
    **dict.fromkeys(BOX_INDICES, DataType.UINT8),
    **dict.fromkeys((*CENTROIDS, *SIZES), DataType.FLOAT64),
}


def index_columns(kind: Kind) -> tuple[str, ...]:
    """The columns that name a block by index."""
    if kind is Kind.REGULAR:
        return PARENT_INDICES
    return (*PARENT_INDICES, *BOX_INDICES) if kind is Kind.FLEXIBLE else (*PARENT_INDICES, SUB_INDEX)


def coordinate_columns(kind: Kind) -> tuple[str, ...]:
    """The columns that name a block by its place in the world."""
    return CENTROIDS if kind is Kind.REGULAR else (*CENTROIDS, *SIZES)


def geometry_types(kind: Kind) -> dict[str, DataType]:
    """The type of every computed column that models of a kind have."""
    return {name: _TYPES[name] for name in (*index_columns(kind), *coordinate_columns(kind))}


def unpacked_box(packed: NDArray[np.uint32]) -> NDArray[np.int32]:
    """The corners, (n, 3), of what `subblocks.corner` packs, (n,)."""
    mask = np.uint32((1 << START_BITS) - 1)
    axes = [(packed >> np.uint32(shift)) & mask for shift in (2 * START_BITS, START_BITS, 0)]
    return np.stack(axes, axis=1).astype(np.int32)


class TileBlocks:
    """The blocks of one tile, all of them or some rows, and what can be computed of them."""

    def __init__(self, snapshot: Snapshot, rank: int, rows: Positions | None = None) -> None:
        self._grid: Grid = snapshot.header.grid
        layout = snapshot.layout(rank)
        self._layout = layout if layout is None or rows is None else _some(layout, rows)
        positions = rows if self._layout is None else self._layout.parents
        self.i, self.j, self.k = snapshot.tiling.parents_of(rank, positions)

    @property
    def boxes(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Start and end, (n, 3), on the grids of the parents."""
        counts, layout = self._grid.counts, self._layout
        if layout is None:
            shape = (len(self.i), 3)
            return np.zeros(shape, dtype=np.int32), np.broadcast_to(np.array(counts, dtype=np.int32), shape)
        if layout.ends is not None:
            return unpacked_box(layout.subs), unpacked_box(layout.ends)
        return box_of_sidx(self._grid.kind, counts, layout.subs)

    def inside(self, box: IndexBox | AlignedBox) -> NDArray[np.bool_]:
        """Which blocks a box selects: by the index of the parent, or by their own centroids."""
        if isinstance(box, IndexBox):
            return box.contains(self.i, self.j, self.k)
        return self._grid.in_box(box, self.i, self.j, self.k, *self.boxes)

    def columns(self, names: Sequence[str]) -> list[Any]:
        """Arrays of the computed columns of these names. Raises KeyError."""
        found: dict[str, NDArray[Any]] = {}
        wanted = set(names)
        if wanted & set(PARENT_INDICES):
            found |= dict(zip(PARENT_INDICES, (self.i, self.j, self.k), strict=True))
        if SUB_INDEX in wanted:
            found[SUB_INDEX] = np.zeros(len(self.i), np.uint32) if self._layout is None else self._layout.subs
        if wanted & set(BOX_INDICES):
            start, end = self.boxes
            found |= dict(zip(BOX_INDICES, (*start.T.astype(np.uint8), *end.T.astype(np.uint8)), strict=True))
        if wanted & set(CENTROIDS):
            found |= dict(zip(CENTROIDS, self._centroids(), strict=True))
        if wanted & set(SIZES):
            found |= dict(zip(SIZES, self._grid.sub_sizes(*self.boxes), strict=True))
        return [pa.array(found[name], _TYPES[name].arrow) for name in names]

    def _centroids(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        if self._layout is None:
            return self._grid.centroids(self.i, self.j, self.k)
        return self._grid.sub_centroids(self.i, self.j, self.k, *self.boxes)


def _some(layout: TileLayout, rows: Positions) -> TileLayout:
    return TileLayout(layout.parents[rows], layout.subs[rows], None if layout.ends is None else layout.ends[rows])
