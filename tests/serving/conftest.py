"""Servers for these tests: processes of their own around the stub application."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server import Server, server, shared_postgresql_server, shared_server, shared_sqlite_server

# Fixtures of these tests too.
__all__ = ["server", "shared_postgresql_server", "shared_server", "shared_sqlite_server"]

STUB = (sys.executable, str(Path(__file__).with_name("stub.py")))
StubServer = Callable[..., Server]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[StubServer]:
    """Makes servers around the stub application, not yet started; all are ended after the test.

    stub(*flags, name="data", host="127.0.0.1", worker=False, **environment); without a worker process the store is in
    memory, which is faster.
    """
    made: list[Server] = []

    def make(
        *flags: str, name: str = "data", host: str = "127.0.0.1", worker: bool = False, **environment: str
    ) -> Server:
        store = () if worker else ("--blobs", "memory:")
        made.append(Server(tmp_path / name, (*flags, *store), environment, host, STUB))
        return made[-1]

    yield make
    for each in made:
        each.stop()
