"""The whole program: `coreshed serve` and the operator's commands against it, on both databases."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import httpx
import psycopg
import pytest

from tests.server import DidNotStart, Server, ServerMaker, run_command

DISCOVERY = "/evo/identity/v2/discovery?service=evo"


def until(condition: Callable[[], bool]) -> None:
    """Poll; the test's time limit is the end of this."""
    while not condition():
        time.sleep(0.02)


def test_that_a_first_start_can_be_used_with_what_it_wrote(shared_server: Server) -> None:
    running = shared_server
    known = running.instance
    with running.client() as client:
        assert client.get("/health_check").status_code == 200
        answer = client.get(DISCOVERY).json()["discovery"]
        assert [each["id"] for each in answer["organizations"]] == [known.organisation_id]
        assert [each["url"] for each in answer["hubs"]] == [running.url]
        workspaces = client.get(f"/workspace/orgs/{known.organisation_id}/workspaces").json()["results"]
    assert known.workspace_id in [each["id"] for each in workspaces]


def test_that_keys_made_and_revoked_on_the_command_line_work_in_the_running_server(shared_server: Server) -> None:
    running = shared_server
    made = run_command(running, "token", "create", "--name", "harvest", "--expires", "30d")
    assert made.returncode == 0, made.stderr
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert httpx.get(running.url + DISCOVERY, headers=headers).status_code == 200
    listed = json.loads(run_command(running, "token", "list", "--json").stdout)
    (key,) = [each for each in listed if each["name"] == "harvest"]
    assert key["user"] == "admin@localhost"
    assert key["expires"] is not None
    assert made.stdout.strip() not in json.dumps(listed)
    assert run_command(running, "token", "revoke", key["id"]).returncode == 0
    until(lambda: httpx.get(running.url + DISCOVERY, headers=headers).status_code == 401)


def test_that_collect_prints_a_plan_and_leaves_what_is_new(shared_server: Server) -> None:
    running = shared_server
    planned = run_command(running, "collect", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["dry_run"] is True
    assert json.loads(run_command(running, "collect").stdout)["purged"] == []


def test_that_a_shared_server_serves_its_bytes_over_https(shared_server: Server) -> None:
    known = shared_server.instance
    assert known.blob_url == f"https://{shared_server.host}"
    assert known.ca_file is not None


def test_that_a_database_of_a_newer_program_exits_5(server: ServerMaker) -> None:
    newer = server()
    assert run_command(newer, "migrate").returncode == 0
    url = newer.environment["CORESHED_DATABASE"]
    statement = "update alembic_version_main set version_num = '9999'"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as rows, rows:
            rows.execute(statement)
    else:
        with psycopg.connect(url) as connection:
            connection.execute(statement)
    with pytest.raises(DidNotStart) as refused:
        newer.start()
    assert refused.value.code == 5
    assert "Install the newer Coreshed." in refused.value.stderr
    assert run_command(newer, "migrate").returncode == 5


def test_that_ids_and_key_outlive_stops_and_kills(server: ServerMaker) -> None:
    running = server().start()
    before = running.instance
    for end in (running.stop, running.kill):
        end()
        running.start()
        after = running.instance
        assert (after.organisation_id, after.workspace_id) == (before.organisation_id, before.workspace_id)
        assert after.admin_key == before.admin_key
        with running.client() as client:
            assert client.get(DISCOVERY).status_code == 200
