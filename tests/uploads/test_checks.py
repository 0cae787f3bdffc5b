"""Acceptance checks of the uploads contract that no other file holds, by their numbers."""

import asyncio
from typing import Any

import httpx

from tests.uploads.conftest import Site, problem

TOKEN = "/realms/public/protocol/openid-connect/token"


async def by_resource(site: Site, action: str, **body: Any) -> dict[str, Any]:
    answer = await site.clients["editor"].post(f"/v1/uploads/{action}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_that_a_session_goes_through_the_addresses_of_its_resource(site: Site) -> None:  # 2
    begun = await by_resource(site, "initiate", project_id=site.project_id, total_bytes=10)
    link = await by_resource(site, "signed_url", upload_id=begun["id"], file_name="a.tif")
    assert link["object_path"].endswith("/a.tif")
    assert (await site.send(link["upload_url"])).status_code == 200
    seen = await by_resource(site, "progress", upload_id=begun["id"])
    assert (seen["status"], seen["bytes_uploaded"]) == ("uploading", 10)
    assert (await by_resource(site, "complete", upload_id=begun["id"]))["status"] == "completed"
    other = await by_resource(site, "initiate", project_id=site.project_id)
    failed = await by_resource(site, "fail", upload_id=other["id"], error_message="boom", error_step="put")
    assert (failed["status"], failed["error_message"], failed["error_step"]) == ("failed", "boom", "put")
    assert (await site.clients["editor"].post("/v1/uploads/signed-url", json={})).status_code == 404


async def test_that_a_session_token_begins_one(site: Site) -> None:  # 3
    form = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": site.keys["editor"]}
    issued = await site.clients["nobody"].post(TOKEN, data=form)
    assert issued.status_code == 200, issued.text
    token = issued.json()["access_token"]
    assert token.count(".") == 2
    answer = await site.clients["nobody"].post(
        "/v1/op/uploads.initiate",
        json={"project_id": site.project_id},
        headers={"Authorization": f"Bearer {token}", "X-API-Key": "no-key-of-this-server"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["created_by"] == site.person("editor").user_id


async def test_that_a_refused_fail_leaves_the_item(site: Site) -> None:  # 23
    upload_id = await site.begin(10)
    await site.put(upload_id)
    (item_id,) = (await site.ok("uploads.complete", upload_id=upload_id))["item_ids"]
    before = await site.ok("items.get", item_id=item_id)
    refused = await site.op("uploads.fail", upload_id=upload_id, error_message="too late")
    assert problem(refused)[0] == 409
    assert await site.ok("items.get", item_id=item_id) == before
    (asset,) = (await site.op("items.list_assets", item_id=item_id)).json()
    link = await site.ok("items.asset.download", item_id=item_id, asset_id=asset["id"])
    assert (await site.clients["nobody"].get(link["url"])).content == b"0123456789"
    assert site.standing() == (10, 0)


async def keyed(site: Site, operation: str, key: str, **body: Any) -> httpx.Response:
    return await site.clients["editor"].post(f"/v1/op/{operation}", json=body, headers={"Idempotency-Key": key})


async def test_that_one_key_begins_one_session_with_one_reservation(site: Site) -> None:  # 36
    body = {"project_id": site.project_id, "total_bytes": 600}
    first = await keyed(site, "uploads.initiate", "once", **body)
    again = await keyed(site, "uploads.initiate", "once", **body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert site.standing() == (0, 600)
    assert [each["id"] for each in (await site.op("uploads.list", project_id=site.project_id)).json()] == [
        first.json()["id"]
    ]
    other = await keyed(site, "uploads.initiate", "once", **{**body, "total_bytes": 1})
    assert problem(other)[0] == 409
    assert site.standing() == (0, 600)


async def test_that_many_at_once_under_one_key_reserve_once(site: Site) -> None:  # 36
    body = {"project_id": site.project_id, "total_bytes": 600}
    asked = (keyed(site, "uploads.initiate", "at once", **body) for _ in range(5))
    answers = await asyncio.gather(*asked)
    begun = {each.json()["id"] for each in answers if each.status_code == 200}
    assert len(begun) == 1
    assert {each.status_code for each in answers} <= {200, 409}
    assert site.standing() == (0, 600)


async def test_that_completing_under_a_key_makes_one_item(site: Site) -> None:  # 36
    upload_id = await site.begin(10)
    await site.put(upload_id)
    first = await keyed(site, "uploads.complete", "done", upload_id=upload_id, name="Flight")
    again = await keyed(site, "uploads.complete", "done", upload_id=upload_id, name="Flight")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = await keyed(site, "uploads.complete", "done", upload_id=upload_id, name="Another")
    assert problem(other)[0] == 409
    listed = (await site.op("items.list", project_id=site.project_id)).json()
    assert [(each["name"], each["upload_id"]) for each in listed] == [("Flight", upload_id)]
    assert site.standing() == (10, 0)


async def test_that_pages_of_any_origin_may_ask(site: Site) -> None:  # 1.1, row 14
    page = {"Origin": "https://map.example.org", "Access-Control-Request-Method": "POST"}
    wanted = "authorization,content-type,accept,x-api-key,idempotency-key"
    for path in ("/v1/op/uploads.initiate", "/v1/uploads/signed_url"):
        asked = await site.clients["nobody"].options(path, headers={**page, "Access-Control-Request-Headers": wanted})
        assert asked.status_code in {200, 204}
        assert asked.headers["access-control-allow-origin"] == "*"
        assert "POST" in asked.headers["access-control-allow-methods"]
        assert set(wanted.split(",")) <= set(asked.headers["access-control-allow-headers"].split(", "))
        assert "access-control-allow-credentials" not in asked.headers
    refused = await site.clients["nobody"].post("/v1/op/uploads.initiate", json={}, headers=page)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")
    assert "retry-after" in refused.headers["access-control-expose-headers"]


async def test_that_usage_counts_the_jobs_of_an_organisation(site: Site) -> None:
    usage = await site.ok("usage.current", organization_id=site.organisation_id)
    none = {"waiting-for-upload": 0, "queued": 0, "processing": 0, "complete": 0, "failed": 0}
    assert usage["jobs"] == none
    jobs = site.application.jobs
    kind = "upload-enrich"
    with site.application.databases.main.writing() as rows:
        for _ in range(2):
            jobs.create(rows, kind=kind, owner="test:usage", workspace_id=site.project_id, waits_for_upload=True)
        jobs.create(rows, kind=kind, owner="test:usage", waits_for_upload=True)  # of no project
    again = await site.ok("usage.current", "viewer", organization_id=site.organisation_id)
    assert again["jobs"] == {**none, "waiting-for-upload": 2}
    assert problem(await site.op("usage.current", "foreigner", organization_id=site.organisation_id))[0] == 404
