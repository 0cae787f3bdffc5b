"""The queries of folder lists, newer and older, and what they match. No SQL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coreshed import ids, paths
from coreshed.folders.ledger import Folder
from coreshed.problems import Invalid
from coreshed.wire_common import boolean
from coreshed.workspaces import Comparison, Query, read_times

DEFAULT_LIMIT = 100
MAX_LIMIT = 5000
MAX_OFFSET = 2**31 - 1
MAX_FILTERS = 100
MAX_PATTERN = 1024
SORTABLE = ("name", "path", "modified_at", "created_at", "folder_id", "depth")
_DEFAULT_ORDER = (("depth", False), ("path", False), ("modified_at", True), ("folder_id", False))
_OPERATORS = ("eq", "neq", "like", "ilike")


@dataclass(frozen=True, slots=True)
class NameTest:
    """One value of a name filter; `pieces` are the texts between the wildcards of a pattern."""

    operator: str
    pieces: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a name matches; patterns match the whole name."""
        if self.operator in {"eq", "neq"}:
            return (name == self.pieces[0]) is (self.operator == "eq")
        text, pieces = name, self.pieces
        if self.operator == "ilike":
            text, pieces = paths.key(name), tuple(map(paths.key, pieces))
        return _matches(text, pieces)


def _matches(text: str, pieces: tuple[str, ...]) -> bool:
    """Whether the pieces stand in the text in this order, the first at its start and the last at its end."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:  # the earliest place for each leaves the most to the others
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for. `depth`: levels below the folder that is listed, None for all; `order`: (field of
    SORTABLE, descending) pairs; users and times as in the lists of workspaces.
    """

    limit: int
    offset: int
    deleted: bool
    depth: int | None
    order: tuple[tuple[str, bool], ...]
    names: tuple[NameTest, ...]
    created_by: frozenset[str]
    modified_by: frozenset[str]
    created_at: tuple[Comparison, ...]
    modified_at: tuple[Comparison, ...]

    def matches(self, folder: Folder, base_depth: int) -> bool:
        """Whether a folder below one of `base_depth` belongs into the list."""
        wanted = [each for each in self.names if each.operator != "neq"]
        return (
            (self.depth is None or folder.depth - base_depth <= self.depth)
            and (not wanted or any(each.holds(folder.name) for each in wanted))
            and all(each.holds(folder.name) for each in self.names if each.operator == "neq")
            and (not self.created_by or folder.created_by in self.created_by)
            and (not self.modified_by or folder.modified_by in self.modified_by)
            and all(each.holds(folder.created_ns) for each in self.created_at)
            and all(each.holds(folder.modified_ns) for each in self.modified_at)
        )

    def in_order(self, found: Sequence[Folder]) -> list[Folder]:
        """In the order asked for, then by id."""
        ordered = sorted(found, key=lambda each: each.id)
        for field, descending in reversed(self.order):
            ordered.sort(key=lambda each: _sort_key(each, field), reverse=descending)
        return ordered


def _sort_key(folder: Folder, field: str) -> tuple[int, str]:
    """Numbers and texts in one form: of each field one part alone differs."""
    numbers = {"modified_at": folder.modified_ns, "created_at": folder.created_ns, "depth": folder.depth}
    if field in numbers:
        return numbers[field], ""
    return 0, {"name": paths.key(folder.name), "path": folder.path_key, "folder_id": folder.id}[field]


def read_query(query: Query, *, older: bool = False) -> ListQuery:
    """The parameters as sent; unknown ones are ignored. older: in the spelling of the first generation.

    Raises Invalid naming the bad one.
    """
    by, at = ("updated_by", "updated_at") if older else ("modified_by", "modified_at")
    return ListQuery(
        limit=_integer(query, "limit", 1, MAX_LIMIT) or DEFAULT_LIMIT,
        offset=_integer(query, "offset", 0, MAX_OFFSET) or 0,
        deleted=read_deleted(query),
        depth=_integer(query, "max_depth" if older else "depth", 1, MAX_OFFSET),
        order=_order(query),
        names=_names(query, "folder_name" if older else "name", contains=older),
        created_by=_users(query, "created_by"),
        modified_by=_users(query, by),
        created_at=read_times(query, "created_at"),
        modified_at=read_times(query, at),
    )


def read_deleted(query: Query) -> bool:
    """The `deleted` flag; absent and empty are False. Raises Invalid."""
    return boolean(next(reversed(query.getall("deleted", [])), "") or None, "deleted") or False


def _integer(query: Query, name: str, low: int, high: int) -> int | None:
    text = next(reversed(query.getall(name, [])), "")
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,10}", text) is None or not low <= int(text) <= high:
        raise Invalid(f"{name}: {text[:40]!r} is not an integer from {low} to {high}.")
    return int(text)


def _order(query: Query) -> tuple[tuple[str, bool], ...]:
    """Terms of `order_by`; the first generation calls modified_at updated_at."""
    order = []
    for term in filter(None, ",".join(query.getall("order_by", [])).split(",")):
        direction, colon, field = term.strip().rpartition(":")
        field = "modified_at" if field == "updated_at" else field
        if field not in SORTABLE or (colon and direction not in {"asc", "desc"}):
            raise Invalid(f"order_by: {term[:40]!r} does not name one of {', '.join(SORTABLE)}.")
        order.append((field, direction == "desc"))
    if len(order) > MAX_FILTERS:
        raise Invalid(f"order_by: at most {MAX_FILTERS} terms.")
    return tuple(order) or _DEFAULT_ORDER


def _users(query: Query, name: str) -> frozenset[str]:
    values = [each for each in ",".join(query.getall(name, [])).split(",") if each]
    if len(values) > MAX_FILTERS:
        raise Invalid(f"{name}: at most {MAX_FILTERS} values.")
    return frozenset(ids.read_id(each.removeprefix("eq:"), name) for each in values)


def _names(query: Query, name: str, *, contains: bool) -> tuple[NameTest, ...]:
    values = [each for each in query.getall(name, []) if each]
    if len(values) > MAX_FILTERS or any(len(each) > MAX_PATTERN for each in values):
        raise Invalid(f"{name}: at most {MAX_FILTERS} values of {MAX_PATTERN} characters.")
    return tuple(_name_test(each, contains=contains) for each in values)


def _name_test(value: str, *, contains: bool) -> NameTest:
    """contains: a pattern matches anywhere in a name."""
    operator, colon, operand = value.partition(":")
    if not colon or operator not in _OPERATORS:
        operator, operand = "eq", value
    if operator in {"eq", "neq"}:
        return NameTest(operator, (operand,))
    pieces = _pieces(operand)
    return NameTest(operator, ("", *pieces, "") if contains else pieces)


def _pieces(pattern: str) -> tuple[str, ...]:
    """The texts between the `*` of a pattern; a backslash takes the meaning of what follows away."""
    pieces, escaped = [""], False
    for character in pattern:
        if escaped or character not in "\\*":
            pieces[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            pieces.append("")
    if escaped:
        pieces[-1] += "\\"
    return tuple(pieces)
