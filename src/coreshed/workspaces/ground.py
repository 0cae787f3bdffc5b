"""What every service of this room stands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coreshed import audit
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import (
    InsufficientRole,
    Invalid,
    LastOwner,
    NotFound,
    NotPermitted,
    UnknownWorkspace,
    WorkspaceGone,
)
from coreshed.wire_common import User
from coreshed.workspaces import ledger, roles
from coreshed.workspaces.roles import Role, WorkspaceAccess

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class Described:
    """A workspace with what its answer needs beside it; `role` is None where an administrator sees it without one."""

    workspace: ledger.Workspace
    role: Role | None
    created_by: User
    updated_by: User


@dataclass(frozen=True, slots=True)
class Ground:
    """The rooms below, and the steps that most rules begin or end with."""

    database: Database
    clock: Clock
    identity: Identity

    def now_ns(self) -> int:
        """The present in whole microseconds, which is what answers print: a client finds a time by what it has read."""
        return self.clock.now_ns() // 1000 * 1000

    # Permission

    def access(self, rows: Rows, caller: Principal, workspace: WorkspaceKey) -> tuple[WorkspaceAccess, bool]:
        """The caller's access to a workspace, and whether it is deleted. Raises UnknownWorkspace."""
        found = ledger.access(rows, workspace, caller.user_id)
        if found is None or workspace.organisation_id not in caller.organisation_roles:
            raise UnknownWorkspace
        return found

    def require_role(
        self, rows: Rows, caller: Principal, workspace: WorkspaceKey, at_least: Role, *, deleted: bool = False
    ) -> WorkspaceAccess:
        """The caller's access to a live workspace, with `deleted` to a deleted one, too.

        Raises UnknownWorkspace, WorkspaceGone, InsufficientRole.
        """
        access, is_deleted = self.access(rows, caller, workspace)
        if is_deleted and not deleted:
            raise WorkspaceGone
        roles.require(access.role, at_least)
        return access

    # Members

    def member_id(self, rows: Rows, organisation_id: str, *, user_id: str | None, email: str | None) -> str:
        """Id of an enabled member of the organisation. Raises Invalid."""
        user = self.identity.member(rows, organisation_id=organisation_id, user_id=user_id, email=email)
        if user is None:
            raise Invalid("Only enabled members of the organisation can be given a role in its workspaces.")
        return user.id

    def set_role(self, rows: Rows, actor_id: str, access: WorkspaceAccess, user_id: str, role: Role | None) -> None:
        """Turn the user's role into `role`, None: take it away. The workspace is held, so that not all owners leave.

        Raises InsufficientRole, NotFound, LastOwner.
        """
        present = ledger.member_roles(rows, access.workspace_id)
        current = present.get(user_id)
        roles.require(access.role, roles.needed_to_change(current, role))
        if current is None and role is None:
            raise NotFound("The user has no role in the workspace.")
        if current is Role.OWNER and role is not Role.OWNER and not self.has_other_owner(rows, present, user_id):
            raise LastOwner
        key = WorkspaceKey(access.organisation_id, access.workspace_id)
        if role is None:
            ledger.remove_member(rows, access.workspace_id, user_id)
            self.record(rows, actor_id, key, "member.remove", target_id=user_id)
        else:
            ledger.set_role(rows, access.workspace_id, user_id, role)
            self.record(rows, actor_id, key, "member.assign", target_id=user_id, role=role.wire)

    def has_other_owner(self, rows: Rows, present: Mapping[str, Role], user_id: str) -> bool:
        """Whether one of these members owns the workspace beside this user, and is enabled: others cannot act."""
        owners = {each for each, role in present.items() if role is Role.OWNER and each != user_id}
        return bool(self.identity.enabled_among(rows, owners))

    def members(self, rows: Rows, workspace_id: str, user_id: str | None) -> list[tuple[User, Role]]:
        """Who has a role in a workspace, one user or all, ordered by address."""
        found = ledger.member_roles(rows, workspace_id, user_id)
        cards = self.identity.user_cards(rows, found)
        return sorted(((cards[each], role) for each, role in found.items()), key=lambda pair: pair[0].email or "")

    # Answers and the audit

    def describe(self, rows: Rows, found: Sequence[tuple[ledger.Workspace, Role | None]]) -> list[Described]:
        """Workspaces with the people that they name."""
        people = {user for each, _ in found for user in (each.created_by, each.updated_by)}
        cards = self.identity.user_cards(rows, people)
        return [Described(each, role, cards[each.created_by], cards[each.updated_by]) for each, role in found]

    def describe_one(self, rows: Rows, workspace_id: str, role: Role | None) -> Described:
        """One workspace, live or deleted. Raises UnknownWorkspace."""
        found = ledger.find(rows, workspace_id)
        if found is None:
            raise UnknownWorkspace
        return self.describe(rows, [(found, role)])[0]

    def record(
        self,
        rows: Rows,
        actor_id: str,
        workspace: WorkspaceKey,
        action: str,
        *,
        target_id: str | None = None,
        **detail: Any,
    ) -> None:
        """One audit row for a change of a workspace."""
        audit.record(
            rows,
            at_ns=self.clock.now_ns(),
            actor_id=actor_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=target_id or workspace.workspace_id,
            **detail,
        )


def require_member(caller: Principal, organisation_id: str) -> None:
    """Raises NotPermitted for an organisation that is unknown or somebody else's; the two answer alike."""
    if organisation_id not in caller.organisation_roles:
        raise NotPermitted


def require_administrator(caller: Principal, organisation_id: str) -> None:
    """Raises NotPermitted as for members, and InsufficientRole for those who are members alone."""
    require_member(caller, organisation_id)
    role = caller.organisation_roles[organisation_id]
    if role != ADMINISTRATOR:
        raise InsufficientRole(your_role=role, permitted_roles=[ADMINISTRATOR])
