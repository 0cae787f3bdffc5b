"""Statements over projects and collections."""

from collections.abc import Collection as Some
from typing import Any

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.catalogue.model import Collection
from coreshed.catalogue.tables import collections, items, projects
from coreshed.database import Rows
from coreshed.database.pages import among, pages

_COLLECTION = [collections.c[name] for name in Collection.__dataclass_fields__]


# Projects


def names_of_projects(rows: Rows, project_ids: Some[str]) -> dict[str, tuple[str, str, str, int | None]]:
    """(name, derived name of the workspace, region, when archived) by id, of those that have a row."""
    found = select(projects.c.id, projects.c.name, projects.c.derived_name, projects.c.region, projects.c.archived_ns)
    return {
        row[0]: tuple(row[1:])
        for page in pages(project_ids)
        for row in rows.execute(found.where(projects.c.id.in_(page)))
    }


def is_archived(rows: Rows, project_id: str) -> bool:
    """Whether the project has been archived."""
    return rows.execute(select(projects.c.archived_ns).where(projects.c.id == project_id)).scalar() is not None


def put_project(rows: Rows, project_id: str, **values: Any) -> None:
    """Make a project's row, or replace it."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    given = dialect.insert(projects).values(id=project_id, **values)
    rows.execute(given.on_conflict_do_update(index_elements=["id"], set_=values))


# Collections


def insert_collection(rows: Rows, collection: Collection) -> None:
    """Add a collection."""
    values = {name: getattr(collection, name) for name in Collection.__dataclass_fields__}
    rows.execute(insert(collections).values(values))


def find_collection(rows: Rows, collection_id: str) -> Collection | None:
    """The collection of an id, live or deleted."""
    row = rows.execute(select(*_COLLECTION).where(collections.c.id == collection_id)).one_or_none()
    return None if row is None else Collection(*row)


def collections_of(rows: Rows, workspace_ids: Some[str]) -> list[Collection]:
    """The live collections of projects, in the order of their layers, then the oldest first."""
    found = (
        select(*_COLLECTION)
        .where(among(rows, collections.c.workspace_id, workspace_ids), collections.c.deleted_ns.is_(None))
        .order_by(collections.c.layer_order, collections.c.created_ns, collections.c.id)
    )
    return [Collection(*row) for row in rows.execute(found)]


def change_collection(rows: Rows, collection_id: str, **values: Any) -> None:
    """Set columns of a collection."""
    rows.execute(update(collections).where(collections.c.id == collection_id).values(**values))


def item_counts(rows: Rows, collection_ids: Some[str]) -> dict[str, int]:
    """How many live items each has; those without one are absent."""
    found: dict[str, int] = {}
    for page in pages(collection_ids):
        counted = (
            select(items.c.collection_id, func.count())
            .where(items.c.collection_id.in_(page), items.c.deleted_ns.is_(None))
            .group_by(items.c.collection_id)
        )
        found |= {row[0]: row[1] for row in rows.execute(counted)}
    return found


def unlink_items(rows: Rows, collection_id: str, now_ns: int) -> None:
    """Take every item out of a collection."""
    live = and_(items.c.collection_id == collection_id, items.c.deleted_ns.is_(None))
    # Locked in the order in which the deletion of a project locks them.
    locked = select(items.c.no).where(live).order_by(items.c.no).with_for_update()
    rows.execute(update(items).where(items.c.no.in_(locked)).values(collection_id=None, updated_ns=now_ns))
