"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any

import msgspec


class AccountDrift(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was wrong: what it said, and what was counted."""

    account_id: str
    used_bytes_before: int
    used_bytes: int
    reserved_bytes_before: int
    reserved_bytes: int


class ApiKeyCreateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is the secret itself, shown here and never again."""

    id: str
    key: str
    prefix: str
    name: str
    permissions: builtins.list[str]
    rate_limit: int | None
    expires_at: str | None
    created_at: str


class ApiKeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key. `is_active` is false once it was revoked or has ended."""

    id: str
    prefix: str
    name: str
    permissions: builtins.list[str]
    rate_limit: int | None
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    is_active: bool


class ApiKeyRevokeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The key that ended."""

    id: str
    ok: bool = True


class AssetDownload(msgspec.Struct, frozen=True, kw_only=True):
    """A link that gives the bytes of an asset to whoever has it, until it expires."""

    url: str
    expires_at: str
    file_name: str
    size_bytes: int
    media_type: str
    sha256: str


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
    roles: builtins.list[str]
    file_size_bytes: int
    checksum_crc32c: str | None
    checksum_md5: str | None
    sha256: str
    is_categorical: bool
    band_names: builtins.list[str] | None
    metadata: dict[str, Any]
    upload_id: str | None
    created_at: str


class CollectionDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The collection is deleted."""

    id: str
    ok: bool = True


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


class FeatureCollectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """STAC items of one page; numberMatched: on all pages."""

    features: builtins.list[dict[str, Any]]
    numberMatched: int
    numberReturned: int
    type: str = "FeatureCollection"


class ItemDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The item is deleted. `storage_freed_bytes`: what its files took."""

    id: str
    ok: bool = True
    storage_freed_bytes: int = 0


class ItemFound(msgspec.Struct, frozen=True, kw_only=True):
    """One item."""

    item: "ItemResponse"


class ItemResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An item. bbox: `[west, south, east, north]` in WGS 84 degrees; geometry: GeoJSON; both null where unknown."""

    id: str
    project_id: str
    collection_id: str | None
    stac_id: str
    type: str
    geometry: dict[str, Any] | None
    bbox: builtins.list[float] | None
    datetime: str | None
    start_datetime: str | None
    end_datetime: str | None
    cloud_cover: float | None
    gsd: float | None
    name: str
    description: str | None
    properties: dict[str, Any]
    stac_extensions: builtins.list[str]
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


class LineageEdge(msgspec.Struct, frozen=True, kw_only=True):
    """`dst` came from `src`; `depth` is the distance from the root, from 1."""

    depth: int
    src_type: str
    src_id: str
    dst_type: str
    dst_id: str
    relation: str
    invocation_id: str | None


class LineageGetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A graph."""

    root: dict[str, str]
    direction: str
    edges: "builtins.list[LineageEdge]"
    nodes: "builtins.list[LineageNode]"


class LineageNode(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the walk met; the root has depth 0."""

    entity_type: str
    entity_id: str
    depth: int


class MemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a project."""

    project_id: str
    user_id: str
    role: str


class ProjectDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How much storage is free again, in bytes."""

    project_id: str
    deleted: bool = True
    storage_freed_bytes: int = 0


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


class Recalculated(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted. drift_bytes: how far all accounts together were off; `drifted` names them."""

    organization_id: str
    storage: "StorageStanding"
    accounts: int
    drift_bytes: int
    drifted: "builtins.list[AccountDrift]"


class RemoveMemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The member has no role any more."""

    ok: bool = True


class ShareLinkCreateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A share link with its token, which is told this once."""

    id: str
    target_type: str
    target_id: str
    permission: str
    organization_id: str
    project_id: str
    expires_at: str
    created_at: str
    revoked_at: str | None
    access_count: int
    last_accessed_at: str | None
    created_by: str | None
    token: str


class ShareLinkResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A share link without its secrets."""

    id: str
    target_type: str
    target_id: str
    permission: str
    organization_id: str
    project_id: str
    expires_at: str
    created_at: str
    revoked_at: str | None
    access_count: int
    last_accessed_at: str | None
    created_by: str | None


class ShareLinkRevokeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The link is of no use any more."""

    id: str
    ok: bool = True


class ShareLinkValidateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the link shows. target: the item with `assets`, or the collection with `items`, at most 1,000, as
    these. `download_url` of an asset is null where the link does not permit to download. Who made what, where
    it is stored and which project, upload or job it belongs to is not told.
    """

    permission: str
    target_type: str
    target: dict[str, Any]


class SignedUrlOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Where to PUT the bytes of one file, with this Content-Type and without any credential."""

    upload_url: str
    object_path: str
    method: str
    content_type: str
    expires_at: str


class StorageStanding(msgspec.Struct, frozen=True, kw_only=True):
    """An account. limit_bytes and available_bytes are null where there is no limit."""

    used_bytes: int
    reserved_bytes: int
    limit_bytes: int | None
    available_bytes: int | None


class UploadCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A completed session with the items that it made or added to."""

    id: str
    project_id: str
    status: str
    transfer_method: str
    file_count: int
    total_bytes: int
    bytes_uploaded: int
    is_categorical: bool
    target_collection_id: str | None
    target_item_id: str | None
    asset_key: str | None
    raw_prefix: str | None
    processed_prefix: str | None
    checksum_crc32c: str | None
    detected_metadata: dict[str, Any] | None
    user_metadata: dict[str, Any] | None
    error_message: str | None
    error_step: str | None
    reserved_bytes: int
    item_ids: builtins.list[str]
    asset_ids: builtins.list[str]
    created_by: str | None
    created_at: str
    updated_at: str
    expires_at: str | None
    items: builtins.list[Any]


class UploadDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its files, in the order in which they were announced."""

    id: str
    project_id: str
    status: str
    transfer_method: str
    file_count: int
    total_bytes: int
    bytes_uploaded: int
    is_categorical: bool
    target_collection_id: str | None
    target_item_id: str | None
    asset_key: str | None
    raw_prefix: str | None
    processed_prefix: str | None
    checksum_crc32c: str | None
    detected_metadata: dict[str, Any] | None
    user_metadata: dict[str, Any] | None
    error_message: str | None
    error_step: str | None
    reserved_bytes: int
    item_ids: builtins.list[str]
    asset_ids: builtins.list[str]
    created_by: str | None
    created_at: str
    updated_at: str
    expires_at: str | None
    files: "builtins.list[UploadedFile]"


class UploadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What can be uploaded now. available_bytes: the less of the two accounts; null: no limit. session_lifetime
    and url_lifetime are seconds.
    """

    organization_id: str
    project_id: str
    organization: "StorageStanding"
    project: "StorageStanding"
    available_bytes: int | None
    max_files: int
    max_file_name_bytes: int
    max_put_bytes: int
    max_block_bytes: int
    max_blocks: int
    session_lifetime: int
    url_lifetime: int


class UploadOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An upload session. status: initiating, uploading, detecting, converting, reviewing, registering, completed
    or failed. bytes_uploaded: of the files that have arrived whole, or what the client has said while that is
    more; once it is completed, the size of its files. reserved_bytes: what is set aside of the quota, for what
    is on its way or staged in blocks, too. expires_at: when it fails unless it is used before; null once it is
    over. detected_metadata: null in lists. The object paths of its files begin with raw_prefix.
    """

    id: str
    project_id: str
    status: str
    transfer_method: str
    file_count: int
    total_bytes: int
    bytes_uploaded: int
    is_categorical: bool
    target_collection_id: str | None
    target_item_id: str | None
    asset_key: str | None
    raw_prefix: str | None
    processed_prefix: str | None
    checksum_crc32c: str | None
    detected_metadata: dict[str, Any] | None
    user_metadata: dict[str, Any] | None
    error_message: str | None
    error_step: str | None
    reserved_bytes: int
    item_ids: builtins.list[str]
    asset_ids: builtins.list[str]
    created_by: str | None
    created_at: str
    updated_at: str
    expires_at: str | None


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a session. size_bytes, checksum_sha256 (hex), checksum_crc32c (base64) and stored_at are null
    until its content has arrived.
    """

    file_name: str
    object_path: str
    content_type: str
    size_bytes: int | None
    checksum_sha256: str | None
    checksum_crc32c: str | None
    stored_at: str | None


class UsageCurrent(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation in the calendar month that it is, in UTC. This server counts no tiles and sells nothing:
    tile_requests and credits are 0. jobs: how many there are in each state, waiting-for-upload, queued,
    processing, complete or failed; ended ones until they are forgotten.
    """

    organization_id: str
    period_start: str
    period_end: str
    storage: "StorageStanding"
    tile_requests: int
    credits: int
    jobs: dict[str, int]
