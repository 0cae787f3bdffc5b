"""Statements over workspaces and their members."""

import operator
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.database.pages import pages
from coreshed.database.prepared import Prepared, parameter
from coreshed.ids import WorkspaceKey
from coreshed.workspaces.listing import Comparison, ListQuery
from coreshed.workspaces.roles import Role, WorkspaceAccess
from coreshed.workspaces.tables import workspace_members, workspace_thumbnails, workspaces

_COMPARE = {"eq": operator.eq, "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}
_RANK = case({role.wire: role.value for role in Role}, value=workspace_members.c.role, else_=0)
_ORDER: dict[str, ColumnElement[Any]] = {
    "name": workspaces.c.name_key,
    "created_at": workspaces.c.created_ns,
    "updated_at": workspaces.c.updated_ns,
    "user_role": _RANK,
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as stored. Times are whole microseconds in nanoseconds since the epoch, UTC.

    `bounding_box` and `labels` are JSON; `deleted_ns` is None while the workspace lives; `has_thumbnail` is read alone.
    """

    id: str
    organisation_id: str
    name: str
    name_key: str
    description: str
    default_coordinate_system: str
    bounding_box: str | None
    labels: str
    ml_enabled: bool
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    deleted_ns: int | None = None
    deleted_by: str | None = None
    has_thumbnail: bool = False


_STORED = tuple(name for name in Workspace.__dataclass_fields__ if name != "has_thumbnail")
_COLUMNS = (
    *(workspaces.c[name] for name in _STORED),
    exists().where(workspace_thumbnails.c.workspace_id == workspaces.c.id).label("has_thumbnail"),
)


def _workspace(row: Any) -> Workspace:
    """From a row that begins with `_COLUMNS`."""
    return Workspace(*row[: len(_COLUMNS)])


# Every request on a workspace asks this.
_ACCESS = Prepared(
    select(workspaces.c.name, workspaces.c.default_coordinate_system, workspaces.c.deleted_ns, workspace_members.c.role)
    .join_from(
        workspaces,
        workspace_members,
        and_(
            workspace_members.c.workspace_id == workspaces.c.id,
            workspace_members.c.user_id == parameter("user_id"),
        ),
    )
    .where(workspaces.c.id == parameter("workspace_id"), workspaces.c.organisation_id == parameter("organisation_id"))
)


def access(rows: Rows, key: WorkspaceKey, user_id: str) -> tuple[WorkspaceAccess, bool] | None:
    """The user's access to a workspace, live or deleted, and whether it is deleted; None without a role."""
    row = _ACCESS.first(rows, workspace_id=key.workspace_id, organisation_id=key.organisation_id, user_id=user_id)
    if row is None:
        return None
    name, crs, deleted_ns, role = row
    return WorkspaceAccess(key.workspace_id, key.organisation_id, Role.read(role), name, crs), deleted_ns is not None


_DELETED = Prepared(select(workspaces.c.deleted_ns).where(workspaces.c.id == parameter("workspace_id")))


def is_live(rows: Rows, workspace_id: str) -> bool:
    """Whether there is such a workspace and it is not deleted."""
    row = _DELETED.first(rows, workspace_id=workspace_id)
    return row is not None and row[0] is None


def accessible(rows: Rows, organisation_id: str, user_id: str) -> dict[str, WorkspaceAccess]:
    """The organisation's live workspaces in which the user has a role, the oldest first."""
    found = rows.execute(
        select(workspaces.c.id, workspaces.c.name, workspaces.c.default_coordinate_system, workspace_members.c.role)
        .join_from(workspaces, workspace_members, workspace_members.c.workspace_id == workspaces.c.id)
        .where(
            workspaces.c.organisation_id == organisation_id,
            workspaces.c.deleted_ns.is_(None),
            workspace_members.c.user_id == user_id,
        )
        .order_by(workspaces.c.created_ns, workspaces.c.id)
    )
    return {
        row.id: WorkspaceAccess(row.id, organisation_id, Role.read(row.role), row.name, row.default_coordinate_system)
        for row in found
    }


def names(rows: Rows, organisation_id: str) -> dict[str, str]:
    """Name by id of the organisation's live workspaces."""
    found = select(workspaces.c.id, workspaces.c.name).where(
        workspaces.c.organisation_id == organisation_id, workspaces.c.deleted_ns.is_(None)
    )
    return {row.id: row.name for row in rows.execute(found)}


def first(rows: Rows, organisation_id: str) -> str | None:
    """The organisation's oldest live workspace."""
    found = (
        select(workspaces.c.id)
        .where(workspaces.c.organisation_id == organisation_id, workspaces.c.deleted_ns.is_(None))
        .order_by(workspaces.c.created_ns, workspaces.c.id)
        .limit(1)
    )
    return rows.execute(found).scalar_one_or_none()


def find(rows: Rows, workspace_id: str) -> Workspace | None:
    """The workspace of this id, live or deleted."""
    row = rows.execute(select(*_COLUMNS).where(workspaces.c.id == workspace_id)).one_or_none()
    return None if row is None else _workspace(row)


def of_ids(rows: Rows, workspace_ids: Collection[str]) -> list[Workspace]:
    """The workspaces of these ids, live or deleted, the newest first."""
    found = [
        _workspace(row)
        for page in pages(workspace_ids)
        for row in rows.execute(select(*_COLUMNS).where(workspaces.c.id.in_(page)))
    ]
    return sorted(found, key=lambda each: (-each.created_ns, each.id))


def hold(rows: Rows, workspace_id: str) -> None:
    """Make other changes of the workspace's members wait until this transaction ends."""
    rows.execute(select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True))


def name_taken(rows: Rows, organisation_id: str, name_key: str, but: str | None = None) -> bool:
    """Whether a live workspace other than `but` has the name. The answer lasts while the organisation is held."""
    found = select(workspaces.c.id).where(
        workspaces.c.organisation_id == organisation_id,
        workspaces.c.name_key == name_key,
        workspaces.c.deleted_ns.is_(None),
    )
    return any(row.id != but for row in rows.execute(found))


def insert_workspace(rows: Rows, workspace: Workspace) -> None:
    """Add a workspace."""
    rows.execute(insert(workspaces).values({name: getattr(workspace, name) for name in _STORED}))


def change(rows: Rows, workspace_id: str, **values: Any) -> None:
    """Set columns of a workspace."""
    rows.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(**values))


