"""The unmodified `geopera` client, waiting and awaiting, and command line against a real server process."""

from pathlib import Path

import pytest
from geopera import AuthenticatedClient, Geopera
from geopera.api.operations import api_keys_create, api_keys_list, orders_list, projects_create
from geopera.errors import UnexpectedStatus
from geopera.models import (
    ApiKeyCreateInput,
    ApiKeyListInput,
    HTTPValidationError,
    OrdersListInput,
    Problem,
    ProjectCreate,
    ProjectResponse,
)

from tests.operations.conftest import ADMIN_KEY
from tests.operations.terminal import Terminal
from tests.server import Server


def test_that_the_published_client_lists_the_first_workspace_as_a_project(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client as connection:
        answer = connection.get_httpx_client().post("/v1/op/projects.list", json={})
    assert answer.status_code == 200, answer.text
    assert "First workspace" in [project["name"] for project in answer.json()]
    assert answer.headers["x-total-count"] == str(len(answer.json()))


def test_that_the_published_client_repeats_a_request_under_a_key(server: Server) -> None:
    client = AuthenticatedClient(base_url=server.url, token=ADMIN_KEY, raise_on_unexpected_status=True)
    keyed = client.with_headers({"Idempotency-Key": "of-the-published-client"})
    with keyed:
        made = [projects_create.sync(client=keyed, body=ProjectCreate(name="Repeated")) for _ in range(2)]
        with pytest.raises(UnexpectedStatus) as refused:
            projects_create.sync(client=keyed, body=ProjectCreate(name="Another"))
    assert isinstance(made[0], ProjectResponse)
    assert made[0] == made[1]
    assert refused.value.status_code == 409


def test_that_without_a_key_the_published_client_returns_a_problem(server: Server) -> None:
    client = Geopera(base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        found = client.orders.list({})
    assert isinstance(found, Problem)
    assert (found.status, found.title) == (401, "Unauthorized")


def test_that_the_published_client_reads_which_members_are_at_fault(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        found = client.api_keys.create({"name": "", "permissions": ["a", 1]})
    assert isinstance(found, HTTPValidationError)
    assert [each.loc for each in found.detail] == [["body", "name"], ["body", "permissions", 1]]


def test_that_the_published_client_makes_a_key_and_uses_it(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        made = client.api_keys.create(ApiKeyCreateInput(name="from the client", permissions=["api_keys:read"]))
    assert made.key.startswith("gpra_")
    narrow = AuthenticatedClient(
        base_url=server.url, token=made.key, prefix="", auth_header_name="X-API-Key", raise_on_unexpected_status=True
    )
    with narrow:
        listed = api_keys_list.sync_detailed(client=narrow, body=ApiKeyListInput())
        refused = api_keys_create.sync(client=narrow, body=ApiKeyCreateInput(name="more"))
    assert listed.status_code == 200
    assert isinstance(refused, Problem)
    assert refused.detail == "missing scope 'api_keys:write' for 'api_keys.create'"


async def test_that_the_published_client_awaits_the_same(server: Server) -> None:
    client = AuthenticatedClient(base_url=server.url, token=ADMIN_KEY, raise_on_unexpected_status=True)
    async with client:
        made = await api_keys_create.asyncio(client=client, body=ApiKeyCreateInput(name="awaited"))
        assert made is not None
        assert made.name == "awaited"
        with pytest.raises(UnexpectedStatus) as refused:
            await orders_list.asyncio(client=client, body=OrdersListInput())
    assert refused.value.status_code == 501


def test_that_the_published_command_line_takes_a_key_and_calls_an_operation(server: Server, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, server.url)
    terminal.login(ADMIN_KEY)
    keys = {key["name"]: key["permissions"] for key in terminal.answer("api-keys", "list")}
    assert keys["administrator"] == ["*"]
