"""How an upload names the blocks of a model with sub-blocks: by parent and number, by parent and box, or by place.

Inside the engine a sub-block is the position of its parent and one number below it: `sidx`, or of flexible models the
packed start, to which the packed end belongs (subblocks.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import CentroidKeys, IndexKeys, Keys, key_column
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.geometry_columns import BOX_INDICES, CENTROIDS, PARENT_INDICES, SIZES, SUB_INDEX
from coreshed.blockmodels.engine.grid import Flags, Grid, Kind
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.subblocks import corner, flexible_bad, max_sidx, sidx_of_box
from coreshed.blockmodels.engine.tiles import Positions


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Rows of an upload as blocks, each (n,).

    i, j, k: the parent. sub: `sidx`, or the packed start of a flexible sub-block. end: its packed end, None for models
    whose sub-blocks have numbers. bad: the rows that name no block which the model could have; the rest of such a row
    means nothing.
    """

    i: Positions
    j: Positions
    k: Positions
    sub: Positions
    end: Positions | None
    bad: Flags


class SubKeys(ABC):
    """Keys (see addressing) that name sub-blocks, too."""

    grid: Grid

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """See Keys."""

    @abstractmethod
    def blocks(self, source: Source, start: int, stop: int) -> Blocks:
        """Rows [start, stop). Raises BadFile for columns that are missing or of another type."""

    def parents(
        self, source: Source, start: int, stop: int
    ) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        """See Keys; rows whose sub-block the model cannot have are among those that name none."""
        found = self.blocks(source, start, stop)
        return found.i, found.j, found.k, found.bad


@dataclass(frozen=True)
class SidxKeys(SubKeys):
    """Columns of UInt32: parent indices and `sidx`, 0 for the whole parent. For fully sub-blocked and octree models."""

    grid: Grid
    names: tuple[str, str, str, str] = (*PARENT_INDICES, SUB_INDEX)

    @cached_property
    def _most(self) -> int:
        return max_sidx(self.grid.kind, self.grid.counts)

    def blocks(self, source: Source, start: int, stop: int) -> Blocks:
        """See SubKeys."""
        i, j, k, bad = IndexKeys(self.grid, self.names[:3]).parents(source, start, stop)
        sub, missing = key_column(source, self.names[3], DataType.UINT32, start, stop)
        bad = bad | (sub > self._most)
        return Blocks(i, j, k, sub, None, bad if missing is None else bad | missing)


@dataclass(frozen=True)
class BoxKeys(SubKeys):
    """Columns of UInt32 with parent indices and of UInt8 with the box on the parent's grid, end exclusive: flexible."""

    grid: Grid
    names: tuple[str, str, str, str, str, str, str, str, str] = (*PARENT_INDICES, *BOX_INDICES)

    def blocks(self, source: Source, start: int, stop: int) -> Blocks:
        """See SubKeys."""
        i, j, k, bad = IndexKeys(self.grid, self.names[:3]).parents(source, start, stop)
        bounds = np.empty((6, stop - start), dtype=np.uint8)
        for axis, name in enumerate(self.names[3:]):
            bounds[axis], missing = key_column(source, name, DataType.UINT8, start, stop)
            if missing is not None:
                bad = bad | missing
        low, high = bounds[:3].T, bounds[3:].T
        return Blocks(i, j, k, _packed(low), _packed(high), bad | flexible_bad(low, high, self.grid.counts))


@dataclass(frozen=True)
class PlaceKeys(SubKeys):
    """Columns of Float64: world coordinates of centroids, and sizes along the axes of the blocks. For every kind.

    A row is bad where centroid or size is off by more than 1e-3 of the size, or where the box is no cell, or no node,
    of its parent. Source: Block Model API contract, Q5.
    """

    grid: Grid
    names: tuple[str, str, str, str, str, str] = (*CENTROIDS, *SIZES)

    def blocks(self, source: Source, start: int, stop: int) -> Blocks:
        """See SubKeys."""
        values, absent = [], np.zeros(stop - start, dtype=np.bool_)
        for name in self.names:
            column, missing = key_column(source, name, DataType.FLOAT64, start, stop)
            values.append(column)
            if missing is not None:
                absent |= missing
        *parents, low, high, bad = self.grid.locate_cells(*values)
        i, j, k = (each.astype(np.uint32) for each in parents)
        bad |= absent
        if self.grid.kind is Kind.FLEXIBLE:
            return Blocks(i, j, k, _packed(low), _packed(high), bad)
        sidx, no_block = sidx_of_box(self.grid.kind, self.grid.counts, low, high)
        return Blocks(i, j, k, sidx, None, bad | no_block)


def keys_by_index(grid: Grid) -> Keys:
    """The keys of an upload with the columns `index_columns(grid.kind)`."""
    if grid.kind is Kind.REGULAR:
        return IndexKeys(grid)
    return BoxKeys(grid) if grid.kind is Kind.FLEXIBLE else SidxKeys(grid)


def keys_by_place(grid: Grid) -> Keys:
    """The keys of an upload with the columns `coordinate_columns(grid.kind)`."""
    return CentroidKeys(grid) if grid.kind is Kind.REGULAR else PlaceKeys(grid)


def _packed(corners: NDArray[np.uint8] | NDArray[np.int32]) -> Positions:
    return corner(corners).astype(np.uint32)
