"""The power fails between two steps of a commit: nothing acknowledged is lost, nothing half is published."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from coreshed.blobs import Blob
from coreshed.blobs.stores import FileKey, MemoryStore
from coreshed.blobs.tables import staged_blocks
from coreshed.database import Database, Rows
from coreshed.problems import StoreFailure
from tests.blobs.conftest import Bench, block_id, quoted
from tests.conftest import Databases

DAY = 86400


class PowerCut(Exception):
    """The process is gone."""


class Cut:
    """A database whose next change is cut off, before or after it happens; everything else is the database's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.moment: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def change(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        if self.moment == "before":
            raise PowerCut
        result = await self._database.change(call, *args, **kwargs)
        if self.moment == "after":
            raise PowerCut
        return result


class UnsettledStore(MemoryStore):
    """A store whose power can fail before names are durable."""

    fails = False

    def settle(self, keys: Iterable[FileKey]) -> None:
        if self.fails:
            raise OSError("power cut")
        super().settle(keys)


@pytest.fixture
def bench(databases: Databases, settings: object) -> Iterator[Bench]:
    bench = Bench(databases, settings, UnsettledStore())
    bench.store._clock = bench.clock
    yield bench
    bench.room.close()


def restart(bench: Bench) -> None:
    """What was in memory is gone, and so are names that were not durable."""
    bench.store.fails = False
    bench.store.crash()
    bench.reopen()


def cut(bench: Bench, which: str, moment: str) -> None:
    """From now on the changes of one database are cut off."""
    database = Cut(getattr(bench.databases, which))
    bench.room.close()
    bench.room = bench.open(**{which: database})
    database.moment = moment


def staged_rows(bench: Bench) -> int:
    with bench.databases.staging.reading() as rows:
        return len(rows.execute(select(staged_blocks)).all())


async def test_that_a_cut_before_the_block_is_durable_acknowledges_nothing(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    bench.store.fails = True
    async with bench.client() as client:
        answer = await client.put(f"{bench.write_url(blob)}&comp=block&blockid={quoted(block_id(0))}", content=b"core")
    assert answer.status_code == 500
    restart(bench)
    assert staged_rows(bench) == 0
    assert list(bench.store.list()) == []
    assert (await bench.commit(blob, 0)).status_code == 400


async def test_that_a_cut_after_the_acknowledgement_loses_no_block(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    restart(bench)
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"core"


async def test_that_a_cut_before_the_transaction_publishes_nothing_and_keeps_the_blocks(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    cut(bench, "main", "before")
    assert (await bench.commit(blob, 0)).status_code == 500
    restart(bench)
    assert (await bench.read(blob)).status_code == 404
    assert (await bench.commit(blob, 0)).status_code == 201


async def test_that_a_cut_inside_the_transaction_publishes_nothing_and_keeps_the_blocks(bench: Bench) -> None:
    def fail(rows: Rows, published: Blob) -> None:
        raise PowerCut

    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    bench.purpose.on_publish = fail
    assert (await bench.commit(blob, 0)).status_code == 500
    bench.purpose.on_publish = None
    restart(bench)
    assert (await bench.read(blob)).status_code == 404
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"core"


@pytest.mark.parametrize(("which", "moment"), [("main", "after"), ("staging", "before")])
async def test_that_a_cut_after_the_transaction_has_published_and_the_retry_succeeds(
    bench: Bench, which: str, moment: str
) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    cut(bench, which, moment)
    assert (await bench.commit(blob, 0)).status_code == 500
    restart(bench)
    assert staged_rows(bench) == 1
    assert (await bench.read(blob)).content == b"core"
    assert (await bench.commit(blob, 0)).status_code == 201
    assert len(bench.purpose.commits) == 1
    assert staged_rows(bench) == 0


async def test_that_rows_left_by_a_cut_are_swept_and_their_published_files_stay(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    cut(bench, "staging", "before")
    await bench.commit(blob, 0)
    restart(bench)
    bench.hold(blob)
    for _ in range(3):
        bench.clock.advance(8 * DAY)
        bench.room.upkeep.round()
        bench.room.collection.collect(dry_run=False)
    assert staged_rows(bench) == 0
    assert (await bench.read(blob)).content == b"core"


async def test_that_a_row_left_by_a_cut_never_brings_back_an_unlinked_file(bench: Bench) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    await bench.stage(blob, 0, b"old")
    cut(bench, "staging", "before")
    await bench.commit(blob, 0)
    async with bench.client() as client:
        await client.put(bench.write_url(blob), content=b"new")
    restart(bench)
    assert staged_rows(bench) == 1
    assert (await bench.commit(blob, 0)).status_code == 400  # its file waits for unlinking
    bench.clock.advance(3600)
    assert bench.room.upkeep.round().unlinked == 1
    assert staged_rows(bench) == 0
    assert (await bench.commit(blob, 0)).status_code == 400
    assert (await bench.read(blob)).content == b"new"


async def test_that_a_failing_ledger_cleanup_does_not_fail_the_commit(bench: Bench) -> None:
    class Unavailable(Cut):
        async def change(self, call: Any, *args: Any, **kwargs: Any) -> Any:
            raise StoreFailure

    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    bench.room.close()
    bench.room = bench.open(staging=Unavailable(bench.databases.staging))
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"core"


async def test_that_a_cut_between_file_and_transaction_of_a_whole_blob_leaves_an_orphan_that_goes(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    cut(bench, "main", "before")
    async with bench.client() as client:
        assert (await client.put(bench.write_url(blob), content=b"core")).status_code == 500
    restart(bench)
    assert len(list(bench.store.list())) == 1
    bench.clock.advance(DAY + 1)
    assert len(bench.room.collection.collect(dry_run=False).orphans) == 1
    bench.room.upkeep.round()
    assert list(bench.store.list()) == []


async def test_that_a_coalescing_which_fails_leaves_the_blob_as_it_was(bench: Bench) -> None:
    data = bytes(range(100))
    blob = await bench.upload(data, pieces=100)
    bench.store.fails = True
    assert bench.room.upkeep.round().coalesced == 0
    restart(bench)
    assert len(list(bench.store.list())) == 100
    assert (await bench.read(blob)).content == data
