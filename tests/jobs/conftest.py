"""A queue over both databases, whose time the tests move."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from coreshed.database import Database
from coreshed.jobs import Claim, Job, JobContext, JobKind, Jobs, State
from coreshed.testing import ManualClock
from tests.conftest import Databases
from tests.server import server

__all__ = ["server"]


def problem_of(error: Exception) -> dict[str, Any]:
    detail = getattr(error, "detail", str(error))
    return {"type": f"/errors/{type(error).__name__}", "title": "Error", "status": 500, "detail": detail}


def echo(claim: Claim, _context: JobContext) -> bytes:
    return claim.input


@dataclass
class Queue:
    """One service and short ways to call it, each in a transaction of its own."""

    database: Database
    clock: ManualClock = field(default_factory=ManualClock)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.database, self.clock, moment=lambda _rows: self.clock.now_ns())
        self.jobs.register(JobKind("echo", echo, problem_of))

    def create(self, kind: str = "echo", owner: str = "test", **more: Any) -> Job:
        with self.database.writing() as rows:
            return self.jobs.create(rows, kind=kind, owner=owner, **more)

    def claim(self, worker_id: str = "worker", *, alone: bool = True) -> Claim | None:
        with self.database.writing() as rows:
            return self.jobs.claim(rows, worker_id, alone=alone)

    def claimed(self, worker_id: str = "worker", *, alone: bool = True) -> Claim:
        found = self.claim(worker_id, alone=alone)
        assert found is not None
        return found

    def complete(self, claim: Claim, result: bytes = b"done") -> None:
        with self.database.writing() as rows:
            self.jobs.complete(rows, claim, result)

    def end_attempt(self, claim: Claim, error: Exception) -> str:
        with self.database.writing() as rows:
            return str(self.jobs.end_attempt(rows, claim, error))

    def release(self, worker_id: str) -> int:
        with self.database.writing() as rows:
            return self.jobs.release(rows, worker_id)

    def get(self, job: Job | Claim) -> Job:
        with self.database.reading() as rows:
            return self.jobs.get(rows, job.id)

    def state(self, job: Job | Claim) -> State:
        return self.get(job).state


@pytest.fixture
def queue(databases: Databases) -> Queue:
    """An empty queue that runs jobs of the kind `echo`."""
    return Queue(databases.main)
