"""The threads that run jobs."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from coreshed.clock import SystemClock
from coreshed.jobs import Claim, Job, JobContext, JobKind, Jobs, JobWorker, LeaseLost, State
from coreshed.problems import BadRequest, StoreFailure
from tests.conftest import Databases
from tests.jobs.conftest import problem_of

Run = Callable[[Claim, JobContext], bytes | None]


class Shop:
    """A queue in real time, with workers that are stopped after the test."""

    def __init__(self, databases: Databases) -> None:
        self.database = databases.main
        self.jobs = Jobs(databases.main, SystemClock())
        self.workers: list[JobWorker] = []

    def kind(self, run: Run, name: str = "work") -> None:
        self.jobs.register(JobKind(name, run, problem_of))

    def start(self, **options: Any) -> JobWorker:
        self.workers.append(JobWorker(self.jobs, **options).start())
        return self.workers[-1]

    def create(self, kind: str = "work", **more: Any) -> Job:
        with self.database.writing() as rows:
            return self.jobs.create(rows, kind=kind, owner="test", **more)

    def get(self, job: Job) -> Job:
        with self.database.reading() as rows:
            return self.jobs.get(rows, job.id)

    def finished(self, job: Job) -> Job:
        """The job, once it has ended; the test's time limit is the end of this."""
        while not (found := self.get(job)).finished:
            time.sleep(0.002)
        return found


@pytest.fixture
def shop(databases: Databases) -> Iterator[Shop]:
    made = Shop(databases)
    yield made
    for worker in made.workers:
        worker.stop(5)


def test_that_a_worker_completes_a_job_with_what_its_kind_returns(shop: Shop) -> None:
    shop.kind(lambda claim, _context: claim.input[::-1])
    shop.start()
    assert shop.finished(shop.create(input=b"abc")).result == b"cba"


def test_that_a_kind_may_complete_its_job_in_the_transaction_of_what_it_publishes(shop: Shop) -> None:
    def publish(claim: Claim, _context: JobContext) -> None:
        with shop.database.writing() as rows:
            shop.jobs.complete(rows, claim, b"published")

    shop.kind(publish)
    shop.start()
    job = shop.finished(shop.create())
    assert (job.state, job.result, job.attempt) == (State.COMPLETE, b"published", 1)


def test_that_a_refusal_becomes_the_problem_of_the_job(shop: Shop) -> None:
    def refuse(_claim: Claim, _context: JobContext) -> None:
        raise BadRequest("no such file")

    shop.kind(refuse)
    shop.start()
    job = shop.finished(shop.create())
    assert (job.state, job.attempt) == (State.FAILED, 1)
    assert job.problem is not None
    assert job.problem["detail"] == "no such file"


def test_that_a_store_that_comes_back_costs_the_job_no_attempt(shop: Shop) -> None:
    failures = iter([StoreFailure(), ConnectionError()])

    def flaky(_claim: Claim, _context: JobContext) -> bytes:
        error = next(failures, None)
        if error is not None:
            raise error
        return b"at last"

    shop.kind(flaky)
    shop.start(poll=0.02)
    job = shop.finished(shop.create())
    assert (job.result, job.attempt, job.strikes) == (b"at last", 3, 0)


def test_that_a_kind_that_forgets_its_job_is_a_defect(shop: Shop) -> None:
    shop.kind(lambda _claim, _context: None)
    shop.start(poll=0.02)
    job = shop.finished(shop.create())
    assert (job.state, job.attempt) == (State.FAILED, 3)


def test_that_no_more_jobs_run_at_once_than_the_worker_has_threads(shop: Shop) -> None:
    turn, together = threading.Lock(), threading.Barrier(3)
    running, most = 0, 0

    def count(_claim: Claim, _context: JobContext) -> bytes:
        nonlocal running, most
        with turn:
            running += 1
            most = max(most, running)
        together.wait(30)
        with turn:
            running -= 1
        return b""

    shop.kind(count)
    shop.start(threads=3)
    for job in [shop.create() for _ in range(9)]:
        shop.finished(job)
    assert most == 3


def test_that_a_stopping_worker_finishes_what_ends_in_time(shop: Shop) -> None:
    begun = threading.Event()

    def slow(_claim: Claim, _context: JobContext) -> bytes:
        begun.set()
        time.sleep(0.2)
        return b"done"

    shop.kind(slow)
    worker = shop.start()
    job = shop.create()
    begun.wait(10)
    assert worker.stop(10)
    assert shop.get(job).state is State.COMPLETE


