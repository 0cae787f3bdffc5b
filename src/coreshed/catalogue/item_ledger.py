"""Statements over items: rows by id, pages, and what a place and a time find."""

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, insert, or_, select, update

from coreshed.catalogue.model import Box, Item
from coreshed.catalogue.tables import items
from coreshed.database import Rows
from coreshed.database.pages import among, pages

_COLUMNS = [items.c[name] for name in Item.__dataclass_fields__]
_JSON = ("geometry", "properties", "stac_extensions")
_JSON_AT = tuple(list(Item.__dataclass_fields__).index(name) for name in _JSON)
_LIVE = items.c.deleted_ns.is_(None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which live items to look for; None asks nothing, and an empty list finds nothing.

    workspace_ids: of the organisation. box: items whose box touches it; those without a box lie nowhere. from_ns,
    to_ns: items whose interval has a moment of it, both inclusive. collection_ids: of collections, and of projects for
    their items that are in none. ids: of items, or their STAC ids.
    """

    organisation_id: str
    workspace_ids: Some[str] | None = None
    box: Box | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    collection_ids: Some[str] | None = None
    ids: Some[str] | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """Where and when the items of a collection lie; box None where none of them lies anywhere."""

    items: int
    box: Box | None
    from_ns: int
    to_ns: int


def _item(row: Sequence[Any]) -> Item:
    values = list(row)
    for at in _JSON_AT:
        values[at] = None if values[at] is None else msgspec.json.decode(values[at])
    return Item(*values)


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an item with its JSON as text."""
    return {
        name: msgspec.json.encode(value).decode() if name in _JSON and value is not None else value
        for name, value in values.items()
    }


def add(rows: Rows, values: Mapping[str, Any]) -> Item:
    """A new item of all columns but `no`. Raises IntegrityError where its STAC id is taken in the project."""
    rows.execute(insert(items).values(stored(values)))
    found = find(rows, values["id"])
    assert found is not None  # noqa: S101  (it was just inserted)
    return found


def find(rows: Rows, item_id: str, *, lock: bool = False) -> Item | None:
    """The item of an id, live or deleted."""
    wanted = select(*_COLUMNS).where(items.c.id == item_id)
    row = rows.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else _item(row)


def of_ids(rows: Rows, item_ids: Some[str]) -> list[Item]:
    """The live items among these, in no order."""
    found = select(*_COLUMNS).where(_LIVE)
    return [_item(row) for page in pages(item_ids) for row in rows.execute(found.where(items.c.id.in_(page)))]


def change(rows: Rows, item_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of an item."""
    rows.execute(update(items).where(items.c.id == item_id).values(stored(values)))


def change_all(rows: Rows, item_ids: Some[str], values: Mapping[str, Any]) -> None:
    """Set columns of many locked items alike."""
    for page in pages(item_ids):
        rows.execute(update(items).where(items.c.id.in_(page)).values(stored(values)))


def stac_id_taken(rows: Rows, workspace_id: str, stac_id: str) -> bool:
    """Whether a live item of the project has this STAC id."""
    found = select(items.c.no).where(items.c.workspace_id == workspace_id, items.c.stac_id == stac_id, _LIVE)
    return rows.execute(found).first() is not None


def page(
    rows: Rows, workspace_id: str, *, collection_id: str | None, uncollected: bool, limit: int, offset: int
) -> tuple[list[Item], int]:
    """Live items of a project, the newest first, and how many there are on all pages."""
    matching = [items.c.workspace_id == workspace_id, _LIVE]
    if collection_id is not None:
        matching.append(items.c.collection_id == collection_id)
    if uncollected:
        matching.append(items.c.collection_id.is_(None))
    total = rows.execute(select(func.count()).select_from(items).where(*matching)).scalar_one()
    chosen = select(items.c.no).where(*matching).order_by(items.c.no.desc()).limit(limit).offset(offset)
    found = select(*_COLUMNS).where(items.c.no.in_(chosen)).order_by(items.c.no.desc())
    return [_item(row) for row in rows.execute(found)], total


def first_live(rows: Rows, workspace_id: str, limit: int) -> list[Item]:
    """Some live items of a project, the oldest first, kept from changing until the transaction ends."""
    found = select(*_COLUMNS).where(items.c.workspace_id == workspace_id, _LIVE).order_by(items.c.no).limit(limit)
    return [_item(row) for row in rows.execute(found.with_for_update())]


# Search


def search(
    rows: Rows, wanted: Wanted, *, limit: int, offset: int = 0, after: tuple[int, int] | None = None
) -> list[Item]:
    """Items in the order of searches. after: `(from_ns, no)` of the item before the first one."""
    matching = _matching(rows, wanted)
    if after is not None:
        at_ns, no = after
        matching.append(or_(items.c.from_ns < at_ns, and_(items.c.from_ns == at_ns, items.c.no < no)))
        matching.append(items.c.from_ns <= at_ns)  # a bound that the index can begin at
    order = (items.c.from_ns.desc(), items.c.no.desc())
    chosen = select(items.c.no).where(*matching).order_by(*order).limit(limit).offset(offset)
    found = select(*_COLUMNS).where(items.c.no.in_(chosen)).order_by(*order)
    return [_item(row) for row in rows.execute(found)]


def count(rows: Rows, wanted: Wanted) -> int:
    """How many items a search finds on all pages."""
    return rows.execute(select(func.count()).select_from(items).where(*_matching(rows, wanted))).scalar_one()


def count_up_to(rows: Rows, wanted: Wanted, most: int) -> int:
    """The same, but no more than `most`: a search that matches many items is not counted to its end."""
    some = select(items.c.no).where(*_matching(rows, wanted)).limit(most).subquery()
    return rows.execute(select(func.count()).select_from(some)).scalar_one()


def extents(rows: Rows, wanted: Wanted) -> dict[tuple[str, str | None], Extent]:
    """Extent by (project, collection or None), of those that have items.

    The box is the one that encloses all: it never crosses the antimeridian but where an item in it does.
    """
    key = (items.c.workspace_id, items.c.collection_id)
    bounds = [func.min(items.c.min_x), func.min(items.c.min_y), func.max(items.c.max_x), func.max(items.c.max_y)]
    grouped: Select[Any] = select(
        *key, func.count(), *bounds, func.min(items.c.from_ns), func.max(items.c.to_ns)
    ).group_by(*key)
    found = {}
    for project, collection, number, west, south, east, north, first, last in rows.execute(
        grouped.where(*_matching(rows, wanted))
    ):
        box = None if west is None else _whole(west, south, east, north)
        found[project, collection] = Extent(number, box, first, last)
    return found


def _whole(west: float, south: float, east: float, north: float) -> Box:
    return Box(-180.0, south, 180.0, north) if east - west >= 360 else Box(west, south, east, north)


def _matching(rows: Rows, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [items.c.organisation_id == wanted.organisation_id, _LIVE]
    if wanted.workspace_ids is not None:
        found.append(among(rows, items.c.workspace_id, wanted.workspace_ids))
    if wanted.to_ns is not None:
        found.append(items.c.from_ns <= wanted.to_ns)
    if wanted.from_ns is not None:
        found.append(items.c.to_ns >= wanted.from_ns)
    if wanted.box is not None:
        found += _touching(wanted.box)
    if wanted.collection_ids is not None:
        loose = and_(items.c.collection_id.is_(None), items.c.workspace_id.in_(wanted.collection_ids))
        found.append(or_(items.c.collection_id.in_(wanted.collection_ids), loose))
    if wanted.ids is not None:
        found.append(items.c.no.in_(_named(rows, wanted)))
    if wanted.type is not None:
        found.append(items.c.type == wanted.type)
    return found


def _named(rows: Rows, wanted: Wanted) -> CompoundSelect[Any]:
    """Numbers of the live items of these ids; each half has an index of its own."""
    by_stac_id = select(items.c.no).where(items.c.stac_id.in_(wanted.ids or ()), _LIVE)
    if wanted.workspace_ids is not None:
        by_stac_id = by_stac_id.where(among(rows, items.c.workspace_id, wanted.workspace_ids))
    return by_stac_id.union(select(items.c.no).where(items.c.id.in_(wanted.ids or ()), _LIVE))


def _touching(box: Box) -> list[ColumnElement[bool]]:
    """Both boxes may lie across the antimeridian, so each is compared with the other one turn further, too."""
    overlap = [
        and_(items.c.min_x <= box.east + turn, items.c.max_x >= box.west + turn) for turn in (0.0, 360.0, -360.0)
    ]
    return [items.c.min_y <= box.north, items.c.max_y >= box.south, or_(*overlap)]
