"""Runs of reports: jobs, and what they made."""

from dataclasses import dataclass

from coreshed.blockmodels import ledger, orders, presentation, report_ledger, report_presentation, report_rules
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import REPORT_JOB, ReportOrder
from coreshed.blockmodels.report_ledger import StoredResult, StoredSpecification
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.versions import Versions, owner
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.wire.models import Page
from coreshed.blockmodels.wire.queries import Payload, ReportRunResult
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Job, State
from coreshed.problems import NotFound
from coreshed.workspaces import Role

_ACTIVE = (State.QUEUED, State.PROCESSING)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is answered. is_new: whether its result was not there yet when it was asked for."""

    shown: wire.ReportingJobResult
    is_new: bool


@dataclass(frozen=True, slots=True)
class Awaited:
    """A result that a job is about to make."""

    job_id: str


def serial(specification_id: str) -> str:
    """Runs and comparisons of a report take turns, so that none makes what another is making already."""
    return f"report:{specification_id}"


class Runs:
    """Runs of reports. The id of a result is that of the job that makes it, so that it is known beforehand.

    prompt: seconds for which a new run is waited for before it is answered, because the published client reads the
    result at once; patience: seconds for which a reader of an announced result is kept waiting.
    """

    def __init__(self, ground: Ground, jobs: Progress, versions: Versions) -> None:
        self.prompt, self.patience = 5.0, 30.0
        self._ground = ground
        self._jobs = jobs
        self._versions = versions
        jobs.register(REPORT_JOB, self._shown)
        versions.on_published(self._run_automatic)

    async def settle(self, job_id: str, seconds: float) -> None:
        """Wait for a job, so long at most. It needs no thread."""
        await self._ground.jobs.wait(job_id, seconds)

    # Jobs

    def begin(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        specification_id: str,
        asked: wire.ReportingJobSpec,
    ) -> Run:
        """Run a report over a version, the newest where none is named; takes an editor.

        A result of the same revision and version is not made again. Raises NotFound, Gone, ColumnNotFound,
        Unprocessable.
        """
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            # Locked, so that of two who ask for the same run one finds the job of the other.
            model = self._ground.live(rows, workspace, model_id, lock=True)
            stored = self.specification(rows, model_id, specification_id)
            version_uuid = None if asked.version_uuid is None else str(asked.version_uuid)
            version = self.version(rows, model, version_uuid)
            job_id, is_new = self.ensure(rows, model, stored, version, caller.user_id)
        shown = wire.ReportingJobResult(
            bm_uuid=model.id,
            job_url=presentation.job_url(self._ground.public_url, model, job_id),
            job_uuid=job_id,
            report_specification_uuid=stored.id,
            version_id=version.version_id,
            version_uuid=version.version_uuid,
            report_result_uuid=job_id,
        )
        return Run(shown, is_new)

    def ensure(
        self, rows: Rows, model: StoredModel, stored: StoredSpecification, version: StoredVersion, actor_id: str
    ) -> tuple[str, bool]:
        """The id of the result of the newest revision over a version, and whether a job is yet to make it.

        The model is locked. Raises ColumnNotFound, Unprocessable for what no job could make.
        """
        found = report_ledger.result_of(rows, stored.id, stored.revision, version.version_id)
        if found is not None:
            return found.id, False
        newest = self.version(rows, model, None)
        report_rules.plan(stored.specification, rules_of(version), rules_of(newest), model.size_unit_id)
        return self.queue(rows, model, stored, version, actor_id), True

    def queue(
        self, rows: Rows, model: StoredModel, stored: StoredSpecification, version: StoredVersion, actor_id: str
    ) -> str:
        """The job that makes a result: a new one, unless one is under way or has ended since the caller looked."""
        order = ReportOrder(stored.id, stored.revision, stored.specification, version.version_id, version.version_uuid)
        same = (order.specification_id, order.revision, order.version_id)
        for job in self._ground.jobs.find(rows, owner=owner(model.id), kinds=[REPORT_JOB], states=_ACTIVE):
            other = orders.decode(job.input, ReportOrder)
            if (other.specification_id, other.revision, other.version_id) == same:
                return job.id
        # In this order: a run that ends between the two questions is found by the second.
        made = report_ledger.result_of(rows, *same)
        return self._new(rows, model, order, actor_id) if made is None else made.id

    def _new(self, rows: Rows, model: StoredModel, order: ReportOrder, actor_id: str) -> str:
        job = self._ground.jobs.create(
            rows,
            kind=REPORT_JOB,
            owner=owner(model.id),
            input=orders.encode(order),
            serial=serial(order.specification_id),
            principal_id=actor_id,
            workspace_id=model.workspace_id,
        )
        return job.id

    def _run_automatic(self, rows: Rows, model: StoredModel, version: StoredVersion) -> None:
        """Queue a run of every report of the model that wants one over each version; what cannot be run fails there."""
        for stored in report_ledger.automatic(rows, model.id):
            order = ReportOrder(
                stored.id, stored.revision, stored.specification, version.version_id, version.version_uuid
            )
            self._new(rows, model, order, version.created_by)

    def _shown(self, _rows: Rows, model: StoredModel, job: Job) -> Payload:
        if job.result is None:
            return None
        order = orders.decode(job.input, ReportOrder)
        return ReportRunResult(
            model.id, job.result.decode(), order.specification_id, order.version_id, order.version_uuid
        )

    # Results

    def page(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        specification_id: str,
        offset: int,
        limit: int,
    ) -> Page[wire.ReportResultSummary]:
        """Results of a report, the newest first; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            self.specification(rows, model_id, specification_id)
            found, total = report_ledger.page_of_results(rows, specification_id, limit=limit, offset=offset)
            versions = {each.version_id: self.numbered(rows, model, each.version_id) for each in found}
            users = self._ground.users(rows, {each.created_by for each in versions.values()})
        results = [report_presentation.summary(each, versions[each.version_id], users) for each in found]
        return Page(len(results), limit, offset, total, results)

    def result(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, specification_id: str, result_id: str
    ) -> wire.ReportResult | Awaited:
        """A result, or which job is about to make it; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            self.specification(rows, model_id, specification_id)
            stored = report_ledger.find_result(rows, specification_id, result_id)
            if stored is None:
                self._require_under_way(rows, model_id, specification_id, result_id)
                return Awaited(result_id)
            return self.shown(rows, model, stored)

    def shown(self, rows: Rows, model: StoredModel, stored: StoredResult) -> wire.ReportResult:
        """A result as it is answered."""
        version = self.numbered(rows, model, stored.version_id)
        users = self._ground.users(rows, {version.created_by})
        content = report_ledger.unpack(report_ledger.content_of(rows, stored.id))
        return report_presentation.result(stored, content, version, users)

    def _require_under_way(self, rows: Rows, model_id: str, specification_id: str, result_id: str) -> None:
        missing = f"Report result {result_id} of report specification {specification_id} not found"
        try:
            job = self._jobs.find(rows, model_id, result_id)
        except NotFound as error:
            raise NotFound(f"{missing}.") from error
        of = orders.decode(job.input, ReportOrder).specification_id if job.kind == REPORT_JOB else None
        if of != specification_id:
            raise NotFound(f"{missing}.")
        if job.finished:
            raise NotFound(f"{missing}: its run failed. {(job.problem or {}).get('detail', '')}".strip())

    # Parts

    def specification(self, rows: Rows, model_id: str, specification_id: str) -> StoredSpecification:
        """A specification of a model. Raises NotFound."""
        found = report_ledger.find_specification(rows, model_id, specification_id)
        if found is None:
            raise NotFound(f"Report specification {specification_id} of block model {model_id} not found.")
        return found

    def version(self, rows: Rows, model: StoredModel, version_uuid: str | None) -> StoredVersion:
        """A version of a model, the newest where none is named. Raises NotFound."""
        if version_uuid is not None:
            return self._versions.find(rows, model.id, version_uuid)
        return self.numbered(rows, model, model.version_id)

    def numbered(self, rows: Rows, model: StoredModel, version_id: int) -> StoredVersion:
        """A version that there is."""
        found = ledger.find_version(rows, model.id, version_id)
        assert found is not None  # noqa: S101  (models and results refer to versions that there are)
        return found


def rules_of(version: StoredVersion) -> report_rules.Version:
    """A version as the rules of reports see it."""
    return report_rules.Version(version.version_uuid, version.mapping)
