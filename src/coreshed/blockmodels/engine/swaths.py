"""Curves of one column of values: along an axis of the model, and over cut-offs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.aggregation import aggregate
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.categories import CategoryValue
from coreshed.blockmodels.engine.exporting import ahead
from coreshed.blockmodels.engine.geometry_columns import TileBlocks
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.policies import Floats, Policies, Policy
from coreshed.blockmodels.engine.queries import Part
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.request import Aggregation, Density, Request, ValueColumn
from coreshed.blockmodels.engine.sums import Sums
from coreshed.blockmodels.engine.tallying import (
    BLOCKS,
    COUNT,
    SUM,
    WEIGHT,
    Tallying,
    TileInWork,
    measure,
    renumbered,
)

MOST_SLABS = 100_000
_ON_A_BORDER = 1e-9  # part of a slab by which a centroid below its border still counts as in it

_VOLUME = Density(constant=1.0)
_AS_THEY_ARE = Policies(Policy.IGNORE_VALUE, Policy.USE)


@dataclass(frozen=True, slots=True)
class Slabs:
    """How a model is cut along an axis.

    axis: i, j or k for slabs of one parent each, sub-blocks going with their parents; x, y or z for slabs of a width in
    model-aligned coordinates (see AlignedBox), each with its lower border, blocks going by their centroids. start: the
    lower border of slab 0, the model's origin where None; blocks below it do not count. Raises ValueError for a width
    that is missing, not above 0, or that is given with an index.
    """

    axis: Literal["i", "j", "k", "x", "y", "z"]
    width: float | None = None
    start: float | None = None

    def __post_init__(self) -> None:
        if self.axis in ("i", "j", "k"):
            if self.width is not None or self.start is not None:
                raise ValueError("slabs along an index are one parent wide and start at 0")
        elif self.width is None or not 0 < self.width < float("inf"):
            raise ValueError("slabs along a coordinate need a width above 0")

    @property
    def number(self) -> int:
        """Which axis of the blocks it is."""
        return ("ijk" if self.axis in "ijk" else "xyz").index(self.axis)

    def borders(self, grid: Grid) -> tuple[float, float]:
        """The lower border of slab 0 and the width, in model-aligned coordinates."""
        origin, size = grid.origin[self.number], grid.size[self.number]
        return (origin if self.start is None else self.start), (size if self.width is None else self.width)

    def count(self, grid: Grid) -> int:
        """Slabs from 0 to the last that can have a block. Raises ValueError where they are more than 100,000."""
        start, width = self.borders(grid)
        end = grid.origin[self.number] + grid.parents[self.number] * grid.size[self.number]
        slabs = (end - start) / width
        if slabs > MOST_SLABS:
            raise ValueError(f"the model would be cut into more than {MOST_SLABS:,} slabs")
        return max(0, ceil(slabs) + 1)

    def of(self, grid: Grid, blocks: TileBlocks) -> NDArray[np.intp]:
        """The slab of every block, (n,), below 0 where there is none."""
        indices = (blocks.i, blocks.j, blocks.k)
        if self.width is None:
            return indices[self.number].astype(np.intp)
        start, width = self.borders(grid)
        centroids = grid.aligned_centroids(*indices, *blocks.boxes)[self.number]
        return np.floor((centroids - start) / width + _ON_A_BORDER).astype(np.intp)


@dataclass(frozen=True, slots=True)
class Slab:
    """One slab with blocks in it, between two model-aligned coordinates.

    blocks: those with a value; without: those without; weight: volume or mass of the former; sum: Σ value·weight; mean:
    sum over weight, None where the weight is 0.
    """

    number: int
    low: float
    high: float
    blocks: int
    without: int
    weight: float
    sum: float
    mean: float | None


def swath(
    snapshot: Snapshot,
    column_id: str,
    slabs: Slabs,
    *,
    density: Density | None = None,
    volume_factor: float = 1.0,
    box: IndexBox | AlignedBox | None = None,
    threads: int = 2,
) -> tuple[Slab, ...]:
    """Mean, sum and count of a column along an axis, by slab; weighted by volume where no density is given.

    Null, NaN and infinite values do not count, negative ones do; blocks without a mass are left out. Raises
    UnknownColumn, ValueError.
    """
    values = (ValueColumn(column_id, Aggregation.MASS_AVERAGE),)
    request = Request(density or _VOLUME, values, volume_factor=volume_factor, box=box, policies=_AS_THEY_ARE)
    tallying, grid = Tallying(snapshot, request), snapshot.header.grid
    count = slabs.count(grid)

    def work(part: Part) -> tuple[NDArray[np.intp], Floats]:
        columns, volume, rows = tallying.read(part, alike=False)
        numbers = np.maximum(slabs.of(grid, TileBlocks(snapshot, part.rank, part.rows)), -1)
        there, codes = renumbered(numbers, count)
        keys: list[tuple[CategoryValue, ...]] = [(number,) for number in there.tolist()]
        return there, TileInWork(tallying, columns, volume, rows, keys, codes, [], 1).tally().sums

    sums = Sums(tallying.measures, tallying.bins)
    with ThreadPoolExecutor(threads, thread_name_prefix="swath") as pool:
        for there, found in ahead(pool, work, tallying.asked.parts(), threads + 1):
            sums.add(there, found)
    return _slabs(sums.from_bin(0), *slabs.borders(grid))


def _slabs(sums: Floats, start: float, width: float) -> tuple[Slab, ...]:
    made = []
    for number in np.flatnonzero(sums[BLOCKS]).tolist():
        weight, total = float(sums[measure(0, WEIGHT), number]), float(sums[measure(0, SUM), number])
        blocks = int(sums[measure(0, COUNT), number])
        made.append(
            Slab(
                number,
                start + number * width,
                start + (number + 1) * width,
                blocks,
                int(sums[BLOCKS, number]) - blocks,
                weight,
                total,
                total / weight if weight > 0 else None,
            )
        )
    return tuple(made)


@dataclass(frozen=True, slots=True)
class AboveCutoff:
    """What is above a cut-off: blocks, their mass, their grade (None where there is none) and metal, mass times grade.

    metal is in units of mass times units of grade.
    """

    cutoff: float
    blocks: int
    mass: float
    grade: float | None
    metal: float


@dataclass(frozen=True)
class GradeTonnage:
    """A grade-tonnage curve: one column is both cut-off and grade. Fields as in `Request`."""

    column_id: str
    cutoffs: Sequence[float]
    density: Density
    volume_factor: float = 1.0
    box: IndexBox | AlignedBox | None = None
    policies: Policies = field(default_factory=Policies)


def grade_tonnage(snapshot: Snapshot, curve: GradeTonnage, *, threads: int = 2) -> tuple[AboveCutoff, ...]:
    """The curve, in the order of the cut-offs. Raises as `aggregate` does; ValueError where no cut-off is given."""
    if not curve.cutoffs:
        raise ValueError("a curve needs cut-off values")
    request = Request(
        curve.density,
        (ValueColumn(curve.column_id, Aggregation.MASS_AVERAGE),),
        cutoff=curve.column_id,
        thresholds=tuple(curve.cutoffs),
        volume_factor=curve.volume_factor,
        box=curve.box,
        policies=curve.policies,
    )
    found = aggregate(snapshot, request, threads=threads)
    points = []
    for cutoff, results in zip(curve.cutoffs, found.result_sets, strict=True):
        [row] = results.rows
        [cell] = row.cells
        points.append(AboveCutoff(cutoff, row.blocks, row.mass, cell.value, cell.sum))
    return tuple(points)
