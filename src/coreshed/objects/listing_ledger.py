"""Statements of the list operations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import select

from coreshed.database import Rows
from coreshed.database.prepared import Packed, Prepared, parameter
from coreshed.objects import documents
from coreshed.objects.queries import ListQuery, Scope
from coreshed.objects.sorting import Keyed, first_value, page_of
from coreshed.objects.tables import (
    object_counts,
    object_properties,
    object_schemas,
    object_versions,
    objects,
    property_paths,
)

_DOCUMENTS_AT_ONCE = 100
# Spelled as in the partial indexes: for `unindexed = 1`, as a boolean column would be written, SQLite scans the table.
_UNINDEXED: sa.ColumnElement[bool] = sa.literal_column("objects.unindexed")
_CUT: sa.ColumnElement[bool] = sa.literal_column("object_properties.cut")
# Path -> its numbers, one for each workspace, and whether any object repeats it there.
InternedPaths = tuple[tuple[str, tuple[tuple[int, bool], ...]], ...]


class Listed(NamedTuple):
    """What a list shows of an object: columns of `objects`, the CRS flag as 0 or 1, times in nanoseconds."""

    id: str
    workspace_id: str
    path: str
    name: str
    schema_no: int
    version_id: int
    created_ns: int
    created_by: str
    modified_by: str
    deleted_ns: int | None
    deleted_by: str | None
    stage_id: str | None
    box: str | None
    box_from_workspace_crs: int


_LISTED = tuple(objects.c[name] for name in Listed._fields)


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of the unfiltered lists and the revision they belong to."""

    live: int
    deleted: int
    revision: int


_COUNTS_OF_ONE = Prepared(
    select(object_counts.c.live, object_counts.c.deleted, object_counts.c.revision).where(
        object_counts.c.workspace_id == parameter("workspace_id")
    )
)


def counts(rows: Rows, workspace_ids: Sequence[str]) -> dict[str, Counts]:
    """Counters of the workspaces that have any."""
    if len(workspace_ids) == 1:
        row = _COUNTS_OF_ONE.first(rows, workspace_id=workspace_ids[0])
        return {} if row is None else {workspace_ids[0]: Counts(*row)}
    statement = select(object_counts).where(object_counts.c.workspace_id.in_(workspace_ids))
    return {row.workspace_id: Counts(row.live, row.deleted, row.revision) for row in rows.execute(statement)}


def schemas(rows: Rows) -> dict[str, int]:
    """Every schema in use, id to number."""
    return {row.id: row.no for row in rows.execute(select(object_schemas.c.id, object_schemas.c.no))}


def interned_paths(rows: Rows, scope: Scope, wanted: Sequence[str]) -> InternedPaths:
    """Numbers of the paths that a request names, and whether any object repeats them."""
    statement = (
        select(property_paths.c.path, property_paths.c.no, property_paths.c.repeats)
        .where(property_paths.c.workspace_id.in_(scope.workspace_ids), property_paths.c.path.in_(wanted))
        .order_by(property_paths.c.path, property_paths.c.no)
    )
    found: dict[str, list[tuple[int, bool]]] = {}
    for row in rows.execute(statement):
        found.setdefault(row.path, []).append((row.no, row.repeats))
    return tuple((path, tuple(numbers)) for path, numbers in found.items())


def page_statement(query: ListQuery, extra: sa.ColumnElement[bool] | None) -> Packed[Listed]:
    """The page of a request, to be given `limit` and `offset`."""
    limit, offset = parameter("limit", sa.BigInteger), parameter("offset", sa.BigInteger)
    return Packed(Listed, query.page(*_LISTED, limit=limit, offset=offset, extra=extra))


def page(rows: Rows, statement: Packed[Listed], limit: int, offset: int) -> list[Listed]:
    """Rows of one page, in order."""
    return statement.all(rows, limit=limit, offset=offset)


def total(rows: Rows, query: ListQuery, extra: sa.ColumnElement[bool] | None) -> int:
    """The exact number of matches."""
    return int(rows.execute(query.total(extra)).scalar_one())


def has_undecided(rows: Rows, scope: Scope, cut_paths: Sequence[int]) -> bool:
    """Whether any object in scope needs its document opened for the `object.*` filters."""
    flagged = select(objects.c.no).where(objects.c.workspace_id.in_(scope.workspace_ids), _UNINDEXED).limit(1)
    if rows.execute(flagged).first() is not None:
        return True
    cut = select(object_properties.c.object_no).where(object_properties.c.path_no.in_(cut_paths), _CUT)
    return bool(cut_paths) and rows.execute(cut.limit(1)).first() is not None


def open_documents(rows: Rows, query: ListQuery) -> Iterator[tuple[int, bytes]]:
    """Object number and stored document of every object that property rows cannot decide."""
    found = rows.execute(query.matching(objects.c.no, objects.c.version_id, only=query.undecided())).all()
    yield from _documents(rows, [(row.no, row.version_id) for row in found])


def _documents(rows: Rows, newest: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Object number and stored document of versions (object number, version id), in no order."""
    for start in range(0, len(newest), _DOCUMENTS_AT_ONCE):
        wanted = sa.tuple_(object_versions.c.object_no, object_versions.c.version_id).in_(
            newest[start : start + _DOCUMENTS_AT_ONCE]
        )
        for row in rows.execute(select(object_versions.c.object_no, object_versions.c.document).where(wanted)):
            yield row.object_no, row.document


def page_by_documents(
    rows: Rows, query: ListQuery, extra: sa.ColumnElement[bool] | None, limit: int, offset: int
) -> list[Listed]:
    """`page` where property rows cannot place every object: the documents of those say where they belong."""
    misplaced, held = query.misplaced(), sa.true() if extra is None else extra
    width = len(_LISTED) + 1
    rest, descending = query.keyed(objects.c.no, *_LISTED, limit=offset + limit, extra=sa.and_(held, ~misplaced))
    placed = [Keyed(tuple(row[width:]), Listed(*row[1:width])) for row in rows.execute(rest)]
    few, _ = query.keyed(objects.c.no, *_LISTED, limit=None, extra=sa.and_(held, misplaced))
    found = {row.no: row for row in rows.execute(few)}
    others = []
    for number, stored in _documents(rows, [(row.no, row.version_id) for row in found.values()]):
        values = list(found[number][width:])
        document = msgspec.json.decode(documents.unpack(stored))
        for position, order in query.property_orders:
            values[position : position + 3] = first_value(document, order)
        others.append(Keyed(tuple(values), Listed(*found[number][1:width])))
    return page_of([placed, others], descending, limit=limit, offset=offset)


def boxes(rows: Rows, query: ListQuery, only: Callable[[Any], bool]) -> list[int]:
    """Numbers of the objects whose rectangle satisfies `only`, among those within the envelope."""
    o = objects.c
    candidates = rows.execute(query.matching(o.no, o.west, o.south, o.east, o.north, only=o.west.is_not(None)))
    return [row.no for row in candidates if only(row)]
