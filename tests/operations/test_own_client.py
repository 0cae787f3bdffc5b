"""Operations as methods of our own client and as commands, against a real server process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from coreshed import AsyncClient, Client
from coreshed.cli import app
from coreshed.client import Conflict, Invalid, NotFound, NotSignedIn, Refused, ServerFailed
from coreshed.client.operation_answers import ProjectResponse
from tests.operations.conftest import ADMIN_KEY
from tests.server import Server


def test_that_an_operation_is_a_method_with_a_typed_answer(server: Server) -> None:
    with Client(server.url, ADMIN_KEY) as client:
        (project,) = [each for each in client.projects.list() if each.id == server.instance.workspace_id]
        assert isinstance(project, ProjectResponse)
        assert (project.name, project.is_archived) == ("First workspace", False)
        assert project.id in [each["id"] for each in client.operation("projects.list")]
        made = client.api_keys.create(name="narrow", permissions=["api_keys:read"])
    assert made.permissions == ["api_keys:read"]


async def test_that_the_same_can_be_awaited(server: Server) -> None:
    async with AsyncClient(server.url, ADMIN_KEY) as client:
        project = (await client.projects.list())[-1]
        assert (await client.operation("projects.list"))[-1]["id"] == project.id
        with pytest.raises(Invalid, match="name: Field required"):
            await client.operation("api_keys.create", {})


def test_that_refusals_are_errors_of_the_client(server: Server) -> None:
    with Client(server.url, ADMIN_KEY) as client:
        narrow = str(client.api_keys.create(name="narrow", permissions=["api_keys:read"]).key)
        with pytest.raises(Invalid, match=r"name: Field required; expires_in_days: .*greater than"):
            client.operation("api_keys.create", {"expires_in_days": 0})
        with pytest.raises(NotFound, match="no such operation"):
            client.operation("uploads.nope")
        with pytest.raises(ServerFailed, match=r"'orders\.list' is not available"):
            client.operation("orders.list")
        with pytest.raises(NotFound):
            client.operation("../evo/identity/v2/discovery")
    with Client(server.url, narrow) as client, pytest.raises(Refused, match="missing scope 'projects:read'"):
        client.projects.list()
    with Client(server.url, "no-key-of-this-server") as client, pytest.raises(NotSignedIn):
        client.projects.list()


def test_that_a_method_can_be_repeated_under_a_key(server: Server) -> None:
    with Client(server.url, ADMIN_KEY) as client:
        first = client.projects.create(name="Once", idempotency_key="of-the-method")
        assert client.projects.create(name="Once", idempotency_key="of-the-method") == first
        with pytest.raises(Conflict, match="another input"):
            client.projects.create(name="Twice", idempotency_key="of-the-method")
        assert client.operation("projects.create", {"name": "Once"}, idempotency_key="of-the-method")["id"] == first.id
        assert [each.name for each in client.projects.list()].count("Once") == 1
        client.projects.delete(project_id=first.id)


def environment_of(server: Server, home: Path) -> dict[str, str]:
    return {"HOME": str(home), "CORESHED_URL": server.url, "CORESHED_TOKEN": ADMIN_KEY, "COLUMNS": "200"}


def test_that_operations_are_commands(server: Server, tmp_path: Path) -> None:
    def run(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, words, input=stdin, env=environment_of(server, tmp_path))

    listed = run("projects", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert "First workspace" in [each["name"] for each in json.loads(listed.stdout)]
    words = ("api-keys", "create", "--permissions", "uploads:write", "--permissions", "projects:read", "--json", "-")
    made = run(*words, stdin='{"name": "piped", "permissions": []}')
    assert json.loads(made.stdout)["permissions"] == ["uploads:write", "projects:read"]
    (tmp_path / "input.json").write_text('{"name": "of a file"}', encoding="utf-8")
    by_id = run("op", "api_keys.create", f"@{tmp_path / 'input.json'}")
    assert json.loads(by_id.stdout)["name"] == "of a file"
    known = run("op", "--list", "--json")
    assert "projects.list" in [each["id"] for each in json.loads(known.stdout)]
    wrong = (["op"], ["op", "projects.list", "{"], ["projects", "list", "--json", "[]"], ["projects", "nope"])
    assert [run(*each).exit_code for each in wrong] == [2, 2, 2, 2]
    (tmp_path / "latin").write_bytes(b'{"name": "\xe9"}')
    for name, why in (("none", "No such file"), (".", "Is a directory"), ("latin", "is not UTF-8")):
        for each in (("projects", "create", "--json"), ("op", "projects.create")):
            unread = run(*each, f"@{tmp_path / name}")
            assert (unread.exit_code, why in unread.output) == (2, True), (each, unread.output)


def test_that_an_input_that_is_no_object_is_sent_as_it_is(server: Server, tmp_path: Path) -> None:
    for given in ("[]", "0", "false", '""'):
        told = CliRunner().invoke(app, ["op", "uploads.initiate", given], env=environment_of(server, tmp_path))
        assert "should be an object" in str(told.exception), given


def test_that_a_refused_operation_is_a_sentence_and_an_exit_code(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "coreshed.cli", "op", "orders.list", "-"]
    ran = subprocess.run(
        command, env=environment_of(server, tmp_path), input="{}", capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(
        "coreshed: Not Implemented The operation 'orders.list' is not available on this server."
    )
    assert len(ran.stderr.splitlines()) == 1
