"""The unmodified `geopera` client reads every answer of the catalogue with its own parsers, which are strict."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import httpx
import pytest
from geopera import AuthenticatedClient, models

from tests.objects.conftest import ORIGIN
from tests.uploads.conftest import Site, site

__all__ = ["site"]


class Published:
    """Calls operations as the client's generated functions do; an unexpected status raises."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self.client = client

    async def __call__(self, operation_id: str, **body: Any) -> Any:
        """The parsed answer."""
        name = operation_id.replace(".", "_")
        module: Any = import_module(f"geopera.api.operations.{name}")
        kind = module._get_kwargs.__annotations__.get("body")
        return await module.asyncio(client=self.client, body=kind.from_dict(body))


@pytest.fixture
async def call(site: Site) -> AsyncIterator[Published]:
    client = AuthenticatedClient(base_url=ORIGIN, token=site.keys["admin"], raise_on_unexpected_status=True)
    headers = {"Authorization": f"Bearer {site.keys['admin']}"}
    transport = httpx.ASGITransport(site.application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as connection:
        yield Published(client.set_async_httpx_client(connection))


async def test_that_the_client_follows_an_upload_from_project_to_bytes(call: Published, site: Site) -> None:
    project = await call("projects.create", name="Kalgoorlie")
    assert isinstance(project, models.ProjectResponse)
    assert isinstance(project.created_at, datetime)
    collection = await call("collections.create", project_id=project.id, name="Ore")
    session = await call("uploads.initiate", project_id=project.id, total_bytes=10, target_collection_id=collection.id)
    link = await call("uploads.signed_url", upload_id=session.id, file_name="a.tif", content_type="image/tiff")
    assert (await site.send(link.upload_url, content_type="image/tiff")).status_code == 200
    module: Any = import_module("geopera.api.operations.uploads_complete")
    body = module.UploadsCompleteBodyType0.from_dict({"upload_id": session.id})
    done = await module.asyncio(client=call.client, body=body)
    (item_id,) = done["item_ids"]
    item = (await call("items.get", item_id=item_id)).item
    assert item["upload_id"] == session.id
    parsed = models.ItemResponse.from_dict((await call("items.list", project_id=project.id))[0])
    assert (parsed.id, parsed.type_, parsed.collection_id) == (item_id, models.ItemType.USER_RASTER, collection.id)
    (asset,) = await call("items.list_assets", item_id=item_id)
    got = await call("items.asset.download", item_id=item_id, asset_id=asset["id"])
    assert (await site.clients["nobody"].get(got["url"])).content == b"0123456789"
    graph = await call("provenance.get", entity_type="item", entity_id=item_id, direction="both")
    assert isinstance(graph, models.LineageGetOutput)
    assert {edge.relation for edge in graph.edges or []} == {"ingested", "contains"}


async def test_that_the_client_reads_every_change(call: Published, site: Site) -> None:
    project = await call("projects.update", project_id=site.project_id, description="d")
    assert isinstance(project, models.ProjectResponse)
    item = await call(
        "items.create",
        project_id=project.id,
        name="n",
        type="satellite_capture",
        bbox=[1, 2, 3, 4],
        properties={"a": 1},
    )
    assert isinstance(item, models.ItemResponse)
    assert item.properties["a"] == 1  # type: ignore[index]
    assert item.lifecycle_state is models.LifecycleState.ACTIVE
    changed = await call("items.update", item_id=item.id, name="m")
    assert isinstance(changed.updated_at, datetime)
    copy = await call("items.duplicate", item_id=item.id, new_name="copy")
    assert copy.duplicated_from_id == item.id
    collection = await call("collections.create", project_id=project.id, name="c")
    assert isinstance(collection, models.CollectionResponse)
    ids = {"project_id": project.id, "collection_id": collection.id}
    assert (await call("collections.update", **ids, color="#fff")).color == "#fff"
    assert models.CollectionResponse.from_dict(await call("collections.get", **ids)).item_count == 0
    assert len(await call("collections.list", project_id=project.id)) == 1
    later = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    share = await call(
        "share.link.create", target_type="item", target_id=item.id, password="password", expires_at=later
    )
    assert isinstance(share.expires_at, datetime)
    seen = await call("share.link.validate", token=share.token, password="password")
    assert seen.target["id"] == item.id
    assert (await call("share.link.revoke", link_id=share.id)).ok is True
    assert (await call("items.delete", item_id=copy.id)).id == copy.id
    assert (await call("collections.delete", **ids)).id == collection.id
    assert (await call("projects.archive", project_id=project.id)).is_archived is True
    assert (await call("projects.delete", project_id=project.id)).storage_freed_bytes == 0


async def test_that_the_client_reads_refusals(call: Published, site: Site) -> None:
    missing = await call("items.get", item_id="00000000-0000-4000-8000-000000000000")
    assert isinstance(missing, models.Problem)
    assert missing.status == 404
    wrong = await call("collections.create", project_id=site.project_id, name="")
    assert isinstance(wrong, models.HTTPValidationError)
    place = await call("items.create", project_id=site.project_id, name="n", type="clip", bbox=[1, 2])
    assert isinstance(place, models.HTTPValidationError)
