"""Statements over share links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from coreshed.catalogue.tables import share_links
from coreshed.database import Rows
from coreshed.ids import WorkspaceKey


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link. permission: `view` or `download`; the token is told once, and only its SHA-256 is kept."""

    id: str
    organisation_id: str
    workspace_id: str
    target_type: str
    target_id: str
    permission: str
    token_hash: str
    password_hash: str
    expires_ns: int
    revoked_ns: int | None
    access_count: int
    accessed_ns: int | None
    created_ns: int
    created_by: str

    @property
    def workspace(self) -> WorkspaceKey:
        """Where its target belongs."""
        return WorkspaceKey(self.organisation_id, self.workspace_id)


_COLUMNS = [share_links.c[name] for name in ShareLink.__dataclass_fields__]


def add(rows: Rows, link: ShareLink) -> None:
    """A new link."""
    rows.execute(insert(share_links).values({name: getattr(link, name) for name in ShareLink.__dataclass_fields__}))


def find(rows: Rows, link_id: str) -> ShareLink | None:
    """The link of an id, whatever its state."""
    row = rows.execute(select(*_COLUMNS).where(share_links.c.id == link_id)).one_or_none()
    return None if row is None else ShareLink(*row)


def of_token(rows: Rows, token_hash: str) -> ShareLink | None:
    """The link of a token, whatever its state."""
    row = rows.execute(select(*_COLUMNS).where(share_links.c.token_hash == token_hash)).one_or_none()
    return None if row is None else ShareLink(*row)


def of_target(rows: Rows, target_id: str) -> list[ShareLink]:
    """The links to a target, the newest first."""
    found = select(*_COLUMNS).where(share_links.c.target_id == target_id)
    return [ShareLink(*row) for row in rows.execute(found.order_by(share_links.c.created_ns.desc(), share_links.c.id))]


def change(rows: Rows, link_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a link."""
    rows.execute(update(share_links).where(share_links.c.id == link_id).values(**values))


def count_use(rows: Rows, link_id: str, at_ns: int) -> None:
    """The link was used once more."""
    used = {"access_count": share_links.c.access_count + 1, "accessed_ns": at_ns}
    rows.execute(update(share_links).where(share_links.c.id == link_id).values(used))
