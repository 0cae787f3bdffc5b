"""What the catalogue holds, as stored. Times are nanoseconds since the epoch, UTC; JSON is decoded."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from coreshed.ids import WorkspaceKey


class ItemType(StrEnum):
    """What an item is; the words are those of the published schema."""

    SATELLITE_CAPTURE = "satellite_capture"
    DERIVED_RASTER = "derived_raster"
    DERIVED_VECTOR = "derived_vector"
    CLIP = "clip"
    USER_RASTER = "user_raster"
    USER_VECTOR = "user_vector"
    EXTERNAL_REFERENCE = "external_reference"


class LifecycleState(StrEnum):
    """Where an item is in its life; the words are those of the published schema."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    ARCHIVED = "archived"
    EXPIRED = "expired"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Project:
    """A workspace, seen as a project. `archived_ns`, `deleted_ns`: None unless it is."""

    id: str
    organisation_id: str
    name: str
    description: str
    region: str
    archived_ns: int | None
    created_ns: int
    updated_ns: int
    deleted_ns: int | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Items of one project under a name. auto_created: made for an upload (`source_type`, `source_id`)."""

    id: str
    organisation_id: str
    workspace_id: str
    name: str
    description: str | None
    color: str | None
    show_on_map: bool
    layer_order: int
    auto_created: bool
    source_type: str | None
    source_id: str | None
    created_ns: int
    created_by: str
    updated_ns: int
    deleted_ns: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """An item. geometry: GeoJSON in WGS 84, or None. The box in degrees, all four or none: `min_x <= max_x`, with
    `max_x` above 180 where it crosses the antimeridian. from_ns, to_ns: the interval that searches compare, inclusive.
    cloud_cover: percent; gsd: metres.
    """

    no: int
    id: str
    organisation_id: str
    workspace_id: str
    collection_id: str | None
    stac_id: str
    name: str
    description: str | None
    type: str
    lifecycle_state: str
    upload_id: str | None
    order_id: str | None
    job_id: str | None
    previous_version_id: str | None
    duplicated_from_id: str | None
    geometry: dict[str, Any] | None
    min_x: float | None
    min_y: float | None
    max_x: float | None
    max_y: float | None
    datetime_ns: int | None
    start_ns: int | None
    end_ns: int | None
    from_ns: int
    to_ns: int
    cloud_cover: float | None
    gsd: float | None
    properties: dict[str, Any]
    stac_extensions: list[str]
    expires_ns: int | None
    archived_ns: int | None
    created_ns: int
    created_by: str
    updated_ns: int
    deleted_ns: int | None

    @property
    def workspace(self) -> WorkspaceKey:
        """Where it belongs."""
        return WorkspaceKey(self.organisation_id, self.workspace_id)

    @property
    def bbox(self) -> list[float] | None:
        """`[west, south, east, north]` in degrees as GeoJSON writes it, east < west across the antimeridian."""
        if self.min_x is None or self.min_y is None or self.max_x is None or self.max_y is None:
            return None
        return [self.min_x, self.min_y, self.max_x - 360 if self.max_x > 180 else self.max_x, self.max_y]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of an item. size: bytes; sha256: lower-case hex; md5, crc32c: 16 and 4 bytes, or None.

    file_name: with its folders. metadata: what its STAC asset says beside the common members.
    """

    id: str
    organisation_id: str
    workspace_id: str
    item_id: str
    no: int
    key: str
    title: str | None
    file_name: str
    object_path: str
    blob_id: str
    blob_workspace_id: str
    media_type: str
    roles: list[str]
    size: int
    sha256: str
    md5: bytes | None
    crc32c: bytes | None
    is_categorical: bool
    band_names: list[str] | None
    metadata: dict[str, Any]
    charged: bool
    upload_id: str | None
    created_ns: int


@dataclass(frozen=True, slots=True)
class Edge:
    """`dst` came from `src`."""

    src_type: str
    src_id: str
    dst_type: str
    dst_id: str
    relation: str
    invocation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in WGS 84 degrees, `west <= east`; `east` is above 180 where it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float
