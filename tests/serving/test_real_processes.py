"""The whole program as processes: workers, drains, split installations. SQLite alone: the database plays no part."""

import hashlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import DidNotStart, Server, ServerMaker, run_command

DISCOVERY = "/evo/identity/v2/discovery?service=evo"


@pytest.fixture
def backend() -> str:
    return "sqlite"


def until(condition: Callable[[], bool]) -> None:
    """Poll; the test's time limit is the end of this."""
    while not condition():
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The child processes that any thread of the process started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for listed in lists for child in listed.read_text().split()]


def test_that_the_key_of_the_operator_is_the_administrators(server: ServerMaker) -> None:
    running = server(CORESHED_ADMIN_KEY="a-key-fixed-by-the-operator").start()
    assert running.instance.admin_key is None
    with running.client() as client:
        assert client.get(DISCOVERY).status_code == 200


def test_that_the_real_worker_ends_with_a_killed_server(server: ServerMaker) -> None:
    running = server(CORESHED_UPKEEP_INTERVAL="0.1").start()
    until(lambda: bool(children(running.pid)))
    workers = children(running.pid)
    assert len(workers) == 1
    running.kill()
    until(
        lambda: not Path(f"/proc/{workers[0]}").exists() or "(zombie)" in Path(f"/proc/{workers[0]}/status").read_text()
    )


def test_that_an_upload_in_progress_survives_sigterm(server: ServerMaker) -> None:
    running = server().start()
    known = running.instance
    content = b"core" * 1000
    name = hashlib.sha256(content).hexdigest()
    with running.client() as client:
        path = f"/geoscience-object/orgs/{known.organisation_id}/workspaces/{known.workspace_id}/data"
        link = client.put(path, json=[{"name": name}]).json()[0]["upload_url"]

    def slowly() -> Iterator[bytes]:
        yield content[:2000]
        running.signal(signal.SIGTERM)
        until(lambda: '"draining"' in running.log)
        yield content[2000:]

    answer = httpx.put(
        link, content=slowly(), headers={"Content-Length": str(len(content)), "x-ms-blob-type": "BlockBlob"}
    )
    assert (answer.status_code, answer.content) == (201, b"")
    assert running.wait() == 0
    running.start()
    with running.client() as client:
        assert client.put(path, json=[{"name": name}]).json()[0]["exists"] is True


def test_that_api_and_blob_processes_work_together(server: ServerMaker) -> None:
    blobs = server("--only", "blobs").start()
    api = server("--only", "api", "--blob-url", "https://bytes.example.org").start()
    known = api.instance
    content = b"half core"
    name = hashlib.sha256(content).hexdigest()
    key = known.admin_key
    path = f"{api.url}/geoscience-object/orgs/{known.organisation_id}/workspaces/{known.workspace_id}/data"
    headers = {"Authorization": f"Bearer {key}"}
    link = httpx.put(path, json=[{"name": name}], headers=headers).json()[0]["upload_url"]
    here = link.replace("https://bytes.example.org", blobs.url)  # as the proxy of that host would
    assert httpx.put(here, content=content).status_code == 201
    assert httpx.put(path, json=[{"name": name}], headers=headers).json()[0]["exists"] is True
    assert httpx.get(f"{blobs.url}/workspace/health_check").status_code == 404
    assert httpx.put(link.replace("https://bytes.example.org", api.url), content=content).status_code == 404


def test_that_a_database_that_is_not_there_exits_3(tmp_path: Path) -> None:
    gone = Server(tmp_path / "data", environment={"CORESHED_DATABASE": "postgresql://postgres:hidden@127.0.0.1:1/none"})
    with pytest.raises(DidNotStart) as refused:
        gone.start()
    assert refused.value.code == 3
    assert "The database failed: connection failed" in refused.value.stderr
    assert "hidden" not in refused.value.stderr


def test_that_a_database_of_another_kind_exits_3(tmp_path: Path) -> None:
    with pytest.raises(DidNotStart) as refused:
        Server(tmp_path / "data", ("--database", "mysql://localhost/x")).start()
    assert refused.value.code == 3
    assert "--database takes a sqlite:/// or postgresql:// URL." in refused.value.stderr


def test_that_people_and_workspaces_are_made_on_the_command_line(shared_server: Server) -> None:
    running = shared_server
    assert run_command(running, "user", "create", "anna@mine.example", "--name", "Anna").returncode == 0
    workspace = run_command(running, "workspace", "create", "North pit").stdout.strip()
    assert run_command(running, "workspace", "member", workspace, "anna@mine.example", "editor").returncode == 0
    again = run_command(running, "user", "create", "Anna@mine.example")
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    key = run_command(running, "token", "create", "--user", "anna@mine.example").stdout.strip()
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{running.url}/workspace/orgs/{running.instance.organisation_id}/workspaces/{workspace}/current-user-role"
    assert httpx.get(url, headers=headers).json()["role"] == "editor"
    assert run_command(running, "user", "disable", "anna@mine.example").returncode == 0
    until(lambda: httpx.get(url, headers=headers).status_code == 401)
    assert "anna@mine.example" in run_command(running, "user", "list").stdout
