"""Jobs and the clock: expiry, clocks that are set back, the database's own time."""

import time

import pytest

from coreshed.clock import NANOSECONDS, SystemClock
from coreshed.jobs import GaveUp, Jobs, LeaseLost, State, ledger
from coreshed.problems import StoreFailure
from coreshed.testing import ManualClock
from tests.conftest import Databases
from tests.jobs.conftest import Queue

DAY = 24 * 3600


def expire(queue: Queue) -> int:
    with queue.database.writing() as rows:
        return queue.jobs.expire(rows)


def test_that_an_upload_that_has_not_come_within_a_day_fails_its_job(queue: Queue) -> None:
    job = queue.create(waits_for_upload=True)
    queue.clock.advance(DAY)
    assert expire(queue) == 0
    queue.clock.advance(ns=1)
    assert expire(queue) == 1
    failed = queue.get(job)
    assert failed.state is State.FAILED
    assert failed.problem is not None
    assert failed.problem["type"] == "/errors/NotUploaded"
    with queue.database.writing() as rows:
        assert not queue.jobs.queue(rows, job.id)


def test_that_queued_and_processing_jobs_do_not_expire(queue: Queue) -> None:
    queue.create()
    queue.create()
    queue.claimed()
    queue.clock.advance(30 * DAY)
    assert expire(queue) == 0


def test_that_upkeep_expires(queue: Queue) -> None:
    job = queue.create(waits_for_upload=True)
    queue.clock.advance(DAY + 1)
    queue.jobs.upkeep()
    assert queue.state(job) is State.FAILED


def test_that_a_lease_from_before_the_clock_was_set_back_ends_within_thirty_seconds(queue: Queue) -> None:
    job = queue.create()
    queue.claimed("dead")
    queue.clock.advance(-DAY)
    assert queue.claim("another") is None
    queue.clock.advance(30)
    assert queue.claimed("another").id == job.id


def test_that_a_living_worker_keeps_its_job_when_the_clock_is_set_back(queue: Queue) -> None:
    queue.create()
    claim = queue.claimed()
    queue.clock.advance(-DAY)
    for _ in range(3):
        with queue.database.writing() as rows:
            queue.jobs.renew(rows, claim)
        assert queue.claim("another") is None
        queue.clock.advance(10)
    queue.complete(claim)


def test_that_a_pause_from_before_the_clock_was_set_back_is_over(queue: Queue) -> None:
    job = queue.create()
    queue.end_attempt(queue.claimed(), StoreFailure())
    queue.clock.advance(-DAY)
    assert queue.claimed().id == job.id


def test_that_a_clock_that_jumps_ahead_costs_an_attempt_and_publishes_nothing_twice(queue: Queue) -> None:
    queue.create()
    first = queue.claimed()
    queue.clock.advance(DAY)
    second = queue.claimed("another")
    with pytest.raises(LeaseLost):
        queue.complete(first)
    queue.complete(second)


def test_that_postgresql_goes_by_its_own_time_and_sqlite_by_its_machines(databases: Databases, backend: str) -> None:
    wrong = ManualClock(1)
    jobs = Jobs(databases.main, wrong)
    with databases.main.writing() as rows:
        created_ns = jobs.create(rows, kind="any", owner="any").created_ns
    if backend == "sqlite":
        assert created_ns == 1
    else:
        assert abs(created_ns - time.time_ns()) < 60 * NANOSECONDS


def test_that_the_time_of_a_database_goes_on_inside_a_transaction(databases: Databases, backend: str) -> None:
    jobs = Jobs(databases.main, SystemClock())
    with databases.main.writing() as rows:
        first = jobs.create(rows, kind="any", owner="any").created_ns
        time.sleep(0.01)
        second = jobs.create(rows, kind="any", owner="any").created_ns
        assert backend == "sqlite" or ledger.database_ns(rows) % 1000 == 0
    assert second - first >= 0.009 * NANOSECONDS


def test_that_what_nobody_can_describe_still_has_a_problem(queue: Queue) -> None:
    """A job of a kind that this program does not know any more, whose worker has died three times."""
    with queue.database.writing() as rows:
        job = queue.jobs.create(rows, kind="echo", owner="x")
    for _ in range(3):
        queue.claimed("dead")
        other = Jobs(queue.database, queue.clock, moment=lambda _rows: queue.clock.now_ns())
        with queue.database.writing() as rows:
            assert other.release(rows, "dead") == 1
    problem = queue.get(job).problem
    assert problem is not None
    assert (problem["status"], problem["title"]) == (500, "Internal Error")
    assert GaveUp.kind == "internal"
