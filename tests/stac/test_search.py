"""What a search finds, and how its pages follow each other."""

from typing import Any

import msgspec
import pytest

from coreshed.catalogue import searching
from tests.objects.conftest import ORIGIN
from tests.stac.conftest import Shelf
from tests.stac.test_documents import valid

BOXES = [
    ("10.5,40.5,10.6,40.6", ["europe"]),
    ("11,41,12,42", ["europe"]),  # a corner is shared
    ("11.01,41,12,42", []),
    ("10,40,-500,11,41,9000", ["europe"]),
    ("178,-20,179,-15", ["fiji"]),
    ("-179,-20,-178,-15", ["fiji"]),
    ("170,-30,-170,-10", ["tonga", "fiji"]),
    ("-180,-90,180,90", ["tonga", "fiji", "europe"]),
    ("-540,-90,540,90", ["tonga", "fiji", "europe"]),
    ("370,40,371,41", ["europe"]),
    ("-176,-22,-174,-20", ["tonga"]),
    ("184,-22,186,-20", ["tonga"]),
]


async def test_that_a_box_finds_what_it_touches(shelf: Shelf) -> None:
    shelf.item("europe", box=(10, 40, 11, 41))
    shelf.item("fiji", box=(177, -20, 183, -15))
    shelf.item("tonga", box=(-176, -22, -174, -15))
    shelf.item("nowhere")
    for bbox, found in BOXES:
        assert await shelf.found(bbox=bbox) == found, bbox
        numbers = [float(each) for each in bbox.split(",")]
        posted = (await shelf.posted(bbox=numbers, collections=[shelf.project])).json()
        assert [feature["id"] for feature in posted["features"]] == found, bbox
        assert posted["numberMatched"] == posted["numberReturned"] == len(found)


SQUARE = [[10.0, 40.0], [14.0, 40.0], [14.0, 44.0], [10.0, 44.0], [10.0, 40.0]]
HOLE = [[11.0, 41.0], [11.0, 43.0], [13.0, 43.0], [13.0, 41.0], [11.0, 41.0]]
BOW = [[20.0, 0.0], [22.0, 2.0], [22.0, 0.0], [20.0, 2.0], [20.0, 0.0]]
SHAPES: list[tuple[str, Any, list[str]]] = [
    ("Point", [10.5, 40.5], ["ring"]),
    ("Point", [10.5, 40.5, 300], ["ring"]),
    ("Point", [12, 42], []),  # in the hole
    ("Point", [11, 42], ["ring"]),  # on its border
    ("LineString", [[12, 42], [12, 50]], ["ring"]),
    ("LineString", [[-50, -40], [-40, -50]], ["line"]),
    ("LineString", [[-45, -39], [-39, -39]], []),  # boxes that touch, and nothing else
    ("MultiPoint", [[0, 0], [-42, -42]], ["line"]),
    ("Polygon", [[[11.5, 41.5], [12.5, 41.5], [12, 42.5], [11.5, 41.5]]], []),
    ("Polygon", [SQUARE], ["ring"]),
    ("MultiPolygon", [[SQUARE, HOLE], [HOLE]], ["ring"]),  # with edges in common
    ("Point", [20.2, 1.0], ["bow"]),
    ("Point", [21, 0.5], []),  # between its wings
    ("Point", [-180, -17], ["fiji"]),
    ("Point", [180, -17], ["fiji"]),
    ("Point", [-178, -17], ["fiji"]),
    ("Point", [-176, -17], []),
    ("LineString", [[170, -17], [179, -17]], ["fiji"]),
    ("Polygon", [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]], ["fiji", "bow", "line", "ring"]),
]


def text(geometry: dict[str, Any]) -> str:
    return msgspec.json.encode(geometry).decode()


