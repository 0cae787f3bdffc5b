"""STAC 1.1 documents of the catalogue's rows, as JSON values; pure functions."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from coreshed.catalogue import Box, places
from coreshed.catalogue.search import Extent, FoundAsset, FoundCollection, FoundItem
from coreshed.clock import iso_microseconds

VERSION = "1.1.0"
JSON = "application/json"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
EO_EXTENSION = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
CONFORMANCE = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
_WHOLE_WORLD = [-180.0, -90.0, 180.0, 90.0]
Json = dict[str, Any]


def link(rel: str, href: str, kind: str = JSON, **more: Any) -> Json:
    """One entry of `links`."""
    return {"rel": rel, "href": href, "type": kind, **more}


def landing_page(root: str) -> Json:
    """The entrance; root: its own address."""
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": "coreshed",
        "title": "Coreshed",
        "description": "What has been uploaded into the projects that the caller may read.",
        "conformsTo": CONFORMANCE,
        "links": [
            link("self", root),
            link("root", root),
            link("conformance", f"{root}/conformance"),
            link("data", f"{root}/collections"),
            link("search", f"{root}/search", GEOJSON, method="GET", title="Search items"),
            link("search", f"{root}/search", GEOJSON, method="POST", title="Search items"),
            link("service-desc", f"{root}/api", OPENAPI),
        ],
    }


def collection(root: str, found: FoundCollection, project: str, extent: Extent | None) -> Json:
    """A collection; extent: None where it has no item. found.name: empty for that of a project's uncollected
    items, whose created_ns is 0.
    """
    here = collection_address(root, found.id)
    in_none = f"Items of the project {project} that are in no collection."
    created = {"created": iso_microseconds(found.created_ns)} if found.created_ns else {}
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "id": found.id,
        "title": found.name or project,
        "description": found.description or (f"{found.name}, in the project {project}." if found.name else in_none),
        "license": "other",
        "coreshed:project_id": found.workspace_id,
        "coreshed:project_name": project,
        "extent": _extent(extent),
        **created,
        "links": [
            link("self", here),
            link("root", root),
            link("parent", root),
            link("items", f"{here}/items", GEOJSON),
        ],
    }


def _extent(extent: Extent | None) -> Json:
    if extent is None:
        return {"spatial": {"bbox": [_WHOLE_WORLD]}, "temporal": {"interval": [[None, None]]}}
    box = _box(extent.min_x, extent.min_y, extent.max_x, extent.max_y)
    if extent.max_x is not None and extent.max_x > 180:
        box = [-180.0, box[1], 180.0, box[3]] if box else None
    interval = [iso_microseconds(extent.from_ns), iso_microseconds(extent.to_ns)]
    return {"spatial": {"bbox": [box or _WHOLE_WORLD]}, "temporal": {"interval": [interval]}}


def collection_address(root: str, collection_id: str) -> str:
    """The address of a collection."""
    return f"{root}/collections/{quote(collection_id, safe='')}"


def home_of(item: FoundItem) -> str:
    """The id of the collection in which an item is served."""
    return item.collection_id or item.workspace_id


def item(root: str, found: FoundItem, assets: Sequence[FoundAsset], href: Callable[[FoundAsset], str]) -> Json:
    """An item; href: what the address of an asset is."""
    parent = collection_address(root, home_of(found))
    here = f"{parent}/items/{quote(found.stac_id, safe='')}"
    box = _box(found.min_x, found.min_y, found.max_x, found.max_y)
    document: Json = {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": _extensions(found, assets),
        "id": found.stac_id,
        "geometry": None,
        "properties": _properties(found),
        "links": [
            link("self", here, GEOJSON),
            link("root", root),
            link("parent", parent),
            link("collection", parent),
        ],
        "assets": {each.key: _asset(each, href(each)) for each in assets},
        "collection": home_of(found),
    }
    if box is not None:
        # The schema has both or neither.
        document["bbox"] = box
        document["geometry"] = msgspec.Raw(found.geometry.encode()) if found.geometry else _polygon(found)
    return document


def _box(min_x: float | None, min_y: float | None, max_x: float | None, max_y: float | None) -> list[float] | None:
    if min_x is None or min_y is None or max_x is None or max_y is None:
        return None
    return [min_x, min_y, max_x - 360 if max_x > 180 else max_x, max_y]


def _polygon(found: FoundItem) -> Json:
    assert found.min_x is not None and found.min_y is not None  # noqa: S101, PT018  (all four or none)
    assert found.max_x is not None and found.max_y is not None  # noqa: S101, PT018
    return places.polygon(Box(found.min_x, found.min_y, found.max_x, found.max_y))


def _extensions(found: FoundItem, assets: Sequence[FoundAsset]) -> list[str]:
    named: list[str] = msgspec.json.decode(found.stac_extensions)
    more = [FILE_EXTENSION] if assets else []
    if found.cloud_cover is not None and not any("/eo/" in each for each in named):
        more.append(EO_EXTENSION)
    return [*named, *(each for each in more if each not in named)]


def _properties(found: FoundItem) -> Json:
    said: Json = msgspec.json.decode(found.properties)
    said |= {
        "title": found.name,
        "created": iso_microseconds(found.created_ns),
        "updated": iso_microseconds(found.updated_ns),
        "coreshed:item_id": found.id,
        "coreshed:type": found.type,
    }
    said |= _times(found)
    if found.description is not None:
        said["description"] = found.description
    if found.cloud_cover is not None:
        said["eo:cloud_cover"] = found.cloud_cover
    if found.gsd is not None:
        said["gsd"] = found.gsd
    return said


def _times(found: FoundItem) -> Json:
    """STAC asks for a moment or for both ends; where nothing is known the moment is when the item was made."""
    interval = {"start_datetime": iso_microseconds(found.from_ns), "end_datetime": iso_microseconds(found.to_ns)}
    if found.datetime_ns is not None:
        moment = {"datetime": iso_microseconds(found.datetime_ns)}
        return moment if found.start_ns is None and found.end_ns is None else moment | interval
    if found.start_ns is not None or found.end_ns is not None:
        return {"datetime": None, **interval}
    return {"datetime": iso_microseconds(found.from_ns)}


def _asset(found: FoundAsset, href: str) -> Json:
    said: Json = msgspec.json.decode(found.metadata)
    said |= {
        "href": href,
        "type": found.media_type,
        "title": found.title or found.file_name,
        "roles": msgspec.json.decode(found.roles),
        "file:size": found.size,
        "file:checksum": f"1220{found.sha256}",  # a multihash: SHA-256, 32 bytes
    }
    if found.band_names and "bands" not in said:
        said["bands"] = [{"name": name} for name in msgspec.json.decode(found.band_names)]
    return said
