"""catalog.search: the archives of those who sell imagery, of which this server is connected to none."""

from typing import Annotated, Any

from pydantic import Field

from coreshed.operations.bodies import Input, Integer
from coreshed.operations.of_search import FeatureCollectionOutput
from coreshed.operations.registry import Call, operation


class CatalogSearchInput(Input):
    """Whose archive, and what is looked for there; items of your own are found by `items.search` and `stac.search`."""

    host_name: str
    bbox: list[float] | None = None
    collections: list[str] | None = None
    datetime: str | None = None
    full_catalog: bool | None = None
    ids: list[str] | None = None
    intersects: dict[str, Any] | None = None
    limit: Annotated[Integer, Field(ge=1, le=500)] = 100
    next: str | None = None
    query: dict[str, Any] | None = None


@operation(
    "catalog.search",
    scope="catalog:read",
    side_effect="read",
    summary="Search the archive of somebody who sells imagery; none is connected, so that nothing is found.",
)
def search(call: Call, body: CatalogSearchInput) -> FeatureCollectionOutput:  # noqa: ARG001  (nothing to ask)
    """The answer is always empty, so that programs that look there first go on."""
    return FeatureCollectionOutput(features=[], numberMatched=0, numberReturned=0)
