"""The same installation as for workspaces, with short ways to its folders."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.workspaces.conftest import Person, Site, site

__all__ = ["site"]


@dataclass(frozen=True)
class Tree:
    """The folders of the first workspace, as its owner sees them unless somebody else is named."""

    site: Site

    @property
    def newer(self) -> str:
        return f"/folder/instances/{self.site.organisation_id}/workspaces/{self.site.workspace_id}/folders"

    @property
    def older(self) -> str:
        return f"{self.site.one}/folders"

    async def ask(self, method: str, tail: str = "", *, who: Person | None = None, **more: Any) -> httpx.Response:
        return await self.site.call(who or self.site.admin, method, self.newer + tail, **more)

    async def make(self, path: str) -> str:
        """Id of the folder at a path, which is created where it is missing."""
        got = await self.site.call(self.site.admin, "POST", f"{self.older}/path/{path}")
        assert got.status_code in {200, 201}, got.text
        return str(got.json()["folders"][-1]["folder_id"])

    async def paths(self, query: str = "") -> list[str]:
        """Paths in the order in which a list has them."""
        got = await self.ask("GET", f"?{query}")
        assert got.status_code == 200, got.text
        return [each["path"] for each in got.json()["results"]]


@pytest.fixture
def tree(site: Site) -> Tree:
    return Tree(site)
