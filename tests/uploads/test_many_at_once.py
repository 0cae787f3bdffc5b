"""A hundred sessions at once begin against one quota, beside ten thousand that are open, at real servers."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.quota.tables import quota_reservations
from coreshed.uploads.tables import upload_sessions
from tests.conftest import new_postgres_database
from tests.server import Server

pytestmark = pytest.mark.slow
ADMIN_KEY = "an-administrators-key-of-tests"
OPEN, FITS, ASKED, SIZE = 10_000, 37, 100, 1000


@pytest.fixture
def servers(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Server]]:
    """One with SQLite; two that share a database of PostgreSQL, as on a cluster."""
    limit = OPEN * 7 + FITS * SIZE + SIZE - 1
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_STORAGE_LIMIT": str(limit)}
    flags: list[str] = []
    if backend == "postgresql":
        environment["CORESHED_DATABASE"] = new_postgres_database(request.getfixturevalue("postgres"))
        flags = ["--only", "api", "--blob-url", "https://bytes.example.org"]
    started = [Server(tmp_path / "data", flags, environment) for _ in range(1 if backend == "sqlite" else 2)]
    for server in started:
        server.start()
    yield started
    for server in started:
        server.stop()


def _op(server: Server, operation: str, **body: Any) -> Any:
    with server.client() as client:
        answer = client.post(f"/v1/op/{operation}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _open_many(server: Server) -> None:
    """Copies of one session that is open, each with its reservation."""
    upload_id = _op(server, "uploads.initiate", project_id=server.instance.workspace_id, total_bytes=7)["id"]
    database = Database(server.environment.get("CORESHED_DATABASE") or sqlite_url(server.data_dir / "coreshed.db"))
    with database.writing() as rows:
        for table in (upload_sessions, quota_reservations):
            (found,) = rows.execute(select(table).where(table.c.id == upload_id)).mappings()
            copies = [{**found, "id": f"u_{number:020x}"} for number in range(OPEN - 1)]
            rows.execute(insert(table), copies)
    database.close()
    _op(server, "usage.recalculate_storage", organization_id=server.instance.organisation_id)


async def _begun(servers: list[Server]) -> list[httpx.Response]:
    body = {"project_id": servers[0].instance.workspace_id, "total_bytes": SIZE}
    limits = httpx.Limits(max_connections=ASKED)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=120) as client:
        urls = [f"{servers[number % len(servers)].url}/v1/op/uploads.initiate" for number in range(ASKED)]
        return await asyncio.gather(*(client.post(url, json=body) for url in urls))


def _standing(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = _op(server, "usage.current", organization_id=server.instance.organisation_id)["storage"]
    return found


def test_that_exactly_those_begin_that_fit(servers: list[Server]) -> None:
    server = servers[0]
    _open_many(server)
    assert _standing(server)["reserved_bytes"] == OPEN * 7
    assert _standing(server)["reserved_bytes"] == OPEN * 7
    answers = asyncio.run(_begun(servers))
    assert Counter(each.status_code for each in answers) == {200: FITS, 402: ASKED - FITS}
    assert {each.json()["needed"] for each in answers if each.status_code == 402} == {SIZE}
    assert _standing(server)["reserved_bytes"] == OPEN * 7 + FITS * SIZE
    for upload_id in [each.json()["id"] for each in answers if each.status_code == 200]:
        _op(server, "uploads.fail", upload_id=upload_id, error_message="enough")
    assert _standing(server)["reserved_bytes"] == OPEN * 7
    assert _op(server, "usage.recalculate_storage", organization_id=server.instance.organisation_id)["drifted"] == []
