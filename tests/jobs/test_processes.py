"""Workers as processes: several at once, killed, stopped, paused."""

import json
import os
import random
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from coreshed.jobs import Job, State
from coreshed.problems.kinds import StoreFailure
from coreshed.serving.worker import WORKER_ID, WorkerProcess, environment_of
from coreshed.settings import load
from tests.conftest import DatabaseUrls
from tests.jobs.program import COMMAND, Workshop, make_tables

ROOT = Path(__file__).parents[2]


class Site(Workshop):
    """The same queue in this process, and the workers that were started on it."""

    def __init__(self, database: str, data_dir: Path) -> None:
        super().__init__(load({"database": database, "data_dir": data_dir, "only": "worker"}, {}))
        make_tables(self.database)
        self.log = data_dir / "stderr"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, worker_id: str = "worker") -> "subprocess.Popen[bytes]":
        """A worker that is ready."""
        environment = {**os.environ, **environment_of(self.settings), WORKER_ID: worker_id}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, "--until-stdin-closes"],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.started.append(process)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 60)[0]
        assert process.stdout.readline() == b"ready worker\n"
        return process

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        self.close()

    def create(self, kind: str = "publish", **more: Any) -> Job:
        with self.database.writing() as rows:
            return self.jobs.create(rows, kind=kind, owner="test", **more)

    def get(self, job: Job) -> Job:
        with self.database.reading() as rows:
            return self.jobs.get(rows, job.id)

    def until(self, job: Job, condition: Callable[[Job], bool] = lambda job: job.finished) -> Job:
        """The job, once it is so; the test's time limit is the end of this."""
        while not condition(found := self.get(job)):
            time.sleep(0.005)
        return found

    def published(self) -> Counter[str]:
        with self.database.reading() as rows:
            return Counter(rows.execute(sa.text("select job_id from published")).scalars())

    def end_leases(self) -> None:
        """As if thirty seconds had passed."""
        with self.database.writing() as rows:
            rows.execute(sa.text("update jobs set lease_until_ns = 0 where state = 'processing'"))

    def pause_between_writes(self, process: "subprocess.Popen[bytes]") -> None:
        """Where a worker is stopped in the middle of a write to SQLite, nobody else can write."""
        while True:
            process.send_signal(signal.SIGSTOP)
            try:
                with self.database.writing():
                    return
            except StoreFailure:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.05)

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = self.log.read_text().split("\n")
        return [entry for line in lines if line.startswith("{") and (entry := json.loads(line))["event"] == event]


@pytest.fixture
def site(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Site]:
    made = Site(database_urls.main, tmp_path)
    yield made
    made.end()


def test_that_several_workers_publish_each_job_exactly_once(site: Site) -> None:
    workers = [site.start(f"worker-{number}") for number in range(3)]
    jobs = [site.create(serial=[None, "a", "b"][number % 3]) for number in range(60)]
    results = {site.until(job).result for job in jobs}
    assert site.published() == Counter({job.id: 1 for job in jobs})
    assert results <= {b"%d" % worker.pid for worker in workers}


@pytest.mark.slow
def test_that_no_kill_publishes_a_job_twice_or_loses_it(site: Site) -> None:
    """Twenty kills in mid-work, each noticed at once by whoever looks after the worker."""
    dice = random.Random(20)
    jobs: list[Job] = []
    for number in range(20):
        worker = site.start(f"worker-{number}")
        jobs += [site.create(input=b"0.05", serial=dice.choice([None, "a"])) for _ in range(3)]
        assert worker.stdin is not None
        os.write(worker.stdin.fileno(), b".")
        time.sleep(dice.uniform(0, 0.2))
        worker.kill()
        worker.wait()
        site.release_jobs(f"worker-{number}")
    site.start("last")
    ended = [site.until(job) for job in jobs]
    complete = {job.id for job in ended if job.state is State.COMPLETE}
    assert site.published() == Counter(dict.fromkeys(complete, 1))
    lost = [job for job in ended if job.id not in complete]
    assert all(job.strikes == 3 and job.problem is not None for job in lost)
    attempts = Counter(job.attempt for job in ended)
    print(f"{len(complete)} of {len(jobs)} jobs complete; by number of attempts: {sorted(attempts.items())}")
    assert max(attempts) > 1, "no kill met a job"


def test_that_a_killed_worker_s_job_is_another_s_once_its_lease_has_ended(site: Site) -> None:
    first = site.start("first")
    job = site.create(input=b"0.3")
    site.until(job, lambda job: job.worker_id == "first")
    first.kill()
    second = site.start("second")
    time.sleep(0.4)
    assert site.get(job).worker_id == "first"
    site.end_leases()
    assert site.until(job).result == b"%d" % second.pid
    assert site.published() == Counter({job.id: 1})


