"""Titles of columns and groups: what they may be, how they are qualified, sorted and found."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from coreshed.blockmodels.wire.updates import SEPARATOR
from coreshed.blockmodels.wire.versions import Column, ResolvedGroup, Tags
from coreshed.blockmodels.wire.versions import Mapping as Columns
from coreshed.problems import Unprocessable

MAX_TITLE = 100
MAX_UNGROUPED_TITLE = 250
MAX_TAGS_BYTES = 10 * 1024

_INDEX = ("i", "j", "k")
_COORDINATES = ("x", "y", "z")
_SIZES = ("dx", "dy", "dz")
_SIDX = ("sidx",)
_CORNERS = ("start_si", "start_sj", "start_sk", "end_si", "end_sj", "end_sk")
_VERSION = "version_id"
_DERIVATION = "sub_block_derivation"
# By the kind of a model, in the order in which versions list them.
SYSTEM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "regular": (*_INDEX, *_COORDINATES, _VERSION),
    "fully-sub-blocked": (*_INDEX, *_SIDX, *_COORDINATES, *_SIZES, _VERSION),
    "variable-octree": (*_INDEX, *_SIDX, *_COORDINATES, *_SIZES, _VERSION),
    "flexible": (*_INDEX, *_CORNERS, *_COORDINATES, *_SIZES, _VERSION),
}
RESERVED = frozenset({*_INDEX, *_SIDX, *_CORNERS, *_COORDINATES, *_SIZES, _VERSION, _DERIVATION})
# What Datamine calls them in its own files.
DATAMINE_RESERVED = frozenset({"IJK", "XC", "YC", "ZC", "XINC", "YINC", "ZINC"})
_TYPES = {
    **dict.fromkeys((*_INDEX, *_SIDX, _VERSION), "UInt32"),
    **dict.fromkeys(_CORNERS, "UInt8"),
    **dict.fromkeys((*_COORDINATES, *_SIZES), "Float64"),
    _DERIVATION: "Utf8",
}
_FORBIDDEN = re.compile(r'[/\\:><|?"*\x00-\x1f\x7f-\x9f]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def system_column(title: str) -> Column:
    """A system column: its id is its title."""
    return Column(title, title, _TYPES[title])  # type: ignore[arg-type]


def system_columns(kind: str) -> tuple[Column, ...]:
    """The system columns that every version of a model of this kind lists."""
    return tuple(system_column(title) for title in SYSTEM_COLUMNS[kind])


def selectable(kind: str) -> frozenset[str]:
    """The system columns that a query may ask for: those listed, and how sub-blocks came about."""
    return frozenset(SYSTEM_COLUMNS[kind]) | (frozenset() if kind == "regular" else {_DERIVATION})


def check_column_title(title: str, *, grouped: bool, separator: str = SEPARATOR) -> None:
    """Raise Unprocessable for a title that no column can have; grouped ones obey the rules of groups."""
    if grouped:
        _check_strict(title, "column")
    elif not title.strip():
        raise Unprocessable("A column needs a title.")
    elif title == "*":
        raise Unprocessable("A column cannot have the title '*', which stands for all of them in queries.")
    elif len(title) > MAX_UNGROUPED_TITLE:
        raise Unprocessable(f"The column title {title[:40]!r}... has more than {MAX_UNGROUPED_TITLE} characters.")
    elif _CONTROL.search(title):
        raise Unprocessable(f"The column title {title[:80]!r} has a control character.")
    _check_separator(title, "column", separator)


def check_group_title(title: str, separator: str = SEPARATOR) -> None:
    """Raise Unprocessable for a title that no group can have."""
    _check_strict(title, "group")
    _check_separator(title, "group", separator)


def _check_strict(title: str, what: str) -> None:
    if not 1 <= len(title) <= MAX_TITLE:
        raise Unprocessable(f"The {what} title {title[:40]!r} has {len(title)} characters, not 1 to {MAX_TITLE}.")
    if title[0].isspace() or title[0] == ".":
        raise Unprocessable(f"The {what} title {title!r} begins with white space or a dot.")
    found = _FORBIDDEN.search(title)
    if found:
        raise Unprocessable(f"The {what} title {title!r} contains {found.group()!r}.")


def _check_separator(title: str, what: str, separator: str) -> None:
    # The usual one is refused even where another is in use: later requests come with the usual one.
    for each in {separator, SEPARATOR}:
        if each in title:
            raise Unprocessable(f"The {what} title {title[:80]!r} contains the separator {each!r}.")


def check_tags(tags: Tags | None, title: str) -> None:
    """Raise Unprocessable for tags that are too large or have a key that none can have."""
    if not tags:
        return
    if len(msgspec.json.encode(tags)) > MAX_TAGS_BYTES:
        raise Unprocessable(f"The tags of {title[:80]!r} take more than {MAX_TAGS_BYTES} bytes as JSON.")
    seen: set[str] = set()
    for key in tags:
        _check_strict(key, "tag")
        if key.casefold() in seen:
            raise Unprocessable(f"The tags of {title[:80]!r} repeat the key {key!r}.")
        seen.add(key.casefold())


class Titles:
    """The columns and groups of one version by their qualified titles: `Assays▸Cu` under the separator `▸`.

    A separator that occurs in a title of the version would make qualified titles ambiguous and is refused
    (Unprocessable).
    """

    def __init__(self, mapping: Columns, separator: str = SEPARATOR) -> None:
        self.separator = separator
        self.groups = {group.group_uuid: group for group in mapping.groups}
        self.user_columns = [column for column in mapping.columns if not is_system(column)]
        for title in (*(each.title for each in mapping.groups), *(each.title for each in self.user_columns)):
            if separator in title:
                raise Unprocessable(f"The separator {separator!r} occurs in the title {title!r}; choose another one.")
        self._group_by_title = {self.of_group(group.group_uuid): group for group in mapping.groups}
        self._by_id = {column.col_id: column for column in self.user_columns}
        self._by_title = {self.of(column): column for column in self.user_columns}

    def of(self, column: Column) -> str:
        """The qualified title of a column."""
        if column.group_uuid is None:
            return column.title
        return f"{self.of_group(column.group_uuid)}{self.separator}{column.title}"

    def of_group(self, group_uuid: str) -> str:
        """The qualified title of a group."""
        steps: list[str] = []
        above: str | None = group_uuid
        while above is not None:
            group = self.groups[above]
            steps.append(group.title)
            above = group.parent_group_uuid
        return self.separator.join(reversed(steps))

    def column(self, title: str) -> Column | None:
        """The user column of a qualified title."""
        return self._by_title.get(title)

    def group(self, title: str) -> ResolvedGroup | None:
        """The group of a qualified title."""
        return self._group_by_title.get(title)

    def column_by_id_or_title(self, text: str) -> Column | None:
        """The user column of an id or, where none has it, of a qualified title."""
        return self._by_id.get(text.lower()) or self._by_title.get(text)

    def wildcard(self) -> list[Column]:
        """What `*` stands for: user columns by title in any case, without those whose group is hidden."""
        seen = [
            each for each in self.user_columns if each.group_uuid is None or not self.groups[each.group_uuid].is_hidden
        ]
        return sorted(seen, key=lambda each: (self.of(each).casefold(), self.of(each)))

    def select(self, asked: Sequence[str], kind: str, geometry: Iterable[str]) -> list[Column]:
        """The columns of a query behind its geometry columns, in the order asked; each once, where it came first.

        asked: ids, qualified titles, system columns, `*`; geometry: the system columns that come first anyway. Raises
        Unprocessable naming what is unknown.
        """
        found: dict[str, Column] = {}
        system, first = selectable(kind), set(geometry)
        for text in asked:
            if text == "*":
                found |= {each.col_id: each for each in self.wildcard() if each.col_id not in found}
            elif text in system:
                if text not in first:
                    found.setdefault(text, system_column(text))
            else:
                column = self.column_by_id_or_title(text)
                if column is None:
                    raise Unprocessable(f"There is no column {text[:120]!r} in this version.")
                found.setdefault(column.col_id, column)
        return list(found.values())


def is_system(column: Column) -> bool:
    """Whether the server keeps this column."""
    return column.col_id in RESERVED
