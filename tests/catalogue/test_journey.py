"""From a new project to the bytes of an item, with the unmodified `geopera` client and a real server process."""

from pathlib import Path

import httpx
import pytest
from geopera import Geopera, models

from tests.server import Server, own_loopback_host

ADMIN_KEY = "an-administrators-key-of-tests"


@pytest.mark.parametrize("flags", [(), ("--tls", "auto")], ids=["plain", "tls"])
def test_that_the_published_client_makes_the_whole_journey(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """It trusts no authority of ours: with TLS for those who need it, the plain listener serves it all the same."""
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY}
    server = Server(tmp_path / "data", flags, environment=environment, host=own_loopback_host()).start()
    try:
        geopera = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
        with geopera.client:
            _journey(geopera)
    finally:
        server.stop()


def _journey(geopera: Geopera) -> None:
    project = geopera.projects.create({"name": "Kalgoorlie"})
    assert isinstance(project, models.ProjectResponse)
    assert project.created_at.tzinfo is not None
    session = geopera.uploads.initiate({"project_id": project.id, "file_count": 1, "total_bytes": 10})
    link = geopera.uploads.signed_url({"upload_id": session.id, "file_name": "a.tif", "content_type": "image/tiff"})
    sent = httpx.put(link.upload_url, content=b"0123456789", headers={"Content-Type": "image/tiff"})
    assert sent.status_code == 200, sent.text
    done = geopera.uploads.complete({"upload_id": session.id})
    assert done["status"] == "completed"
    (listed,) = geopera.items.list({"project_id": project.id})
    item = models.ItemResponse.from_dict(listed)
    assert (item.id, item.upload_id, item.type_) == (*done["item_ids"], session.id, models.ItemType.USER_RASTER)
    (asset,) = geopera.items.list_assets({"item_id": item.id})
    got = geopera.items.asset.download({"item_id": item.id, "asset_id": asset["id"]})
    assert httpx.get(got["url"]).content == b"0123456789"
    graph = geopera.provenance.get({"entity_type": "item", "entity_id": item.id})
    assert isinstance(graph, models.LineageGetOutput)
    assert [edge.src_id for edge in graph.edges or []] == [session.id]
    assert geopera.items.delete({"item_id": item.id}).ok is True
    assert geopera.items.list({"project_id": project.id}) == []
