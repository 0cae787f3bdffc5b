"""An application whose clock the tests move, for modules that need moments of their own.

A module that imports `clock` and `application` from here puts the latter in the place of the room's fixture, so that
its `lab` stands still until told otherwise.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from tests.conftest import new_postgres_database
from tests.objects.conftest import ADMIN_KEY, ORIGIN


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """2026-11-20T00:00:00Z until moved."""
    return ManualClock()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Application]:
    """As the room's, on a clock that stands still."""
    data: Path = tmp_path_factory.mktemp(f"timed-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url, admin_key=ADMIN_KEY)
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), clock)
    yield opened
    opened.close()
