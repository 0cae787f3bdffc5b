"""A database is opened with the store that holds its blobs, or not at all."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coreshed.blobs.home import check_home
from coreshed.blobs.stores import LocalStore
from coreshed.settings import BadSettings
from tests.conftest import Databases
from tests.server import DidNotStart, Server


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[LocalStore]]:
    opened = [LocalStore(tmp_path / name) for name in ("first", "second")]
    yield opened
    for store in opened:
        store.close()


def test_that_a_second_machine_with_a_store_of_its_own_is_refused(
    databases: Databases, stores: list[LocalStore]
) -> None:
    mine, other = stores
    check_home(databases.main, mine)
    check_home(databases.main, mine)
    with pytest.raises(BadSettings, match=mine.identity):
        check_home(databases.main, other)
    check_home(databases.main, mine)


def test_that_of_nodes_which_start_together_one_store_wins(databases: Databases, stores: list[LocalStore]) -> None:
    def opens(store: LocalStore) -> bool:
        try:
            check_home(databases.main, store)
        except BadSettings:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(opens, stores)) == [False, True]


def test_that_processes_that_open_one_store_together_agree_on_what_it_is(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: LocalStore(tmp_path / "blobs"), range(4)))
    assert len({store.identity for store in opened}) == 1
    for store in opened:
        store.close()


def test_that_a_server_does_not_start_without_its_disk(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start().stop()
    blobs = server.data_dir / "blobs"
    away = blobs.rename(tmp_path / "unmounted")
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code == 3
    assert (away / "store-id").read_text().strip() in refused.value.stderr
    shutil.rmtree(blobs)
    away.rename(blobs)
    server.start().stop()
