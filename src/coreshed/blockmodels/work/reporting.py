"""Running reports: from a version of a model to the rows of a result."""

import math
from dataclasses import dataclass

from coreshed.blockmodels import ledger, meshes, orders, report_ledger, report_rules
from coreshed.blockmodels.engine.aggregation import Aggregated, Cell, Row, Warned, aggregate
from coreshed.blockmodels.engine.categories import Category, TooManyCombinations
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.request import Aggregation, Density, Mask, Request, ValueColumn
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import ReportOrder
from coreshed.blockmodels.report_ledger import Content, StoredResult
from coreshed.blockmodels.report_rules import Plan
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.report_runs import rules_of
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.work.meshes import mask_of
from coreshed.blockmodels.work.querying import engine_box
from coreshed.jobs import Claim, JobContext
from coreshed.problems import NotFound, Unprocessable

MASS = "Mass"
MOST_CELLS = 1_000_000
"""Numbers of one result: what is answered as one JSON document."""
_SENTENCES: dict[str, str] = {
    "NULL_CUTOFF_VALUE": "Blocks have no value in the cut-off column {}.",
    "NEGATIVE_CUTOFF_VALUE": "Blocks have a negative value in the cut-off column {}.",
    "NULL_COLUMN_VALUE": "Blocks have no value in the column {}.",
    "NEGATIVE_COLUMN_VALUE": "Blocks have a negative value in the column {}.",
    "INVALID_CATEGORY_VALUE": "Blocks have no value in the category column {} and are left out.",
    "TOO_MANY_CATEGORY_VALUES": "Blocks are left out because the category column {} has more than 100 values.",
    "LONG_CATEGORY_VALUE": "Blocks have a text of more than 120 characters in the category column {}; it is cut.",
    "INVALID_DENSITY_VALUE": "Blocks have no density above 0 in the column {}.",
    "UNIT_FROM_LATEST_VERSION": "The column {} has no unit in this version; it is taken from the newest version.",
}


@dataclass(frozen=True)
class ReportWork:
    """What a worker does for a report."""

    ground: Ground

    def run(self, claim: Claim, context: JobContext) -> None:
        """Make the result. Raises Unprocessable, ColumnNotFound, NotFound, LeaseLost."""
        order = orders.decode(claim.input, ReportOrder)
        model, version, newest = self._look(claim, order)
        plan = report_rules.plan(order.specification, rules_of(version), rules_of(newest), model.size_unit_id)
        content = self._content(order, model, plan)
        packed = report_ledger.pack(content)
        context.check()
        with self.ground.database.writing() as rows:
            stored = StoredResult(
                id=claim.id,
                specification_id=order.specification_id,
                revision=order.revision,
                version_id=order.version_id,
                created_ns=self.ground.clock.now_ns(),
                mesh_filter=order.specification.mesh_filter,
            )
            report_ledger.add_result(rows, stored, packed)
            detail = {"report": order.specification_id, "revision": order.revision, "version_id": order.version_id}
            self.ground.audit(rows, claim.principal_id or "", model, "block-model.report.run", **detail)
            self.ground.jobs.complete(rows, claim, claim.id.encode())

    def _look(self, claim: Claim, order: ReportOrder) -> tuple[StoredModel, StoredVersion, StoredVersion]:
        """The model, the version and the newest one."""
        with self.ground.database.reading() as rows:
            model = ledger.find_model(rows, claim.owner.partition(":")[2], None)
            if model is None:
                raise NotFound
            version = ledger.find_version(rows, model.id, order.version_id)
            newest = ledger.find_version(rows, model.id, model.version_id)
        if version is None or newest is None:
            raise NotFound
        return model, version, newest

    def _content(self, order: ReportOrder, model: StoredModel, plan: Plan) -> Content:
        request = engine_request(order.specification, plan, self._mask(model, order.specification))
        try:
            made = aggregate(self.ground.blocks.store.snapshot(model.id, order.version_id), request)
        except TooManyCombinations as error:
            raise Unprocessable(str(error)) from error
        cells = sum(len(each.rows) for each in made.result_sets) * (1 + len(plan.values))
        if cells > MOST_CELLS:
            raise Unprocessable(
                f"The report would have {cells:,} numbers, more than {MOST_CELLS:,}; ask for fewer columns, cut-offs "
                "or categories."
            )
        return content_of(order.specification, plan, made)

    def _mask(self, model: StoredModel, asked: wire.CreateReportSpecification) -> Mask | None:
        if asked.mesh_filter is None:
            return None
        with self.ground.database.reading() as rows:
            mesh = meshes.find(self.ground.references, rows, model, asked.mesh_filter)
        return mask_of(self.ground.contents, mesh, inside=asked.mesh_filter.relation == "INSIDE")


