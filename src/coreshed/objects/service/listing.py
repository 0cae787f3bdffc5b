"""The list operations: one workspace, or every workspace of an organisation that the caller may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa

from coreshed import geo
from coreshed.database import Rows
from coreshed.database.prepared import Packed
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, filters, matching, presentation, wire
from coreshed.objects import listing_ledger as ledger
from coreshed.objects.places import places
from coreshed.objects.queries import Interned, ListQuery, Scope, among
from coreshed.objects.remembered import Remembered
from coreshed.objects.service.ground import Ground
from coreshed.objects.tables import objects
from coreshed.wire_common import User
from coreshed.workspaces import Role

_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Sequence[ledger.Listed]
    total: int
    schemas: Mapping[int, str]
    users: Mapping[str, User]


class Listing:
    """Lists and their totals."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        # Both are bound to the state they were made from: totals to revisions, queries to what was interned.
        self._totals: Remembered[object, int] = Remembered(_REMEMBERED)
        self._queries: Remembered[object, ListQuery] = Remembered(_REMEMBERED)
        self._statements: WeakKeyDictionary[ListQuery, Packed[ledger.Listed]] = WeakKeyDictionary()
        self._schemas: Mapping[int, str] = {}

    def workspace(
        self, *, caller: Principal, workspace: WorkspaceKey, request: filters.ListRequest, links: wire.PageLinksOf
    ) -> wire.ObjectList:
        """Objects of one workspace at their newest version."""
        with self.ground.database.reading() as rows:
            access = self.ground.require(rows, caller, workspace, Role.VIEWER)
            found = self._find(rows, Scope((access.workspace_id,), request.deleted), request)
        root = presentation.object_root(self.ground.public_url, workspace)
        listed = presentation.listed(found.rows, found.schemas, found.users, root)
        return wire.ObjectList(
            count=len(listed),
            limit=request.limit,
            offset=request.offset,
            total=found.total,
            links=links(found.total),
            objects=listed,
        )

    def organisation(
        self,
        *,
        caller: Principal,
        organisation_id: str,
        permitted_only: bool,
        request: filters.ListRequest,
        links: wire.PageLinksOf,
    ) -> wire.OrgObjectList:
        """Objects of every live workspace that the caller may see; organisation admins see all of them."""
        with self.ground.database.reading() as rows:
            seen = self._visible(rows, caller, organisation_id, permitted_only=permitted_only)
            found = self._find(rows, Scope(tuple(sorted(seen)), request.deleted), request)
        listed = [
            presentation.org_listed(row, found.schemas, found.users, *seen[row.workspace_id]) for row in found.rows
        ]
        return wire.OrgObjectList(
            count=len(listed),
            limit=request.limit,
            offset=request.offset,
            total=found.total,
            links=links(found.total),
            objects=listed,
        )

    def _visible(
        self, rows: Rows, caller: Principal, organisation_id: str, *, permitted_only: bool
    ) -> dict[str, tuple[str, Role | None]]:
        if permitted_only:
            mine = self.ground.workspaces.accessible(rows, caller=caller, organisation_id=organisation_id)
            return {key: (access.name, access.role) for key, access in mine.items()}
        return self.ground.workspaces.all_of_organisation(rows, caller=caller, organisation_id=organisation_id)

    def _find(self, rows: Rows, scope: Scope, request: filters.ListRequest) -> _Found:
        if not scope.workspace_ids:
            return _Found((), 0, {}, {})
        query = self._query(rows, scope, request)
        extra = self._exact_boxes(rows, query, request, None)
        counts = ledger.counts(rows, scope.workspace_ids)
        opened = self._opened(rows, scope, query, request)
        if opened is not None:
            decided = opened if extra is None else sa.and_(opened, extra)
            query, extra = query.without_properties(), decided
        if query.property_orders and ledger.has_undecided(rows, scope, query.cut_path_numbers()):
            page = ledger.page_by_documents(rows, query, extra, request.limit, request.offset)
        else:
            page = ledger.page(rows, self._statement(query, extra), request.limit, request.offset)
        total = self._total(rows, scope, request, query, extra, counts)
        users = self.ground.identity.user_cards(rows, _people(page))
        return _Found(page, total, self._schema_names(rows, page), users)

    def _query(self, rows: Rows, scope: Scope, request: filters.ListRequest) -> ListQuery:
        """The request over the interned paths and schemas as they are now; built once for each distinct request."""
        fields = {group.field for group in request.groups} | {order.field for order in request.orders}
        wanted = sorted({place.path for f in fields if f.startswith("object.") for place in places(f)})
        known = ledger.interned_paths(rows, scope, wanted) if wanted else ()
        schemas = tuple(ledger.schemas(rows).items()) if "schema_id" in fields else ()
        key = (scope, request.groups, request.orders, known, schemas)
        query = self._queries.get(key)
        if query is None:
            query = ListQuery(
                scope,
                request.groups,
                request.orders,
                Interned(dict(known), dict(schemas)),
                sqlite=self.ground.database.is_sqlite,
            )
            self._queries.put(key, query)
        return query

    def _statement(self, query: ListQuery, extra: sa.ColumnElement[bool] | None) -> Packed[ledger.Listed]:
        """The page statement; a query without data of its own in it keeps its statement."""
        if extra is not None:
            return ledger.page_statement(query, extra)
        if query not in self._statements:
            self._statements[query] = ledger.page_statement(query, None)
        return self._statements[query]

    def _schema_names(self, rows: Rows, page: Sequence[ledger.Listed]) -> Mapping[int, str]:
        """Schema ids by number; numbers never change their meaning, so only a new one is looked up."""
        if not self._schemas.keys() >= {row.schema_no for row in page}:
            self._schemas = {number: name for name, number in ledger.schemas(rows).items()}
        return self._schemas

    def _total(
        self,
        rows: Rows,
        scope: Scope,
        request: filters.ListRequest,
        query: ListQuery,
        extra: sa.ColumnElement[bool] | None,
        counts: Mapping[str, ledger.Counts],
    ) -> int:
        if not request.groups:
            return sum(count.deleted if scope.deleted else count.live for count in counts.values())
        # A total holds as long as no object of its workspaces changes; the revision is read in the same snapshot.
        key = (scope, request.groups, tuple(sorted((name, count.revision) for name, count in counts.items())))
        known = self._totals.get(key)
        if known is None:
            known = ledger.total(rows, query, extra)
            self._totals.put(key, known)
        return known

    def _opened(
        self, rows: Rows, scope: Scope, query: ListQuery, request: filters.ListRequest
    ) -> sa.ColumnElement[bool] | None:
        """Where property rows cannot decide, decide on the documents; None everywhere else, and none is opened."""
        wanted = [group for group in request.groups if group.field.startswith("object.")]
        if not wanted or not ledger.has_undecided(rows, scope, query.cut_path_numbers()):
            return None
        held = [
            number
            for number, stored in ledger.open_documents(rows, query)
            if _matches_all(msgspec.json.decode(documents.unpack(stored)), wanted)
        ]
        decided = sa.and_(sa.not_(query.undecided()), query.properties_hold())
        return sa.or_(decided, among(objects.c.no, held, sqlite=self.ground.database.is_sqlite))

    def _exact_boxes(
        self, rows: Rows, query: ListQuery, request: filters.ListRequest, extra: sa.ColumnElement[bool] | None
    ) -> sa.ColumnElement[bool] | None:
        """A polygon that is no rectangle is decided box by box, among the objects within its envelope."""
        for group in request.groups:
            if group.field != "geojson_bounding_box":
                continue
            shapes = [(condition.op, filters.polygon(condition.operand)) for condition in group.conditions]
            if all(geo.is_rectangle(points) for _, points in shapes):
                continue
            quantifier = any if group.any_of else all
            numbers = ledger.boxes(rows, query, lambda row: quantifier(_box_holds(row, *shape) for shape in shapes))  # noqa: B023
            exact = among(objects.c.no, numbers, sqlite=self.ground.database.is_sqlite)
            extra = exact if extra is None else sa.and_(extra, exact)
        return extra


def _matches_all(document: dict[str, Any], groups: Sequence[filters.Group]) -> bool:
    return all(matching.matches(document, group) for group in groups)


def _box_holds(row: Any, op: filters.Op, points: list[geo.Point]) -> bool:
    rectangle = geo.Rectangle(row.west, row.south, row.east, row.north)
    return (geo.contains if op is filters.Op.GEOWITHIN else geo.intersects)(points, rectangle)


def _people(page: Sequence[ledger.Listed]) -> set[str]:
    """Everybody that a page names."""
    return {name for row in page for name in (row.created_by, row.modified_by, row.deleted_by) if name}
