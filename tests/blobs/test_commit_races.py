"""Something happens between the reading and the publishing of a commit."""

import asyncio
import threading

import pytest

from coreshed.blobs.commit import Commits, Listed, Plan, Source, _Overtaken
from coreshed.blobs.digests import Found
from coreshed.blobs.links import Grant, parse_query
from coreshed.blobs.manifest import Manifest
from coreshed.blobs.model import Blob
from coreshed.blobs.stores import FileKey
from tests.blobs.conftest import ALICE, BOB, Bench, sha256


def grant(bench: Bench, blob: Blob) -> Grant:
    path, query = bench.write_url(blob).removeprefix(bench.origin).split("?")
    return bench.room.links.verify(path, parse_query(query.encode()))


def planned(bench: Bench, blob: Blob, *numbers: int) -> Plan:
    listed = [Listed(Source.LATEST, f"{number:032d}".encode()) for number in numbers]
    return commits(bench)._plan_list(grant(bench, blob), listed, absent=False)


def commits(bench: Bench) -> object:
    return bench.room.plane.writes.commits


async def test_that_a_sweep_in_between_is_noticed(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    plan = planned(bench, blob, 0)
    bench.room.uploads.discard(blob_id=blob.id, principal_id=ALICE)
    bench.clock.advance(3601)
    assert bench.room.upkeep.round().unlinked == 1
    with pytest.raises(_Overtaken):
        commits(bench)._publish(plan, Found(sha256(b"core")))
    assert not bench.offer("a")[0].committed


async def test_that_another_commit_in_between_is_noticed(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    await bench.stage(blob, 4, b"!")
    plan = planned(bench, blob, 0)
    await bench.stage(blob, 0, b"core", principal=BOB)
    assert (await bench.commit(blob, 0, principal=BOB)).status_code == 201
    with pytest.raises(_Overtaken):
        commits(bench)._publish(plan, Found(sha256(b"core")))


async def test_that_a_block_sent_again_in_between_does_not_disturb_the_commit(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"first")
    plan = planned(bench, blob, 0)
    await bench.stage(blob, 0, b"again")
    commits(bench)._publish(plan, Found(sha256(b"first")))
    assert (await bench.read(blob)).content == b"first"


async def test_that_the_same_commit_twice_at_once_succeeds_twice(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    for number in range(5):
        await bench.stage(blob, number, b"x")
    answers = await asyncio.gather(*(bench.commit(blob, *range(5)) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len(bench.purpose.commits) == 1
    assert (await bench.read(blob)).content == b"xxxxx"


async def test_that_two_principals_who_commit_the_same_content_at_once_both_succeed(bench: Bench) -> None:
    (blob,) = bench.offer(sha256(b"core"))
    for principal in (ALICE, BOB):
        await bench.stage(blob, 0, b"core", principal=principal)
    answers = await asyncio.gather(*(bench.commit(blob, 0, principal=principal) for principal in (ALICE, BOB)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (await bench.read(blob)).content == b"core"


async def test_that_a_request_given_up_while_it_is_acknowledged_stops_nobody_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (blob,) = bench.offer("a")
    settling, go_on = threading.Event(), threading.Event()
    settle = bench.store.settle

    def slow(keys: list[FileKey]) -> None:
        settling.set()
        go_on.wait(10)
        settle(keys)

    monkeypatch.setattr(bench.store, "settle", slow)
    given_up = asyncio.ensure_future(bench.stage(blob, 0, b"given up"))
    await asyncio.to_thread(settling.wait, 10)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    go_on.set()
    await bench.stage(blob, 0, b"core")
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"core"


async def test_that_the_last_acknowledged_of_many_identical_blocks_wins(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    await asyncio.gather(*(bench.stage(blob, 0, bytes([number])) for number in range(12)))
    await bench.stage(blob, 0, b"last")
    assert (await bench.commit(blob, 0)).status_code == 201
    assert (await bench.read(blob)).content == b"last"


async def test_that_a_slow_commit_forgets_no_block_of_another_upload(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same list is committed twice, the rows are gone, another upload stages, and only then the second clears."""
    mine, other = bench.offer("mine", "other")
    await bench.stage(mine, 0, b"core")
    clear = Commits._clear
    cleared, planned_twice, order = threading.Event(), threading.Event(), []

    def staggered(self: Commits, plan: Plan) -> None:
        order.append(plan)
        if len(order) == 1:
            assert planned_twice.wait(20)
            clear(self, plan)
            cleared.set()
        else:
            planned_twice.set()
            assert cleared.wait(20)
            asyncio.run(bench.stage(other, 0, b"acknowledged"))
            clear(self, plan)

    monkeypatch.setattr(Commits, "_clear", staggered)
    answers = await asyncio.gather(bench.commit(mine, 0), bench.commit(mine, 0))
    assert [answer.status_code for answer in answers] == [201, 201]
    monkeypatch.setattr(Commits, "_clear", clear)
    assert (await bench.commit(other, 0)).status_code == 201
    assert (await bench.read(other)).content == b"acknowledged"


async def test_that_a_list_that_another_commit_publishes_meanwhile_is_found(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (blob,) = bench.offer("a")
    await bench.stage(blob, 0, b"core")
    read = Commits._read
    started, ended, calls = threading.Event(), threading.Event(), []

    def slow(self: Commits, grant: Grant) -> tuple[Blob, Manifest, set[int]]:
        calls.append(grant)
        found = read(self, grant)
        if len(calls) == 1:
            started.set()
            assert ended.wait(20)
        return found

    monkeypatch.setattr(Commits, "_read", slow)
    first = asyncio.create_task(bench.commit(blob, 0))
    await asyncio.to_thread(started.wait, 20)
    second = await bench.commit(blob, 0)
    ended.set()
    assert [second.status_code, (await first).status_code] == [201, 201]


async def test_that_one_principal_may_send_the_same_content_twice_at_once(bench: Bench) -> None:
    """Two clients with one key and ids of their own: the second commit names blocks that the first one has given up."""
    content = b"corecore"
    (blob,) = bench.offer(sha256(content))
    for number in (0, 4, 100, 104):
        await bench.stage(blob, number, b"core")
    assert (await bench.commit(blob, 0, 4)).status_code == 201
    assert (await bench.commit(blob, 100, 104)).status_code == 201
    assert (await bench.read(blob)).content == content
