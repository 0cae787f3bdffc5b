"""A project with a person of each role, and what tests do with it through the operations."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import new_postgres_database
from tests.objects.conftest import ADMIN_KEY, ORIGIN, Lab, lab

# A fixture of these tests too: it stands on the `application` below.
__all__ = ["lab"]


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    """2026-11-20T00:00:00Z until moved."""
    return ManualClock()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Application]:
    """One application per database for the whole run; tests keep to projects of their own."""
    data: Path = tmp_path_factory.mktemp(f"catalogue-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), clock)
    yield opened
    opened.close()


@dataclass
class Shed:
    """The operations on the lab's workspace, which is a project."""

    lab: Lab
    clock: ManualClock

    @property
    def project_id(self) -> str:
        """Its id."""
        return self.lab.workspace_id

    async def ask(self, operation_id: str, who: str = "editor", **body: Any) -> httpx.Response:
        """One operation, in the next millisecond."""
        self.clock.advance(0.001)
        return await self.lab.clients[who].post(f"/v1/op/{operation_id}", json=body)

    async def do(self, operation_id: str, who: str = "editor", **body: Any) -> Any:
        """One operation that succeeds; its answer."""
        answer = await self.ask(operation_id, who, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def item(self, name: str = "pit", **more: Any) -> dict[str, Any]:
        """A new item without assets."""
        made: dict[str, Any] = await self.do(
            "items.create", project_id=self.project_id, name=name, **{"type": "user_raster", **more}
        )
        return made


@pytest.fixture
def shed(lab: Lab, clock: ManualClock) -> Shed:
    """An empty project."""
    return Shed(lab, clock)
