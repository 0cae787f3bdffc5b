"""What is found out about an item later: what it changes, and what of the user's stays."""

from dataclasses import replace
from typing import Any

import pytest

from coreshed.app import Application
from coreshed.catalogue import AssetFacts, Box, Catalogue, Enrichment, Item, NewItem
from coreshed.database import Rows
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound
from tests.objects.conftest import Lab

SCHEMA = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
POINT = {"type": "Point", "coordinates": [121.5, -30.7]}
FOUND = Enrichment(
    geometry=POINT,
    datetime_ns=1_600_000_000 * 10**9,
    gsd=0.5,
    properties={"proj:code": "EPSG:28351", "title": "of the file"},
    stac_extensions=(SCHEMA,),
    by_asset={"00000000-0000-4000-8000-000000000000": AssetFacts({"bands": [{"name": "b1"}]})},
)


def _enriched(application: Application, lab: Lab, found: Enrichment, **more: Any) -> tuple[Item, Item]:
    """An item made with `more`, and what it is after `found` was told twice."""
    catalogue: Catalogue = application.catalogue
    caller = application.identity.acting_as(email="admin@localhost")
    with application.databases.main.writing() as rows:
        made = _item(catalogue, rows, lab, caller, more)
        catalogue.enrich(rows, made.id, found)
        once, _ = catalogue.enriching.of_item(rows, made.id)
        catalogue.enrich(rows, made.id, found)
        twice, _ = catalogue.enriching.of_item(rows, made.id)
    assert replace(once, updated_ns=0) == replace(twice, updated_ns=0)
    return made, twice


def _item(catalogue: Catalogue, rows: Rows, lab: Lab, caller: Any, more: dict[str, Any]) -> Item:
    key = WorkspaceKey(lab.organisation_id, lab.workspace_id)
    return catalogue.items.add(rows, caller, key, NewItem(name="n", type="user_raster", **more))


async def test_that_an_item_of_which_nothing_is_known_gets_place_time_and_facts(
    application: Application, lab: Lab
) -> None:
    made, item = _enriched(application, lab, FOUND)
    assert (made.geometry, made.from_ns) == (None, made.created_ns)
    assert (item.geometry, item.bbox) == (POINT, [121.5, -30.7, 121.5, -30.7])
    assert item.datetime_ns == item.from_ns == item.to_ns == FOUND.datetime_ns
    assert item.gsd == 0.5
    assert item.properties == {"proj:code": "EPSG:28351", "title": "of the file"}
    assert item.stac_extensions == [SCHEMA]


async def test_that_what_the_user_has_said_stays_and_what_is_measured_is_put_right(
    application: Application, lab: Lab
) -> None:
    said = {
        "bbox": [1.0, 2.0, 3.0, 4.0],
        "start_datetime": "2020-01-01T00:00:00Z",
        "gsd": 9.0,
        "properties": {"proj:code": "EPSG:4326", "title": "mine", "grade": 2},
    }
    made, item = _enriched(application, lab, FOUND, **said)
    assert (item.bbox, item.geometry) == (made.bbox, made.geometry)
    assert (item.datetime_ns, item.start_ns, item.from_ns) == (None, made.start_ns, made.start_ns)
    assert item.gsd == 9.0
    assert item.properties == {"proj:code": "EPSG:28351", "title": "mine", "grade": 2}


async def test_that_a_box_alone_is_drawn(application: Application, lab: Lab) -> None:
    _, item = _enriched(application, lab, Enrichment(box=Box(10, 20, 11, 21)))
    assert item.bbox == [10, 20, 11, 21]
    assert item.geometry is not None
    assert item.geometry["type"] == "Polygon"


async def test_that_an_item_that_has_gone_is_not_enriched(application: Application, lab: Lab) -> None:
    made, _ = _enriched(application, lab, Enrichment())
    caller = application.identity.acting_as(email="admin@localhost")
    application.catalogue.items.delete(caller=caller, item_id=made.id)
    with application.databases.main.writing() as rows, pytest.raises(NotFound):
        application.catalogue.enrich(rows, made.id, FOUND)
