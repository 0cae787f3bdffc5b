"""Comparisons of a report over two versions: which results they take, and what becomes of the numbers."""

from dataclasses import dataclass

import msgspec

from coreshed.blockmodels import comparing, ledger, orders, presentation, report_ledger
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import COMPARISON_JOB, ComparedVersion, ComparisonOrder
from coreshed.blockmodels.report_ledger import StoredResult, StoredSpecification
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.report_runs import Runs, serial
from coreshed.blockmodels.service.versions import owner
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.wire.queries import Payload, ReportComparisonJobResult
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Claim, Job
from coreshed.problems import NotFound, Unprocessable
from coreshed.workspaces import Role


@dataclass(frozen=True, slots=True)
class _Side:
    """A version, and the id of its result, which is not there yet where `is_new`."""

    version: StoredVersion
    result_id: str
    is_new: bool

    @property
    def found(self) -> str | None:
        """The id of the result where it is there."""
        return None if self.is_new else self.result_id

    @property
    def ordered(self) -> ComparedVersion:
        """As the job is told."""
        return ComparedVersion(
            self.version.version_id, self.version.version_uuid, self.result_id if self.is_new else None
        )


class Comparisons:
    """Comparisons of results of the same report."""

    def __init__(self, ground: Ground, jobs: Progress, runs: Runs) -> None:
        self._ground = ground
        self._runs = runs
        jobs.register(COMPARISON_JOB, self._shown)

    def begin(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        specification_id: str,
        asked: wire.ReportComparisonSpec,
    ) -> wire.ReportComparisonRequestResult:
        """Find or make the results over two versions; takes an editor. A job is named where one is to be made.

        The version to compare is the newest where none is named, the one that it is compared with the version before
        it. Raises NotFound, Gone, ColumnNotFound, Unprocessable.
        """
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id, lock=True)
            stored = self._runs.specification(rows, model_id, specification_id)
            versions = self._versions(rows, model, asked)
            sides = [self._side(rows, caller, model, stored, each) for each in versions]
            job_url = None
            if any(side.is_new for side in sides):
                job_id = self._queue(rows, caller, model, stored, sides)
                job_url = presentation.job_url(self._ground.public_url, model, job_id)
        before, after = sides
        return wire.ReportComparisonRequestResult(before.found, after.found, job_url)

    def _versions(
        self, rows: Rows, model: StoredModel, asked: wire.ReportComparisonSpec
    ) -> tuple[StoredVersion, StoredVersion]:
        after = self._runs.version(rows, model, _text(asked.to_version_uuid))
        if asked.from_version_uuid is not None:
            return self._runs.version(rows, model, _text(asked.from_version_uuid)), after
        before = ledger.find_version(rows, model.id, after.version_id - 1)
        if before is None:
            raise Unprocessable("There is no version before the first one; name from_version_uuid.")
        return before, after

    def _side(
        self, rows: Rows, caller: Principal, model: StoredModel, stored: StoredSpecification, version: StoredVersion
    ) -> _Side:
        return _Side(version, *self._runs.ensure(rows, model, stored, version, caller.user_id))

    def _queue(
        self, rows: Rows, caller: Principal, model: StoredModel, stored: StoredSpecification, sides: list[_Side]
    ) -> str:
        before, after = sides
        order = ComparisonOrder(stored.id, stored.revision, before.ordered, after.ordered)
        # Behind the runs, which are of the same serial.
        job = self._ground.jobs.create(
            rows,
            kind=COMPARISON_JOB,
            owner=owner(model.id),
            input=orders.encode(order),
            serial=serial(stored.id),
            principal_id=caller.user_id,
            workspace_id=model.workspace_id,
        )
        return job.id

    # The job

    def run(self, claim: Claim) -> bytes:
        """The ids of both results, whose runs have ended. Raises Unprocessable where one has failed."""
        order = orders.decode(claim.input, ComparisonOrder)
        with self._ground.database.reading() as rows:
            found = [self._made(rows, order, side) for side in (order.before, order.after)]
        return msgspec.json.encode(found)

    def _made(self, rows: Rows, order: ComparisonOrder, side: ComparedVersion) -> str:
        found = report_ledger.result_of(rows, order.specification_id, order.revision, side.version_id)
        if found is not None:
            return found.id
        problem = {} if side.job_id is None else self._ground.jobs.get(rows, side.job_id).problem or {}
        raise Unprocessable(f"The run over version {side.version_id} failed. {problem.get('detail', '')}".strip())

    def _shown(self, _rows: Rows, _model: StoredModel, job: Job) -> Payload:
        if job.result is None:
            return None
        order = orders.decode(job.input, ComparisonOrder)
        before, after = msgspec.json.decode(job.result, type=tuple[str, str])
        return ReportComparisonJobResult(
            report_specification_uuid=order.specification_id,
            from_version_uuid=order.before.version_uuid,
            to_version_uuid=order.after.version_uuid,
            from_result_uuid=before,
            to_result_uuid=after,
        )

    # Reading

    def get(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        specification_id: str,
        from_id: str,
        to_id: str,
        decimal_places: int | None,
    ) -> wire.ReportComparison:
        """Two results side by side; takes a viewer.

        Raises NotFound, Gone, and Unprocessable where the report asked for something else between the two.
        """
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            stored = self._runs.specification(rows, model_id, specification_id)
            before, after = [self._result(rows, stored, each) for each in (from_id, to_id)]
            if before.revision != after.revision:
                raise Unprocessable(
                    f"The results are of revisions {before.revision} and {after.revision}, which cannot be compared."
                )
            shown = [self._runs.shown(rows, model, each) for each in (before, after)]
        return comparing.compare(*shown, decimal_places=decimal_places)

    @staticmethod
    def _result(rows: Rows, stored: StoredSpecification, result_id: str) -> StoredResult:
        found = report_ledger.find_result(rows, stored.id, result_id)
        if found is None:
            raise NotFound(f"Report result {result_id} of report specification {stored.id} not found.")
        return found


def _text(version_uuid: object) -> str | None:
    return None if version_uuid is None else str(version_uuid)
