"""Groups of columns: how updates change them, and what they do to columns that an update leaves out."""

from typing import Any

import msgspec
import pytest

from coreshed.blockmodels import titles
from coreshed.blockmodels.rules import Change
from coreshed.blockmodels.wire.versions import Mapping
from tests.blockmodels.test_rules import CU, USER, metadata, new, refused, renaming, resolve, update, version


def group(title: str, **more: Any) -> dict[str, Any]:
    """A new group."""
    return {"title": title} | more


def group_titles(change: Change) -> list[str]:
    """Qualified titles of the groups afterwards."""
    found = titles.Titles(change.mapping)
    return [found.of_group(each) for each in found.groups]


def resolved(change: Change) -> dict[str, str]:
    """What policies come to, by title."""
    return {each.title: each.resolved_missing_column_policy for each in change.mapping.groups}


def test_that_new_groups_can_lie_in_one_another_in_any_order() -> None:
    asked = [group("Inner", parent_group="Lab▸Outer"), group("Outer", parent_group="Lab"), group("Lab")]
    change = resolve(update({"new": [new("Zn", group="Lab▸Outer▸Inner")]}, groups={"new": asked}))
    assert group_titles(change) == ["Assays", "Lab▸Outer▸Inner", "Lab▸Outer", "Lab"]
    assert change.summary.new == ["Lab▸Outer▸Inner▸Zn"]
    assert change.mapping.columns[-1].group_uuid == change.groups.new[0].group_uuid


def test_that_policies_come_from_the_nearest_group_that_has_one() -> None:
    asked = [
        group("Lab", missing_column_policy="SET_NULL"),
        group("Outer", parent_group="Lab", missing_column_policy=None),
        group("Inner", parent_group="Lab▸Outer", missing_column_policy="REJECT"),
        group("Least", parent_group="Lab▸Outer▸Inner", missing_column_policy="INHERIT"),
        group("Top"),
    ]
    change = resolve(update(groups={"new": asked}))
    assert resolved(change) == {
        "Assays": "USE_PREVIOUS",
        "Lab": "SET_NULL",
        "Outer": "SET_NULL",
        "Inner": "REJECT",
        "Least": "REJECT",
        "Top": "USE_PREVIOUS",
    }
    freed = update(groups={"update_metadata": [metadata("Lab", missing_column_policy="INHERIT")]})
    assert resolved(resolve(freed, change.mapping))["Outer"] == "USE_PREVIOUS"


def test_that_metadata_of_a_group_change_where_they_are_given() -> None:
    first = resolve(update(groups={"new": [group("Lab", is_hidden=True, tags={"a": 1})]})).mapping
    kept = metadata("Lab", title=None, parent_group=None, is_hidden=None, missing_column_policy=None, tags=None)
    assert resolve(update(groups={"update_metadata": [kept]}), first).mapping == first
    given = metadata("Lab", title="Laboratory", parent_group="Assays", is_hidden=False, tags={})
    changed = resolve(update(groups={"update_metadata": [given]}), first)
    assert group_titles(changed) == ["Assays", "Assays▸Laboratory"]
    assert (changed.mapping.groups[1].is_hidden, changed.mapping.groups[1].tags) == (False, None)
    up = resolve(update(groups={"update_metadata": [metadata("Assays▸Laboratory", parent_group="")]}), changed.mapping)
    assert group_titles(up) == ["Assays", "Laboratory"]
    assert msgspec.to_builtins(up.groups.update_metadata[0].values) == {
        "parent_group_uuid": "00000000-0000-0000-0000-000000000000"
    }


def test_that_renaming_a_group_renames_what_is_in_it() -> None:
    change = resolve(update(groups={"update_metadata": [metadata("Assays", title="Lab")]}))
    assert [titles.Titles(change.mapping).of(each) for each in change.mapping.columns[7:]] == [
        "Cu",
        "Lab▸Au",
        "Geology",
    ]


@pytest.mark.parametrize(
    ("groups", "detail"),
    [
        ({"new": [group("Assays")]}, "There is a group 'Assays' already."),
        ({"new": [group("Lab"), group("Lab")]}, "The group 'Lab' is twice in groups.new."),
        ({"new": [group("Lab", parent_group="None")]}, "There is no group 'None'."),
        ({"new": [group("A", parent_group="B"), group("B", parent_group="A")]}, "There is no group 'B'."),
        ({"new": [group("a/b")]}, "The group title 'a/b' contains '/'."),
        ({"new": [group("a▸b")]}, "The group title 'a▸b' contains the separator"),
        ({"new": [group("")]}, "The group title '' has 0 characters"),
        ({"new": [group("Lab", tags={"": 1})]}, "The tag title '' has 0 characters"),
        ({"delete": ["Lab"]}, "There is no group 'Lab'."),
        ({"delete": ["Assays"]}, "The group 'Assays' cannot be deleted: the column 'Au' is in it."),
        ({"update_metadata": [metadata("Lab", title="x")]}, "There is no group 'Lab'."),
        ({"update_metadata": [metadata("Assays", parent_group="Assays")]}, "Groups lie at most 16 deep, and none"),
        ({"update_metadata": [metadata("Assays")], "delete": ["Assays"]}, "The group 'Assays' cannot be changed and"),
        (
            {"new": [group("Lab")], "update_metadata": [metadata("Assays", title="Lab")]},
            "Two groups at the same place have the title 'Lab'.",
        ),
    ],
)
def test_that_groups_stay_a_tree_of_distinct_titles(groups: dict[str, Any], detail: str) -> None:
    assert refused(update(groups=groups)).startswith(detail)


