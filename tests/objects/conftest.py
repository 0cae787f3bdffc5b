"""A whole application in this process, per database, and a laboratory of users in one fresh workspace per test."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.workspaces import Role
from tests.conftest import new_postgres_database

ORIGIN = "http://coreshed.test"
ADMIN_KEY = "administrator-key-of-the-tests"
POINTSET = "/objects/pointset/1.2.0/pointset.schema.json"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One application per database for the whole run; tests keep to workspaces of their own."""
    data: Path = tmp_path_factory.mktemp(f"data-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN))
    yield opened
    opened.close()


@dataclass
class Lab:
    """A workspace, a client per role (`owner`, `editor`, `viewer`, `stranger`, `nobody`) and what tests do."""

    application: Application
    organisation_id: str
    workspace_id: str
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """Path of the workspace in the Geoscience Object API."""
        return f"/geoscience-object/orgs/{self.organisation_id}/workspaces/{self.workspace_id}"

    @property
    def organisation_root(self) -> str:
        """Path of the organisation in the Geoscience Object API."""
        return f"/geoscience-object/orgs/{self.organisation_id}"

    @property
    def editor(self) -> httpx.AsyncClient:
        """The client most tests use."""
        return self.clients["editor"]

    async def upload(self, content: bytes = b"arrays") -> str:
        """Store bytes under their SHA-256 and return it."""
        name = hashlib.sha256(content).hexdigest()
        offered = (await self.editor.put(f"{self.root}/data", json=[{"name": name}])).json()[0]
        if not offered["exists"]:
            put = await self.clients["nobody"].put(
                offered["upload_url"], content=content, headers={"x-ms-blob-type": "BlockBlob"}
            )
            assert put.status_code == 201, put.text
        return name

    async def pointset(self, name: str = "points", *, content: bytes = b"arrays", **members: Any) -> dict[str, Any]:
        """A valid pointset that refers to uploaded data."""
        sha = await self.upload(content)
        return pointset(sha, name=name, **members)

    async def create(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Post an object and return the answer."""
        body = await self.pointset() if body is None else body
        posted = await self.editor.post(f"{self.root}/objects/path/{path}", json=body)
        assert posted.status_code == 201, posted.text
        answer: dict[str, Any] = posted.json()
        return answer

    async def names(self, **query: Any) -> list[str]:
        """File names of a list, in its order."""
        listed = await self.editor.get(f"{self.root}/objects", params=query)
        assert listed.status_code == 200, listed.text
        return [row["name"] for row in listed.json()["objects"]]


def pointset(data: str, *, name: str = "points", epsg: int | None = 2193, **members: Any) -> dict[str, Any]:
    """A pointset 1.2.0 near Christchurch."""
    crs: Any = {"epsg_code": epsg} if epsg else "unspecified"
    box = {"min_x": 1570000, "max_x": 1571000, "min_y": 5180000, "max_y": 5181000, "min_z": 0.0, "max_z": 10.0}
    coordinates = {"data": data, "length": 2, "width": 3, "data_type": "float64"}
    return {
        "schema": POINTSET,
        "uuid": None,
        "name": name,
        "bounding_box": box,
        "coordinate_reference_system": crs,
        "locations": {"coordinates": coordinates},
        **members,
    }


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type suffix and title of an error answer."""
    body = answer.json()
    assert body["status"] == answer.status_code
    return (
        answer.status_code,
        body["type"].removeprefix("https://seequent.com/error-codes/geoscienceobject/"),
        body["title"],
    )


@pytest.fixture
async def lab(application: Application) -> AsyncIterator[Lab]:
    """A fresh workspace with one user of each role."""
    organisation_id = application.instance.organisation_id
    mark = uuid4().hex[:12]
    admin = application.identity.acting_as(email="admin@localhost")
    with application.databases.main.writing() as rows:
        workspace_id = application.workspaces.create_first(
            rows, organisation_id=organisation_id, owner_id=admin.user_id, name=f"lab {mark}"
        )
    lab = Lab(application, organisation_id, workspace_id)
    for role in ("owner", "editor", "viewer", "stranger"):
        email = f"{role}-{mark}@example.org"
        user = application.identity.create_user(email=email, name=role.title(), organisation_id=organisation_id)
        if role != "stranger":
            application.workspaces.assign_as_operator(workspace_id=workspace_id, email=email, role=Role.read(role))
        key, _ = application.identity.create_key(user_id=user.id, name="test")
        lab.clients[role] = _client(application, {"Authorization": f"Bearer {key}"})
    lab.clients["nobody"] = _client(application, {})
    lab.clients["admin"] = _client(application, {"Authorization": f"Bearer {ADMIN_KEY}"})
    yield lab
    for client in lab.clients.values():
        await client.aclose()


def _client(application: Application, headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application.asgi)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Accept-Encoding": "identity", **headers})
