"""Projects: workspaces with a longer name, a region, and an end before deletion."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from coreshed.catalogue import asset_ledger, item_ledger, ledger, names
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.model import Project
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Invalid, NotPermitted
from coreshed.workspaces import Role
from coreshed.workspaces import Workspace as StoredWorkspace

REGIONS = ("australia-southeast1", "asia-southeast1", "us-west1", "europe-west1")
# In one transaction, which others wait for.
_BATCH = 200
_ASSETS = 1000


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What shall change; None: stays as it is."""

    name: str | None = None
    description: str | None = None
    is_archived: bool | None = None


class Projects:
    """The projects of one installation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create(
        self,
        *,
        caller: Principal,
        name: str,
        description: str | None,
        region: str = REGIONS[0],
        organisation_id: str | None = None,
    ) -> Project:
        """A new project, whose admin is the caller, in the organisation given, or the caller's first.

        Names need not be unique; the workspace gets one that is. Raises NotPermitted, Invalid.
        """
        chosen = self._organisation(caller, organisation_id)
        derived = names.workspace_name(_checked(name))
        with self._ground.database.writing() as rows:
            made = self._ground.workspaces.create_within(
                rows, caller=caller, organisation_id=chosen, name=derived, description=description or ""
            )
            ledger.put_project(rows, made.id, name=name, derived_name=made.name, region=region, archived_ns=None)
            return self._one(rows, made)

    def _organisation(self, caller: Principal, asked: str | None) -> str:
        if asked is None:
            return first_organisation(caller)
        if asked not in caller.organisation_roles:
            raise NotPermitted
        return asked

    def get(self, *, caller: Principal, project_id: str) -> Project:
        """A live project of which the caller is a member."""
        with self._ground.database.reading() as rows:
            key = self._ground.project(rows, caller, project_id, Role.VIEWER)
            return self._of(rows, key)

    def page(self, *, caller: Principal, archived: bool) -> list[Project]:
        """The live projects of which the caller is a member, the newest first; with `archived` those as well."""
        with self._ground.database.reading() as rows:
            readable = {each for found in self._ground.readable(rows, caller).values() for each in found}
            found = self._all(rows, self._ground.workspaces.of_ids(rows, readable))
        return [each for each in found if archived or each.archived_ns is None]

    def update(self, *, caller: Principal, project_id: str, change: ProjectChange) -> Project:
        """Rename, describe, archive or unarchive a project; takes its admin. Raises Invalid."""
        with self._ground.database.writing() as rows:
            key = self._ground.project(rows, caller, project_id, Role.OWNER, archived=True)
            before = self._of(rows, key)
            name = before.name if change.name is None else _checked(change.name)
            derived = None if change.name is None else names.workspace_name(name)
            workspace = self._ground.workspaces.change_within(
                rows, caller=caller, workspace=key, name=derived, description=change.description
            )
            archived_ns = before.archived_ns
            if change.is_archived is not None:
                archived_ns = (before.archived_ns or self._ground.now_ns()) if change.is_archived else None
            if change.is_archived is not None and (archived_ns is None) != (before.archived_ns is None):
                action = "project.archive" if archived_ns else "project.unarchive"
                self._ground.record(rows, caller, key, action, key.workspace_id)
            values = {"derived_name": workspace.name, "region": before.region, "archived_ns": archived_ns}
            ledger.put_project(rows, key.workspace_id, name=name, **values)
            return self._of(rows, key)

    def delete(self, *, caller: Principal, project_id: str) -> int:
        """End a project: its items and their bytes go for good, its workspace softly; takes its admin.

        Returns the bytes that are free again. What a caller who gives up half-way leaves behind, the next one deletes.
        """
        freed = 0
        while True:
            with self._ground.database.writing() as rows:
                key = self._ground.project(rows, caller, project_id, Role.OWNER, archived=True)
                found = _portion(rows, [each.id for each in item_ledger.first_live(rows, key.workspace_id, _BATCH)])
                ended = {"deleted_ns": self._ground.now_ns(), "lifecycle_state": "deleted"}
                item_ledger.change_all(rows, found, ended)
                held = asset_ledger.of_items(rows, found)
                freed += self._ground.remove_assets(rows, [each for some in held.values() for each in some])
                if found:
                    self._ground.record(
                        rows, caller, key, "project.empty", key.workspace_id, items=len(found), freed_bytes=freed
                    )
            if not found:
                self._ground.workspaces.delete(caller=caller, workspace=key)
                return freed

    # Members: an admin here is an owner there

    def require_admin(self, *, caller: Principal, project_id: str) -> WorkspaceKey:
        """The project, for its admin alone."""
        with self._ground.database.reading() as rows:
            return self._ground.project(rows, caller, project_id, Role.OWNER, archived=True)

    # Inside one transaction

    def _of(self, rows: Rows, key: WorkspaceKey) -> Project:
        return self._all(rows, self._ground.workspaces.of_ids(rows, [key.workspace_id]))[0]

    def _one(self, rows: Rows, workspace: StoredWorkspace) -> Project:
        return self._all(rows, [workspace])[0]

    def _all(self, rows: Rows, found: Sequence[StoredWorkspace]) -> list[Project]:
        own = ledger.names_of_projects(rows, [each.id for each in found])
        return [_project(each, own.get(each.id)) for each in found]


def _portion(rows: Rows, item_ids: Sequence[str]) -> list[str]:
    """The first of these items, as many as have few assets together; at least one, if there is one."""
    counts = asset_ledger.counts(rows, item_ids)
    sums = accumulate(counts.get(item_id, 0) for item_id in item_ids)
    return [
        item_id for at, (item_id, sum_) in enumerate(zip(item_ids, sums, strict=True)) if at == 0 or sum_ <= _ASSETS
    ]


def _project(workspace: StoredWorkspace, own: tuple[str, str, str, int | None] | None) -> Project:
    name, derived_name, region, archived_ns = own or (workspace.name, workspace.name, REGIONS[0], None)
    return Project(
        id=workspace.id,
        organisation_id=workspace.organisation_id,
        name=name if workspace.name == derived_name else workspace.name,
        description=workspace.description,
        region=region,
        archived_ns=archived_ns,
        created_ns=workspace.created_ns,
        updated_ns=workspace.updated_ns,
        deleted_ns=workspace.deleted_ns,
    )


def first_organisation(caller: Principal) -> str:
    """The organisation in which a caller makes things who names none. Raises NotPermitted for one who has none."""
    if not caller.organisation_roles:
        raise NotPermitted("You belong to no organization.")
    return min(caller.organisation_roles)


def _checked(name: str) -> str:
    if not names.visible(name):
        raise Invalid("A project needs a name that can be seen.", loc=["body", "name"])
    return name
