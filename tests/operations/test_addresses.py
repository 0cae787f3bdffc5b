"""Which addresses answer, and what those say that do not."""

import httpx
import pytest

from coreshed.app import Application
from coreshed.operations.published import not_served, published
from coreshed.operations.registry import load
from tests.operations.conftest import ORIGIN


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", answer.status_code)
    return answer.status_code, body["title"], body["detail"]


async def test_that_both_addresses_answer_alike(admin: httpx.AsyncClient) -> None:
    by_id = await admin.post("/v1/op/projects.list", json={})
    by_resource = await admin.post("/v1/projects/list", json={})
    assert by_id.status_code == 200
    assert by_id.content == by_resource.content
    assert by_id.headers["x-total-count"] == by_resource.headers["x-total-count"] == "1"


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b" {} ", b'{"bogus": 1}'])
async def test_that_an_input_without_members_has_many_forms(admin: httpx.AsyncClient, body: bytes) -> None:
    assert (await admin.post("/v1/op/projects.list", content=body)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/op/uploads.nope",
        "/v1/uploads/nope",
        "/v1/uploads/signed-url",
        "/v1/projects.list",
        "/v1/op/projects/list",
        "/v1/op/projects.list/",
        "/v1/op/",
        "/v1/op",
        "/v1",
        "/v1/op/orders/list",
        "/v1/orders.list",
        "/v1/op/PROJECTS.LIST",
    ],
)
async def test_that_any_other_address_is_not_there(admin: httpx.AsyncClient, path: str) -> None:
    answer = await admin.request("POST", httpx.URL(ORIGIN).copy_with(raw_path=path.encode()), json={})
    assert problem(answer) == (404, "Not Found", "There is no such operation.")


@pytest.mark.parametrize("path", ["/v1/op/orders.list", "/v1/orders/list", "/v1/op/billing.credits.balance"])
async def test_that_a_published_operation_that_is_not_here_says_so(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, path: str
) -> None:
    status, title, detail = problem(await admin.post(path, json={}))
    assert (status, title) == (501, "Not Implemented")
    assert detail.endswith("is not available on this server.")
    assert problem(await nobody.post(path, json={}))[0] == 401


async def test_that_nobody_learns_which_operations_there_are_without_a_credential(nobody: httpx.AsyncClient) -> None:
    answers = [await nobody.post(f"/v1/op/{each}", content=b"{") for each in ("projects.list", "orders.list", "nope")]
    assert [problem(each)[:2] for each in answers] == [(401, "Unauthorized")] * 3
    assert [each.headers["www-authenticate"] for each in answers] == ["Bearer"] * 3


async def test_that_operations_are_called_with_post_alone(admin: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = await admin.request(method, "/v1/op/projects.list")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_that_a_body_that_is_not_json_is_refused(admin: httpx.AsyncClient) -> None:
    for body in (b"{", b"\xff\xfe", b"{}{}", b"[" * 100_000):
        assert problem(await admin.post("/v1/op/projects.list", content=body))[0] == 400


async def test_that_an_input_that_is_no_object_is_named(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/v1/op/projects.list", json=[1])
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    body = answer.json()
    assert (body["type"], body["title"], body["status"]) == ("about:blank", "Unprocessable Entity", 422)
    assert [set(each) for each in body["detail"]] == [{"loc", "msg", "type"}]
    assert body["detail"][0]["loc"] == ["body"]


async def test_that_a_key_without_the_scope_is_refused_before_the_body(application: Application) -> None:
    admin = application.identity.acting_as(email="admin@localhost")
    key, _ = application.identity.create_key(user_id=admin.user_id, name="narrow", scopes=("files:read",))
    wide, _ = application.identity.create_key(user_id=admin.user_id, name="wide", scopes=("*:read",))
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        refused = await client.post("/v1/op/projects.list", content=b"{", headers={"X-API-Key": key})
        taken = await client.post("/v1/op/projects.list", headers={"X-API-Key": wide})
    assert problem(refused) == (403, "Forbidden", "missing scope 'projects:read' for 'projects.list'")
    assert taken.status_code == 200


def key_of(application: Application, *scopes: str) -> dict[str, str]:
    """Headers with a key of these scopes."""
    admin = application.identity.acting_as(email="admin@localhost")
    return {"X-API-Key": application.identity.create_key(user_id=admin.user_id, name="of tests", scopes=scopes)[0]}


async def test_that_scope_and_method_are_judged_before_an_operation_is_called_missing(
    application: Application, nobody: httpx.AsyncClient
) -> None:
    paths = ("/v1/op/orders.list", "/v1/orders/list", "/v1/op/glossary.providers.list", "/v1/op/orders.nope")
    answers = {
        scope: [(await nobody.post(path, headers=key_of(application, scope))).status_code for path in paths]
        for scope in ("items:read", "orders:read", "orders:write")
    }
    assert answers == {
        "items:read": [403, 403, 501, 404],
        "orders:read": [501, 501, 501, 404],
        "orders:write": [403, 403, 501, 404],
    }
    refused = await nobody.post(paths[0], headers=key_of(application, "items:read"))
    assert problem(refused) == (403, "Forbidden", "missing scope 'orders:read' for 'orders.list'")
    for headers in (key_of(application, "items:read"), key_of(application, "*")):
        answer = await nobody.get(paths[0], headers=headers)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert (await nobody.get(paths[3], headers=headers)).status_code == 404
    assert (await nobody.get(paths[0])).status_code == 401


@pytest.mark.parametrize(
    ("write", "reads"),
    [
        ("uploads:write", {"uploads.get", "uploads.list", "uploads.limits"}),
        ("projects:write", {"projects.list", "projects.get"}),
    ],
)
async def test_that_who_may_write_may_read_what_no_published_scope_reads(
    application: Application, admin: httpx.AsyncClient, write: str, reads: set[str]
) -> None:
    headers = key_of(application, write)
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        answers = {each: (await client.post(f"/v1/op/{each}")).status_code for each in load() if each in reads}
        assert set(answers) == reads
        assert 403 not in answers.values()
        refused = await client.post("/v1/op/items.list")
    assert problem(refused)[2] == "missing scope 'items:read' for 'items.list'"
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=key_of(application, "*:read")) as client:
        assert 403 not in {(await client.post(f"/v1/op/{each}")).status_code for each in reads}
    paths = (await admin.get("/openapi.json")).json()["paths"]
    told = {path.removeprefix("/v1/op/"): each["post"] for path, each in paths.items() if path.startswith("/v1/op/")}
    assert {name for name, each in told.items() if each.get("x-also-scopes") == [write]} == reads


def test_that_the_published_operations_are_227() -> None:
    assert len(published()) == 227
    assert set(not_served()) == published().keys() - set(load())
    assert {each.id for each in load().values() if not each.extension} <= published().keys()


def test_that_served_operations_have_their_published_scopes() -> None:
    served = {each.id: None if each.public else each.scope for each in load().values() if not each.extension}
    assert served == {name: scope for name, scope in published().items() if name in served}
