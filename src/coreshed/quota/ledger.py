"""Statements over accounts and reservations.

Each change of an account is one conditional UPDATE whose row count is its answer: the condition is judged under the
row's lock, on both databases.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.database.pages import pages
from coreshed.quota.model import MOST_BYTES
from coreshed.quota.tables import quota_accounts, quota_reservations

_account = quota_accounts.c
_held = quota_reservations.c


@dataclass(frozen=True, slots=True)
class Reservation:
    """Of one upload session, in bytes.

    announced: what it asked for. charged: what has come or is coming; reserved: the greater of the two. lent: what has
    come besides and takes the place of something that is charged; no account knows of it.
    """

    id: str
    organisation_id: str
    workspace_id: str
    announced: int
    reserved: int
    charged: int
    lent: int = 0


_RESERVATION = (
    _held.id,
    _held.organisation_id,
    _held.workspace_id,
    _held.announced_bytes,
    _held.reserved_bytes,
    _held.charged_bytes,
    _held.lent_bytes,
)


# Accounts


def open_account(rows: Rows, account_id: str, organisation_id: str) -> None:
    """Make the account where there is none."""
    values = {"id": account_id, "organisation_id": organisation_id, "used_bytes": 0, "reserved_bytes": 0}
    insert_into = postgresql.insert if rows.dialect.name == "postgresql" else sqlite.insert
    rows.execute(insert_into(quota_accounts).values(values).on_conflict_do_nothing())


def move(rows: Rows, account_id: str, *, used: int, reserved: int, default_limit: int) -> bool:
    """Add to both columns; what grows in sum has to fit the limit. False where it does not, or there is no account.

    default_limit: of an account without one of its own; 0: none.
    """
    growth = used + reserved
    wanted = [_account.id == account_id]
    if growth > 0:
        # Written so that nothing overflows: no limit is greater than MOST_BYTES.
        wanted.append(_limit(default_limit) - _account.used_bytes - _account.reserved_bytes >= growth)
    changed = (
        update(quota_accounts)
        .where(*wanted)
        .values(
            used_bytes=_at_least_zero(_account.used_bytes + used) if used < 0 else _account.used_bytes + used,
            reserved_bytes=_at_least_zero(_account.reserved_bytes + reserved)
            if reserved < 0
            else _account.reserved_bytes + reserved,
        )
    )
    return rows.execute(changed).rowcount == 1


def _limit(default_limit: int) -> ColumnElement[int]:
    stated = func.nullif(func.coalesce(_account.limit_bytes, default_limit), 0)
    return func.coalesce(stated, MOST_BYTES)


def _at_least_zero(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value < 0, 0), else_=value)


def account(rows: Rows, account_id: str) -> tuple[int | None, int, int] | None:
    """(its own limit, used, reserved), None where there is none yet."""
    found = select(_account.limit_bytes, _account.used_bytes, _account.reserved_bytes).where(_account.id == account_id)
    row = rows.execute(found).first()
    return None if row is None else (row[0], row[1], row[2])


def hold(rows: Rows, account_id: str) -> None:
    """Keep the account from changing until the transaction ends."""
    rows.execute(select(_account.id).where(_account.id == account_id).with_for_update())


def accounts(rows: Rows, organisation_id: str) -> dict[str, tuple[int, int]]:
    """Id -> (used, reserved) of an organisation's account and those of its projects, locked in the order of ids."""
    found = (
        select(_account.id, _account.used_bytes, _account.reserved_bytes)
        .where(_account.organisation_id == organisation_id)
        .order_by(_account.id)
        .with_for_update()
    )
    return {row.id: (row.used_bytes, row.reserved_bytes) for row in rows.execute(found)}


def set_account(rows: Rows, account_id: str, **values: Any) -> None:
    """Write columns as they are."""
    rows.execute(update(quota_accounts).where(_account.id == account_id).values(**values))


# Reservations


def add_reservation(rows: Rows, new: Reservation) -> None:
    """A new one. Raises IntegrityError where its id is taken."""
    rows.execute(
        insert(quota_reservations).values(
            id=new.id,
            organisation_id=new.organisation_id,
            workspace_id=new.workspace_id,
            announced_bytes=new.announced,
            reserved_bytes=new.reserved,
            charged_bytes=new.charged,
            lent_bytes=new.lent,
        )
    )


def charge_within(rows: Rows, reservation_id: str, size: int) -> bool:
    """Charge what fits in what is reserved; False where it does not, or there is no reservation."""
    changed = (
        update(quota_reservations)
        .where(_held.id == reservation_id, _held.reserved_bytes - _held.charged_bytes >= size)
        .values(charged_bytes=_held.charged_bytes + size)
    )
    return rows.execute(changed).rowcount == 1


def lock_reservation(rows: Rows, reservation_id: str) -> Reservation | None:
    """One reservation, kept from changing until the transaction ends."""
    row = rows.execute(select(*_RESERVATION).where(_held.id == reservation_id).with_for_update()).first()
    return None if row is None else Reservation(*row)


def set_reservation(rows: Rows, reservation_id: str, *, reserved: int, charged: int, lent: int) -> None:
    """Write a locked reservation."""
    values = {"reserved_bytes": reserved, "charged_bytes": charged, "lent_bytes": lent}
    rows.execute(update(quota_reservations).where(_held.id == reservation_id).values(values))


def lends(rows: Rows, organisation_id: str) -> bool:
    """Whether a reservation of the organisation has been lent anything."""
    found = select(_held.id).where(_held.organisation_id == organisation_id, _held.lent_bytes > 0).limit(1)
    return rows.execute(found).first() is not None


def take_reservation(rows: Rows, reservation_id: str) -> Reservation | None:
    """Delete a reservation and say what it was."""
    row = rows.execute(delete(quota_reservations).where(_held.id == reservation_id).returning(*_RESERVATION)).first()
    return None if row is None else Reservation(*row)


def reserved_by_project(rows: Rows, organisation_id: str) -> dict[str, int]:
    """Project id -> sum of its reservations."""
    found = (
        select(_held.workspace_id, func.sum(_held.reserved_bytes))
        .where(_held.organisation_id == organisation_id)
        .group_by(_held.workspace_id)
    )
    return {workspace_id: int(total) for workspace_id, total in rows.execute(found)}


def charged(rows: Rows, reservation_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Id -> (reserved, charged and lent) of the reservations that there are."""
    found = select(_held.id, _held.reserved_bytes, (_held.charged_bytes + _held.lent_bytes).label("charged_bytes"))
    return {
        row.id: (row.reserved_bytes, row.charged_bytes)
        for page in pages(reservation_ids)
        for row in rows.execute(found.where(_held.id.in_(page)))
    }
