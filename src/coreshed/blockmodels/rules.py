"""What an update may do to a version, and what the next version's columns then are. Pure: no database, no clock.

Source: Block Model API contract, the rule table of "Update". Columns are named by qualified title as they were before
the update; ids of new columns and groups are made here.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from coreshed import ids
from coreshed.blockmodels import units
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.grouping import (
    GroupChange,
    change_groups,
    check_deleted_are_empty,
    group_id,
    repeated,
    zone,
)
from coreshed.blockmodels.titles import (
    DATAMINE_RESERVED,
    RESERVED,
    Titles,
    check_column_title,
    check_tags,
    is_system,
)
from coreshed.blockmodels.wire.updates import (
    NIL_UUID,
    ColumnLite,
    InputOptionsDatamine,
    Rename,
    UpdateColumns,
    UpdateColumnsLite,
    UpdateDataLite,
    UpdateDataWithVersion,
    UpdateGroups,
    UpdateMetadata,
    UpdateMetadataLite,
    UpdateMetadataValues,
)
from coreshed.blockmodels.wire.versions import (
    Column,
    ColumnChanges,
    ColumnRename,
    MetadataUpdate,
    MetadataValues,
    UpdateType,
)
from coreshed.blockmodels.wire.versions import Mapping as Columns
from coreshed.problems import TooManyColumns, Unprocessable

MAX_COLUMNS = 300
_DONE = {
    "new": "created",
    "update": "updated",
    "delete": "deleted",
    "rename": "renamed",
    "update_metadata": "changed",
}


class Change(Struct, frozen=True):
    """An update that obeys the rules.

    mapping: columns and groups of the version to be made. columns, groups: what is done, by ids; summary: by titles.
    geometry_change: null where no block is touched or the model has no sub-blocks. set_null: ids of columns that become
    null in the blocks of the file though it does not have them; overridden: ids of groups that are left alone instead.
    """

    mapping: Columns
    columns: UpdateColumns
    groups: UpdateGroups
    summary: ColumnChanges
    update_type: UpdateType
    geometry_change: bool | None
    fill_subblocks: bool
    set_null: tuple[str, ...]
    overridden: tuple[str, ...]

    @property
    def needs_file(self) -> bool:
        """Whether values have to be uploaded."""
        return bool(self.columns.new or self.columns.update)


def echo(change: Change, asked: UpdateDataLite, base_version_uuid: str) -> UpdateDataWithVersion:
    """The update as the answer repeats it."""
    return UpdateDataWithVersion(
        base_version_uuid=base_version_uuid,
        columns=change.columns,
        update_type=change.update_type,
        geometry_change=asked.geometry_change,
        fill_subblocks=asked.fill_subblocks,
        comment=asked.comment,
        groups=None if asked.groups is None else change.groups,
        group_missing_column_override=dict.fromkeys(change.overridden, "USE_PREVIOUS") if change.overridden else None,
        lineage=asked.lineage,
    )


def resolve(
    previous: Columns,
    asked: UpdateDataLite,
    *,
    kind: str,
    fill_by_default: bool,
    client: Client,
    new_id: Callable[[], str] = ids.new_id,
) -> Change:
    """The change that an update makes to the newest version. Raises Unprocessable, TooManyColumns.

    kind: of the model, as in `model_type`; fill_by_default: the model's own `fill_subblocks`; client: who asks, because
    a column never gets a unit that its own client cannot read back.
    """
    columns = asked.columns or UpdateColumnsLite([], [], [], [])
    titles = Titles(previous, asked.separator)
    _check_lists(columns, asked)
    groups = change_groups(titles, asked.groups, new_id)
    resolver = _Columns(titles, groups, client, new_id)
    done = resolver.done(columns)
    after = resolver.after(done)
    _check_after(after, groups, titles)
    mapping = Columns((*(each for each in previous.columns if is_system(each)), *after), groups.after)
    geometry = _geometry(previous, asked, done, kind)
    overridden = tuple(group_id(title, groups.by_title) for title in asked.group_missing_column_override or ())
    return Change(
        mapping=mapping,
        columns=done,
        groups=groups.echo,
        summary=_summary(titles, Titles(mapping, asked.separator), columns, done),
        update_type=asked.update_type,
        geometry_change=geometry,
        fill_subblocks=_fill(asked, kind, geometry, by_default=fill_by_default),
        set_null=missing_columns(mapping, done, overridden),
        overridden=overridden,
    )


# What is asked for, before anything is looked up


def _named(columns: UpdateColumnsLite, separator: str) -> dict[str, list[str]]:
    return {
        "new": [f"{each.group}{separator}{each.title}" if each.group else each.title for each in columns.new],
        "update": list(columns.update),
        "delete": list(columns.delete),
        "rename": [each.title for each in columns.rename],
        "update_metadata": [each.title for each in columns.update_metadata or ()],
    }


def _check_lists(columns: UpdateColumnsLite, asked: UpdateDataLite) -> None:
    named = _named(columns, asked.separator)
    groups = asked.groups
    if not any(named.values()) and not (groups and (groups.new or groups.update_metadata or groups.delete)):
        raise Unprocessable("The update asks for nothing: name at least one column or group.")
    datamine = isinstance(asked.input_options, InputOptionsDatamine)
    for operation, found in named.items():
        _check_reserved(found, f"cannot be {_DONE[operation]}", asked.separator, datamine=datamine)
        twice = repeated(found)
        if twice is not None:
            raise Unprocessable(f"The column {twice[:120]!r} is twice in columns.{operation}.")
    targets = [*(each.new_title for each in columns.rename)]
    targets += [each.values.title for each in columns.update_metadata or () if isinstance(each.values.title, str)]
    _check_reserved(targets, "cannot be the title of another column", asked.separator, datamine=datamine)
    _check_combination(named, columns, asked.separator, groups=groups is not None)


def _check_reserved(found: Sequence[str], reason: str, separator: str, *, datamine: bool) -> None:
    reserved = RESERVED | DATAMINE_RESERVED if datamine else RESERVED
    wrong = [title for title in found if title.rpartition(separator)[2] in reserved]
    if wrong:
        raise Unprocessable(f"Reserved column(s): {', '.join(wrong[:20])} {reason}.")


def _check_combination(
    named: Mapping[str, Sequence[str]], columns: UpdateColumnsLite, separator: str, *, groups: bool
) -> None:
    others = [operation for operation, found in named.items() if found and operation != "rename"]
    if named["rename"] and (others or groups):
        raise Unprocessable("rename cannot be combined with another operation.")
    metadata_renames = any(
        isinstance(each.values.title, str) and each.values.title != each.title.rpartition(separator)[2]
        for each in columns.update_metadata or ()
    )
    if metadata_renames and any(named[operation] for operation in ("new", "update", "delete")):
        raise Unprocessable("update_metadata can rename no column while others are created, updated or deleted.")
    operations = [operation for operation, found in named.items() if found]
    for index, one in enumerate(operations):
        for other in operations[index + 1 :]:
            both = set(named[one]) & set(named[other])
            if both and (one, other) != ("update", "update_metadata"):
                raise Unprocessable(f"The column {min(both)[:120]!r} is both in {one} and in {other}.")


# Columns


class _Columns:
    """Looks up what an update names, and applies it."""

    def __init__(self, titles: Titles, groups: GroupChange, client: Client, new_id: Callable[[], str]) -> None:
        self._titles = titles
        self._groups = groups
        self._client = client
        self._new_id = new_id

    def done(self, columns: UpdateColumnsLite) -> UpdateColumns:
        """The changes by ids."""
        return UpdateColumns(
            new=[self._new(each) for each in columns.new],
            update=[self._existing(title).col_id for title in columns.update],
            delete=[self._existing(title).col_id for title in columns.delete],
            rename=[Rename(self._existing(each.title).col_id, each.new_title) for each in columns.rename],
            update_metadata=[self._metadata(each) for each in columns.update_metadata or ()],
        )

    def _existing(self, title: str) -> Column:
        found = self._titles.column(title)
        if found is None:
            raise Unprocessable(f"There is no column {title[:120]!r} in the latest version.")
        return found

    def _new(self, asked: ColumnLite) -> Column:
        self._check_unit(asked.unit_id)
        check_tags(asked.tags, asked.title)
        return Column(
            col_id=self._new_id(),
            title=asked.title,
            data_type=asked.data_type,
            unit_id=asked.unit_id,
            group_uuid=group_id(asked.group, self._groups.by_title) if asked.group else None,
            tags=asked.tags or None,
        )

    def _metadata(self, asked: UpdateMetadataLite) -> UpdateMetadata:
        column, values = self._existing(asked.title), asked.values
        if isinstance(values.unit_id, str):
            self._check_unit(values.unit_id)
        if isinstance(values.tags, dict):
            check_tags(values.tags, asked.title)
        given = UpdateMetadataValues(
            title=values.title if isinstance(values.title, str) else UNSET, unit_id=values.unit_id
        )
        if isinstance(values.tags, dict):
            given = replace(given, tags=values.tags)
        if isinstance(values.group, str):
            given = replace(
                given, group_uuid=group_id(values.group, self._groups.by_title) if values.group else NIL_UUID
            )
        return UpdateMetadata(column.col_id, given)

    def _check_unit(self, unit_id: str | None) -> None:
        if unit_id is not None and not self._client.knows(units.require(unit_id)):
            raise Unprocessable(f"This release of the client cannot read the unit {unit_id!r} back.")

    def after(self, done: UpdateColumns) -> list[Column]:
        """The user columns of the new version, in their order."""
        found = {each.col_id: each for each in self._titles.user_columns if each.col_id not in done.delete}
        for rename in done.rename:
            found[rename.col_id] = replace(found[rename.col_id], title=rename.new_title)
        for metadata in done.update_metadata:
            found[metadata.col_id] = _with(found[metadata.col_id], metadata.values)
        changed = [*(each.col_id for each in done.rename), *(each.col_id for each in done.update_metadata)]
        for column in (*(found[each] for each in changed), *done.new):
            check_column_title(column.title, grouped=column.group_uuid is not None, separator=self._titles.separator)
        return [*found.values(), *done.new]


def _with(column: Column, values: UpdateMetadataValues) -> Column:
    given = {name: getattr(values, name) for name in values.__struct_fields__ if getattr(values, name) is not UNSET}
    if given.get("group_uuid") == NIL_UUID:
        given["group_uuid"] = None
    if "tags" in given:
        given["tags"] = given["tags"] or None
    return replace(column, **given)


def _check_after(after: Sequence[Column], groups: GroupChange, titles: Titles) -> None:
    check_deleted_are_empty(groups, after, titles)
    seen: set[tuple[str | None, str]] = set()
    for column in after:
        place = column.group_uuid, column.title
        if place in seen:
            raise Unprocessable(f"There would be two columns {column.title!r} at the same place.")
        seen.add(place)
    if len(after) > MAX_COLUMNS:
        raise TooManyColumns(f"The block model would have {len(after)} columns of its users, more than {MAX_COLUMNS}.")


# Blocks


def _geometry(previous: Columns, asked: UpdateDataLite, done: UpdateColumns, kind: str) -> bool | None:
    """Whether the file brings sub-blocks of its own; null where there are none or no file. Raises Unprocessable.

    Where the request leaves it open, the first data of a model do, and later data do not.
    """
    change = asked.geometry_change
    if kind == "regular":
        if change is not None:
            raise Unprocessable("geometry_change can only be provided for sub-blocked models.")
        return None
    existing = {each.col_id for each in previous.columns if not is_system(each)}
    if not (done.new or done.update):
        if change:
            raise Unprocessable("geometry_change takes new or updated columns: without them there is no file.")
        return None
    if change is None:
        return not existing
    if change:
        _check_all_named(previous, existing, done)
    return change


def _check_all_named(previous: Columns, existing: set[str], done: UpdateColumns) -> None:
    left = existing - set(done.update) - set(done.delete)
    if left:
        titles = sorted(each.title for each in previous.columns if each.col_id in left)
        raise Unprocessable(f"With geometry_change every column must be updated or deleted: {', '.join(titles[:20])}.")
    beside = {each.col_id for each in done.update_metadata} - set(done.update)
    if beside:
        raise Unprocessable("With geometry_change the metadata of updated columns alone can change.")


def _fill(asked: UpdateDataLite, kind: str, geometry: bool | None, *, by_default: bool) -> bool:
    applies = kind == "fully-sub-blocked" and asked.update_type == "merge" and geometry is True
    if asked.fill_subblocks and not applies:
        raise Unprocessable(
            "fill_subblocks takes a fully sub-blocked model, the update type merge and geometry_change."
        )
    return applies and (by_default if asked.fill_subblocks is None else asked.fill_subblocks)


def missing_columns(mapping: Columns, done: UpdateColumns, overridden: Sequence[str]) -> tuple[str, ...]:
    """Ids of columns that the policies of their groups set to null. Raises Unprocessable where one rejects.

    A policy holds for all groups of its zone and looks at updates that bring values for any column there.
    """
    groups = {group.group_uuid: group for group in mapping.groups}
    zones = {
        column.col_id: zone(column.group_uuid, groups)
        for column in mapping.columns
        if column.group_uuid is not None and column.group_uuid not in overridden
    }
    listed = {*done.update, *(each.col_id for each in done.new)}
    touched = {zones[col_id] for col_id in listed if col_id in zones} - {None}
    missing = [each for each in mapping.columns if each.col_id not in listed and zones.get(each.col_id) in touched]
    found = []
    for column in missing:
        policy = groups[zones[column.col_id] or ""].missing_column_policy
        if policy == "REJECT":
            raise Unprocessable(f"The group of the column {column.title!r} rejects updates that leave it out.")
        if policy == "SET_NULL":
            found.append(column.col_id)
    return tuple(found)


def _summary(before: Titles, after: Titles, columns: UpdateColumnsLite, done: UpdateColumns) -> ColumnChanges:
    return ColumnChanges(
        new=[after.of(each) for each in done.new],
        deleted=list(columns.delete),
        updated=list(columns.update),
        renamed=[ColumnRename(each.title, _renamed(before, after, each.title)) for each in columns.rename],
        metadata_updated=[MetadataUpdate(each.title, _metadata_values(each)) for each in columns.update_metadata or ()],
    )


def _renamed(before: Titles, after: Titles, title: str) -> str:
    column = before.column(title)
    found = None if column is None else after.column_by_id_or_title(column.col_id)
    assert found is not None  # noqa: S101  (looked up when it was renamed)
    return after.of(found)


def _metadata_values(asked: UpdateMetadataLite) -> MetadataValues:
    values = asked.values
    return MetadataValues(
        title=UNSET if values.title is None else values.title,
        unit_id=values.unit_id,
        group=UNSET if values.group is None else values.group,
        tags=UNSET if values.tags is None else values.tags,
    )
