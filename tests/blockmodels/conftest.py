"""A workspace in the Block Model API, the published client for each role, and models of each kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from evo.blockmodels import BlockModelAPIClient
from evo.common import APIConnector, Environment

from coreshed.app import Application
from coreshed.ids import new_id
from coreshed.jobs import JobWorker
from tests.objects.conftest import ORIGIN, Lab, application, lab
from tests.server import server
from tests.workspaces.conftest import Bearer, InProcess

# Fixtures of these tests too.
__all__ = ["application", "lab", "server"]

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
# The contract's fixture F1.
REGULAR: dict[str, Any] = {
    "name": "F1 regular",
    "model_origin": {"x": 1478500, "y": 5174500, "z": 100},
    "block_rotation": [],
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 48, "ny": 68, "nz": 40},
        "block_size": {"x": 25, "y": 25, "z": 25},
    },
}
# F4: its bounding box was recorded from the service.
ROTATED: dict[str, Any] = {
    "name": "F4 rotated",
    "model_origin": {"x": 296.5797985667433, "y": 194.0760373454795, "z": 81.20614758428184},
    "block_rotation": [{"axis": "z", "angle": 30}, {"axis": "x", "angle": 20}, {"axis": "z", "angle": 10}],
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 4, "ny": 3, "nz": 2},
        "block_size": {"x": 10, "y": 10, "z": 10},
    },
}


def sub_blocked(kind: str) -> dict[str, Any]:
    """The contract's fixture F3, of a kind."""
    parts = {"nx": 8, "ny": 4, "nz": 2} if kind == "variable-octree" else {"nx": 5, "ny": 1, "nz": 2}
    return {
        "name": f"F3 {kind}",
        "model_origin": {"x": 0, "y": 0, "z": 0},
        "block_rotation": [],
        "size_options": {
            "model_type": kind,
            "n_parent_blocks": {"nx": 10, "ny": 10, "nz": 10},
            "n_subblocks_per_parent": parts,
            "parent_block_size": {"x": 2, "y": 1, "z": 1},
        },
    }


@dataclass(frozen=True)
class Quarry:
    """The lab's workspace in the Block Model API."""

    lab: Lab

    @property
    def root(self) -> str:
        """Path of the workspace."""
        return f"/blockmodel/orgs/{self.lab.organisation_id}/workspaces/{self.lab.workspace_id}"

    def one(self, bm_uuid: str) -> str:
        """Path of a model below the workspace."""
        return f"/block-models/{bm_uuid}"

    async def send(self, method: str, path: str, body: Any = None, who: str = "editor", **more: Any) -> httpx.Response:
        """A request below the workspace; bytes are sent as they are."""
        if body is not None:
            more |= {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.lab.clients[who].request(method, f"{self.root}{path}", **more)

    async def get(self, path: str, who: str = "viewer", **query: Any) -> httpx.Response:
        """An answer below the workspace."""
        return await self.send("GET", path, who=who, params=query)

    async def create(self, body: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """A model as it is answered."""
        made = await self.send("POST", "/block-models", (body or REGULAR) | changes)
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def object_of(self, model: dict[str, Any]) -> dict[str, Any]:
        """The reference object of a model as the Geoscience Object API answers it."""
        got = await self.lab.editor.get(f"{self.lab.root}/objects/{model['geoscience_object_id']}")
        assert got.status_code == 200, got.text
        answer: dict[str, Any] = got.json()
        return answer

    def evo(self, who: str = "editor") -> BlockModelAPIClient:
        """The published client."""
        key = self.lab.clients[who].headers["Authorization"].removeprefix("Bearer ")
        connector = APIConnector(ORIGIN, InProcess(self.lab.application.asgi), Bearer(key))
        environment = Environment(
            hub_url=ORIGIN, org_id=UUID(self.lab.organisation_id), workspace_id=UUID(self.lab.workspace_id)
        )
        return BlockModelAPIClient(environment, connector)


@pytest.fixture
def quarry(lab: Lab) -> Quarry:
    """A fresh workspace."""
    return Quarry(lab)


@pytest.fixture(scope="module")
def worker(application: Application) -> Iterator[JobWorker]:
    """Runs the jobs of the application in threads of this process while a module that asks for it is tested."""
    working = application.start_jobs(new_id())
    yield working
    working.stop(10)


@pytest.fixture
def working_quarry(quarry: Quarry, worker: JobWorker) -> Quarry:
    """A fresh workspace whose jobs are run."""
    assert worker.worker_id
    return quarry


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Status and last part of the type of a problem, whose four members are all there."""
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail"}, body
    assert body["status"] == answer.status_code
    assert all(isinstance(body[name], str) and body[name] for name in ("type", "title", "detail"))
    return answer.status_code, body["type"].removeprefix("https://seequent.com/error-codes/")
