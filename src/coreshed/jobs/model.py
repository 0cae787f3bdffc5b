"""What a job is, and what a room registers to have its jobs run."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.problems import BadRequest, InternalError, Problem, StoreFailure

LEASE_NS = 30 * NANOSECONDS
# Attempts that may end without a result. The last one runs alone in its process, so that a job which kills its worker
# is told from those that ran beside it.
MOST_STRIKES = 3
# As long after it was queued, a job whose database or store is away is tried again without a strike.
PATIENCE_NS = 3600 * NANOSECONDS
_FIRST_PAUSE_NS = NANOSECONDS // 2
LONGEST_PAUSE_NS = 60 * NANOSECONDS
UPLOAD_WITHIN_NS = 24 * 3600 * NANOSECONDS
LIFETIME_SECONDS = 90 * 86400
"""How long a finished job is kept that is of no more use, unless settings say otherwise."""


class State(StrEnum):
    """Where a job stands. The last two are final."""

    WAITING_FOR_UPLOAD = "waiting-for-upload"
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETE = "complete"
    FAILED = "failed"


FINAL = frozenset({State.COMPLETE, State.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the table. progress: 0..1, None where its kind reports none. problem: of a failed one, as JSON.

    input and result are the room's own bytes; times are nanoseconds.
    """

    id: str
    kind: str
    owner: str
    serial: str | None
    state: State
    attempt: int
    strikes: int
    worker_id: str | None
    lease_until_ns: int | None
    not_before_ns: int
    created_ns: int
    queued_ns: int | None
    finished_ns: int | None
    principal_id: str | None
    workspace_id: str | None
    input: bytes
    result: bytes | None
    problem: dict[str, Any] | None
    progress: float | None

    @property
    def finished(self) -> bool:
        """True once nothing about it changes any more."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attempt at a job by one worker. Whatever the worker writes is fenced by `attempt`."""

    id: str
    kind: str
    owner: str
    serial: str | None
    attempt: int
    strikes: int
    worker_id: str
    queued_ns: int
    principal_id: str | None
    workspace_id: str | None
    input: bytes

    @property
    def last(self) -> bool:
        """True where one more strike ends the job."""
        return self.strikes >= MOST_STRIKES - 1


class LeaseLost(Exception):
    """The job is another worker's by now, or has ended: what this one has made is of no use."""


class GaveUp(InternalError):
    """Every attempt at a job ended without a result."""

    sentence = "The job ended unexpectedly several times and is not tried again. The operator finds causes in the log."


class NotUploaded(BadRequest):
    """What a job waited for was not uploaded in time."""

    sentence = "Nothing was uploaded for this job within 24 hours."


class JobContext(Protocol):
    """What a running job may ask of its worker."""

    def progress(self, fraction: float) -> None:
        """Note how far the job is, 0..1; call it as often as convenient. Raises LeaseLost."""
        ...

    def check(self) -> None:
        """Raise LeaseLost where going on is of no use. Costs nothing."""
        ...


def is_refusal(error: Exception) -> bool:
    """True for what no further attempt would change: every Problem but a failure of the server's own."""
    return isinstance(error, Problem) and not isinstance(error, StoreFailure | InternalError)


@dataclass(frozen=True, slots=True)
class JobKind:
    """How the jobs of one kind are run.

    run: called outside of transactions, in a thread. It either returns the result, or publishes with `Jobs.complete` in
    the transaction of what it publishes and returns None. problem_of: the problem of a failed job as a JSON object
    {type, title, status, detail, ...}, of whatever `run` raised, of GaveUp or of NotUploaded. is_final: True for what
    fails the job at once. is_spent: True for a finished job that nobody needs any more, so that it is deleted once it
    is old; None where all of them are kept. on_failed: told of a job that has failed for good, whatever
    ended it, in the transaction that says so.
    """

    name: str
    run: Callable[[Claim, JobContext], bytes | None]
    problem_of: Callable[[Exception], dict[str, Any]]
    is_final: Callable[[Exception], bool] = is_refusal
    is_spent: Callable[[Rows, Job], bool] | None = None
    on_failed: Callable[[Rows, Job], None] | None = None


class Fate(StrEnum):
    """What becomes of a job whose attempt raised."""

    FAIL = "fail"
    STRIKE = "strike"
    RETRY = "retry"


def fate(error: Exception, kind: JobKind, *, queued_ns: int, now_ns: int) -> Fate:
    """Final errors fail the job, what is away is waited for, anything else is a defect and counts."""
    if kind.is_final(error):
        return Fate.FAIL
    # StoreFailure is an OSError.
    if isinstance(error, OSError) and now_ns - queued_ns < PATIENCE_NS:
        return Fate.RETRY
    return Fate.STRIKE


def pause_ns(attempt: int) -> int:
    """How long after its attempt-th claim (from 1 on) a job waits: doubled every time, from 0.5 s to 60 s."""
    return min(_FIRST_PAUSE_NS << min(attempt - 1, 16), LONGEST_PAUSE_NS)
