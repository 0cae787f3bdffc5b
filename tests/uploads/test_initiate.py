"""Beginning a session: who may, what is checked, and what is reserved."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.uploads.conftest import Site, faults, problem

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_that_a_session_begins_with_the_defaults_of_the_published_schema(site: Site) -> None:
    found = await site.ok("uploads.initiate", project_id=site.project_id)
    created, updated, expires, upload_id = (
        found.pop(name) for name in ("created_at", "updated_at", "expires_at", "id")
    )
    assert upload_id.startswith("u_")
    assert len(upload_id) == 22
    assert created == updated < expires
    assert found == {
        "project_id": site.project_id,
        "status": "initiating",
        "transfer_method": "browser",
        "file_count": 1,
        "total_bytes": 0,
        "bytes_uploaded": 0,
        "is_categorical": False,
        "target_collection_id": None,
        "target_item_id": None,
        "asset_key": None,
        "raw_prefix": f"{site.project_id}/uploads/{upload_id}/raw/",
        "processed_prefix": None,
        "checksum_crc32c": None,
        "detected_metadata": None,
        "user_metadata": None,
        "error_message": None,
        "error_step": None,
        "reserved_bytes": 0,
        "item_ids": [],
        "asset_ids": [],
        "created_by": site.person("admin").user_id,
    }


async def test_that_both_addresses_and_both_headers_will_do(site: Site) -> None:
    body = {"project_id": site.project_id}
    by_resource = await site.clients["admin"].post("/v1/uploads/initiate", json=body)
    by_key = await site.clients["nobody"].post(
        "/v1/op/uploads.initiate", json=body, headers={"X-API-Key": site.keys["admin"]}
    )
    assert (by_resource.status_code, by_key.status_code) == (200, 200)
    assert set(by_resource.json()) == set(by_key.json())


async def test_who_may_begin_one(site: Site) -> None:
    answers = {who: await site.op("uploads.initiate", who, project_id=site.project_id) for who in site.clients}
    assert {who: answer.status_code for who, answer in answers.items()} == {
        "admin": 200,
        "editor": 200,
        "writer": 200,
        "viewer": 403,
        "stranger": 403,
        "foreigner": 404,
        "narrow": 403,
        "nobody": 401,
    }
    assert problem(answers["narrow"])[1] == "missing scope 'uploads:write' for 'uploads.initiate'"
    assert answers["nobody"].headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("project_id", [UNKNOWN, "p_1", "", "\U0001f600" * 100])
async def test_that_a_project_that_is_not_there_is_not_found(site: Site, project_id: str) -> None:
    assert problem(await site.op("uploads.initiate", project_id=project_id)) == (404, "The project was not found.")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"project_id": "\0"}, "project_id"),
        ({"transfer_method": "signed_url"}, "transfer_method"),
        ({"transfer_method": None}, "transfer_method"),
        ({"file_count": 0}, "file_count"),
        ({"file_count": True}, "file_count"),
        ({"total_bytes": -1}, "total_bytes"),
        ({"total_bytes": 2**63}, "total_bytes"),
        ({"total_bytes": 10**40}, "total_bytes"),
        ({"total_bytes": 1.5}, "total_bytes"),
        ({"is_categorical": None}, "is_categorical"),
        ({"project_id": None}, "project_id"),
        ({"asset_key": "k" * 501}, "asset_key"),
    ],
)
async def test_that_the_rules_of_the_schema_hold(site: Site, body: dict[str, Any], fault: str) -> None:
    assert faults(await site.op("uploads.initiate", **{"project_id": site.project_id, **body})) == [["body", fault]]


@pytest.mark.parametrize(
    "body", [{"transfer_method": "cloud_transfer"}, {"bogus": 1}, {"total_bytes": "10"}, {"file_count": 2.0}]
)
async def test_that_what_the_published_service_takes_is_taken(site: Site, body: dict[str, Any]) -> None:
    await site.ok("uploads.initiate", project_id=site.project_id, **body)


async def test_that_a_missing_project_is_named_and_the_credential_is_judged_first(site: Site) -> None:
    assert faults(await site.op("uploads.initiate")) == [["body", "project_id"]]
    assert (await site.op("uploads.initiate", "nobody")).status_code == 401
    assert (await site.op("uploads.initiate", "narrow")).status_code == 403
    assert (await site.op("uploads.initiate", "viewer")).status_code == 422


async def test_that_a_refusal_names_the_four_figures(site: Site) -> None:
    await site.begin(600)
    answer = await site.op("uploads.initiate", project_id=site.project_id, total_bytes=401)
    assert problem(answer)[0] == 402
    named = {name: answer.json()[name] for name in ("limit", "used", "reserved", "needed")}
    assert named == {"limit": 1000, "used": 0, "reserved": 600, "needed": 401}
    assert answer.json()["title"] == "Payment Required"


@pytest.mark.parametrize("size", [1001, 2**63 - 1])
async def test_that_what_can_never_fit_is_refused_before_a_byte_is_sent(site: Site, size: int) -> None:
    assert problem(await site.op("uploads.initiate", project_id=site.project_id, total_bytes=size))[0] == 402
    assert site.standing() == (0, 0)


async def test_that_more_files_than_can_be_counted_are_refused_and_not_counted_as_fewer(site: Site) -> None:
    found = await site.ok("uploads.initiate", project_id=site.project_id, file_count=2**61)
    assert found["file_count"] == 2**61
    refused = await site.op("uploads.initiate", project_id=site.project_id, file_count=2**61 + 1)
    assert faults(refused) == [["body", "file_count"]]


async def test_that_failing_frees_what_was_reserved(site: Site) -> None:
    first = await site.begin(600)
    again = {"project_id": site.project_id, "total_bytes": 600}
    assert (await site.op("uploads.initiate", **again)).status_code == 402
    await site.ok("uploads.fail", upload_id=first, error_message="changed my mind")
    await site.ok("uploads.initiate", **again)
    assert site.standing() == (0, 600)


async def test_that_ten_at_once_get_exactly_what_there_is(site: Site) -> None:
    asked = [site.op("uploads.initiate", project_id=site.project_id, total_bytes=200) for _ in range(10)]
    answers: list[httpx.Response] = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [402] * 5
    usage = await site.ok("usage.current", organization_id=site.organisation_id)
    assert usage["storage"] == {
        "used_bytes": 0,
        "reserved_bytes": 1000,
        "limit_bytes": 1000,
        "available_bytes": 0,
    }
