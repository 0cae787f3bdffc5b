"""Eight threads that claim from one queue."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import IntegrityError

from coreshed.clock import SystemClock
from coreshed.jobs import Claim, JobKind, Jobs, LeaseLost
from tests.conftest import Databases
from tests.jobs.conftest import echo, problem_of


def test_that_each_job_is_done_exactly_once_and_those_of_a_serial_in_turn(databases: Databases) -> None:
    database = databases.main
    jobs = Jobs(database, SystemClock())
    jobs.register(JobKind("echo", echo, problem_of))
    serials: dict[str, list[str]] = {"a": [], "b": [], "c": []}
    made = []
    for number in range(90):
        serial = [None, "a", None, "b", None, "c"][number % 6]
        with database.writing() as rows:
            made.append(jobs.create(rows, kind="echo", owner="x", serial=serial).id)
        if serial:
            serials[serial].append(made[-1])
    turn = threading.Lock()
    done: list[tuple[str | None, str]] = []
    at_work: Counter[str] = Counter()
    together: list[str] = []

    def work(worker_id: str) -> None:
        while len(done) < len(made):
            try:
                with database.writing() as rows:
                    claim = jobs.claim(rows, worker_id)
            except IntegrityError:
                continue
            if claim is None:
                time.sleep(0.001)
                continue
            if claim.serial:
                with turn:
                    at_work[claim.serial] += 1
                    if at_work[claim.serial] > 1:
                        together.append(claim.serial)
            with turn:
                done.append((claim.serial, claim.id))
                if claim.serial:
                    at_work[claim.serial] -= 1
            with database.writing() as rows:
                jobs.complete(rows, claim, b"")

    with ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(work, f"worker-{number}") for number in range(8)]:
            result.result(120)
    assert sorted(job_id for _, job_id in done) == sorted(made)
    assert together == []
    assert {serial: [job_id for each, job_id in done if each == serial] for serial in serials} == serials


def test_that_only_one_of_two_workers_ends_an_attempt(databases: Databases) -> None:
    """The lease ends while its worker completes: both find the row, one of them writes."""
    jobs = Jobs(databases.main, SystemClock())
    jobs.register(JobKind("echo", echo, problem_of))
    for number in range(20):
        worker_id = f"worker-{number}"
        with databases.main.writing() as rows:
            job = jobs.create(rows, kind="echo", owner="x")
        with databases.main.writing() as rows:
            claim = jobs.claim(rows, worker_id)
        assert claim is not None
        both = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            completed = pool.submit(_complete, jobs, claim, both)
            released = pool.submit(_release, jobs, worker_id, both)
            assert completed.result(30) + released.result(30) == 1
        with databases.main.writing() as rows:
            left = jobs.claim(rows, "sweep")
            assert (left is not None) == bool(released.result())
            if left is not None:
                assert (left.id, left.attempt) == (job.id, 2)
                jobs.complete(rows, left, b"")


def _complete(jobs: Jobs, claim: Claim, both: threading.Barrier) -> int:
    both.wait(10)
    try:
        with jobs.database.writing() as rows:
            jobs.complete(rows, claim, b"")
    except LeaseLost:
        return 0
    return 1


def _release(jobs: Jobs, worker_id: str, both: threading.Barrier) -> int:
    both.wait(10)
    with jobs.database.writing() as rows:
        return jobs.release(rows, worker_id)
