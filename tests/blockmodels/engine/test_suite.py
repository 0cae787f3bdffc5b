"""The engine's own suite over every store and database that we have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coreshed.blobs.stores import LocalStore, MemoryStore, Store
from coreshed.database import Database
from coreshed.testing.blocks import BlockEngineSuite
from tests.conftest import Databases


class TestBlockEngine(BlockEngineSuite):
    @pytest.fixture(params=["memory", "local"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
        store: Store = MemoryStore() if request.param == "memory" else LocalStore(tmp_path / "segments")
        yield store
        store.close()

    @pytest.fixture
    def database(self, databases: Databases) -> Database:
        return databases.main


@pytest.mark.slow
class TestBlockEngineFurther(TestBlockEngine):
    examples, steps = 100, 14

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Both kinds of store are walked over with every change."""
        store = LocalStore(tmp_path / "segments")
        yield store
        store.close()
