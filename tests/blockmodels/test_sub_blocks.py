"""Models with sub-blocks through the interface: what uploads make of their parents."""

from typing import Any

import pyarrow as pa
import pytest

from tests.blockmodels.conftest import Quarry, kind, sub_blocked
from tests.blockmodels.updating import UPDATE_ERROR, Model, Row, columns, new

ALL_ROWS = {"output_options": {"file_format": "parquet", "exclude_null_rows": False}}
FIRST = {"geometry_change": True, "update_type": "replace"}
CU: dict[str, Any] = {"Cu": pa.float64()}


def cells(*rows: Row, **kinds: Any) -> pa.Table:
    """A table of blocks by index: (i, j, k, sidx, value of each column) per row."""
    placed = [*zip(*rows, strict=True)]
    found = {name: pa.array(each, pa.uint32()) for name, each in zip(("i", "j", "k", "sidx"), placed[:4], strict=True)}
    return pa.table(found | {name: pa.array(each, kinds[name]) for name, each in zip(kinds, placed[4:], strict=True)})


async def model_of(quarry: Quarry, of: str) -> Model:
    return Model(quarry, await quarry.create(sub_blocked(of)))


async def divided(quarry: Quarry) -> Model:
    """F3 with its first data: one whole parent, and two cells of another."""
    model = await model_of(quarry, "fully-sub-blocked")
    places = {
        "x": [1.0, 2.6, 3.0],
        "y": [1.5, 2.5, 2.5],
        "z": [4.5, 2.25, 2.25],
        "dx": [2.0, 0.4, 0.4],
        "dy": [1.0, 1.0, 1.0],
        "dz": [1.0, 0.5, 0.5],
    }
    file = pa.table(places | {"column_one": ["A", "D", "E"], "column_two": [1.5, 1.3, 1.2]})
    made = [new("column_one", "Utf8"), new("column_two")]
    await model.update({"columns": columns(new=made), **FIRST}, file)
    return model


async def total_blocks(model: Model) -> int:
    """Of the newest version."""
    changes = await model.changes((await model.versions())[0]["version_uuid"])
    found: int = changes["total_blocks"]
    return found


async def test_that_the_first_data_divide_the_parents_that_they_name_cells_of(working_quarry: Quarry) -> None:
    """A39"""
    model = await divided(working_quarry)
    assert await model.rows("column_one", "column_two") == [
        (0, 1, 4, 0, "A", 1.5),
        (1, 2, 2, 3, "D", 1.3),
        (1, 2, 2, 5, "E", 1.2),
    ]
    assert await total_blocks(model) == 1009
    everything = await model.rows("column_one", **ALL_ROWS)
    assert len(everything) == 1009
    inside = sorted(row for row in everything if row[:3] == (1, 2, 2))
    assert [row[3] for row in inside] == list(range(1, 11))
    assert [row[4] for row in inside] == [None, None, "D", None, "E", *[None] * 5]


async def test_that_values_come_without_a_change_of_geometry_for_cells_that_exist(working_quarry: Quarry) -> None:
    """A39b"""
    model = await divided(working_quarry)
    body = {"columns": columns(new=[new("column_four")]), "geometry_change": False}
    wrong = await model.fail(body, cells((0, 0, 0, 1, 4.5), column_four=pa.float64()))
    assert (wrong["type"], wrong["status"]) == (UPDATE_ERROR, 400)
    third = await model.update(body, cells((0, 1, 4, 0, 4.5), (1, 2, 2, 3, 5.3), column_four=pa.float64()))
    assert third["version_id"] == 3
    found = await model.rows("column_one", "column_four", geometry_columns="coordinates")
    assert [pytest.approx(row) for row in sorted(found)] == [
        (1, 1.5, 4.5, 2, 1, 1, "A", 4.5),
        (2.6, 2.5, 2.25, 0.4, 1, 0.5, "D", 5.3),
        (3.0, 2.5, 2.25, 0.4, 1, 0.5, "E", None),
    ]


