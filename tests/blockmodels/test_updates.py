"""Updates of regular models from PATCH to COMPLETE: the contract's effect table, and what versions then say."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.blockmodels.conftest import ROTATED, Quarry
from tests.blockmodels.updating import UPDATE_ERROR, Model, blocks, box, columns, new, parquet, small

CU, AU = {"Cu": pa.float64()}, {"Au": pa.float64()}


async def two_columns(quarry: Quarry) -> Model:
    """Version 2 has Cu and Au in three blocks."""
    model = await small(quarry)
    rows = [(0, 0, 0, 1.0, 10.0), (1, 0, 0, 2.0, 20.0), (3, 2, 1, 3.0, 30.0)]
    await model.add(blocks(*rows, **CU, **AU))
    return model


async def test_that_a_merge_leaves_other_blocks_alone(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    file = blocks((1, 0, 0, 5.0), (2, 2, 0, 6.0), **CU)
    version = await model.update({"columns": columns(update=["Cu"])}, file)
    assert version["bbox"] == box((1, 2), (0, 2), (0, 0))
    assert await model.rows("Cu", "Au") == [
        (0, 0, 0, 1.0, 10.0),
        (1, 0, 0, 5.0, 20.0),
        (2, 2, 0, 6.0, None),
        (3, 2, 1, 3.0, 30.0),
    ]


async def test_that_a_replacement_makes_other_blocks_null_in_its_columns_alone(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    body = {"columns": columns(update=["Cu"]), "update_type": "replace"}
    await model.update(body, blocks((1, 0, 0, 5.0), **CU))
    assert await model.rows("Cu", "Au") == [(0, 0, 0, None, 10.0), (1, 0, 0, 5.0, 20.0), (3, 2, 1, None, 30.0)]


@pytest.mark.parametrize("update_type", ["merge", "replace"])
async def test_that_new_columns_are_null_where_the_file_has_no_block(working_quarry: Quarry, update_type: str) -> None:
    model = await two_columns(working_quarry)
    body = {"columns": columns(new=[new("Ag")]), "update_type": update_type}
    await model.update(body, blocks((1, 0, 0, 7.0), Ag=pa.float64()))
    assert await model.rows("*") == [
        (0, 0, 0, None, 10.0, 1.0),
        (1, 0, 0, 7.0, 20.0, 2.0),
        (3, 2, 1, None, 30.0, 3.0),
    ]


async def test_that_null_in_the_file_is_null_in_the_model_and_nan_is_a_value(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    file = blocks((0, 0, 0, None), (1, 0, 0, float("nan")), **CU)
    await model.update({"columns": columns(update=["Cu"])}, file)
    found = await model.rows("Cu")
    assert [row[:3] for row in found] == [(1, 0, 0), (3, 2, 1)]
    assert found[0][3] != found[0][3]


async def test_that_one_update_makes_updates_and_deletes_columns(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    file = blocks((0, 0, 0, 4.0, "a"), Cu=pa.float64(), Geology=pa.string())
    body = {"columns": columns(new=[new("Geology", "Utf8")], update=["Cu"], delete=["Au"]), "comment": "Ω"}
    version = await model.update(body, file)
    assert (version["version_id"], version["parent_version_id"], version["base_version_id"]) == (3, 2, 2)
    assert version["comment"] == "Ω"
    assert await model.changes(version["version_uuid"]) == {
        "columns": {"new": ["Geology"], "deleted": ["Au"], "updated": ["Cu"], "renamed": [], "metadata_updated": []},
        "blocks_uploaded": 1,
        "total_blocks": 24,
        "update_type": "merge",
    }
    table = await model.table("*")
    assert table.column_names == ["i", "j", "k", "Cu", "Geology"]


async def test_that_columns_go_and_older_versions_keep_them(working_quarry: Quarry) -> None:
    """A27 to A29, A32, A45"""
    model = await two_columns(working_quarry)
    [second, _] = await model.versions()
    unit = {"columns": columns(update_metadata=[{"title": "Cu", "values": {"unit_id": "%[mass]"}}])}
    begun = await model.begin(unit)
    assert begun["upload_url"] is None
    assert (await model.look(begun["job_uuid"])) == {"job_status": "PENDING_UPLOAD"}
    await model.announce(begun)
    third = (await model.end(begun["job_uuid"]))["payload"]
    assert (third["version_id"], third["version_uuid"], third["bbox"]) == (3, begun["version_uuid"], None)
    assert third["mapping"]["columns"][7]["unit_id"] == "%[mass]"
    unit["columns"]["update_metadata"][0]["values"]["unit_id"] = None
    assert (await model.update(unit))["mapping"]["columns"][7]["unit_id"] is None
    fifth = await model.update({"columns": columns(rename=[{"title": "Cu", "new_title": "Copper"}])})
    assert fifth["mapping"]["columns"][7]["col_id"] == third["mapping"]["columns"][7]["col_id"]
    changes = await model.changes(fifth["version_uuid"])
    assert changes["columns"]["renamed"] == [{"old_title": "Cu", "new_title": "Copper"}]
    assert (changes["blocks_uploaded"], changes["update_type"]) == (None, None)
    assert fifth["bbox"] is None
    assert (await model.update({"columns": columns(delete=["Copper", "Au"])}))["bbox"] is None
    refused = await model.send("POST", "/blocks", {"columns": ["Copper"]})
    assert refused.status_code == 422
    assert (await model.table("*")).num_rows == 24
    assert await model.rows("Copper", version_uuid=fifth["version_uuid"]) == [
        (0, 0, 0, 1.0),
        (1, 0, 0, 2.0),
        (3, 2, 1, 3.0),
    ]
    assert (await model.table("*", version_uuid=second["version_uuid"])).column_names == ["i", "j", "k", "Au", "Cu"]


async def test_that_a_version_marks_the_blocks_that_it_changed(working_quarry: Quarry) -> None:
    """A22"""
    model = await two_columns(working_quarry)
    await model.update({"columns": columns(update=["Cu"])}, blocks((1, 0, 0, 5.0), **CU))
    table = await model.table("*", "version_id")
    assert table.column_names[-1] == "version_id"
    assert table.schema.field("version_id").type == pa.uint32()
    assert await model.rows("version_id", "Cu") == [(0, 0, 0, 2, 1.0), (1, 0, 0, 3, 5.0), (3, 2, 1, 2, 3.0)]


async def test_that_the_object_has_the_new_columns_when_the_job_is_complete(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    found = await working_quarry.object_of(model.answer)
    [newest, _] = await model.versions()
    assert [each["name"] for each in found["object"]["attributes"]] == ["Cu", "Au"]
    assert found["object"]["block_model_version_uuid"] == newest["version_uuid"]
    assert found["version_id"] == newest["geoscience_version_id"]


async def test_that_centroids_of_a_rotated_model_come_back_as_they_went(working_quarry: Quarry) -> None:
    """A12: what a query says can be uploaded."""
    model = Model(working_quarry, await working_quarry.create(ROTATED))
    everywhere = await model.table(geometry_columns="coordinates")
    assert everywhere.num_rows == 24
    points = [tuple(row.values()) for row in everywhere.to_pylist()]
    assert points[0] == pytest.approx((304.356712, 195.961487, 84.517446), abs=1e-6)
    assert points[-1] == pytest.approx((341.467070, 194.204121, 88.959626), abs=1e-6)
    numbers = pa.array(range(24), pa.int32())
    await model.add(everywhere.append_column("number", numbers))
    assert (await model.table("number")).column("number") == pa.chunked_array([numbers])


async def test_that_undeclared_columns_of_the_file_are_ignored_and_indices_win(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    file = blocks((1, 1, 0, 1.0, "a"), Cu=pa.float64(), Geology=pa.string())
    for name in "xyz":
        file = file.append_column(name, pa.array([1e9]))
    await model.update({"columns": columns(new=[new("Cu")])}, file)
    assert await model.rows("*") == [(1, 1, 0, 1.0)]


async def test_that_columns_may_be_called_otherwise_in_the_file(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    pairs = [("XC", "x"), ("YC", "y"), ("ZC", "z"), ("CU_PCT", "Cu")]
    mapping = [{"file_column_name": name, "column_title": title} for name, title in pairs]
    file = pa.table({"XC": [15.0], "YC": [25.0], "ZC": [5.0], "CU_PCT": [0.5]})
    options = {"file_format": "parquet", "column_name_mapping": mapping}
    await model.update({"columns": columns(new=[new("Cu")]), "input_options": options}, file)
    assert await model.rows("Cu") == [(1, 2, 0, 0.5)]


async def test_that_a_file_without_rows_makes_columns_without_values(working_quarry: Quarry) -> None:
    model = await two_columns(working_quarry)
    empty = blocks(**CU).cast(pa.schema([*((name, pa.uint32()) for name in "ijk"), ("Cu", pa.float64())]))
    version = await model.update({"columns": columns(update=["Cu"]), "update_type": "merge"}, empty)
    assert (version["bbox"], (await model.changes(version["version_uuid"]))["blocks_uploaded"]) == (None, 0)
    assert len(await model.rows("Cu")) == 3
    version = await model.update({"columns": columns(update=["Cu"]), "update_type": "replace"}, empty)
    assert await model.rows("Cu") == []
    assert version["bbox"] is not None


WRONG: dict[str, tuple[pa.Table, str]] = {
    "twice": (blocks((1, 0, 0, 1.0), (1, 0, 0, 2.0), **CU), "1 row names a block that another row names too."),
    "outside": (blocks((4, 0, 0, 1.0), **CU), "1 row names no block of the model."),
    "two outside": (blocks((4, 0, 0, 1.0), (0, 3, 0, 2.0), **CU), "2 rows name no block of the model."),
    "null index": (blocks((None, 0, 0, 1.0), **CU), "1 row names no block"),
    "off the centroid": (pa.table({"x": [5.2], "y": [5.0], "z": [5.0], "Cu": [1.0]}), "1 row names no block"),
    "infinite": (pa.table({"x": [float("inf")], "y": [5.0], "z": [5.0], "Cu": [1.0]}), "1 row names no block"),
}
UNREADABLE: dict[str, tuple[dict[str, Any], pa.Table]] = {
    "int64 indices": (new("Cu"), pa.table({"i": [0], "j": [0], "k": [0], "Cu": [1.0]})),
    "float indices": (new("Cu"), pa.table({"i": [0.0], "j": [0.0], "k": [0.0], "Cu": [1.0]})),
    "no blocks": (new("Cu"), pa.table({"i": pa.array([0], pa.uint32()), "Cu": [1.0]})),
    "column missing": (new("Au"), blocks((0, 0, 0, 1.0), **CU)),
    "another type": (new("Cu", "Float32"), blocks((0, 0, 0, 1.0), **CU)),
    "nanoseconds": (new("t", "Timestamp"), blocks((0, 0, 0, 1), t=pa.timestamp("ns", "UTC"))),
    "no zone": (new("t", "Timestamp"), blocks((0, 0, 0, 1), t=pa.timestamp("us"))),
    "another zone": (new("t", "Timestamp"), blocks((0, 0, 0, 1), t=pa.timestamp("us", "+02:00"))),
    "nested": (new("Cu"), blocks((0, 0, 0, [1.0]), Cu=pa.list_(pa.float64()))),
}


@pytest.mark.parametrize("case", WRONG)
async def test_that_rows_that_name_no_block_are_listed_in_a_file(working_quarry: Quarry, case: str) -> None:
    """A38"""
    model = await two_columns(working_quarry)
    file, words = WRONG[case]
    problem = await model.fail({"columns": columns(update=["Cu"])}, file)
    assert (problem["type"], problem["title"], problem["status"]) == (UPDATE_ERROR, "Error in Update", 400)
    assert words in problem["detail"]
    rows = pq.read_table(pa.BufferReader(await model.download(problem["download_url"])))
    assert rows.column_names[:2] == ["row", "reason"]
    assert set(rows.column_names[2:]) == set(file.column_names) - {"Cu"}
    assert rows.num_rows >= 1
    assert all(rows.column("reason").to_pylist())


async def test_that_wrong_rows_of_several_row_groups_are_named_as_they_stand(working_quarry: Quarry) -> None:
    """Rows 1, 4 and 5 of the file, two rows to a group."""
    model = await two_columns(working_quarry)
    file = blocks((0, 0, 0, 1.0), (9, 0, 0, 1.0), (1, 0, 0, 1.0), (2, 0, 0, 1.0), (0, 8, 0, 1.0), (0, 0, 7, 1.0), **CU)
    problem = await model.fail({"columns": columns(update=["Cu"])}, parquet(file, row_group_size=2))
    rows = pq.read_table(pa.BufferReader(await model.download(problem["download_url"])))
    assert rows.drop_columns("reason").to_pylist() == [
        {"row": 1, "i": 9, "j": 0, "k": 0},
        {"row": 4, "i": 0, "j": 8, "k": 0},
        {"row": 5, "i": 0, "j": 0, "k": 7},
    ]


@pytest.mark.parametrize("case", UNREADABLE)
async def test_that_a_file_of_another_form_fails_the_job(working_quarry: Quarry, case: str) -> None:
    """A36, A37"""
    model = await small(working_quarry)
    column, file = UNREADABLE[case]
    problem = await model.fail({"columns": columns(new=[column])}, file)
    assert (problem["type"], problem["title"], problem["status"]) == (UPDATE_ERROR, "Error in Update", 400)
    assert "download_url" not in problem
