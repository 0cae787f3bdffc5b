"""Charged is never less than what is on the disk, and what does not stay is given back, whoever gives up meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from coreshed.blobs import Blob, metering, receiving
from coreshed.blobs.stores import FileKey
from tests.blobs.storage import Storage, storage

__all__ = ["storage"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OLD, NEW = b"old content", b"new content"
SIZE = len(OLD)


class Held:
    """Bodies that wait half-way until they are let go."""

    def __init__(self, storage: Storage, blob: Blob) -> None:
        self.storage, self.blob = storage, blob
        self.go = asyncio.Event()
        self.half_way = 0

    async def body(self, content: bytes) -> AsyncIterator[bytes]:
        yield content[:1]
        self.half_way += 1
        await self.go.wait()
        yield content[1:]

    def put(self, content: bytes) -> "asyncio.Task[httpx.Response]":
        body = self.body(content)
        return asyncio.create_task(self.storage.put(self.blob, body, Content_Length=str(len(content))))


async def until(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happens():  # noqa: ASYNC110  (threads make it happen)
            await asyncio.sleep(0.005)


async def test_that_content_that_replaces_other_is_charged_while_it_arrives(storage: Storage) -> None:
    blob = storage.blob()
    await storage.put(blob, OLD)
    held = Held(storage, blob)
    puts = [held.put(NEW) for _ in range(10)]
    await until(lambda: held.half_way == 10)
    assert storage.charged == {blob.id: 11 * SIZE}
    held.go.set()
    assert [(await put).status_code for put in puts] == [200] * 10
    assert storage.charged == storage.stored(blob) == {blob.id: SIZE}
    assert storage.files() == [SIZE]


async def test_that_room_for_a_replacement_is_lent_to_one_body_at_a_time(storage: Storage) -> None:
    blob = storage.blob()
    storage.bench.metered.limit = SIZE
    await storage.put(blob, OLD)
    held = Held(storage, blob)
    first = held.put(NEW)
    await until(lambda: held.half_way == 1)
    assert (await storage.put(blob, NEW)).status_code == 413
    held.go.set()
    assert (await first).status_code == 200
    assert (await storage.put(blob, NEW)).status_code == 200
    assert storage.charged == {blob.id: SIZE}


async def test_that_what_is_replaced_costs_until_its_file_has_gone(storage: Storage) -> None:
    blob = storage.blob()
    seen: list[int] = []
    delete = storage.bench.store.delete

    def deleting(key: FileKey) -> None:
        seen.append(storage.charged[blob.id] - sum(storage.files()))
        delete(key)

    storage.bench.store.delete = deleting  # type: ignore[method-assign]
    await storage.put(blob, OLD)
    await storage.put(blob, NEW)
    for number, content in ((0, b"abcd"), (0, b"efgh"), (1, b"left out")):
        await storage.put_block(blob, number, content)
    await storage.commit(blob, 0)
    assert seen == [0, 0, 0, 0]
    assert storage.files() == [4]
    assert storage.charged == {blob.id: 4}


@pytest.mark.parametrize("chunked", [False, True])
async def test_that_who_gives_up_while_it_is_charged_gets_it_back(storage: Storage, chunked: bool) -> None:
    blob = storage.blob()
    charging, go = threading.Event(), threading.Event()
    charge = storage.bench.metered.charge

    def slowly(rows: object, of: Blob, size: int, *, replaced: int = 0) -> None:
        if size:
            charging.set()
            go.wait(5)
        charge(rows, of, size, replaced=replaced)  # type: ignore[arg-type]

    storage.bench.metered.charge = slowly  # type: ignore[method-assign]

    async def body() -> AsyncIterator[bytes]:
        yield OLD

    put = asyncio.create_task(storage.put(blob, body() if chunked else OLD))
    await until(charging.is_set)
    put.cancel()
    await asyncio.wait([put], timeout=0.05)
    go.set()
    await until(lambda: storage.bench.metered.charged.get(blob.id) == 0)
    assert storage.stored(blob) == {}


@pytest.mark.parametrize("whole", [False, True])
async def test_that_a_file_that_cannot_be_acknowledged_costs_nothing(storage: Storage, whole: bool) -> None:
    blob = storage.blob()

    def broken(_keys: object) -> None:
        raise OSError("the disk is gone")

    settle, storage.bench.store.settle = storage.bench.store.settle, broken  # type: ignore[method-assign]
    send = storage.put(blob, OLD) if whole else storage.put_block(blob, 0, OLD)
    assert (await send).status_code == 500
    assert storage.charged == storage.stored(blob) == {}
    assert storage.files() == []
    storage.bench.store.settle = settle  # type: ignore[method-assign]
    assert (await storage.put_block(blob, 0, NEW)).status_code == 201
    assert storage.charged == storage.stored(blob) == {blob.id: SIZE}


@pytest.mark.parametrize("whole", [False, True])
async def test_that_who_gives_up_once_all_has_arrived_is_charged_what_is_stored(storage: Storage, whole: bool) -> None:
    blob = storage.blob()
    await (storage.put(blob, OLD) if whole else storage.put_block(blob, 0, OLD))
    settling, go = threading.Event(), threading.Event()
    settle = storage.bench.store.settle

    def slowly(keys: list[FileKey]) -> None:
        settling.set()
        go.wait(5)
        settle(keys)

    storage.bench.store.settle = slowly  # type: ignore[method-assign, assignment]
    send = asyncio.create_task(storage.put(blob, b"longer content") if whole else storage.put_block(blob, 0, b"12345"))
    await until(settling.is_set)
    send.cancel()
    await asyncio.wait([send])
    go.set()
    await until(lambda: storage.charged == storage.stored(blob) == {blob.id: 14 if whole else 5})
    assert storage.files() == [14 if whole else 5]


async def test_that_a_body_gives_a_sign_while_nothing_of_it_has_gathered(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "_PULSE_SECONDS", 0.01)
    blob = storage.blob()
    held = Held(storage, blob)
    told: list[int] = []
    charge = storage.bench.metered.charge

    def noted(rows: object, of: Blob, size: int, *, replaced: int = 0) -> None:
        told.append(size)
        charge(rows, of, size, replaced=replaced)  # type: ignore[arg-type]

    storage.bench.metered.charge = noted  # type: ignore[method-assign]
    put = held.put(OLD)
    await until(lambda: told.count(0) >= 3)
    held.go.set()
    assert (await put).status_code == 200
    count = len(told)
    await asyncio.sleep(0.05)
    assert len(told) == count


async def test_that_a_body_that_breaks_off_costs_until_its_file_has_gone(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = storage.blob()
    aborting, go = threading.Event(), threading.Event()
    abort = receiving._File.abort

    def slowly(file: receiving._File) -> None:
        aborting.set()
        go.wait(5)
        abort(file)

    monkeypatch.setattr(receiving._File, "abort", slowly)
    put = asyncio.create_task(storage.put(blob, OLD, Content_Length="50"))
    await until(aborting.is_set)
    await asyncio.wait([put], timeout=0.05)
    assert storage.charged == {blob.id: 50}
    go.set()
    assert (await put).status_code == 400
    assert storage.charged == {}
