"""One row for every change, written in the transaction of the change."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, Table, Text, insert

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
)


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
