"""The filter and order grammar of the list operations: text in, checked conditions out. No SQL, no documents.

A condition is one value of one parameter, `[<op>:]<operand>`. Conditions on one field form a `Group`; groups combine
with AND.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from coreshed import clock, geo, ids
from coreshed.problems import Invalid, InvalidFilter, InvalidOrder, Problem

USERS = ("created_by", "modified_by", "deleted_by")
DATES = ("created_at", "modified_at", "deleted_at")
PLAIN = (*USERS, *DATES, "object_name", "schema_id", "geojson_bounding_box")
# Rows that a list among the short reads may answer, and walk past before: a millisecond at most.
_SHORT_LIMIT, _SHORT_OFFSET = 200, 1000
MAX_OPERANDS = 1000
MAX_CONDITIONS = 100
_MAX_NUMERIC_STEPS = 4
MAX_PATTERN = 4096
MAX_WILDCARDS = 16
_PAIR = re.compile(r"\s*\(\s*([-+0-9.eE]+)\s*,\s*([-+0-9.eE]+)\s*\)\s*")


class Op(StrEnum):
    """The operators of the wire; `PREFIX` and `EXACT` stand for a value without one."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    NIN = "nin"
    LIKE = "like"
    ILIKE = "ilike"
    NLIKE = "nlike"
    NILIKE = "nilike"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    GEOWITHIN = "geowithin"
    GEOINTERSECTS = "geointersects"
    PREFIX = "prefix"


RANGES = frozenset({Op.LT, Op.LTE, Op.GT, Op.GTE})
PATTERNS = frozenset({Op.LIKE, Op.ILIKE, Op.NLIKE, Op.NILIKE})
NEGATIVE = {Op.NEQ: Op.EQ, Op.NIN: Op.IN, Op.NLIKE: Op.LIKE, Op.NILIKE: Op.ILIKE}
_GEO = frozenset({Op.GEOWITHIN, Op.GEOINTERSECTS})
_WRITTEN: dict[str, Op] = {op.value: op for op in Op if op is not Op.PREFIX}


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one value. operands: one, or the members of the list of `in` and `nin`."""

    op: Op
    operands: tuple[str, ...]

    @property
    def operand(self) -> str:
        """The only operand of every operator but `in` and `nin`."""
        return self.operands[0]

    @property
    def positive(self) -> "Condition":
        """The condition without its negation."""
        return Condition(NEGATIVE.get(self.op, self.op), self.operands)

    @property
    def negated(self) -> bool:
        """True for neq, nin, nlike and nilike."""
        return self.op in NEGATIVE


@dataclass(frozen=True, slots=True)
class Group:
    """All conditions on one field; `any_of`: one is enough, else all must hold."""

    field: str
    conditions: tuple[Condition, ...]
    any_of: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A list operation's query, checked. limit: 1 to 5000; offset: from 0; deleted: only deleted objects."""

    groups: tuple[Group, ...]
    orders: tuple[Order, ...]
    deleted: bool
    limit: int
    offset: int

    @property
    def short(self) -> bool:
        """True for a page that an index gives at once: nothing to filter, no deep offset, few rows."""
        return not self.groups and not self.orders and self.limit <= _SHORT_LIMIT and self.offset <= _SHORT_OFFSET


