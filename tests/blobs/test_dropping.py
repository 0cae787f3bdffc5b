"""What an upload has brought goes at once when it comes to nothing."""

import time
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from coreshed.blobs import Purpose
from coreshed.problems import Conflict
from tests.blobs.conftest import Bench
from tests.blobs.storage import Storage, storage

__all__ = ["storage"]


def settled(bench: Bench) -> None:
    """Wait until the disk has done what was asked of it."""
    for _ in range(bench.settings.disk_threads):
        bench.room._pools.disk.submit(lambda: None).result()
    bench.room._pools.disk.submit(bench.room.dropping.sweeping.unlink_due).result()


def wait(done: Callable[[], bool], between: Callable[[], None] = lambda: time.sleep(0.01)) -> None:
    """Until it is so, or for twenty seconds."""
    ends = time.monotonic() + 20
    while not done() and time.monotonic() < ends:
        between()


async def test_that_committed_and_staged_bytes_go_and_cost_nothing(storage: Storage) -> None:
    bench, whole, blocks, other = storage.bench, storage.blob("a"), storage.blob("b"), storage.blob("c")
    await storage.put(whole, b"whole")
    for number in (0, 1, 1):
        await storage.put_block(blocks, number, b"abcd")
    await storage.commit(blocks, 0, 1)
    await storage.put_block(blocks, 2, b"more")
    await storage.put_block(whole, 0, b"not committed")
    await storage.put(other, b"other")
    storage.drop(whole, blocks)
    settled(bench)
    assert storage.charged == storage.stored(whole, blocks, other) == {other.id: 5}
    assert storage.files() == [5]
    assert (await storage.put(other, b"kept")).status_code == 200


async def test_that_dropping_again_changes_nothing(storage: Storage) -> None:
    blob = storage.blob()
    storage.drop(blob)
    await storage.put(blob, b"core")
    storage.drop(blob)
    storage.drop(blob)
    settled(storage.bench)
    assert (storage.charged, storage.files()) == ({}, [])


async def test_that_an_upload_may_begin_anew_after_it(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put_block(blob, 0, b"core")
    await storage.commit(blob, 0)
    storage.drop(blob)
    assert (await storage.commit(blob, 0)).status_code == 400
    await storage.put_block(blob, 0, b"again")
    assert (await storage.commit(blob, 0)).status_code == 201
    settled(storage.bench)
    assert storage.charged == storage.stored(blob) == {blob.id: 5}
    assert (await storage.bench.read(blob)).content == b"again"


async def test_that_the_purpose_still_says_why_nothing_can_be_written(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put(blob, b"core")
    storage.bench.metered.refusal = Conflict("The upload session has failed.")
    storage.drop(blob)
    answer = await storage.put(blob, b"core")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The upload session has failed.")


async def test_that_content_which_somebody_holds_stays(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put(blob, b"core")
    storage.bench.hold(blob)
    storage.drop(blob)
    settled(storage.bench)
    assert storage.charged == storage.stored(blob) == {blob.id: 4}


async def test_that_a_change_that_is_rolled_back_drops_nothing(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put(blob, b"core")
    await storage.put_block(blob, 0, b"more")
    before = dict(storage.bench.metered.charged)
    with suppress(RuntimeError), storage.bench.databases.main.writing() as rows:
        storage.bench.room.dropping.drop(rows, [blob.id])
        raise RuntimeError
    settled(storage.bench)
    storage.bench.metered.charged = before  # the purpose of this test does not keep its account in the database
    assert storage.stored(blob) == {blob.id: 8}
    assert storage.files() == [4, 4]


async def test_that_many_go_in_few_statements_and_short_transactions(storage: Storage) -> None:
    bench = storage.bench
    blobs = bench.offer(*(f"{number:03}" for number in range(450)), purpose=Purpose.UPLOAD)
    for blob in (blobs[0], blobs[224], blobs[449]):
        await storage.put(blob, b"core")
        await storage.put_block(blob, 0, b"more")
    statements: list[str] = []
    engines = {bench.databases.main.engine, bench.databases.staging.engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    storage.drop(*blobs)
    wait(lambda: not storage.charged)  # each portion asks for the next
    counted = len(statements)
    wait(lambda: not storage.files(), lambda: settled(bench))
    assert (storage.charged, storage.stored(*blobs), storage.files()) == ({}, {}, [])
    assert counted < 150
