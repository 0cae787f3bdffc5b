"""What every service of this room stands on."""

from dataclasses import dataclass

from coreshed import audit
from coreshed.blobs import Blobs, Links
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import ledger
from coreshed.objects.ledger import StoredObject
from coreshed.problems import NotFound
from coreshed.settings import Settings
from coreshed.workspaces import Role, WorkspaceAccess, Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The rooms below, and the three steps that most rules begin or end with."""

    database: Database
    workspaces: Workspaces
    identity: Identity
    blobs: Blobs
    links: Links
    clock: Clock
    settings: Settings
    public_url: str

    def require(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, role: Role) -> WorkspaceAccess:
        """The caller's access to the workspace. Raises UnknownWorkspace, WorkspaceGone, InsufficientRole."""
        return self.workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=role)

    def live(self, rows: Rows, workspace: WorkspaceKey, object_id: str, *, lock: bool = False) -> StoredObject:
        """An object that exists and is not deleted. Raises NotFound."""
        stored = ledger.by_id(rows, workspace, object_id, lock=lock)
        if stored is None or stored.deleted_ns is not None:
            raise NotFound("The object was not found in this workspace.", object_id=object_id)
        return stored

    def audit(
        self, rows: Rows, actor_id: str, workspace: WorkspaceKey, object_id: str, action: str, **detail: str | None
    ) -> None:
        """One audit row for a change of one object."""
        audit.record(
            rows,
            at_ns=self.clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=object_id,
            **detail,
        )
