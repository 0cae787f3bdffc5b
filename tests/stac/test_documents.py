"""What the documents say, held against the published schemas of STAC 1.1, which pystac carries."""

from typing import Any

import httpx
import pystac
from pystac.validation import RegisteredValidator

from tests.objects.conftest import ORIGIN, Lab
from tests.stac.conftest import Shelf

PROJ = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
SQUARE = '{"type":"Polygon","coordinates":[[[10,40],[11,40],[11,41],[10,41],[10,40]]]}'


def valid(document: dict[str, Any]) -> dict[str, Any]:
    """The document, after the validator has passed its core; the schemas of extensions are on the network."""
    kind = {
        "Catalog": pystac.STACObjectType.CATALOG,
        "Collection": pystac.STACObjectType.COLLECTION,
        "Feature": pystac.STACObjectType.ITEM,
    }[document["type"]]
    assert document["stac_version"] == "1.1.0"
    RegisteredValidator.get_validator().validate_core(document, kind, "1.1.0")
    return document


def rels(document: dict[str, Any]) -> dict[str, str]:
    """Links by relation."""
    return {link["rel"]: link["href"] for link in document["links"]}


async def test_that_the_landing_page_is_a_valid_catalog_that_everybody_reads(lab: Lab) -> None:
    answer = await lab.clients["nobody"].get("/stac")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    page = valid(answer.json())
    links = rels(page)
    assert links["self"] == links["root"] == f"{ORIGIN}/stac"
    assert [link["method"] for link in page["links"] if link["rel"] == "search"] == ["GET", "POST"]
    assert "https://api.stacspec.org/v1.0.0/item-search" in page["conformsTo"]
    said = await lab.clients["nobody"].get(links["conformance"])
    assert said.json() == {"conformsTo": page["conformsTo"]}
    described = await lab.clients["nobody"].get(links["service-desc"])
    assert described.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert "/search" in described.json()["paths"]
    assert (await lab.clients["nobody"].get("/stac/")).json() == page


async def test_that_a_collection_covers_its_items(shelf: Shelf) -> None:
    collection = shelf.collection("Drilling", description="Collars")
    shelf.item("first", collection_id=collection, box=(10, 40, 11, 41), at="2020-01-01T00:00:00Z")
    shelf.item("second", collection_id=collection, box=(12, 42, 13, 43), at="2021-01-01T00:00:00Z")
    shelf.item("loose", box=(178, -10, 182, -9), start="2019-01-01T00:00:00Z", end="2019-02-01T00:00:00Z")
    answer = await shelf.get("/collections")
    listed = {each["id"]: valid(each) for each in answer.json()["collections"]}
    assert set(listed) == {shelf.project, collection}
    assert listed[collection]["title"] == "Drilling"
    assert listed[collection]["description"] == "Collars"
    assert listed[collection]["coreshed:project_id"] == shelf.project
    assert listed[collection]["extent"] == {
        "spatial": {"bbox": [[10, 40, 13, 43]]},
        "temporal": {"interval": [["2020-01-01T00:00:00.000000Z", "2021-01-01T00:00:00.000000Z"]]},
    }
    assert listed[shelf.project]["extent"]["spatial"] == {"bbox": [[-180, -10, 180, -9]]}
    assert listed[shelf.project]["title"].startswith("lab ")
    for each, document in listed.items():
        assert (await shelf.get(f"/collections/{each}")).json() == document
        assert rels(document)["items"] == f"{ORIGIN}/stac/collections/{each}/items"


async def test_that_a_project_is_called_as_its_people_call_it(shelf: Shelf) -> None:
    editor, project = shelf.lab.clients["owner"], {"project_id": shelf.project}
    answer = await editor.post("/v1/op/projects.update", json={**project, "name": "Hauraki \u00b7 phase 2"})
    assert answer.status_code == 200, answer.text
    document = (await shelf.get(f"/collections/{shelf.project}")).json()
    assert document["title"] == document["coreshed:project_name"] == "Hauraki \u00b7 phase 2"


async def test_that_a_collection_without_items_covers_the_world(shelf: Shelf) -> None:
    document = valid((await shelf.get(f"/collections/{shelf.collection('Empty')}")).json())
    assert document["extent"] == {
        "spatial": {"bbox": [[-180, -90, 180, 90]]},
        "temporal": {"interval": [[None, None]]},
    }
    assert document["description"].startswith("Empty, in the project lab ")


