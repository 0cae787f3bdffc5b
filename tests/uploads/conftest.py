"""An organisation with a limit of 1,000 bytes, a project, a person of each kind, and what tests do with uploads."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coreshed.app import Application
from coreshed.identity import Principal
from coreshed.origins import Origins
from coreshed.quota import Standing
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from coreshed.workspaces import Role
from tests.conftest import new_postgres_database

ORIGIN = "http://coreshed.test"
LIMIT = 1000


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    """2026-11-20T00:00:00Z until moved."""
    return ManualClock()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Application]:
    """One application per database for the whole run; tests keep to organisations of their own."""
    data: Path = tmp_path_factory.mktemp(f"uploads-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    opened = Application.open(Settings(data_dir=data, database=url), Origins(ORIGIN, ORIGIN), clock)
    yield opened
    opened.close()


@dataclass
class Site:
    """A project and those who come to it: admin, editor, viewer, stranger (without a role), foreigner, narrow (the
    editor with a key for nothing), nobody.
    """

    application: Application
    clock: ManualClock
    organisation_id: str
    project_id: str
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    async def op(self, operation: str, who: str = "admin", **body: Any) -> httpx.Response:
        """One call."""
        return await self.clients[who].post(f"/v1/op/{operation}", json=body)

    async def ok(self, operation: str, who: str = "admin", **body: Any) -> dict[str, Any]:
        """A call that succeeds."""
        answer = await self.op(operation, who, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def begin(self, size: int = 0, **more: Any) -> str:
        """A session; its id."""
        body = {"project_id": self.project_id, "total_bytes": size, **more}
        upload_id: str = (await self.ok("uploads.initiate", **body))["id"]
        return upload_id

    async def link(self, upload_id: str, file_name: str = "a.tif", **more: Any) -> str:
        """Where to put a file."""
        found = await self.ok("uploads.signed_url", upload_id=upload_id, file_name=file_name, **more)
        return str(found["upload_url"])

    async def send(
        self, url: str, content: Any = b"0123456789", content_type: str = "application/octet-stream", **headers: str
    ) -> httpx.Response:
        """A whole file, without any credential; content: bytes, or an async iterator for a chunked body."""
        headers = {"Content-Type": content_type, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return await self.clients["nobody"].put(url, content=content, headers=headers)

    async def stage(self, url: str, number: int, content: bytes) -> httpx.Response:
        """One block."""
        return await self.clients["nobody"].put(f"{url}&comp=block&blockid={_block_id(number)}", content=content)

    async def commit(self, url: str, *numbers: int) -> httpx.Response:
        """The list of blocks."""
        entries = "".join(f"<Latest>{_block_id(number)}</Latest>" for number in numbers)
        return await self.clients["nobody"].put(f"{url}&comp=blocklist", content=f"<BlockList>{entries}</BlockList>")

    async def put(self, upload_id: str, file_name: str = "a.tif", content: bytes = b"0123456789") -> None:
        """A file that arrives."""
        answer = await self.send(await self.link(upload_id, file_name), content)
        assert answer.status_code == 200, answer.text

    def standing(self) -> tuple[int, int]:
        """(used, reserved) bytes of the organisation."""
        found = self._standing()
        return found.used, found.reserved

    def _standing(self) -> Standing:
        return self.application.quota.read_standing(self.organisation_id)

    def limit(self, limit: int | None) -> None:
        """Limit the organisation."""
        with self.application.databases.main.writing() as rows:
            self.application.quota.set_limit(
                rows, organisation_id=self.organisation_id, workspace_id=None, limit=limit, actor_id="operator"
            )

    def person(self, who: str) -> Principal:
        """Them, as services see them."""
        return self.application.identity.acting_as(email=self.emails[who])


def _block_id(number: int) -> str:
    return base64.b64encode(f"{number:06d}".encode()).decode()


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and detail of a refusal; its title and status are checked."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    return answer.status_code, body["detail"]


def faults(answer: httpx.Response) -> list[list[Any]]:
    """The places that a 422 names."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["status"] == 422
    assert all({"loc", "msg", "type"} <= set(each) for each in body["detail"])
    return [each["loc"] for each in body["detail"]]


@pytest.fixture
async def site(application: Application, clock: ManualClock) -> AsyncIterator[Site]:
    mark = uuid4().hex[:12]
    identity = application.identity
    ours = identity.create_organisation(display_name=f"ours {mark}").id
    theirs = identity.create_organisation(display_name=f"theirs {mark}").id
    site = Site(application, clock, ours, "")
    for who in ("admin", "editor", "viewer", "stranger", "foreigner"):
        email = site.emails[who] = f"{who}-{mark}@example.org"
        organisation_id = theirs if who == "foreigner" else ours
        user = identity.create_user(
            email=email, name=who, organisation_id=organisation_id, role="admin" if who == "admin" else "member"
        )
        site.keys[who], _ = identity.create_key(user_id=user.id, name="test")
        if who == "admin":
            with application.databases.main.writing() as rows:
                site.project_id = application.workspaces.create_first(
                    rows, organisation_id=ours, owner_id=user.id, name=f"Project {mark}"
                )
        elif who in {"editor", "viewer"}:
            application.workspaces.assign_as_operator(workspace_id=site.project_id, email=email, role=Role.read(who))
        if who == "editor":
            site.keys["narrow"], _ = identity.create_key(user_id=user.id, name="narrow", scopes=["projects:read"])
            site.keys["writer"], _ = identity.create_key(user_id=user.id, name="writer", scopes=["*:write"])
    site.limit(LIMIT)
    transport = httpx.ASGITransport(application.asgi)
    for who, key in site.keys.items():
        headers = {"Authorization": f"Bearer {key}"}
        site.clients[who] = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
    site.clients["nobody"] = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
    yield site
    for client in site.clients.values():
        await client.aclose()
