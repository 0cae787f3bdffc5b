"""Two updates of one version: which stand together, and which conflict (contract Q8)."""

import asyncio
from typing import Any

import pyarrow as pa
import pytest

from tests.blockmodels.conftest import Quarry
from tests.blockmodels.updating import VERSION_CONFLICT, Model, blocks, columns, new, parquet, small

F = pa.float64()


async def prepared(quarry: Quarry) -> Model:
    """Version 2 has Cu and Au in two blocks."""
    model = await small(quarry)
    await model.add(blocks((0, 0, 0, 1.0, 10.0), (1, 0, 0, 2.0, 20.0), Cu=F, Au=F))
    return model


async def begun(model: Model, body: dict[str, Any], file: pa.Table | None = None) -> dict[str, Any]:
    """An update that waits with its file there."""
    found = await model.begin(body)
    if file is not None:
        assert (await model.put(found["upload_url"], parquet(file))).status_code == 201
    return found


async def outcome(model: Model, update: dict[str, Any]) -> dict[str, Any]:
    """The end of an update that is announced now."""
    assert (await model.announce(update)).status_code == 201
    return await model.end(update["job_uuid"])


def updating(title: str, value: float) -> tuple[dict[str, Any], pa.Table]:
    """New values of one block of a column."""
    return {"columns": columns(update=[title])}, blocks((0, 0, 0, value), **{title: F})


def adding(title: str) -> tuple[dict[str, Any], pa.Table]:
    """A new column."""
    return {"columns": columns(new=[new(title)])}, blocks((1, 0, 0, 7.0), **{title: F})


def renaming(title: str, other: str) -> tuple[dict[str, Any], None]:
    """Another title."""
    return {"columns": columns(rename=[{"title": title, "new_title": other}])}, None


def deleting(title: str) -> tuple[dict[str, Any], None]:
    """A column less."""
    return {"columns": columns(delete=[title])}, None


def unit(title: str) -> tuple[dict[str, Any], None]:
    """A unit."""
    return {"columns": columns(update_metadata=[{"title": title, "values": {"unit_id": "g/t"}}])}, None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (updating("Cu", 5.0), updating("Au", 6.0)),
        (updating("Cu", 5.0), adding("Ag")),
        (adding("Pt"), adding("Ag")),
        (renaming("Cu", "Copper"), updating("Au", 6.0)),
        (deleting("Cu"), updating("Au", 6.0)),
        (unit("Cu"), deleting("Au")),
        (updating("Cu", 5.0), renaming("Au", "Gold")),
    ],
)
async def test_that_changes_of_different_columns_both_stand(working_quarry: Quarry, first: Any, second: Any) -> None:
    model = await prepared(working_quarry)
    one, other = await begun(model, *first), await begun(model, *second)
    assert (await outcome(model, one))["payload"]["version_id"] == 3
    version = (await outcome(model, other))["payload"]
    assert (version["version_id"], version["parent_version_id"]) == (4, 3)
    assert version["version_uuid"] == other["version_uuid"]
    # What either alone makes is there, in whichever order.
    again = await small(working_quarry, name="Again")
    await again.add(blocks((0, 0, 0, 1.0, 10.0), (1, 0, 0, 2.0, 20.0), Cu=F, Au=F))
    for body, file in (second, first):
        await again.update(body, file)
    left, right = await model.table("*"), await again.table("*")
    assert left.equals(right)
    units = [
        {each["title"]: each["unit_id"] for each in (await each.versions())[0]["mapping"]["columns"]}
        for each in (model, again)
    ]
    assert units[0] == units[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (updating("Cu", 5.0), updating("Cu", 6.0)),
        (updating("Cu", 5.0), deleting("Cu")),
        (deleting("Cu"), updating("Cu", 6.0)),
        (renaming("Cu", "Copper"), updating("Cu", 6.0)),
        (renaming("Cu", "Copper"), renaming("Cu", "Kupfer")),
        (renaming("Cu", "Ag"), adding("Ag")),
        (adding("Ag"), adding("Ag")),
        (adding("Ag"), renaming("Cu", "Ag")),
        (unit("Cu"), unit("Cu")),
        (deleting("Cu"), deleting("Cu")),
    ],
)
async def test_that_changes_of_the_same_column_conflict(working_quarry: Quarry, first: Any, second: Any) -> None:
    model = await prepared(working_quarry)
    one, other = await begun(model, *first), await begun(model, *second)
    assert (await outcome(model, one))["job_status"] == "COMPLETE"
    before = await model.table("*")
    ended = await outcome(model, other)
    assert ended["job_status"] == "FAILED"
    assert (ended["payload"]["type"], ended["payload"]["status"]) == (VERSION_CONFLICT, 409)
    assert [each["version_id"] for each in await model.versions()] == [3, 2, 1]
    assert (await model.table("*")).equals(before)


