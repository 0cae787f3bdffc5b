"""Statements over the answers that are kept for repeated requests."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from coreshed.database import Rows
from coreshed.operations.tables import operation_replays as replays


@dataclass(frozen=True, slots=True)
class Place:
    """Whose key it is, and of what. key: a digest of what the client sent."""

    organisation_id: str
    operation: str
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """asked: digest of the input. status and body are None while the first request runs."""

    asked: str
    status: int | None
    body: bytes | None


def claim(rows: Rows, place: Place, *, user_id: str, asked: str, now_ns: int) -> None:
    """Take the key. Raises IntegrityError where it is taken; waits while another transaction takes it."""
    rows.execute(
        insert(replays).values(
            organisation_id=place.organisation_id,
            operation=place.operation,
            key=place.key,
            user_id=user_id,
            asked=asked,
            created_ns=now_ns,
        )
    )


def kept(rows: Rows, place: Place) -> Kept | None:
    """What is kept under the key."""
    found = select(replays.c.asked, replays.c.status, replays.c.body).where(_at(place))
    row = rows.execute(found).one_or_none()
    return None if row is None else Kept(*row)


def keep(rows: Rows, place: Place, *, status: int, body: bytes) -> None:
    """Keep what the first request was answered."""
    rows.execute(update(replays).where(_at(place)).values(status=status, body=body))


def forget_one(rows: Rows, place: Place, *, before_ns: int) -> None:
    """Free the key where it was taken before that time."""
    rows.execute(delete(replays).where(_at(place), replays.c.created_ns < before_ns))


def forget(rows: Rows, *, before_ns: int, most: int) -> int:
    """Free keys that were taken before that time, at most so many at once; returns how many."""
    old = select(replays.c.created_ns).where(replays.c.created_ns < before_ns).order_by(replays.c.created_ns)
    last = rows.execute(old.offset(most - 1).limit(1)).scalar()
    limit = replays.c.created_ns < before_ns if last is None else replays.c.created_ns <= last
    return rows.execute(delete(replays).where(limit)).rowcount


def _at(place: Place) -> ColumnElement[bool]:
    return and_(
        replays.c.organisation_id == place.organisation_id,
        replays.c.operation == place.operation,
        replays.c.key == place.key,
    )
