"""Finished jobs that are old and of no more use are deleted."""

import pytest

from coreshed.jobs import Job, JobKind, Jobs
from coreshed.jobs import service as jobs_service
from coreshed.problems import NotFound
from tests.conftest import Databases
from tests.jobs.conftest import Queue, echo, problem_of

DAY = 24 * 3600


@pytest.fixture
def shelf(databases: Databases) -> Queue:
    """Jobs live for ten days; those of the kind `dear` as long as their result is `wanted`, and `echo` for ever."""
    made = Queue(databases.main)
    made.jobs = Jobs(databases.main, made.clock, lifetime=10 * DAY, moment=lambda _rows: made.clock.now_ns())
    made.jobs.register(JobKind("echo", echo, problem_of))
    made.jobs.register(JobKind("cheap", echo, problem_of, is_spent=lambda _rows, _job: True))
    made.jobs.register(JobKind("dear", echo, problem_of, is_spent=lambda _rows, job: job.result != b"wanted"))
    return made


def done(queue: Queue, kind: str, result: bytes = b"done") -> Job:
    job = queue.create(kind)
    claim = queue.claimed()
    assert claim.id == job.id
    queue.complete(claim, result)
    return job


def is_there(queue: Queue, job: Job) -> bool:
    try:
        queue.get(job)
    except NotFound:
        return False
    return True


def test_that_a_job_is_deleted_once_it_is_old_which_is_looked_for_every_hour(shelf: Queue) -> None:
    job = done(shelf, "cheap")
    shelf.clock.advance(10 * DAY)
    shelf.jobs.upkeep()
    assert is_there(shelf, job)
    shelf.clock.advance(3599)
    shelf.jobs.upkeep()
    assert is_there(shelf, job)
    shelf.clock.advance(1)
    shelf.jobs.upkeep()
    assert not is_there(shelf, job)


def test_that_a_clock_that_is_set_back_does_not_keep_old_jobs(shelf: Queue) -> None:
    shelf.clock.advance(500 * DAY)
    shelf.jobs.upkeep()
    shelf.clock.advance(-500 * DAY)
    job = done(shelf, "cheap")
    shelf.clock.advance(11 * DAY)
    shelf.jobs.upkeep()
    assert not is_there(shelf, job)


def test_that_the_age_counts_from_the_end_and_open_jobs_have_none(shelf: Queue) -> None:
    late = shelf.create("cheap")
    shelf.clock.advance(1)
    running = shelf.create("cheap")
    shelf.clock.advance(1)
    waiting = shelf.create("cheap")
    shelf.clock.advance(30 * DAY)
    shelf.complete(shelf.claimed())
    shelf.claimed()
    for _ in range(2):
        assert shelf.jobs.delete_spent(before_ns=shelf.clock.now_ns()) == 0
    shelf.clock.advance(ns=1)
    assert shelf.jobs.delete_spent(before_ns=shelf.clock.now_ns()) == 1
    assert [is_there(shelf, job) for job in (late, running, waiting)] == [False, True, True]


def test_that_failed_jobs_go_too(shelf: Queue) -> None:
    job = shelf.create("cheap", waits_for_upload=True)
    shelf.clock.advance(2 * DAY)
    shelf.jobs.upkeep()
    assert shelf.get(job).finished
    shelf.clock.advance(11 * DAY)
    shelf.jobs.upkeep()
    assert not is_there(shelf, job)


def test_that_what_is_of_use_stays_however_old(shelf: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it fills whole batches."""
    monkeypatch.setattr(jobs_service, "_DELETED_AT_ONCE", 2)
    kept = [done(shelf, "dear", b"wanted") for _ in range(5)] + [done(shelf, "echo")]
    gone = [done(shelf, "dear"), done(shelf, "cheap"), done(shelf, "dear")]
    shelf.clock.advance(1000 * DAY)
    assert shelf.jobs.delete_spent(before_ns=shelf.clock.now_ns()) == 3
    assert [is_there(shelf, job) for job in (*kept, *gone)] == [True] * 6 + [False] * 3
