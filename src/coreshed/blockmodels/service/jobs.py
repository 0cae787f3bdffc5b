"""Jobs of block models, as their callers see them."""

from collections.abc import Callable, Mapping
from typing import Any

from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.versions import CREATE_JOB, Versions, owner
from coreshed.blockmodels.wire.queries import JobErrorPayload, JobResponse, JobStatus, Payload
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Job, State
from coreshed.problems import NotFound
from coreshed.workspaces import Role

STATUS: dict[State, JobStatus] = {
    State.WAITING_FOR_UPLOAD: "PENDING_UPLOAD",
    State.QUEUED: "QUEUED",
    State.PROCESSING: "PROCESSING",
    State.COMPLETE: "COMPLETE",
    State.FAILED: "FAILED",
}
_WRITE = "blockmodels:write"
# What a job of a kind shows while it waits for an upload, and once it is complete.
Show = Callable[[Rows, StoredModel, Job], Payload]


class Progress:
    """How jobs of block models go, for those who wait for them."""

    def __init__(self, ground: Ground, versions: Versions) -> None:
        self._ground = ground
        self._versions = versions
        self._shows: dict[str, Show] = {CREATE_JOB: self.published}

    def register(self, kind: str, show: Show) -> None:
        """State what jobs of a kind show while they wait for an upload, and once they are complete."""
        self._shows[kind] = show

    def published(self, rows: Rows, model: StoredModel, job: Job) -> Payload:
        """For jobs whose result is the UUID of the version that they published."""
        if job.result is None:
            return None
        return self._versions.shown(rows, self._versions.find(rows, model.id, job.result.decode()))

    def get(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, job_id: str) -> JobResponse:
        """A job of a model; takes a viewer. Who may not write does not see where its upload goes.

        Raises NotFound, Gone.
        """
        with self._ground.database.reading() as rows:
            access = self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            job = self.find(rows, model_id, job_id)
            may_write = access.role >= Role.EDITOR and caller.permits(_WRITE)
            if job.state is State.WAITING_FOR_UPLOAD and not may_write:
                return JobResponse(STATUS[job.state])
            return JobResponse(STATUS[job.state], self._payload(rows, model, job))

    def find(self, rows: Rows, model_id: str, job_id: str) -> Job:
        """A job of a model. Raises NotFound."""
        try:
            job = self._ground.jobs.get(rows, job_id)
        except NotFound:
            job = None
        if job is None or job.owner != owner(model_id):
            raise NotFound(f"Job {job_id} of block model {model_id} not found.")
        return job

    def _payload(self, rows: Rows, model: StoredModel, job: Job) -> Payload:
        if job.state is State.FAILED:
            problem = job.problem or {}
            members = {name: problem[name] for name in JobErrorPayload.__struct_fields__ if name in problem}
            return JobErrorPayload(**members | self._bad_rows(model, problem))
        if job.state in (State.WAITING_FOR_UPLOAD, State.COMPLETE) and job.kind in self._shows:
            return self._shows[job.kind](rows, model, job)
        return None

    def _bad_rows(self, model: StoredModel, problem: Mapping[str, Any]) -> dict[str, str]:
        blob_id = problem.get("errors_blob")
        if blob_id is None:
            return {}
        link = self._ground.links.read(workspace_id=model.workspace_id, blob_id=blob_id, file_name="errors.parquet")
        return {"download_url": link}
