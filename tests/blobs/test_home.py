"""A database is opened with the store that holds its blobs, or not at all."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from coreshed.blobs.home import check_home
from coreshed.blobs.stores import FileKey, LocalStore
from coreshed.blobs.tables import blob_store, blobs
from coreshed.settings import BadSettings
from tests.conftest import Databases, new_postgres_database
from tests.server import DidNotStart, Server, run_command


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


def test_that_an_empty_database_does_not_claim_a_full_store(databases: Databases, stores: list[LocalStore]) -> None:
    store = stores[0]
    writer = store.create(FileKey(str(uuid4()), 1))
    writer.write(b"core")
    writer.finish()
    with pytest.raises(BadSettings, match="another database"):
        check_home(databases.main, store)
    with databases.main.reading() as rows:
        assert rows.execute(sa.select(sa.func.count()).select_from(blob_store)).scalar_one() == 0


def test_that_a_database_from_before_stores_had_names_keeps_its_store(
    databases: Databases, stores: list[LocalStore]
) -> None:
    store = stores[0]
    writer = store.create(FileKey(str(uuid4()), 1))
    writer.write(b"core")
    writer.finish()
    with databases.main.writing() as rows:
        named = {"id": str(uuid4()), "workspace_id": "w", "purpose": "p", "name": "n"}
        rows.execute(sa.insert(blobs).values(**named, created_ns=1, last_offered_ns=1, generation=1))
    check_home(databases.main, store)


def test_that_bytes_in_memory_are_not_taken_for_kept_after_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", ("--blobs", "memory:"))
    server.start().stop()
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code == 3


def test_that_a_command_with_the_wrong_database_makes_nothing(tmp_path: Path, postgres: str) -> None:
    server = Server(tmp_path / "data", ("--database", new_postgres_database(postgres)))
    server.start()
    collected = run_command(server, "collect")
    assert collected.returncode == 3
    assert "--database" in collected.stderr
    assert not (server.data_dir / "coreshed.db").exists()
    server.stop()


def test_that_a_worker_sets_nothing_up(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", ("--only", "worker"))
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code == 3
    server.flags = ()
    assert server.start().instance.admin_key
    server.stop()
