"""Bringing an update that was begun against one version onto a newer one. Pure.

Two updates that touch different columns both stand, whichever is published first; anything else is a conflict.
"""

from collections.abc import Set as AbstractSet

from coreshed.blockmodels.rules import MAX_COLUMNS, Change, missing_columns
from coreshed.blockmodels.titles import is_system
from coreshed.blockmodels.wire.versions import Column, Mapping
from coreshed.problems import Unprocessable, VersionConflict


def rebase(change: Change, base: Mapping, newest: Mapping, *, moved: AbstractSet[str], divided: bool) -> Mapping:
    """The columns and groups of the version to be made after `newest`.

    change: as it was resolved against `base`. moved: ids of columns whose values have changed since. divided: whether
    blocks have been divided or united since. Raises VersionConflict.
    """
    columns = change.columns
    updated = {*columns.update, *columns.delete}
    renamed = {*(each.col_id for each in columns.rename), *(each.col_id for each in columns.update_metadata)}
    before, after = _user_columns(base), _user_columns(newest)
    touched = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)} | moved
    if (updated | renamed | set(change.set_null)) & touched:
        raise VersionConflict("Another update has changed the same columns meanwhile.")
    if change.needs_file and (divided or (change.geometry_change and touched)):
        raise VersionConflict("Another update has changed the model's blocks meanwhile.")
    if _has_groups(change) or base.groups != newest.groups:
        raise VersionConflict("Another update has changed the model's groups meanwhile.")
    mine = _user_columns(change.mapping)
    kept = [mine[each] if each in renamed else column for each, column in after.items() if each not in columns.delete]
    made = [*kept, *columns.new]
    places = [(each.group_uuid, each.title) for each in made]
    if len(set(places)) < len(places):
        raise VersionConflict("Another update has made a column of the same title meanwhile.")
    if len(made) > MAX_COLUMNS:
        raise VersionConflict(f"Another update has added columns meanwhile: there would be more than {MAX_COLUMNS}.")
    mapping = Mapping((*(each for each in newest.columns if is_system(each)), *made), newest.groups)
    if _set_null(mapping, change) != set(change.set_null):
        raise VersionConflict("Another update has put columns into the same group meanwhile.")
    return mapping


def _set_null(mapping: Mapping, change: Change) -> set[str]:
    """Ids of columns that the policies of their groups set to null, also of those that are there only now."""
    try:
        return set(missing_columns(mapping, change.columns, change.overridden))
    except Unprocessable as error:
        raise VersionConflict("Another update has put columns into the same group meanwhile.") from error


def _user_columns(mapping: Mapping) -> dict[str, Column]:
    return {each.col_id: each for each in mapping.columns if not is_system(each)}


def _has_groups(change: Change) -> bool:
    return bool(change.groups.new or change.groups.update_metadata or change.groups.delete)
