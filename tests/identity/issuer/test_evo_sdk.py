"""The published Evo SDK, unmodified, signing in."""

import asyncio
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from evo.common import APIConnector
from evo.common.data import HTTPHeaderDict, HTTPResponse, RequestMethod
from evo.common.interfaces import ITransport
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AuthorizationCodeAuthorizer, EvoScopes, OAuthConnector

from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House
from tests.server import ServerMaker, run_command

HERE = Path(__file__).parent
BROWSER = f"{sys.executable} {HERE / 'headless_browser.py'} ana@example.org '{PASSWORD}' %s &"


def free_callback() -> str:
    """A redirect on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://localhost:{probe.getsockname()[1]}/signin-callback"


class InProcess(ITransport):
    """What the SDK's own transport does, into an application under a test's clock; notes every request."""

    def __init__(self, house: House) -> None:
        self._client = house.client
        self.seen: list[tuple[str, int]] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aenter__(self) -> "InProcess":
        return self

    async def __aexit__(
        self, exc_type: type[Exception] | None, exc_val: Exception | None, exc_tb: TracebackType | None
    ) -> None: ...

    async def request(
        self,
        method: RequestMethod,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_params: Any = None,
        body: Any = None,
        request_timeout: object = None,
    ) -> HTTPResponse:
        content = body if post_params is None else urlencode(post_params)
        found = await self._client.request(
            str(method.value), url, headers=dict((headers or {}).items()), content=content
        )
        self.seen.append((httpx.URL(url).path, found.status_code))
        return HTTPResponse(
            status=found.status_code,
            reason=found.reason_phrase,
            headers=HTTPHeaderDict(dict(found.headers)),
            data=found.content,
        )


class Person(webbrowser.BaseBrowser):
    """Somebody who signs in in the window that the SDK opens."""

    def __init__(self, house: House) -> None:
        super().__init__("person")
        self._browser = Browser(house.client, ORIGIN)
        self.task: asyncio.Task[None] | None = None

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.task = asyncio.get_running_loop().create_task(self._sign_in(url))
        return True

    async def _sign_in(self, url: str) -> None:
        await self._browser.go(url)
        await self._browser.sign_in("ana@example.org", PASSWORD)
        assert self._browser.left_for is not None
        async with httpx.AsyncClient() as away:
            assert (await away.get(self._browser.left_for)).status_code == 200


async def test_that_the_sdk_refreshes_twice_and_once_for_an_expired_token(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    person, transport = Person(house), InProcess(house)
    monkeypatch.setattr(webbrowser, "open", person.open)
    authorizer = AuthorizationCodeAuthorizer(
        OAuthConnector(transport, client_id="evo", client_secret="", base_uri=ORIGIN),
        redirect_url=free_callback(),
        scopes=EvoScopes.default | EvoScopes.offline_access,
    )
    await authorizer.login(timeout_seconds=30)
    assert person.task is not None
    await person.task
    assert await authorizer.refresh_token()
    assert await authorizer.refresh_token()
    house.clock.advance(3600 + 60)
    transport.seen.clear()
    discovery = DiscoveryAPIClient(APIConnector(ORIGIN, transport, authorizer))
    assert len(await discovery.list_organizations()) == 1
    assert transport.seen == [
        ("/evo/identity/v2/discovery", 401),
        ("/connect/token", 200),
        ("/evo/identity/v2/discovery", 200),
    ]


def run_program(script: str, *words: str, browser: str) -> "subprocess.CompletedProcess[str]":
    """One of the programs here, with what `BROWSER` shall be."""
    environment = {**os.environ, "BROWSER": browser, "PYTHONPATH": str(HERE.parents[2])}
    return subprocess.run(
        [sys.executable, str(HERE / script), *words],
        env=environment, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


def test_that_the_sdk_signs_in_through_a_browser(server: ServerMaker) -> None:
    running = server().start()
    made = subprocess.run(
        [sys.executable, "-m", "coreshed.cli", "user", "create", "ana@example.org", "--password-stdin"],
        input=f"{PASSWORD}\n", env={**os.environ, **running.environment, "CORESHED_DATA_DIR": str(running.data_dir)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    finished = run_program("evo_authorization_code.py", running.url, free_callback(), browser=BROWSER)
    assert finished.stdout.endswith("done\n"), finished.stdout + finished.stderr + running.log[-3000:]
    assert PASSWORD not in running.log


def test_that_the_widget_of_notebooks_signs_in_to_a_demonstration_with_curl(
    server: ServerMaker, tmp_path: Path
) -> None:
    running = server("--demo").start()
    words = (running.url, free_callback(), str(tmp_path / "cache"))
    finished = run_program("evo_widget.py", *words, browser="curl -sL -o /dev/null %s &")
    assert finished.returncode == 0, finished.stdout + finished.stderr + running.log[-3000:]
    hub, organisation_id, workspace_id = finished.stdout.split()[-3:]
    assert (hub.rstrip("/"), organisation_id) == (running.url, running.instance.organisation_id)
    listed = run_command(running, "workspace", "list").stdout
    assert f"{workspace_id}  Demonstration" in listed


def test_that_nobody_is_let_in_by_itself_without_the_demonstration(server: ServerMaker) -> None:
    running = server().start()
    asked = "client_id=evo&redirect_uri=http://localhost:1/callback&response_type=code&code_challenge_method=S256"
    got = httpx.get(f"{running.url}/connect/authorize?{asked}&code_challenge={'a' * 43}")
    assert (got.status_code, "Password" in got.text) == (200, True)


def test_that_the_demonstration_lets_nobody_in_who_comes_from_elsewhere(server: ServerMaker) -> None:
    running = server("--demo").start()
    asked = "client_id=evo&redirect_uri=http://localhost:1/callback&response_type=code&code_challenge_method=S256"
    url = f"{running.url}/connect/authorize?{asked}&code_challenge={'a' * 43}"
    assert httpx.get(url).status_code == 302
    for headers in ({"Host": "rebound.example.org"}, {"X-Forwarded-For": "192.0.2.1"}):
        assert httpx.get(url, headers=headers).status_code == 200
