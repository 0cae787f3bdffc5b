"""The content of uploaded files: replaced until the session ends, and paid for from its reservation."""

from coreshed import audit
from coreshed.blobs import Blob, Blobs, Overwrite, Purpose
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Rows
from coreshed.problems import Conflict, InsufficientRole, NotFound
from coreshed.quota import Quota
from coreshed.uploads import ledger
from coreshed.uploads.model import Status
from coreshed.uploads.port import Archive
from coreshed.uploads.state import require_open
from coreshed.workspaces import Role, Workspaces

_TOUCH_NS = 60 * NANOSECONDS  # or a tenth of a lifetime that is shorter than ten of these
_MARK_NS = 30 * NANOSECONDS  # far less than mending waits
_ENDED = "The upload session is over: it takes no more files."
_NOT_ANY_MORE = "Whoever asked for this link may not upload to the project any more."


def blob_name(upload_id: str, no: int) -> str:
    """The name of a file's content among the blobs of its workspace."""
    return f"{upload_id}.{no}"


def owner(upload_id: str) -> str:
    """Who holds the content until somebody else does."""
    return f"upload:{upload_id}"


class UploadContent:
    """The last content of a name wins until the session is completed or fails."""

    name: str = Purpose.UPLOAD
    overwrite = Overwrite.REPLACE

    def __init__(self, workspaces: Workspaces, archive: Archive, quota: Quota, clock: Clock, *, lifetime: int) -> None:
        """lifetime: of an idle session, in seconds."""
        self._workspaces = workspaces
        self._archive = archive
        self._quota = quota
        self._clock = clock
        self._blobs = Blobs(clock=clock)
        self._touch_ns = min(_TOUCH_NS, lifetime * NANOSECONDS // 10)

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """Editors alone get links.

        Raises Conflict once the session is over or the project is archived, WorkspaceGone, NotFound.
        """
        session = ledger.find(rows, _upload_id(blob))
        if session is None:
            raise NotFound("There is no such upload session.")
        if session.status.ended:
            raise Conflict(_ENDED)
        require_open(rows, self._workspaces, self._archive, blob.workspace_id)

    def may_still_write(self, rows: Rows, blob: Blob, person: str) -> None:
        """Links outlive roles. Raises InsufficientRole for one who is no editor any more, or is disabled."""
        role = self._workspaces.role_still(rows, user_id=person, workspace_id=blob.workspace_id)
        if role is None or role < Role.EDITOR:
            permitted = [each.wire for each in Role if each >= Role.EDITOR]
            raise InsufficientRole(_NOT_ANY_MORE, your_role=role.wire if role else "", permitted_roles=permitted)

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """From here on the file is there: it counts, and completing makes an asset of it. Raises Conflict."""
        now_ns = self._clock.now_ns()
        upload_id, size = _upload_id(blob), blob.size or 0
        # The session first: whoever completes it has seen every file that is stored.
        if not ledger.stored(rows, upload_id, 0, now_ns):
            raise Conflict(_ENDED)
        file = ledger.file_of_blob(rows, blob.id)
        if file is None:
            raise Conflict(_ENDED)
        ledger.stored(rows, upload_id, size - (file.size or 0), now_ns)
        measured = {"size": size, "sha256": blob.sha256, "md5": None, "crc32c": None, "stored_ns": blob.committed_ns}
        # That of the link it came by: a later link may be for another type.
        ledger.change_file(rows, blob.id, content_type=blob.content_type or file.content_type, **measured)
        self._blobs.hold(rows, blob_ids=[blob.id], owner=owner(upload_id))

    def stored_by(self, rows: Rows, blob: Blob, person: str) -> None:
        """The audit names the person whose link it was."""
        upload_id = _upload_id(blob)
        file, session = ledger.file_of_blob(rows, blob.id), ledger.find(rows, upload_id)
        if file is None or session is None:
            raise Conflict(_ENDED)
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=person or session.created_by,
            action="upload.file",
            organisation_id=session.organisation_id,
            workspace_id=session.workspace_id,
            target_id=upload_id,
            file_name=file.file_name,
            size=blob.size or 0,
        )

    def on_digests(self, rows: Rows, blob: Blob, md5: bytes | None, crc32c: bytes | None) -> None:
        """Kept for those who compare."""
        ledger.change_file(rows, blob.id, md5=md5, crc32c=crc32c)

    # Session, reservation, accounts are locked in this order (docs/decisions/027).

    def charge(self, rows: Rows, blob: Blob, size: int, *, replaced: int = 0) -> None:
        """Bytes arrive: the session pays, and is in use. Raises QuotaExceeded, Conflict."""
        session = ledger.lock(rows, _upload_id(blob))
        if session is None or session.status.ended:
            raise Conflict(_ENDED)
        now_ns = self._clock.now_ns()
        if size:
            self._quota.charge(rows, session.id, size, replaced=replaced)
            if session.status is Status.INITIATING:
                ledger.change(rows, session.id, status=Status.UPLOADING.value, updated_ns=now_ns)
        if not now_ns - self._touch_ns < session.active_ns <= now_ns:
            ledger.change(rows, session.id, active_ns=now_ns)
        if session.body_ns is None or not now_ns - _MARK_NS < session.body_ns <= now_ns:
            ledger.change(rows, session.id, body_ns=now_ns)

    def uncharge(self, rows: Rows, blob: Blob, size: int) -> None:
        """They did not stay."""
        session = ledger.find(rows, _upload_id(blob))
        if session is None or session.status.ended:
            return  # for good, so that many of them need no lock
        session = ledger.lock(rows, session.id)
        if session is not None and not session.status.ended:
            self._quota.uncharge(rows, session.id, size)


def _upload_id(blob: Blob) -> str:
    return blob.name.partition(".")[0]
