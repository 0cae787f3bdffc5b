"""One row for every change, written in the transaction of the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, ColumnElement, Index, Table, Text, func, insert, select

from coreshed import logs
from coreshed.database import Rows, main
from coreshed.database.metadata import RowNumber

audit_events = Table(
    "audit_events",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("organisation_id", Text),
    Column("workspace_id", Text),
    Column("target_id", Text),
    Column("request_id", Text),
    Column("detail", Text, nullable=False),
    Index("ix_audit_events_workspace_id_no", "workspace_id", "no"),
    Index("ix_audit_events_organisation_id_no", "organisation_id", "no"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `no` grows with time and is never used twice; `detail` is a JSON object."""

    no: int
    at_ns: int
    actor_id: str
    action: str
    organisation_id: str | None
    workspace_id: str | None
    target_id: str | None
    request_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to look for; None and empty ask nothing. Times are half-open: from_ns <= at < to_ns.

    action: `workspace.delete`, or `workspace.*` for all of a noun. before_no: only older ones than this.
    """

    limit: int
    organisation_id: str | None = None
    workspace_id: str | None = None
    actor_id: str | None = None
    action: str = ""
    from_ns: int | None = None
    to_ns: int | None = None
    before_no: int | None = None


def record(
    rows: Rows,
    *,
    at_ns: int,
    actor_id: str,
    action: str,
    organisation_id: str | None = None,
    workspace_id: str | None = None,
    target_id: str | None = None,
    **detail: Any,
) -> None:
    """Append one event. `action` is `noun.verb`; `detail` says what changed and never holds a secret."""
    record_each(
        rows,
        {target_id: detail},
        at_ns=at_ns,
        actor_id=actor_id,
        action=action,
        organisation_id=organisation_id,
        workspace_id=workspace_id,
    )


def record_each(
    rows: Rows,
    targets: Mapping[str | None, Mapping[str, Any]],
    *,
    at_ns: int,
    actor_id: str,
    action: str,
    organisation_id: str | None = None,
    workspace_id: str | None = None,
) -> None:
    """Append an event for each target, in their order; targets: its detail by its id."""
    shared = {
        "at_ns": at_ns,
        "actor_id": actor_id,
        "action": action,
        "organisation_id": organisation_id,
        "workspace_id": workspace_id,
        "request_id": logs.request_id(),
    }
    events = [
        {**shared, "target_id": target_id, "detail": msgspec.json.encode(detail).decode()}
        for target_id, detail in targets.items()
    ]
    rows.execute(insert(audit_events), events)


def search(rows: Rows, wanted: Wanted) -> list[Event]:
    """Events, the newest first."""
    columns = [audit_events.c[name] for name in Event.__dataclass_fields__]
    found = select(*columns).where(*_conditions(wanted)).order_by(audit_events.c.no.desc()).limit(wanted.limit)
    return [Event(*row) for row in rows.execute(found)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    event = audit_events.c
    found = [
        column == value
        for column, value in (
            (event.organisation_id, wanted.organisation_id),
            (event.workspace_id, wanted.workspace_id),
            (event.actor_id, wanted.actor_id),
        )
        if value is not None
    ]
    if wanted.action.endswith(".*"):
        noun = wanted.action[:-1]
        found.append(func.substr(event.action, 1, len(noun)) == noun)
    elif wanted.action:
        found.append(event.action == wanted.action)
    if wanted.from_ns is not None:
        found.append(event.at_ns >= wanted.from_ns)
    if wanted.to_ns is not None:
        found.append(event.at_ns < wanted.to_ns)
    if wanted.before_no is not None:
        found.append(event.no < wanted.before_no)
    return found