def page(
    rows: Rows, organisation_id: str, user_id: str, asked: ListQuery, *, everyones: bool = False
) -> tuple[list[tuple[Workspace, Role | None]], int]:
    """One page of the workspaces in which the user has a role, and how many there are on all pages.

    everyones: those without a role as well, whose role is None.
    """
    matching = _matching(select(*_COLUMNS, workspace_members.c.role), organisation_id, user_id, asked, everyones)
    total = rows.execute(_matching(select(func.count()), organisation_id, user_id, asked, everyones)).scalar_one()
    ordered = matching.order_by(
        *(_ORDER[field].desc() if descending else _ORDER[field] for field, descending in asked.order), workspaces.c.id
    )
    limited = ordered.limit(asked.limit).offset(asked.offset)
    return [(_workspace(row), Role.read(row.role) if row.role else None) for row in rows.execute(limited)], total


def _matching(
    statement: Select[Any], organisation_id: str, user_id: str, asked: ListQuery, everyones: bool
) -> Select[Any]:
    deleted = workspaces.c.deleted_ns
    membership = and_(workspace_members.c.workspace_id == workspaces.c.id, workspace_members.c.user_id == user_id)
    found = statement.join_from(workspaces, workspace_members, membership, isouter=everyones).where(
        workspaces.c.organisation_id == organisation_id,
        deleted.is_not(None) if asked.deleted else deleted.is_(None),
        *_bounds(workspaces.c.created_ns, asked.created_at),
        *_bounds(workspaces.c.updated_ns, asked.updated_at),
    )
    if asked.name_key is not None:
        found = found.where(workspaces.c.name_key == asked.name_key)
    if asked.created_by is not None:
        found = found.where(workspaces.c.created_by == asked.created_by)
    if asked.user_id is not None:
        other = workspace_members.alias()
        found = found.where(exists().where(other.c.workspace_id == workspaces.c.id, other.c.user_id == asked.user_id))
    return found


def _bounds(column: ColumnElement[int], bounds: tuple[Comparison, ...]) -> list[ColumnElement[bool]]:
    return [_COMPARE[bound.operator](column, bound.at_ns) for bound in bounds]


def member_roles(rows: Rows, workspace_id: str, user_id: str | None = None) -> dict[str, Role]:
    """Role by user id, of one user or of all."""
    found = select(workspace_members.c.user_id, workspace_members.c.role).where(
        workspace_members.c.workspace_id == workspace_id
    )
    if user_id is not None:
        found = found.where(workspace_members.c.user_id == user_id)
    return {row.user_id: Role.read(row.role) for row in rows.execute(found)}


def set_role(rows: Rows, workspace_id: str, user_id: str, role: Role) -> None:
    """Give a user a role in place of the one they may have."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    given = dialect.insert(workspace_members).values(workspace_id=workspace_id, user_id=user_id, role=role.wire)
    rows.execute(
        given.on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_={"role": given.excluded.role})
    )


def remove_member(rows: Rows, workspace_id: str, user_id: str) -> None:
    """Take a user's role away."""
    rows.execute(
        delete(workspace_members).where(
            workspace_members.c.workspace_id == workspace_id, workspace_members.c.user_id == user_id
        )
    )


def memberships_of(rows: Rows, organisation_id: str, user_id: str) -> dict[str, tuple[str, Role]]:
    """Name and the user's role, by id, of every workspace in which they have one, deleted ones too; by id, ordered."""
    found = (
        select(workspaces.c.id, workspaces.c.name, workspace_members.c.role)
        .join_from(workspaces, workspace_members, workspace_members.c.workspace_id == workspaces.c.id)
        .where(workspaces.c.organisation_id == organisation_id, workspace_members.c.user_id == user_id)
        .order_by(workspaces.c.id)
    )
    return {row.id: (row.name, Role.read(row.role)) for row in rows.execute(found)}


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A workspace's picture as it was sent; `media_type` is image/png or image/jpeg."""

    media_type: str
    content: bytes


def thumbnail(rows: Rows, workspace_id: str) -> Thumbnail | None:
    """The workspace's picture."""
    row = rows.execute(
        select(workspace_thumbnails.c.media_type, workspace_thumbnails.c.content).where(
            workspace_thumbnails.c.workspace_id == workspace_id
        )
    ).one_or_none()
    return None if row is None else Thumbnail(row.media_type, bytes(row.content))


def set_thumbnail(rows: Rows, workspace_id: str, picture: Thumbnail) -> None:
    """Give the workspace a picture in place of the one it may have."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    values = {"media_type": picture.media_type, "content": picture.content}
    given = dialect.insert(workspace_thumbnails).values(workspace_id=workspace_id, **values)
    rows.execute(given.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


def remove_thumbnail(rows: Rows, workspace_id: str) -> bool:
    """Take the picture away; False where there is none."""
    removed = delete(workspace_thumbnails).where(workspace_thumbnails.c.workspace_id == workspace_id)
    return rows.execute(removed).rowcount > 0
