"""List filters and orders as SQL over `objects` and `object_properties`; no document is opened here.

Built for two shapes: any filter at all, as correlated EXISTS; and one range or equality over a property that no object
repeats, which then *drives* the query through its index, so that page, order and count of a million objects touch a
few index pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, or_, select

from coreshed import clock, paths
from coreshed.objects.documents import BOOLEAN, NULL, NUMBER, TEXT, TEXT_CUT
from coreshed.objects.filters import (
    DATES,
    PATTERNS,
    RANGES,
    Condition,
    Group,
    Op,
    Order,
    instant,
    like,
    number,
    polygon,
)
from coreshed.objects.places import places
from coreshed.objects.sorting import DATE_COLUMNS, NULLABLE, PLAIN, Key
from coreshed.objects.tables import object_properties, objects

# What a column of nanoseconds can hold, to the second; years before 1677 and after 2262 compare like its ends.
_LAST = (2**63 - 1) // clock.NANOSECONDS * clock.NANOSECONDS - clock.NANOSECONDS
_FIRST = -_LAST
_COMPARE = {Op.LT: "__lt__", Op.LTE: "__le__", Op.GT: "__gt__", Op.GTE: "__ge__"}


@dataclass(frozen=True, slots=True)
class Interned:
    """What the ledger knows: rows of `property_paths` per path, `(no, repeats)`, and the schema numbers by id."""

    paths: Mapping[str, Sequence[tuple[int, bool]]]
    schemas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which objects a list speaks of."""

    workspace_ids: tuple[str, ...]
    deleted: bool


