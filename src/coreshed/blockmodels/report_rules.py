"""What a report may ask of the columns of a version, and how their units fit together: a pure function.

Source: Block Model API contract, "Reports", questions 20, 22 and 24.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

from coreshed.blockmodels import units
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.units import Unit, UnitType
from coreshed.blockmodels.wire.reports import CreateReportSpecification, ReferencedColumn, ReportColumn
from coreshed.blockmodels.wire.versions import Column, Mapping
from coreshed.problems import ColumnNotFound, Unprocessable

MOST_COLUMNS = 100
"""Columns of values in one report: every one of them is summed for every cut-off and combination of categories."""

How: TypeAlias = Literal["mass average", "sum per mass", "sum per volume", "sum"]

# What a sum of values in units of a type is measured in, and how it is formed: grades weigh by mass, concentrations by
# volume, and what is an amount already is added up.
_SUMS: dict[UnitType, tuple[How, UnitType]] = {
    UnitType.MASS_PER_MASS: ("sum per mass", UnitType.MASS),
    UnitType.VALUE_PER_MASS: ("sum per mass", UnitType.VALUE),
    UnitType.MASS_PER_VOLUME: ("sum per volume", UnitType.MASS),
    UnitType.MASS: ("sum", UnitType.MASS),
    UnitType.VOLUME: ("sum", UnitType.VOLUME),
    UnitType.VALUE: ("sum", UnitType.VALUE),
}
NOT_NUMBERS = frozenset({"Boolean", "Utf8", "Date32", "Timestamp"})


@dataclass(frozen=True, slots=True)
class Version:
    """A version as these rules see it."""

    version_uuid: str
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class PlannedValue:
    """A column of values. unit: of the result; factor: from Σ as the engine forms it of kg and m³ to this unit."""

    column_id: str
    label: str
    how: How
    unit: Unit
    factor: float


@dataclass(frozen=True, slots=True)
class PlannedDensity:
    """In kg/m³. factor: multiplies values of the column."""

    column_id: str | None
    factor: float
    constant: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A report over one version. volume_factor: from cubed units of the model's sizes to m³; mass_unit: of the mass.

    referenced: every column that is used, once. borrowed: titles of those whose unit is the newest version's, because
    this version states none.
    """

    values: tuple[PlannedValue, ...]
    density: PlannedDensity
    mass_unit: Unit
    volume_factor: float
    referenced: tuple[ReferencedColumn, ...]
    borrowed: tuple[str, ...]


def plan(asked: CreateReportSpecification, version: Version, newest: Version, size_unit_id: str | None) -> Plan:
    """What a report over a version takes.

    newest: where units are taken from that `version` does not state; at the creation of a report it is the version
    itself. Raises ColumnNotFound, Unprocessable.
    """
    return _Planning(asked, version, newest).plan(size_unit_id)


def referenced_units(asked: CreateReportSpecification) -> Iterator[str]:
    """The ids of the units that a report names."""
    yield asked.mass_unit_id
    if asked.density_unit_id:
        yield asked.density_unit_id
    yield from (each.output_unit_id for each in asked.columns if each.output_unit_id)


