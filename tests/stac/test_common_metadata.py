"""Whatever people give as properties, items stay valid by the core schemas of STAC 1.1."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreshed.catalogue import Item, features
from coreshed.catalogue.common import check_properties
from coreshed.problems import Invalid
from tests.stac.conftest import Shelf
from tests.stac.test_documents import valid

NAMES = (
    "title", "description", "keywords", "roles", "datetime", "start_datetime", "end_datetime", "created", "updated",
    "license", "providers", "platform", "instruments", "constellation", "mission", "gsd", "bands", "data_type",
    "nodata", "statistics", "unit", "grade",
)  # fmt: skip
TEXTS = st.sampled_from(["", "x", "nan", "int8", "MIT", "other", "a b", "2020-01-01T00:00:00Z", "minimum", "host"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 200), st.floats(allow_nan=False), TEXTS)
KEYS = st.sampled_from(["name", "roles", "url", "minimum", "count", "valid_percent", "description", "gsd", "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5
)
PROPERTIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
TIMES = {"datetime", "start_datetime", "end_datetime", "created", "updated"}


def item(properties: dict[str, Any], extensions: list[str]) -> Item:
    values: dict[str, Any] = dict.fromkeys(Item.__dataclass_fields__)
    named = {"id": "i", "stac_id": "s", "workspace_id": "w", "name": "n", "type": "t", "lifecycle_state": "active"}
    times = {"from_ns": 0, "to_ns": 0, "created_ns": 0, "updated_ns": 0}
    return Item(**values | named | times | {"properties": properties, "stac_extensions": extensions})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PROPERTIES, st.lists(TEXTS | st.just("https://example.org/x.json"), max_size=3))
def test_that_an_item_is_valid_whatever_its_properties_are(properties: dict[str, Any], extensions: list[str]) -> None:
    document = valid(features.feature("http://a/stac", item(properties, extensions), [], lambda _: ""))
    try:
        check_properties(properties)
    except Invalid:
        return
    # What is taken is served; null is none, and what the item knows itself goes before.
    kept = {name: value for name, value in properties.items() if value is not None and name not in {*TIMES, "title"}}
    served = document["properties"]
    assert {name: served[name] for name in kept} == kept


async def test_that_what_was_stored_before_is_served_without_what_is_wrong(shelf: Shelf) -> None:
    said = '{"license":5,"start_datetime":"x","constellation":[1],"grade":2}'
    item_id = shelf.item("old", properties=said, description="", stac_extensions='["x y", "x y"]')
    await shelf.asset(item_id, b"content", roles='[""]', says={"gsd": 0, "bands": [{"description": ""}]})
    document = valid((await shelf.get(f"/collections/{shelf.project}/items/old")).json())
    assert document["properties"]["grade"] == 2
    assert document["assets"]["data"]["roles"] == []
    assert not {"license", "start_datetime", "constellation", "description"} & set(document["properties"])
