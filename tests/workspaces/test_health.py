"""Health answers, as the Evo SDK reads them."""

from pathlib import Path

import msgspec
import pytest
from evo.common.data import HealthCheckType, ServiceStatus
from evo.common.utils import get_service_health, get_service_status

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.health import asks_for_dependencies, database_answers, health_answer
from coreshed.problems import Invalid
from tests.workspaces.conftest import Site


@pytest.mark.parametrize("check", list(HealthCheckType))
async def test_that_a_healthy_service_passes_every_check_of_the_sdk(site: Site, check: HealthCheckType) -> None:
    health = await get_service_health(site.connector(site.admin), "workspace", check)
    health.raise_for_status()
    assert health.status is ServiceStatus.HEALTHY
    assert bool(health.dependencies) is (check is not HealthCheckType.BASIC)
    assert await get_service_status(site.connector(site.admin), "workspace", check) is ServiceStatus.HEALTHY


async def test_that_health_needs_no_credential(site: Site) -> None:
    got = await site.call(None, "GET", "/workspace/health_check")
    assert (got.status_code, got.content) == (200, b"pass")
    assert got.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("up", "strict", "status", "code"),
    [
        ({}, False, "pass", 200),
        ({"database": True}, True, "pass", 200),
        ({"database": True, "blobs": False}, False, "degraded", 200),
        ({"database": True, "blobs": False}, True, "degraded", 503),
        ({"database": False}, False, "fail", 503),
        ({"database": False, "blobs": False}, True, "fail", 503),
    ],
)
def test_that_what_is_down_decides(up: dict[str, bool], strict: bool, status: str, code: int) -> None:
    query = {"full": "true", "strict": str(strict).lower()}
    got, content_type, body = health_answer(query, version="1", dependencies=up)
    answer = msgspec.json.decode(body)
    assert (got, content_type, answer["status"], answer["version"]) == (code, "application/json", status, "1")
    assert answer.get("dependencies", {}) == {name: "pass" if each else "fail" for name, each in up.items()}
    plain = health_answer({"strict": str(strict)}, version="1", dependencies=up)
    assert (plain[0], plain[2]) == (code, status.encode())


def test_that_dependencies_are_tried_only_where_asked_for() -> None:
    assert not asks_for_dependencies({"full": "true"})
    assert asks_for_dependencies({"check_dependencies": "true"})
    assert asks_for_dependencies({"strict": "True"})
    with pytest.raises(Invalid):
        asks_for_dependencies({"strict": "very"})


def test_that_a_database_that_cannot_be_opened_does_not_answer(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "no" / "such" / "directory.db"))
    assert database_answers(database) is False
    database.close()
