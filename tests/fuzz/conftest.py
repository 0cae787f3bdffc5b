"""A real server to be fuzzed, and what it must not say."""

from collections.abc import Iterator

import pytest

from tests.conftest import new_postgres_database
from tests.server import Server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server per database and module; at the end it is alive, has no defect in its log, and ends in order."""
    flags = []
    if request.param == "postgresql":
        flags = ["--database", new_postgres_database(request.getfixturevalue("postgres"))]
    started = Server(tmp_path_factory.mktemp("fuzz") / "data", flags, {"CORESHED_BODY_TIMEOUT": "0.5"}).start()
    yield started
    with started.client() as client:
        assert client.get("/health_check?check_dependencies=true").text == "pass"
    assert started.stop() == 0
    assert [event for event in started.events if event["level"] == "error"] == []
    assert "Traceback" not in started.log
