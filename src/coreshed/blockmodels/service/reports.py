"""Report specifications: what is to be reported, kept with its model."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from coreshed import ids
from coreshed.blockmodels import meshes, presentation, report_ledger, report_presentation, report_rules
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.report_ledger import StoredSpecification
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.queries import check_box
from coreshed.blockmodels.service.report_runs import Runs, rules_of
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.wire.geometry import BBox
from coreshed.blockmodels.wire.models import PageWithUnits
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import AlreadyExists
from coreshed.workspaces import Role

# What may change while results stay comparable.
_WITHOUT_REVISION = ("name", "description", "autorun")


class Reports:
    """Report specifications of block models."""

    def __init__(self, ground: Ground, runs: Runs) -> None:
        self._ground = ground
        self._runs = runs

    def page(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, offset: int, limit: int, client: Client
    ) -> PageWithUnits[wire.ReportSpecificationWithLastRunInfo]:
        """Specifications of a model by name; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            self._ground.live(rows, workspace, model_id)
            found, total = report_ledger.page_of_specifications(rows, model_id, limit=limit, offset=offset)
            last = report_ledger.newest_results(rows, [each.id for each in found])
        results = [report_presentation.specification(each, client, last.get(each.id)) for each in found]
        units = report_presentation.referenced_units(found, client)
        return PageWithUnits(len(results), limit, offset, total, results, units)

    def get(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, specification_id: str, client: Client
    ) -> wire.ReportSpecificationWithLastRunInfo:
        """One specification; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            self._ground.live(rows, workspace, model_id)
            found = self._runs.specification(rows, model_id, specification_id)
            last = report_ledger.newest_results(rows, [found.id])
        return report_presentation.specification(found, client, last.get(found.id))

    def create(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        asked: wire.CreateReportSpecification,
        run_now: bool,
        client: Client,
    ) -> wire.ReportSpecificationWithJobUrl:
        """A new specification of revision 0; takes an editor. run_now: also over the newest version.

        Raises Invalid, NotFound, Gone, AlreadyExists for the name, ColumnNotFound, Unprocessable.
        """
        now_ns = self._ground.clock.now_ns()
        asked = _named(asked)
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id, lock=True)
            self._require_free(rows, model, asked.name, None)
            self._check(rows, model, asked)
            stored = StoredSpecification(
                id=ids.new_id(),
                model_id=model_id,
                name=asked.name,
                autorun=asked.autorun,
                revision=0,
                specification=asked,
                created_ns=now_ns,
                created_by=caller.user_id,
                updated_ns=now_ns,
                updated_by=caller.user_id,
            )
            report_ledger.add_specification(rows, stored)
            self._audit(rows, caller, model, "create", stored)
            job_url = self._run(rows, caller, model, stored) if run_now else None
        return report_presentation.written(stored, client, job_url)

    def update(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        specification_id: str,
        asked: wire.UpdateReportSpecification,
        run_now: bool,
        client: Client,
    ) -> wire.ReportSpecificationWithJobUrl:
        """Another specification in the place of one; policies that are not named stay; takes an editor.

        A change of anything but name, description and autorun makes another revision. Raises as `create` does.
        """
        now_ns = self._ground.clock.now_ns()
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id, lock=True)
            before = self._runs.specification(rows, model_id, specification_id)
            new = _named(_merged(before.specification, asked))
            self._require_free(rows, model, new.name, before.id)
            stored = before
            if new != before.specification:
                self._check(rows, model, new)
                stored = replace(
                    before,
                    name=new.name,
                    autorun=new.autorun,
                    revision=before.revision + int(is_other(before.specification, new)),
                    specification=new,
                    updated_ns=now_ns,
                    updated_by=caller.user_id,
                )
                report_ledger.change_specification(rows, stored)
                self._audit(rows, caller, model, "update", stored)
            job_url = self._run(rows, caller, model, stored) if run_now else None
        return report_presentation.written(stored, client, job_url)

    def _require_free(self, rows: Rows, model: StoredModel, name: str, specification_id: str | None) -> None:
        if report_ledger.holder_of_name(rows, model.id, name) not in (None, specification_id):
            raise AlreadyExists(f"A report specification named {name!r} already exists for this block model.")

    def _check(self, rows: Rows, model: StoredModel, asked: wire.CreateReportSpecification) -> None:
        """Raise ColumnNotFound, Unprocessable for what the newest version cannot be asked."""
        newest = rules_of(self._runs.version(rows, model, None))
        report_rules.plan(asked, newest, newest, model.size_unit_id)
        box = None if asked.bbox is None else asked.bbox.either()
        if isinstance(box, BBox):
            check_box(model, box)
        if asked.mesh_filter is not None:
            meshes.find(self._ground.references, rows, model, asked.mesh_filter)

    def _run(self, rows: Rows, caller: Principal, model: StoredModel, stored: StoredSpecification) -> str:
        """The address of the job over the newest version, an ended one where its result is there already."""
        newest = self._runs.version(rows, model, None)
        job_id, _ = self._runs.ensure(rows, model, stored, newest, caller.user_id)
        return presentation.job_url(self._ground.public_url, model, job_id)

    def _audit(self, rows: Rows, caller: Principal, model: StoredModel, what: str, stored: StoredSpecification) -> None:
        detail: dict[str, Any] = {"report": stored.id, "name": stored.name, "revision": stored.revision}
        self._ground.audit(rows, caller.user_id, model, f"block-model.report.{what}", **detail)


def is_other(before: wire.CreateReportSpecification, after: wire.CreateReportSpecification) -> bool:
    """Whether results of the two cannot be compared."""
    same = {name: getattr(before, name) for name in _WITHOUT_REVISION}
    return structs.replace(after, **same) != before


def _merged(
    before: wire.CreateReportSpecification, asked: wire.UpdateReportSpecification
) -> wire.CreateReportSpecification:
    members = structs.asdict(asked)
    for policy in ("null_values_policy", "negative_values_policy"):
        members[policy] = members[policy] or getattr(before, policy)
    return wire.CreateReportSpecification(**members)


def _named(asked: wire.CreateReportSpecification) -> wire.CreateReportSpecification:
    """With the name as it is kept: without white space around it."""
    return structs.replace(asked, name=asked.name.strip())
