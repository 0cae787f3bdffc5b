"""Rewriting many small files into few large ones."""

import pytest
from sqlalchemy import select

from coreshed.blobs import ledger, reading
from coreshed.blobs.tables import blob_manifests
from tests.blobs.conftest import Bench

DATA = b"".join(number.to_bytes(3, "big") for number in range(5000))


def extents(bench: Bench) -> int:
    with bench.databases.main.reading() as rows:
        return rows.execute(select(blob_manifests.c.extents)).scalar_one()


async def scattered(bench: Bench) -> object:
    """15,000 bytes in 75 files."""
    blob = await bench.upload(DATA, pieces=75)
    assert extents(bench) == 75
    return blob


async def test_that_content_tag_and_block_list_stay(bench: Bench) -> None:
    blob = await scattered(bench)
    before = await bench.read(blob)
    async with bench.client() as client:
        blocks = (await client.get(f"{bench.write_url(blob)}&comp=blocklist")).text
        assert bench.room.upkeep.round().coalesced == 1
        assert extents(bench) == 1
        assert (await client.get(f"{bench.write_url(blob)}&comp=blocklist")).text == blocks
    bench.reopen()
    after = await bench.read(blob)
    assert after.content == DATA
    assert (after.headers["etag"], after.headers["last-modified"]) == (
        before.headers["etag"],
        before.headers["last-modified"],
    )
    assert bench.room.upkeep.round().coalesced == 0


async def test_that_the_old_files_go_after_an_hour_and_a_cached_layout_is_read_anew(bench: Bench) -> None:
    blob = await scattered(bench)
    assert (await bench.read(blob)).content == DATA
    bench.room.upkeep.round()
    assert len(list(bench.store.list())) == 76
    bench.clock.advance(3600)
    assert bench.room.upkeep.round().unlinked == 75
    assert (await bench.read(blob)).content == DATA


async def test_that_a_reader_on_its_way_goes_on_in_the_new_file(bench: Bench) -> None:
    blob = await scattered(bench)
    reader = bench.room.plane._reader
    opened = await reader.open(blob.workspace_id, blob.id)
    body = reader.body(opened, 1, len(DATA) - 1)
    received = await anext(body)
    bench.room.upkeep.round()
    bench.clock.advance(3600)
    bench.room.upkeep.round()
    async for chunk in body:
        received += chunk
    assert received == DATA[1:-1]


async def test_that_the_same_list_commits_again_afterwards(bench: Bench) -> None:
    blob = await scattered(bench)
    bench.room.upkeep.round()
    offsets = range(0, len(DATA), 200)
    assert (await bench.commit(blob, *offsets)).status_code == 201
    assert extents(bench) == 1
    assert (await bench.read(blob)).content == DATA


async def test_that_a_commit_in_between_wins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (blob,) = bench.offer("a", purpose="replace")
    for number in range(70):
        await bench.stage(blob, number, b"x")
    await bench.commit(blob, *range(70))
    coalescing = bench.room.upkeep.coalescing
    with bench.databases.main.reading() as rows:
        seen, generation = ledger.manifest(rows, blob.id), ledger.find(rows, blob.id).generation
    await bench.stage(blob, 0, b"newer")
    await bench.commit(blob, 0)
    assert coalescing._publish(blob.id, generation, seen, seen) is False
    assert (await bench.read(blob)).content == b"newer"


async def test_that_a_disk_without_room_is_left_alone(bench: Bench) -> None:
    blob = await scattered(bench)
    bench.reopen(disk_reserve=1 << 60)
    assert bench.room.upkeep.round().coalesced == 0
    assert (await bench.read(blob)).content == DATA


async def test_that_a_cold_page_cache_gives_the_same_bytes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 8192
    blob = await bench.upload(data)
    monkeypatch.setattr(reading, "_NOWAIT", None)
    assert (await bench.read(blob)).content == data