@dataclass
class _Planning:
    asked: CreateReportSpecification
    version: Version
    newest: Version
    used: dict[str, ReferencedColumn] = field(default_factory=dict)
    borrowed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.titles = Titles(self.version.mapping)
        self.columns = {each.col_id: each for each in self.titles.user_columns}
        self.newest_units = {each.col_id: each.unit_id for each in self.newest.mapping.columns}

    def plan(self, size_unit_id: str | None) -> Plan:
        """See `plan`."""
        asked = self.asked
        if size_unit_id is None:
            raise Unprocessable("The block model has no size_unit_id, so its blocks have no known volume. Set one.")
        if len(asked.columns) > MOST_COLUMNS:
            raise Unprocessable(f"A report has at most {MOST_COLUMNS} columns, not {len(asked.columns)}.")
        mass_unit = self._unit(asked.mass_unit_id, UnitType.MASS, "mass_unit_id")
        for category in asked.categories or ():
            self._use(category.col_id)
        self._check_cutoffs()
        density = self._density()
        values = tuple(self._value(each, mass_unit) for each in asked.columns)
        volume_factor = units.require(size_unit_id).factor ** 3
        return Plan(values, density, mass_unit, volume_factor, tuple(self.used.values()), tuple(self.borrowed))

    # Columns

    def _use(self, col_id: UUID) -> Column:
        column = self.columns.get(str(col_id))
        if column is None:
            raise ColumnNotFound(f"Column {col_id} not found in version {self.version.version_uuid}.")
        if column.col_id not in self.used:
            self.used[column.col_id] = ReferencedColumn(
                column.col_id, column.data_type, self.titles.of(column), column.unit_id
            )
        return column

    def _numbers(self, col_id: UUID) -> Column:
        column = self._use(col_id)
        if column.data_type in NOT_NUMBERS:
            raise Unprocessable(f"The column {column.title!r} holds {column.data_type}, not numbers.")
        return column

    def _unit_of(self, column: Column) -> Unit:
        """The unit of a column, the newest version's where this version states none. Raises Unprocessable."""
        unit_id = column.unit_id
        if unit_id is None:
            unit_id = self.newest_units.get(column.col_id)
            if unit_id is None:
                raise Unprocessable(f"The column {column.title!r} has no unit. Give it one.")
            self._borrow(column, unit_id)
        return units.require(unit_id)

    def _borrow(self, column: Column, unit_id: str) -> None:
        if self.used[column.col_id].unit_id_from_version is None:
            title = self.titles.of(column)
            self.borrowed.append(title)
            self.used[column.col_id] = ReferencedColumn(
                column.col_id, column.data_type, title, unit_id, self.newest.version_uuid
            )

    @staticmethod
    def _unit(unit_id: str, kind: UnitType, what: str) -> Unit:
        unit = units.require(unit_id)
        if unit.type is not kind:
            raise Unprocessable(f"{what}: {unit.id} measures {unit.type}, not {kind}.")
        return unit

    # Roles

    def _check_cutoffs(self) -> None:
        asked = self.asked
        if asked.cutoff_col_id is not None:
            self._numbers(asked.cutoff_col_id)
        elif asked.cutoff_values:
            raise Unprocessable("cutoff_values need a cutoff_col_id.")
        if not all(map(math.isfinite, asked.cutoff_values or ())):
            raise Unprocessable("A cut-off value is not finite.")

    def _density(self) -> PlannedDensity:
        asked = self.asked
        factor, constant = 1.0, None
        if asked.density_col_id is not None:
            column = self._numbers(asked.density_col_id)
            unit = self._unit_of(column)
            factor = self._unit(unit.id, UnitType.MASS_PER_VOLUME, f"density column {column.title!r}").factor
        if asked.density_unit_id:
            unit = self._unit(asked.density_unit_id, UnitType.MASS_PER_VOLUME, "density_unit_id")
            constant = None if asked.density_value is None else asked.density_value * unit.factor
        elif asked.density_value is not None:
            raise Unprocessable("density_value needs a density_unit_id.")
        if asked.density_col_id is None and constant is None:
            raise Unprocessable("A report needs a density: density_col_id, or density_value and density_unit_id.")
        if constant is not None and not math.isfinite(constant):
            raise Unprocessable("density_value is not finite.")
        return PlannedDensity(None if asked.density_col_id is None else str(asked.density_col_id), factor, constant)

    def _value(self, asked: ReportColumn, mass_unit: Unit) -> PlannedValue:
        column = self._numbers(asked.col_id)
        own = self._unit_of(column)
        if asked.aggregation == "MASS_AVERAGE":
            how: How = "mass average"
            kind = own.type
        elif own.type in _SUMS:
            how, kind = _SUMS[own.type]
        else:
            raise Unprocessable(f"The column {column.title!r} is in {own.id}, of which there are no sums.")
        if asked.output_unit_id:
            unit = self._unit(asked.output_unit_id, kind, f"output_unit_id of {column.title!r}")
        else:
            unit = _usual(own, kind, mass_unit)
        return PlannedValue(column.col_id, asked.label, how, unit, own.factor / unit.factor)


def _usual(own: Unit, kind: UnitType, mass_unit: Unit) -> Unit:
    """The unit of a result for which none is asked: the column's own, else the report's own unit of mass, else $."""
    if own.type is kind:
        return own
    return mass_unit if kind is UnitType.MASS else units.require("$")
