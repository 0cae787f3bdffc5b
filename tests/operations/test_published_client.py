"""The unmodified `geopera` client and command line against a real server process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from geopera import Geopera

from tests.operations.terminal import Terminal
from tests.server import Server

ADMIN_KEY = "an-administrators-key-of-tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data: Path = tmp_path_factory.mktemp("operations")
    started = Server(data / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    yield started
    started.stop()


def test_that_the_published_client_lists_the_first_workspace_as_a_project(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client as connection:
        answer = connection.get_httpx_client().post("/v1/op/projects.list", json={})
    assert answer.status_code == 200, answer.text
    assert [project["name"] for project in answer.json()] == ["First workspace"]
    assert answer.headers["x-total-count"] == "1"


def test_that_the_published_command_line_takes_a_key_and_calls_an_operation(server: Server, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, server.url)
    terminal.login(ADMIN_KEY)
    (key,) = terminal.answer("api-keys", "list")
    assert (key["name"], key["permissions"]) == ("administrator", ["*"])
