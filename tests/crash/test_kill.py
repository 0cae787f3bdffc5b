"""`kill -9` at random moments under load: nothing acknowledged is lost, nothing is half there.

A failing run prints its seed; CORESHED_CRASH_SEED repeats the choices of the clients and of the moments, though not
the scheduling between them.
"""

import os
import random
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import new_postgres_database
from tests.crash.rounds import Installation

Opened = Callable[..., Installation]


@pytest.fixture
def installation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens an installation: installation(backend, ageing=False)."""
    made: list[Installation] = []

    def open_installation(backend: str, *, ageing: bool = False) -> Installation:
        seed = int(os.environ.get("CORESHED_CRASH_SEED") or secrets.randbits(32))
        print(f"CORESHED_CRASH_SEED={seed}")  # shown with a failure
        url = new_postgres_database(request.getfixturevalue("postgres")) if backend == "postgresql" else ""
        made.append(Installation(tmp_path / "data", random.Random(seed), url, ageing))
        made[-1].open()
        return made[-1]

    yield open_installation
    for each in made:
        each.server.stop()


def run(installation: Installation, rounds: int) -> None:
    """So many crashes, and the proof that there was something to lose."""
    for number in range(rounds):
        installation.round(number)
    installation.finish()
    print(f"{installation.acknowledged} acknowledged changes over {rounds} crashes")
    assert installation.acknowledged > 10 * rounds


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_that_a_crash_loses_nothing_acknowledged(installation: Opened, backend: str) -> None:
    run(installation(backend), 1)


@pytest.mark.slow
@pytest.mark.parametrize("series", range(4))
def test_that_crash_after_crash_loses_nothing_acknowledged(installation: Opened, series: int) -> None:
    run(installation("sqlite"), 9)


@pytest.mark.slow
def test_that_crash_after_crash_over_postgresql_loses_nothing_acknowledged(installation: Opened) -> None:
    run(installation("postgresql"), 9)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_that_crashes_amid_collection_and_coalescing_lose_nothing_in_use(installation: Opened, backend: str) -> None:
    opened = installation(backend, ageing=True)
    run(opened, 6)
    # Every round may have ended before its worker began, and the large blobs may be gone: left alone, it gets there.
    opened.server.start()
    opened.publish(many_blocks=True)
    deadline = time.monotonic() + 60
    while opened.coalesced() == 0:
        assert time.monotonic() < deadline, f"nothing was coalesced within a minute\n{opened.server.log[-3000:]}"
        time.sleep(0.2)
    opened.finish()