def test_that_a_group_goes_once_it_is_empty() -> None:
    """Q41"""
    nested = resolve(update(groups={"new": [group("Inner", parent_group="Assays")]})).mapping
    emptied = {"update_metadata": [metadata("Assays▸Au", group="Assays▸Inner")]}
    assert "it has groups in it" in refused(update(emptied, groups={"delete": ["Assays"]}), nested)
    gone = resolve(update({"delete": ["Assays▸Au"]}, groups={"delete": ["Assays", "Assays▸Inner"]}), nested)
    assert gone.mapping.groups == ()
    assert gone.groups.delete == [each.group_uuid for each in nested.groups]


def test_that_there_are_300_groups_and_no_more() -> None:
    many = [group(f"g{n}") for n in range(299)]
    assert len(resolve(update(groups={"new": many})).mapping.groups) == 300
    assert "at most 300 groups" in refused(update(groups={"new": [*many, group("one more")]}))


def test_that_a_column_cannot_go_to_a_group_that_goes() -> None:
    empty = Mapping((*titles.system_columns("regular"), CU), version("regular").groups)
    asked = update({"update_metadata": [metadata("Cu", group="Assays")]}, groups={"delete": ["Assays"]})
    assert "the column 'Cu' is in it" in refused(asked, empty)


# What updates leave out


def zoned(policy: str) -> Mapping:
    """Lab has A and B, Lab▸Inner has C; the policy is Lab's."""
    groups = [group("Lab", missing_column_policy=policy), group("Inner", parent_group="Lab")]
    columns = [new("A", group="Lab"), new("B", group="Lab"), new("C", group="Lab▸Inner")]
    return resolve(update({"new": columns}, groups={"new": groups}), version("regular", *USER)).mapping


def id_of(mapping: Mapping, title: str) -> str:
    """The id of a column."""
    found = titles.Titles(mapping).column(title)
    assert found is not None
    return found.col_id


def test_that_columns_left_out_of_their_zone_become_null_or_refuse_the_update() -> None:
    asked = update({"update": ["Lab▸A"]})
    mapping = zoned("SET_NULL")
    assert resolve(asked, mapping).set_null == (id_of(mapping, "Lab▸B"), id_of(mapping, "Lab▸Inner▸C"))
    assert "'B' rejects updates" in refused(asked, zoned("REJECT"))
    assert resolve(asked, zoned("USE_PREVIOUS")).set_null == ()
    assert resolve(update({"update": ["Lab▸A", "Lab▸B", "Lab▸Inner▸C"]}), zoned("REJECT")).set_null == ()
    rest_deleted = {"update": ["Lab▸A"], "delete": ["Lab▸B", "Lab▸Inner▸C"]}
    assert resolve(update(rest_deleted), zoned("REJECT")).set_null == ()


def test_that_updates_outside_of_a_zone_leave_it_alone() -> None:
    for policy in ("SET_NULL", "REJECT"):
        for columns in (
            {"update": ["Cu"]},
            {"update": ["Assays▸Au"]},
            {"new": [new("Zn")]},
            {"delete": ["Lab▸A"]},
            {"rename": [renaming("Lab▸A", "AA")]},
        ):
            assert resolve(update(columns), zoned(policy)).set_null == ()


def test_that_a_new_column_touches_the_zone_of_its_group() -> None:
    mapping = zoned("SET_NULL")
    asked = update({"new": [new("D", group="Lab▸Inner")]})
    assert resolve(asked, mapping).set_null == tuple(id_of(mapping, each) for each in ("Lab▸A", "Lab▸B", "Lab▸Inner▸C"))


def test_that_an_override_takes_one_group_out_of_its_zone() -> None:
    mapping = zoned("SET_NULL")
    override = {"group_missing_column_override": {"Lab▸Inner": "USE_PREVIOUS"}}
    change = resolve(update({"update": ["Lab▸A"]}, **override), mapping)
    assert change.set_null == (id_of(mapping, "Lab▸B"),)
    assert change.overridden == (mapping.groups[2].group_uuid,)
    assert resolve(update({"update": ["Lab▸Inner▸C"]}, **override), mapping).set_null == ()
    unknown = {"group_missing_column_override": {"Nowhere": "USE_PREVIOUS"}}
    assert "There is no group 'Nowhere'" in refused(update({"update": ["Lab▸A"]}, **unknown), mapping)


def test_that_an_own_separator_names_groups_for_one_request() -> None:
    mapping = zoned("SET_NULL")
    asked = update({"update": ["Lab#Inner#C"]}, qualified_title_separator="#")
    assert resolve(asked, mapping).columns.update == [id_of(mapping, "Lab▸Inner▸C")]
    assert "separator 'a'" in refused(update({"update": ["x"]}, qualified_title_separator="a"), mapping)
