"""What becomes of a job, one call at a time."""

import pytest

from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.jobs import Job, JobKind, LeaseLost, State
from coreshed.problems import BadRequest, InternalError, NotFound, StoreFailure
from tests.jobs.conftest import Queue, echo, problem_of


def test_that_a_new_job_is_queued_with_what_its_room_gave(queue: Queue) -> None:
    job = queue.create(owner="block-model:1", input=b"\x00\xff", serial="s", principal_id="p", workspace_id="w")
    assert queue.get(job) == job
    assert (job.state, job.owner, job.input, job.serial) == (State.QUEUED, "block-model:1", b"\x00\xff", "s")
    assert (job.principal_id, job.workspace_id, job.attempt, job.progress) == ("p", "w", 0, None)
    assert job.created_ns == job.queued_ns == queue.clock.now_ns()


def test_that_a_job_is_claimed_once_and_completed_with_its_result(queue: Queue) -> None:
    job = queue.create(input=b"in")
    claim = queue.claimed("worker-1")
    assert (claim.id, claim.input, claim.attempt, claim.worker_id) == (job.id, b"in", 1, "worker-1")
    assert queue.claim("worker-2") is None
    assert queue.state(job) is State.PROCESSING
    queue.clock.advance(1)
    queue.complete(claim, b"out")
    done = queue.get(job)
    assert (done.state, done.result, done.progress, done.worker_id) == (State.COMPLETE, b"out", 1.0, None)
    assert done.finished_ns == queue.clock.now_ns()


def test_that_jobs_are_claimed_in_the_order_of_queueing(queue: Queue) -> None:
    made = []
    for _ in range(5):
        made.append(queue.create().id)
        queue.clock.advance(ns=1)
    assert [queue.claimed().id for _ in range(5)] == made


def test_that_a_job_of_an_unregistered_kind_is_left_alone(queue: Queue) -> None:
    queue.create(kind="of a newer program")
    assert queue.claim() is None


def test_that_a_job_waits_for_its_upload_and_is_queued_once(queue: Queue) -> None:
    job = queue.create(waits_for_upload=True)
    assert (job.state, job.queued_ns, queue.claim()) == (State.WAITING_FOR_UPLOAD, None, None)
    with queue.database.writing() as rows:
        assert queue.jobs.queue(rows, job.id, input=b"new")
        assert not queue.jobs.queue(rows, job.id)
    assert queue.claimed().input == b"new"


def test_that_an_unknown_job_is_not_found(queue: Queue) -> None:
    with pytest.raises(NotFound), queue.database.writing() as rows:
        queue.jobs.queue(rows, "11111111-1111-4111-8111-111111111111")


def test_that_an_expired_lease_is_another_workers_and_the_first_writes_nothing_any_more(queue: Queue) -> None:
    job = queue.create()
    first = queue.claimed("worker-1")
    queue.clock.advance(30)
    second = queue.claimed("worker-2")
    assert (second.id, second.attempt) == (job.id, 2)
    with queue.database.writing() as rows:
        for write in (
            lambda: queue.jobs.complete(rows, first, b"stale"),
            lambda: queue.jobs.fail(rows, first, {}),
            lambda: queue.jobs.renew(rows, first),
            lambda: queue.jobs.note_progress(rows, first, 0.5),
            lambda: queue.jobs.end_attempt(rows, first, InternalError()),
        ):
            with pytest.raises(LeaseLost):
                write()
    queue.complete(second)
    with pytest.raises(LeaseLost):
        queue.complete(second)


def test_that_a_renewed_lease_lasts(queue: Queue) -> None:
    queue.create()
    claim = queue.claimed()
    for _ in range(4):
        queue.clock.advance(29)
        with queue.database.writing() as rows:
            queue.jobs.renew(rows, claim)
        assert queue.claim("another") is None
    queue.complete(claim)


def test_that_three_lost_leases_fail_the_job_in_the_words_of_its_kind(queue: Queue) -> None:
    job = queue.create()
    for attempt in (1, 2, 3):
        assert queue.claimed().attempt == attempt
        queue.clock.advance(30)
    assert queue.claim() is None
    failed = queue.get(job)
    assert failed.state is State.FAILED
    assert failed.problem is not None
    assert failed.problem["type"] == "/errors/GaveUp"


def told(queue: Queue, seen: list[Job]) -> None:
    def on_failed(_rows: Rows, job: Job) -> None:
        seen.append(job)
        if job.input == b"awkward":
            raise ValueError("a defect")

    queue.jobs.register(JobKind("echo", echo, problem_of, on_failed=on_failed))


def test_that_a_kind_is_told_of_a_job_that_was_given_up(queue: Queue) -> None:
    seen: list[Job] = []
    told(queue, seen)
    job = queue.create()
    for _ in range(3):
        queue.claimed()
        assert seen == []
        queue.clock.advance(30)
    assert queue.claim() is None
    assert seen == [queue.get(job)]
    assert seen[0].state is State.FAILED


def test_that_a_kind_is_told_once_of_a_refusal_and_of_what_was_never_uploaded(queue: Queue) -> None:
    seen: list[Job] = []
    told(queue, seen)
    refused = queue.create()
    queue.end_attempt(queue.claimed(), BadRequest("Update file not found."))
    waiting = queue.create(waits_for_upload=True)
    for _ in range(2):
        with queue.database.writing() as rows:
            queue.jobs.refuse(rows, waiting.id, {"title": "Error"})
    assert [each.id for each in seen] == [refused.id, waiting.id]