def test_that_a_stopping_worker_puts_back_what_takes_longer_and_publishes_nothing_more(shop: Shop) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    raised: list[Exception] = []

    def endless(claim: Claim, context: JobContext) -> None:
        begun.set()
        go_on.wait(10)
        try:
            context.check()
        except LeaseLost as error:
            raised.append(error)
        try:
            with shop.database.writing() as rows:
                shop.jobs.complete(rows, claim, b"stale")
        except LeaseLost as error:
            raised.append(error)
        ended.set()

    shop.kind(endless)
    worker = shop.start()
    job = shop.create()
    begun.wait(10)
    assert not worker.stop(0.05)
    released = shop.get(job)
    assert (released.state, released.attempt, released.result) == (State.QUEUED, 1, None)
    go_on.set()
    ended.wait(10)
    assert len(raised) == 2
    assert shop.get(job) == released


def test_that_a_woken_worker_starts_at_once_however_seldom_it_looks(shop: Shop) -> None:
    shop.kind(lambda _claim, _context: b"%d" % time.time_ns())
    shop.start(poll=3600)
    shop.finished(shop.create())
    delays = []
    for _ in range(20):
        began = time.time_ns()
        result = shop.finished(shop.create()).result
        assert result is not None
        delays.append((int(result) - began) / 1e6)
    print(f"from create to start: {sorted(delays)[10]:.1f} ms, at most {max(delays):.1f} ms")


def test_that_an_unwoken_worker_finds_jobs_by_looking(shop: Shop, databases: Databases) -> None:
    shop.kind(lambda claim, _context: claim.input)
    shop.start(poll=0.05)
    elsewhere = Jobs(databases.main, SystemClock())
    with databases.main.writing() as rows:
        job = elsewhere.create(rows, kind="work", owner="x", input=b"found")
    assert shop.finished(job).result == b"found"


def test_that_a_running_job_keeps_its_lease_and_notices_that_it_lost_it(shop: Shop) -> None:
    begun, lost = threading.Event(), threading.Event()

    def long(_claim: Claim, context: JobContext) -> None:
        begun.set()
        try:
            while True:
                context.check()
                time.sleep(0.005)
        except LeaseLost:
            lost.set()
            raise

    shop.kind(long)
    shop.start(renewal=0.05, poll=3600)
    job = shop.create()
    begun.wait(10)
    leases = set()
    while len(leases) < 3:
        leases.add(shop.get(job).lease_until_ns)
        time.sleep(0.01)
    with shop.database.writing() as rows:
        rows.execute(sa.text("update jobs set attempt = attempt + 1"))
    assert lost.wait(10)
    assert shop.get(job).state is State.PROCESSING


def test_that_progress_is_written_now_and_then(shop: Shop) -> None:
    seen: list[float | None] = []

    def steps(claim: Claim, context: JobContext) -> bytes:
        for fraction in (0.25, 0.5, 0.75):
            context.progress(fraction)
            with shop.database.reading() as rows:
                seen.append(shop.jobs.get(rows, claim.id).progress)
        return b""

    shop.kind(steps)
    shop.start()
    assert shop.finished(shop.create()).progress == 1.0
    assert seen == [0.25, 0.25, 0.25]


def test_that_progress_beyond_the_whole_is_a_defect(shop: Shop) -> None:
    def beyond(_claim: Claim, context: JobContext) -> bytes:
        context.progress(float("nan"))
        return b""

    shop.kind(beyond)
    shop.start(poll=0.02)
    assert shop.finished(shop.create()).state is State.FAILED


def test_that_the_last_attempt_at_a_job_runs_alone(shop: Shop) -> None:
    together: list[int] = []
    running = 0
    turn = threading.Lock()

    def count(claim: Claim, _context: JobContext) -> bytes:
        nonlocal running
        with turn:
            running += 1
        time.sleep(0.05)
        if claim.strikes == 2:
            together.append(running)
        with turn:
            running -= 1
        return b""

    shop.kind(count)
    made = [shop.create() for _ in range(6)]
    with shop.database.writing() as rows:
        rows.execute(sa.text("update jobs set strikes = 2 where id = :id"), {"id": made[3].id})
    shop.start(threads=3, poll=3600)
    for job in made:
        assert shop.finished(job).state is State.COMPLETE
    assert together == [1]


def test_that_a_worker_outlives_a_database_that_is_away(shop: Shop) -> None:
    shop.kind(lambda claim, _context: claim.input)
    shop.start(poll=0.02)
    with shop.database.writing() as rows:
        rows.execute(sa.text("alter table jobs rename to hidden"))
    time.sleep(0.2)
    with shop.database.writing() as rows:
        rows.execute(sa.text("alter table hidden rename to jobs"))
    assert shop.finished(shop.create(input=b"back")).result == b"back"
