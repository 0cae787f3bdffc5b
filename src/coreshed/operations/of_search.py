"""items.search, items.search_org, items.get_stac and stac.search: items by place and time."""

from typing import Annotated, Any

import msgspec
from pydantic import Field

from coreshed.catalogue.finding import Asked
from coreshed.operations.bodies import Input, Integer, Number, Reference
from coreshed.operations.of_items import ItemType
from coreshed.operations.registry import Call, operation
from coreshed.problems import Invalid

Offset = Annotated[Integer, Field(ge=0, le=1_000_000)]


class OrgItemSearchInput(Input):
    """`bbox`: degrees in WGS 84. `datetime`: a moment, or an interval `from/to` with `..` for an open end. collections:
    ids of collections, and of projects for the items that are in none. The order is the newest first.
    """

    bbox: list[Number] | None = None
    datetime: str | None = None
    limit: Annotated[Integer, Field(ge=1, le=1000)] = 100
    offset: Offset = 0
    collections: Annotated[list[Reference], Field(max_length=1000)] | None = None
    type: ItemType | None = None
    query: dict[str, Any] | None = None
    sortby: list[dict[str, str]] | None = None
    format: str | None = None
    base_url: Reference | None = None


class ProjectItemSearchInput(OrgItemSearchInput):
    """The same of one project."""

    project_id: str


class ItemStacInput(Input):
    """Which item, and what its links begin with; by default this server's STAC API."""

    item_id: str
    base_url: Reference | None = None


class SearchInput(Input):
    """A search as STAC APIs have it. `page` counts from 0."""

    bbox: list[Number] | None = None
    datetime: str | None = None
    limit: Annotated[Integer, Field(ge=1, le=10_000)] = 10
    page: Annotated[Integer, Field(ge=0, le=100_000)] = 0
    ids: Annotated[list[Reference], Field(max_length=1000)] | None = None
    collections: Annotated[list[Reference], Field(max_length=1000)] | None = None
    intersects: dict[str, Any] | None = None
    filter: dict[str, Any] | None = None
    sortby: list[dict[str, Any]] | None = None
    base_url: Reference = ""


class FeatureCollectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """STAC items of one page; numberMatched: on all pages."""

    features: list[dict[str, Any]]
    numberMatched: int  # noqa: N815  (STAC's name)
    numberReturned: int  # noqa: N815
    type: str = "FeatureCollection"


@operation(
    "items.search",
    scope="items:read",
    side_effect="read",
    summary="Find items of a project by place, time and collection.",
)
def search(call: Call, body: ProjectItemSearchInput) -> FeatureCollectionOutput:
    """Boxes that touch count. `query` and `sortby` are refused."""
    return _of_project(call, body, body.project_id)


@operation(
    "items.search_org",
    scope="items:read",
    side_effect="read",
    summary="Find items of all projects that the caller may read.",
)
def search_org(call: Call, body: OrgItemSearchInput) -> FeatureCollectionOutput:
    """As `items.search`."""
    return _of_project(call, body, None)


@operation(
    "items.get_stac",
    scope="items:read",
    side_effect="read",
    summary="Get one item as a STAC feature.",
    raw=True,
)
def get_stac(call: Call, body: ItemStacInput) -> dict[str, Any]:
    """STAC 1.1.0, as `/stac` answers it: the addresses of its assets are links that need no credential and end soon."""
    return call.rooms.catalogue.finding.feature(
        caller=call.caller, item_id=body.item_id, base_url=_base(call, body.base_url)
    )


@operation(
    "stac.search",
    scope="items:read",
    side_effect="read",
    summary="Find items as STAC APIs do.",
    raw=True,
)
def stac_search(call: Call, body: SearchInput) -> FeatureCollectionOutput:
    """The newest first. `intersects`, `filter` and `sortby` are refused."""
    for name in ("intersects", "filter", "sortby"):
        _refuse(name, getattr(body, name))
    asked = Asked(
        limit=body.limit,
        offset=body.page * body.limit,
        bbox=body.bbox,
        datetime=body.datetime,
        collections=body.collections,
        ids=body.ids,
    )
    return _found(call, None, asked, body.base_url)


def _of_project(call: Call, body: OrgItemSearchInput, project_id: str | None) -> FeatureCollectionOutput:
    for name in ("query", "sortby"):
        _refuse(name, getattr(body, name))
    asked = Asked(
        limit=body.limit,
        offset=body.offset,
        bbox=body.bbox,
        datetime=body.datetime,
        collections=body.collections,
        type=body.type,
    )
    return _found(call, project_id, asked, body.base_url)


def _found(call: Call, project_id: str | None, asked: Asked, base_url: str | None) -> FeatureCollectionOutput:
    features, total = call.rooms.catalogue.finding.search(
        caller=call.caller, project_id=project_id, asked=asked, base_url=_base(call, base_url)
    )
    return FeatureCollectionOutput(features=features, numberMatched=total, numberReturned=len(features))


def _base(call: Call, asked: str | None) -> str:
    return asked or f"{call.origin}/stac"


def _refuse(name: str, value: Any) -> None:
    if value:
        raise Invalid("This server does not search by it.", loc=["body", name])
