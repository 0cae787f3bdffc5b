"""The Geoscience Object API on the wire, field by field."""

from collections.abc import Callable

import msgspec

from coreshed.wire_common import BoundingBox, User


class DataName(msgspec.Struct, frozen=True):
    """One element of an upload request."""

    name: str


class DataUpload(msgspec.Struct, frozen=True, omit_defaults=True):
    """One element of the answer: `upload_url` is present exactly where `exists` is false."""

    id: str
    name: str
    exists: bool
    upload_url: str | msgspec.UnsetType = msgspec.UNSET


class Stage(msgspec.Struct, frozen=True, gc=False):
    """A stage of the organisation."""

    name: str
    stage_id: str


class Stages(msgspec.Struct, frozen=True):
    """Every stage, by name."""

    stages: list[Stage]


class DataLink(msgspec.Struct, frozen=True):
    """A signed, short-lived link to one data reference of a version."""

    id: str
    name: str
    download_url: str


class ObjectLinks(msgspec.Struct, frozen=True):
    """Where the object and its data are."""

    download: str
    data: list[DataLink]


class DownloadLink(msgspec.Struct, frozen=True, gc=False):
    """Where the object is."""

    download: str


class ObjectVersion(msgspec.Struct, frozen=True):
    """One version. version_id: decimal nanoseconds since the epoch; its seconds are `created_at`."""

    version_id: str
    created_at: str
    created_by: User | None
    etag: str
    links: DownloadLink
    stage: Stage | None


class Versions(msgspec.Struct, frozen=True):
    """Named versions, in the order asked for."""

    versions: list[ObjectVersion]


class PostedObject(msgspec.Struct, frozen=True):
    """The answer to a create, update or restore. `object` is the stored JSON, verbatim."""

    object_id: str
    object_path: str
    object: msgspec.Raw
    version_id: str
    created_at: str
    created_by: User | None
    modified_at: str
    modified_by: User | None
    deleted_at: str | None
    deleted_by: User | None
    etag: str
    stage: Stage | None
    geojson_bounding_box: BoundingBox | None
    geojson_bounding_box_from_workspace_crs: bool
    links: ObjectLinks


class GotObject(PostedObject, frozen=True):
    """The answer to a read; `versions` is null unless asked for, newest first."""

    versions: list[ObjectVersion] | None = None


class ListedObject(msgspec.Struct, frozen=True, gc=False):
    """A row of a workspace's list. path: the folder with slashes on both ends."""

    object_id: str
    name: str
    path: str
    schema: str
    version_id: str
    etag: str
    created_at: str
    created_by: User | None
    modified_at: str
    modified_by: User | None
    deleted_at: str | None
    deleted_by: User | None
    stage: Stage | None
    geojson_bounding_box: BoundingBox | None
    geojson_bounding_box_from_workspace_crs: bool
    links: DownloadLink


class OrgListedObject(msgspec.Struct, frozen=True):
    """A row of the organisation's list."""

    object_id: str
    name: str
    schema: str
    workspace_id: str
    workspace_name: str | None
    workspace_access: str | None
    created_at: str
    created_by: User | None
    modified_at: str
    modified_by: User | None
    deleted_at: str | None
    deleted_by: User | None
    stage: Stage | None
    geojson_bounding_box: BoundingBox | None
    geojson_bounding_box_from_workspace_crs: bool


class PageLinks(msgspec.Struct, frozen=True):
    """Absolute URLs of the neighbouring pages; null at the ends."""

    next: str | None
    prev: str | None


# The links of a page once its total is known.
PageLinksOf = Callable[[int], PageLinks]


class ObjectList(msgspec.Struct, frozen=True):
    """One page of a workspace. total: all matches, before paging."""

    count: int
    limit: int
    offset: int
    total: int
    links: PageLinks
    objects: list[ListedObject]


class OrgObjectList(msgspec.Struct, frozen=True):
    """One page of an organisation."""

    count: int
    limit: int
    offset: int
    total: int
    links: PageLinks
    objects: list[OrgListedObject]


class LatestVersion(msgspec.Struct, frozen=True):
    """Newest version of one object; null where it is unknown or deleted."""

    object_id: str
    version_id: str | None


class VersionNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The versions asked for."""

    version_ids: list[str]


class StageChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new stage, null to remove it; without the field nothing changes."""

    stage_id: str | msgspec.UnsetType | None = msgspec.UNSET


def raw(text: bytes) -> msgspec.Raw:
    """Stored JSON as a member of an answer, without decoding it."""
    return msgspec.Raw(text)
