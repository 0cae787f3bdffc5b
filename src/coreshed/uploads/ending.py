"""Sessions that end without a result: given up by their client, or left."""

from dataclasses import replace

from coreshed import logs
from coreshed.database import Rows
from coreshed.identity import OPERATOR, Principal
from coreshed.problems import Conflict
from coreshed.uploads import ledger, presentation, wire
from coreshed.uploads.ground import Ground
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.purpose import owner

EXPIRED = "expired"
PROJECT_DELETED = "project_deleted"
_BATCH = 100
_AT_ONCE = 500  # within a request; upkeep goes on with the others
_log = logs.logger("coreshed.uploads")


class Ending:
    """Quota is free and links are closed once a session has failed; its files go right after, in short transactions.

    Where the server dies between the two, the next round of upkeep goes on.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._database = ground.database

    def fail(
        self, *, caller: Principal, upload_id: str, error_message: str, error_step: str | None
    ) -> wire.UploadOutput:
        """End a session; one that has failed stays as it is. Raises NotFound, InsufficientRole, Conflict."""
        with self._database.writing() as rows:
            session = self._ground.session(rows, caller, upload_id, lock=True)
            if session.status is Status.COMPLETED:
                raise Conflict("The upload session is completed.")
            if session.status is not Status.FAILED:
                session = self._failed(rows, session, caller.user_id, error_message, error_step)
        self.remove_files(session.id, most=_AT_ONCE)
        return presentation.session(session, reserved=0, lifetime_ns=self._ground.lifetime_ns)

    def expire(self) -> int:
        """Fail the sessions of deleted projects and those unused for their lifetime; returns how many."""
        before_ns = self._ground.clock.now_ns() - self._ground.lifetime_ns
        with self._database.reading() as rows:
            idle = ledger.idle(rows, before_ns, _BATCH)
            deleted = self._ground.workspaces.deleted_among(rows, ledger.open_projects(rows))
            homeless = ledger.open_of(rows, deleted, _BATCH)
            left = ledger.failed_with_files(rows, _BATCH)
        expired = [upload_id for upload_id in {*idle, *homeless} if self._expire(upload_id, before_ns)]
        for upload_id in [*expired, *left]:
            self.remove_files(upload_id)
        return len(expired)

    def _expire(self, upload_id: str, before_ns: int) -> bool:
        seconds = self._ground.settings.upload_session_lifetime
        with self._database.writing() as rows:
            session = ledger.lock(rows, upload_id)
            if session is None or session.status.ended:
                return False
            # Asked again: the project may have been restored since.
            if self._ground.workspaces.deleted_among(rows, [session.workspace_id]):
                message, step = "The project was deleted.", PROJECT_DELETED
            elif session.active_ns < before_ns:
                message, step = f"Nobody used the upload session for {seconds} seconds.", EXPIRED
            else:
                return False
            self._failed(rows, session, OPERATOR, message, step)
        _log.info("upload_expired", upload_id=upload_id, step=step)
        return True

    def _failed(
        self, rows: Rows, session: UploadSession, actor_id: str, message: str, step: str | None
    ) -> UploadSession:
        now_ns = self._ground.clock.now_ns()
        values = {"error_message": message, "error_step": step, "updated_ns": now_ns, "ended_ns": now_ns}
        ledger.change(rows, session.id, status=Status.FAILED.value, removing_ns=now_ns, body_ns=None, **values)
        released = self._ground.quota.release(rows, session.id)
        self._ground.record(
            rows, actor_id, "upload.fail", session, released_bytes=released, error_message=message, error_step=step
        )
        return replace(
            session, status=Status.FAILED, error_message=message, error_step=step, updated_ns=now_ns, ended_ns=now_ns
        )

    def remove_files(self, upload_id: str, *, most: int | None = None) -> None:
        """Remove what a failed session has stored and staged, or `most` of its files; again changes nothing."""
        with self._database.reading() as rows:
            blob_ids = [file.blob_id for file in ledger.files(rows, upload_id)]
        rest = blob_ids[most:] if most is not None else []
        blob_ids = blob_ids[:most]
        for start in range(0, len(blob_ids), _BATCH):
            batch = blob_ids[start : start + _BATCH]
            with self._database.writing() as rows:
                self._ground.blobs.pin(rows, batch)
                self._ground.blobs.release_each(rows, batch, owner=owner(upload_id))
                self._ground.dropping.drop(rows, batch)
                ledger.forget_files(rows, batch)
        if not rest:
            with self._database.writing() as rows:
                ledger.change(rows, upload_id, removing_ns=None)
