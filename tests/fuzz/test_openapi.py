"""The OpenAPI document: valid, and complete."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from coreshed import web
from coreshed.app import Application
from coreshed.operations.registry import load
from coreshed.origins import Origins
from coreshed.settings import Settings
from tests.routes import operations

ORIGIN = "http://coreshed.test"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The document depends on no database."""
    opened = Application.open(Settings(data_dir=tmp_path_factory.mktemp("openapi")), Origins(ORIGIN, ORIGIN))
    yield opened
    opened.close()


@pytest.fixture
async def document(application: Application) -> dict[str, Any]:
    """As a client gets it."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=ORIGIN) as client:
        answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def described(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Operations by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


async def test_that_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


async def test_that_every_route_is_in_the_document_and_nothing_else(
    application: Application, document: dict[str, Any]
) -> None:
    # What OAuth 2 and OpenID Connect define is described by their own metadata, and pages are for people.
    described_elsewhere = {pair for pair in operations(application) if pair[1].startswith(web.SIGN_IN_PREFIXES)}
    registered = {("POST", f"/v1/op/{operation_id}") for operation_id in load()}
    assert set(described(document)) == (operations(application) - described_elsewhere) | registered


async def test_that_every_change_describes_its_body(document: dict[str, Any]) -> None:
    bare = {
        (method, path)
        for (method, path), operation in described(document).items()
        if method in {"POST", "PUT", "PATCH"} and "requestBody" not in operation
    }
    # Restoring takes no body, nor does announcing an upload or making the folders of a path, nor does the File API.
    bare = {pair for pair in bare if not pair[1].startswith("/file/")}
    workspace = "/workspace/orgs/{org_id}/workspaces/{workspace_id}"
    model = "/blockmodel/orgs/{org_id}/workspaces/{workspace_id}/block-models/{bm_id}"
    assert bare == {
        ("POST", workspace),
        ("POST", f"{workspace}/folders/path/{{folders_path}}"),
        ("POST", "/folder/instances/{org_id}/workspaces/{workspace_id}/folders/{folder_id}"),
        ("POST", model),
        ("POST", f"{model}/jobs/{{job_id}}/uploaded"),
    }


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/workspace/orgs/{org_id}/workspaces", {"limit", "offset", "order_by", "deleted", "name", "created_at"}),
        ("/workspace/orgs/{org_id}/workspaces/summary", {"limit", "offset", "order_by", "deleted", "name"}),
        ("/workspace/orgs/{org_id}/workspaces/{workspace_id}", {"deleted"}),
        ("/workspace/orgs/{org_id}/workspaces/{workspace_id}/users", {"user_id"}),
        ("/evo/identity/v2/discovery", {"service"}),
        ("/geoscience-object/orgs/{org_id}/workspaces/{workspace_id}/objects", {"limit", "offset", "schema_id"}),
    ],
)
async def test_that_queries_are_described(document: dict[str, Any], path: str, names: set[str]) -> None:
    parameters = document["paths"][path]["get"]["parameters"]
    assert names <= {each["name"] for each in parameters if each["in"] == "query"}


async def test_that_refusals_are_described_as_they_are(document: dict[str, Any], application: Application) -> None:
    refused = document["components"]["schemas"]["Problem"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=ORIGIN) as client:
        for (method, path), operation in described(document).items():
            answer = await client.request(method, path.replace("{object_path}", "a").replace("{", "").replace("}", ""))
            assert "400" not in operation["responses"], path
            assert bool(operation["security"]) is (answer.status_code == 401), path
            if answer.status_code == 401:
                assert set(refused["properties"]) <= set(answer.json()), path


async def test_that_answers_without_a_type_of_their_own_are_few(document: dict[str, Any]) -> None:
    untyped = {
        f"{method} {path} {status}"
        for (method, path), operation in described(document).items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and status != "204" and not any(c.get("schema") for c in answer["content"].values())
    }
    assert untyped == set()
