"""The whole program: `coreshed serve` and the operator's commands against it, on both databases."""

import json
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

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


def test_that_members_are_made_on_the_command_line_by_the_name_of_the_workspace(shared_server: Server) -> None:
    name = f"Pit {uuid4().hex[:8]}"
    email = f"{uuid4().hex[:8]}@example.org"
    made = run_command(shared_server, "workspace", "create", name)
    assert made.returncode == 0, made.stderr
    assert run_command(shared_server, "user", "create", email).returncode == 0
    given = run_command(shared_server, "workspace", "member", name.upper(), email, "editor")
    assert given.returncode == 0, given.stderr
    unknown = run_command(shared_server, "workspace", "member", "no such pit", email, "editor")
    assert (unknown.returncode, unknown.stderr) == (1, "coreshed: The workspace was not found.\n")
    nameless = run_command(shared_server, "workspace", "create", " ")
    assert nameless.returncode == 1
    assert "`$.name`" in nameless.stderr
    assert "regex" not in nameless.stderr


def test_that_the_last_administrator_stays_and_others_come_back(shared_server: Server) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    assert run_command(shared_server, "user", "create", email, "--admin").returncode == 0
    assert run_command(shared_server, "user", "disable", email).returncode == 0
    refused = run_command(shared_server, "user", "disable", "admin@localhost")
    assert (refused.returncode, refused.stderr) == (
        1,
        "coreshed: admin@localhost is the last administrator; make another one first.\n",
    )
    assert run_command(shared_server, "user", "enable", email).stdout == f"enabled {email}\n"


def test_that_a_blob_that_is_not_in_quarantine_is_not_restored(shared_server: Server) -> None:
    refused = run_command(shared_server, "collect", "--restore", str(uuid4()))
    assert refused.returncode == 1
    assert refused.stderr.startswith("coreshed: ")


def test_that_a_request_cut_off_by_the_drain_is_a_line_in_the_log_and_no_defect(server: ServerMaker) -> None:
    running = server("--drain", "1").start()
    parts = urlsplit(running.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        head = f"POST /workspace/orgs/{uuid4()}/workspaces HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n"
        connection.sendall(f"{head}Authorization: Bearer {running.admin_key}\r\n\r\nhello".encode())
        time.sleep(0.3)
        assert running.stop() == 0
    assert "Traceback" not in running.log
    assert [each["level"] for each in running.events if each["event"].startswith("request cut off")] == ["warning"]
