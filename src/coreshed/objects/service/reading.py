"""Reading objects and their versions."""

from collections.abc import Sequence
from typing import Any

from coreshed import ids, paths
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, ledger, presentation, wire
from coreshed.objects.ledger import StoredObject
from coreshed.objects.service.ground import Ground
from coreshed.objects.stages import STAGES
from coreshed.problems import Invalid, NotFound, NotPermitted, UnknownVersion
from coreshed.workspaces import Role

MAX_LATEST = 500
MAX_NAMED_VERSIONS = 100


class Reading:
    """Objects, their versions and stages, as callers see them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def require_live(self, rows: Rows, *, workspace: WorkspaceKey, object_id: str) -> None:
        """For rooms that keep something about an object. Raises NotFound where the workspace has no such live one."""
        self.ground.live(rows, workspace, object_id)

    def get_by_id(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        object_id: str,
        version: str | None,
        include_versions: bool,
        deleted: bool,
        if_none_match: str | None,
    ) -> wire.GotObject | None:
        """An object at a version; None where the caller has the newest version already."""
        with self.ground.database.reading() as rows:
            self.ground.require(rows, caller, workspace, Role.VIEWER)
            stored = ledger.by_id(rows, workspace, object_id)
            if stored is None or (stored.deleted_ns is not None) != deleted:
                raise NotFound("The object was not found in this workspace.", object_id=object_id)
            return self._got(rows, workspace, stored, version, include_versions, if_none_match)

    def get_by_path(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        tail: str,
        version: str | None,
        include_versions: bool,
        if_none_match: str | None,
    ) -> wire.GotObject | None:
        """The live object at a path; None where the caller has the newest version already."""
        with self.ground.database.reading() as rows:
            self.ground.require(rows, caller, workspace, Role.VIEWER)
            stored = ledger.by_path(rows, workspace, paths.key(paths.normalise(tail)))
            if stored is None:
                raise NotFound("The object was not found in this workspace.")
            return self._got(rows, workspace, stored, version, include_versions, if_none_match)

    def _got(
        self,
        rows: Rows,
        workspace: WorkspaceKey,
        stored: StoredObject,
        version: str | None,
        include_versions: bool,
        if_none_match: str | None,
    ) -> wire.GotObject | None:
        newest = {str(stored.version_id), presentation.etag(stored.id, stored.version_id)}
        if if_none_match is not None and ("*" in tags_of(if_none_match) or newest & tags_of(if_none_match)):
            return None
        version_id = stored.version_id if not version else version_number(version)
        members = self.members(rows, workspace, stored, version_id)
        listed = None
        if include_versions:
            found = ledger.versions(rows, stored.no)
            users = self.ground.identity.user_cards(rows, {item.created_by for item in found})
            link = presentation.download_link(presentation.object_root(self.ground.public_url, workspace), stored.path)
            listed = [presentation.object_version(stored.id, link, item, users) for item in found]
        return wire.GotObject(**members, versions=listed)

    def members(
        self, rows: Rows, workspace: WorkspaceKey, stored: StoredObject, version_id: int | None
    ) -> dict[str, Any]:
        """The members that answers to reads and writes share, of one version. Raises NotFound."""
        found = None if version_id is None else ledger.version(rows, stored.no, version_id)
        if found is None or found.document is None:
            raise NotFound("The object has no such version.", object_id=stored.id)
        named = {stored.created_by, stored.modified_by, stored.deleted_by, found.created_by}
        users = self.ground.identity.user_cards(rows, {name for name in named if name})
        root = presentation.object_root(self.ground.public_url, workspace)
        data = [
            wire.DataLink(
                id=blob_id,
                name=name,
                download_url=self.ground.links.read(workspace_id=stored.workspace_id, blob_id=blob_id),
            )
            for name, blob_id in ledger.data_of(rows, stored.no, found.version_id)
        ]
        box = found.box
        return {
            "object_id": stored.id,
            "object_path": stored.path,
            "object": wire.raw(documents.unpack(found.document)),
            "version_id": str(found.version_id),
            "etag": presentation.etag(stored.id, found.version_id),
            "stage": presentation.stage(found.stage_id),
            "geojson_bounding_box": box and presentation.box(box.west, box.south, box.east, box.north),
            "geojson_bounding_box_from_workspace_crs": found.box_from_workspace_crs,
            "links": wire.ObjectLinks(download=presentation.download_link(root, stored.path), data=data),
            **presentation.audit_members(stored, users),
        }

    def latest_versions(
        self, *, caller: Principal, workspace: WorkspaceKey, object_ids: Sequence[str]
    ) -> list[wire.LatestVersion]:
        """Newest version id of each object asked for, in the order asked; null where unknown or deleted."""
        if not 1 <= len(object_ids) <= MAX_LATEST:
            raise Invalid(f"The list has {len(object_ids)} ids; 1 to {MAX_LATEST} are accepted.")
        wanted = [ids.read_id(object_id, "object_id") for object_id in object_ids]
        with self.ground.database.reading() as rows:
            self.ground.require(rows, caller, workspace, Role.VIEWER)
            newest = ledger.newest_version_ids(rows, workspace, wanted)
        return [wire.LatestVersion(each, str(newest[each]) if each in newest else None) for each in wanted]

    def named_versions(
        self, *, caller: Principal, workspace: WorkspaceKey, object_id: str, version_ids: Sequence[str]
    ) -> wire.Versions:
        """The named versions, in the order asked; all of them or UnknownVersion."""
        if not 1 <= len(version_ids) <= MAX_NAMED_VERSIONS:
            raise Invalid(f"version_ids: the list has {len(version_ids)} ids; 1 to {MAX_NAMED_VERSIONS} are accepted.")
        wanted = [version_number(text) for text in version_ids]
        with self.ground.database.reading() as rows:
            self.ground.require(rows, caller, workspace, Role.VIEWER)
            stored = self.ground.live(rows, workspace, object_id)
            found = {v.version_id: v for v in ledger.versions(rows, stored.no, [n for n in wanted if n is not None])}
            if any(number not in found for number in wanted):
                raise UnknownVersion("At least one of the requested versions was not found.")
            users = self.ground.identity.user_cards(rows, {version.created_by for version in found.values()})
        link = presentation.download_link(presentation.object_root(self.ground.public_url, workspace), stored.path)
        return wire.Versions(
            [presentation.object_version(stored.id, link, found[n], users) for n in wanted if n is not None]
        )

    def posted(self, rows: Rows, workspace: WorkspaceKey, stored: StoredObject) -> wire.PostedObject:
        """The answer to a write: the object at its newest version."""
        return wire.PostedObject(**self.members(rows, workspace, stored, stored.version_id))

    def stages(self, *, caller: Principal, organisation_id: str) -> wire.Stages:
        """The stages of an organisation that the caller belongs to. Raises NotPermitted."""
        if organisation_id not in caller.organisation_roles:
            raise NotPermitted
        return wire.Stages([wire.Stage(name=name, stage_id=key) for key, name in STAGES.items()])


def tags_of(header: str) -> set[str]:
    """The values of an `If-Match` or `If-None-Match` header without quotes and weakness."""
    return {part.strip().removeprefix("W/").strip('"') for part in header.split(",")}


def version_number(text: str) -> int | None:
    """A version id as a number, None where no version can have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 + 1 and int(text) < 2**63 else None