def parse_groups(pairs: Iterable[tuple[str, str]], *, organisation: bool) -> tuple[Group, ...]:
    """The filters among a query's pairs; unrecognised names are ignored. Raises Invalid, InvalidFilter."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        field = "created_by" if name == "author" and not organisation else name
        if field in PLAIN or (field.startswith("object.") and len(field) > len("object.")):
            found.setdefault(field, []).append(value)
    if sum(map(len, found.values())) > MAX_CONDITIONS:
        raise InvalidFilter(f"A request takes at most {MAX_CONDITIONS} filters.")
    groups = tuple(_group(field, values) for field, values in found.items())
    # Every value becomes a parameter of one statement, of which SQLite takes 32,766.
    if sum(len(condition.operands) for group in groups for condition in group.conditions) > MAX_OPERANDS:
        raise InvalidFilter(f"A request takes at most {MAX_OPERANDS} filter values.")
    return groups


def _group(field: str, values: list[str]) -> Group:
    if field == "object_name" and not all(values):
        raise Invalid("object_name: the value is empty.")
    conditions = tuple(_condition(field, value) for value in values)
    if field in DATES:
        _check_dates(field, conditions)
    elif field == "geojson_bounding_box":
        for condition in conditions:
            polygon(condition.operand)
    elif field.startswith("object."):
        _check_path(field, InvalidFilter)
    any_of = len(conditions) > 1 and not any(condition.negated or condition.op in RANGES for condition in conditions)
    return Group(field, conditions, any_of)


def _condition(field: str, value: str) -> Condition:
    head, colon, tail = value.partition(":")
    written = _WRITTEN.get(head) if colon else None
    default: Op = {"object_name": Op.PREFIX, "geojson_bounding_box": Op.GEOINTERSECTS}.get(field, Op.EQ)
    operand = value if written is None else tail
    op: Op = written or default
    if (op in _GEO) != (field == "geojson_bounding_box"):
        raise InvalidFilter(f"{field}: the operator {op.value!r} does not apply to this field.")
    if field in USERS and op in RANGES:
        raise InvalidFilter(f"{field}: user ids have no order, so {op.value!r} does not apply.")
    operands = tuple(operand.split(",")) if op in {Op.IN, Op.NIN} else (operand,)
    if field in USERS:
        operands = tuple(text.lower() if ids.is_uuid(text) else text for text in operands)
    if op in PATTERNS and (len(operand) > MAX_PATTERN or operand.count("*") > MAX_WILDCARDS):
        raise InvalidFilter(f"{field}: a pattern takes {MAX_PATTERN} characters and {MAX_WILDCARDS} wildcards at most.")
    if "\x00" in operand:
        raise InvalidFilter(f"{field}: a filter value cannot contain NUL.")
    return Condition(op, operands)


def _check_path(field: str, refusal: type[Problem]) -> None:
    """Each number in a path is a key or a position, and every combination is a reading of its own."""
    if sum(step.isdigit() for step in field.split(".")) > _MAX_NUMERIC_STEPS:
        raise refusal(f"{field[:80]}: at most {_MAX_NUMERIC_STEPS} array positions are allowed.")
    if "\x00" in field:
        raise refusal("A field name cannot contain NUL.")


def _check_dates(field: str, conditions: tuple[Condition, ...]) -> None:
    if len(conditions) > 2:
        raise InvalidFilter(f"{field}: at most two values are allowed.")
    for condition in conditions:
        if condition.op not in RANGES and condition.op is not Op.EQ:
            raise InvalidFilter(f"{field}: the operator {condition.op.value!r} does not apply to dates.")
        if condition.op is Op.EQ and len(conditions) > 1:
            raise InvalidFilter(f"{field}: a value without a range operator stands alone.")
        instant(field, condition.operand)


def instant(field: str, text: str) -> int:
    """Nanoseconds of a date operand. Raises InvalidFilter."""
    try:
        # A plus sign that was not percent-encoded arrives as a space: `12:00:00 12:00` is `12:00:00+12:00`.
        return clock.parse_iso(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    except (ValueError, OverflowError) as error:
        raise InvalidFilter(f"{field}: {text[:80]!r} is not an ISO 8601 date.") from error


def polygon(text: str) -> list[geo.Point]:
    """The five points of a `geojson_bounding_box` operand, `(lon,lat),...`, first = last. Raises InvalidFilter."""
    points: list[geo.Point] = []
    rest = text
    try:
        while rest:
            found = _PAIR.match(rest)
            if found is None:
                break
            points.append((float(found[1]), float(found[2])))
            rest = rest[found.end() :]
            if len(points) == 5:
                break
            rest = rest.removeprefix(",") if rest.startswith(",") else "missing"
    except ValueError:
        points = []
    if rest or len(points) != 5 or points[0] != points[-1] or any(abs(c) > 1e6 for p in points for c in p):
        raise InvalidFilter(
            "geojson_bounding_box: expected five (longitude,latitude) pairs, the first equal to the last."
        )
    return points


def parse_orders(texts: Iterable[str], *, organisation: bool) -> tuple[Order, ...]:
    """Sort keys of `order_by` values; an empty value is no order. Raises InvalidOrder."""
    known = {*USERS, *DATES, "object_name"} | (set() if organisation else {"author"})
    orders: list[Order] = []
    for element in (element for text in texts if text for element in text.split(",")):
        head, colon, tail = element.partition(":")
        field = tail if colon else head
        if colon and head not in {"asc", "desc"}:
            raise InvalidOrder(f"order_by: {element[:80]!r} does not start with asc: or desc:.")
        if field not in known and not (field.startswith("object.") and len(field) > len("object.")):
            raise InvalidOrder(f"order_by: {field[:80]!r} is not a sortable field.")
        _check_path(field, InvalidOrder)
        orders.append(Order("created_by" if field == "author" else field, head == "desc" and bool(colon)))
    if len(orders) > 16:
        raise InvalidOrder("order_by: at most 16 fields are allowed.")
    return tuple(orders)


def integer(text: str | None, name: str, *, default: int, least: int, most: int) -> int:
    """A bounded whole number of a query. Raises Invalid naming the bounds."""
    if text is None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text.strip()) or not least <= int(text) <= most:
        raise Invalid(f"{name}: {text[:40]!r} is not a whole number from {least} to {most}.")
    return int(text)


def number(text: str) -> float | None:
    """The operand as a number, infinite where it is beyond a double; None where it is none."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    return float(text)


def like(text: str, pattern: str, *, fold: bool) -> bool:
    """Whether a `like` pattern matches the whole text; `fold`: both sides are case-folded first.

    Each piece is taken at its first place after the one before: one pass, where a regular expression would try every
    place of every piece.
    """
    subject = text.casefold() if fold else text
    first, *pieces = (pattern.casefold() if fold else pattern).split("*")
    if not pieces:
        return subject == first
    last = pieces.pop()
    if len(subject) < len(first) + len(last) or not (subject.startswith(first) and subject.endswith(last)):
        return False
    place, end = len(first), len(subject) - len(last)
    for piece in pieces:
        place = subject.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True
