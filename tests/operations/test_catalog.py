"""catalog.search: there is no archive, and that is said in the words of one."""

import httpx
import pytest
from geopera import Geopera

from coreshed.operations.registry import load
from tests.operations.conftest import ADMIN_KEY
from tests.server import Server

EMPTY = {"type": "FeatureCollection", "features": [], "numberMatched": 0, "numberReturned": 0}


async def test_that_a_search_of_archives_finds_nothing(admin: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    asked = {"host_name": "oneatlas", "limit": 1, "bbox": [0, 0, 1, 1], "query": {"cloudCover": {"lt": 10}}}
    answer = await admin.post("/v1/op/catalog.search", json=asked)
    assert (answer.status_code, answer.json()) == (200, EMPTY)
    wrong = await admin.post("/v1/op/catalog.search", json={"limit": 501})
    assert [each["loc"] for each in wrong.json()["detail"]] == [["body", "host_name"], ["body", "limit"]]
    assert (await nobody.post("/v1/op/catalog.search", json=asked)).status_code == 401


@pytest.mark.parametrize("token", [ADMIN_KEY, None])
def test_that_the_published_clients_own_probe_passes(server: Server, token: str | None) -> None:
    client = Geopera(token=token, base_url=server.url)
    with client.client:
        told = client.catalog.search({"host_name": "oneatlas", "limit": 1}, detailed=True)
    assert told.status_code in {200, 401, 403}
    assert (told.status_code == 200) is (token is not None)
    assert load()["catalog.search"].extension is False
