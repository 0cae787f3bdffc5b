"""SQL of what was found out."""

from typing import Any

import msgspec
from sqlalchemy import select, update

from coreshed.catalogue.tables import items
from coreshed.database import Rows
from coreshed.uploads.tables import upload_sessions


def note(rows: Rows, upload_id: str, detected: dict[str, Any]) -> None:
    """What a session has detected, in place of what it had."""
    text = msgspec.json.encode(detected).decode()
    rows.execute(update(upload_sessions).where(upload_sessions.c.id == upload_id).values(detected_metadata=text))


def noted(rows: Rows, upload_id: str) -> dict[str, Any]:
    """What a session has detected so far, empty where that is nothing or the session has gone."""
    found = select(upload_sessions.c.detected_metadata).where(upload_sessions.c.id == upload_id)
    text = rows.execute(found).scalar()
    return {} if text is None else dict(msgspec.json.decode(text))


def live_items(rows: Rows, workspace_id: str) -> list[str]:
    """Ids of the items of a project, the oldest first."""
    found = select(items.c.id).where(items.c.workspace_id == workspace_id, items.c.deleted_ns.is_(None))
    return [row.id for row in rows.execute(found.order_by(items.c.no))]
