"""assets.*: the files of items."""

from coreshed.catalogue.wire import AssetResponse
from coreshed.operations.bodies import Input
from coreshed.operations.registry import Call, operation


class AssetDeleteInput(Input):
    """Which file of the item to delete."""

    item_id: str
    asset_id: str


@operation(
    "assets.delete",
    scope="items:write",
    side_effect="destructive",
    summary="Delete a file of an item (editor or admin).",
    produces=("asset",),
)
def delete(call: Call, body: AssetDeleteInput) -> AssetResponse:
    """The storage that it took is free at once; the item stays."""
    deleted = call.rooms.catalogue.assets.delete(caller=call.caller, item_id=body.item_id, asset_id=body.asset_id)
    return AssetResponse.of(deleted)
