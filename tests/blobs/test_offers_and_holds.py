"""What the other rooms do with blobs: offer, look up, hold, release."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from coreshed.blobs import ledger
from coreshed.blobs.tables import blob_holds
from coreshed.problems import MissingData
from tests.blobs.conftest import WORKSPACE, Bench

DAY = 86400


def committed(bench: Bench, *names: str) -> dict[str, str]:
    with bench.databases.main.reading() as rows:
        return bench.room.blobs.committed(rows, workspace_id=WORKSPACE, purpose="object-data", names=names)


def test_that_an_offer_answers_in_order_and_makes_each_name_once(bench: Bench) -> None:
    first = bench.offer("b", "A", "a")
    assert [blob.name for blob in first] == ["b", "a", "a"]
    assert first[1].id == first[2].id
    assert [blob.id for blob in bench.offer("a", "B")] == [first[1].id, first[0].id]
    assert bench.offer() == []


def test_that_the_same_name_elsewhere_is_another_blob(bench: Bench) -> None:
    (here,) = bench.offer("a")
    (other_purpose,) = bench.offer("a", purpose="once")
    with bench.databases.main.writing() as rows:
        (elsewhere,) = bench.room.blobs.offer(rows, workspace_id=str(uuid4()), purpose="object-data", names=["a"])
    assert len({here.id, other_purpose.id, elsewhere.id}) == 3


def test_that_offers_at_the_same_moment_agree(bench: Bench) -> None:
    names = [str(uuid4()) for _ in range(20)]
    start = threading.Barrier(6)

    def offer(turn: int) -> dict[str, str]:
        start.wait()
        mine = names if turn % 2 else names[::-1]
        return {blob.name: blob.id for blob in bench.offer(*mine)}

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(offer, range(6)))
    assert len(answers[0]) == 20
    assert all(answer == answers[0] for answer in answers)


async def test_that_only_committed_names_are_found_in_either_case(bench: Bench) -> None:
    blob = await bench.upload(b"core", name="ABC")
    bench.offer("never-uploaded")
    assert committed(bench, "aBc", "never-uploaded", "unknown") == {"abc": blob.id}


async def test_that_many_names_are_looked_up_at_once(bench: Bench) -> None:
    blob = await bench.upload(b"core", name="n700")
    names = [f"n{number}" for number in range(1200)]
    bench.offer(*names)
    assert committed(bench, *names) == {"n700": blob.id}


async def test_that_holding_again_and_releasing_again_are_fine(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.hold(blob, "object:1")
    bench.hold(blob, "object:1")
    bench.hold(blob, "object:2")
    bench.release("object:1")
    bench.release("object:1")
    with bench.databases.main.reading() as rows:
        assert [row.owner for row in rows.execute(select(blob_holds))] == ["object:2"]


async def test_that_holding_what_has_no_content_names_it_and_holds_nothing(bench: Bench) -> None:
    good = await bench.upload(b"core")
    (empty,) = bench.offer("Empty")
    unknown = str(uuid4())
    with pytest.raises(MissingData) as caught, bench.databases.main.writing() as rows:
        bench.room.blobs.hold(rows, blob_ids=[good.id, empty.id, unknown], owner="object:1")
    assert set(caught.value.members["missing"]) == {"empty", unknown}
    with bench.databases.main.reading() as rows:
        assert rows.execute(select(blob_holds)).all() == []


async def test_that_a_quarantined_blob_cannot_be_held_until_it_is_offered_again(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    assert bench.room.collection.collect(dry_run=False).quarantined == [blob.id]
    assert committed(bench, blob.name) == {}
    with pytest.raises(MissingData):
        bench.hold(blob)
    assert bench.offer(blob.name)[0].committed
    bench.hold(blob)
    assert committed(bench, blob.name) == {blob.name: blob.id}


def somebody_waits(bench: Bench) -> bool:
    """True where a transaction waits for another one's lock; on SQLite the second waits for its turn in any case."""
    if bench.databases.main.is_sqlite:
        return True
    waiting = text("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
    with bench.databases.main.reading() as rows:
        return rows.execute(waiting).first() is not None


def until_waiting(bench: Bench, work: Future[Any]) -> None:
    """Return when `work` waits for a lock, or (wrongly) has not waited at all."""
    while not work.done() and not somebody_waits(bench):
        time.sleep(0.01)


async def test_that_a_hold_which_is_being_made_keeps_collection_away(bench: Bench) -> None:
    """The hold is not yet committed when collection comes for the blob: one of them has to wait for the other."""
    blob = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    with ThreadPoolExecutor(1) as pool:
        with bench.databases.main.writing() as rows:
            bench.room.blobs.hold(rows, blob_ids=[blob.id], owner="object:1")
            collecting = pool.submit(bench.room.collection.collect, dry_run=False)
            until_waiting(bench, collecting)
        assert collecting.result(20).quarantined == []
    assert committed(bench, blob.name) == {blob.name: blob.id}


async def test_that_a_blob_which_is_being_quarantined_cannot_be_held_meanwhile(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    now_ns = bench.clock.now_ns()
    with ThreadPoolExecutor(1) as pool:
        with bench.databases.main.writing() as rows:
            assert ledger.quarantine(rows, [blob.id], now_ns, now_ns) == [blob.id]
            holding = pool.submit(bench.hold, blob)
            until_waiting(bench, holding)
        with pytest.raises(MissingData):
            holding.result(20)


async def test_that_only_what_readers_see_is_kept(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    (empty,) = bench.offer("never-uploaded")
    with bench.databases.main.writing() as rows:
        assert [bench.room.blobs.keep(rows, each) for each in (blob.id, empty.id, str(uuid4()))] == [True, False, False]
    bench.clock.advance(30 * DAY)
    with bench.databases.main.writing() as rows:
        assert bench.room.blobs.keep(rows, blob.id)
    bench.clock.advance(30 * DAY)
    assert blob.id not in bench.room.collection.collect(dry_run=False).quarantined
    bench.clock.advance(1)
    assert bench.room.collection.collect(dry_run=False).quarantined == [blob.id]
    with bench.databases.main.writing() as rows:
        assert not bench.room.blobs.keep(rows, blob.id)
