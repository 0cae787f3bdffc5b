"""Statements over colormaps and their associations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from coreshed.colormaps.tables import colormap_associations, colormaps
from coreshed.database import Rows


@dataclass(frozen=True, slots=True)
class Colormap:
    """A colormap as stored. kind: `continuous`, `discrete` or `category`. content: JSON, the colours and the kind's
    own members. Time in nanoseconds since the epoch, UTC.
    """

    id: str
    workspace_id: str
    kind: str
    name: str
    content: str
    created_ns: int
    created_by: str


@dataclass(frozen=True, slots=True)
class Association:
    """An association as stored. Time in nanoseconds since the epoch, UTC."""

    id: str
    workspace_id: str
    object_id: str
    attribute_id: str
    colormap_id: str
    created_ns: int
    created_by: str


_COLORMAP = tuple(colormaps.c[name] for name in Colormap.__dataclass_fields__)
_ASSOCIATION = tuple(colormap_associations.c[name] for name in Association.__dataclass_fields__)


def insert_colormap(rows: Rows, new: Colormap) -> None:
    """Add a colormap."""
    rows.execute(insert(colormaps).values({name: getattr(new, name) for name in Colormap.__dataclass_fields__}))


def colormap(rows: Rows, workspace_id: str, colormap_id: str) -> Colormap | None:
    """The workspace's colormap of this id."""
    found = select(*_COLORMAP).where(colormaps.c.id == colormap_id, colormaps.c.workspace_id == workspace_id)
    row = rows.execute(found).one_or_none()
    return None if row is None else Colormap(*row)


def colormaps_of(rows: Rows, workspace_id: str) -> list[Colormap]:
    """Every colormap of a workspace, oldest first."""
    found = (
        select(*_COLORMAP)
        .where(colormaps.c.workspace_id == workspace_id)
        .order_by(colormaps.c.created_ns, colormaps.c.no)
    )
    return [Colormap(*row) for row in rows.execute(found)]


def known(rows: Rows, workspace_id: str, colormap_ids: Collection[str]) -> set[str]:
    """Those ids that colormaps of the workspace have."""
    found = select(colormaps.c.id).where(colormaps.c.workspace_id == workspace_id, colormaps.c.id.in_(colormap_ids))
    return set(rows.execute(found).scalars())


def insert_associations(rows: Rows, new: Sequence[Association]) -> None:
    """Add associations; their order is kept."""
    fields = Association.__dataclass_fields__
    rows.execute(insert(colormap_associations), [{name: getattr(each, name) for name in fields} for each in new])


def association(rows: Rows, workspace_id: str, object_id: str, association_id: str) -> Association | None:
    """The object's association of this id."""
    found = select(*_ASSOCIATION).where(
        colormap_associations.c.id == association_id,
        colormap_associations.c.object_id == object_id,
        colormap_associations.c.workspace_id == workspace_id,
    )
    row = rows.execute(found).one_or_none()
    return None if row is None else Association(*row)


def associations_of(rows: Rows, workspace_id: str, object_id: str) -> list[Association]:
    """Every association of an object, oldest first."""
    found = (
        select(*_ASSOCIATION)
        .where(colormap_associations.c.object_id == object_id, colormap_associations.c.workspace_id == workspace_id)
        .order_by(colormap_associations.c.created_ns, colormap_associations.c.no)
    )
    return [Association(*row) for row in rows.execute(found)]
