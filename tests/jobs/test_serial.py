"""Jobs of one serial: one at a time, in the order in which they were queued."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from coreshed.clock import SystemClock
from coreshed.database import Database
from coreshed.jobs import Claim, JobKind, Jobs
from coreshed.problems import StoreFailure
from tests.conftest import new_postgres_database
from tests.jobs.conftest import Queue, echo, problem_of


def test_that_the_next_job_of_a_serial_waits_for_the_one_before(queue: Queue) -> None:
    first, second = queue.create(serial="model-1"), queue.create(serial="model-1")
    claim = queue.claimed()
    assert claim.id == first.id
    assert queue.claim() is None
    queue.complete(claim)
    assert queue.claimed().id == second.id


def test_that_other_serials_and_jobs_without_one_do_not_wait(queue: Queue) -> None:
    queue.create(serial="model-1")
    queue.claimed()
    others = {queue.create(serial="model-2").id, queue.create().id, queue.create().id}
    assert {queue.claimed().id for _ in range(3)} == others


def test_that_a_job_that_is_tried_again_keeps_its_place(queue: Queue) -> None:
    first, second = queue.create(serial="s"), queue.create(serial="s")
    queue.end_attempt(queue.claimed(), StoreFailure())
    assert queue.claim() is None
    queue.clock.advance(1)
    claim = queue.claimed()
    assert claim.id == first.id
    queue.complete(claim)
    assert queue.claimed().id == second.id


def test_that_the_order_is_that_of_queueing_and_not_of_creation(queue: Queue) -> None:
    created_first = queue.create(serial="s", waits_for_upload=True)
    created_second = queue.create(serial="s", waits_for_upload=True)
    with queue.database.writing() as rows:
        queue.jobs.queue(rows, created_second.id)
        queue.jobs.queue(rows, created_first.id)
    claim = queue.claimed()
    assert claim.id == created_second.id
    queue.complete(claim)
    assert queue.claimed().id == created_first.id


def test_that_a_clock_that_is_set_back_does_not_change_the_order(queue: Queue) -> None:
    made = []
    for _ in range(4):
        made.append(queue.create(serial="s").id)
        queue.clock.advance(-3600)
    done = []
    for _ in made:
        claim = queue.claimed()
        done.append(claim.id)
        queue.complete(claim)
    assert done == made


def test_that_two_claims_that_cannot_see_each_other_do_not_both_take_a_job_of_a_serial(postgres: str) -> None:
    """On PostgreSQL alone, for SQLite has one writer.

    An earlier place in the queue becomes visible while a later job is being claimed.
    """
    database = Database(new_postgres_database(postgres))
    jobs = Jobs(database, SystemClock())
    jobs.register(JobKind("echo", echo, problem_of))
    with database.engine.connect() as early, database.engine.connect() as claiming:
        early_transaction, claiming_transaction = early.begin(), claiming.begin()
        jobs.create(early, kind="echo", owner="early", serial="s")
        with database.writing() as rows:
            jobs.create(rows, kind="echo", owner="late", serial="s")
        taken = jobs.claim(claiming, "worker-1")
        assert taken is not None
        assert taken.owner == "late"
        early_transaction.commit()
        with ThreadPoolExecutor(1) as pool:
            refused = pool.submit(_claim, database, jobs)
            _until_somebody_waits(database)
            claiming_transaction.commit()
            with pytest.raises(IntegrityError):
                refused.result(30)
    assert _claim(database, jobs) is None
    database.close()


def _claim(database: Database, jobs: Jobs) -> Claim | None:
    with database.writing() as rows:
        return jobs.claim(rows, "worker-2")


def _until_somebody_waits(database: Database) -> None:
    waiting = sa.text("select count(*) from pg_locks where not granted")
    while True:
        with database.reading() as rows:
            if rows.execute(waiting).scalar():
                return
        time.sleep(0.01)
