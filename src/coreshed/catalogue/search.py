"""Finding items by place, time and collection, for readers that serve many at once.

The rows are what the statements give, JSON undecoded: a page of them becomes an answer without objects in between. Who
may read what is decided by the caller, who names the workspaces.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from coreshed.catalogue.tables import assets, collections, items, projects
from coreshed.database import Rows


class Rectangle(NamedTuple):
    """WGS 84 degrees; `-180 <= west <= 180`, `west <= east`, which is above 180 across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Position(NamedTuple):
    """Where a page ends: the next one begins after this item."""

    from_ns: int
    no: int


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to find among the live items of `workspace_ids`, which are workspaces of `organisation_ids`.

    None asks for nothing. box: items without a place are in none; a shared border counts. from_ns, to_ns: the interval
    that an item shares a moment with, inclusive. collections: ids of collections, and of workspaces for their items
    without a collection. ids: STAC ids. after: the last item of the page before.
    """

    organisation_ids: Collection[str]
    workspace_ids: Collection[str]
    limit: int
    box: Rectangle | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    collections: Collection[str] | None = None
    ids: Collection[str] | None = None
    after: Position | None = None


class FoundItem(NamedTuple):
    """A live item; see `tables` for its columns."""

    no: int
    id: str
    workspace_id: str
    collection_id: str | None
    stac_id: str
    name: str
    description: str | None
    type: str
    geometry: str | None
    min_x: float | None
    min_y: float | None
    max_x: float | None
    max_y: float | None
    datetime_ns: int | None
    start_ns: int | None
    end_ns: int | None
    from_ns: int
    to_ns: int
    cloud_cover: float | None
    gsd: float | None
    properties: str
    stac_extensions: str
    created_ns: int
    updated_ns: int

    @property
    def position(self) -> Position:
        """Where the page after this item begins."""
        return Position(self.from_ns, self.no)


class FoundAsset(NamedTuple):
    """An asset of a live item; see `tables` for its columns."""

    id: str
    item_id: str
    blob_workspace_id: str
    key: str
    title: str | None
    file_name: str
    blob_id: str
    media_type: str
    roles: str
    size: int
    sha256: str
    band_names: str | None
    metadata: str


class FoundCollection(NamedTuple):
    """A live collection."""

    id: str
    workspace_id: str
    name: str
    description: str | None
    created_ns: int


class Extent(NamedTuple):
    """What the live items of one collection cover; places are None where no item has one."""

    items: int
    min_x: float | None
    min_y: float | None
    max_x: float | None
    max_y: float | None
    from_ns: int
    to_ns: int


_ITEM = tuple(items.c[name] for name in FoundItem._fields)
_ASSET = tuple(assets.c[name] for name in FoundAsset._fields)


def search(rows: Rows, query: SearchQuery) -> list[FoundItem]:
    """At most `limit` items, the latest `from_ns` first, then the newest."""
    # Two steps, so that both databases go through the index alone and open the rows of the page only.
    page = sa.select(items.c.no).where(*_conditions(query))
    if query.after is not None:
        from_ns, no = query.after
        page = page.where(
            items.c.from_ns <= from_ns,
            sa.or_(items.c.from_ns < from_ns, items.c.no < no),
        )
    page = page.order_by(items.c.from_ns.desc(), items.c.no.desc()).limit(query.limit)
    numbers = [row.no for row in rows.execute(page)]
    if not numbers:
        return []
    found = sa.select(*_ITEM).where(items.c.no.in_(numbers))
    order = {no: place for place, no in enumerate(numbers)}
    return sorted((FoundItem(*row) for row in rows.execute(found)), key=lambda item: order[item.no])


def count(rows: Rows, query: SearchQuery) -> int:
    """How many items match, whatever `limit` and `after` are."""
    found = sa.select(sa.func.count()).select_from(items).where(*_conditions(query))
    return int(rows.execute(found).scalar_one())


def assets_of(rows: Rows, item_ids: Collection[str]) -> dict[str, list[FoundAsset]]:
    """The assets of items by item id, in their order; items without any are absent."""
    found = sa.select(*_ASSET).where(assets.c.item_id.in_(item_ids)).order_by(assets.c.item_id, assets.c.no)
    by_item: dict[str, list[FoundAsset]] = {}
    for row in rows.execute(found):
        asset = FoundAsset(*row)
        by_item.setdefault(asset.item_id, []).append(asset)
    return by_item


def collections_of(rows: Rows, workspace_ids: Collection[str], only: str | None = None) -> list[FoundCollection]:
    """The live collections of workspaces, the oldest first; `only`: the one of this id."""
    found = sa.select(*(collections.c[name] for name in FoundCollection._fields)).where(
        collections.c.workspace_id.in_(workspace_ids), collections.c.deleted_ns.is_(None)
    )
    if only is not None:
        found = found.where(collections.c.id == only)
    return [FoundCollection(*row) for row in rows.execute(found.order_by(collections.c.created_ns, collections.c.id))]


def project_names(rows: Rows, workspaces: Mapping[str, str]) -> dict[str, str]:
    """What projects are called, by id; workspaces: the names of their workspaces, of which each project has one."""
    own = sa.select(projects.c.id, projects.c.name, projects.c.derived_name).where(projects.c.id.in_(workspaces))
    named = {row.id: row.name for row in rows.execute(own) if row.derived_name == workspaces[row.id]}
    return {**workspaces, **named}


def extents(
    rows: Rows, organisation_ids: Collection[str], workspace_ids: Collection[str], only: str | None = None
) -> dict[str, Extent]:
    """What live items cover, by the id of their collection, or of their workspace where they are in none.

    only: of this id alone.
    """
    home = sa.func.coalesce(items.c.collection_id, items.c.workspace_id)
    found = sa.select(
        home,
        sa.func.count(),
        sa.func.min(items.c.min_x),
        sa.func.min(items.c.min_y),
        sa.func.max(items.c.max_x),
        sa.func.max(items.c.max_y),
        sa.func.min(items.c.from_ns),
        sa.func.max(items.c.to_ns),
    ).where(*_within(organisation_ids, workspace_ids))
    if only is not None:
        found = found.where(_in_collections([only]))
    return {row[0]: Extent(*row[1:]) for row in rows.execute(found.group_by(home))}


def _conditions(query: SearchQuery) -> Iterable[Any]:
    yield from _within(query.organisation_ids, query.workspace_ids)
    if query.from_ns is not None:
        yield items.c.to_ns >= query.from_ns
    if query.to_ns is not None:
        yield items.c.from_ns <= query.to_ns
    if query.collections is not None:
        yield _in_collections(query.collections)
    if query.ids is not None:
        yield items.c.stac_id.in_(query.ids)
    if query.box is not None:
        yield from _touching(query.box)


def _within(organisation_ids: Collection[str], workspace_ids: Collection[str]) -> Iterable[Any]:
    yield items.c.deleted_ns.is_(None)
    yield items.c.organisation_id.in_(organisation_ids)
    yield items.c.workspace_id.in_(workspace_ids)


def _in_collections(ids: Collection[str]) -> Any:
    return sa.or_(
        items.c.collection_id.in_(ids), sa.and_(items.c.collection_id.is_(None), items.c.workspace_id.in_(ids))
    )


def _touching(box: Rectangle) -> Iterable[Any]:
    """The same meridian has two longitudes where either side is above 180."""
    yield items.c.min_y <= box.north
    yield items.c.max_y >= box.south
    ways = [sa.and_(items.c.min_x <= box.east, items.c.max_x >= box.west), items.c.max_x >= box.west + 360]
    if box.east >= 180:
        ways.append(items.c.min_x <= box.east - 360)
    yield sa.or_(*ways)
