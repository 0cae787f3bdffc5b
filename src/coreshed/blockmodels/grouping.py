"""The rules by which an update changes the groups of a version. Pure: mappings in, mappings out.

Qualified titles in a request name groups as they were before it, and those that it adds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from coreshed.blockmodels.titles import Titles, check_group_title, check_tags
from coreshed.blockmodels.wire.updates import (
    NIL_UUID,
    Group,
    GroupLite,
    GroupUpdateMetadata,
    GroupUpdateMetadataLite,
    GroupUpdateMetadataValues,
    UpdateGroups,
    UpdateGroupsLite,
)
from coreshed.blockmodels.wire.versions import Column, ResolvedGroup, ResolvedPolicy
from coreshed.problems import Unprocessable

MAX_GROUPS = 300
MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What becomes of the groups.

    echo: the change by ids. after: the groups of the new version in their order. by_title: ids by qualified title, of
    the groups before and of the new ones; deleted: ids.
    """

    echo: UpdateGroups
    after: tuple[ResolvedGroup, ...]
    by_title: Mapping[str, str]
    deleted: frozenset[str]


def repeated(values: Sequence[str]) -> str | None:
    """The first value that occurs twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def change_groups(titles: Titles, asked: UpdateGroupsLite | None, new_id: Callable[[], str]) -> GroupChange:
    """Apply the changes of groups to a version. Raises Unprocessable."""
    asked = asked or UpdateGroupsLite()
    before = {titles.of_group(each): each for each in titles.groups}
    _check_lists(asked, before, titles.separator)
    added = {_path(each, titles.separator): new_id() for each in asked.new}
    by_title = before | added
    new = [_new(each, added[_path(each, titles.separator)], by_title, titles.separator) for each in asked.new]
    updates = [_update(each, before[each.title], by_title, titles.separator) for each in asked.update_metadata]
    deleted = [before[title] for title in asked.delete]
    after = {key: group for key, group in titles.groups.items() if key not in deleted}
    for each in new:
        after[each.group_uuid] = _resolved(each)
    for update in updates:
        after[update.group_uuid] = _with(after[update.group_uuid], update.values)
    echo = UpdateGroups(new, updates, deleted)
    return GroupChange(echo, _checked(after, titles), by_title, frozenset(deleted))


def _path(group: GroupLite, separator: str) -> str:
    return f"{group.parent_group}{separator}{group.title}" if group.parent_group else group.title


def _check_lists(asked: UpdateGroupsLite, before: Mapping[str, str], separator: str) -> None:
    named = {
        "new": [_path(each, separator) for each in asked.new],
        "update_metadata": [each.title for each in asked.update_metadata],
        "delete": list(asked.delete),
    }
    for operation, found in named.items():
        twice = repeated(found)
        if twice is not None:
            raise Unprocessable(f"The group {twice!r} is twice in groups.{operation}.")
        for title in found:
            if operation == "new" and title in before:
                raise Unprocessable(f"There is a group {title!r} already.")
            if operation != "new" and title not in before:
                raise Unprocessable(f"There is no group {title!r}.")
    both = set(named["update_metadata"]) & set(named["delete"])
    if both:
        raise Unprocessable(f"The group {min(both)!r} cannot be changed and deleted at once.")


def group_id(title: str, by_title: Mapping[str, str]) -> str:
    """The id of a group by its qualified title. Raises Unprocessable."""
    if title not in by_title:
        raise Unprocessable(f"There is no group {title[:120]!r}.")
    return by_title[title]


def _new(asked: GroupLite, group_uuid: str, by_title: Mapping[str, str], separator: str) -> Group:
    check_group_title(asked.title, separator)
    check_tags(asked.tags, asked.title)
    return Group(
        group_uuid=group_uuid,
        title=asked.title,
        parent_group_uuid=group_id(asked.parent_group, by_title) if asked.parent_group else None,
        is_hidden=asked.is_hidden,
        missing_column_policy=asked.missing_column_policy or "INHERIT",
        tags=asked.tags,
    )


def _update(
    asked: GroupUpdateMetadataLite, group_uuid: str, by_title: Mapping[str, str], separator: str
) -> GroupUpdateMetadata:
    values = asked.values
    if isinstance(values.title, str):
        check_group_title(values.title, separator)
    if isinstance(values.tags, dict):
        check_tags(values.tags, asked.title)
    parent = UNSET
    if isinstance(values.parent_group, str):
        parent = group_id(values.parent_group, by_title) if values.parent_group else NIL_UUID  # type: ignore[assignment]
    given = GroupUpdateMetadataValues(
        title=UNSET if values.title is None else values.title,
        parent_group_uuid=parent,
        is_hidden=UNSET if values.is_hidden is None else values.is_hidden,
        missing_column_policy=UNSET if values.missing_column_policy is None else values.missing_column_policy,
        tags=UNSET if values.tags is None else values.tags,
    )
    return GroupUpdateMetadata(group_uuid, given)


def _resolved(group: Group) -> ResolvedGroup:
    return ResolvedGroup(
        group_uuid=group.group_uuid,
        title=group.title,
        resolved_missing_column_policy="USE_PREVIOUS",  # until the groups above are known
        parent_group_uuid=group.parent_group_uuid,
        is_hidden=group.is_hidden,
        missing_column_policy=group.missing_column_policy,
        tags=group.tags or None,
    )


def _with(group: ResolvedGroup, values: GroupUpdateMetadataValues) -> ResolvedGroup:
    given = {name: getattr(values, name) for name in values.__struct_fields__ if getattr(values, name) is not UNSET}
    if given.get("parent_group_uuid") == NIL_UUID:
        given["parent_group_uuid"] = None
    if "tags" in given:
        given["tags"] = given["tags"] or None
    return replace(group, **given)


def _checked(after: Mapping[str, ResolvedGroup], titles: Titles) -> tuple[ResolvedGroup, ...]:
    """The groups with their policies resolved. Raises Unprocessable."""
    if len(after) > MAX_GROUPS:
        raise Unprocessable(f"A block model has at most {MAX_GROUPS} groups, not {len(after)}.")
    siblings: set[tuple[str | None, str]] = set()
    for group in after.values():
        place = group.parent_group_uuid, group.title
        if place in siblings:
            raise Unprocessable(f"Two groups at the same place have the title {group.title!r}.")
        siblings.add(place)
    found = []
    for group in after.values():
        line = _line(group, after, titles)
        policy = next((each.missing_column_policy for each in line if each.missing_column_policy != "INHERIT"), None)
        resolved: ResolvedPolicy = policy or "USE_PREVIOUS"
        found.append(replace(group, resolved_missing_column_policy=resolved))
    return tuple(found)


def _line(group: ResolvedGroup, after: Mapping[str, ResolvedGroup], titles: Titles) -> list[ResolvedGroup]:
    """A group and those above it, the nearest first. Raises Unprocessable."""
    line = [group]
    while (above := line[-1].parent_group_uuid) is not None:
        if above not in after:
            raise Unprocessable(f"The group {titles.of_group(above)!r} cannot be deleted: it has groups in it.")
        if len(line) >= MAX_DEPTH:
            raise Unprocessable(f"Groups lie at most {MAX_DEPTH} deep, and none lies in itself.")
        line.append(after[above])
    return line


def zone(group_uuid: str, groups: Mapping[str, ResolvedGroup]) -> str | None:
    """The group whose policy holds for this one: itself or the nearest above that has one; None at the root."""
    above: str | None = group_uuid
    while above is not None and groups[above].missing_column_policy == "INHERIT":
        above = groups[above].parent_group_uuid
    return above


def check_deleted_are_empty(change: GroupChange, columns: Sequence[Column], titles: Titles) -> None:
    """Raise Unprocessable where a column of the new version lies in a group that goes."""
    for column in columns:
        if column.group_uuid in change.deleted:
            title = titles.of_group(column.group_uuid)
            raise Unprocessable(f"The group {title!r} cannot be deleted: the column {column.title!r} is in it.")
