"""Updates: what is asked is checked and becomes a job; the job runs when its upload is announced."""

from coreshed import ids
from coreshed.blobs import Purpose
from coreshed.blockmodels import ledger, orders, presentation, rules
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.orders import UPDATE_JOB, UpdateOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.versions import owner
from coreshed.blockmodels.wire.queries import JobPendingPayload, Payload
from coreshed.blockmodels.wire.updates import JobUrl, UpdateDataLite, UpdateWithUrl
from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Job, State
from coreshed.problems import UploadNotExpected
from coreshed.workspaces import Role

# The transport of clients repeats a request whose answer is lost.
_REPEAT_NS = 60 * NANOSECONDS


class Updates:
    """Updates of block models, up to the moment when a worker takes over."""

    def __init__(self, ground: Ground, jobs: Progress) -> None:
        self._ground = ground
        self._jobs = jobs
        jobs.register(UPDATE_JOB, self._shown)

    def begin(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: UpdateDataLite, client: Client
    ) -> UpdateWithUrl:
        """Accept an update of the newest version; takes an editor.

        Raises Unprocessable, TooManyColumns, NotFound, Gone.
        """
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id)
            base = ledger.find_version(rows, model_id, model.version_id)
            assert base is not None  # noqa: S101  (every model has a version)
            change = rules.resolve(
                base.mapping, asked, kind=model.kind, fill_by_default=model.fill_subblocks, client=client
            )
            job_id, version_uuid = ids.new_id(), ids.new_id()
            blob_id = self._offer(rows, model, job_id) if change.needs_file else None
            order = UpdateOrder(
                version_uuid,
                base.version_id,
                change,
                asked.comment or "",
                asked.separator,
                asked.input_options,
                blob_id,
            )
            self._ground.jobs.create(
                rows,
                kind=UPDATE_JOB,
                owner=owner(model_id),
                input=orders.encode(order),
                waits_for_upload=True,
                serial=owner(model_id),
                job_id=job_id,
                principal_id=caller.user_id,
                workspace_id=workspace.workspace_id,
            )
        return UpdateWithUrl(
            job_uuid=job_id,
            job_url=presentation.job_url(self._ground.public_url, model, job_id),
            version_uuid=version_uuid,
            upload_url=None if blob_id is None else self._link(model, blob_id, caller.user_id),
            changes=rules.echo(change, asked, base.version_uuid),
        )

    def _offer(self, rows: Rows, model: StoredModel, job_id: str) -> str:
        [blob] = self._ground.blobs.offer(
            rows, workspace_id=model.workspace_id, purpose=Purpose.BLOCK_UPDATE, names=[job_id]
        )
        return blob.id

    def _link(self, model: StoredModel, blob_id: str, principal_id: str) -> str:
        return self._ground.links.write(workspace_id=model.workspace_id, blob_id=blob_id, principal_id=principal_id)

    def uploaded(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, job_id: str) -> JobUrl:
        """Let the job run: its file is there, or it needs none; takes an editor.

        Raises NotFound, Gone, and UploadNotExpected for a job that does not wait, unless the same caller has announced
        it within the last minute.
        """
        with self._ground.database.writing() as rows:
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id)
            job = self._jobs.find(rows, model_id, job_id)
            if job.kind != UPDATE_JOB:
                raise UploadNotExpected
            # Where it did not wait, another announcement may have come between: look again.
            if not self._ground.jobs.queue(rows, job_id) and not self._is_repeat(
                self._jobs.find(rows, model_id, job_id), caller
            ):
                raise UploadNotExpected
        return JobUrl(presentation.job_url(self._ground.public_url, model, job_id))

    def _is_repeat(self, job: Job, caller: Principal) -> bool:
        if job.queued_ns is None or job.principal_id != caller.user_id:
            return False
        return self._ground.clock.now_ns() - job.queued_ns < _REPEAT_NS

    def _shown(self, rows: Rows, model: StoredModel, job: Job) -> Payload:
        """A fresh link while the upload is waited for, then the version."""
        if job.state is not State.WAITING_FOR_UPLOAD:
            return self._jobs.published(rows, model, job)
        blob_id = orders.decode(job.input, UpdateOrder).blob_id
        if blob_id is None:
            return None
        return JobPendingPayload(self._link(model, blob_id, job.principal_id or ""))
