"""The query of a workspace list, and the links of its answer."""

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode

from coreshed import clock, ids, paths
from coreshed.audit import Wanted
from coreshed.identity import OPERATOR
from coreshed.problems import Invalid
from coreshed.wire_common import boolean
from coreshed.workspaces.wire import PageLinks, ShortLinks

DEFAULT_LIMIT = 20
AUDIT_LIMIT = 100
MAX_NUMBER = 2**53
MAX_ACTION = 100
MAX_LIMIT = 1000
MAX_OFFSET = 2**31 - 1
SORTABLE = ("name", "created_at", "updated_at", "user_role")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
COMPARISONS = tuple(_COMPARE)
# Both databases keep times in 64 bits; a time beyond them compares like the bound.
_TIME_RANGE = (-(2**63), 2**63 - 1)


class Query(Protocol):
    """The parameters of a request, repeated ones included."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """Every value of a parameter, in order."""
        ...

    def multi_items(self) -> Iterable[tuple[str, str]]:
        """Every pair, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bound of a time: `operator` of COMPARISONS, nanoseconds since the epoch."""

    operator: str
    at_ns: int

    def holds(self, at_ns: int) -> bool:
        """Whether a time is on the right side of the bound."""
        return _COMPARE[self.operator](at_ns, self.at_ns)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for. `limit` None: everything; `order`: (field of SORTABLE, descending) pairs."""

    limit: int | None
    offset: int
    order: tuple[tuple[str, bool], ...]
    deleted: bool
    name_key: str | None
    created_by: str | None
    user_id: str | None
    created_at: tuple[Comparison, ...]
    updated_at: tuple[Comparison, ...]