def test_that_a_paused_worker_publishes_nothing_after_its_lease(site: Site) -> None:
    paused = site.start("paused")
    job = site.create("mute")
    while not (site.settings.data_dir / "at").exists():
        time.sleep(0.005)
    site.pause_between_writes(paused)
    site.end_leases()
    (site.settings.data_dir / "go").touch()
    other = site.start("other")
    done = site.until(job)
    assert (done.attempt, done.result) == (2, b"%d" % other.pid)
    paused.send_signal(signal.SIGCONT)
    while not site.events("lease of a job lost"):
        time.sleep(0.01)
    assert site.get(job) == done
    assert site.published() == Counter({job.id: 1})


def test_that_a_worker_puts_a_long_job_back_on_sigterm(site: Site) -> None:
    worker = site.start()
    job = site.create(input=b"60")
    site.until(job, lambda job: job.state is State.PROCESSING)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert time.monotonic() - began < 10
    released = site.get(job)
    assert (released.state, released.attempt, released.worker_id) == (State.QUEUED, 1, None)
    assert site.published() == Counter()


def test_that_a_worker_finishes_a_short_job_on_sigterm(site: Site) -> None:
    worker = site.start()
    job = site.create(input=b"0.5")
    site.until(job, lambda job: job.state is State.PROCESSING)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert site.get(job).state is State.COMPLETE


def supervised(site: Site) -> WorkerProcess:
    """Its worker starts when there is a job, and never by itself."""
    settings = replace(site.settings, upkeep_interval=86_400.0)
    return WorkerProcess(settings, site, (*COMMAND, "--until-stdin-closes"), rest=86_400.0)


def test_that_a_worker_starts_with_the_first_job(site: Site) -> None:
    supervisor = supervised(site)
    try:
        time.sleep(1)
        assert supervisor.process_id is None
        assert site.until(site.create()).state is State.COMPLETE
    finally:
        supervisor.stop()


def test_that_a_job_that_was_left_over_starts_a_worker(site: Site) -> None:
    job = site.create()
    supervisor = supervised(site)
    try:
        assert site.until(job).state is State.COMPLETE
    finally:
        supervisor.stop()


def test_that_a_death_costs_about_a_second_and_not_a_lease(site: Site) -> None:
    supervisor = supervised(site)
    try:
        job = site.create(input=b"0.2")
        site.until(job, lambda job: job.state is State.PROCESSING)
        assert supervisor.process_id is not None
        os.kill(supervisor.process_id, signal.SIGKILL)
        began = time.monotonic()
        done = site.until(job)
        took = time.monotonic() - began
    finally:
        supervisor.stop()
    print(f"from the death of the worker to the end of its job: {took:.1f} s")
    assert (done.state, done.attempt) == (State.COMPLETE, 2)
    assert took < 20
    assert site.published() == Counter({job.id: 1})


def test_that_a_job_that_kills_its_worker_fails_and_what_ran_beside_it_does_not(site: Site) -> None:
    supervisor = supervised(site)
    try:
        with site.database.writing() as rows:  # together, so that they begin together
            beside = site.jobs.create(rows, kind="publish", owner="test", input=b"0.3")
            deadly = site.jobs.create(rows, kind="deadly", owner="test")
        assert site.until(deadly).strikes == 3
        assert site.until(beside).state is State.COMPLETE
    finally:
        supervisor.stop()
    assert site.get(deadly).state is State.FAILED
    assert site.published() == Counter({beside.id: 1})


def test_that_a_queued_job_starts_promptly_in_a_worker_that_is_woken(site: Site) -> None:
    supervisor = supervised(site)
    try:
        site.until(site.create("moment"))
        delays = []
        for _ in range(20):
            began = time.time_ns()
            result = site.until(site.create("moment")).result
            assert result is not None
            delays.append((int(result) - began) / 1e6)
    finally:
        supervisor.stop()
    print(f"from create to start in another process: {sorted(delays)[10]:.1f} ms, at most {max(delays):.1f} ms")
    assert sorted(delays)[10] < 200  # one that is not woken looks after 250 ms, 125 on average


def test_that_an_idle_worker_costs_next_to_nothing(site: Site) -> None:
    worker = site.start()
    time.sleep(1)
    before = _processor_seconds(worker.pid)
    time.sleep(5)
    share = (_processor_seconds(worker.pid) - before) / 5
    print(f"an idle worker takes {share:.2%} of a core")
    assert share < 0.05


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
