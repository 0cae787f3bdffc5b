"""Items as GeoJSON features of STAC 1.0.0, for the operations that answer them; pure functions."""

from collections.abc import Callable, Sequence
from typing import Any

from coreshed.catalogue import times
from coreshed.catalogue.model import Asset, Item

_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"


def feature(item: Item, assets: Sequence[Asset], *, base_url: str, href: Callable[[Asset], str]) -> dict[str, Any]:
    """A STAC item. Its collection is the catalogue's, or where it is in none the one that has the id of its project.

    base_url: what its links begin with, without a final slash. `datetime` is when the item was made where nothing else
    is known, as STAC wants one.
    """
    home = item.collection_id or item.workspace_id
    collection = f"{base_url}/collections/{home}"
    made: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": sorted({*item.stac_extensions, _FILE}) if assets else item.stac_extensions,
        "id": item.stac_id,
        "collection": home,
        "geometry": item.geometry,
        "properties": properties(item),
        "links": [
            {"rel": "self", "href": f"{collection}/items/{item.stac_id}", "type": "application/geo+json"},
            {"rel": "collection", "href": collection, "type": "application/json"},
            {"rel": "parent", "href": collection, "type": "application/json"},
            {"rel": "root", "href": base_url or "/", "type": "application/json"},
        ],
        "assets": {each.key: _asset(each, href(each)) for each in assets},
    }
    if item.geometry is not None and item.bbox is not None:
        made["bbox"] = item.bbox
    return made


def properties(item: Item) -> dict[str, Any]:
    """The properties of a STAC item; those of the server win over those that were sent."""
    made: dict[str, Any] = {
        **item.properties,
        "title": item.name,
        "created": times.show(item.created_ns),
        "updated": times.show(item.updated_ns),
        "datetime": times.show(item.datetime_ns),
        "coreshed:item_id": item.id,
        "coreshed:type": item.type,
    }
    if item.start_ns is not None or item.end_ns is not None:
        made |= {"start_datetime": times.show(item.from_ns), "end_datetime": times.show(item.to_ns)}
    elif item.datetime_ns is None:
        made["datetime"] = made["created"]
    said = {"description": item.description, "gsd": item.gsd, "eo:cloud_cover": item.cloud_cover}
    return {**made, **{name: value for name, value in said.items() if value is not None}}


def _asset(asset: Asset, href: str) -> dict[str, Any]:
    made = {
        **asset.metadata,
        "href": href,
        "type": asset.media_type,
        "roles": asset.roles,
        "file:size": asset.size,
        "file:checksum": f"1220{asset.sha256}",  # a multihash of SHA-256
    }
    return {**made, "title": asset.title} if asset.title else made
