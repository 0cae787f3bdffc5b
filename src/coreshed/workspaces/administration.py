"""What administrators of an organisation may do in every workspace of it, with or without a role there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from coreshed import audit
from coreshed.audit import Event, Wanted
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound, UnknownWorkspace, WorkspaceGone
from coreshed.wire_common import User
from coreshed.workspaces import ledger
from coreshed.workspaces.ground import Described, Ground, require_administrator
from coreshed.workspaces.ledger import Thumbnail
from coreshed.workspaces.listing import ListQuery
from coreshed.workspaces.roles import Role, WorkspaceAccess


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role to give: ids as canonical text."""

    workspace_id: str
    user_id: str
    role: Role


class Administration:
    """Every workspace of an organisation, as its administrators see and change it: like owners."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # Workspaces

    def page(self, *, caller: Principal, organisation_id: str, asked: ListQuery) -> tuple[list[Described], int]:
        """One page of all workspaces of the organisation, each with the caller's own role, and the total."""
        require_administrator(caller, organisation_id)
        with self._ground.database.reading() as rows:
            found, total = ledger.page(rows, organisation_id, caller.user_id, asked, everyones=True)
            return self._ground.describe(rows, found), total

    def page_of_user(
        self, *, caller: Principal, organisation_id: str, user_id: str, asked: ListQuery
    ) -> tuple[list[Described], int]:
        """One page of the workspaces in which a member has a role, with this role, and the total. Raises NotFound."""
        require_administrator(caller, organisation_id)
        with self._ground.database.reading() as rows:
            self._ground.identity.memberships.find(rows, organisation_id, user_id)
            found, total = ledger.page(rows, organisation_id, user_id, asked)
            return self._ground.describe(rows, found), total

    def get(self, *, caller: Principal, workspace: WorkspaceKey, deleted: bool) -> Described:
        """A live workspace, or with `deleted` a deleted one. Raises UnknownWorkspace, WorkspaceGone."""
        require_administrator(caller, workspace.organisation_id)
        with self._ground.database.reading() as rows:
            found = self._find(rows, workspace)
            is_deleted = found.deleted_ns is not None
            if is_deleted and not deleted:
                raise WorkspaceGone
            if deleted and not is_deleted:
                raise UnknownWorkspace("No deleted workspace has this id.")
            own = ledger.member_roles(rows, workspace.workspace_id, caller.user_id).get(caller.user_id)
            return self._ground.describe(rows, [(found, own)])[0]

    def thumbnail(self, *, caller: Principal, workspace: WorkspaceKey) -> Thumbnail:
        """The picture of a live workspace. Raises NotFound."""
        require_administrator(caller, workspace.organisation_id)
        with self._ground.database.reading() as rows:
            self._as_owner(rows, workspace)
            picture = ledger.thumbnail(rows, workspace.workspace_id)
        if picture is None:
            raise NotFound("The workspace has no thumbnail.")
        return picture

    def enable_ml(self, *, caller: Principal, organisation_id: str, wanted: Sequence[tuple[str, bool]]) -> None:
        """Let machine learning use workspaces, or not: all of them or, where one is unknown, none."""
        require_administrator(caller, organisation_id)
        with self._ground.database.writing() as rows:
            for workspace_id, enabled in sorted(dict(wanted).items()):
                key = WorkspaceKey(organisation_id, workspace_id)
                ledger.hold(rows, workspace_id)
                self._as_owner(rows, key)
                stamp = {"updated_ns": self._ground.now_ns(), "updated_by": caller.user_id}
                ledger.change(rows, workspace_id, ml_enabled=enabled, **stamp)
                self._ground.record(rows, caller.user_id, key, "workspace.ml", ml_enabled=enabled)

    def created_ns(self, *, caller: Principal, organisation_id: str) -> int:
        """When the organisation was created."""
        require_administrator(caller, organisation_id)
        with self._ground.database.reading() as rows:
            found = self._ground.identity.organisations_of(rows, caller)
        return next(each.created_ns for each in found if each.id == organisation_id)

    # The audit

    def audit(
        self, *, caller: Principal, organisation_id: str, wanted: Wanted
    ) -> tuple[list[tuple[Event, User]], bool]:
        """Changes in the organisation with who made them, the newest first, and whether there are older ones."""
        require_administrator(caller, organisation_id)
        asked = replace(wanted, organisation_id=organisation_id, limit=wanted.limit + 1)
        with self._ground.database.reading() as rows:
            found = audit.search(rows, asked)
            actors = self._ground.identity.user_cards(rows, {each.actor_id for each in found})
        return [(each, actors[each.actor_id]) for each in found[: wanted.limit]], len(found) > wanted.limit

    def audit_as_operator(self, *, wanted: Wanted) -> list[tuple[Event, User]]:
        """Changes in the whole installation with who made them, the newest first."""
        with self._ground.database.reading() as rows:
            found = audit.search(rows, wanted)
            actors = self._ground.identity.user_cards(rows, {each.actor_id for each in found})
        return [(each, actors[each.actor_id]) for each in found]

    # Their members

    def members(self, *, caller: Principal, workspace: WorkspaceKey, user_id: str | None) -> list[tuple[User, Role]]:
        """Who has a role in a live workspace, one user or all."""
        require_administrator(caller, workspace.organisation_id)
        with self._ground.database.reading() as rows:
            self._as_owner(rows, workspace)
            return self._ground.members(rows, workspace.workspace_id, user_id)

    def assign(
        self, *, caller: Principal, workspace: WorkspaceKey, user_id: str | None, email: str | None, role: Role
    ) -> str:
        """Give a member of the organisation a role in a workspace; returns their id. Raises Invalid, LastOwner.

        In a deleted one as well: all its owners may have left, and only an owner restores it.
        """
        require_administrator(caller, workspace.organisation_id)
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, workspace.organisation_id)
            ledger.hold(rows, workspace.workspace_id)
            access = self._as_owner(rows, workspace, deleted=True)
            found = self._ground.member_id(rows, workspace.organisation_id, user_id=user_id, email=email)
            self._ground.set_role(rows, caller.user_id, access, found, role)
        return found

    def assign_many(self, *, caller: Principal, organisation_id: str, wanted: Sequence[Assignment]) -> None:
        """`assign` in several workspaces, in order: all of them or, where one is refused, none."""
        require_administrator(caller, organisation_id)
        with self._ground.database.writing() as rows:
            self._ground.identity.hold_organisation(rows, organisation_id)
            for workspace_id in sorted({each.workspace_id for each in wanted}):  # two such calls never wait in a circle
                ledger.hold(rows, workspace_id)
            for each in wanted:
                access = self._as_owner(rows, WorkspaceKey(organisation_id, each.workspace_id), deleted=True)
                user_id = self._ground.member_id(rows, organisation_id, user_id=each.user_id, email=None)
                self._ground.set_role(rows, caller.user_id, access, user_id, each.role)

    def remove(self, *, caller: Principal, workspace: WorkspaceKey, user_id: str) -> None:
        """Take a user's role in a live workspace away. Raises NotFound, LastOwner."""
        require_administrator(caller, workspace.organisation_id)
        with self._ground.database.writing() as rows:
            ledger.hold(rows, workspace.workspace_id)
            self._ground.set_role(rows, caller.user_id, self._as_owner(rows, workspace), user_id, None)

    # Inside one transaction

    def _find(self, rows: Rows, workspace: WorkspaceKey) -> ledger.Workspace:
        found = ledger.find(rows, workspace.workspace_id)
        if found is None or found.organisation_id != workspace.organisation_id:
            raise UnknownWorkspace
        return found

    def _as_owner(self, rows: Rows, workspace: WorkspaceKey, *, deleted: bool = False) -> WorkspaceAccess:
        """What an owner has of the live workspace, with `deleted` of a deleted one as well.

        Raises UnknownWorkspace, WorkspaceGone.
        """
        found = self._find(rows, workspace)
        if found.deleted_ns is not None and not deleted:
            raise WorkspaceGone
        return WorkspaceAccess(found.id, found.organisation_id, Role.OWNER, found.name, found.default_coordinate_system)