async def test_that_a_shape_finds_what_it_touches(shelf: Shelf) -> None:
    shelf.item("ring", box=(10, 40, 14, 44), geometry=text({"type": "Polygon", "coordinates": [SQUARE, HOLE]}))
    line = {"type": "LineString", "coordinates": [[-40, -40], [-50, -50]]}
    shelf.item("line", box=(-50, -50, -40, -40), geometry=text(line))
    shelf.item("bow", box=(20, 0, 22, 2), geometry=text({"type": "Polygon", "coordinates": [BOW]}))
    shelf.item("fiji", box=(177, -20, 183, -15))
    shelf.item("nowhere")
    for kind, coordinates, found in SHAPES:
        shape = {"type": kind, "coordinates": coordinates}
        assert await shelf.found(intersects=text(shape)) == found, shape
        posted = (await shelf.posted(intersects=shape, collections=[shelf.project])).json()
        assert [feature["id"] for feature in posted["features"]] == found, shape
        assert posted["numberMatched"] == posted["numberReturned"] == len(found)
    both = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [10, 40]}, line]}
    assert await shelf.found(intersects=text(both)) == ["line", "ring"]


async def test_that_pages_of_a_shape_are_whole_however_many_boxes_are_passed_over(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_READ_AT_ONCE", 3)
    for number in range(30):
        at = 10.5 if number % 10 == 0 else 12
        point = {"type": "MultiPoint", "coordinates": [[10, 40], [at, 42], [14, 44]]}
        shelf.item(f"i{number:02}", box=(10, 40, 14, 44), geometry=text(point))
    shape = {"type": "Point", "coordinates": [10.5, 42]}
    asked: dict[str, Any] = {"intersects": shape, "collections": [shelf.project], "limit": 2}
    first = (await shelf.posted(**asked)).json()
    assert [each["id"] for each in first["features"]] == ["i20", "i10"]
    assert "numberMatched" not in first
    (following,) = (each for each in first["links"] if each["rel"] == "next")
    second = (await shelf.posted(**asked, **following["body"])).json()
    assert [each["id"] for each in second["features"]] == ["i00"]
    assert not [each for each in second["links"] if each["rel"] == "next"]


TIMES = [
    ("2020-06-01T00:00:00Z", ["moment", "campaign"]),
    ("2020-06-01T00:00:01Z", ["campaign"]),
    ("2020-06-01T02:00:00+02:00", ["moment", "campaign"]),
    ("2020-05-31t23:59:60z", ["moment", "campaign"]),
    ("2020-01-01T00:00:00Z/2020-02-01T00:00:00Z", ["campaign"]),
    ("2020-12-31T00:00:00Z/..", ["unknown", "campaign"]),
    ("../2019-12-31T23:59:59.999Z", []),
    ("/2020-01-01T00:00:00Z", ["campaign"]),
    ("2026-11-20T00:00:00Z/", ["unknown"]),
    ("0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", ["unknown", "moment", "campaign"]),
]


async def test_that_a_time_finds_what_shares_a_moment_with_it(shelf: Shelf) -> None:
    shelf.item("moment", at="2020-06-01T00:00:00Z")
    shelf.item("campaign", start="2020-01-01T00:00:00Z", end="2020-12-31T00:00:00Z")
    shelf.item("unknown")
    for datetime, found in TIMES:
        assert await shelf.found(datetime=datetime) == found, datetime


async def test_that_collections_and_ids_narrow_a_search(shelf: Shelf) -> None:
    drilling, mapping = shelf.collection("Drilling"), shelf.collection("Mapping")
    for name, home in (("a", drilling), ("b", mapping), ("c", None)):
        shelf.item(name, collection_id=home)
    assert await shelf.found() == ["c", "b", "a"]
    assert await shelf.found(collections=drilling) == ["a"]
    assert await shelf.found(collections=f"{mapping},{shelf.project}") == ["c", "b"]
    assert await shelf.found(ids="a,c,nothing") == ["c", "a"]
    assert await shelf.found(ids="a", collections=mapping) == []
    page = (await shelf.get(f"/collections/{mapping}/items", limit=10)).json()
    assert [feature["id"] for feature in page["features"]] == ["b"]
    assert (await shelf.posted(ids=[], collections=[drilling])).json()["features"] == []


async def test_that_deleted_items_and_those_of_deleted_collections_are_gone(shelf: Shelf) -> None:
    gone = shelf.collection("Old", deleted_ns=1)
    shelf.item("deleted", deleted_ns=1)
    shelf.item("there")
    assert await shelf.found() == ["there"]
    assert (await shelf.get(f"/collections/{gone}")).status_code == 404
    assert (await shelf.get(f"/collections/{shelf.project}/items/deleted")).status_code == 404


async def walk(shelf: Shelf, answer: Any, meanwhile: Any) -> list[str]:
    """Every id, by the links to next pages."""
    seen: list[str] = []
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [feature["id"] for feature in page["features"]]
        following = [link for link in page["links"] if link["rel"] == "next"]
        if not following:
            return seen
        meanwhile()
        link = following[0]
        client = shelf.lab.clients["viewer"]
        assert link["href"].startswith(f"{ORIGIN}/stac/")
        if link["method"] == "GET":
            answer = await client.get(link["href"])
        else:
            assert link["merge"] is True
            answer = await client.post(link["href"], json={**BODY, "collections": [shelf.project], **link["body"]})


BODY = {"limit": 4, "bbox": [0, 0, 20, 20]}


@pytest.mark.parametrize("way", ["get", "post", "items"])
async def test_that_pages_show_each_item_once_while_items_are_added(shelf: Shelf, way: str) -> None:
    for number in range(15):
        # Moments are shared by three items each, and some lie in no box.
        shelf.item(f"old-{number}", at=f"2020-01-{1 + number // 3:02}T00:00:00Z", box=(1, 1, 2, 2))
    shelf.item("outside", box=(50, 50, 51, 51))
    added = iter(range(100))

    def add() -> None:
        number = next(added)
        shelf.item(f"newest-{number}", at="2026-01-01T00:00:00Z", box=(1, 1, 2, 2))
        shelf.item(f"same-{number}", at="2020-01-03T00:00:00Z", box=(1, 1, 2, 2))

    query = {"limit": 4, "bbox": "0,0,20,20"}
    if way == "get":
        first = await shelf.get("/search", collections=shelf.project, **query)
    elif way == "items":
        first = await shelf.get(f"/collections/{shelf.project}/items", **query)
    else:
        first = await shelf.posted(**BODY, collections=[shelf.project])
    assert first.json()["numberMatched"] == 15
    seen = await walk(shelf, first, add)
    assert len(seen) == len(set(seen))
    assert {f"old-{number}" for number in range(15)} <= set(seen)


async def test_that_more_than_1000_matches_are_not_counted(shelf: Shelf) -> None:
    for number in range(1000):
        shelf.item(f"many-{number}", box=(1, 1, 2, 2))
    query = {"limit": 1, "collections": shelf.project, "bbox": "0,0,20,20"}
    assert (await shelf.get("/search", **query)).json()["numberMatched"] == 1000
    shelf.item("one-more", box=(1, 1, 2, 2))
    page = (await shelf.get("/search", **query)).json()
    assert "numberMatched" not in page
    assert page["numberReturned"] == 1
    assert "next" in {link["rel"] for link in page["links"]}
    body = {"project_id": shelf.project, "limit": 1}
    exact = await shelf.lab.clients["viewer"].post("/v1/op/items.search", json=body)
    assert exact.json()["numberMatched"] == 1001


async def test_that_every_feature_of_a_search_is_valid(shelf: Shelf) -> None:
    collection = shelf.collection()
    for number in range(3):
        item_id = shelf.item(f"item-{number}", collection_id=collection, box=(1, 2, 3, 4))
        await shelf.asset(item_id, b"content")
    answer = await shelf.get("/search", collections=collection, bbox="0,0,5,5", datetime="2026-11-20T00:00:00Z")
    assert answer.headers["content-type"] == "application/geo+json"
    page = answer.json()
    assert page["type"] == "FeatureCollection"
    assert [valid(feature)["collection"] for feature in page["features"]] == [collection] * 3


async def test_that_a_limit_above_the_most_is_the_most(shelf: Shelf) -> None:
    shelf.item("one")
    for limit in ("1", "1000", "1001", "99999999999999999999", "007"):
        assert (await shelf.get("/search", limit=limit)).status_code == 200
