"""An application with its issuer, reached as an ASGI application or through real processes."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import pytest

from coreshed.app import Application
from coreshed.identity import Account
from coreshed.identity.issuer import Issuer
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import DatabaseUrls
from tests.server import server, shared_postgresql_server, shared_server, shared_sqlite_server

__all__ = ["server", "shared_postgresql_server", "shared_server", "shared_sqlite_server"]

ORIGIN = "http://coreshed.test"
REALM = "/realms/public/protocol/openid-connect"
CALLBACK = "http://localhost:3000/signin-callback"
PASSWORD = "correct horse battery staple"
ALL_EVO = "evo.blocksync evo.discovery evo.file evo.object evo.workspace"


@dataclass(frozen=True)
class Proof:
    """A PKCE verifier and its challenge."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class House:
    """One node under a clock that tests move."""

    application: Application
    clock: ManualClock
    client: httpx.AsyncClient

    @property
    def issuer(self) -> Issuer:
        return self.application.issuer

    @property
    def discovery(self) -> str:
        return "/evo/identity/v2/discovery?service=evo"

    def person(self, email: str = "ana@example.org") -> Account:
        """A member of the organisation."""
        organisation_id = self.application.instance.organisation_id
        return self.application.identity.create_user(
            email=email, name="Ana Maria Ruiz", organisation_id=organisation_id
        )

    def service(self, client_id: str = "svc", **more: Any) -> str:
        """The secret of a new confidential application."""
        values = {"client_id": client_id, "name": client_id, "confidential": True, **more}
        _, secret = self.issuer.clients.create(organisation_id=self.application.instance.organisation_id, **values)
        assert secret is not None
        return secret

    async def token(self, path: str = "/connect/token", **form: str) -> httpx.Response:
        """One request to a token endpoint."""
        return await self.client.post(path, data=form)

    async def service_token(self, scope: str = ALL_EVO) -> str:
        """An access token of a new application."""
        got = await self.token(
            grant_type="client_credentials", scope=scope, client_id="svc", client_secret=self.service()
        )
        assert got.status_code == 200, got.text
        return str(got.json()["access_token"])

    async def ask(self, token: str, path: str = "") -> httpx.Response:
        """One API request with a token."""
        return await self.client.get(path or self.discovery, headers={"Authorization": f"Bearer {token}"})


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, unverified."""
    header, claims, _ = token.split(".")
    return _decoded(header), _decoded(claims)


def _decoded(text: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(text + "=="))
    return found


def encoded(content: Any) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).rstrip(b"=").decode()


def open_node(urls: DatabaseUrls, directory: Any, clock: ManualClock, **settings: Any) -> Application:
    """A node on the databases."""
    database = "" if urls.main.startswith("sqlite") else urls.main
    chosen = Settings(data_dir=directory, database=database, **settings)
    return Application.open(chosen, Origins(ORIGIN, ORIGIN), clock)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def application(database_urls: DatabaseUrls, tmp_path: Any, clock: ManualClock) -> Iterator[Application]:
    opened = open_node(database_urls, tmp_path, clock)
    yield opened
    opened.close()


@pytest.fixture
async def house(application: Application, clock: ManualClock) -> AsyncIterator[House]:
    transport = httpx.ASGITransport(application.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield House(application, clock, client)
