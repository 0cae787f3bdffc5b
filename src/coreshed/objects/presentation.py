"""Rows into the words of the wire: times, links, etags, stages, boxes."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

import msgspec

from coreshed import clock, paths
from coreshed.ids import WorkspaceKey
from coreshed.objects import wire
from coreshed.objects.ledger import StoredVersion
from coreshed.objects.listing_ledger import Listed
from coreshed.objects.stages import STAGES
from coreshed.wire_common import BoundingBox, User
from coreshed.workspaces import Role

# Paths that need no escaping in a URL.
_PLAIN = re.compile(r"[A-Za-z0-9/_.~-]*")


def object_root(public_url: str, workspace: WorkspaceKey) -> str:
    """URL under which the objects of a workspace lie."""
    org, identifier = workspace.organisation_id, workspace.workspace_id
    return f"{public_url}/geoscience-object/orgs/{org}/workspaces/{identifier}/objects"


def download_link(root: str, path: str, version_id: int | None = None) -> str:
    """URL of an object by its path, at a version or at its newest."""
    escaped = path if _PLAIN.fullmatch(path) else quote(path, safe="/")
    return f"{root}/path/{escaped}" if version_id is None else f"{root}/path/{escaped}?version={version_id}"


def etag(object_id: str, version_id: int) -> str:
    """Opaque, 40 hexadecimal digits, different for every version of every object."""
    return f"{version_id:016x}{object_id[9:13]}{object_id[14:18]}{object_id[19:23]}{object_id[24:]}"


def stage(stage_id: str | None) -> wire.Stage | None:
    """A stage as answers show it."""
    return None if stage_id is None else wire.Stage(name=STAGES[stage_id], stage_id=stage_id)


def box(west: float, south: float, east: float, north: float) -> BoundingBox:
    """A GeoJSON rectangle, counter-clockwise from its south-west corner."""
    return BoundingBox([[[west, south], [east, south], [east, north], [west, north], [west, south]]])


def _listed_box(stored: str | None) -> BoundingBox | None:
    """The `box` column; None where the object has none."""
    return None if stored is None else box(*msgspec.json.decode(stored))


def object_version(object_id: str, link: str, stored: StoredVersion, users: Mapping[str, User]) -> wire.ObjectVersion:
    """One row of `versions`; link: the object's URL without a version."""
    return wire.ObjectVersion(
        version_id=str(stored.version_id),
        created_at=clock.iso_seconds(stored.version_id),
        created_by=users.get(stored.created_by),
        etag=etag(object_id, stored.version_id),
        links=wire.DownloadLink(download=f"{link}?version={stored.version_id}"),
        stage=stage(stored.stage_id),
    )


def audit_members(row: Any, users: Mapping[str, User]) -> dict[str, Any]:
    """Who and when: the six members that every answer about an object shares."""
    deleted = row.deleted_ns is not None
    return {
        "created_at": clock.iso_seconds(row.created_ns),
        "created_by": users.get(row.created_by),
        "modified_at": clock.iso_seconds(row.version_id),
        "modified_by": users.get(row.modified_by),
        "deleted_at": clock.iso_seconds(row.deleted_ns) if deleted else None,
        "deleted_by": users.get(row.deleted_by) if deleted else None,
    }


def listed(
    page: Sequence[Listed], schemas: Mapping[int, str], users: Mapping[str, User], root: str
) -> list[wire.ListedObject]:
    """The rows of a workspace's list, already encoded where they were listed before."""
    around = _Around.of(schemas, users, root)
    return cast("list[wire.ListedObject]", [_rendered(row, around) for row in page])


class _Around(str):  # noqa: SLOT000  (a str takes no slots)
    """What the rows of a page share, and as text everything but the row that a rendered row is made of.

    A text, because those are hashed and compared without a call into Python. Schema numbers never change their meaning,
    so that they need not be in it.
    """

    schemas: Mapping[int, str]
    users: Mapping[str, User]
    root: str

    @classmethod
    def of(cls, schemas: Mapping[int, str], users: Mapping[str, User], root: str) -> "_Around":
        """Of the people on a page and the URL of its objects."""
        around = cls(f"{root} {users}")
        around.schemas, around.users, around.root = schemas, users, root
        return around


# A client that lists, lists again: rendering a row costs ten times what finding it here does. The key is everything
# that the row is made of, so that it cannot be stale. About 1.5 KB each.
@lru_cache(maxsize=8192)
def _rendered(row: Listed, around: _Around) -> msgspec.Raw:
    users = around.users
    return msgspec.Raw(
        msgspec.json.encode(
            wire.ListedObject(
                object_id=row.id,
                name=row.name,
                path=paths.folder(row.path),
                schema=around.schemas[row.schema_no],
                version_id=str(row.version_id),
                etag=etag(row.id, row.version_id),
                created_at=clock.iso_seconds(row.created_ns),
                created_by=users[row.created_by],
                modified_at=clock.iso_seconds(row.version_id),
                modified_by=users[row.modified_by],
                deleted_at=None if row.deleted_ns is None else clock.iso_seconds(row.deleted_ns),
                deleted_by=None if row.deleted_by is None else users[row.deleted_by],
                stage=stage(row.stage_id),
                geojson_bounding_box=_listed_box(row.box),
                geojson_bounding_box_from_workspace_crs=bool(row.box_from_workspace_crs),
                links=wire.DownloadLink(download=download_link(around.root, row.path)),
            )
        )
    )


def org_listed(
    row: Listed, schemas: Mapping[int, str], users: Mapping[str, User], workspace_name: str, role: Role | None
) -> wire.OrgListedObject:
    """A row of the organisation's list."""
    return wire.OrgListedObject(
        object_id=row.id,
        name=row.name,
        schema=schemas[row.schema_no],
        workspace_id=row.workspace_id,
        workspace_name=workspace_name,
        workspace_access=None if role is None else role.wire,
        stage=stage(row.stage_id),
        geojson_bounding_box=_listed_box(row.box),
        geojson_bounding_box_from_workspace_crs=bool(row.box_from_workspace_crs),
        **audit_members(row, users),
    )
