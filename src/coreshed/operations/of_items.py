"""items.*: what has been measured, drawn or computed, with the files that hold it."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from coreshed.catalogue import NewItem
from coreshed.catalogue.wire import AssetDownload, AssetResponse, ItemFound, ItemResponse
from coreshed.operations.bodies import Description, Input, Integer, Label, Number, Reference, SmallObject, Text
from coreshed.operations.registry import Call, Listed, operation

Name = Annotated[Text, Field(min_length=1, max_length=500)]
ItemType = Literal[
    "satellite_capture",
    "derived_raster",
    "derived_vector",
    "clip",
    "user_raster",
    "user_vector",
    "external_reference",
]
LifecycleState = Literal["active", "expiring", "archived", "expired", "deleted"]
# It is a segment of addresses below /stac.
StacId = Annotated[str, Field(min_length=1, max_length=250, pattern=r"^[^\x00-\x20\x7f/?#%]+$")]
Limit = Annotated[Integer, Field(ge=0, le=10_000)]
Offset = Annotated[Integer, Field(ge=0, lt=2**63)]


class ItemCreateInput(Input):
    """A new item. `bbox`: `[west, south, east, north]` in WGS 84 degrees; times are RFC 3339."""

    project_id: str
    name: Name
    type: ItemType
    collection_id: str | None = None
    stac_id: StacId | None = None
    geometry: dict[str, Any] | None = None
    bbox: list[Number] | None = None
    datetime: str | None = None
    start_datetime: str | None = None
    end_datetime: str | None = None
    cloud_cover: Number | None = None
    gsd: Number | None = None
    description: Description | None = None
    properties: SmallObject = Field(default_factory=dict)
    stac_extensions: list[Reference] = Field(default_factory=list, max_length=1000)
    order_id: Label | None = None
    upload_id: Label | None = None
    job_id: Label | None = None


class ItemGetInput(Input):
    """Which item."""

    item_id: str


class ItemsListInput(Input):
    """Whose items, of one collection or of none (`uncollected`). `limit` is at most 10,000."""

    project_id: str
    collection_id: str | None = None
    uncollected: bool = False
    limit: Limit = 100
    offset: Offset = 0


class ItemsByCollectionInput(Input):
    """The items of which collection. `limit` is at most 10,000."""

    collection_id: str
    limit: Limit = 100
    offset: Offset = 0


class ItemUpdateInput(Input):
    """What shall change; what is null stays. An empty `collection_id` takes the item out of its collection."""

    item_id: str
    name: Name | None = None
    description: Description | None = None
    collection_id: str | None = None
    geometry: dict[str, Any] | None = None
    bbox: list[Number] | None = None
    datetime: str | None = None
    cloud_cover: Number | None = None
    gsd: Number | None = None
    properties: SmallObject | None = None
    lifecycle_state: LifecycleState | None = None


class ItemDuplicateInput(Input):
    """Which item to copy, under which name and into which collection; by default as it is, and where it is."""

    item_id: str
    new_name: Name | None = None
    target_collection_id: str | None = None
    target_project_id: str | None = None


class ItemDeleteInput(ItemGetInput):
    """Which item to delete."""


class ItemDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The item is deleted. `storage_freed_bytes`: what its files took."""

    id: str
    ok: bool = True
    storage_freed_bytes: int = 0


class ItemAssetsInput(ItemGetInput):
    """The files of which item."""


class AssetDownloadInput(Input):
    """Which file of the item."""

    item_id: str
    asset_id: str


class SetBandNamesInput(Input):
    """The names of a raster's bands, in the order of the file."""

    item_id: str
    asset_id: str
    band_names: Annotated[list[Label], Field(max_length=10_000)]


@operation(
    "items.create",
    scope="items:write",
    side_effect="compute",
    summary="Create an item within a project (editor or admin).",
    produces=("item",),
    replayed=True,
)
def create(call: Call, body: ItemCreateInput) -> ItemResponse:
    """An item without files; `uploads.initiate` with its id as `target_item_id` adds some."""
    new = NewItem(**{name: getattr(body, name) for name in ItemCreateInput.model_fields if name != "project_id"})
    return ItemResponse.of(call.rooms.catalogue.items.create(caller=call.caller, project_id=body.project_id, new=new))


@operation("items.get", scope="items:read", side_effect="read", summary="Get one item.")
def get(call: Call, body: ItemGetInput) -> ItemFound:
    """One item of a project of which the caller is a member."""
    return ItemFound(item=ItemResponse.of(call.rooms.catalogue.items.get(caller=call.caller, item_id=body.item_id)))


