"""Any sequence of calls against a model of a few lines: what is claimed, by whom, and what becomes of it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from coreshed.jobs import Claim, LeaseLost, State
from coreshed.jobs.model import LEASE_NS, LONGEST_PAUSE_NS, pause_ns
from coreshed.problems import BadRequest, StoreFailure
from tests.jobs.conftest import Queue

HOUR = 3600 * 10**9
WORKERS = st.sampled_from(["worker-1", "worker-2"])
ERRORS = st.sampled_from([BadRequest("no"), StoreFailure(), ZeroDivisionError()])


@dataclass
class Expected:
    serial: str | None
    created_ns: int
    state: State = State.QUEUED
    queued_ns: int = 0
    attempt: int = 0
    strikes: int = 0
    not_before_ns: int = 0
    lease_until_ns: int = 0
    worker_id: str | None = None
    claims: list[Claim] = field(default_factory=list)

    def strike(self, not_before_ns: int) -> None:
        self.strikes += 1
        self.state = State.QUEUED if self.strikes < 3 else State.FAILED
        if self.state is State.QUEUED:
            self.not_before_ns = not_before_ns


class Machine(RuleBasedStateMachine):
    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.queue = queue
        self.jobs: dict[str, Expected] = {}
        self.claims: list[Claim] = []
        with queue.database.writing() as rows:
            rows.execute(sa.text("delete from jobs"))

    @property
    def now_ns(self) -> int:
        return self.queue.clock.now_ns()

    def place(self, serial: str | None) -> int:
        active = (State.QUEUED, State.PROCESSING)
        same = [each for each in self.jobs.values() if serial and each.serial == serial and each.state in active]
        newest = max((each.queued_ns for each in same), default=0)
        return max(self.now_ns, newest + 1) if serial else self.now_ns

    @rule(serial=st.sampled_from([None, "a", "b"]), waits=st.booleans())
    def create(self, serial: str | None, waits: bool) -> None:
        expected = Expected(serial, self.now_ns, not_before_ns=self.now_ns)
        if waits:
            expected.state = State.WAITING_FOR_UPLOAD
        else:
            expected.queued_ns = self.place(serial)
        # Jobs of one moment are done in the order of their ids: random ones would make a run differ from its replay.
        job_id = f"{len(self.jobs):08x}-0000-4000-8000-000000000000"
        assert self.queue.create(serial=serial, waits_for_upload=waits, job_id=job_id).id == job_id
        self.jobs[job_id] = expected

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def upload(self, data: Any) -> None:
        job_id = data.draw(st.sampled_from(list(self.jobs)))
        expected = self.jobs[job_id]
        place = self.place(expected.serial)
        with self.queue.database.writing() as rows:
            queued = self.queue.jobs.queue(rows, job_id)
        assert queued == (expected.state is State.WAITING_FOR_UPLOAD)
        if queued:
            expected.state, expected.queued_ns, expected.not_before_ns = State.QUEUED, place, self.now_ns

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def refuse(self, data: Any) -> None:
        job_id = data.draw(st.sampled_from(list(self.jobs)))
        expected = self.jobs[job_id]
        with self.queue.database.writing() as rows:
            refused = self.queue.jobs.refuse(rows, job_id, {"status": 409})
        assert refused == (expected.state in {State.WAITING_FOR_UPLOAD, State.QUEUED})
        if refused:
            expected.state = State.FAILED

    @rule(worker_id=WORKERS, alone=st.booleans())
    def claim(self, worker_id: str, alone: bool) -> None:
        with self.queue.database.reading() as rows:
            due = self.queue.jobs.anything_due(rows)
        claim = self.queue.claim(worker_id, alone=alone)
        for expected in self.jobs.values():
            if expected.state is State.PROCESSING:
                expected.lease_until_ns = min(expected.lease_until_ns, self.now_ns + LEASE_NS)
                if expected.lease_until_ns <= self.now_ns:
                    expected.strike(self.now_ns)
        wanted = min(self.claimable(), default=None)
        if wanted is not None and self.jobs[wanted[1]].strikes == 2 and not alone:
            wanted = None
        assert (claim and claim.id) == (wanted and wanted[1])
        if claim is not None:
            assert due
            expected = self.jobs[claim.id]
            expected.state, expected.worker_id = State.PROCESSING, worker_id
            expected.lease_until_ns = self.now_ns + LEASE_NS
            expected.attempt += 1
            expected.claims.append(claim)
            self.claims.append(claim)

    def claimable(self) -> list[tuple[int, str]]:
        found = []
        for job_id, each in self.jobs.items():
            key = each.queued_ns, job_id
            due = not self.now_ns < each.not_before_ns <= self.now_ns + LONGEST_PAUSE_NS
            before = [
                other
                for other_id, other in self.jobs.items()
                if each.serial is not None
                and other.serial == each.serial
                and (
                    other.state is State.PROCESSING
                    or (other.state is State.QUEUED and (other.queued_ns, other_id) < key)
                )
            ]
            if each.state is State.QUEUED and due and not before:
                found.append(key)
        return found

    def held(self, claim: Claim) -> Expected | None:
        """What is expected of the job, None where the claim is not the one that holds it."""
        expected = self.jobs[claim.id]
        return expected if expected.state is State.PROCESSING and expected.attempt == claim.attempt else None

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def complete(self, data: Any) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        expected = self.held(claim)
        if expected is None:
            with pytest.raises(LeaseLost):
                self.queue.complete(claim)
        else:
            self.queue.complete(claim, b"%d" % claim.attempt)
            expected.state = State.COMPLETE

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), error=ERRORS)
    def end_attempt(self, data: Any, error: Exception) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        expected = self.held(claim)
        if expected is None:
            with pytest.raises(LeaseLost):
                self.queue.end_attempt(claim, error)
            return
        self.queue.end_attempt(claim, error)
        later = self.now_ns + pause_ns(claim.attempt)
        if isinstance(error, BadRequest):
            expected.state = State.FAILED
        elif isinstance(error, StoreFailure) and self.now_ns - expected.queued_ns < HOUR:
            expected.state, expected.not_before_ns = State.QUEUED, later
        else:
            expected.strike(later)

    @rule(worker_id=WORKERS)
    def release(self, worker_id: str) -> None:
        held = [each for each in self.jobs.values() if each.state is State.PROCESSING and each.worker_id == worker_id]
        assert self.queue.release(worker_id) == len(held)
        for expected in held:
            expected.strike(self.now_ns)

    @rule(seconds=st.sampled_from([1e-9, 0.5, 1, 10, 29, 30, 60, 3600, 25 * 3600, -1, -3600]))
    def let_time_pass(self, seconds: float) -> None:
        self.queue.clock.advance(seconds) if seconds != 1e-9 else self.queue.clock.advance(ns=1)

    @rule()
    def expire(self) -> None:
        with self.queue.database.writing() as rows:
            self.queue.jobs.expire(rows)
        for expected in self.jobs.values():
            if expected.state is State.WAITING_FOR_UPLOAD and expected.created_ns < self.now_ns - 24 * HOUR:
                expected.state = State.FAILED

    @invariant()
    def every_job_is_as_expected(self) -> None:
        with self.queue.database.reading() as rows:
            found = {job.id: job for job in self.queue.jobs.find(rows)}
        assert found.keys() == self.jobs.keys()
        processing = [job.serial for job in found.values() if job.serial and job.state is State.PROCESSING]
        assert len(set(processing)) == len(processing)
        for job_id, expected in self.jobs.items():
            job = found[job_id]
            assert (job.state, job.attempt, job.strikes) == (expected.state, expected.attempt, expected.strikes)
            assert (job.not_before_ns, job.queued_ns or 0) == (expected.not_before_ns, expected.queued_ns)
            assert (job.finished_ns is not None) == (job.problem is not None or job.result is not None) == job.finished
            assert (job.lease_until_ns is not None) == (job.worker_id is not None) == (job.state is State.PROCESSING)
            if job.state is State.COMPLETE:
                assert job.result == b"%d" % expected.attempt


def test_that_the_queue_does_what_its_model_does(queue: Queue, backend: str) -> None:
    examples = settings(max_examples=150 if backend == "sqlite" else 20, stateful_step_count=40)
    run_state_machine_as_test(lambda: Machine(queue), settings=examples)