def test_that_a_defect_in_the_telling_keeps_no_job_from_ending(queue: Queue) -> None:
    told(queue, [])
    job = queue.create(input=b"awkward")
    for _ in range(3):
        queue.claimed()
        queue.clock.advance(30)
    following = queue.create()
    assert queue.claimed().id == following.id
    assert queue.state(job) is State.FAILED


def test_that_a_refusal_fails_the_job_at_once(queue: Queue) -> None:
    job = queue.create()
    assert queue.end_attempt(queue.claimed(), BadRequest("Update file not found.")) == "fail"
    assert queue.get(job).problem == {
        "type": "/errors/BadRequest",
        "title": "Error",
        "status": 500,
        "detail": "Update file not found.",
    }


def test_that_a_store_that_is_away_is_waited_for_ever_longer_without_a_strike(queue: Queue) -> None:
    job = queue.create()
    pauses = []
    for _ in range(9):
        assert queue.end_attempt(queue.claimed(), StoreFailure()) == "retry"
        waiting = queue.get(job)
        pauses.append((waiting.not_before_ns - queue.clock.now_ns()) / NANOSECONDS)
        assert queue.claim() is None
        queue.clock.set_ns(waiting.not_before_ns)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert queue.get(job).strikes == 0


def test_that_a_store_that_is_away_for_an_hour_counts(queue: Queue) -> None:
    job = queue.create()
    queue.clock.advance(3600)
    fates = []
    for _ in range(3):
        fates.append(queue.end_attempt(queue.claimed(), StoreFailure()))
        queue.clock.advance(60)
    assert fates == ["strike", "strike", "strike"]
    assert queue.state(job) is State.FAILED


def test_that_a_defect_is_tried_three_times(queue: Queue) -> None:
    job = queue.create()
    for _ in range(3):
        queue.end_attempt(queue.claimed(), ZeroDivisionError())
        queue.clock.advance(60)
    failed = queue.get(job)
    assert (failed.state, failed.attempt) == (State.FAILED, 3)
    assert queue.claim() is None


def test_that_a_problem_that_cannot_be_described_does_not_keep_the_job_alive(queue: Queue) -> None:
    def undescribed(error: Exception) -> dict[str, object]:
        if isinstance(error, BadRequest):
            return {"detail": error}  # no JSON
        return {"status": 500, "detail": "described"}

    queue.jobs.register(JobKind("odd", echo, undescribed))
    job = queue.create("odd")
    queue.end_attempt(queue.claimed(), BadRequest("no"))
    assert queue.get(job).problem == {"status": 500, "detail": "described"}


def test_that_a_job_that_nobody_has_yet_can_be_refused(queue: Queue) -> None:
    waiting, queued, taken = queue.create(waits_for_upload=True), queue.create("other"), queue.create()
    claim = queue.claimed()
    with queue.database.writing() as rows:
        refused = [queue.jobs.refuse(rows, job.id, {"status": 409}) for job in (waiting, queued, taken, waiting)]
    assert refused == [True, True, False, False]
    assert queue.get(waiting).problem == queue.get(queued).problem == {"status": 409}
    queue.complete(claim)


def test_that_work_that_is_done_already_is_a_complete_job(queue: Queue) -> None:
    job_id = "0c5d9d0e-7c3a-4b0e-9d8e-2b6f1a7c4e11"
    with queue.database.writing() as rows:
        made = queue.jobs.create_complete(rows, kind="echo", owner="block-model:1", result=b"v1", job_id=job_id)
    assert queue.claim() is None
    found = queue.get(made)
    assert found == made
    assert (found.id, found.state, found.result, found.attempt) == (job_id, State.COMPLETE, b"v1", 0)
    assert found.finished_ns == queue.clock.now_ns()


def test_that_jobs_are_found_by_owner_kind_and_state_the_newest_first(queue: Queue) -> None:
    made = []
    for owner, kind in (("a", "echo"), ("b", "echo"), ("a", "other"), ("a", "echo")):
        made.append(queue.create(kind, owner).id)
        queue.clock.advance(1)
    claim = queue.claimed()
    assert claim.id == made[0]
    with queue.database.reading() as rows:

        def found(**wanted: object) -> list[str]:
            return [job.id for job in queue.jobs.find(rows, **wanted)]  # type: ignore[arg-type]

        assert found() == made[::-1]
        assert found(owner="a") == [made[3], made[2], made[0]]
        assert found(owner="a", kinds=["echo"]) == [made[3], made[0]]
        assert found(states=[State.PROCESSING, State.COMPLETE]) == [made[0]]
        assert found(limit=1) == [made[3]]
        assert found(owner="c") == found(states=[]) == []


def test_that_the_census_counts_by_kind_and_state(queue: Queue) -> None:
    assert queue.jobs.census() == ({}, 0.0)
    queue.create()
    queue.claimed()
    queue.create()
    queue.clock.advance(2.5)
    queue.create()
    queue.create(waits_for_upload=True)
    counted, oldest = queue.jobs.census()
    assert counted == {("echo", "processing"): 1, ("echo", "queued"): 2, ("echo", "waiting-for-upload"): 1}
    assert oldest == 2.5


def test_that_looking_finds_something_due_exactly_when_there_is(queue: Queue) -> None:
    def due() -> bool:
        with queue.database.reading() as rows:
            return queue.jobs.anything_due(rows)

    assert not due()
    queue.create(waits_for_upload=True)
    queue.create("of a newer program")
    assert not due()
    queue.create()
    assert due()
    claim = queue.claimed()
    assert not due()
    queue.clock.advance(30)
    assert due()
    claim = queue.claimed()
    queue.clock.advance(-1)
    assert due()  # its lease is longer than any
    queue.clock.advance(1)
    queue.end_attempt(claim, StoreFailure())
    assert not due()
    queue.clock.advance(1)
    assert due()
