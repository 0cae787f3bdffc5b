"""Which extensions of STAC an item declares, and that it carries what their schemas require."""

import pytest

from coreshed.catalogue import Enrichment
from coreshed.enrichment.facts import PROJECTION, TABLE, Read, enrichment
from coreshed.enrichment.reading import Outcome, Reading
from coreshed.enrichment.reading.model import Column

RASTER = Reading(kind="raster", driver="GTiff", epsg=32633, width=100, height=80)
VECTOR = Reading(kind="vector", driver="GPKG", epsg=4326, columns=[Column(name="grade", type="Real")], feature_count=3)
NAMELESS = Reading(kind="vector", driver="GPKG", columns=[Column(name="", type="Real")], feature_count=3)
BARE = Reading(kind="vector", driver="GPKG", feature_count=3)


def found(*readings: Reading | None) -> Enrichment:
    read = [Read(f"asset {at}", "a", Outcome(reading=each)) for at, each in enumerate(readings)]
    return enrichment(read, None, "actor")


@pytest.mark.parametrize(
    "readings",
    [(RASTER, VECTOR), (VECTOR, RASTER), (RASTER,), (VECTOR,), (BARE, VECTOR), (NAMELESS, RASTER), (None, BARE), ()],
)
def test_that_an_item_declares_the_extensions_whose_fields_it_carries(readings: tuple[Reading | None, ...]) -> None:
    item = found(*readings)
    prefixes = {PROJECTION: "proj:", TABLE: "table:"}
    carried = {name for name, prefix in prefixes.items() if any(key.startswith(prefix) for key in item.properties)}
    assert set(item.stac_extensions) == carried
    # Required of items by table v1.2.0: columns among the properties, each with a name of at least one character.
    if TABLE in carried:
        assert item.properties["table:columns"]
        assert all(each["name"] for each in item.properties["table:columns"])
    for facts in item.by_asset.values():
        assert PROJECTION in carried or not any(key.startswith("proj:") for key in facts.metadata)
        assert TABLE in carried or "table:columns" not in facts.metadata


def test_that_columns_of_a_vector_behind_a_raster_are_the_items() -> None:
    item = found(RASTER, VECTOR)
    assert item.stac_extensions == (PROJECTION, TABLE)
    assert item.properties == {
        "proj:code": "EPSG:32633",
        "proj:shape": [80, 100],
        "table:columns": [{"name": "grade", "type": "Real"}],
        "table:row_count": 3,
    }