async def test_that_another_group_meanwhile_is_a_conflict(working_quarry: Quarry) -> None:
    model = await prepared(working_quarry)
    groups = {"columns": columns(), "groups": {"new": [{"title": "Assays"}]}}
    one, other = await begun(model, groups), await begun(model, *updating("Cu", 5.0))
    await outcome(model, one)
    assert (await outcome(model, other))["payload"]["type"] == VERSION_CONFLICT


async def test_that_two_updates_together_make_no_more_than_300_columns(working_quarry: Quarry) -> None:
    """A33"""
    model = await small(working_quarry)
    sets = [[f"{letter}{number}" for number in range(151)] for letter in "ab"]
    one, other = [
        await begun(
            model,
            {"columns": columns(new=[new(title, "Int8") for title in titles])},
            blocks((0, 0, 0, *range(-75, 76)), **dict.fromkeys(titles, pa.int8())),
        )
        for titles in sets
    ]
    assert (await outcome(model, one))["job_status"] == "COMPLETE"
    assert (await outcome(model, other))["payload"]["type"] == VERSION_CONFLICT
    assert len((await model.table("*")).schema) == 3 + 151


@pytest.mark.parametrize("policy", ["SET_NULL", "REJECT"])
async def test_that_a_column_put_into_a_guarded_group_meanwhile_is_a_conflict(
    working_quarry: Quarry, policy: str
) -> None:
    model = await small(working_quarry)
    await model.update({"columns": columns(), "groups": {"new": [{"title": "G", "missing_column_policy": policy}]}})
    table = blocks((0, 0, 0, 1.0, 2.0), **{"G▸a": F, "c": F})
    await model.update({"columns": columns(new=[new("a", group="G"), new("c")])}, table)
    moving = {"columns": columns(update_metadata=[{"title": "c", "values": {"group": "G"}}])}
    one, other = await begun(model, moving), await begun(model, *updating("G▸a", 5.0))
    assert (await outcome(model, one))["job_status"] == "COMPLETE"
    assert (await outcome(model, other))["payload"]["type"] == VERSION_CONFLICT
    assert await model.rows("G▸a", "G▸c") == [(0, 0, 0, 1.0, 2.0)]


async def test_that_many_updates_announced_at_once_follow_each_other(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    titles = [f"c{number}" for number in range(6)]
    updates = [await begun(model, *adding(title)) for title in titles]
    await asyncio.gather(*(model.announce(each) for each in updates))
    ended = [await model.end(each["job_uuid"]) for each in updates]
    assert {each["job_status"] for each in ended} == {"COMPLETE"}
    assert sorted(each["payload"]["version_id"] for each in ended) == [2, 3, 4, 5, 6, 7]
    assert [each["version_id"] for each in await model.versions()] == [7, 6, 5, 4, 3, 2, 1]
    assert await model.rows(*titles) == [(1, 0, 0, *[7.0] * 6)]
