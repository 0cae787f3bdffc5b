"""The rules of upload sessions.

initiate -> signed_url, PUT, progress -> complete; fail, or nobody using it for a day, ends it without a result.
"""

from dataclasses import replace
from typing import Any

from coreshed.blobs import Purpose
from coreshed.clock import NANOSECONDS, iso_seconds
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Conflict
from coreshed.uploads import ledger, names, presentation, wire
from coreshed.uploads.completing import Completing
from coreshed.uploads.ending import Ending
from coreshed.uploads.ground import Ground
from coreshed.uploads.mending import Mending
from coreshed.uploads.model import Status, UploadSession, new_upload_id
from coreshed.uploads.purpose import blob_name
from coreshed.workspaces import Role

MAX_FILES = 10_000


class UploadSessions:
    """The upload sessions of one installation; `completing` and `ending` are the ends of one, `mending` its account."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._database = ground.database
        self.completing = Completing(ground)
        self.ending = Ending(ground)
        self.mending = Mending(ground)

    def now_ns(self) -> int:
        """The present."""
        return self._ground.clock.now_ns()

    # Uploading

    def initiate(
        self,
        *,
        caller: Principal,
        project_id: str,
        transfer_method: str = "browser",
        file_count: int = 1,
        total_bytes: int = 0,
        target_collection_id: str | None = None,
        target_item_id: str | None = None,
        asset_key: str | None = None,
        is_categorical: bool = False,
    ) -> wire.UploadOutput:
        """A new session, with `total_bytes` reserved; takes an editor of the project.

        Raises NotFound, InsufficientRole, WorkspaceGone, Conflict, Invalid for an item outside the collection,
        QuotaExceeded.
        """
        with self._database.writing() as rows:
            workspace = self._ground.project(rows, caller, project_id, Role.EDITOR)
            self._ground.require_open(rows, workspace)
            self._ground.ingest.check_target(
                rows, workspace=workspace, collection_id=target_collection_id, item_id=target_item_id
            )
            session = _begun(
                caller,
                workspace,
                self._ground.clock.now_ns(),
                transfer_method=transfer_method,
                file_count=file_count,
                total_bytes=total_bytes,
                is_categorical=is_categorical,
                target_collection_id=target_collection_id,
                target_item_id=target_item_id,
                asset_key=asset_key,
            )
            self._ground.quota.reserve(rows, session.id, workspace.organisation_id, workspace.workspace_id, total_bytes)
            ledger.add(rows, session)
            self._ground.record(rows, caller.user_id, "upload.initiate", session, total_bytes=total_bytes)
        return self._presented(session, total_bytes)

    def signed_url(
        self, *, caller: Principal, upload_id: str, file_name: str, content_type: str
    ) -> wire.SignedUrlOutput:
        """A link to PUT one file with; a further one of the same name leads to the same file.

        Raises Invalid, NotFound, InsufficientRole, WorkspaceGone, Conflict for a session that is over or full.
        """
        names.check_file_name(file_name)
        content_type = names.check_content_type(content_type)
        with self._database.writing() as rows:
            session = self._ground.session(rows, caller, upload_id)
            _require_open(session)
            self._ground.require_open(rows, session.workspace)
            blob_id = self._blob_of(rows, session, file_name, content_type)
        object_path = session.raw_prefix + file_name
        ends_ns = self._ground.clock.now_ns() + self._ground.settings.upload_link_lifetime * NANOSECONDS
        url = self._ground.links.write(
            workspace_id=session.workspace_id,
            blob_id=blob_id,
            object_path=object_path,
            content_type=content_type,
            uploader=session.id,
            person=caller.user_id,
        )
        return wire.SignedUrlOutput(
            upload_url=url,
            object_path=object_path,
            method="PUT",
            content_type=content_type,
            expires_at=iso_seconds(ends_ns),
        )

    def _blob_of(self, rows: Rows, session: UploadSession, file_name: str, content_type: str) -> str:
        # A commit locks blob and session, in this order, and so does this; nobody else knows of a blob that is new.
        known = ledger.file_of(rows, session.id, file_name)
        offered = None if known is None else self._offer(rows, session, known.no)
        _require_open(ledger.lock(rows, session.id))
        now_ns = self._ground.clock.now_ns()
        ledger.change(rows, session.id, active_ns=now_ns)
        file = ledger.file_of(rows, session.id, file_name)
        if file is None:
            return self._announced(rows, session, file_name, content_type)
        if file.size is None and file.content_type != content_type:
            ledger.change_file(rows, file.blob_id, content_type=content_type)
        if offered is None or offered == file.blob_id:
            return file.blob_id
        # The blob was purged, with whatever it had: another one has been made in its place.
        ledger.stored(rows, session.id, -(file.size or 0), now_ns)
        nothing = dict.fromkeys(("size", "sha256", "md5", "crc32c", "stored_ns"))
        ledger.change_file(rows, file.blob_id, blob_id=offered, **nothing)
        return offered

    def _announced(self, rows: Rows, session: UploadSession, file_name: str, content_type: str) -> str:
        no = ledger.last_no(rows, session.id) + 1
        if no > MAX_FILES:
            raise Conflict(f"An upload session has at most {MAX_FILES} files.")
        blob_id = self._offer(rows, session, no)
        ledger.add_file(
            rows,
            ledger.UploadFile(
                upload_id=session.id, file_name=file_name, no=no, blob_id=blob_id, content_type=content_type
            ),
        )
        return blob_id

    def _offer(self, rows: Rows, session: UploadSession, no: int) -> str:
        (blob,) = self._ground.blobs.offer(
            rows, workspace_id=session.workspace_id, purpose=Purpose.UPLOAD, names=[blob_name(session.id, no)]
        )
        return blob.id

    def progress(
        self, *, caller: Principal, upload_id: str, status: Status | None, bytes_uploaded: int | None
    ) -> wire.UploadOutput:
        """What a client says of its progress; without anything said, a look at the session.

        Raises NotFound, InsufficientRole; Conflict for a session that is over, for a step back, and for the two ends,
        which have operations of their own; with something said also Conflict for an archived project, WorkspaceGone.
        """
        if status is None and bytes_uploaded is None:
            with self._database.reading() as rows:
                session = self._ground.session(rows, caller, upload_id)
                _require_open(session)
                return self._shown(rows, session)
        with self._database.writing() as rows:
            session = self._ground.session(rows, caller, upload_id, lock=True)
            changed = _advanced(session, status, bytes_uploaded, self._ground.clock.now_ns())
            self._ground.require_open(rows, session.workspace)
            ledger.change(
                rows,
                session.id,
                status=changed.status.value,
                reported_bytes=changed.reported_bytes,
                updated_ns=changed.updated_ns,
                active_ns=changed.active_ns,
            )
            if changed.status is not session.status:
                self._ground.record(rows, caller.user_id, "upload.progress", session, status=changed.status.value)
            return self._shown(rows, changed)

    # Reading

    def get(self, *, caller: Principal, upload_id: str) -> wire.UploadDetail:
        """A session with its files; takes a viewer. Raises NotFound, InsufficientRole."""
        with self._database.reading() as rows:
            session = self._ground.session(rows, caller, upload_id, Role.VIEWER)
            reserved, _ = self._ground.quota.charged(rows, session.id)
            files = ledger.files(rows, session.id)
            session = ledger.with_detected(rows, session)
        lifetime_ns = self._ground.lifetime_ns
        return presentation.detail(session, files, reserved=reserved, lifetime_ns=lifetime_ns)

    def page(
        self, *, caller: Principal, project_id: str, status: Status | None, limit: int, offset: int
    ) -> tuple[list[wire.UploadOutput], int]:
        """Sessions of a project, the newest first, and how many there are; takes a viewer."""
        with self._database.reading() as rows:
            workspace = self._ground.project(rows, caller, project_id, Role.VIEWER)
            found, total = ledger.page(rows, workspace.workspace_id, status, limit, offset)
            reserved = self._ground.quota.reserved(rows, [each.id for each in found])
        return [self._presented(each, reserved.get(each.id, 0)) for each in found], total

    def limits(self, *, caller: Principal, project_id: str) -> wire.UploadLimits:
        """What can be uploaded to a project now; takes a viewer."""
        settings = self._ground.settings
        with self._database.reading() as rows:
            workspace = self._ground.project(rows, caller, project_id, Role.VIEWER)
            whole = self._ground.quota.standing(rows, workspace.organisation_id)
            own = self._ground.quota.standing_of_project(rows, workspace.workspace_id)
        return wire.UploadLimits(
            organization_id=workspace.organisation_id,
            project_id=workspace.workspace_id,
            organization=wire.StorageStanding.of(whole),
            project=wire.StorageStanding.of(own),
            available_bytes=min((each for each in (whole.available, own.available) if each is not None), default=None),
            max_files=MAX_FILES,
            max_file_name_bytes=names.MAX_BYTES,
            max_put_bytes=settings.put_bytes,
            max_block_bytes=settings.block_bytes,
            max_blocks=settings.block_limit,
            session_lifetime=settings.upload_session_lifetime,
            url_lifetime=settings.upload_link_lifetime,
        )

    def _shown(self, rows: Rows, session: UploadSession) -> wire.UploadOutput:
        return self._presented(session, self._ground.quota.charged(rows, session.id)[0])

    def _presented(self, session: UploadSession, reserved: int) -> wire.UploadOutput:
        lifetime_ns = self._ground.lifetime_ns
        return presentation.session(session, reserved=reserved, lifetime_ns=lifetime_ns)


def _begun(caller: Principal, workspace: WorkspaceKey, now_ns: int, **announced: Any) -> UploadSession:
    return UploadSession(
        id=new_upload_id(),
        organisation_id=workspace.organisation_id,
        workspace_id=workspace.workspace_id,
        status=Status.INITIATING,
        reported_bytes=0,
        stored_bytes=0,
        created_by=caller.user_id,
        created_ns=now_ns,
        updated_ns=now_ns,
        active_ns=now_ns,
        **announced,
    )


def _require_open(session: UploadSession | None) -> None:
    if session is None or session.status.ended:
        state = "over" if session is None else session.status.value
        raise Conflict(f"The upload session is {state}.")


def _advanced(session: UploadSession, status: Status | None, said: int | None, now_ns: int) -> UploadSession:
    """The session after what the client said. Raises Conflict."""
    _require_open(session)
    reported = session.reported_bytes if said is None else max(0, said)
    wanted = session.status
    if status is not None:
        if status.ended:
            verb = "complete" if status is Status.COMPLETED else "fail"
            raise Conflict(f"Progress does not end a session: use uploads.{verb}.")
        if status.place < session.status.place:
            raise Conflict(f"The session is {session.status.value} already, and does not go back to {status.value}.")
        wanted = status
    if wanted is Status.INITIATING and reported > 0:
        wanted = Status.UPLOADING
    return replace(session, status=wanted, reported_bytes=reported, updated_ns=now_ns, active_ns=now_ns)
