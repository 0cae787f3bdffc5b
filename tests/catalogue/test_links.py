"""Links to the bytes of assets where byte links of the other rooms lead elsewhere, as with `--tls auto`."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from coreshed.app import Application
from coreshed.clock import iso_seconds
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.objects.conftest import ORIGIN
from tests.uploads.conftest import Site, site

__all__ = ["site"]

ELSEWHERE = "https://bytes.coreshed.test"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[Application]:
    """Its byte links are of another origin; SQLite, for no statement differs."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("links"))
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ELSEWHERE), clock)
    yield opened
    opened.close()


@pytest.fixture
async def nobody(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a credential at a process of `--only api`, which serves no /blob."""
    transport = httpx.ASGITransport(site.application.part("api"))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


async def uploaded(site: Site, file_name: str) -> tuple[str, str]:
    """Ids of an item and of its asset, of ten bytes of a type of its own."""
    upload_id = await site.begin(10)
    link = await site.link(upload_id, file_name, content_type="image/tiff")
    assert (await site.send(link, content_type="image/tiff")).status_code == 200
    done = await site.ok("uploads.complete", upload_id=upload_id)
    return done["item_ids"][0], done["asset_ids"][0]


async def every_link(site: Site, item_id: str, asset_id: str) -> dict[str, str]:
    """Each way to a link."""
    download = await site.ok("items.asset.download", item_id=item_id, asset_id=asset_id)
    shared = await site.ok(
        "share.link.create",
        target_type="item",
        target_id=item_id,
        permission="download",
        password="correct horse",
        expires_at=iso_seconds(site.clock.now_ns() + 3600 * 10**9),
    )
    shown = await site.ok("share.link.validate", "nobody", token=shared["token"], password="correct horse")
    item = (await site.ok("items.get", item_id=item_id))["item"]
    feature: dict[str, Any] = (await site.clients["admin"].get("/stac/search", params={"ids": item_id})).json()
    address = f"/stac/collections/{site.project_id}/items/{item['stac_id']}/assets/data"
    lasting = await site.clients["admin"].get(address)
    return {
        "download": download["url"],
        "share": shown["target"]["assets"][0]["download_url"],
        "stac": feature["features"][0]["assets"]["data"]["href"],
        "lasting": lasting.headers["location"],
    }


async def test_that_every_link_to_an_asset_is_at_the_public_url(site: Site, nobody: httpx.AsyncClient) -> None:
    for url in (await every_link(site, *await uploaded(site, "tiles/a.tif"))).values():
        assert url.startswith(f"{ORIGIN}/storage/{site.project_id}/assets/")
        assert urlsplit(url).path.endswith("/a.tif")
        got = await nobody.get(url)
        assert (got.status_code, got.content, got.headers["content-type"]) == (200, b"0123456789", "image/tiff")


async def test_that_links_are_what_readers_of_ranges_need(site: Site, nobody: httpx.AsyncClient) -> None:
    item_id, asset_id = await uploaded(site, "a.tif")
    url = (await site.ok("items.asset.download", item_id=item_id, asset_id=asset_id))["url"]
    head = await nobody.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == ("10", "bytes")
    part = await nobody.get(url, headers={"Range": "bytes=2-4", "If-Range": head.headers["etag"]})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    same = await nobody.get(url, headers={"If-None-Match": head.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    beyond = await nobody.get(url, headers={"Range": "bytes=10-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */10")
    assert beyond.json()["status"] == 416
    page = {"Origin": "https://map.example"}
    seen = await nobody.get(url, headers=page)
    assert seen.headers["access-control-allow-origin"] == "*"
    assert {"Content-Range", "ETag"} <= set(seen.headers["access-control-expose-headers"].split(", "))
    asked = {**page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    allowed = await nobody.options(url, headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-headers"]) == (200, "range")
    assert (await nobody.put(url, content=b"x")).status_code == 403


@pytest.mark.parametrize(
    ("file_name", "disposition"),
    [
        ("grün.tif", "attachment; filename=\"gr_n.tif\"; filename*=UTF-8''gr%C3%BCn.tif"),
        ('t/a"; x=".tif', "attachment; filename=\"a_; x=_.tif\"; filename*=UTF-8''a%22%3B%20x%3D%22.tif"),
        ("100% #1?&.tif", "attachment; filename=\"100% #1?&.tif\"; filename*=UTF-8''100%25%20%231%3F%26.tif"),
        ("\u00ad", "attachment; filename=\"data\"; filename*=UTF-8''data"),
        (".\u00ad.", "attachment; filename=\"data\"; filename*=UTF-8''data"),
    ],
)
async def test_that_a_download_has_the_name_of_its_file(
    site: Site, nobody: httpx.AsyncClient, file_name: str, disposition: str
) -> None:
    item_id, asset_id = await uploaded(site, file_name)
    url = (await site.ok("items.asset.download", item_id=item_id, asset_id=asset_id))["url"]
    got = await nobody.get(url)
    assert (got.status_code, got.content) == (200, b"0123456789")
    assert got.headers["content-disposition"] == disposition


async def test_that_a_link_ends_with_the_life_of_byte_links(site: Site, nobody: httpx.AsyncClient) -> None:
    item_id, asset_id = await uploaded(site, "a.tif")
    link = await site.ok("items.asset.download", item_id=item_id, asset_id=asset_id)
    lifetime = site.application.settings.link_lifetime
    assert link["expires_at"] == iso_seconds(site.clock.now_ns() + lifetime * 10**9)
    site.clock.advance(lifetime - 1)
    assert (await nobody.get(link["url"])).status_code == 200
    site.clock.advance(1)
    assert (await nobody.get(link["url"])).status_code == 403