@operation(
    "items.list",
    scope="items:read",
    side_effect="read",
    summary="List a project's items, of one collection or of all.",
    raw=True,
)
def list_items(call: Call, body: ItemsListInput) -> Listed[ItemResponse]:
    """The newest first."""
    found, total = call.rooms.catalogue.items.page(
        caller=call.caller,
        project_id=body.project_id,
        collection_id=body.collection_id,
        uncollected=body.uncollected,
        limit=body.limit,
        offset=body.offset,
    )
    return Listed([ItemResponse.of(each) for each in found], total)


@operation(
    "items.list_by_collection",
    scope="items:read",
    side_effect="read",
    summary="List the items of a collection.",
    raw=True,
)
def list_by_collection(call: Call, body: ItemsByCollectionInput) -> Listed[ItemResponse]:
    """The newest first."""
    found, total = call.rooms.catalogue.items.page_of_collection(
        caller=call.caller, collection_id=body.collection_id, limit=body.limit, offset=body.offset
    )
    return Listed([ItemResponse.of(each) for each in found], total)


@operation(
    "items.update",
    scope="items:write",
    side_effect="compute",
    summary="Update an item (editor or admin).",
    produces=("item",),
)
def update(call: Call, body: ItemUpdateInput) -> ItemResponse:
    """Properties are merged, and null removes one."""
    values = {
        name: value
        for name in ItemUpdateInput.model_fields
        if name != "item_id" and (value := getattr(body, name)) is not None
    }
    changed = call.rooms.catalogue.items.update(caller=call.caller, item_id=body.item_id, values=values)
    return ItemResponse.of(changed)


@operation(
    "items.delete",
    scope="items:write",
    side_effect="destructive",
    summary="Delete an item and its files (editor or admin).",
    produces=("item",),
)
def delete(call: Call, body: ItemDeleteInput) -> ItemDeleteOutput:
    """The storage that its files took is free at once."""
    freed = call.rooms.catalogue.items.delete(caller=call.caller, item_id=body.item_id)
    return ItemDeleteOutput(id=body.item_id.lower(), storage_freed_bytes=freed)


@operation(
    "items.duplicate",
    scope="items:write",
    side_effect="compute",
    summary="Copy an item with its files within its project (editor or admin).",
    produces=("item",),
    refuses=("quota-exceeded",),
)
def duplicate(call: Call, body: ItemDuplicateInput) -> ItemResponse:
    """The bytes are stored once, and count for each copy."""
    copy = call.rooms.catalogue.items.duplicate(
        caller=call.caller,
        item_id=body.item_id,
        new_name=body.new_name,
        target_collection_id=body.target_collection_id,
        target_project_id=body.target_project_id,
    )
    return ItemResponse.of(copy)


@operation(
    "items.list_assets",
    scope="items:read",
    side_effect="read",
    summary="List the files of an item.",
    raw=True,
)
def list_assets(call: Call, body: ItemAssetsInput) -> Listed[AssetResponse]:
    """In the order in which they were added."""
    found = call.rooms.catalogue.assets.of_item(caller=call.caller, item_id=body.item_id)
    return Listed([AssetResponse.of(each) for each in found], len(found))


@operation(
    "items.asset.download",
    scope="items:read",
    side_effect="share_export",
    summary="Get a link that downloads one file of an item.",
    raw=True,
)
def download(call: Call, body: AssetDownloadInput) -> AssetDownload:
    """Whoever has the link can use it until it expires; that it was made is in the audit. Range requests work."""
    found = call.rooms.catalogue.assets.download(caller=call.caller, item_id=body.item_id, asset_id=body.asset_id)
    return AssetDownload(
        url=found.url,
        expires_at=found.expires_at,
        file_name=found.asset.file_name.rpartition("/")[2],
        size_bytes=found.asset.size,
        media_type=found.asset.media_type,
        sha256=found.asset.sha256,
    )


@operation(
    "items.set_asset_band_names",
    scope="items:write",
    side_effect="compute",
    summary="Name the bands of a raster (editor or admin).",
)
def set_asset_band_names(call: Call, body: SetBandNamesInput) -> AssetResponse:
    """In the order of the file."""
    changed = call.rooms.catalogue.assets.name_bands(
        caller=call.caller, item_id=body.item_id, asset_id=body.asset_id, band_names=body.band_names
    )
    return AssetResponse.of(changed)
