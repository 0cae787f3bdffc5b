"""The rules of workspaces: who may see, change, delete and share them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from coreshed import ids, paths
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import OPERATOR, Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import AlreadyExists, UnknownWorkspace, WorkspaceGone
from coreshed.wire_common import BoundingBox, User
from coreshed.workspaces import ledger, roles
from coreshed.workspaces.administration import Administration
from coreshed.workspaces.entitlements import Entitlements
from coreshed.workspaces.ground import Described, Ground, require_member
from coreshed.workspaces.listing import ListQuery
from coreshed.workspaces.people import People
from coreshed.workspaces.reference import Reference
from coreshed.workspaces.roles import Role, WorkspaceAccess
from coreshed.workspaces.thumbnails import Thumbnails
from coreshed.workspaces.wire import (
    AssignRole,
    CreateWorkspace,
    UpdateWorkspace,
    check_rectangle,
    named,
    named_user,
)

MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored workspace's name, and whether it had another one before it was deleted."""

    name: str
    renamed: bool


class Workspaces:
    """The workspaces of one installation."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._ground = Ground(database, clock, identity)
        self._database = database
        self._identity = identity
        self.thumbnails = Thumbnails(self._ground)
        self.people = People(self._ground)
        self.administration = Administration(self._ground)
        self.entitlements = Entitlements(self._ground)
        self.reference = Reference(self._ground)

    # What other rooms ask

    def require_role(
        self, rows: Rows, *, caller: Principal, workspace: WorkspaceKey, at_least: Role, deleted: bool = False
    ) -> WorkspaceAccess:
        """The caller's access to a live workspace, in one statement; with `deleted` a deleted one will do.

        Raises UnknownWorkspace where there is none, it is another organisation's, or the caller has no role in it:
        the three answer alike; WorkspaceGone where it is deleted; InsufficientRole.
        """
        return self._ground.require_role(rows, caller, workspace, at_least, deleted=deleted)

    def role_still(self, rows: Rows, *, user_id: str, workspace_id: str) -> Role | None:
        """The role of somebody who comes with a link that was made for them; None without one, and where disabled."""
        role = ledger.member_roles(rows, workspace_id, user_id).get(user_id)
        return role if role is None or self._identity.enabled_among(rows, [user_id]) else None

    def require_live(self, rows: Rows, workspace_id: str) -> None:
        """Raise WorkspaceGone for a workspace that is deleted, for those who come with a link and not with a role."""
        if not ledger.is_live(rows, workspace_id):
            raise WorkspaceGone

    def deleted_among(self, rows: Rows, workspace_ids: Collection[str]) -> set[str]:
        """Those of these workspaces that are deleted."""
        return {each.id for each in ledger.of_ids(rows, workspace_ids) if each.deleted_ns is not None}

    def organisation_of(self, rows: Rows, workspace_id: str) -> str:
        """Id of the organisation that a workspace belongs to. Raises UnknownWorkspace."""
        found = ledger.find(rows, workspace_id)
        if found is None:
            raise UnknownWorkspace
        return found.organisation_id

    def coordinate_system_of(self, rows: Rows, workspace_id: str) -> str:
        """The default coordinate system of a live workspace, empty where it has none. Raises WorkspaceGone."""
        self.require_live(rows, workspace_id)
        found = ledger.find(rows, workspace_id)
        return "" if found is None else found.default_coordinate_system

    def hold(self, rows: Rows, workspace_id: str) -> None:
        """Make other holders of the workspace wait until this change ends, for rules that no constraint can state."""
        ledger.hold(rows, workspace_id)

    def birth(self, rows: Rows, workspace_id: str) -> tuple[int, str]:
        """When a workspace was created, and by whom. Raises UnknownWorkspace."""
        found = ledger.find(rows, workspace_id)
        if found is None:
            raise UnknownWorkspace
        return found.created_ns, found.created_by

    def accessible(self, rows: Rows, *, caller: Principal, organisation_id: str) -> dict[str, WorkspaceAccess]:
        """The organisation's live workspaces in which the caller has a role, by id. Raises NotPermitted."""
        require_member(caller, organisation_id)
        return ledger.accessible(rows, organisation_id, caller.user_id)

    def all_of_organisation(
        self, rows: Rows, *, caller: Principal, organisation_id: str
    ) -> dict[str, tuple[str, Role | None]]:
        """Name and the caller's role, by id, of the live workspaces: all for an administrator of the organisation,
        their own for its members. Raises NotPermitted.
        """
        own = self.accessible(rows, caller=caller, organisation_id=organisation_id)
        if caller.organisation_roles[organisation_id] != "admin":
            return {workspace_id: (access.name, access.role) for workspace_id, access in own.items()}
        return {
            workspace_id: (name, own[workspace_id].role if workspace_id in own else None)
            for workspace_id, name in ledger.names(rows, organisation_id).items()
        }

    def first_of(self, rows: Rows, *, organisation_id: str) -> str | None:
        """Id of the organisation's oldest live workspace."""
        return ledger.first(rows, organisation_id)

    def default_for(self, caller: Principal) -> str | None:
        """Id of the workspace that a caller begins with: the oldest in which they may write, else the oldest of theirs.

        Of several organisations the one with the lowest id is looked at, as in the claims of the upload clients.
        """
        organisation_id = min(caller.organisation_roles, default=None)
        if organisation_id is None:
            return None
        with self._database.reading() as rows:
            own = ledger.accessible(rows, organisation_id, caller.user_id)
        writable = (workspace_id for workspace_id, access in own.items() if access.role >= Role.EDITOR)
        return next(writable, next(iter(own), None))

    def create_first(self, rows: Rows, *, organisation_id: str, owner_id: str, name: str) -> str:
        """The workspace of a first start, in the transaction of `Identity.bootstrap`. Returns its id."""
        return self._create(rows, owner_id, organisation_id, CreateWorkspace(name), actor_id=OPERATOR).id

    # Projects, which are workspaces

    def of_ids(self, rows: Rows, workspace_ids: Collection[str]) -> list[ledger.Workspace]:
        """The workspaces of these ids, live or deleted, the newest first."""
        return ledger.of_ids(rows, workspace_ids)

    def create_within(
        self, rows: Rows, *, caller: Principal, organisation_id: str, name: str, description: str
    ) -> ledger.Workspace:
        """A new workspace owned by the caller; where the name is taken it gets the next free `name (2)`.

        Raises NotPermitted.
        """
        require_member(caller, organisation_id)
        self._identity.hold_organisation(rows, organisation_id)
        asked = CreateWorkspace(self._free_name(rows, organisation_id, name), description)
        return self._create(rows, caller.user_id, organisation_id, asked, actor_id=caller.user_id)

    def change_within(
        self, rows: Rows, *, caller: Principal, workspace: WorkspaceKey, name: str | None, description: str | None
    ) -> ledger.Workspace:
        """Name, as `create_within` does it, and describe a live workspace; None: as it is. Permission is the caller's
        part. Raises UnknownWorkspace.
        """
        self._identity.hold_organisation(rows, workspace.organisation_id)
        before = self._ground.describe_one(rows, workspace.workspace_id, None).workspace
        changed: dict[str, Any] = {} if description is None else {"description": description}
        if name is not None and paths.key(name) != before.name_key:
            free = self._free_name(rows, workspace.organisation_id, name)
            changed |= {"name": free, "name_key": paths.key(free)}
        self._change(rows, caller, workspace, "workspace.update", changed, fields=sorted(changed))
        return self._ground.describe_one(rows, workspace.workspace_id, None).workspace

    # Workspaces

    def create(self, *, caller: Principal, organisation_id: str, asked: CreateWorkspace) -> Described:
        """A new workspace, owned by the caller. Raises NotPermitted, Invalid, AlreadyExists."""
        require_member(caller, organisation_id)
        if asked.bounding_box is not None:
            check_rectangle(asked.bounding_box)
        with self._database.writing() as rows:
            created = self._create(rows, caller.user_id, organisation_id, asked, actor_id=caller.user_id)
            return self._ground.describe(rows, [(created, Role.OWNER)])[0]

    def page(self, *, caller: Principal, organisation_id: str, asked: ListQuery) -> tuple[list[Described], int]:
        """One page of the workspaces in which the caller has a role, and the total. Raises NotPermitted."""
        require_member(caller, organisation_id)
        with self._database.reading() as rows:
            found, total = ledger.page(rows, organisation_id, caller.user_id, asked)
            return self._ground.describe(rows, found), total

    def get(self, *, caller: Principal, workspace: WorkspaceKey, deleted: bool) -> Described:
        """A live workspace, or with `deleted` a deleted one. Raises UnknownWorkspace, WorkspaceGone."""
        with self._database.reading() as rows:
            access, is_deleted = self._ground.access(rows, caller, workspace)
            if is_deleted and not deleted:
                raise WorkspaceGone
            if deleted and not is_deleted:
                raise UnknownWorkspace("No deleted workspace has this id.")
            return self._ground.describe_one(rows, access.workspace_id, access.role)

    def update(self, *, caller: Principal, workspace: WorkspaceKey, asked: UpdateWorkspace) -> Described:
        """Change what is given; takes an editor. Raises Invalid, AlreadyExists."""
        if isinstance(asked.bounding_box, BoundingBox):
            check_rectangle(asked.bounding_box)
        with self._database.writing() as rows:
            if asked.name is not UNSET:
                self._identity.hold_organisation(rows, workspace.organisation_id)
            access = self.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            changed = _changed(asked)
            if "name_key" in changed:
                self._require_free(rows, workspace.organisation_id, changed["name_key"], but=workspace.workspace_id)
            if changed:
                self._change(rows, caller, workspace, "workspace.update", changed, fields=sorted(changed))
            return self._ground.describe_one(rows, access.workspace_id, access.role)

    def delete(self, *, caller: Principal, workspace: WorkspaceKey) -> None:
        """Delete softly; takes an owner. A repeat changes nothing, because transports repeat lost requests."""
        with self._database.writing() as rows:
            ledger.hold(rows, workspace.workspace_id)
            access, deleted = self._ground.access(rows, caller, workspace)
            roles.require(access.role, Role.OWNER)
            if not deleted:
                end = {"deleted_ns": self._ground.now_ns(), "deleted_by": caller.user_id}
                ledger.change(rows, workspace.workspace_id, **end)
                self._ground.record(rows, caller.user_id, workspace, "workspace.delete")

    def restore(self, *, caller: Principal, workspace: WorkspaceKey) -> Restored:
        """Undo a deletion; takes an owner. Where the name is taken by now, the next free `name (2)` is given.

        A workspace that lives stays as it is.
        """
        with self._database.writing() as rows:
            self._identity.hold_organisation(rows, workspace.organisation_id)
            access, deleted = self._ground.access(rows, caller, workspace)
            roles.require(access.role, Role.OWNER)
            if not deleted:
                return Restored(access.name, renamed=False)
            name = self._free_name(rows, workspace.organisation_id, access.name)
            changed = {"name": name, "name_key": paths.key(name), "deleted_ns": None, "deleted_by": None}
            self._change(rows, caller, workspace, "workspace.restore", changed, name=name)
            return Restored(name, renamed=name != access.name)

    # Members

    def role(self, *, caller: Principal, workspace: WorkspaceKey) -> Role:
        """The caller's own role."""
        with self._database.reading() as rows:
            return self.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER).role

    def members(self, *, caller: Principal, workspace: WorkspaceKey, user_id: str | None) -> list[tuple[User, Role]]:
        """Who has a role, one user or all, ordered by address; takes a viewer."""
        with self._database.reading() as rows:
            self.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            return self._ground.members(rows, workspace.workspace_id, user_id)

    def assign(self, *, caller: Principal, workspace: WorkspaceKey, asked: AssignRole) -> tuple[str, Role]:
        """Give a member of the organisation a role in place of any other; returns the user's id and the role.

        Takes an editor, and an owner where either role is owner. Raises Invalid, LastOwner.
        """
        role = Role.read(asked.role)
        user_id = named_user(asked)
        with self._database.writing() as rows:
            self._identity.hold_organisation(rows, workspace.organisation_id)  # nobody's membership ends meanwhile
            ledger.hold(rows, workspace.workspace_id)
            access = self.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            user_id = self._ground.member_id(rows, workspace.organisation_id, user_id=user_id, email=asked.email)
            self._ground.set_role(rows, caller.user_id, access, user_id, role)
        return user_id, role

    def remove(self, *, caller: Principal, workspace: WorkspaceKey, user_id: str) -> None:
        """Take a user's role away; takes an editor, or an owner for an owner. Raises NotFound, LastOwner."""
        with self._database.writing() as rows:
            ledger.hold(rows, workspace.workspace_id)
            access = self.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            self._ground.set_role(rows, caller.user_id, access, user_id, None)

    # On the command line

    def create_as_operator(self, *, organisation_id: str, name: str, owner_email: str) -> str:
        """`create` for a member of the organisation; returns the id. Raises NotFound, Invalid, AlreadyExists."""
        owner = self._identity.acting_as(email=owner_email)
        return self.create(caller=owner, organisation_id=organisation_id, asked=named(name)).workspace.id

    def find_as_operator(self, *, organisation_id: str, id_or_name: str) -> str:
        """Id of a workspace: a live one by id or name, a deleted one by its id. Raises UnknownWorkspace."""
        wanted = paths.key(id_or_name)
        with self._database.reading() as rows:
            deleted = ledger.find(rows, wanted)
            if deleted is not None and deleted.organisation_id == organisation_id:
                return deleted.id
            for workspace_id, name in ledger.names(rows, organisation_id).items():
                if wanted in {workspace_id, paths.key(name)}:
                    return workspace_id
        raise UnknownWorkspace

    def names_as_operator(self, rows: Rows, *, organisation_id: str) -> dict[str, str]:
        """Name by id of the organisation's live workspaces."""
        return ledger.names(rows, organisation_id)

    def assign_as_operator(self, *, workspace_id: str, email: str, role: Role) -> None:
        """`assign` on the command line, as an owner would. Raises UnknownWorkspace, Invalid, LastOwner."""
        with self._database.writing() as rows:
            found = ledger.find(rows, workspace_id)
            if found is None:
                raise UnknownWorkspace
            self._identity.hold_organisation(rows, found.organisation_id)
            ledger.hold(rows, workspace_id)
            user_id = self._ground.member_id(rows, found.organisation_id, user_id=None, email=email)
            access = WorkspaceAccess(
                found.id, found.organisation_id, Role.OWNER, found.name, found.default_coordinate_system
            )
            self._ground.set_role(rows, OPERATOR, access, user_id, role)

    # Inside one transaction

    def _create(
        self, rows: Rows, owner_id: str, organisation_id: str, asked: CreateWorkspace, *, actor_id: str
    ) -> ledger.Workspace:
        self._identity.hold_organisation(rows, organisation_id)
        self._require_free(rows, organisation_id, paths.key(asked.name), but=None)
        now_ns = self._ground.now_ns()
        created = ledger.Workspace(
            id=ids.new_id(),
            organisation_id=organisation_id,
            name=asked.name,
            name_key=paths.key(asked.name),
            description=asked.description or "",
            default_coordinate_system=asked.default_coordinate_system or "",
            bounding_box=_json(asked.bounding_box),
            labels=_json(asked.labels or []) or "[]",
            ml_enabled=False,
            created_ns=now_ns,
            created_by=owner_id,
            updated_ns=now_ns,
            updated_by=owner_id,
        )
        ledger.insert_workspace(rows, created)
        ledger.set_role(rows, created.id, owner_id, Role.OWNER)
        self._ground.record(
            rows, actor_id, WorkspaceKey(organisation_id, created.id), "workspace.create", name=created.name
        )
        return created

    def _change(
        self, rows: Rows, caller: Principal, workspace: WorkspaceKey, action: str, values: dict[str, Any], **detail: Any
    ) -> None:
        stamp = {"updated_ns": self._ground.now_ns(), "updated_by": caller.user_id}
        ledger.change(rows, workspace.workspace_id, **values, **stamp)
        self._ground.record(rows, caller.user_id, workspace, action, **detail)

    def _require_free(self, rows: Rows, organisation_id: str, name_key: str, *, but: str | None) -> None:
        if ledger.name_taken(rows, organisation_id, name_key, but):
            raise AlreadyExists("The organisation already has a workspace of this name. Choose another one.")

    def _free_name(self, rows: Rows, organisation_id: str, name: str) -> str:
        """The name itself where it is free, else with the first free number from 2 on, cut to the longest allowed."""
        candidate, number = name, 1
        while ledger.name_taken(rows, organisation_id, paths.key(candidate)):
            number += 1
            suffix = f" ({number})"
            candidate = name[: MAX_NAME - len(suffix)] + suffix
        return candidate


def _changed(asked: UpdateWorkspace) -> dict[str, Any]:
    """The columns that an update sets."""
    values: dict[str, Any] = {}
    if asked.name is not UNSET:
        values |= {"name": asked.name, "name_key": paths.key(asked.name)}
    if asked.description is not UNSET:
        values["description"] = asked.description or ""
    if asked.default_coordinate_system is not UNSET:
        values["default_coordinate_system"] = asked.default_coordinate_system or ""
    if asked.bounding_box is not UNSET:
        values["bounding_box"] = _json(asked.bounding_box)
    if asked.labels is not UNSET:
        values["labels"] = _json(asked.labels or [])
    return values


def _json(value: object) -> str | None:
    """JSON text for a column; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()
