"""`geopera-cli` 0.2.0 as published, against a real server process: how people sign in, and what they are told."""

import asyncio
import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coreshed.operations.registry import load
from tests.identity.issuer.browser import Browser
from tests.operations.conftest import ADMIN_KEY
from tests.operations.terminal import Terminal
from tests.server import Server

REALM = "/realms/public/protocol/openid-connect"
PASSWORD = "correct horse battery staple"
CLAIMS = {"sub", "geopera_principal_id", "geopera_principal_type", "geopera_org_id", "scope"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With an editor of the first workspace who has a password."""
    data: Path = tmp_path_factory.mktemp("cli")
    started = Server(data / "data", environment={"CORESHED_ADMIN_KEY": ADMIN_KEY}).start()
    _coreshed(started, "user", "create", "ana@example.org", "--name", "Ana", "--password-stdin", said=PASSWORD)
    _coreshed(started, "workspace", "member", "First workspace", "ana@example.org", "editor")
    yield started
    started.stop()


def _coreshed(server: Server, *words: str, said: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coreshed.cli", *words, "--data-dir", str(server.data_dir)],
        input=said, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def terminal(server: Server, tmp_path: Path) -> Terminal:
    """Of somebody who has not signed in."""
    home = tmp_path / "home"
    home.mkdir()
    return Terminal(home, server.url)


@pytest.fixture
def keyed(terminal: Terminal) -> Terminal:
    """Of the administrator, with a key."""
    terminal.login(ADMIN_KEY)
    return terminal


def key_of(server: Server, *permissions: str) -> str:
    """A further key of the administrator."""
    with server.client() as client:
        made = client.post("/v1/op/api_keys.create", json={"name": "k", "permissions": permissions})
    key: str = made.json()["key"]
    return key


def requests(server: Server, path: str) -> list[int]:
    """The statuses of all requests to a path so far."""
    return [each["status"] for each in server.events if each.get("path") == path]


def decide(server: Server, page: str, decision: str) -> None:
    """What Ana does in her browser."""

    async def visit() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            browser = Browser(client, server.url)
            await browser.go(page)
            await browser.sign_in("ana@example.org", PASSWORD)
            return await browser.submit(decision)

    seen = asyncio.run(visit())
    assert seen.status_code == 200, seen.text


def sign_in(
    server: Server, terminal: Terminal, *words: str, decision: str = "approve", polls: int = 0
) -> tuple[str, int]:
    """`geopera login` while Ana decides in her browser after some polls; what it prints and its exit code."""
    before = len(requests(server, f"{REALM}/token"))
    waiting = terminal.start("login", "--api-url", terminal.url, "--no-browser", *words)
    assert waiting.stdout is not None
    lines = [waiting.stdout.readline() for _ in range(6)]
    page = next(line.strip() for line in lines if "user_code=" in line)
    code = page.partition("user_code=")[2]
    assert any(line.strip() == code for line in lines), lines
    deadline = time.monotonic() + 60
    while len(requests(server, f"{REALM}/token")) < before + polls and time.monotonic() < deadline:
        time.sleep(0.1)
    decide(server, page, decision)
    said, _ = waiting.communicate(timeout=120)
    return said, waiting.returncode


@pytest.fixture
def connected(server: Server, terminal: Terminal) -> Terminal:
    """Of Ana, signed in through her browser."""
    said, _ = sign_in(server, terminal)
    assert "Logged in as" in said, said
    return terminal


def test_that_a_key_logs_in_and_is_kept_from_others(server: Server, terminal: Terminal) -> None:
    done = terminal.run("login", "--api-url", server.url, "--api-key", key_of(server, "projects:read"))
    assert "Logged in as" in done.stdout
    assert stat.S_IMODE(terminal.store.stat().st_mode) == 0o600
    assert stat.S_IMODE(terminal.store.parent.stat().st_mode) == 0o700
    said = terminal.answer("whoami", "--json")
    assert said.keys() >= CLAIMS
    assert (said["geopera_principal_type"], said["scope"]) == ("user", "projects:read")
    (project,) = terminal.answer("op", "projects.list")
    assert project["id"] == said["default_project_id"]
    before = len(requests(server, f"{REALM}/logout"))
    assert "Logged out" in terminal.run("logout").stdout
    assert len(requests(server, f"{REALM}/logout")) == before
    assert "Not logged in" in terminal.run("whoami").stderr


def test_that_a_wrong_key_is_not_kept(server: Server, terminal: Terminal) -> None:
    done = terminal.run("login", "--api-url", server.url, "--api-key", "gpra_00000000_" + "A" * 43)
    assert "API key validation failed" in done.stderr
    assert not terminal.store.exists()


def test_that_ana_connects_her_terminal_in_her_browser(server: Server, terminal: Terminal) -> None:
    before = len(requests(server, f"{REALM}/token"))
    said, code = sign_in(server, terminal, polls=1)
    assert (code, "Logged in as" in said) == (0, True), said
    assert requests(server, f"{REALM}/token")[before:] == [400, 200]
    assert abs(terminal.auth["expires_at"] - time.time() - 300) < 60
    said = terminal.answer("whoami", "--json")
    assert said.keys() >= CLAIMS
    assert (said["email"], said["scope"]) == ("ana@example.org", "openid profile")
    (project,) = terminal.answer("op", "projects.list")
    assert project["id"] == said["default_project_id"]


def test_that_a_demonstration_lets_the_terminal_in_by_itself(tmp_path: Path) -> None:
    running = Server(tmp_path / "data", ["--demo"]).start()
    try:
        terminal = Terminal(tmp_path, running.url)
        done = terminal.run("login", "--api-url", running.url, "--no-browser")
        assert "Logged in as" in done.stdout, done.stdout + done.stderr
        assert terminal.answer("whoami", "--json")["email"] == "owner@demo"
    finally:
        running.stop()


def test_that_a_denied_sign_in_says_so(server: Server, terminal: Terminal) -> None:
    said, _ = sign_in(server, terminal, decision="deny")
    assert "Login was denied in the browser." in said
    assert not terminal.store.exists()


def test_that_a_scope_is_asked_for_at_the_sign_in(server: Server, terminal: Terminal) -> None:
    sign_in(server, terminal, "--scope", "openid projects:read")
    assert terminal.answer("op", "projects.list")
    assert terminal.refusal("api-keys", "list") == (2, "Error: [403] missing scope 'api_keys:read' for 'api_keys.list'")


def test_that_an_ended_token_is_renewed_once_and_the_old_one_is_no_good(server: Server, connected: Terminal) -> None:
    form = {"grant_type": "refresh_token", "client_id": "geopera-cli"}
    for auth in ({"expires_at": 1}, {"access_token": "no longer good"}):
        old = connected.auth["refresh_token"]
        before = len(requests(server, f"{REALM}/token"))
        connected.change_auth(**auth)
        assert connected.answer("api-keys", "list") == []
        assert requests(server, f"{REALM}/token")[before:] == [200]
        assert connected.auth["refresh_token"] != old
        replayed = httpx.post(f"{server.url}{REALM}/token", data={**form, "refresh_token": old})
        assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    renewed = connected.auth["refresh_token"]
    assert connected.answer("whoami", "--json")["email"] == "ana@example.org"
    assert "Logged out" in connected.run("logout").stdout
    after = httpx.post(f"{server.url}{REALM}/token", data={**form, "refresh_token": renewed})
    assert (after.status_code, after.json()["error"]) == (400, "invalid_grant")


def test_that_a_session_that_was_ended_elsewhere_asks_for_a_new_sign_in(server: Server, connected: Terminal) -> None:
    form = {"client_id": "geopera-cli", "token": connected.auth["refresh_token"]}
    assert httpx.post(f"{server.url}{REALM}/revoke", data=form).status_code == 200
    code, said = connected.refusal("api-keys", "list")
    assert (code, "Run 'geopera login'" in said) == (1, True), said


def test_that_a_token_in_the_environment_is_used_without_a_store(server: Server, terminal: Terminal) -> None:
    key = key_of(server, "projects:read")
    form = {"grant_type": "client_credentials", "client_id": "geopera", "client_secret": key}
    token = httpx.post(f"{server.url}{REALM}/token", data=form).json()["access_token"]
    for credential in (key, token):
        given = {"GEOPERA_API_URL": server.url, "GEOPERA_API_TOKEN": credential}
        assert len(terminal.answer("op", "projects.list", **given)) == 1
    assert not terminal.store.exists()


def test_that_keys_are_made_listed_and_revoked(server: Server, keyed: Terminal) -> None:
    made = keyed.answer(
        "api-keys", "create", "--name", "ci", "--permissions", "projects:read", "--permissions", "uploads:write"
    )
    assert made["permissions"] == ["projects:read", "uploads:write"]
    assert made["id"] in {each["id"] for each in keyed.answer("api-keys", "list")}
    given = {"GEOPERA_API_TOKEN": made["key"]}
    assert keyed.answer("op", "projects.list", **given)
    assert keyed.answer("api-keys", "revoke", "--key-id", made["id"]) == {"ok": True, "id": made["id"]}
    code, said = keyed.refusal("api-keys", "list", **given)
    assert (code, said.startswith("Error: [401] ")) == (2, True), said


def test_that_refusals_are_told_with_their_status(server: Server, keyed: Terminal) -> None:
    assert keyed.refusal("api-keys", "revoke", "--key-id", "0") == (2, "Error: [404] You have no key with this id.")
    code, said = keyed.refusal("orders", "list")
    assert (code, said) == (2, "Error: [501] The operation 'orders.list' is not available on this server.")
    code, said = keyed.refusal("op", "orders.list")
    assert "[501]" in said
    assert code == 0  # of this version: `op`, `login` and `whoami` always end with 0
    code, said = keyed.refusal("api-keys", "create", "--json", "{}")
    assert (code, "Field required" in said) == (2, True), said
    code, said = keyed.refusal("api-keys", "create", "--nme", "x")
    assert (code, "No such option" in said) == (2, True), said
    keyed.run("logout")
    code, said = keyed.refusal("api-keys", "list")
    assert (code, "Not logged in" in said) == (1, True), said


def test_that_it_lists_what_the_server_has(keyed: Terminal) -> None:
    done = keyed.run("op", "--list")
    assert done.stdout.split() == sorted(load())
    assert f"{len(load())} operations." in done.stderr


def test_that_profiles_do_not_mix(server: Server, keyed: Terminal) -> None:
    other = key_of(server, "projects:read")
    keyed.run("login", "--api-url", server.url, "--api-key", other, "--profile", "narrow")
    assert keyed.answer("whoami", "--json")["scope"] == "*"
    assert keyed.answer("whoami", "--json", "--profile", "narrow")["scope"] == "projects:read"
    assert set(json.loads(keyed.store.read_text())) == {"default", "narrow"}
