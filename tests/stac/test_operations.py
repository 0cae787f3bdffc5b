"""What the operations put into the catalogue is what the STAC API serves."""

from typing import Any

from tests.stac.conftest import Shelf
from tests.stac.test_documents import valid

LINE = {"type": "LineString", "coordinates": [[172.0, -43.5], [172.5, -43.25]]}


async def call(shelf: Shelf, operation: str, **body: Any) -> dict[str, Any]:
    """One operation by the owner."""
    answer = await shelf.lab.clients["owner"].post(f"/v1/op/{operation}", json=body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_that_an_item_is_found_as_soon_as_it_is_made_and_until_it_is_deleted(shelf: Shelf) -> None:
    collection = (await call(shelf, "collections.create", project_id=shelf.project, name="Seismic"))["id"]
    made = await call(
        shelf,
        "items.create",
        project_id=shelf.project,
        collection_id=collection,
        name="Line 7",
        type="user_vector",
        geometry=LINE,
        start_datetime="2026-03-01T00:00:00Z",
        end_datetime="2026-03-09T00:00:00Z",
        properties={"proj:code": "EPSG:2193", "crew": "B"},
    )
    query = {"bbox": "172.4,-44,173,-43", "datetime": "2026-03-05T00:00:00Z", "collections": collection}
    answer = await shelf.get("/search", **query)
    (feature,) = answer.json()["features"]
    assert valid(feature)["id"] == made["stac_id"]
    assert feature["geometry"] == LINE
    assert feature["bbox"] == [172.0, -43.5, 172.5, -43.25]
    assert feature["properties"]["coreshed:item_id"] == made["id"]
    assert feature["properties"]["crew"] == "B"
    assert feature["properties"]["start_datetime"] == "2026-03-01T00:00:00.000000Z"

    # Without its collection an item is served in the one of its project.
    await call(shelf, "collections.delete", project_id=shelf.project, collection_id=collection)
    moved = await shelf.get(f"/collections/{shelf.project}/items/{made['stac_id']}")
    assert valid(moved.json())["collection"] == shelf.project
    assert (await shelf.get(f"/collections/{collection}/items/{made['stac_id']}")).status_code == 404

    await call(shelf, "items.delete", item_id=made["id"])
    assert (await shelf.get("/search", **query | {"collections": shelf.project})).json()["features"] == []
