"""Upkeep and jobs in one process: neither waits for the other."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coreshed.jobs import Claim, Job, JobContext, JobKind, State
from coreshed.serving.worker import WorkerThread
from coreshed.settings import load
from tests.conftest import DatabaseUrls
from tests.jobs.conftest import problem_of
from tests.jobs.program import Workshop


class Slow(Workshop):
    """An upkeep and a job that end when they are told to."""

    def __init__(self, database: str, data_dir: Path) -> None:
        super().__init__(load({"database": database, "data_dir": data_dir}, {}))
        self.rounds = threading.Semaphore(0)
        self.go_on, self.begun = threading.Event(), threading.Event()
        self.upkeep_waits = False
        self.jobs.register(JobKind("long", self.long, problem_of))

    def upkeep_round(self) -> None:
        self.rounds.release()
        if self.upkeep_waits:
            self.go_on.wait(60)

    def long(self, _claim: Claim, _context: JobContext) -> bytes:
        self.begun.set()
        self.go_on.wait(60)
        return b"long"

    def create(self, kind: str) -> Job:
        with self.database.writing() as rows:
            return self.jobs.create(rows, kind=kind, owner="test")

    async def ended(self, job: Job) -> Job:
        return await self.jobs.wait(job.id, 60)


@pytest.fixture
def slow(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Slow]:
    made = Slow(database_urls.main, tmp_path)
    yield made
    made.go_on.set()
    made.close()


@pytest.fixture
def background(slow: Slow) -> Iterator[Callable[[], WorkerThread]]:
    """Starts the worker; it is stopped after the test."""
    started: list[WorkerThread] = []

    def start() -> WorkerThread:
        started.append(WorkerThread(slow, 0.01))
        return started[-1]

    yield start
    slow.go_on.set()
    for each in started:
        each.stop()


async def test_that_jobs_do_not_wait_for_a_round_of_upkeep(slow: Slow, background: Callable[[], WorkerThread]) -> None:
    slow.upkeep_waits = True
    background()
    assert slow.rounds.acquire(timeout=30)
    assert (await slow.ended(slow.create("moment"))).state is State.COMPLETE
    assert not slow.rounds.acquire(blocking=False)


async def test_that_upkeep_does_not_wait_for_jobs(slow: Slow, background: Callable[[], WorkerThread]) -> None:
    background()
    job = slow.create("long")
    assert slow.begun.wait(30)
    for _ in range(20):
        assert slow.rounds.acquire(timeout=30)
    slow.go_on.set()
    assert (await slow.ended(job)).result == b"long"


async def test_that_both_end_with_the_worker(slow: Slow, background: Callable[[], WorkerThread]) -> None:
    worker = background()
    await slow.ended(slow.create("moment"))
    worker.stop()
    assert worker.idle
    while slow.rounds.acquire(blocking=False):
        pass
    waiting = slow.create("moment")
    assert (await slow.jobs.wait(waiting.id, 0.4)).state is State.QUEUED
    assert not slow.rounds.acquire(blocking=False)
