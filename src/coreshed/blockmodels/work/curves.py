"""Swaths and grade-tonnage curves of a version."""

from dataclasses import dataclass

from coreshed.blockmodels import orders, units
from coreshed.blockmodels.engine import swaths
from coreshed.blockmodels.engine.aggregation import Warned
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.request import Density
from coreshed.blockmodels.engine.swaths import AboveCutoff, Curves, GradeTonnage, Slab, Slabs, Swathed, Swaths
from coreshed.blockmodels.orders import DensityOrder, GradeTonnageOrder, OrderedColumn, SwathOrder
from coreshed.blockmodels.service.analyses import pack
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.units import UnitType
from coreshed.blockmodels.wire import analyses as wire
from coreshed.blockmodels.wire.reports import ReportWarning
from coreshed.blockmodels.work.differing import finite
from coreshed.blockmodels.work.querying import engine_box
from coreshed.blockmodels.work.reporting import borrowed, warning
from coreshed.jobs import Claim, JobContext


@dataclass(frozen=True)
class CurveWork:
    """What a worker does for curves."""

    ground: Ground

    def swath(self, claim: Claim, context: JobContext) -> bytes:
        """The packed swaths. Raises LeaseLost, OSError."""
        context.check()
        order, model_id = orders.decode(claim.input, SwathOrder), claim.owner.partition(":")[2]
        along_index = order.axis in ("i", "j", "k")
        slabs = Slabs(order.axis) if along_index else Slabs(order.axis, order.width, order.start)
        asked = Swaths(
            [each.col_id for each in order.columns],
            slabs,
            None if order.density is None else _density(order.density),
            order.volume_factor,
            _box(order),
            _policies(order),
        )
        found = swaths.swath(self.ground.blocks.store.snapshot(model_id, order.version_id), asked)
        return pack(swath_answer(model_id, order, found))

    def grade_tonnage(self, claim: Claim, context: JobContext) -> bytes:
        """The packed curves, from a pass for each column of cut-off values. Raises LeaseLost, OSError."""
        order, model_id = orders.decode(claim.input, GradeTonnageOrder), claim.owner.partition(":")[2]
        snapshot = self.ground.blocks.store.snapshot(model_id, order.version_id)
        if order.cutoff_column is not None:
            passes = [(order.cutoff_column, order.columns)]
        else:
            passes = [(each, [each]) for each in order.columns]
        curves: list[wire.Curve] = []
        warnings = [borrowed(title) for title in order.borrowed]
        for cutoff, columns in passes:
            context.check()
            asked = GradeTonnage(
                [each.col_id for each in columns],
                cutoff.col_id,
                order.cutoffs,
                _density(order.density),
                order.volume_factor,
                _box(order),
                _policies(order),
            )
            found = swaths.grade_tonnage(snapshot, asked)
            curves += curves_of(order, cutoff, columns, found)
            warnings += [each for each in _warnings(order, found.warnings) if each not in warnings]
        return pack(
            wire.GradeTonnageAnswer(
                bm_uuid=model_id,
                version_id=order.version_id,
                version_uuid=order.version_uuid,
                mass_unit_id=order.mass_unit_id,
                curves=curves,
                warnings=warnings,
            )
        )


def _density(order: DensityOrder) -> Density:
    return Density(order.column_id, order.factor, order.constant)


def _box(order: SwathOrder | GradeTonnageOrder) -> IndexBox | AlignedBox | None:
    return None if order.bbox is None else engine_box(order.bbox.either())


def _policies(order: SwathOrder | GradeTonnageOrder) -> Policies:
    return Policies(Policy(order.null_values_policy), Policy(order.negative_values_policy))


def swath_answer(model_id: str, order: SwathOrder, found: Swathed) -> wire.SwathAnswer:
    """Weights from kg or m³ into the unit asked for."""

    def shown(slab: Slab) -> wire.Slice:
        return wire.Slice(
            slab.number,
            slab.low,
            slab.high,
            slab.blocks,
            slab.without,
            finite(slab.weight / order.weight_unit_factor),
            finite(slab.mean),
            slab.invalid,
        )

    return wire.SwathAnswer(
        bm_uuid=model_id,
        version_id=order.version_id,
        version_uuid=order.version_uuid,
        axis=order.axis,
        start=order.start,
        width=order.width,
        weight="VOLUME" if order.density is None else "MASS",
        weight_unit_id=order.weight_unit_id,
        swaths=[
            wire.Swath(_name(column), [shown(each) for each in slabs])
            for column, slabs in zip(order.columns, found.slabs, strict=True)
        ],
        warnings=[*map(borrowed, order.borrowed), *_warnings(order, found.warnings)],
    )


def curves_of(
    order: GradeTonnageOrder, cutoff: OrderedColumn, columns: list[OrderedColumn], found: Curves
) -> list[wire.Curve]:
    """Masses from kg into the unit asked for, grades in the unit of their column."""
    mass_factor = units.require(order.mass_unit_id).factor
    curves = []
    for column, points in zip(columns, found.points, strict=True):
        unit_id, factor = _metal(column, order.mass_unit_id, mass_factor)
        shown = [_point(each, mass_factor, factor) for each in points]
        curves.append(wire.Curve(_name(column), _name(cutoff), unit_id, shown))
    return curves


def _metal(column: OrderedColumn, mass_unit_id: str, mass_factor: float) -> tuple[str | None, float]:
    """Unit of kg times the column's unit, and what such a product is multiplied with to be in it."""
    unit = None if column.unit_id is None else units.find(column.unit_id)
    if unit is not None and unit.type is UnitType.MASS_PER_MASS:
        return mass_unit_id, unit.factor / mass_factor
    if unit is not None and unit.type is UnitType.VALUE_PER_MASS:
        return "$", unit.factor
    return None, 1 / mass_factor


def _point(found: AboveCutoff, mass_factor: float, metal_factor: float) -> wire.CurvePoint:
    spoilt = bool(found.unplaced or found.invalid)
    return wire.CurvePoint(
        found.cutoff,
        found.blocks,
        None if found.unplaced else finite(found.mass / mass_factor),
        None if spoilt else finite(found.grade),
        None if spoilt else finite(found.metal * metal_factor),
    )


def _warnings(order: SwathOrder | GradeTonnageOrder, found: tuple[Warned, ...]) -> list[ReportWarning]:
    cutoff = order.cutoff_column if isinstance(order, GradeTonnageOrder) else None
    titles = {each.col_id: each.title for each in (*order.columns, *filter(None, [cutoff]))}
    if order.density is not None and order.density.column_id is not None:
        titles[order.density.column_id] = order.density.title or order.density.column_id
    return [warning(each, titles.get(each.column_id, each.column_id)) for each in found]


def _name(column: OrderedColumn) -> wire.ColumnName:
    return wire.ColumnName(column.col_id, column.title, column.unit_id)
