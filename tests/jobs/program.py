"""A worker process around a few kinds of jobs: `coreshed serve --only worker` with these instead of a server's own.

publish: waits for the seconds in its input, notes itself in the table `published` in the transaction that completes
it. deadly: ends its process. mute: as publish, with a stop in between until DATA/go exists, after making DATA/at.
moment: the time at which it began, ns.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from coreshed import logs
from coreshed.clock import SystemClock
from coreshed.database import Database
from coreshed.jobs import Claim, JobContext, JobKind, Jobs, JobWorker
from coreshed.origins import Origins
from coreshed.serving import server
from coreshed.settings import Settings, load
from tests.jobs.conftest import problem_of

COMMAND = (sys.executable, "-m", "tests.jobs.program")
NOTE = sa.text("insert into published (job_id, attempt, at_ns) values (:job_id, :attempt, :at_ns)")


def make_tables(database: Database) -> None:
    """What the kinds write to; the same job twice is not refused, so that a test can find it."""
    with database.writing() as rows:
        rows.execute(sa.text("create table published (job_id text, attempt integer, at_ns bigint)"))


class Workshop:
    """The application of this program."""

    def __init__(self, settings: Settings, _origins: Origins | None = None) -> None:
        self.settings = settings
        self.database = Database(settings.database)
        self.jobs = Jobs(self.database, SystemClock())
        for run in (self.publish, self.deadly, self.mute, self.moment):
            self.jobs.register(JobKind(run.__name__, run, problem_of))

    def publish(self, claim: Claim, context: JobContext) -> None:
        until = time.monotonic() + float(claim.input or b"0")
        while (left := until - time.monotonic()) > 0:
            context.check()
            time.sleep(min(left, 0.05))
        with self.database.writing() as rows:
            rows.execute(NOTE, {"job_id": claim.id, "attempt": claim.attempt, "at_ns": time.time_ns()})
            self.jobs.complete(rows, claim, b"%d" % os.getpid())

    def deadly(self, _claim: Claim, _context: JobContext) -> None:
        os._exit(9)

    def mute(self, claim: Claim, context: JobContext) -> None:
        (self.settings.data_dir / "at").touch()
        while not (self.settings.data_dir / "go").exists():
            time.sleep(0.01)
        self.publish(claim, context)

    def moment(self, _claim: Claim, _context: JobContext) -> bytes:
        return b"%d" % time.time_ns()

    def upkeep_round(self) -> None:
        self.jobs.upkeep()

    def start_jobs(self, worker_id: str) -> JobWorker:
        return JobWorker(self.jobs, threads=self.settings.job_threads, worker_id=worker_id).start()

    def release_jobs(self, worker_id: str) -> None:
        with self.database.writing() as rows:
            self.jobs.release(rows, worker_id)

    def has_jobs(self) -> bool:
        with self.database.reading() as rows:
            return self.jobs.anything_active(rows)

    def on_queued(self, wake: Callable[[], None]) -> None:
        self.jobs.on_queued(wake)

    def close(self) -> None:
        self.database.close()


def main() -> None:
    settings = load({"only": "worker"})
    logs.configure("info")
    server.run_worker(settings, Workshop, until_stdin_closes="--until-stdin-closes" in sys.argv)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
