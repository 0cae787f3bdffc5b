"""What a STAC API says beside its items, as JSON values; pure functions."""

from dataclasses import dataclass

from coreshed.catalogue import Extent
from coreshed.catalogue.features import VERSION as STAC_VERSION
from coreshed.catalogue.features import Json, collection_address, link
from coreshed.clock import iso_microseconds

JSON = "application/json"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
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


def landing_page(root: str) -> Json:
    """The entrance; root: its own address."""
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
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
        "stac_version": STAC_VERSION,
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
