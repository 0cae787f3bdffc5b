"""STAC 1.1 documents of the catalogue's rows, as JSON values; pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from coreshed.catalogue import Asset, Box, Extent, Item, places
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


@dataclass(frozen=True, slots=True)
class Home:
    """A collection as it is served. name: empty for that of a project's items in none, which has the project's id."""

    id: str
    project_id: str
    project_name: str
    name: str
    description: str
    created_ns: int


def collection(root: str, home: Home, extent: Extent | None) -> Json:
    """A collection; extent: None where it has no item."""
    here = collection_address(root, home.id)
    of_project = f"{home.name}, in the project {home.project_name}."
    in_none = f"Items of the project {home.project_name} that are in no collection."
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "id": home.id,
        "title": home.name or home.project_name,
        "description": home.description or (of_project if home.name else in_none),
        "license": "other",
        "created": iso_microseconds(home.created_ns),
        "coreshed:project_id": home.project_id,
        "coreshed:project_name": home.project_name,
        "extent": _extent(extent),
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
    box = extent.box
    covered = _WHOLE_WORLD
    if box is not None:
        covered = [box.west, box.south, box.east, box.north]
        if box.east > 180:
            covered = [-180.0, box.south, 180.0, box.north]
    interval = [iso_microseconds(extent.from_ns), iso_microseconds(extent.to_ns)]
    return {"spatial": {"bbox": [covered]}, "temporal": {"interval": [interval]}}


def collection_address(root: str, collection_id: str) -> str:
    """The address of a collection."""
    return f"{root}/collections/{quote(collection_id, safe='')}"


def home_of(item: Item) -> str:
    """The id of the collection in which an item is served."""
    return item.collection_id or item.workspace_id


def item(root: str, found: Item, assets: Sequence[Asset], href: Callable[[Asset], str]) -> Json:
    """An item; href: what the address of an asset is."""
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
            link("self", here, GEOJSON),
            link("root", root),
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
    west, south, east, north = found.bbox or _WHOLE_WORLD
    return places.polygon(Box(west, south, east + 360 if east < west else east, north))


def _extensions(found: Item, assets: Sequence[Asset]) -> list[str]:
    named = found.stac_extensions
    more = [FILE_EXTENSION] if assets else []
    if found.cloud_cover is not None and not any("/eo/" in each for each in named):
        more.append(EO_EXTENSION)
    return [*named, *(each for each in more if each not in named)]


def _properties(found: Item) -> Json:
    said: Json = found.properties | {
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
    said: Json = found.metadata | {
        "href": href,
        "type": found.media_type,
        "title": found.title or found.file_name,
        "roles": found.roles,
        "file:size": found.size,
        "file:checksum": f"1220{found.sha256}",  # a multihash: SHA-256, 32 bytes
    }
    if found.band_names and "bands" not in said:
        said["bands"] = [{"name": name} for name in found.band_names]
    return said
