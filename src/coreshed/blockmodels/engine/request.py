"""What a report asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

import numpy as np

from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.categories import Category
from coreshed.blockmodels.engine.policies import Flags, Floats, Policies
from coreshed.blockmodels.engine.queries import Output, Query

Mask: TypeAlias = Callable[[Floats, Floats, Floats], Flags]
"""Which centroids (world x, y, z, each (n,)) count, (n,)."""


class Aggregation(StrEnum):
    """How the values v of blocks of mass m and volume V become one number."""

    MASS_AVERAGE = "mass average"  # Σ v·m / Σ m
    SUM_PER_MASS = "sum per mass"  # Σ v·m
    SUM_PER_VOLUME = "sum per volume"  # Σ v·V
    SUM = "sum"  # Σ v


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column and how it is aggregated. factor: multiplies the result, into the unit asked for."""

    column_id: str
    aggregation: Aggregation
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Density:
    """Mass per volume: of a column, and a constant for blocks where that is null, not finite or not above 0.

    factor: multiplies values of the column into the unit of the constant. A block without either has no mass and counts
    nowhere. Raises ValueError where nothing is given, or a constant that is not above 0.
    """

    column_id: str | None = None
    factor: float = 1.0
    constant: float | None = None

    def __post_init__(self) -> None:
        if self.column_id is None and self.constant is None:
            raise ValueError("a density is a column, a number or both")
        if self.constant is not None and not 0 < self.constant < float("inf"):
            raise ValueError(f"the density {self.constant} is not a number above 0")


@dataclass(frozen=True)
class Request:
    """What a report asks for.

    cutoff: the column of the cut-off values, which are given in its unit, in any order and perhaps twice; a block is
    above a cut-off where its value is at least that, compared as numbers of the column's type (0.7 is the Float32 next
    to it). volume_factor: multiplies volumes in cubed units of the model's coordinates into those that the density goes
    by. box, mask: which blocks count, all where None. Raises ValueError for cut-off values that are not finite, or that
    come without a column.
    """

    density: Density
    values: tuple[ValueColumn, ...] = ()
    categories: tuple[Category, ...] = ()
    cutoff: str | None = None
    thresholds: tuple[float, ...] = ()
    volume_factor: float = 1.0
    box: IndexBox | AlignedBox | None = None
    mask: Mask | None = None
    policies: Policies = field(default_factory=Policies)

    def __post_init__(self) -> None:
        if self.thresholds and self.cutoff is None:
            raise ValueError("cut-off values need a column")
        if not np.isfinite(self.thresholds).all():
            raise ValueError("a cut-off value is not finite")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The ids of the columns that have to be read."""
        named = [
            *(each.column_id for each in self.categories),
            *([self.cutoff] if self.thresholds else []),
            self.density.column_id,
            *(each.column_id for each in self.values),
        ]
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def query(self) -> Query:
        """The columns and the box."""
        return Query(tuple(Output(name, name) for name in self.columns), self.box)
