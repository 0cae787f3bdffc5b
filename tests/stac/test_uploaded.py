"""From a file that is uploaded to the item that `pystac-client` finds, by a real server and its worker."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pystac
import pytest
import rasterio
from pystac.validation import RegisteredValidator
from pystac_client import Client

from tests.server import Server
from tests.stac.test_pystac_client import ADMIN_KEY, CONTENT


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of its own: what is uploaded is the only item."""
    started = Server(tmp_path / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    yield started
    started.stop()


def test_that_an_uploaded_raster_is_found_by_its_footprint(server: Server) -> None:
    catalog = Client.open(f"{server.url}/stac", headers={"X-API-Key": ADMIN_KEY})
    with server.client() as api:
        project = server.instance.workspace_id
        session = _call(api, "uploads.initiate", project_id=project, total_bytes=len(CONTENT))["id"]
        link = _call(api, "uploads.signed_url", upload_id=session, file_name="dem.tif", content_type="image/tiff")
        put = httpx.put(link["upload_url"], content=CONTENT, headers={"Content-Type": "image/tiff"})
        assert put.status_code == 200, put.text
        (item_id,) = _call(api, "uploads.complete", upload_id=session)["item_ids"]
    christchurch = [172.6, -43.6, 172.7, -43.5]
    deadline = time.monotonic() + 60
    while not (found := list(catalog.search(bbox=christchurch).items())):
        assert time.monotonic() < deadline, "the raster has not been read"
        time.sleep(0.2)
    (item,) = found
    assert item.properties["coreshed:item_id"] == item_id
    assert item.properties["proj:code"] == "EPSG:2193"
    served = httpx.get(item.self_href, headers={"X-API-Key": ADMIN_KEY}).json()
    RegisteredValidator.get_validator().validate_core(served, pystac.STACObjectType.ITEM, "1.1.0")
    with rasterio.open(item.assets["data"].href) as raster:
        assert raster.read(1)[7, 7] == 77


def _call(api: httpx.Client, operation: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/v1/op/{operation}", json=body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said
