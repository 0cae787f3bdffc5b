"""Statements over assets, and over what came from what."""

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, true, update

from coreshed.catalogue.model import Asset, Edge
from coreshed.catalogue.tables import assets, provenance_edges
from coreshed.database import Rows
from coreshed.database.pages import pages

_COLUMNS = [assets.c[name] for name in Asset.__dataclass_fields__]
_JSON = ("roles", "band_names", "metadata")
_JSON_AT = tuple(list(Asset.__dataclass_fields__).index(name) for name in _JSON)
_EDGE = [provenance_edges.c[name] for name in Edge.__dataclass_fields__]


def _asset(row: Sequence[Any]) -> Asset:
    values = list(row)
    for at in _JSON_AT:
        values[at] = None if values[at] is None else msgspec.json.decode(values[at])
    return Asset(*values)


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: msgspec.json.encode(value).decode() if name in _JSON and value is not None else value
        for name, value in values.items()
    }


def add(rows: Rows, found: Sequence[Asset]) -> None:
    """New assets. Raises IntegrityError where an item has a key already."""
    if found:
        rows.execute(
            insert(assets),
            [_stored({name: getattr(each, name) for name in Asset.__dataclass_fields__}) for each in found],
        )


def of_items(rows: Rows, item_ids: Some[str]) -> dict[str, list[Asset]]:
    """The assets of each item that has some, in their order."""
    found: dict[str, list[Asset]] = {}
    for page in pages(item_ids):
        wanted = select(*_COLUMNS).where(assets.c.item_id.in_(page)).order_by(assets.c.item_id, assets.c.no)
        for row in rows.execute(wanted):
            asset = _asset(row)
            found.setdefault(asset.item_id, []).append(asset)
    return found


def counts(rows: Rows, item_ids: Some[str]) -> dict[str, int]:
    """How many assets each item has, of those that have some."""
    found: dict[str, int] = {}
    for page in pages(item_ids):
        counted = select(assets.c.item_id, func.count()).where(assets.c.item_id.in_(page)).group_by(assets.c.item_id)
        found |= {row[0]: row[1] for row in rows.execute(counted)}
    return found


def find(rows: Rows, asset_id: str) -> Asset | None:
    """The asset of an id."""
    row = rows.execute(select(*_COLUMNS).where(assets.c.id == asset_id)).one_or_none()
    return None if row is None else _asset(row)


def change(rows: Rows, asset_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of an asset."""
    rows.execute(update(assets).where(assets.c.id == asset_id).values(_stored(values)))


def remove(rows: Rows, asset_ids: Some[str]) -> None:
    """Delete the rows of assets."""
    for page in pages(asset_ids):
        rows.execute(delete(assets).where(assets.c.id.in_(page)))


def paid_bytes(rows: Rows, organisation_id: str) -> dict[str, int]:
    """Bytes that count as used, by project."""
    found = (
        select(assets.c.workspace_id, func.sum(assets.c.size))
        .where(assets.c.organisation_id == organisation_id, assets.c.charged == true())
        .group_by(assets.c.workspace_id)
    )
    return {workspace_id: int(size) for workspace_id, size in rows.execute(found)}


# Provenance


def record(rows: Rows, edges: Sequence[Edge], *, workspace_id: str, at_ns: int, actor_id: str) -> None:
    """Append edges."""
    shared = {"workspace_id": workspace_id, "created_ns": at_ns, "created_by": actor_id}
    values = [{**shared, **{name: getattr(edge, name) for name in Edge.__dataclass_fields__}} for edge in edges]
    if values:
        rows.execute(insert(provenance_edges), values)


def edges(rows: Rows, workspace_id: str, node_ids: Some[str], *, up: bool, limit: int) -> list[Edge]:
    """Edges of a project that end (up) or begin at nodes, the oldest first."""
    end = provenance_edges.c.dst_id if up else provenance_edges.c.src_id
    no = provenance_edges.c.no
    found: list[tuple[int, Edge]] = []
    for page in pages(node_ids):
        wanted = select(no, *_EDGE).where(end.in_(page), provenance_edges.c.workspace_id == workspace_id)
        found += [(row[0], Edge(*row[1:])) for row in rows.execute(wanted.order_by(no).limit(limit))]
    return [edge for _, edge in sorted(found, key=itemgetter(0))[:limit]]


def project_of_node(rows: Rows, node_type: str, node_id: str) -> str | None:
    """The project in which some edge begins or ends at a node."""
    edge = provenance_edges.c
    for kind, end in ((edge.src_type, edge.src_id), (edge.dst_type, edge.dst_id)):
        found = rows.execute(select(edge.workspace_id).where(end == node_id, kind == node_type).limit(1)).scalar()
        if found is not None:
            return str(found)
    return None
