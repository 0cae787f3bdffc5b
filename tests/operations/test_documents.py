"""What `/openapi.json` says of operations: the table of the uploads page, and what every operation has to say."""

from typing import Any

import httpx
import pytest

from coreshed import __version__
from coreshed.operations.registry import load

HINTS = "target_collection_id target_item_id asset_key is_categorical"
# As the page of the Uploads operations has it: id, members (required ones with *), answer.
UPLOADS = [
    ("uploads.complete", None, None),
    ("uploads.fail", "upload_id* error_message* error_step", "UploadOutput"),
    ("uploads.initiate", f"project_id* transfer_method file_count total_bytes {HINTS}", "UploadOutput"),
    ("uploads.progress", "upload_id* status bytes_uploaded", "UploadOutput"),
    ("uploads.signed_url", "upload_id* file_name* content_type", "SignedUrlOutput"),
]
INPUTS = {
    "uploads.fail": "UploadFailInput",
    "uploads.initiate": "UploadInitiate",
    "uploads.progress": "UploadProgressInput",
    "uploads.signed_url": "SignedUrlInput",
}
TYPES = {
    "transfer_method": "string",
    "file_count": "integer",
    "total_bytes": "integer",
    "bytes_uploaded": "integer",
    "is_categorical": "boolean",
}


@pytest.fixture
async def document(nobody: httpx.AsyncClient) -> dict[str, Any]:
    """As everybody may read it."""
    answer = await nobody.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def named(document: dict[str, Any], schema: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = schema["$ref"].removeprefix("#/components/schemas/")
    return name, document["components"]["schemas"][name]


@pytest.mark.parametrize(("operation_id", "members", "answers"), UPLOADS, ids=[each[0] for each in UPLOADS])
async def test_that_the_table_of_the_uploads_page_holds(
    document: dict[str, Any],
    admin: httpx.AsyncClient,
    operation_id: str,
    members: str | None,
    answers: str | None,
) -> None:
    told = document["paths"][f"/v1/op/{operation_id}"]["post"]
    assert (told["x-required-scope"], told["x-side-effect"]) == ("uploads:write", "compute")
    assert told["security"] == [{"bearer": []}, {"apiKey": []}]
    for path in (f"/v1/op/{operation_id}", f"/v1/{operation_id.replace('.', '/')}"):
        asked = await admin.post(path, json={})
        assert asked.status_code == 422, path  # it is there, and wants an input
        assert (await admin.get(path)).headers["allow"] == "POST"
    body = told["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    if members is not None:
        name, found = named(document, schema)
        assert (name, body["required"]) == (INPUTS[operation_id], True)
        assert list(found["properties"]) == [each.rstrip("*") for each in members.split()]
        assert found["required"] == [each.rstrip("*") for each in members.split() if each.endswith("*")]
        for member, each in found["properties"].items():
            kinds = {one["type"] for one in each.get("anyOf", [each])} - {"null"}
            assert kinds == {TYPES.get(member, "string")}, member
    else:  # free-form, or nothing; the members that count are named all the same
        assert (body["required"], schema["title"]) == (False, "Body")
        found, nothing = schema["anyOf"]
        assert nothing == {"type": "null"}
        assert found["type"] == "object"
        _, found = named(document, found)
        assert (found["type"], found["additionalProperties"]) == ("object", True)
        assert {"upload_id", "name", "files"} <= set(found["properties"])
    if answers is not None:
        name, found = named(document, told["responses"]["200"]["content"]["application/json"]["schema"])
        assert name == answers
        assert {"id"} <= set(found["required"]) or {"upload_url", "object_path"} <= set(found["required"])


async def test_that_every_operation_says_its_scope_and_what_it_does(document: dict[str, Any]) -> None:
    told = {path: each["post"] for path, each in document["paths"].items() if path.startswith("/v1/")}
    assert set(told) == {each.paths[0] for each in load().values()}
    for path, each in told.items():
        resource, _, action = each["x-required-scope"].partition(":")
        assert resource.replace("_", "").isalpha(), path
        assert action in {"read", "write", "process", "destroy"}, path
        assert each["x-side-effect"] in {"read", "compute", "external_spend", "share_export", "destructive"}, path


async def test_that_a_public_operation_has_a_scope_and_asks_for_no_credential(
    document: dict[str, Any], nobody: httpx.AsyncClient
) -> None:
    told = document["paths"]["/v1/op/share.link.validate"]["post"]
    assert (told["x-required-scope"], told["x-public"], told["security"]) == ("shares:read", True, [])
    assert (await nobody.post("/v1/op/share.link.validate", json={"token": "unknown"})).status_code == 404


async def test_that_healthz_says_ok_in_json(nobody: httpx.AsyncClient) -> None:
    got = await nobody.get("/healthz")
    assert (got.status_code, got.content) == (200, b'{"status":"ok"}')
    assert got.headers["content-type"] == "application/json"
    full = await nobody.get("/healthz", params={"full": "true", "check_dependencies": "true"})
    assert full.json() == {"status": "ok", "version": __version__, "dependencies": {"database": "pass"}}
    assert (await nobody.get("/health_check")).text == "pass"
