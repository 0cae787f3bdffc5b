"""A workspace with an object in it, the published client of colormaps for each role, and bodies of each kind."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from evo.colormaps import ColormapAPIClient
from evo.common import APIConnector, Environment

from tests.objects.conftest import ORIGIN, Lab, application, lab
from tests.objects.sample import variogram
from tests.workspaces.conftest import Bearer, InProcess

# Fixtures of these tests too.
__all__ = ["application", "lab"]

CONTINUOUS: dict[str, Any] = {
    "dtype": "continuous",
    "name": "Copper",
    "colors": [[0, 0, 0], [123, 123, 255], [255, 255, 255]],
    "attribute_controls": [-0.5, 0.25, 1e6],
    "gradient_controls": [0.0, 0.1, 1.0],
}
DISCRETE: dict[str, Any] = {
    "dtype": "discrete",
    "name": "Cut-offs",
    "colors": [[0, 0, 0], [123, 123, 123], [255, 255, 255]],
    "end_points": [0.1, 0.2],
    "end_inclusive": [True, False],
}
CATEGORY: dict[str, Any] = {
    "dtype": "category",
    "name": "Lithology",
    "colors": [[0, 0, 219], [0, 217, 0], [217, 0, 0]],
    "map": ["granite", "gneiß", ""],
}
KINDS = (CONTINUOUS, DISCRETE, CATEGORY)
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Studio:
    """The lab's workspace in the Colormap API; `object_id` is an object in it."""

    lab: Lab
    object_id: str

    @property
    def root(self) -> str:
        """Path of the workspace."""
        return f"/colormap/orgs/{self.lab.organisation_id}/workspaces/{self.lab.workspace_id}"

    @property
    def associations(self) -> str:
        """Path of the object's associations."""
        return f"{self.root}/objects/{self.object_id}/associations"

    async def post(self, path: str, body: Any, who: str = "editor") -> httpx.Response:
        """A body below the workspace; bytes are sent as they are."""
        sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.lab.clients[who].post(f"{self.root}{path}", **sent)

    async def get(self, path: str, who: str = "viewer") -> httpx.Response:
        """An answer below the workspace."""
        return await self.lab.clients[who].get(f"{self.root}{path}")

    async def create(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A colormap as it is answered."""
        made = await self.post("/colormaps", body or CONTINUOUS)
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def associate(self, colormap_id: str, attribute_id: str = "cu") -> dict[str, Any]:
        """An association as it is answered."""
        body = {"attribute_id": attribute_id, "colormap_id": colormap_id}
        made = await self.post(f"/objects/{self.object_id}/associations", body)
        assert made.status_code == 200, made.text
        answer: dict[str, Any] = made.json()
        return answer

    def connector(self, who: str = "editor") -> APIConnector:
        """The SDK's way in."""
        key = self.lab.clients[who].headers["Authorization"].removeprefix("Bearer ")
        return APIConnector(ORIGIN, InProcess(self.lab.application.asgi), Bearer(key))

    def evo(self, who: str = "editor") -> ColormapAPIClient:
        """The published client."""
        environment = Environment(
            hub_url=ORIGIN, org_id=UUID(self.lab.organisation_id), workspace_id=UUID(self.lab.workspace_id)
        )
        return ColormapAPIClient(environment, self.connector(who))


@pytest.fixture
async def studio(lab: Lab) -> Studio:
    """A fresh workspace with one object."""
    return Studio(lab, (await lab.create("A/vario.json", variogram()))["object_id"])


def refused(answer: httpx.Response) -> list[Any]:
    """The place of the one field error of a 422."""
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"detail"}
    (found,) = answer.json()["detail"]
    assert set(found) == {"loc", "msg", "type"}
    assert found["msg"]
    where: list[Any] = found["loc"]
    return where


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Status and last part of the type of a problem."""
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    return answer.status_code, body["type"].removeprefix("https://seequent.com/error-codes/")
