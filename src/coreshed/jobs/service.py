"""Jobs, as rooms and workers see them. Every method works in the caller's transaction (`rows`)."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError

from coreshed import ids, logs
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows, after_commit
from coreshed.jobs import ledger
from coreshed.jobs.model import (
    FINAL,
    LEASE_NS,
    LIFETIME_SECONDS,
    MOST_STRIKES,
    UPLOAD_WITHIN_NS,
    Claim,
    Fate,
    GaveUp,
    Job,
    JobKind,
    LeaseLost,
    NotUploaded,
    State,
    fate,
    pause_ns,
)
from coreshed.problems import InternalError, NotFound

log = logs.logger(__name__)
_FIRST_LOOK, _LONGEST_LOOK = 0.005, 0.1
_LIMIT = 1000
_DELETED_AT_ONCE = 500
_DELETION_PAUSE_NS = 3600 * NANOSECONDS


class Jobs:
    """The queue of one installation.

    Times are those of the database server on PostgreSQL, whose clients may disagree. A SQLite file belongs to one
    machine, so there it is the clock of that machine. lifetime: seconds for which finished jobs are kept. moment:
    another source of time, for tests.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lifetime: int = LIFETIME_SECONDS,
        moment: Callable[[Rows], int] | None = None,
    ) -> None:
        self.database = database
        self._lifetime_ns = lifetime * NANOSECONDS
        self._deleted_ns = 0  # when spent jobs were last looked for
        self._clock = clock
        self._moment = moment or (self._of_clock if database.is_sqlite else ledger.database_ns)
        self._kinds: dict[str, JobKind] = {}
        self._wakes: list[Callable[[], None]] = []

    def _of_clock(self, _rows: Rows) -> int:
        return self._clock.now_ns()

    # What the process is told at its start

    def register(self, kind: JobKind) -> None:
        """Have this process run jobs of a kind."""
        self._kinds[kind.name] = kind

    def kind(self, name: str) -> JobKind:
        """A registered kind. Raises KeyError."""
        return self._kinds[name]

    def on_queued(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from any thread, after every commit that leaves a job queued. It must not raise or block."""
        self._wakes.append(wake)

    # What rooms do

    def create(
        self,
        rows: Rows,
        *,
        kind: str,
        owner: str,
        input: bytes = b"",  # noqa: A002  (the column's name)
        waits_for_upload: bool = False,
        serial: str | None = None,
        job_id: str | None = None,
        principal_id: str | None = None,
        workspace_id: str | None = None,
    ) -> Job:
        """A new job: queued, or waiting for `queue` where something is to be uploaded first."""
        now_ns = self._moment(rows)
        state = State.WAITING_FOR_UPLOAD if waits_for_upload else State.QUEUED
        created = ledger.add(
            rows,
            **_new(kind, owner, job_id, now_ns),
            state=state,
            serial=serial,
            queued_ns=None if waits_for_upload else self._place(rows, serial, now_ns),
            principal_id=principal_id,
            workspace_id=workspace_id,
            input=input,
        )
        if not waits_for_upload:
            self._wake_after(rows)
        return created

    def create_complete(
        self,
        rows: Rows,
        *,
        kind: str,
        owner: str,
        result: bytes,
        job_id: str | None = None,
        principal_id: str | None = None,
        workspace_id: str | None = None,
    ) -> Job:
        """A job whose work the caller has done already, in this transaction."""
        now_ns = self._moment(rows)
        return ledger.add(
            rows,
            **_new(kind, owner, job_id, now_ns),
            state=State.COMPLETE,
            queued_ns=now_ns,
            finished_ns=now_ns,
            principal_id=principal_id,
            workspace_id=workspace_id,
            input=b"",
            result=result,
        )

    def queue(self, rows: Rows, job_id: str, *, input: bytes | None = None) -> bool:  # noqa: A002
        """What the job waited for is here. False where it does not wait, or no longer."""
        job = self.get(rows, job_id)
        now_ns = self._moment(rows)
        values: dict[str, Any] = {"queued_ns": self._place(rows, job.serial, now_ns), "not_before_ns": now_ns}
        if input is not None:
            values["input"] = input
        queued = ledger.change(rows, job_id, [State.WAITING_FOR_UPLOAD], state=State.QUEUED, **values)
        if queued:
            self._wake_after(rows)
        return queued

    def refuse(self, rows: Rows, job_id: str, problem: dict[str, Any]) -> bool:
        """Fail a job that no worker has yet. False where one has, or it has ended."""
        unclaimed = [State.WAITING_FOR_UPLOAD, State.QUEUED]
        refused = ledger.change(rows, job_id, unclaimed, **self._failed(self._moment(rows), problem))
        if refused:
            self._tell_failed(rows, job_id)
        return refused

    def get(self, rows: Rows, job_id: str) -> Job:
        """One job. Raises NotFound."""
        found = ledger.find(rows, job_id)
        if found is None:
            raise NotFound
        return found

    def find(
        self,
        rows: Rows,
        *,
        owner: str | None = None,
        kinds: Collection[str] | None = None,
        states: Collection[State] | None = None,
        limit: int = _LIMIT,
    ) -> list[Job]:
        """Jobs, the newest first; what is None asks nothing."""
        return ledger.search(rows, owner=owner, kinds=kinds, states=states, limit=limit)

    async def wait(self, job_id: str, timeout: float) -> Job:  # noqa: ASYNC109  (an answer, not an error, ends it)
        """The job once it is final, or as it is after `timeout` seconds. Raises NotFound."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + timeout, _FIRST_LOOK
        while True:
            state = await self.database.run(self._look, job_id)
            left = deadline - loop.time()
            if state is None or state in FINAL or left <= 0:
                return await self.database.run(self._read, job_id)
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_LOOK)

    def _look(self, job_id: str) -> State | None:
        with self.database.reading() as rows:
            return ledger.state_of(rows, job_id)

    def _read(self, job_id: str) -> Job:
        with self.database.reading() as rows:
            return self.get(rows, job_id)

    def _place(self, rows: Rows, serial: str | None, now_ns: int) -> int:
        """Behind every job of the serial that has not ended, also after the clock was set back."""
        return now_ns if serial is None else max(now_ns, ledger.newest_queued_ns(rows, serial) + 1)

    def _wake_after(self, rows: Rows) -> None:
        for wake in self._wakes:
            after_commit(rows, wake)

    # What workers do

    def anything_active(self, rows: Rows) -> bool:
        """True where a job is queued or being done, by whatever worker."""
        return ledger.anything_active(rows)

    def anything_due(self, rows: Rows) -> bool:
        """True where `claim` may find something. It only reads, so that idle workers disturb nobody."""
        active = bool(self._kinds) and ledger.anything_active(rows)
        return active and ledger.anything_due(rows, list(self._kinds), self._moment(rows))

    def claim(self, rows: Rows, worker_id: str, *, alone: bool = True) -> Claim | None:
        """The job that `worker_id` does next, leased for 30 s, or None.

        alone: whether the worker's process runs no other job; the last attempt at a job waits for that. Raises
        IntegrityError where another worker took a job of the same serial in the same moment: try again.
        """
        now_ns = self._moment(rows)
        ledger.shorten_leases(rows, now_ns)
        self._let_go(rows, ledger.lapsed(now_ns), now_ns)
        found = ledger.first_claimable(rows, list(self._kinds), now_ns)
        if found is None or (not alone and found[1] >= MOST_STRIKES - 1):
            return None
        return ledger.claim(rows, found[0], worker_id, now_ns)

    def renew(self, rows: Rows, claim: Claim) -> None:
        """Lease it for another 30 s. Raises LeaseLost."""
        self._write(rows, claim, lease_until_ns=self._moment(rows) + LEASE_NS)

    def note_progress(self, rows: Rows, claim: Claim, fraction: float) -> None:
        """How far it is, 0..1, and a renewal. Raises LeaseLost, ValueError for what is no fraction."""
        if not 0 <= fraction <= 1:
            raise ValueError(f"{fraction} is not a fraction of 1")
        self._write(rows, claim, progress=fraction, lease_until_ns=self._moment(rows) + LEASE_NS)

    def complete(self, rows: Rows, claim: Claim, result: bytes) -> None:
        """The job is done. Call it in the transaction of what it publishes: a stale worker publishes nothing.

        Raises LeaseLost.
        """
        now_ns = self._moment(rows)
        self._write(rows, claim, state=State.COMPLETE, finished_ns=now_ns, result=result, progress=1.0, **_NO_LEASE)

    def fail(self, rows: Rows, claim: Claim, problem: dict[str, Any]) -> None:
        """The job cannot be done. problem: {type, title, status, detail, ...}. Raises LeaseLost."""
        self._write(rows, claim, **self._failed(self._moment(rows), problem))

    def end_attempt(self, rows: Rows, claim: Claim, error: Exception) -> Fate:
        """What `run` raised fails the job, or puts it back into the queue. Raises LeaseLost."""
        now_ns = self._moment(rows)
        decided = fate(error, self.kind(claim.kind), queued_ns=claim.queued_ns, now_ns=now_ns)
        if decided is Fate.FAIL:
            self.fail(rows, claim, self._problem(claim.kind, error))
        elif decided is Fate.RETRY:
            self._write(rows, claim, **_queued(now_ns + pause_ns(claim.attempt)))
        else:
            self._write(rows, claim, **self._struck(claim, now_ns, now_ns + pause_ns(claim.attempt)))
        return decided

    def release(self, rows: Rows, worker_id: str) -> int:
        """Put back what a worker had that ended or is about to; the number of these jobs."""
        # A transaction of the worker that is still open, be it because its death has not been noticed, is waited for.
        return self._let_go(rows, ledger.held_by(worker_id), self._moment(rows), waits=True)

    # What upkeep does

    def expire(self, rows: Rows) -> int:
        """Fail jobs that have waited for an upload for a day; their number."""
        now_ns = self._moment(rows)
        found = ledger.lock(rows, ledger.waiting_since(now_ns - UPLOAD_WITHIN_NS, list(self._kinds)))
        for job in found:
            self.refuse(rows, job.id, self._problem(job.kind, NotUploaded()))
        return len(found)

    def upkeep(self) -> None:
        """A round of what is not urgent; old jobs go once in an hour."""
        with self.database.writing() as rows:
            self.expire(rows)
            now_ns = self._moment(rows)
        if abs(now_ns - self._deleted_ns) >= _DELETION_PAUSE_NS:
            self._deleted_ns = now_ns
            self.delete_spent(before_ns=now_ns - self._lifetime_ns)

    def delete_spent(self, *, before_ns: int) -> int:
        """Delete jobs that ended before a moment and are of no more use, in transactions of its own; their number."""
        kinds = [name for name, kind in self._kinds.items() if kind.is_spent is not None]
        after, deleted = (0, ""), 0
        while True:
            with self.database.writing() as rows:
                found = ledger.finished(rows, kinds, before_ns=before_ns, after=after, limit=_DELETED_AT_ONCE)
                spent = [job.id for job in found if self._is_spent(rows, job)]
                ledger.delete_jobs(rows, spent)
            deleted += len(spent)
            if len(found) < _DELETED_AT_ONCE:
                return deleted
            after = (found[-1].finished_ns or 0, found[-1].id)

    def _is_spent(self, rows: Rows, job: Job) -> bool:
        asked = self._kinds[job.kind].is_spent
        return asked is not None and asked(rows, job)

    def standing(self, rows: Rows, workspace_ids: Collection[str]) -> dict[State, int]:
        """How many jobs of these workspaces there are in each state, those that have ended until they are forgotten."""
        found = dict.fromkeys(State, 0)
        for workspace_id, state, number in ledger.count_by_workspace(rows):
            if workspace_id in workspace_ids:
                found[State(state)] += number
        return found

    def census(self) -> tuple[dict[tuple[str, str], int], float]:
        """(kind, state) -> number of jobs, and the age in seconds of the oldest queued one, 0 where there is none."""
        with self.database.reading() as rows:
            oldest = ledger.oldest_queued_ns(rows)
            age = 0.0 if oldest is None else max(self._moment(rows) - oldest, 0) / NANOSECONDS
            return ledger.count(rows), age

    def _let_go(self, rows: Rows, which: ColumnElement[bool], now_ns: int, *, waits: bool = False) -> int:
        found = ledger.lock(rows, which, waits=waits)
        for job in found:
            values = self._struck(job, now_ns, now_ns)
            ledger.change(rows, job.id, [State.PROCESSING], **values)
            state = str(values["state"])
            if values["state"] is State.FAILED:
                self._tell_failed(rows, job.id)
            log.warning("job without its worker", job_id=job.id, kind=job.kind, attempt=job.attempt, state=state)
        if found:
            self._wake_after(rows)
        return len(found)

    def _struck(self, job: Job | Claim, now_ns: int, not_before_ns: int) -> dict[str, Any]:
        """An attempt ended without a result: back into the queue, or the end of the job."""
        strikes = job.strikes + 1
        if strikes < MOST_STRIKES:
            return {"strikes": strikes, **_queued(not_before_ns)}
        return {"strikes": strikes, **self._failed(now_ns, self._problem(job.kind, GaveUp()))}

    def _write(self, rows: Rows, claim: Claim, **values: Any) -> None:
        if not ledger.write_as(rows, claim, **values):
            raise LeaseLost(f"attempt {claim.attempt} at job {claim.id}")
        if values.get("state") is State.FAILED:
            self._tell_failed(rows, claim.id)

    def _tell_failed(self, rows: Rows, job_id: str) -> None:
        job = self.get(rows, job_id)
        known = self._kinds.get(job.kind)
        if known is None or known.on_failed is None:
            return
        try:
            known.on_failed(rows, job)
        except SQLAlchemyError:
            raise  # the transaction is of no use any more
        except Exception:
            # A defect in one kind must not keep a job from ending, and with it every other one from being claimed.
            log.exception("failure of a job not told", job_id=job.id, kind=job.kind)

    def _failed(self, now_ns: int, problem: dict[str, Any]) -> dict[str, Any]:
        text = msgspec.json.encode(problem).decode()
        return {"state": State.FAILED, "finished_ns": now_ns, "problem": text, **_NO_LEASE}

    def _problem(self, kind: str, error: Exception) -> dict[str, Any]:
        """In the words of the kind; where it has none for the error, as for a defect."""
        known = self._kinds.get(kind)
        if known is not None:
            for each in (error, InternalError()):
                try:
                    described = known.problem_of(each)
                    msgspec.json.encode(described)
                except Exception:
                    log.exception("problem of a job not described", kind=kind)
                else:
                    return described
        return {"type": "about:blank", "title": "Internal Error", "status": 500, "detail": InternalError.sentence}


_NO_LEASE: dict[str, Any] = {"worker_id": None, "lease_until_ns": None}


def _queued(not_before_ns: int) -> dict[str, Any]:
    return {"state": State.QUEUED, "not_before_ns": not_before_ns, "progress": None, **_NO_LEASE}


def _new(kind: str, owner: str, job_id: str | None, now_ns: int) -> dict[str, Any]:
    values = {"id": job_id or ids.new_id(), "kind": kind, "owner": owner, "attempt": 0, "strikes": 0}
    return {**values, "created_ns": now_ns, "not_before_ns": now_ns}
