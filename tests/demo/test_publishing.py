"""`coreshed serve --demo`, as a real process."""

import hashlib
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from coreshed.demo.documents import objects
from coreshed.demo.publishing import NAME, USERS
from tests.server import Server, ServerMaker, run_command, server

__all__ = ["server"]  # a fixture of these tests

PATHS = {f"/{each.path}" for each in objects()}


def workspaces(api: httpx.Client, server: Server, **query: Any) -> list[dict[str, Any]]:
    url = f"/workspace/orgs/{server.instance.organisation_id}/workspaces"
    return api.get(url, params={"name": NAME, **query}).raise_for_status().json()["results"]


def root_of(api: httpx.Client, server: Server) -> str:
    [workspace] = workspaces(api, server)
    return f"/geoscience-object/orgs/{server.instance.organisation_id}/workspaces/{workspace['id']}"


def listed(api: httpx.Client, root: str) -> dict[str, dict[str, Any]]:
    found = api.get(f"{root}/objects").raise_for_status().json()["objects"]
    return {each["path"] + each["name"]: each for each in found}


def test_that_every_object_is_listed_and_every_table_downloads(server: ServerMaker) -> None:
    started = server("--demo", tls=True).start()
    trust = ssl.create_default_context(cafile=started.instance.ca_file)
    expected = {name for each in objects() for name in each.tables}
    downloaded = set()
    with started.client() as api, httpx.Client(verify=trust) as plain:
        root = root_of(api, started)
        found = listed(api, root)
        assert set(found) == PATHS
        for each in found.values():
            assert each["geojson_bounding_box"]["coordinates"][0][0][0] == pytest.approx(117.12, abs=0.02)
            got = api.get(f"{root}/objects/{each['object_id']}").raise_for_status().json()
            for link in got["links"]["data"]:
                assert link["download_url"].startswith("https://")
                content = plain.get(link["download_url"]).raise_for_status().content
                assert hashlib.sha256(content).hexdigest() == link["name"]
                downloaded.add(link["name"])
    assert downloaded == expected


def test_that_a_restart_publishes_nothing_twice_and_revives_nothing(server: ServerMaker) -> None:
    started = server("--demo").start()
    with started.client() as api:
        root = root_of(api, started)
        before = listed(api, root)
        gone = before["/orebody.json"]["object_id"]
        api.delete(f"{root}/objects/{gone}").raise_for_status()
    # Without its note the server asks the API what has been there.
    Path(started.data_dir / "demonstration").unlink()
    started.restart()
    with started.client() as api:
        after = listed(api, root_of(api, started))
    assert set(after) == PATHS - {"/orebody.json"}
    assert all(after[path]["version_id"] == before[path]["version_id"] for path in after)


def test_that_a_deleted_workspace_stays_deleted(server: ServerMaker) -> None:
    started = server("--demo").start()
    with started.client() as api:
        [workspace] = workspaces(api, started)
        api.delete(
            f"/workspace/orgs/{started.instance.organisation_id}/workspaces/{workspace['id']}"
        ).raise_for_status()
    Path(started.data_dir / "demonstration").unlink()
    started.restart()
    with started.client() as api:
        assert workspaces(api, started) == []


def test_that_an_interrupted_start_is_completed_by_the_next(server: ServerMaker) -> None:
    started = server().start()
    with started.client() as api:
        url = f"/workspace/orgs/{started.instance.organisation_id}/workspaces"
        api.post(url, json={"name": NAME}).raise_for_status()
    started.flags = (*started.flags, "--demo")
    started.restart()
    with started.client() as api:
        assert set(listed(api, root_of(api, started))) == PATHS


def test_that_there_is_a_user_of_each_role_and_no_usable_key_is_left(server: ServerMaker) -> None:
    started = server("--demo").start()
    with started.client() as api:
        [workspace] = workspaces(api, started)
        url = f"/workspace/orgs/{started.instance.organisation_id}/workspaces/{workspace['id']}/users"
        members = api.get(url).raise_for_status().json()["results"]
        roles = {each["email"]: each["role"] for each in members}
        assert roles == {"admin@localhost": "owner", **USERS}
    keys = run_command(started, "token", "list", "--json")
    assert keys.returncode == 0, keys.stderr
    usable = [key for key in httpx.Response(200, text=keys.stdout).json() if key["revoked"] is None]
    assert [(key["user"], key["name"]) for key in usable] == [("admin@localhost", "administrator")]
