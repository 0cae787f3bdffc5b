"""One row for every change, written in the transaction of the change."""

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
    rows.execute(
        insert(audit_events).values(
            at_ns=at_ns,
            actor_id=actor_id,
            action=action,
            organisation_id=organisation_id,
            workspace_id=workspace_id,
            target_id=target_id,
            request_id=logs.request_id(),
            detail=msgspec.json.encode(detail).decode(),
        )
    )
