"""The query of a file list: text in, checked conditions out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from coreshed import clock, ids, paths
from coreshed.problems import Invalid
from coreshed.wire_common import boolean

MAX_LIMIT = 5000
MAX_OFFSET = 2**63 - 1
MAX_PEOPLE = 1000
_OPERATORS = ("lt", "lte", "gt", "gte")
_PEOPLE = {"author": "created_by", "modified_by": "modified_by", "deleted_by": "deleted_by"}
# Both databases keep times in 64 bits; a time beyond them compares like the bound.
_TIME_RANGE = (-(2**63), 2**63 - 1)
_MICROSECOND = 1000


class Moment(Enum):
    """A time by which files are filtered and ordered."""

    CREATED = "created_at"
    MODIFIED = "modified_at"
    DELETED = "deleted_at"

    @property
    def column(self) -> str:
        """Where it is stored."""
        return self.value.replace("_at", "_ns")


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a time filter: `operator` is lt, lte, gt or gte, the time in nanoseconds since the epoch."""

    operator: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for. people: user ids by column; order: (moment, descending); deleted: only deleted ones."""

    limit: int
    offset: int
    deleted: bool
    name_part: str | None  # case-folded
    people: Mapping[str, tuple[str, ...]]
    moments: Mapping[Moment, tuple[Bound, ...]]
    order: tuple[tuple[Moment, bool], ...]


def read_query(pairs: Sequence[tuple[str, str]]) -> ListQuery:
    """The parameters as sent; unknown ones are ignored. Raises Invalid naming the bad one."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    people = {column: _people(name, values[name]) for name, column in _PEOPLE.items() if name in values}
    moments = {each: _bounds(each, values[each.value]) for each in Moment if each.value in values}
    return ListQuery(
        limit=_integer("limit", values, MAX_LIMIT, 1, MAX_LIMIT),
        offset=_integer("offset", values, 0, 0, MAX_OFFSET),
        deleted=boolean(_last("deleted", values), "deleted") or False,
        name_part=_name_part(_last("file_name", values)),
        people=people,
        moments=moments,
        order=_order(values.get("order_by", [])),
    )


def _last(name: str, values: Mapping[str, list[str]]) -> str | None:
    return values[name][-1] if name in values else None


def _integer(name: str, values: Mapping[str, list[str]], default: int, least: int, most: int) -> int:
    text = _last(name, values)
    if text is None:
        return default
    if re.fullmatch(r"[+-]?[0-9]{1,20}", text.strip()) is None or not least <= int(text) <= most:
        raise Invalid(f"{name}: {text[:40]!r} is not a whole number from {least} to {most}.")
    return int(text)


def _name_part(text: str | None) -> str | None:
    if text is None:
        return None
    if not text or "/" in text:
        raise Invalid("file_name: expected part of a file name: at least one character and no '/'.")
    if "\0" in text:
        raise Invalid("file_name: no name contains NUL.")
    return paths.key(text)


def _people(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids.read_id(each, name) for text in texts for each in text.split(",")))
    if len(found) > MAX_PEOPLE:
        raise Invalid(f"{name}: at most {MAX_PEOPLE} ids are accepted.")
    return found


def _bounds(moment: Moment, texts: Sequence[str]) -> tuple[Bound, ...]:
    """At most two bounds; a time without operator stands alone and means its microsecond, which is what is shown."""
    if len(texts) > 2:
        raise Invalid(f"{moment.value}: at most two values are accepted.")
    bounds: list[Bound] = []
    for text in texts:
        operator, colon, tail = text.partition(":")
        if colon and operator in _OPERATORS:
            bounds.append(_bound(moment, operator, tail))
        elif len(texts) > 1:
            raise Invalid(f"{moment.value}: of two values each needs an operator: {', '.join(_OPERATORS)}.")
        else:
            bounds += (_bound(moment, "gte", text), _bound(moment, "lte", text))
    return tuple(bounds)


def _bound(moment: Moment, operator: str, text: str) -> Bound:
    """A shown time stands for its whole microsecond, so that what was read from an answer finds its file."""
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        at_ns = clock.parse_iso(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{moment.value}: {text[:60]!r} is not an ISO 8601 time.") from error
    if operator in {"gt", "lte"}:
        at_ns += _MICROSECOND - 1
    low, high = _TIME_RANGE
    return Bound(operator, min(max(at_ns, low), high))


def _order(texts: Sequence[str]) -> tuple[tuple[Moment, bool], ...]:
    found: list[tuple[Moment, bool]] = []
    for term in filter(None, ",".join(texts).split(",")):
        head, colon, tail = term.strip().partition(":")
        field = tail if colon else head
        if (colon and head not in {"asc", "desc"}) or field not in {each.value for each in Moment}:
            known = ", ".join(each.value for each in Moment)
            raise Invalid(f"order_by: {term[:40]!r} is not one of {known} with an optional asc: or desc:.")
        found.append((Moment(field), head == "desc" and bool(colon)))
    if len(found) > 16:
        raise Invalid("order_by: at most 16 fields are accepted.")
    return tuple(found)
