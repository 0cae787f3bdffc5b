"""SQL over the table of jobs."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, insert, or_, select, tuple_, update

from coreshed.database import Rows
from coreshed.database.prepared import Prepared, parameter
from coreshed.jobs.model import LEASE_NS, LONGEST_PAUSE_NS, Claim, Job, State
from coreshed.jobs.tables import jobs

_JOB = [jobs.c[name] for name in Job.__dataclass_fields__]
_CLAIM = [jobs.c[name] for name in Claim.__dataclass_fields__]
_PROCESSING = jobs.c.state == State.PROCESSING
_ACTIVE = jobs.c.state.in_((State.QUEUED, State.PROCESSING))


def database_ns(rows: Rows) -> int:
    """The time of a PostgreSQL server, the same for all of its clients; whole microseconds."""
    epoch = func.extract("epoch", func.clock_timestamp())
    return int(rows.execute(select(epoch * 1_000_000)).scalar_one()) * 1000


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)
    problem = values["problem"]
    values["problem"] = None if problem is None else msgspec.json.decode(problem)
    return Job(**values | {"state": State(values["state"])})


def add(rows: Rows, **values: Any) -> Job:
    """A new job."""
    return _job(rows.execute(insert(jobs).values(**values).returning(*_JOB)).one())


def find(rows: Rows, job_id: str) -> Job | None:
    """One job."""
    row = rows.execute(select(*_JOB).where(jobs.c.id == job_id)).first()
    return None if row is None else _job(row)


_STATE = Prepared(select(jobs.c.state).where(jobs.c.id == parameter("job_id")))


def state_of(rows: Rows, job_id: str) -> State | None:
    """Where a job stands."""
    found = _STATE.first(rows, job_id=job_id)
    return None if found is None else State(found[0])


def search(
    rows: Rows, *, owner: str | None, kinds: Collection[str] | None, states: Collection[State] | None, limit: int
) -> list[Job]:
    """Jobs, the newest first; None asks nothing."""
    found = select(*_JOB)
    for column, values in ((jobs.c.kind, kinds), (jobs.c.state, states)):
        if values is not None:
            found = found.where(column.in_(values))
    if owner is not None:
        found = found.where(jobs.c.owner == owner)
    return [_job(row) for row in rows.execute(found.order_by(jobs.c.created_ns.desc(), jobs.c.id).limit(limit))]


def newest_queued_ns(rows: Rows, serial: str) -> int:
    """The last place in the queue of a job of this serial that has not ended; 0 where there is none."""
    return rows.execute(select(func.max(jobs.c.queued_ns)).where(jobs.c.serial == serial, _ACTIVE)).scalar() or 0


def change(rows: Rows, job_id: str, states: Collection[State], **values: Any) -> bool:
    """Change a job that is in one of these states; False where it is not."""
    changed = update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(states)).values(**values)
    return rows.execute(changed).rowcount == 1


def write_as(rows: Rows, claim: Claim, **values: Any) -> bool:
    """Change a job as the worker that has it; False where it has lost it."""
    held = (jobs.c.id == claim.id, jobs.c.attempt == claim.attempt, _PROCESSING)
    return rows.execute(update(jobs).where(*held).values(**values)).rowcount == 1


def _claimable(kinds: Sequence[str], now_ns: int) -> ColumnElement[bool]:
    """Queued, due, and the first of its serial. A pause longer than any is of a clock that was set back since."""
    other = jobs.alias("other")
    before = tuple_(other.c.queued_ns, other.c.id) < tuple_(jobs.c.queued_ns, jobs.c.id)
    blocked = exists().where(
        other.c.serial == jobs.c.serial,
        other.c.state.in_((State.QUEUED, State.PROCESSING)),  # for the index: a serial may have a long history
        or_(other.c.state == State.PROCESSING, before),
    )
    due = or_(jobs.c.not_before_ns <= now_ns, jobs.c.not_before_ns > now_ns + LONGEST_PAUSE_NS)
    return and_(jobs.c.state == State.QUEUED, jobs.c.kind.in_(kinds), due, ~blocked)


def lapsed(now_ns: int) -> ColumnElement[bool]:
    """Jobs whose lease has ended."""
    return and_(_PROCESSING, jobs.c.lease_until_ns <= now_ns)


def held_by(worker_id: str) -> ColumnElement[bool]:
    """Jobs that a worker has."""
    return and_(_PROCESSING, jobs.c.worker_id == worker_id)


def _ahead(now_ns: int) -> ColumnElement[bool]:
    return and_(_PROCESSING, jobs.c.lease_until_ns > now_ns + LEASE_NS)


_ANY_ACTIVE = Prepared(select(jobs.c.id).where(_ACTIVE).limit(1))


def anything_active(rows: Rows) -> bool:
    """True where some job is queued or processing; what idle workers ask several times a second."""
    return _ANY_ACTIVE.first(rows) is not None


def anything_due(rows: Rows, kinds: Sequence[str], now_ns: int) -> bool:
    """True where a claim, or what goes before one, has something to do."""
    due = or_(_claimable(kinds, now_ns), lapsed(now_ns), _ahead(now_ns))
    return rows.execute(select(jobs.c.id).where(_ACTIVE, due).limit(1)).first() is not None


def shorten_leases(rows: Rows, now_ns: int) -> None:
    """End leases at the time at which one taken now would: a clock that was set back must not make them longer."""
    rows.execute(update(jobs).where(_ahead(now_ns)).values(lease_until_ns=now_ns + LEASE_NS))


def lock(rows: Rows, which: ColumnElement[bool], *, waits: bool = False) -> list[Job]:
    """These jobs, kept from changing; those that somebody else is changing are left out, or waited for."""
    found = select(*_JOB).where(which).order_by(jobs.c.id).with_for_update(skip_locked=not waits)
    return [_job(row) for row in rows.execute(found)]


def first_claimable(rows: Rows, kinds: Sequence[str], now_ns: int) -> tuple[str, int] | None:
    """(id, strikes) of the job to be done next, locked."""
    found = select(jobs.c.id, jobs.c.strikes).where(_claimable(kinds, now_ns))
    row = rows.execute(
        found.order_by(jobs.c.queued_ns, jobs.c.id).limit(1).with_for_update(skip_locked=True, of=jobs)
    ).first()
    return None if row is None else (row.id, row.strikes)


def claim(rows: Rows, job_id: str, worker_id: str, now_ns: int) -> Claim:
    """Take a locked job. Raises IntegrityError where another one of its serial was taken at the same time."""
    taken = (
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state=State.PROCESSING,
            attempt=jobs.c.attempt + 1,
            worker_id=worker_id,
            lease_until_ns=now_ns + LEASE_NS,
            progress=None,
        )
    )
    return Claim(**rows.execute(taken.returning(*_CLAIM)).one()._mapping)


def waiting_since(before_ns: int, kinds: Sequence[str]) -> ColumnElement[bool]:
    """Jobs whose upload has not come."""
    return and_(jobs.c.state == State.WAITING_FOR_UPLOAD, jobs.c.created_ns < before_ns, jobs.c.kind.in_(kinds))


def finished(rows: Rows, kinds: Sequence[str], *, before_ns: int, after: tuple[int, str], limit: int) -> list[Job]:
    """Jobs that have ended before a moment, the oldest first, beginning behind (finished_ns, id)."""
    place = tuple_(jobs.c.finished_ns, jobs.c.id)
    found = select(*_JOB).where(
        jobs.c.kind.in_(kinds),
        jobs.c.state.in_((State.COMPLETE, State.FAILED)),
        jobs.c.finished_ns < before_ns,
        place > after,
    )
    return [_job(row) for row in rows.execute(found.order_by(jobs.c.finished_ns, jobs.c.id).limit(limit))]


def delete_jobs(rows: Rows, job_ids: Collection[str]) -> None:
    """Forget jobs."""
    rows.execute(delete(jobs).where(jobs.c.id.in_(job_ids)))


def count(rows: Rows) -> dict[tuple[str, str], int]:
    """(kind, state) -> number of jobs."""
    counted = select(jobs.c.kind, jobs.c.state, func.count()).group_by(jobs.c.kind, jobs.c.state)
    return {(kind, state): number for kind, state, number in rows.execute(counted)}


def count_by_workspace(rows: Rows) -> list[tuple[str, str, int]]:
    """(workspace id, state, number of jobs); jobs of no workspace are left out."""
    counted = select(jobs.c.workspace_id, jobs.c.state, func.count()).where(jobs.c.workspace_id.is_not(None))
    found = rows.execute(counted.group_by(jobs.c.workspace_id, jobs.c.state))
    return [(workspace_id, state, number) for workspace_id, state, number in found]


def oldest_queued_ns(rows: Rows) -> int | None:
    """The place of the first job in the queue."""
    return rows.execute(select(func.min(jobs.c.queued_ns)).where(jobs.c.state == State.QUEUED)).scalar()
