"""Requests that stay open until a job has ended, and those who are told that one is queued."""

import asyncio

import pytest

from coreshed.jobs import State
from coreshed.problems import NotFound
from tests.jobs.conftest import Queue


async def test_that_waiting_ends_with_the_job(queue: Queue) -> None:
    job = queue.create()
    claim = queue.claimed()
    waiting = asyncio.create_task(queue.jobs.wait(job.id, 30))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    queue.complete(claim, b"result")
    async with asyncio.timeout(5):
        found = await waiting
    assert (found.state, found.result) == (State.COMPLETE, b"result")


async def test_that_waiting_ends_in_time_with_the_job_as_it_is(queue: Queue) -> None:
    job = queue.create()
    began = asyncio.get_running_loop().time()
    assert (await queue.jobs.wait(job.id, 0.1)).state is State.QUEUED
    assert asyncio.get_running_loop().time() - began >= 0.1
    assert (await queue.jobs.wait(job.id, 0)).state is State.QUEUED


async def test_that_nobody_waits_for_an_unknown_job(queue: Queue) -> None:
    with pytest.raises(NotFound):
        await queue.jobs.wait("11111111-1111-4111-8111-111111111111", 30)


def test_that_workers_are_woken_by_a_commit_and_by_nothing_else(queue: Queue) -> None:
    woken: list[str] = []
    queue.jobs.on_queued(lambda: woken.append("!"))
    with queue.database.writing() as rows:
        queue.jobs.create(rows, kind="echo", owner="x")
        queue.jobs.create(rows, kind="echo", owner="x")
        waiting = queue.jobs.create(rows, kind="echo", owner="x", waits_for_upload=True)
        assert woken == []
    assert woken == ["!"]
    with pytest.raises(NotFound), queue.database.writing() as rows:  # noqa: PT012
        queue.jobs.create(rows, kind="echo", owner="x")
        queue.jobs.queue(rows, "11111111-1111-4111-8111-111111111111")
    assert woken == ["!"]
    with queue.database.writing() as rows:
        queue.jobs.queue(rows, waiting.id)
    assert woken == ["!", "!"]
    queue.claimed("worker")
    queue.release("worker")
    assert woken == ["!", "!", "!"]