async def test_that_an_item_is_valid_and_says_what_the_catalogue_knows(shelf: Shelf) -> None:
    item_id = shelf.item(
        "dem",
        box=(10, 40, 11, 41),
        geometry=SQUARE,
        at="2020-01-01T00:00:00.5Z",
        gsd=0.5,
        cloud_cover=12.5,
        description="Heights",
        properties='{"proj:code":"EPSG:2193","grade":1.25,"created":"never"}',
        stac_extensions=f'["{PROJ}"]',
    )
    sha = await shelf.asset(
        item_id, b"a raster", says={"proj:shape": [2, 3], "href": "elsewhere"}, band_names='["height"]'
    )
    document = valid((await shelf.get(f"/collections/{shelf.project}/items/dem")).json())
    assert document["stac_extensions"] == [PROJ, FILE, EO]
    assert document["bbox"] == [10, 40, 11, 41]
    assert document["geometry"]["coordinates"][0][2] == [11, 41]
    assert document["properties"] == {
        "title": "Dem",
        "description": "Heights",
        "datetime": "2020-01-01T00:00:00.500000Z",
        "created": "2026-11-20T00:00:00.000000Z",
        "updated": "2026-11-20T00:00:00.000000Z",
        "gsd": 0.5,
        "eo:cloud_cover": 12.5,
        "proj:code": "EPSG:2193",
        "grade": 1.25,
        "coreshed:item_id": item_id,
        "coreshed:type": "user_raster",
    }
    asset = document["assets"]["data"]
    assert asset.pop("href").startswith(f"{ORIGIN}/storage/{shelf.project}/assets/")
    assert asset == {
        "type": "image/tiff; application=geotiff",
        "title": "survey/grid.tif",
        "roles": ["data"],
        "file:size": 8,
        "file:checksum": f"1220{sha}",
        "proj:shape": [2, 3],
        "bands": [{"name": "height"}],
    }
    assert rels(document)["collection"] == f"{ORIGIN}/stac/collections/{shelf.project}"


async def test_that_an_item_without_a_place_has_no_geometry(shelf: Shelf) -> None:
    shelf.item("nowhere")
    document = valid((await shelf.get(f"/collections/{shelf.project}/items/nowhere")).json())
    assert document["geometry"] is None
    assert "bbox" not in document
    assert document["properties"]["datetime"] == "2026-11-20T00:00:00.000000Z"
    assert document["stac_extensions"] == []


async def test_that_an_interval_has_both_ends_and_no_moment(shelf: Shelf) -> None:
    shelf.item("campaign", start="2020-01-01T00:00:00Z", end="2020-02-01T00:00:00Z")
    document = valid((await shelf.get(f"/collections/{shelf.project}/items/campaign")).json())
    times = {name: value for name, value in document["properties"].items() if "datetime" in name}
    assert times == {
        "datetime": None,
        "start_datetime": "2020-01-01T00:00:00.000000Z",
        "end_datetime": "2020-02-01T00:00:00.000000Z",
    }


async def test_that_a_box_across_the_antimeridian_is_written_as_geojson_does(shelf: Shelf) -> None:
    shelf.item("fiji", box=(177, -20, 183, -15))
    document = valid((await shelf.get(f"/collections/{shelf.project}/items/fiji")).json())
    assert document["bbox"] == [177, -20, -177, -15]
    assert document["geometry"]["type"] == "MultiPolygon"  # RFC 7946, 3.1.9


async def test_that_an_asset_is_read_without_a_credential(shelf: Shelf) -> None:
    await shelf.asset(shelf.item("dem"), b"the bytes of a raster")
    answer = await shelf.get(f"/collections/{shelf.project}/items/dem")
    nobody: httpx.AsyncClient = shelf.lab.clients["nobody"]
    read = await nobody.get(answer.json()["assets"]["data"]["href"], headers={"Range": "bytes=4-8"})
    assert (read.status_code, read.content) == (206, b"bytes")
    assert read.headers["content-type"] == "image/tiff; application=geotiff"
    assert "grid.tif" in read.headers["content-disposition"]


async def test_that_the_lasting_address_of_an_asset_leads_to_a_fresh_link(shelf: Shelf) -> None:
    await shelf.asset(shelf.item("dem"), b"the bytes of a raster")
    address = f"/collections/{shelf.project}/items/dem/assets/data"
    answer = await shelf.get(address)
    assert (answer.status_code, answer.content) == (307, b"")
    nobody = shelf.lab.clients["nobody"]
    assert (await nobody.get(answer.headers["location"])).content == b"the bytes of a raster"
    assert (await nobody.get(f"/stac{address}")).status_code == 401
    assert (await shelf.get(f"{address}2")).json() == {"code": "NotFound", "description": "The item has no such asset."}


async def test_that_odd_names_of_files_do_no_harm(shelf: Shelf) -> None:
    item_id = shelf.item("odd")
    await shelf.asset(item_id, b"content", file_name="a/\x01\u202egrid\n.tif", media_type="image/tïff\r\nX-Bad: 1")
    asset = (await shelf.get(f"/collections/{shelf.project}/items/odd")).json()["assets"]["data"]
    assert asset["title"] == "a/\x01\u202egrid\n.tif"
    read = await shelf.lab.clients["nobody"].get(asset["href"])
    assert (read.status_code, read.content) == (200, b"content")
    assert 'filename="grid.tif"' in read.headers["content-disposition"]


async def test_that_an_id_may_hold_anything(shelf: Shelf) -> None:
    shelf.item("Süd/Ost 1?#%2F")
    feature = valid((await shelf.get("/search", collections=shelf.project)).json()["features"][0])
    assert feature["id"] == "Süd/Ost 1?#%2F"
    again = await shelf.lab.clients["viewer"].get(rels(feature)["self"])
    assert again.json() == feature
