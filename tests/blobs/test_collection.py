"""Quarantine, restore, purge, orphans, and the sweep of staged blocks."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from coreshed import ids
from coreshed.blobs import collect
from coreshed.blobs.stores import FileKey, MemoryStore
from coreshed.blobs.tables import blob_discards, blob_manifests, staged_blocks
from coreshed.blobs.tables import blobs as blob_table
from coreshed.problems import NotFound
from tests.blobs.conftest import ALICE, BOB, Bench
from tests.conftest import Databases

DAY = 86400


@pytest.fixture
def bench(databases: Databases, settings: object) -> object:
    """A room on a memory store, whose files are as old as the manual clock says."""
    bench = Bench(databases, settings, MemoryStore())
    bench.store._clock = bench.clock
    yield bench
    bench.room.close()


def count(bench: Bench, table: object, *, staging: bool = False) -> int:
    database = bench.databases.staging if staging else bench.databases.main
    with database.reading() as rows:
        return len(rows.execute(select(table)).all())


def files(bench: Bench) -> int:
    return len(list(bench.store.list()))


async def test_that_a_blob_is_quarantined_after_thirty_days_and_purged_after_seven_more(bench: Bench) -> None:
    blob = await bench.upload(b"core", pieces=2)
    bench.clock.advance(30 * DAY)
    assert collect(bench.room, dry_run=False).quarantined == []
    bench.clock.advance(1)
    assert collect(bench.room, dry_run=False).quarantined == [blob.id]
    bench.clock.advance(7 * DAY)
    assert collect(bench.room, dry_run=False).purged == []
    bench.clock.advance(1)
    assert collect(bench.room, dry_run=False).purged == [blob.id]
    assert count(bench, blob_table) == count(bench, blob_manifests) == 0
    assert files(bench) == 2
    bench.clock.advance(3600)
    assert bench.room.upkeep.round().unlinked == 2
    assert files(bench) == count(bench, blob_discards) == 0


async def test_that_a_dry_run_tells_and_does_nothing(bench: Bench) -> None:
    old = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    collect(bench.room, dry_run=False)
    bench.clock.advance(8 * DAY)
    older = await bench.upload(b"more")
    bench.clock.advance(31 * DAY)
    for _ in range(2):
        report = collect(bench.room, dry_run=True)
        assert (report.dry_run, report.quarantined, report.purged) == (True, [older.id], [old.id])


async def test_that_a_held_blob_is_never_collected(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.hold(blob)
    bench.clock.advance(1000 * DAY)
    assert collect(bench.room, dry_run=False).quarantined == []
    bench.release()
    assert collect(bench.room, dry_run=False).quarantined == [blob.id]


async def test_that_an_offer_protects_anew(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.clock.advance(29 * DAY)
    bench.offer(blob.name)
    bench.clock.advance(29 * DAY)
    assert collect(bench.room, dry_run=False).quarantined == []


async def test_that_a_quarantined_blob_is_restored_with_its_content(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    collect(bench.room, dry_run=False)
    bench.reopen()
    assert (await bench.read(blob)).status_code == 404
    bench.room.collection.restore(blob.id)
    assert (await bench.read(blob)).content == b"core"
    bench.clock.advance(8 * DAY)
    assert collect(bench.room, dry_run=False).purged == []


def test_that_an_unknown_blob_cannot_be_restored(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.room.collection.restore(str(uuid4()))


async def test_that_a_commit_brings_a_blob_back_from_quarantine(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    bench.clock.advance(31 * DAY)
    collect(bench.room, dry_run=False)
    assert (await bench.commit(blob, 0)).status_code == 201
    assert bench.offer(blob.name)[0].committed


async def test_that_a_purged_name_can_be_uploaded_again(bench: Bench) -> None:
    blob = await bench.upload(b"core", name="a")
    bench.clock.advance(31 * DAY)
    collect(bench.room, dry_run=False)
    bench.clock.advance(8 * DAY)
    collect(bench.room, dry_run=False)
    answer = await bench.commit(blob, 0)
    assert answer.status_code == 404
    again = await bench.upload(b"other", name="a")
    assert again.id != blob.id
    assert (await bench.read(again)).content == b"other"


async def test_that_a_cached_layout_of_purged_files_ends_in_404(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    assert (await bench.read(blob)).content == b"core"
    for days in (31, 8, 1):
        bench.clock.advance(days * DAY)
        collect(bench.room, dry_run=False)
        bench.room.upkeep.round()
    assert files(bench) == 0
    assert (await bench.read(blob)).status_code == 404


def test_that_a_file_nobody_names_goes_after_a_day(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    for blob_id in (blob.id, str(uuid4())):
        writer = bench.store.create(FileKey(blob_id, ids.new_token()))
        writer.write(b"lost")
        writer.finish()
    bench.clock.advance(DAY)
    assert collect(bench.room, dry_run=False).orphans == []
    bench.clock.advance(1)
    report = collect(bench.room, dry_run=False)
    assert (len(report.orphans), report.orphan_bytes) == (2, 8)
    assert bench.room.upkeep.round().unlinked == 2
    assert files(bench) == 0


async def test_that_staged_and_committed_files_are_no_orphans(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"staged")
    await bench.upload(b"committed", pieces=3)
    bench.clock.advance(2 * DAY)
    assert collect(bench.room, dry_run=False).orphans == []


async def test_that_an_idle_upload_keeps_its_blocks_for_a_week(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"one")
    bench.clock.advance(5 * DAY)
    await bench.stage(blob, 3, b"two")
    bench.clock.advance(7 * DAY)
    assert bench.room.upkeep.round().discarded == 0
    assert files(bench) == 2
    assert (await bench.commit(blob, 0, 3)).status_code == 201
    assert (await bench.read(blob)).content == b"onetwo"


async def test_that_an_upload_idle_for_longer_is_dropped_in_two_steps(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"alice")
    bench.clock.advance(7 * DAY + 1)
    await bench.stage(blob, 0, b"bob", principal=BOB)
    assert bench.room.upkeep.round().discarded == 0
    assert (await bench.commit(blob, 0)).status_code == 400
    bench.clock.advance(3601)
    done = bench.room.upkeep.round()
    assert (done.discarded, done.unlinked) == (1, 1)
    assert (files(bench), count(bench, staged_blocks, staging=True)) == (1, 1)
    assert (await bench.commit(blob, 0, principal=BOB)).status_code == 201


async def test_that_a_superseded_block_goes_after_an_hour(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"first")
    await bench.stage(blob, 0, b"second")
    bench.clock.advance(3600)
    assert bench.room.upkeep.round().unlinked == 0
    bench.clock.advance(1)
    assert bench.room.upkeep.round().unlinked == 1
    assert (await bench.commit(blob, 0)).status_code == 201


async def test_that_a_discarded_session_gives_its_files_back(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    bench.room.uploads.discard(blob_id=blob.id, principal_id=ALICE)
    bench.clock.advance(3601)
    assert bench.room.upkeep.round().unlinked == 1
    assert files(bench) == 0


def test_that_a_round_rotates_an_old_key_once(bench: Bench) -> None:
    assert bench.room.upkeep.round().rotated is False
    bench.clock.advance(30 * DAY)
    assert bench.room.upkeep.round().rotated is True
    assert bench.room.upkeep.round().rotated is False
