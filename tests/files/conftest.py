"""A workspace with a person of each role, a clock that is moved by hand, and what tests do with files."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

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

TYPES = "https://seequent.com/error-codes/file-api/"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    """2026-11-20T00:00:00Z until moved."""
    return ManualClock()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Application]:
    """One application per database for the whole run; tests keep to workspaces of their own."""
    data: Path = tmp_path_factory.mktemp(f"files-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), clock)
    yield opened
    opened.close()


@dataclass
class Shelf:
    """The files of the lab's workspace."""

    lab: Lab
    clock: ManualClock

    @property
    def root(self) -> str:
        """Path of the files."""
        return f"/file/v2/orgs/{self.lab.organisation_id}/workspaces/{self.lab.workspace_id}/files"

    def at(self, path: str) -> str:
        """Path of the file at a path, percent-encoded as the SDK does it."""
        return f"{self.root}/path/{quote(path)}"

    async def ask(self, method: str, url: str, who: str = "editor", **more: Any) -> httpx.Response:
        """One request, in the next millisecond."""
        self.clock.advance(0.001)
        return await self.lab.clients[who].request(method, url, **more)

    async def offer(self, path: str, who: str = "editor", **query: str) -> dict[str, Any]:
        """A link for a version of the file at a path."""
        answer = await self.ask("PUT", self.at(path), who, params=query)
        assert answer.status_code == 200, answer.text
        offered: dict[str, Any] = answer.json()
        assert set(offered) == {"file_id", "upload", "version_id"}
        return offered

    async def stage(self, link: str, number: int, content: bytes) -> httpx.Response:
        """One block."""
        query = f"&comp=block&blockid={quote(block_id(number), safe='')}"
        return await self.ask("PUT", link + query, "nobody", content=content)

    async def commit(self, link: str, *numbers: int) -> httpx.Response:
        """The list of blocks."""
        entries = "".join(f"<Latest>{block_id(number)}</Latest>" for number in numbers)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'
        return await self.ask("PUT", link + "&comp=blocklist", "nobody", content=body.encode())

    async def put(self, path: str, content: bytes = b"rows", who: str = "editor") -> dict[str, Any]:
        """A complete upload; returns the file."""
        offered = await self.offer(path, who)
        sent = await self.ask(
            "PUT", offered["upload"], "nobody", content=content, headers={"x-ms-blob-type": "BlockBlob"}
        )
        assert (sent.status_code, sent.content) == (201, b"")
        got = await self.get(offered["file_id"])
        assert got["version_id"] == offered["version_id"]
        return got

    async def get(self, file_id: str, **query: str) -> dict[str, Any]:
        """The file of an id."""
        answer = await self.ask("GET", f"{self.root}/{file_id}", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def listed(self, *pairs: tuple[str, str], **query: str) -> dict[str, Any]:
        """A list."""
        answer = await self.ask("GET", self.root, params=[*pairs, *query.items()])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["count"] == len(found["files"])
        return found

    async def names(self, *pairs: tuple[str, str], **query: str) -> list[str]:
        """The file names of a list, in its order."""
        return [row["name"] for row in (await self.listed(*pairs, **query))["files"]]

    async def bytes_of(self, file: dict[str, Any]) -> bytes:
        """What a download link gives."""
        answer = await self.ask("GET", file["download"], "nobody")
        assert answer.status_code == 200
        return answer.content


def block_id(number: int) -> str:
    """The SDK's form: base64 of an offset in 32 digits."""
    return base64.b64encode(f"{number:032d}".encode()).decode()


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, end of the type and title of a problem."""
    body = answer.json()
    assert body["status"] == answer.status_code
    assert isinstance(body["detail"], str)
    return answer.status_code, body["type"].removeprefix(TYPES), body["title"]


@pytest.fixture
def shelf(lab: Lab, clock: ManualClock) -> Shelf:
    """An empty workspace's files."""
    return Shelf(lab, clock)
