"""Titles of columns and groups: what they may be, how they are qualified, ordered and found."""

import pytest

from coreshed.blockmodels import titles
from coreshed.blockmodels.titles import Titles, check_column_title, check_group_title, check_tags
from coreshed.blockmodels.wire.versions import Column, Mapping, ResolvedGroup
from coreshed.problems import Unprocessable

ASSAYS = ResolvedGroup("11111111-0000-4000-8000-000000000001", "Assays", "USE_PREVIOUS")
CHECKS = ResolvedGroup(
    "11111111-0000-4000-8000-000000000002",
    "Checks",
    "USE_PREVIOUS",
    parent_group_uuid=ASSAYS.group_uuid,
    is_hidden=True,
)
CU = Column("00000000-0000-4000-8000-000000000001", "Cu", "Float64")
AU = Column("00000000-0000-4000-8000-00000000000a", "au", "Float64", group_uuid=ASSAYS.group_uuid)
AG = Column("00000000-0000-4000-8000-000000000003", "Ag", "Float64", group_uuid=CHECKS.group_uuid)
ZONE = Column("00000000-0000-4000-8000-000000000004", "zone", "Utf8")
VERSION = Mapping((*titles.system_columns("regular"), ZONE, CU, AU, AG), (ASSAYS, CHECKS))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("regular", "i j k x y z version_id"),
        ("fully-sub-blocked", "i j k sidx x y z dx dy dz version_id"),
        ("variable-octree", "i j k sidx x y z dx dy dz version_id"),
        ("flexible", "i j k start_si start_sj start_sk end_si end_sj end_sk x y z dx dy dz version_id"),
    ],
)
def test_that_each_kind_has_its_system_columns_in_their_order(kind: str, expected: str) -> None:
    found = titles.system_columns(kind)
    assert " ".join(each.title for each in found) == expected
    assert [each.col_id for each in found] == [each.title for each in found]
    types = {each.title: each.data_type for each in found}
    assert {types["i"], types["k"], types["version_id"]} == {"UInt32"}
    assert types["z"] == "Float64"
    assert types.get("start_si", "UInt8") == types.get("end_sk", "UInt8") == "UInt8"


def test_that_a_title_is_qualified_by_every_group_above_it() -> None:
    found = Titles(VERSION)
    assert [found.of(each) for each in (CU, AU, AG)] == ["Cu", "Assays▸au", "Assays▸Checks▸Ag"]
    assert found.column("Assays▸au") == AU
    assert found.column("au") is None
    assert found.group("Assays▸Checks") == CHECKS
    assert Titles(VERSION, "/").column("Assays/Checks/Ag") == AG


def test_that_a_separator_that_occurs_in_a_title_is_refused() -> None:
    with pytest.raises(Unprocessable, match="'u'"):
        Titles(VERSION, "u")
    with pytest.raises(Unprocessable, match="'k'"):
        Titles(VERSION, "k")


def test_that_the_wildcard_is_sorted_in_any_case_and_leaves_hidden_groups_out() -> None:
    assert Titles(VERSION).wildcard() == [AU, CU, ZONE]


def select(*asked: str, kind: str = "regular", geometry: str = "i j k") -> list[str]:
    """Titles of the columns behind the geometry."""
    return [each.title for each in Titles(VERSION).select(asked, kind, geometry.split())]


def test_that_columns_come_in_the_order_asked_and_each_once() -> None:
    assert select("zone", "*") == ["zone", "au", "Cu"]
    assert select("*", "version_id") == ["au", "Cu", "zone", "version_id"]  # A22
    assert select("Cu", CU.col_id, "Cu") == ["Cu"]
    assert select("i", "Cu", "j") == ["Cu"]
    assert select("x", "Cu") == ["x", "Cu"]
    assert select() == []


def test_that_ids_are_found_in_any_case_and_before_titles() -> None:
    assert select(AU.col_id.upper()) == ["au"]
    named_like_another = Column("00000000-0000-4000-8000-000000000009", CU.col_id, "Float64")
    version = Mapping((CU, named_like_another), ())
    assert Titles(version).select([CU.col_id], "regular", ()) == [CU]


@pytest.mark.parametrize("unknown", ["Zn", "au", "cu", "", "sidx", "dx", "sub_block_derivation"])
def test_that_an_unknown_column_is_refused(unknown: str) -> None:
    """A21"""
    with pytest.raises(Unprocessable, match="There is no column"):
        select(unknown)


def test_that_sub_blocked_models_tell_where_sub_blocks_came_from() -> None:
    assert select("sub_block_derivation", "dx", kind="flexible") == ["sub_block_derivation", "dx"]
    (found,) = Titles(VERSION).select(["sub_block_derivation"], "flexible", ())
    assert found.data_type == "Utf8"


@pytest.mark.parametrize("title", ["Cu", "Cu %", "Cu/Au", "Cu: ppm", " Cu", ".Cu", "Cü", "品位", "x" * 250])
def test_that_a_column_outside_of_groups_can_have_nearly_any_title(title: str) -> None:
    check_column_title(title, grouped=False)


@pytest.mark.parametrize("title", ["", " ", "*", "Cu\n", "a\u0000b", "Assays▸Cu", "x" * 251])
def test_that_a_title_is_visible_and_without_separator(title: str) -> None:
    with pytest.raises(Unprocessable):
        check_column_title(title, grouped=False)


@pytest.mark.parametrize("title", ["", " Cu", ".Cu", "x" * 101, "a▸b", "a\u0000b", *(f"a{c}b" for c in '/\\:><|?"*')])
def test_that_groups_and_what_is_in_them_obey_stricter_rules(title: str) -> None:
    with pytest.raises(Unprocessable):
        check_group_title(title)
    with pytest.raises(Unprocessable):
        check_column_title(title, grouped=True)


def test_that_a_separator_of_ones_own_is_refused_in_titles_too() -> None:
    with pytest.raises(Unprocessable, match="separator '#'"):
        check_column_title("Cu#2", grouped=False, separator="#")
    with pytest.raises(Unprocessable, match="separator '▸'"):
        check_group_title("a▸b", separator="#")


def test_that_tags_are_small_and_their_keys_differ_in_any_case() -> None:
    check_tags({"lab": "ALS", "depth": [1, 2, {"unit": "m"}]}, "Cu")
    check_tags({"a": "x" * (10 * 1024 - 8)}, "Cu")
    for wrong in ({"a": "x" * (10 * 1024 - 7)}, {"Lab": 1, "lab": 2}, {"": 1}, {"a/b": 1}, {"x" * 101: 1}, {" a": 1}):
        with pytest.raises(Unprocessable):
            check_tags(wrong, "Cu")
