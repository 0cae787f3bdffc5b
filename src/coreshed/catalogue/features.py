"""Items as GeoJSON features of STAC 1.1.0; pure functions."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from coreshed.catalogue import common, places
from coreshed.catalogue.model import Asset, Box, Item
from coreshed.clock import iso_microseconds

VERSION = "1.1.0"
FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
EO_EXTENSION = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
_JSON, _GEOJSON = "application/json", "application/geo+json"
Json = dict[str, Any]


def link(rel: str, href: str, kind: str = _JSON, **more: Any) -> Json:
    """One entry of `links`."""
    return {"rel": rel, "href": href, "type": kind, **more}


def collection_address(root: str, collection_id: str) -> str:
    """The address of a collection; root: that of the STAC API, without a final slash."""
    return f"{root}/collections/{quote(collection_id, safe='')}"


def home_of(item: Item) -> str:
    """The id of the collection in which an item is served: where it is in none, that of its project."""
    return item.collection_id or item.workspace_id


def feature(root: str, found: Item, assets: Sequence[Asset], href: Callable[[Asset], str]) -> Json:
    """An item. root: as in `collection_address`; href: what the address of an asset is."""
    parent = collection_address(root, home_of(found))
    here = f"{parent}/items/{quote(found.stac_id, safe='')}"
    document: Json = {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": _extensions(found, assets),
        "id": found.stac_id,
        "geometry": None,
        "properties": _properties(found),
        "links": [
            link("self", here, _GEOJSON),
            link("root", root or "/"),
            link("parent", parent),
            link("collection", parent),
        ],
        "assets": {each.key: _asset(each, href(each)) for each in assets},
        "collection": home_of(found),
    }
    if found.bbox is not None:
        # The schema has both or neither.
        document["bbox"] = found.bbox
        document["geometry"] = found.geometry or _polygon(found)
    return document


def _polygon(found: Item) -> Json:
    west, south, east, north = found.bbox or (-180.0, -90.0, 180.0, 90.0)
    return places.polygon(Box(west, south, east + 360 if east < west else east, north))


def _extensions(found: Item, assets: Sequence[Asset]) -> list[str]:
    named = common.extensions(found.stac_extensions)
    more = [FILE_EXTENSION] if assets else []
    if found.cloud_cover is not None and not any("/eo/" in each for each in named):
        more.append(EO_EXTENSION)
    return [*named, *(each for each in more if each not in named)]


def _properties(found: Item) -> Json:
    said: Json = common.of_item(found.properties) | {
        "title": found.name,
        "created": iso_microseconds(found.created_ns),
        "updated": iso_microseconds(found.updated_ns),
        "coreshed:item_id": found.id,
        "coreshed:type": found.type,
    }
    said |= _times(found)
    if found.description:
        said["description"] = found.description
    if found.cloud_cover is not None:
        said["eo:cloud_cover"] = found.cloud_cover
    if found.gsd is not None and found.gsd > 0:
        said["gsd"] = found.gsd
    return said


def _times(found: Item) -> Json:
    """STAC asks for a moment or for both ends; where nothing is known the moment is when the item was made."""
    interval = {"start_datetime": iso_microseconds(found.from_ns), "end_datetime": iso_microseconds(found.to_ns)}
    if found.datetime_ns is not None:
        moment = {"datetime": iso_microseconds(found.datetime_ns)}
        return moment if found.start_ns is None and found.end_ns is None else moment | interval
    if found.start_ns is not None or found.end_ns is not None:
        return {"datetime": None, **interval}
    return {"datetime": iso_microseconds(found.from_ns)}


def _asset(found: Asset, href: str) -> Json:
    said: Json = common.of_asset(found.metadata) | {
        "href": href,
        "type": found.media_type,
        "title": found.title or found.file_name,
        "roles": [role for role in found.roles if role],
        "file:size": found.size,
        "file:checksum": f"1220{found.sha256}",  # a multihash: SHA-256, 32 bytes
    }
    if found.band_names and "bands" not in said:
        said["bands"] = [{"name": name} for name in found.band_names]
    return said