async def test_that_a_new_geometry_divides_one_parent_and_unites_another(working_quarry: Quarry) -> None:
    """A39c, A39d"""
    model = await divided(working_quarry)
    second = (await model.versions())[0]["version_uuid"]
    body = {
        "columns": columns(new=[new("column_five")], update=["column_two"], delete=["column_one"]),
        "geometry_change": True,
        "update_type": "replace",
    }
    file = cells((0, 1, 4, 1, 14.0, 11.5), (1, 2, 2, 0, -1.0, 12.3), column_two=pa.float64(), column_five=pa.float64())
    less = body | {"columns": columns(new=[new("column_five")], update=["column_two"])}
    assert kind(await model.ask(less)) == (422, "block-model-service/unprocessable-entity")
    await model.update(body, file)
    assert await model.rows("*") == [(0, 1, 4, 1, 11.5, 14.0), (1, 2, 2, 0, 12.3, -1.0)]
    assert await total_blocks(model) == 1009
    places = await model.rows("column_five", geometry_columns="coordinates")
    assert [pytest.approx(row) for row in sorted(places)] == [
        (0.2, 1.5, 4.25, 0.4, 1, 0.5, 11.5),
        (3, 2.5, 2.5, 2, 1, 1, 12.3),
    ]
    assert [row[:4] for row in await model.rows("column_one", version_uuid=second)] == [
        (0, 1, 4, 0),
        (1, 2, 2, 3),
        (1, 2, 2, 5),
    ]


async def test_that_the_nodes_of_an_octree_are_numbered_depth_first(working_quarry: Quarry) -> None:
    """A40"""
    model = await model_of(working_quarry, "variable-octree")
    body = {"columns": columns(new=[new("Cu")]), **FIRST}
    beyond = await model.fail(body, cells((0, 0, 0, 105, 1.0), **CU))
    assert (beyond["type"], beyond["detail"]) == (UPDATE_ERROR, "1 row names no block of the model.")
    await model.update(body, cells((0, 0, 0, 14, 1.0), (0, 0, 0, 53, 2.0), **CU))
    assert await model.rows("Cu") == [(0, 0, 0, 14, 1.0), (0, 0, 0, 53, 2.0)]
    places = await model.rows("Cu", geometry_columns="coordinates")
    assert sorted(places) == [(0.5, 0.25, 0.75, 1, 0.5, 0.5, 2.0), (1.5, 0.25, 0.25, 1, 0.5, 0.5, 1.0)]


async def test_that_a_parent_in_part_is_merged_only_where_the_rest_is_filled(working_quarry: Quarry) -> None:
    """A41"""
    model = await model_of(working_quarry, "fully-sub-blocked")
    await model.update(
        {"columns": columns(new=[new("Cu")]), **FIRST}, cells((0, 0, 0, 0, 7.0), (1, 1, 1, 0, 8.0), **CU)
    )
    body = {"columns": columns(update=["Cu"]), "update_type": "merge", "geometry_change": True}
    part = cells((0, 0, 0, 2, 1.5), **CU)
    refused = await model.fail(body, part)
    assert (refused["type"], refused["title"], refused["status"]) == (UPDATE_ERROR, "Error in Update", 400)
    await model.update(body | {"fill_subblocks": True}, part)
    found = await model.rows("Cu", "sub_block_derivation")
    derived, given = "derived from parent", "user specified"
    assert found == [
        *((0, 0, 0, sidx, 1.5 if sidx == 2 else 7.0, given if sidx == 2 else derived) for sidx in range(1, 11)),
        (1, 1, 1, 0, 8.0, given),
    ]


async def test_that_a_parent_that_a_replacement_leaves_out_is_whole_and_empty_again(working_quarry: Quarry) -> None:
    """A42"""
    model = await divided(working_quarry)
    body = {"columns": columns(update=["column_one", "column_two"]), **FIRST}
    file = cells((0, 1, 4, 0, "B", 2.5), column_one=pa.string(), column_two=pa.float64())
    await model.update(body, file)
    assert await model.rows("column_one", "column_two") == [(0, 1, 4, 0, "B", 2.5)]
    everything = await model.rows("column_one", **ALL_ROWS)
    assert len(everything) == await total_blocks(model) == 1000
    assert (1, 2, 2, 0, None) in everything