def engine_request(asked: wire.CreateReportSpecification, plan: Plan, mask: Mask | None) -> Request:
    """The report in the engine's words: masses in kg, volumes in m³."""
    density = plan.density
    box = None if asked.bbox is None else asked.bbox.either()
    return Request(
        density=Density(density.column_id, density.factor, density.constant),
        values=tuple(ValueColumn(each.column_id, Aggregation(each.how), each.factor) for each in plan.values),
        categories=tuple(
            Category(str(each.col_id), None if each.values is None else tuple(each.values))
            for each in asked.categories or ()
        ),
        cutoff=None if asked.cutoff_col_id is None else str(asked.cutoff_col_id),
        thresholds=tuple(asked.cutoff_values or ()),
        volume_factor=plan.volume_factor,
        box=None if box is None else engine_box(box),
        mask=mask,
        policies=Policies(Policy(asked.null_values_policy), Policy(asked.negative_values_policy)),
    )


def content_of(asked: wire.CreateReportSpecification, plan: Plan, made: Aggregated) -> Content:
    """A result in the words of the wire: the mass, then the columns as they are asked for."""
    factor = plan.mass_unit.factor
    mass = wire.ReportResultColumn(MASS, plan.mass_unit.id)
    titles = {each.col_id: each.title for each in plan.referenced}
    return Content(
        name=asked.name,
        description=asked.description,
        cutoff_col_id=None if asked.cutoff_col_id is None else str(asked.cutoff_col_id),
        categories=[wire.ReportResultCategory(str(each.col_id), each.label) for each in asked.categories or ()],
        value_columns=[
            mass,
            *(wire.ReportResultColumn(each.label, each.unit.id, each.column_id) for each in plan.values),
        ],
        referenced_columns=list(plan.referenced),
        result_sets=[
            wire.ReportResultSet(each.cutoff, [_row(row, factor) for row in each.rows]) for each in made.result_sets
        ],
        warnings=[
            *(borrowed(title) for title in plan.borrowed),
            *(warning(each, titles[each.column_id]) for each in made.warnings),
        ],
    )


def _row(row: Row, mass_factor: float) -> wire.ReportRow:
    spoilt = row.invalid > 0
    cells = [wire.ReportCell(None, "INVALID") if spoilt else _number(row.mass / mass_factor)]
    cells += [wire.ReportCell(None, "INVALID") if spoilt else _cell(each) for each in row.cells]
    return wire.ReportRow(list(row.categories), cells)


def _cell(cell: Cell) -> wire.ReportCell:
    if cell.invalid:
        return wire.ReportCell(None, "INVALID")
    return wire.ReportCell(None, "NO_DATA") if cell.value is None else _number(cell.value)


def _number(value: float) -> wire.ReportCell:
    return wire.ReportCell(value) if math.isfinite(value) else wire.ReportCell(None, "INVALID")


def warning(found: Warned, title: str) -> wire.ReportWarning:
    """What was come across in a column."""
    kind: wire.WarningType = found.kind.value
    return wire.ReportWarning(_SENTENCES[kind].format(repr(title)), found.blocks, kind)


def borrowed(title: str) -> wire.ReportWarning:
    """That a column has its unit from the newest version."""
    kind: wire.WarningType = "UNIT_FROM_LATEST_VERSION"
    return wire.ReportWarning(_SENTENCES[kind].format(repr(title)), 1, kind)
