"""The catalogue on the wire; field names and null rules are those of the published client, whose parsers are strict.

Times are RFC 3339 in UTC with microseconds.
"""

from base64 import b64encode
from typing import Any

import msgspec

from coreshed.catalogue import times
from coreshed.catalogue.model import Asset, Collection, Item, Project
from coreshed.clock import iso_microseconds


class ProjectResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A project, which is a workspace of the same id."""

    id: str
    organization_id: str
    name: str
    description: str | None
    gcs_region: str | None
    gcs_bucket_name: str | None
    is_archived: bool
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, project: Project) -> "ProjectResponse":
        """As it is answered."""
        return cls(
            id=project.id,
            organization_id=project.organisation_id,
            name=project.name,
            description=project.description or None,
            gcs_region=project.region,
            gcs_bucket_name=f"local-{project.id}",
            is_archived=project.archived_ns is not None,
            created_at=iso_microseconds(project.created_ns),
            updated_at=iso_microseconds(project.updated_ns),
        )


class CollectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of a project's items."""

    id: str
    project_id: str
    name: str
    description: str | None
    color: str | None
    show_on_map: bool
    layer_order: int
    auto_created: bool
    source_type: str | None
    source_id: str | None
    item_count: int
    deleted_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, collection: Collection, item_count: int) -> "CollectionResponse":
        """As it is answered."""
        return cls(
            id=collection.id,
            project_id=collection.workspace_id,
            name=collection.name,
            description=collection.description,
            color=collection.color,
            show_on_map=collection.show_on_map,
            layer_order=collection.layer_order,
            auto_created=collection.auto_created,
            source_type=collection.source_type,
            source_id=collection.source_id,
            item_count=item_count,
            deleted_at=times.show(collection.deleted_ns),
            created_at=iso_microseconds(collection.created_ns),
            updated_at=iso_microseconds(collection.updated_ns),
        )


class ItemResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An item. bbox: `[west, south, east, north]` in WGS 84 degrees; geometry: GeoJSON; both null where unknown."""

    id: str
    project_id: str
    collection_id: str | None
    stac_id: str
    type: str
    geometry: dict[str, Any] | None
    bbox: list[float] | None
    datetime: str | None
    start_datetime: str | None
    end_datetime: str | None
    cloud_cover: float | None
    gsd: float | None
    name: str
    description: str | None
    properties: dict[str, Any]
    stac_extensions: list[str]
    lifecycle_state: str
    expires_at: str | None
    archived_at: str | None
    previous_version_id: str | None
    duplicated_from_id: str | None
    order_id: str | None
    upload_id: str | None
    job_id: str | None
    deleted_at: str | None
    created_by: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, item: Item) -> "ItemResponse":
        """As it is answered."""
        same = {name: getattr(item, name) for name in _AS_STORED}
        return cls(
            project_id=item.workspace_id,
            datetime=times.show(item.datetime_ns),
            start_datetime=times.show(item.start_ns),
            end_datetime=times.show(item.end_ns),
            expires_at=times.show(item.expires_ns),
            archived_at=times.show(item.archived_ns),
            deleted_at=times.show(item.deleted_ns),
            created_at=iso_microseconds(item.created_ns),
            updated_at=iso_microseconds(item.updated_ns),
            **same,
        )


_AS_STORED = (
    "id", "collection_id", "stac_id", "type", "geometry", "bbox", "cloud_cover", "gsd", "name", "description",
    "properties", "stac_extensions", "lifecycle_state", "previous_version_id", "duplicated_from_id", "order_id",
    "upload_id", "job_id", "created_by",
)  # fmt: skip


class ItemFound(msgspec.Struct, frozen=True, kw_only=True):
    """One item."""

    item: ItemResponse


class AssetResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an item. `href` is where it lies in the store; `items.asset.download` gives a link to its bytes.

    Checksums are base64 but `sha256`, which is hexadecimal; null where they are not known.
    """

    id: str
    item_id: str
    key: str
    href: str
    object_path: str
    file_name: str
    title: str | None
    media_type: str
    roles: list[str]
    file_size_bytes: int
    checksum_crc32c: str | None
    checksum_md5: str | None
    sha256: str
    is_categorical: bool
    band_names: list[str] | None
    metadata: dict[str, Any]
    upload_id: str | None
    created_at: str

    @classmethod
    def of(cls, asset: Asset) -> "AssetResponse":
        """As it is answered."""
        return cls(
            id=asset.id,
            item_id=asset.item_id,
            key=asset.key,
            href=asset.object_path,
            object_path=asset.object_path,
            file_name=asset.file_name,
            title=asset.title,
            media_type=asset.media_type,
            roles=asset.roles,
            file_size_bytes=asset.size,
            checksum_crc32c=_base64(asset.crc32c),
            checksum_md5=_base64(asset.md5),
            sha256=asset.sha256,
            is_categorical=asset.is_categorical,
            band_names=asset.band_names,
            metadata=asset.metadata,
            upload_id=asset.upload_id,
            created_at=iso_microseconds(asset.created_ns),
        )


class AssetDownload(msgspec.Struct, frozen=True, kw_only=True):
    """A link that gives the bytes of an asset to whoever has it, until it expires."""

    url: str
    expires_at: str
    file_name: str
    size_bytes: int
    media_type: str
    sha256: str


def _base64(digest: bytes | None) -> str | None:
    return None if digest is None else b64encode(digest).decode()
