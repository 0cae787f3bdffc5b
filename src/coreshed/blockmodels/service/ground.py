"""What every service of this room stands on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from coreshed import audit
from coreshed.blobs import Blobs, Contents, Links
from coreshed.blockmodels import ledger
from coreshed.blockmodels.blocks import Blocks
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.sql.limits import SqlLimits
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Jobs
from coreshed.objects import References
from coreshed.problems import Gone, NotFound
from coreshed.wire_common import User
from coreshed.workspaces import Role, WorkspaceAccess, Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The rooms below, and the steps that most rules begin or end with.

    Whoever changes a model takes the paths of its workspace first (`references.lock`), then the model: names of models
    and paths of reference objects are decided under the same lock.
    """

    database: Database
    workspaces: Workspaces
    identity: Identity
    references: References
    jobs: Jobs
    blocks: Blocks
    blobs: Blobs
    links: Links
    contents: Contents
    clock: Clock
    public_url: str
    sql_limits: SqlLimits = SqlLimits()

    def require(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, role: Role) -> WorkspaceAccess:
        """The caller's access to the workspace. Raises UnknownWorkspace, WorkspaceGone, InsufficientRole."""
        return self.workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=role)

    def model(self, rows: Rows, workspace: WorkspaceKey, model_id: str, *, lock: bool = False) -> StoredModel:
        """A model in whatever state. Raises NotFound."""
        found = ledger.find_model(rows, model_id, workspace, lock=lock)
        if found is None:
            raise NotFound(f"Block model {model_id} not found.")
        return found

    def live(self, rows: Rows, workspace: WorkspaceKey, model_id: str, *, lock: bool = False) -> StoredModel:
        """A model that is not deleted. Raises NotFound, Gone."""
        found = self.model(rows, workspace, model_id, lock=lock)
        if found.deleted_ns is not None:
            raise Gone(f"Block model {model_id} has been deleted.")
        return found

    def users(self, rows: Rows, people: Collection[str]) -> dict[str, User]:
        """How answers name users."""
        return self.identity.user_cards(rows, people)

    def audit(self, rows: Rows, actor_id: str, model: StoredModel, action: str, **detail: Any) -> None:
        """One audit row for a change of a model."""
        audit.record(
            rows,
            at_ns=self.clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=model.organisation_id,
            workspace_id=model.workspace_id,
            target_id=model.id,
            **detail,
        )
