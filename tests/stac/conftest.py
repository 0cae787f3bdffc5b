"""A workspace with a person of each role, whose catalogue tests fill row by row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from coreshed.app import Application
from coreshed.catalogue import tables
from coreshed.clock import parse_iso
from coreshed.database import Rows
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import new_postgres_database
from tests.objects.conftest import ADMIN_KEY, ORIGIN, Lab, lab

# A fixture of these tests too: it stands on the `application` below.
__all__ = ["lab"]

CREATED = "2026-11-20T00:00:00Z"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """One application per database for the whole run; tests keep to workspaces of their own."""
    data: Path = tmp_path_factory.mktemp(f"stac-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), ManualClock())
    yield opened
    opened.close()


@dataclass
class Shelf:
    """The catalogue of the lab's workspace."""

    lab: Lab
    made: list[str] = field(default_factory=list)

    @property
    def project(self) -> str:
        """Id of the workspace, which is the collection of what is in none."""
        return self.lab.workspace_id

    async def get(self, path: str, who: str = "viewer", **query: Any) -> httpx.Response:
        """One request below /stac."""
        return await self.lab.clients[who].get(f"/stac{path}", params=query)

    async def found(self, who: str = "viewer", **query: Any) -> list[str]:
        """STAC ids of a search by GET in this workspace, in its order."""
        answer = await self.get("/search", who, **{"limit": 100, "collections": self.homes(), **query})
        assert answer.status_code == 200, answer.text
        return [feature["id"] for feature in answer.json()["features"]]

    async def posted(self, **body: Any) -> httpx.Response:
        """A search by POST."""
        return await self.lab.clients["viewer"].post("/stac/search", json=body)

    def homes(self) -> str:
        """Every collection of this workspace."""
        return ",".join([self.project, *self.made])

    def collection(self, name: str = "Drilling", **values: Any) -> str:
        """A collection of the catalogue; its id."""
        with self.lab.application.databases.main.writing() as rows:
            made = put_collection(rows, self.lab.organisation_id, self.project, name, **values)
        self.made.append(made)
        return made

    def item(self, stac_id: str, **values: Any) -> str:
        """An item; its id. `box`, `at`, `start`, `end` and `metadata` are written as people do."""
        with self.lab.application.databases.main.writing() as rows:
            return put_item(rows, self.lab.organisation_id, self.project, stac_id, **values)

    async def asset(self, item_id: str, content: bytes = b"a raster", **values: Any) -> str:
        """An asset of an item with content; its SHA-256."""
        sha = await self.lab.upload(content)
        application = self.lab.application
        with application.databases.main.writing() as rows:
            blob_id = application.blobs.blobs.committed(
                rows, workspace_id=self.project, purpose="object-data", names=[sha]
            )[sha]
            put_asset(rows, item_id, blob_id, sha, len(content), **values)
        return sha


def put_collection(rows: Rows, organisation_id: str, workspace_id: str, name: str, **values: Any) -> str:
    """A row of the table."""
    row = {
        "id": str(uuid4()),
        "organisation_id": organisation_id,
        "workspace_id": workspace_id,
        "name": name,
        "show_on_map": True,
        "layer_order": 0,
        "auto_created": False,
        "created_ns": parse_iso(CREATED),
        "created_by": _somebody(rows),
        "updated_ns": parse_iso(CREATED),
    }
    rows.execute(sa.insert(tables.collections).values(**row | values))
    return str(row["id"])


def put_item(
    rows: Rows,
    organisation_id: str,
    workspace_id: str,
    stac_id: str,
    *,
    box: tuple[float, float, float, float] | None = None,
    at: str | None = None,
    start: str | None = None,
    end: str | None = None,
    **values: Any,
) -> str:
    """A row of the table."""
    moment, first, last = (None if text is None else parse_iso(text) for text in (at, start, end))
    known = [each for each in (first, moment, last) if each is not None] or [parse_iso(CREATED)]
    row = {
        "id": str(uuid4()),
        "organisation_id": organisation_id,
        "workspace_id": workspace_id,
        "stac_id": stac_id,
        "name": stac_id.title(),
        "type": "user_raster",
        "lifecycle_state": "active",
        **dict(zip(("min_x", "min_y", "max_x", "max_y"), box or (None,) * 4, strict=True)),
        "datetime_ns": moment,
        "start_ns": first,
        "end_ns": last,
        "from_ns": known[0] if first is None else first,
        "to_ns": known[-1],
        "properties": "{}",
        "stac_extensions": "[]",
        "created_ns": parse_iso(CREATED),
        "created_by": _somebody(rows),
        "updated_ns": parse_iso(CREATED),
    }
    rows.execute(sa.insert(tables.items).values(**row | values))
    return str(row["id"])


def put_asset(rows: Rows, item_id: str, blob_id: str, sha: str, size: int, **values: Any) -> None:
    """A row of the table."""
    item = rows.execute(sa.select(tables.items).where(tables.items.c.id == item_id)).one()
    row = {
        "id": str(uuid4()),
        "organisation_id": item.organisation_id,
        "workspace_id": item.workspace_id,
        "item_id": item_id,
        "no": 0,
        "key": "data",
        "file_name": "survey/grid.tif",
        "object_path": "x/grid.tif",
        "blob_id": blob_id,
        "blob_workspace_id": item.workspace_id,
        "media_type": "image/tiff; application=geotiff",
        "roles": '["data"]',
        "size": size,
        "sha256": sha,
        "is_categorical": False,
        "metadata": msgspec.json.encode(values.pop("says", {})).decode(),
        "charged": True,
        "created_ns": parse_iso(CREATED),
    }
    known = {name: value for name, value in (row | values).items() if name in tables.assets.c}
    rows.execute(sa.insert(tables.assets).values(**known))


def _somebody(rows: Rows) -> str:
    return str(rows.execute(sa.text("select min(id) from users")).scalar_one())


@pytest.fixture
def shelf(lab: Lab) -> Shelf:
    """An empty workspace's catalogue."""
    return Shelf(lab)
