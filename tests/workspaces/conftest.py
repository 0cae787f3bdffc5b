"""A served installation: the routes of workspaces behind a real framework, without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from evo.common import APIConnector
from evo.common.data import HTTPHeaderDict, HTTPResponse, RequestMethod
from evo.common.interfaces import IAuthorizer, ITransport
from evo.discovery import DiscoveryAPIClient
from evo.workspaces import WorkspaceAPIClient
from litestar import Litestar, Request, Response

from coreshed import health
from coreshed.audit import audit_events
from coreshed.database import Database
from coreshed.folders import Folders
from coreshed.folders.routes import router as folder_router
from coreshed.identity import Identity, Principal
from coreshed.ids import WorkspaceKey
from coreshed.origins import Origins
from coreshed.problems import Problem, answer
from coreshed.testing import ManualClock
from coreshed.web import api_of
from coreshed.workspaces import Role, Workspaces
from coreshed.workspaces.routes import router
from tests.conftest import Databases

ORIGIN = "http://data.example.org:8080"


@dataclass(frozen=True)
class Person:
    """A user with a key that opens everything."""

    id: str
    email: str
    key: str
    principal: Principal


@dataclass(frozen=True)
class Site:
    """One node and what its first start created; `admin` owns `workspace_id`."""

    app: Litestar
    database: Database
    identity: Identity
    workspaces: Workspaces
    folders: Folders
    clock: ManualClock
    organisation_id: str
    workspace_id: str
    admin: Person

    @property
    def key(self) -> WorkspaceKey:
        return WorkspaceKey(self.organisation_id, self.workspace_id)

    @property
    def all(self) -> str:
        """Path of the organisation's workspaces."""
        return f"/workspace/orgs/{self.organisation_id}/workspaces"

    @property
    def one(self) -> str:
        """Path of the first workspace."""
        return f"{self.all}/{self.workspace_id}"

    def person(
        self,
        email: str,
        role: Role | None = None,
        *,
        organisation_id: str | None = None,
        organisation_role: str = "member",
    ) -> Person:
        """A new member of the organisation, with this role in the first workspace."""
        user = self.identity.create_user(
            email=email,
            name=email.partition("@")[0],
            organisation_id=organisation_id or self.organisation_id,
            role=organisation_role,
        )
        text, _ = self.identity.create_key(user_id=user.id, name="test")
        if role is not None:
            self.workspaces.assign_as_operator(workspace_id=self.workspace_id, email=email, role=role)
        return Person(user.id, email, text, self.identity.acting_as(email=email))

    async def call(self, who: Person | None, method: str, path: str, **more: Any) -> httpx.Response:
        """One request as somebody, or as nobody."""
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {who.key}"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN) as client:
            return await client.request(method, path, headers=headers, **more)

    @property
    def people(self) -> str:
        """Path of the organisation's members."""
        return f"/workspace/orgs/{self.organisation_id}/members"

    def audited(self, actor_id: str) -> list[str]:
        """The actions that somebody has left in the audit, in order."""
        wanted = sa.select(audit_events.c.action).where(audit_events.c.actor_id == actor_id)
        with self.database.reading() as rows:
            return list(rows.execute(wanted.order_by(audit_events.c.no)).scalars())

    async def create(self, who: Person, name: str) -> str:
        """Id of a new workspace."""
        created = await self.call(who, "POST", self.all, json={"name": name})
        assert created.status_code == 201, created.text
        return str(created.json()["id"])

    def connector(self, who: Person) -> APIConnector:
        """The Evo SDK's way in."""
        return APIConnector(ORIGIN, InProcess(self.app), Bearer(who.key))

    def evo(self, who: Person) -> WorkspaceAPIClient:
        """The Evo SDK's client of workspaces."""
        return WorkspaceAPIClient(self.connector(who), UUID(self.organisation_id))

    def evo_discovery(self, who: Person) -> DiscoveryAPIClient:
        """The Evo SDK's client of discovery."""
        return DiscoveryAPIClient(self.connector(who))


class Bearer(IAuthorizer):
    """A key, as the SDK sends it."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def get_default_headers(self) -> HTTPHeaderDict:
        return HTTPHeaderDict({"Authorization": f"Bearer {self._key}"})

    async def refresh_token(self) -> bool:
        return False


class InProcess(ITransport):
    """What the SDK's own transport does, into an application instead of a socket."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "InProcess":
        return self

    async def __aexit__(
        self, exc_type: type[Exception] | None, exc_val: Exception | None, exc_tb: TracebackType | None
    ) -> None:
        pass

    async def request(
        self,
        method: RequestMethod,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_params: object = None,
        body: object = None,
        request_timeout: object = None,
    ) -> HTTPResponse:
        content = bytes(body) if isinstance(body, bytearray) else body
        if content is not None and not isinstance(content, bytes | str):
            content = json.dumps(content)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app)) as client:
            found = await client.request(str(method.value), url, headers=dict((headers or {}).items()), content=content)
        return HTTPResponse(
            status=found.status_code,
            reason=found.reason_phrase,
            headers=HTTPHeaderDict(dict(found.headers)),
            data=found.content,
        )


def _refused(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    status, body = answer(api_of(request.scope["path"]), None, problem)
    return Response(body, status_code=status)


def _application(identity: Identity, workspaces: Workspaces, folders: Folders, database: Database) -> Litestar:
    async def admit(request: Request[Any, Any, Any]) -> None:
        """What the edge does before the framework is reached."""
        headers = request.headers
        if not request.scope["path"].endswith("/health_check"):
            caller = await identity.principal(headers.get("authorization"), headers.get("x-api-key"))
            request.scope["caller"] = caller  # type: ignore[typeddict-unknown-key]

    origins = Origins(ORIGIN, ORIGIN)
    return Litestar(
        [
            router(workspaces=workspaces, database=database, origins=origins),
            folder_router(folders=folders, database=database, origins=origins),
            health.router(database),
        ],
        before_request=admit,
        exception_handlers={Problem: _refused},
        openapi_config=None,
    )


@pytest.fixture
def site(databases: Databases) -> Site:
    database, clock = databases.main, ManualClock()
    identity = Identity(database, clock)
    workspaces = Workspaces(database, clock, identity)
    folders = Folders(database, clock, identity, workspaces)
    with database.writing() as rows:
        first = identity.bootstrap(rows)
        assert first is not None
        workspace_id = workspaces.create_first(
            rows, organisation_id=first.organisation_id, owner_id=first.admin_id, name="First"
        )
    admin = identity.acting_as(email="admin@localhost")
    return Site(
        app=_application(identity, workspaces, folders, database),
        database=database,
        identity=identity,
        workspaces=workspaces,
        folders=folders,
        clock=clock,
        organisation_id=first.organisation_id,
        workspace_id=workspace_id,
        admin=Person(first.admin_id, admin.email, first.admin_key, admin),
    )