class ListQuery:
    """The statements of one list request."""

    def __init__(
        self, scope: Scope, groups: Sequence[Group], orders: Sequence[Order], interned: Interned, *, sqlite: bool
    ) -> None:
        self._scope, self._interned, self._sqlite = scope, interned, sqlite
        self._groups, self._orders = groups, orders
        self._driver = next((group for group in groups if self._can_drive(group)), None)
        self._driving = object_properties.alias("driving")

    def page(
        self, *columns: ColumnElement[Any], limit: Any, offset: Any, extra: ColumnElement[bool] | None = None
    ) -> sa.Select[Any]:
        """The rows of one page, in order."""
        statement, keys = self._keys(select(*columns).select_from(self._source()).where(*self._where(extra)))
        return statement.order_by(*(key.clause for key in keys)).limit(limit).offset(offset)

    def keyed(
        self, *columns: ColumnElement[Any], limit: int | None, extra: ColumnElement[bool]
    ) -> tuple[sa.Select[Any], list[bool]]:
        """The first rows in order, each followed by the values that it is sorted by; which of these are descending."""
        statement, keys = self._keys(select(*columns).select_from(self._source()).where(*self._where(extra)))
        shown = statement.add_columns(*(key.column.label(f"key_{n}") for n, key in enumerate(keys)))
        return shown.order_by(*(key.clause for key in keys)).limit(limit), [key.descending for key in keys]

    @property
    def property_orders(self) -> list[tuple[int, Order]]:
        """The orders by `object.*`, each with the position of its first key."""
        found, position = [], 0
        for order in self._orders:
            if order.field.startswith("object."):
                found.append((position, order))
            position += 3 if order.field.startswith("object.") else 1
        return found

    def misplaced(self) -> ColumnElement[bool]:
        """Objects that property rows cannot place: some value has no row, or the row has not all of the text."""
        cut = [self._cut(order.field) for _, order in self.property_orders]
        return or_(objects.c.unindexed, *cut)

    def total(self, extra: ColumnElement[bool] | None = None) -> sa.Select[Any]:
        """How many objects match, exactly."""
        if (
            extra is None
            and self._driver is not None
            and all(g is self._driver or g.field == "schema_id" for g in self._groups)
        ):
            driving = self._driving.c
            schemas = [self._schema_group(driving.schema_no, g) for g in self._groups if g.field == "schema_id"]
            return select(func.count()).select_from(self._driving).where(*self._drive(self._driver), *schemas)
        return select(func.count()).select_from(self._source()).where(*self._where(extra))

    def matching(self, *columns: ColumnElement[Any], only: ColumnElement[bool]) -> sa.Select[Any]:
        """Objects that satisfy every filter but the `object.*` ones, and `only`."""
        plain = [self._group(group) for group in self._groups if not group.field.startswith("object.")]
        return select(*columns).select_from(objects).where(*self._scoped(), *plain, only)

    def properties_hold(self) -> ColumnElement[bool]:
        """Every `object.*` filter, decided by property rows."""
        return and_(sa.true(), *(self._group(g) for g in self._groups if g.field.startswith("object.")))

    def undecided(self) -> ColumnElement[bool]:
        """Objects whose property rows cannot decide the `object.*` filters: their documents must be opened."""
        cut = [self._cut(g.field) for g in self._groups if g.field.startswith("object.") and _needs_whole_text(g)]
        return or_(objects.c.unindexed, *cut)

    def cut_path_numbers(self) -> list[int]:
        """Paths on which a cut text would leave a filter or an order undecided."""
        whole = [g.field for g in self._groups if g.field.startswith("object.") and _needs_whole_text(g)]
        fields = [*whole, *(order.field for _, order in self.property_orders)]
        return [no for field in fields for no, _ in self._numbers(field)]

    def without_properties(self) -> "ListQuery":
        """The same request without its `object.*` filters, for when documents take part in the decision."""
        plain = [group for group in self._groups if not group.field.startswith("object.")]
        return ListQuery(self._scope, plain, self._orders, self._interned, sqlite=self._sqlite)

    # -- the parts -------------------------------------------------------------------------------------------------

    def _source(self) -> sa.FromClause:
        if self._driver is None:
            return objects
        return self._driving.join(objects, objects.c.no == self._driving.c.object_no)

    def _scoped(self) -> list[ColumnElement[bool]]:
        ids = self._scope.workspace_ids
        within = objects.c.workspace_id == ids[0] if len(ids) == 1 else objects.c.workspace_id.in_(ids)
        return [within, objects.c.deleted_ns.is_not(None) if self._scope.deleted else objects.c.deleted_ns.is_(None)]

    def _where(self, extra: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
        rest = [self._group(group) for group in self._groups if group is not self._driver]
        # An interned path belongs to one workspace and `deleted` is repeated on the property, so that a driven query
        # needs no test of the object's own columns.
        scope = self._scoped() if self._driver is None else self._drive(self._driver)
        return [*scope, *rest, *([] if extra is None else [extra])]

    def _numbers(self, field: str) -> list[tuple[int, bool]]:
        return [row for place in places(field) for row in self._interned.paths.get(place.path, ())]

    def _can_drive(self, group: Group) -> bool:
        if not group.field.startswith("object.") or any(c.negated or c.op in PATTERNS for c in group.conditions):
            return False
        if len(self._scope.workspace_ids) != 1 or len(places(group.field)) != 1:
            return False
        numbers = self._numbers(group.field)
        return len(numbers) == 1 and not numbers[0][1]

    def _drive(self, group: Group) -> list[ColumnElement[bool]]:
        driving = self._driving.c
        number_of_path = self._numbers(group.field)[0][0]
        return [
            driving.path_no == number_of_path,
            driving.deleted == self._scope.deleted,
            _combined(group, [self._value(driving, condition) for condition in group.conditions]),
        ]

    def _group(self, group: Group) -> ColumnElement[bool]:
        if group.field == "schema_id":
            return self._schema_group(objects.c.schema_no, group)
        return _combined(group, [self._condition(group.field, condition) for condition in group.conditions])

    def _schema_group(self, column: ColumnElement[Any], group: Group) -> ColumnElement[bool]:
        numbers = [
            no
            for schema_id, no in self._interned.schemas.items()
            if (any if group.any_of else all)(_text_holds(schema_id, c) for c in group.conditions)
        ]
        return column.in_(numbers)

    def _condition(self, field: str, condition: Condition) -> ColumnElement[bool]:
        if field.startswith("object."):
            found = exists().where(
                self._at(object_properties.c, field), self._value(object_properties.c, condition.positive)
            )
            return not_(found) if condition.negated else found
        if field in DATES:
            return _date(DATE_COLUMNS[field], field, condition)
        if field == "geojson_bounding_box":
            return _box(condition)
        if field == "object_name":
            return self._name(condition)
        positive = self._text(objects.c[field], objects.c[field], condition.positive)
        return or_(not_(positive), objects.c[field].is_(None)) if condition.negated else positive

    def _name(self, condition: Condition) -> ColumnElement[bool]:
        if condition.op is Op.PREFIX:
            return func.substr(objects.c.name, 1, len(condition.operand)) == condition.operand
        folded = Condition(condition.op, tuple(paths.key(text) for text in condition.operands))
        chosen = folded if condition.op in {Op.ILIKE, Op.NILIKE} else condition
        found = self._text(objects.c.path, objects.c.path_key, chosen.positive)
        if condition.op in {Op.IN, Op.NIN}:
            found = or_(found, objects.c.name.in_(condition.operands))
        return not_(found) if condition.negated else found

    def _text(
        self, column: ColumnElement[Any], folded: ColumnElement[Any], condition: Condition
    ) -> ColumnElement[bool]:
        if condition.op is Op.LIKE:
            return self._glob(column, condition.operand)
        if condition.op is Op.ILIKE:
            return self._glob(folded, condition.operand.casefold())
        if condition.op in RANGES:
            return compare(column, condition.op, condition.operand)
        return column.in_(condition.operands)

    def _glob(self, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        if self._sqlite:
            return column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]").replace("?", "[?]"))
        for symbol in "\\%_":
            pattern = pattern.replace(symbol, "\\" + symbol)
        return column.like(pattern.replace("*", "%"), escape="\\")

    def _at(self, row: Any, field: str) -> ColumnElement[bool]:
        """The property rows of an object that a field names."""
        readings = []
        for place in places(field):
            numbers = [no for no, _ in self._interned.paths.get(place.path, ())]
            positions = [
                or_(row["at"].like(f"%{position};%"), row["at"].like(f"%{position}.%")) for position in place.positions
            ]
            if numbers:
                readings.append(and_(row.path_no.in_(numbers), *positions))
        return and_(row.object_no == objects.c.no, or_(sa.false(), *readings))

    def _value(self, row: Any, condition: Condition) -> ColumnElement[bool]:
        if condition.op in {Op.EQ, Op.IN}:
            return _equal(row, condition.operands)
        if condition.op in {Op.LIKE, Op.ILIKE}:
            folded = func.coalesce(row.text_key, row.text)
            return and_(_kind(row, TEXT), self._text(row.text, folded, condition))
        bound = number(condition.operand)
        if bound is not None:
            return and_(_kind(row, NUMBER), compare(row.number, condition.op, bound))
        return and_(_kind(row, TEXT), compare(row.text, condition.op, condition.operand))

    def _cut(self, field: str) -> ColumnElement[bool]:
        row = object_properties.alias().c
        return exists().where(self._at(row, field), row.cut)

    # -- order -----------------------------------------------------------------------------------------------------

    def _keys(self, statement: sa.Select[Any]) -> tuple[sa.Select[Any], list[Key]]:
        """The statement with what its order needs joined to it, and the columns to sort by."""
        keys: list[Key] = []
        for order in self._orders:
            if not order.field.startswith("object."):
                keys.append(Key(PLAIN[order.field], order.descending, order.field in NULLABLE))
            elif self._driver is not None and self._driver.field == order.field:
                keys += self._driven_keys(order)
            else:
                statement, more = self._property_keys(statement, order)
                keys += more
        if not self._orders:
            keys.append(Key(objects.c.created_ns))
        return statement, [*keys, Key(objects.c.id)]

    def _driven_keys(self, order: Order) -> list[Key]:
        assert self._driver is not None  # noqa: S101  (checked by the caller)
        row = self._driving.c
        if all(c.op in RANGES and number(c.operand) is not None for c in self._driver.conditions):
            return [Key(row.number, order.descending)]
        return _triple(row, order)

    def _property_keys(self, statement: sa.Select[Any], order: Order) -> tuple[sa.Select[Any], list[Key]]:
        numbers = self._numbers(order.field)
        row = object_properties.alias().c
        if len(numbers) == 1 and not numbers[0][1] and len(places(order.field)) == 1:
            alias = object_properties.alias()
            joined = statement.outerjoin_from(objects, alias, self._at(alias.c, order.field))
            if self._driver is None:
                return joined, _triple(alias.c, order)
        inner = [key.clause for key in _triple(row, order)]
        firsts = [
            select(column)
            .where(self._at(row, order.field))
            .order_by(*inner)
            .limit(1)
            .correlate(objects)
            .scalar_subquery()
            for column in (row.kind, row.number, row.text)
        ]
        return statement, [Key(value, order.descending, nullable=True) for value in firsts]


def _triple(row: Any, order: Order) -> list[Key]:
    return [Key(column, order.descending, nullable=True) for column in (row.kind, row.number, row.text)]


def among(column: ColumnElement[Any], numbers: Iterable[int], *, sqlite: bool) -> ColumnElement[bool]:
    """Membership in a list of any length, sent as one parameter."""
    if sqlite:
        text = "[" + ",".join(map(str, numbers)) + "]"
        return column.in_(select(literal_column("value")).select_from(func.json_each(text)))
    return column == sa.any_(sa.cast(list(numbers), sa.ARRAY(sa.BigInteger)))


def compare(column: ColumnElement[Any], op: Op, operand: Any) -> ColumnElement[bool]:
    """One of < <= > >=."""
    comparison: ColumnElement[bool] = getattr(column, _COMPARE[op])(operand)
    return comparison


def _combined(group: Group, parts: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(*parts) if group.any_of else and_(*parts)


def _kind(row: Any, kind: int) -> ColumnElement[bool]:
    # A literal, not a parameter: SQLite uses a partial index only where it can read the condition.
    test: ColumnElement[bool] = row.kind == literal_column(str(kind))
    return test


def _equal(row: Any, operands: Sequence[str]) -> ColumnElement[bool]:
    # One list for each kind: SQLite refuses an OR of a thousand comparisons as too deep.
    texts = [text for text in operands if len(text) <= TEXT_CUT]
    amounts = [amount for text in operands if (amount := number(text)) is not None]
    truths = [float(text == "true") for text in operands if text in {"true", "false"}]
    columns = ((TEXT, row.text, texts), (NUMBER, row.number, amounts), (BOOLEAN, row.number, truths))
    options = [and_(_kind(row, kind), _one_of(column, values)) for kind, column, values in columns if values]
    if "null" in operands:
        options.append(_kind(row, NULL))
    return or_(sa.false(), *options)


def _one_of(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _needs_whole_text(group: Group) -> bool:
    return any(c.op in PATTERNS or any(len(text) >= TEXT_CUT for text in c.operands) for c in group.conditions)


def _text_holds(text: str, condition: Condition) -> bool:
    """A condition on a schema id, decided outside of SQL over the few ids there are."""
    positive = condition.positive
    if positive.op in {Op.LIKE, Op.ILIKE}:
        holds = like(text, positive.operand, fold=positive.op is Op.ILIKE)
    elif positive.op in RANGES:
        holds = bool(getattr(text, _COMPARE[positive.op])(positive.operand))
    else:
        holds = text in positive.operands
    return holds != condition.negated


def _date(column: ColumnElement[Any], field: str, condition: Condition) -> ColumnElement[bool]:
    """Dates compare at the second that answers show."""
    asked = min(max(instant(field, condition.operand), _FIRST), _LAST)
    start = asked // clock.NANOSECONDS * clock.NANOSECONDS
    end = start + clock.NANOSECONDS
    fraction = asked != start
    if condition.op is Op.EQ:
        return sa.false() if fraction else and_(column >= start, column < end)
    edge = start if condition.op in {Op.LT, Op.GTE} and not fraction else end
    return column < edge if condition.op in {Op.LT, Op.LTE} else column >= edge


def _box(condition: Condition) -> ColumnElement[bool]:
    """The envelope of the polygon; exact for a rectangle, a first cut for any other shape."""
    points = polygon(condition.operand)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    o = objects.c
    if condition.op is Op.GEOWITHIN:
        return and_(o.west >= west, o.east <= east, o.south >= south, o.north <= north)
    return and_(o.west <= east, o.east >= west, o.south <= north, o.north >= south)
