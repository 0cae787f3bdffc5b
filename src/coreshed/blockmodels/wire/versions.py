"""Versions on the wire: their columns and groups, what changed in them, and the differences between them."""

from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from coreshed.blockmodels.wire.geometry import BBox, Box
from coreshed.blockmodels.wire.reading import Body, Text
from coreshed.wire_common import User

DataType: TypeAlias = Literal[
    "Boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Utf8",
    "Date32",
    "Timestamp",
]
Policy: TypeAlias = Literal["INHERIT", "USE_PREVIOUS", "SET_NULL", "REJECT"]
ResolvedPolicy: TypeAlias = Literal["USE_PREVIOUS", "SET_NULL", "REJECT"]
UpdateType: TypeAlias = Literal["merge", "replace"]
Tags: TypeAlias = dict[str, Any]


class Column(Struct, frozen=True):
    """A column of a version. col_id: UUID text, of a system column its title. The form in which versions keep it."""

    col_id: str
    title: str
    data_type: DataType
    unit_id: str | None = None
    group_uuid: str | None = None
    tags: Tags | None = None


class ResolvedGroup(Struct, frozen=True):
    """A group of columns; what its policy comes to under the groups above it is kept with it."""

    group_uuid: str
    title: str
    resolved_missing_column_policy: ResolvedPolicy
    parent_group_uuid: str | None = None
    is_hidden: bool = False
    missing_column_policy: Policy = "INHERIT"
    tags: Tags | None = None


class Mapping(Struct, frozen=True):
    """The columns of a version, system columns first, then user columns as they were added; and its groups."""

    columns: tuple[Column, ...] = ()
    groups: tuple[ResolvedGroup, ...] = ()


class ListingColumn(Struct, frozen=True):
    """A column in a list: without tags."""

    col_id: str
    title: str
    data_type: DataType
    unit_id: str | None = None
    group_uuid: str | None = None


class ListingGroup(Struct, frozen=True):
    """A group in a list: without tags."""

    group_uuid: str
    title: str
    resolved_missing_column_policy: ResolvedPolicy
    parent_group_uuid: str | None = None
    is_hidden: bool = False
    missing_column_policy: Policy = "INHERIT"


class ListingMapping(Struct, frozen=True):
    """Columns and groups in a list."""

    columns: list[ListingColumn]
    groups: list[ListingGroup]


class _Version(Struct, frozen=True, kw_only=True):
    bm_uuid: str
    version_uuid: str
    version_id: int
    parent_version_id: int
    base_version_id: int | None
    bbox: BBox | None
    comment: str
    created_at: str
    created_by: User
    geoscience_version_id: str | None


class ListingVersion(_Version, frozen=True, kw_only=True):
    """A version in a list. parent_version_id: 0 of the first version; base_version_id: null of the first.

    bbox: of what changed since the version before; null of the first and where no block changed.
    """

    mapping: ListingMapping


class Version(_Version, frozen=True, kw_only=True):
    """A version by itself, with the tags of its columns and groups."""

    mapping: Mapping


class ColumnRename(Struct, frozen=True):
    """A title before and after."""

    old_title: str
    new_title: str


class MetadataValues(Struct, frozen=True):
    """New metadata of a column by titles; what is not named stays."""

    title: str | UnsetType = UNSET
    unit_id: str | UnsetType | None = UNSET
    group: str | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class MetadataUpdate(Struct, frozen=True):
    """The column, by the title it had, and its new metadata."""

    title: str
    values: MetadataValues


class ColumnChanges(Struct, frozen=True):
    """What a version did to columns, by their qualified titles."""

    new: list[str] = []
    deleted: list[str] = []
    updated: list[str] = []
    renamed: list[ColumnRename] = []
    metadata_updated: list[MetadataUpdate] = []


class VersionChanges(Struct, frozen=True):
    """What a version did. blocks_uploaded: rows of its file, null without one; total_blocks: of the model after it."""

    columns: ColumnChanges
    total_blocks: int
    blocks_uploaded: int | None = None
    update_type: UpdateType | None = None


class VersionWithChanges(Version, frozen=True, kw_only=True):
    """A version and what it did."""

    changes: VersionChanges


class DeltaRequestData(Body, frozen=True):
    """Where and in which columns (ids, or `*`) to look for changes, and up to which version."""

    bbox: Box
    columns: list[Text]
    end_version_uuid: UUID | None = None
    verbose: bool = False

    def check(self, *at: str | int) -> None:
        """The box."""
        self.bbox.check(*at, "bbox")


class Rename(Struct, frozen=True):
    """The new title of a column."""

    col_id: str
    new_title: str


class ListingValues(Struct, frozen=True):
    """New metadata of a column by ids, without tags; the nil UUID as group takes the column out of its group."""

    title: str | UnsetType = UNSET
    unit_id: str | UnsetType | None = UNSET
    group_uuid: str | UnsetType = UNSET


class ListingMetadataUpdate(Struct, frozen=True):
    """A column and its new metadata."""

    col_id: str
    values: ListingValues


class ListingUpdateColumns(Struct, frozen=True):
    """What a version did to columns, by their ids."""

    new: list[ListingColumn]
    update: list[str]
    rename: list[Rename]
    delete: list[str]
    update_metadata: list[ListingMetadataUpdate] | None = None


class DeltaVersionData(Struct, frozen=True):
    """One version among those that changed something."""

    version_id: int
    version_uuid: str
    bbox: BBox | None
    mapping: ListingMapping
    update_columns: ListingUpdateColumns


class DeltaResponseData(Struct, frozen=True):
    """Versions that added columns, changed values in the box, deleted watched columns; and their details."""

    new_deltas: list[str]
    update_deltas: list[str]
    delete_deltas: list[str]
    version_data: list[DeltaVersionData]
