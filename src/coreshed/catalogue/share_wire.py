"""What share links show to people without an account: a list of its own, so that a new field of an item stays inside.

Neither people nor projects, uploads, jobs and places in the store are in it. Times are RFC 3339 in UTC.
"""

from typing import Any

import msgspec

from coreshed.catalogue.shares import Shared
from coreshed.catalogue.wire import AssetResponse, CollectionResponse, ItemResponse

_OF_ITEM = (
    "id", "stac_id", "type", "geometry", "bbox", "datetime", "start_datetime", "end_datetime", "cloud_cover", "gsd",
    "name", "description", "properties", "stac_extensions", "created_at", "updated_at",
)  # fmt: skip
_OF_ASSET = (
    "id", "key", "file_name", "title", "media_type", "roles", "file_size_bytes", "checksum_crc32c", "checksum_md5",
    "sha256", "is_categorical", "band_names", "metadata", "created_at",
)  # fmt: skip
_OF_COLLECTION = ("id", "name", "description", "color", "item_count", "created_at", "updated_at")


def target_of(shown: Shared) -> dict[str, Any]:
    """The item with `assets`, or the collection with `items`; `download_url` is null where it is not permitted."""
    several = []
    for item in shown.items:
        files: list[dict[str, Any]] = []
        for asset in shown.assets.get(item.id, []):
            link = shown.downloads.get(asset.id)
            files.append({**_some(AssetResponse.of(asset), _OF_ASSET), "download_url": link and link.url})
        several.append({**_some(ItemResponse.of(item), _OF_ITEM), "assets": files})
    if shown.collection is None:
        return several[0]
    return {**_some(CollectionResponse.of(shown.collection, len(several)), _OF_COLLECTION), "items": several}


def _some(answer: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in names}
