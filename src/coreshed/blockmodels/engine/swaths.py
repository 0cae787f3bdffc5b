"""Curves of columns of values: along an axis of the model, and over cut-offs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.aggregation import Warned, aggregate
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.categories import CategoryValue
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
    INVALID,
    SUM,
    WEIGHT,
    Counted,
    Tally,
    Tallying,
    TileInWork,
    measure,
    renumbered,
)
from coreshed.blockmodels.engine.threads import ahead

MOST_SLABS = 100_000
_ON_A_BORDER = 1e-9  # part of a slab by which a centroid below its border still counts as in it

_NONE = np.zeros(0, dtype=np.int64)
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

    blocks: those whose value counts; without: those whose value does not; weight: volume or mass of the former; sum:
    Σ value·weight; mean: sum over weight, None where the weight is 0 and where `invalid` blocks spoil it.
    """

    number: int
    low: float
    high: float
    blocks: int
    without: int
    weight: float
    sum: float
    mean: float | None
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class Swathed:
    """For each column its slabs with blocks, ascending; and what `aggregate` would warn of the density."""

    slabs: tuple[tuple[Slab, ...], ...]
    warnings: tuple[Warned, ...]


@dataclass(frozen=True)
class Swaths:
    """Columns along an axis, weighted by volume where no density is given. Fields as in `Request`.

    With the usual policies, null values (and NaN and infinite ones) do not count, and negative ones do. Blocks without
    a mass are left out.
    """

    column_ids: Sequence[str]
    slabs: Slabs
    density: Density | None = None
    volume_factor: float = 1.0
    box: IndexBox | AlignedBox | None = None
    policies: Policies = _AS_THEY_ARE


def swath(snapshot: Snapshot, asked: Swaths, *, threads: int = 2) -> Swathed:
    """The swaths of every column, from one pass over the version.

    Raises UnknownColumn, ValueError where there would be too many slabs or a column holds no numbers.
    """
    values = tuple(ValueColumn(each, Aggregation.MASS_AVERAGE) for each in asked.column_ids)
    density = asked.density or _VOLUME
    request = Request(density, values, volume_factor=asked.volume_factor, box=asked.box, policies=asked.policies)
    tallying, grid = Tallying(snapshot, request), snapshot.header.grid
    count = asked.slabs.count(grid)
    of_density = Counted.INVALID_DENSITY_VALUE, density.column_id or ""

    def work(part: Part) -> tuple[NDArray[np.intp], Tally]:
        columns, volume, rows = tallying.read(part, alike=False)
        numbers = np.maximum(asked.slabs.of(grid, TileBlocks(snapshot, part.rank, part.rows)), -1)
        there, codes = renumbered(numbers, count)
        keys: list[tuple[CategoryValue, ...]] = [(number,) for number in there.tolist()]
        return there, TileInWork(tallying, columns, volume, rows, keys, codes, [], 1).tally()

    sums, massless = Sums(tallying.measures, tallying.bins), 0
    with ThreadPoolExecutor(threads, thread_name_prefix="swath") as pool:
        for there, found in ahead(pool, work, tallying.asked.parts(), threads + 1):
            sums.add(there, found.sums)
            massless += int(found.counted.get(of_density, _NONE).sum())
    totals, borders = sums.from_bin(0), asked.slabs.borders(grid)
    warned = (Warned(*of_density, massless),) if massless else ()
    return Swathed(tuple(_slabs(totals, index, *borders) for index in range(len(values))), warned)


def _slabs(sums: Floats, value: int, start: float, width: float) -> tuple[Slab, ...]:
    made = []
    for number in np.flatnonzero(sums[BLOCKS]).tolist():
        weight, total = float(sums[measure(value, WEIGHT), number]), float(sums[measure(value, SUM), number])
        blocks, invalid = (int(sums[measure(value, which), number]) for which in (COUNT, INVALID))
        made.append(
            Slab(
                number,
                start + number * width,
                start + (number + 1) * width,
                blocks,
                int(sums[BLOCKS, number]) - blocks - invalid,
                weight,
                total,
                total / weight if weight > 0 and not invalid else None,
                invalid,
            )
        )
    return tuple(made)


@dataclass(frozen=True, slots=True)
class AboveCutoff:
    """What of a column is above a cut-off.

    blocks: above it, and mass: theirs. grade: mean of the column weighted by mass, None where there is none; metal:
    Σ value·mass, in units of mass times units of grade. invalid: blocks that spoil grade and metal; unplaced: blocks of
    which is not known whether they are above the cut-off, which spoil every figure.
    """

    cutoff: float
    blocks: int
    mass: float
    grade: float | None
    metal: float
    invalid: int = 0
    unplaced: int = 0


@dataclass(frozen=True)
class GradeTonnage:
    """Grade-tonnage curves of columns over the cut-offs of one column. Fields as in `Request`."""

    column_ids: Sequence[str]
    cutoff: str
    cutoffs: Sequence[float]
    density: Density
    volume_factor: float = 1.0
    box: IndexBox | AlignedBox | None = None
    policies: Policies = field(default_factory=Policies)


@dataclass(frozen=True)
class Curves:
    """For each column its points, in the order of the cut-offs; and what `aggregate` warns of."""

    points: tuple[tuple[AboveCutoff, ...], ...]
    warnings: tuple[Warned, ...]


def grade_tonnage(snapshot: Snapshot, asked: GradeTonnage, *, threads: int = 2) -> Curves:
    """The curves, from one pass. Raises as `aggregate` does; ValueError where no cut-off is given."""
    if not asked.cutoffs:
        raise ValueError("a curve needs cut-off values")
    request = Request(
        asked.density,
        tuple(ValueColumn(each, Aggregation.MASS_AVERAGE) for each in asked.column_ids),
        cutoff=asked.cutoff,
        thresholds=tuple(asked.cutoffs),
        volume_factor=asked.volume_factor,
        box=asked.box,
        policies=asked.policies,
    )
    found = aggregate(snapshot, request, threads=threads)
    rows = [each.rows[0] for each in found.result_sets]
    points = tuple(
        tuple(
            AboveCutoff(cutoff, row.blocks, row.mass, cell.value, cell.sum, cell.invalid, row.invalid)
            for cutoff, row in zip(asked.cutoffs, rows, strict=True)
            for cell in (row.cells[index],)
        )
        for index in range(len(asked.column_ids))
    )
    return Curves(points, found.warnings)