def read_query(query: Query, *, default_limit: int | None) -> ListQuery:
    """The parameters as sent, current and legacy names. Unknown ones are ignored. Raises Invalid naming the bad one."""
    name = _equals(query, "name")
    return ListQuery(
        limit=_integer(query, "limit", default_limit, 1, MAX_LIMIT),
        offset=_integer(query, "offset", 0, 0, MAX_OFFSET) or 0,
        order=_order(query),
        deleted=boolean(_last(query, "deleted"), "deleted") or False,
        name_key=None if name is None else name_key(name),
        created_by=_id(query, "created_by"),
        user_id=_id(query, "user_id"),
        created_at=read_times(query, "created_at"),
        updated_at=read_times(query, "updated_at"),
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list without a total. `limit` 1 to MAX_LIMIT, `offset` from 0."""

    limit: int
    offset: int


def read_page(query: Query) -> Page:
    """The page that is asked for. Raises Invalid."""
    limit = _integer(query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    return Page(limit or DEFAULT_LIMIT, _integer(query, "offset", 0, 0, MAX_OFFSET) or 0)


def short_links(url: str, page: Page, *, count: int, more: bool) -> ShortLinks:
    """Absolute links to the pages around this one, of a list whose total nobody counts."""

    def at(offset: int) -> str:
        return f"{url}?limit={page.limit}&offset={offset}"

    return ShortLinks(
        first=at(0),
        next=at(page.offset + page.limit) if more else None,
        previous=at(max(page.offset - page.limit, 0)) if page.offset else None,
        count=count,
    )


def name_key(name: str) -> str:
    """The form under which names are compared; PostgreSQL refuses NUL in text, and no name has one."""
    return paths.key(name).replace("\0", "\N{REPLACEMENT CHARACTER}")


def read_user_filter(query: Query) -> str | None:
    """The `user_id` filter of a member list. Raises Invalid."""
    return _id(query, "user_id")


def _last(query: Query, name: str) -> str | None:
    values = query.getall(name, [])
    return values[-1] if values and values[-1] else None


def _equals(query: Query, name: str) -> str | None:
    value = _last(query, name) or _last(query, f"filter[{name}]")
    return None if value is None else value.removeprefix("eq:")


def _id(query: Query, name: str) -> str | None:
    value = _equals(query, name)
    return None if value is None else ids.read_id(value, name)


def _integer(query: Query, name: str, default: int | None, low: int, high: int) -> int | None:
    text = _last(query, name)
    if text is None:
        return default
    if re.fullmatch(r"[0-9]{1,10}", text) is None or not low <= int(text) <= high:
        raise Invalid(f"{name}: {text[:40]!r} is not an integer from {low} to {high}.")
    return int(text)


def _order(query: Query) -> tuple[tuple[str, bool], ...]:
    """`order_by` (`asc:name,desc:created_at`), else the legacy `sort` (`name,-created_at`), else by name."""
    order = []
    for parameter, descending in (("order_by", "desc:"), ("sort", "-")):
        for term in filter(None, ",".join(query.getall(parameter, [])).split(",")):
            field = term.strip().removeprefix("asc:" if parameter == "order_by" else "+").removeprefix(descending)
            if field not in SORTABLE:
                raise Invalid(f"{parameter}: {term[:40]!r} does not name one of {', '.join(SORTABLE)}.")
            order.append((field, term.strip().startswith(descending)))
        if order:
            return tuple(order)
    return (("name", False),)


def read_times(query: Query, name: str) -> tuple[Comparison, ...]:
    """The bounds of a time, each `[<operator>:]<ISO 8601 time>`. Raises Invalid."""
    bounds = []
    for value in filter(None, query.getall(name, [])):
        word, colon, text = value.partition(":")
        if not colon or word not in COMPARISONS:
            word, text = "eq", value
        if "T" in text:
            text = text.replace(" ", "+")  # the offset's sign, where a client has not encoded it
        try:
            at_ns = clock.parse_iso(text)
        except (ValueError, OverflowError) as error:
            raise Invalid(
                f"{name}: {value[:60]!r} is not an ISO 8601 time, after eq:, lt:, lte:, gt: or gte:."
            ) from error
        bounds.append(Comparison(word, min(max(at_ns, _TIME_RANGE[0]), _TIME_RANGE[1])))
    return tuple(bounds)


def page_links(url: str, query: Query, asked: ListQuery, *, count: int, total: int) -> PageLinks:
    """Absolute links to the pages around this one; they repeat the request's other parameters."""
    kept = [(name, value) for name, value in query.multi_items() if name not in {"limit", "offset"}]

    def at(offset: int) -> str:
        page = (
            [("offset", str(offset))] if asked.limit is None else [("limit", str(asked.limit)), ("offset", str(offset))]
        )
        return f"{url}?{urlencode([*kept, *page], quote_via=quote)}"

    size = asked.limit or max(total, 1)
    more = asked.offset + count < total and count > 0
    return PageLinks(
        first=at(0),
        last=at(max(total - 1, 0) // size * size),
        next=at(asked.offset + size) if more else None,
        previous=at(max(asked.offset - size, 0)) if asked.offset else None,
        count=count,
        total=total,
    )


def read_audit_query(query: Query) -> Wanted:
    """Which changes are asked for. Raises Invalid naming the bad parameter."""
    actor, action = _last(query, "actor"), _last(query, "action") or ""
    if len(action) > MAX_ACTION or "\0" in action:
        raise Invalid(f"action: expected a word such as workspace.delete of at most {MAX_ACTION} characters.")
    before = _last(query, "before")
    if before is not None and (re.fullmatch(r"[0-9]{1,16}", before) is None or not 1 <= int(before) <= MAX_NUMBER):
        raise Invalid(f"before: {before[:40]!r} is not the number of an event.")
    return Wanted(
        limit=_integer(query, "limit", AUDIT_LIMIT, 1, MAX_LIMIT) or AUDIT_LIMIT,
        workspace_id=_id(query, "workspace"),
        actor_id=actor if actor in {None, OPERATOR} else _id(query, "actor"),
        action=action,
        from_ns=_time(query, "from"),
        to_ns=_time(query, "to"),
        before_no=None if before is None else int(before),
    )


def _time(query: Query, name: str) -> int | None:
    bounds = read_times(query, name)
    if len(bounds) > 1 or any(each.operator != "eq" for each in bounds):
        raise Invalid(f"{name}: expected one ISO 8601 time.")
    return bounds[0].at_ns if bounds else None


def audit_link(url: str, query: Query, *, before: int) -> str:
    """Absolute, of the page of older events; it repeats the request's other parameters."""
    kept = [(name, value) for name, value in query.multi_items() if name != "before"]
    return f"{url}?{urlencode([*kept, ('before', str(before))], quote_via=quote)}"
