"""What swaths and grade-tonnage curves may ask of a version, and what of it their jobs are told: a pure function.

What may change later, such as the model's size unit, is settled here, so that the same order has the same answer for
ever. Densities and units are judged as for reports.
"""

import math
from uuid import UUID

from coreshed.blockmodels import geometry, report_rules, units
from coreshed.blockmodels.orders import DensityOrder, GradeTonnageOrder, OrderedColumn, SwathOrder
from coreshed.blockmodels.report_rules import NOT_NUMBERS, Plan
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.wire.analyses import GradeTonnageQuestion, SwathQuestion
from coreshed.blockmodels.wire.geometry import SizeOptionsRegular
from coreshed.blockmodels.wire.models import Geometry
from coreshed.blockmodels.wire.reports import CreateReportSpecification
from coreshed.blockmodels.wire.versions import Column
from coreshed.problems import ColumnNotFound, Unprocessable

MOST_POINTS = 10_000
"""Slices or cut-offs, times columns: what one answer holds."""
_DENSITIES = ("density_column", "density_value", "density_unit_id")


class Asked:
    """A question about a version. newest: where the units of density columns come from that `version` does not state.

    size_unit_id: of the model.
    """

    def __init__(
        self, version: report_rules.Version, newest: report_rules.Version, version_id: int, size_unit_id: str | None
    ) -> None:
        self._version, self._newest = version, newest
        self._version_id, self._size_unit_id = version_id, size_unit_id
        self._titles = Titles(version.mapping)

    def swath(self, asked: SwathQuestion, shape: Geometry) -> SwathOrder:
        """The order of a swath. Raises ColumnNotFound, Unprocessable."""
        columns = [self._numbers(each) for each in asked.columns]
        start, width, count = slices_of(asked, shape)
        _check_points(count, len(columns), "slices")
        weighs = any(getattr(asked, name) is not None for name in _DENSITIES)
        plan = self._plan(asked) if weighs else None
        volume_factor = 1.0
        unit_id, unit_factor = None, 1.0
        if plan is not None:
            volume_factor, unit_id, unit_factor = plan.volume_factor, plan.mass_unit.id, plan.mass_unit.factor
        elif self._size_unit_id is not None:
            volume_factor, unit_id = units.require(self._size_unit_id).factor ** 3, "m3"
        return SwathOrder(
            version_id=self._version_id,
            version_uuid=self._version.version_uuid,
            columns=columns,
            axis=asked.axis,
            start=start,
            width=width,
            density=None if plan is None else _density(plan),
            volume_factor=volume_factor,
            weight_unit_id=unit_id,
            weight_unit_factor=unit_factor,
            bbox=asked.bbox,
            null_values_policy=asked.null_values_policy,
            negative_values_policy=asked.negative_values_policy,
            borrowed=[] if plan is None else list(plan.borrowed),
        )

    def grade_tonnage(self, asked: GradeTonnageQuestion) -> GradeTonnageOrder:
        """The order of grade-tonnage curves. Raises ColumnNotFound, Unprocessable."""
        columns = [self._numbers(each) for each in asked.columns]
        cutoff = None if asked.cutoff_column is None else self._numbers(asked.cutoff_column)
        _check_points(len(asked.cutoffs), len(columns), "cut-offs")
        plan = self._plan(asked)
        return GradeTonnageOrder(
            version_id=self._version_id,
            version_uuid=self._version.version_uuid,
            columns=columns,
            cutoff_column=cutoff,
            cutoffs=asked.cutoffs,
            density=_density(plan),
            volume_factor=plan.volume_factor,
            mass_unit_id=plan.mass_unit.id,
            bbox=asked.bbox,
            null_values_policy=asked.null_values_policy,
            negative_values_policy=asked.negative_values_policy,
            borrowed=list(plan.borrowed),
        )

    def _column(self, text: str) -> Column:
        found = self._titles.column_by_id_or_title(text)
        if found is None:
            raise ColumnNotFound(f"Column {text[:120]!r} not found in version {self._version.version_uuid}.")
        return found

    def _numbers(self, text: str) -> OrderedColumn:
        column = self._column(text)
        if column.data_type in NOT_NUMBERS:
            raise Unprocessable(f"The column {column.title!r} holds {column.data_type}, not numbers.")
        return OrderedColumn(column.col_id, self._titles.of(column), column.unit_id)

    def _plan(self, asked: SwathQuestion | GradeTonnageQuestion) -> Plan:
        """Density, mass unit and volume, as a report without columns has them."""
        if asked.density_column is None and asked.density_value is None:
            raise Unprocessable("Masses need a density: density_column, or density_value and density_unit_id.")
        column = None if asked.density_column is None else self._column(asked.density_column)
        report = CreateReportSpecification(
            name="density",
            columns=[],
            mass_unit_id=asked.mass_unit_id,
            density_col_id=None if column is None else UUID(column.col_id),
            density_value=asked.density_value,
            density_unit_id=asked.density_unit_id,
        )
        return report_rules.plan(report, self._version, self._newest, self._size_unit_id)


def slices_of(asked: SwathQuestion, shape: Geometry) -> tuple[float, float, int]:
    """Lower border of the first slice, width, and how many can have a block. Raises Unprocessable."""
    sizes = shape.size_options
    size = sizes.block_size if isinstance(sizes, SizeOptionsRegular) else sizes.parent_block_size
    place = "ijkxyz".index(asked.axis) % 3
    axis = "xyz"[place]
    origin, parents = getattr(shape.model_origin, axis), geometry.parents_of(sizes)[place]
    edge = getattr(size, axis)
    if asked.axis in {"i", "j", "k"}:
        return origin, edge, parents
    start = origin if asked.start is None else asked.start
    length = origin + parents * edge - start
    if not 0 < length < math.inf:
        raise Unprocessable(
            f"start: {start} is not below the end of the model along {axis}, {origin + parents * edge}."
        )
    width = asked.width if asked.width is not None else length / (asked.slices or 1)
    # A width that is too small to count with makes too many slices whatever they are.
    number = length / width if width > 0 else math.inf
    return start, width, math.ceil(min(number, MOST_POINTS + 1))


def _check_points(each: int, columns: int, what: str) -> None:
    if each * columns > MOST_POINTS:
        raise Unprocessable(f"There would be more than {MOST_POINTS:,} {what} in all columns; ask for fewer.")


def _density(plan: Plan) -> DensityOrder:
    density = plan.density
    title = next((each.title for each in plan.referenced if each.col_id == density.column_id), None)
    return DensityOrder(density.column_id, title, density.factor, density.constant)
