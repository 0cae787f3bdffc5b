"""When an update brings sub-blocks, and when missing ones are filled."""

from typing import Any

import pytest

from tests.blockmodels.test_rules import CU, metadata, new, refused, renaming, resolve, update, version

SUB_BLOCKED = ["fully-sub-blocked", "variable-octree", "flexible"]


@pytest.mark.parametrize("change", [True, False])
def test_that_the_geometry_of_a_regular_model_does_not_change(change: bool) -> None:
    """A43"""
    assert "sub-blocked models" in refused(update({"new": [new("Zn")]}, geometry_change=change))
    assert resolve(update({"new": [new("Zn")]}, geometry_change=None)).geometry_change is None


@pytest.mark.parametrize("kind", SUB_BLOCKED)
def test_that_the_first_data_bring_their_sub_blocks_and_later_data_do_not(kind: str) -> None:
    """Q2"""
    asked = update({"new": [new("Zn")]})
    assert resolve(asked, version(kind), kind).geometry_change is True
    assert resolve(asked, version(kind, CU), kind).geometry_change is False
    assert resolve(update({"delete": ["Cu"]}), version(kind, CU), kind).geometry_change is None
    assert resolve(update({"new": [new("Zn")]}, geometry_change=False), version(kind), kind).geometry_change is False


@pytest.mark.parametrize("kind", SUB_BLOCKED)
def test_that_new_geometry_takes_every_column(kind: str) -> None:
    """A39d"""
    whole = {"new": [new("Zn")], "update": ["Cu", "Assays▸Au"], "delete": ["Geology"]}
    assert resolve(update(whole, geometry_change=True), kind=kind).geometry_change is True
    for left_out in ({"update": ["Cu"]}, {"delete": []}):
        assert "every column" in refused(update(whole | left_out, geometry_change=True), kind=kind)
    with_unit = whole | {"update_metadata": [metadata("Cu", unit_id=None)]}
    assert resolve(update(with_unit, geometry_change=True), kind=kind).geometry_change is True


def test_that_new_geometry_takes_values() -> None:
    deleting = update({"delete": ["Cu", "Assays▸Au", "Geology"]}, geometry_change=True)
    assert "new or updated columns" in refused(deleting, kind="flexible")
    renames = update({"rename": [renaming("Cu", "Copper")]}, geometry_change=True)
    assert "new or updated columns" in refused(renames, kind="flexible")


def test_that_sub_blocks_are_filled_where_that_means_something() -> None:
    """Section 3.2: fully sub-blocked, merge and geometry_change"""
    whole = {"update": ["Cu", "Assays▸Au", "Geology"]}
    full: dict[str, Any] = {"fill_subblocks": True, "geometry_change": True}
    assert resolve(update(whole, **full), kind="fully-sub-blocked").fill_subblocks
    for kind in ("flexible", "variable-octree"):
        assert "fill_subblocks takes" in refused(update(whole, **full), kind=kind)
    for less in ({"update_type": "replace"}, {"geometry_change": False}, {"geometry_change": None}):
        assert "fill_subblocks takes" in refused(update(whole, **(full | less)), kind="fully-sub-blocked")
    assert "fill_subblocks takes" in refused(update({"new": [new("Zn")]}, fill_subblocks=True))
    assert not resolve(update({"new": [new("Zn")]}, fill_subblocks=False)).fill_subblocks


def test_that_the_model_decides_about_filling_where_the_request_does_not() -> None:
    whole = {"update": ["Cu", "Assays▸Au", "Geology"]}
    kind = "fully-sub-blocked"
    assert resolve(update(whole, geometry_change=True), kind=kind, fill_by_default=True).fill_subblocks
    stated = update(whole, geometry_change=True, fill_subblocks=False)
    assert not resolve(stated, kind=kind, fill_by_default=True).fill_subblocks
    assert not resolve(update(whole), kind=kind, fill_by_default=True).fill_subblocks
    assert not resolve(update({"new": [new("Zn")]}), fill_by_default=True).fill_subblocks
