"""The unmodified `pystac-client` against a real server process, and the bytes behind what it finds."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import rasterio
from pystac_client import Client
from pystac_client.exceptions import APIError
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.server import Server
from tests.stac.conftest import put_asset, put_collection, put_item

ADMIN_KEY = "an-administrators-key-of-tests"


def _raster() -> bytes:
    """Eight rows of eight columns, each value its row and its column."""
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "uint8", "crs": "EPSG:2193"}
    with MemoryFile() as file:
        with file.open(**profile, transform=Affine(10, 0, 1_570_000, 0, -10, 5_180_000)) as raster:
            raster.write(np.add.outer(np.arange(8) * 10, np.arange(8)).astype(np.uint8), 1)
        return bytes(file.read())


CONTENT = _raster()
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """25 items along a meridian, a day apart, the first twelve in a collection."""
    data: Path = tmp_path_factory.mktemp("stac")
    started = Server(data / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    instance = started.instance
    with started.client() as api:
        root = f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"
        offered = api.put(f"{root}/data", json=[{"name": SHA}]).raise_for_status().json()[0]["upload_url"]
    httpx.put(offered, content=CONTENT, headers={"x-ms-blob-type": "BlockBlob"}).raise_for_status()
    database = Database(sqlite_url(started.data_dir / "coreshed.db"))
    with database.writing() as rows:
        project = (instance.organisation_id, instance.workspace_id)
        collection = put_collection(rows, *project, "Drilling")
        blob_id = rows.exec_driver_sql("select id from blobs").scalar_one()
        for number in range(25):
            item_id = put_item(
                rows,
                *project,
                f"item-{number:02}",
                box=(10, number, 11, number + 0.5),
                at=f"2026-01-{number + 1:02}T12:00:00Z",
                collection_id=collection if number < 12 else None,
            )
            put_asset(rows, item_id, blob_id, SHA, len(CONTENT), key="data")
    database.close()
    yield started
    started.stop()


@pytest.fixture
def catalog(server: Server) -> Client:
    """Opened with the key in a header."""
    return Client.open(f"{server.url}/stac", headers={"Authorization": f"Bearer {ADMIN_KEY}"})


def test_that_a_shape_is_searched_for_page_by_page(catalog: Client) -> None:
    wedge = {"type": "Polygon", "coordinates": [[[5, 0], [10.5, 0], [5, 26], [5, 0]]]}
    for method in ("POST", "GET"):
        found = [item.id for item in catalog.search(method=method, intersects=wedge, limit=1).items()]
        assert found == ["item-02", "item-01", "item-00"], found
    assert not list(catalog.search(intersects={"type": "Point", "coordinates": [9.5, 3]}).items())


def test_that_every_page_of_a_search_is_walked_by_post_and_by_get(catalog: Client) -> None:
    for method in ("POST", "GET"):
        search = catalog.search(method=method, limit=4, max_items=None)
        assert search.matched() == 25
        assert [item.id for item in search.items()] == [f"item-{number:02}" for number in reversed(range(25))]


def test_that_place_time_ids_and_collections_are_sent_as_the_server_reads_them(catalog: Client) -> None:
    found = catalog.search(bbox=[10.5, 3, 12, 5.2], datetime="2026-01-05/2026-01-31").item_collection()
    assert [item.id for item in found] == ["item-05", "item-04"]
    drilling = next(each for each in catalog.get_collections() if each.title == "Drilling")
    assert sum(1 for _ in catalog.search(collections=[drilling.id], limit=5).items()) == 12
    assert [item.id for item in catalog.search(ids=["item-07"]).items()] == ["item-07"]


def test_that_collections_give_their_items_and_extents(catalog: Client, server: Server) -> None:
    by_title = {each.title: each for each in catalog.get_collections()}
    assert set(by_title) == {"Drilling", "First workspace"}
    assert by_title["First workspace"].id == server.instance.workspace_id
    drilling = catalog.get_collection(by_title["Drilling"].id)
    assert drilling.extent.spatial.bboxes == [[10, 0, 11, 11.5]]
    item = drilling.get_item("item-03")
    assert item is not None
    assert item.bbox == [10, 3, 11, 3.5]
    assert item.get_collection().id == drilling.id
    assert drilling.get_item("item-20") is None
    assert sum(1 for _ in drilling.get_items()) == 12


def test_that_the_links_of_assets_are_read_without_a_credential(catalog: Client) -> None:
    asset = next(catalog.search(ids=["item-00"]).items()).assets["data"]
    read = httpx.get(asset.href, headers={"Range": "bytes=0-3"})
    assert (read.status_code, read.content) == (206, b"II*\0")
    assert asset.extra_fields["file:checksum"] == "1220" + SHA


def test_that_a_key_as_a_password_opens_the_catalogue_as_qgis_does(server: Server) -> None:
    credential = base64.b64encode(f"qgis:{ADMIN_KEY}".encode()).decode()
    catalog = Client.open(f"{server.url}/stac", headers={"Authorization": f"Basic {credential}"})
    assert catalog.search(limit=1, max_items=1).matched() == 25


def test_that_a_refusal_reaches_the_caller_in_words(server: Server) -> None:
    catalog = Client.open(f"{server.url}/stac")
    with pytest.raises(APIError, match="Unauthorized"):
        catalog.search(max_items=1).item_collection()


def test_that_gdal_opens_a_link_as_it_is_and_the_lasting_address_with_a_key(catalog: Client, server: Server) -> None:
    link = next(catalog.search(ids=["item-20"]).items()).assets["data"].href
    lasting = f"{server.url}/stac/collections/{server.instance.workspace_id}/items/item-20/assets/data"
    with rasterio.open(link) as raster:
        assert raster.crs.to_epsg() == 2193
        assert raster.read(1)[3, 5] == 35
    with rasterio.Env(GDAL_HTTP_HEADERS=f"X-API-Key: {ADMIN_KEY}"), rasterio.open(lasting) as raster:
        assert raster.shape == (8, 8)
    # GDAL remembers what it has read from an address, so another one is asked for without a key.
    with pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open(lasting.replace("item-20", "item-21"))
