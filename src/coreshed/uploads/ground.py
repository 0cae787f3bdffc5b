"""What every service of this room stands on."""

from dataclasses import dataclass
from typing import Any

from coreshed import audit, ids
from coreshed.blobs import Blobs, Dropping, Metering, StorageLinks, Uploads
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import InsufficientRole, NotFound, UnknownWorkspace
from coreshed.quota import Quota
from coreshed.settings import Settings
from coreshed.uploads import ledger
from coreshed.uploads.model import UploadSession, is_upload_id
from coreshed.uploads.port import Ingest
from coreshed.uploads.state import require_open
from coreshed.workspaces import Role, Workspaces

NO_PROJECT = "The project was not found."
NO_SESSION = "The upload session was not found."


@dataclass(frozen=True, slots=True)
class Ground:
    """The rooms below, and the steps that most rules begin or end with."""

    settings: Settings
    database: Database
    clock: Clock
    workspaces: Workspaces
    quota: Quota
    blobs: Blobs
    dropping: Dropping
    staged: Uploads
    metering: Metering
    links: StorageLinks
    ingest: Ingest

    @property
    def lifetime_ns(self) -> int:
        """How long an idle session lives."""
        return self.settings.upload_session_lifetime * NANOSECONDS

    def project(self, rows: Rows, caller: Principal, project_id: str, at_least: Role) -> WorkspaceKey:
        """The project of an id, whatever has become of it; `require_open` says whether it takes uploads.

        Raises NotFound, also for one of another organisation; InsufficientRole.
        """
        if not ids.is_uuid(project_id):
            raise NotFound(NO_PROJECT)
        workspace_id = project_id.lower()
        try:
            workspace = WorkspaceKey(self.workspaces.organisation_of(rows, workspace_id), workspace_id)
        except UnknownWorkspace:
            raise NotFound(NO_PROJECT) from None
        self.require(rows, caller, workspace, at_least, absent=NO_PROJECT)
        return workspace

    def require(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, at_least: Role, *, absent: str) -> None:
        """Raise NotFound for another organisation's, or InsufficientRole; a deleted project has its members still."""
        if workspace.organisation_id not in caller.organisation_roles:
            raise NotFound(absent)
        try:
            self.workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=at_least, deleted=True)
        except UnknownWorkspace:
            permitted = [role.wire for role in Role if role >= at_least]
            raise InsufficientRole(
                "You have no role in the project.", your_role="", permitted_roles=permitted
            ) from None

    def require_open(self, rows: Rows, workspace: WorkspaceKey) -> None:
        """Raise WorkspaceGone where the project is deleted, Conflict where it is archived."""
        require_open(rows, self.workspaces, self.ingest, workspace.workspace_id)

    def session(
        self, rows: Rows, caller: Principal, upload_id: str, at_least: Role = Role.EDITOR, *, lock: bool = False
    ) -> UploadSession:
        """The session of an id; any editor of its project may use it. Raises NotFound, InsufficientRole."""
        read = ledger.lock if lock else ledger.find
        found = read(rows, upload_id) if is_upload_id(upload_id) else None
        if found is None:
            raise NotFound(NO_SESSION)
        self.require(rows, caller, found.workspace, at_least, absent=NO_SESSION)
        return found

    def record(self, rows: Rows, actor_id: str, action: str, session: UploadSession, **detail: Any) -> None:
        """One audit row."""
        audit.record(
            rows,
            at_ns=self.clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=session.organisation_id,
            workspace_id=session.workspace_id,
            target_id=session.id,
            **detail,
        )
