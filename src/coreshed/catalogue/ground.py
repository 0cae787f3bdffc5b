"""What every service of this room stands on: the rooms below, permission, the steps that most rules end with."""

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coreshed import audit, ids
from coreshed.blobs import Blobs, Dropping
from coreshed.blobs.storage import StorageLinks
from coreshed.catalogue import asset_ledger, item_ledger, ledger
from coreshed.catalogue.model import Asset, Collection, Edge, Item
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Conflict, InsufficientRole, NotFound, NotPermitted, UnknownWorkspace
from coreshed.quota import Quota
from coreshed.workspaces import Role, Workspaces

_NO_PROJECT = "The project was not found."


@dataclass(frozen=True, slots=True)
class Ground:
    """The rooms below, and what the services share. link_lifetime: of links to bytes, in seconds."""

    database: Database
    clock: Clock
    workspaces: Workspaces
    quota: Quota
    blobs: Blobs
    dropping: Dropping
    links: StorageLinks
    link_lifetime: int

    def now_ns(self) -> int:
        """The present in whole microseconds, which is what answers print."""
        return self.clock.now_ns() // 1000 * 1000

    # Permission. What is unknown and what is another organisation's answer alike.

    def project(
        self, rows: Rows, caller: Principal, project_id: str, at_least: Role, *, archived: bool = False
    ) -> WorkspaceKey:
        """A project in which the caller has this role or a higher one.

        archived: an archived one may be changed, too. Raises NotFound, WorkspaceGone, NotPermitted for somebody of the
        organisation who is no member, InsufficientRole, Conflict where it is archived and something shall change.
        """
        if not ids.is_uuid(project_id):
            raise NotFound(_NO_PROJECT)
        try:
            organisation_id = self.workspaces.organisation_of(rows, project_id.lower())
        except UnknownWorkspace:
            raise NotFound(_NO_PROJECT) from None
        key = WorkspaceKey(organisation_id, project_id.lower())
        self.require(rows, caller, key, at_least, archived=archived, unknown=_NO_PROJECT)
        return key

    def require(
        self,
        rows: Rows,
        caller: Principal,
        workspace: WorkspaceKey,
        at_least: Role,
        *,
        archived: bool = False,
        unknown: str = _NO_PROJECT,
    ) -> None:
        """The same for a project that exists."""
        if workspace.organisation_id not in caller.organisation_roles:
            raise NotFound(unknown)
        try:
            self.workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=at_least)
        except UnknownWorkspace:
            raise NotPermitted("You are no member of this project.") from None
        except InsufficientRole as error:
            wanted = "an admin" if at_least is Role.OWNER else "an editor or admin"
            raise InsufficientRole(f"This takes {wanted} of the project.", **error.members) from None
        if at_least > Role.VIEWER and not archived and ledger.is_archived(rows, workspace.workspace_id):
            raise Conflict("The project is archived. Unarchive it to change what is in it.")

    def readable(self, rows: Rows, caller: Principal) -> dict[str, set[str]]:
        """Ids of the live projects that the caller may read, by organisation."""
        return {
            organisation_id: set(self.workspaces.accessible(rows, caller=caller, organisation_id=organisation_id))
            for organisation_id in sorted(caller.organisation_roles)
        }

    def item(self, rows: Rows, caller: Principal, item_id: str, at_least: Role, *, lock: bool = False) -> Item:
        """A live item. Raises NotFound and what `project` raises."""
        missing = "The item was not found."
        found = item_ledger.find(rows, item_id.lower(), lock=lock) if ids.is_uuid(item_id) else None
        if found is None or found.deleted_ns is not None:
            raise NotFound(missing)
        self.require(rows, caller, found.workspace, at_least, unknown=missing)
        return found

    def collection(self, rows: Rows, caller: Principal, collection_id: str, at_least: Role) -> Collection:
        """A live collection. Raises NotFound and what `project` raises."""
        missing = "The collection was not found."
        found = ledger.find_collection(rows, collection_id.lower()) if ids.is_uuid(collection_id) else None
        if found is None or found.deleted_ns is not None:
            raise NotFound(missing)
        key = WorkspaceKey(found.organisation_id, found.workspace_id)
        self.require(rows, caller, key, at_least, unknown=missing)
        return found

    def collection_within(self, rows: Rows, workspace: WorkspaceKey, collection_id: str) -> Collection:
        """A live collection of a project. Raises NotFound."""
        found = ledger.find_collection(rows, collection_id.lower()) if ids.is_uuid(collection_id) else None
        if found is None or found.deleted_ns is not None or found.workspace_id != workspace.workspace_id:
            raise NotFound("The collection was not found in this project.")
        return found

    # What most changes end with

    def new_stac_id(self, rows: Rows, workspace: WorkspaceKey, asked: str | None, made: str) -> str:
        """The STAC id that was asked for, or the one made for the item. Raises Conflict where it is taken."""
        if asked is None:
            return made
        if item_ledger.stac_id_taken(rows, workspace.workspace_id, asked):
            raise Conflict(f"The project has an item of the STAC id {asked!r} already.")
        return asked

    def remove_assets(self, rows: Rows, found: Some[Asset]) -> int:
        """Delete assets: their holds go, then the content that nothing else holds, and what they took is free again.

        Returns the bytes.
        """
        if not found:
            return 0
        self.blobs.release_all(rows, [hold_of(asset.id) for asset in found])
        # Links to them may be in use.
        self.dropping.drop(rows, {asset.blob_id for asset in found}, readers=True)
        freed: dict[WorkspaceKey, int] = {}
        for asset in found:
            key = WorkspaceKey(asset.organisation_id, asset.workspace_id)
            freed[key] = freed.get(key, 0) + (asset.size if asset.charged else 0)
        asset_ledger.remove(rows, [asset.id for asset in found])
        for key, size in freed.items():
            if size:
                self.quota.free(rows, key.organisation_id, key.workspace_id, size)
        return sum(freed.values())

    def record(
        self, rows: Rows, caller: Principal, workspace: WorkspaceKey, action: str, target_id: str, **detail: Any
    ) -> None:
        """One audit row."""
        audit.record(
            rows,
            at_ns=self.clock.now_ns(),
            actor_id=caller.user_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=target_id,
            **detail,
        )

    def link(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, edges: Sequence[Edge]) -> None:
        """Record where things came from."""
        asset_ledger.record(
            rows, edges, workspace_id=workspace.workspace_id, at_ns=self.now_ns(), actor_id=caller.user_id
        )


def hold_of(asset_id: str) -> str:
    """Who holds the blob of an asset."""
    return f"asset:{asset_id}"
