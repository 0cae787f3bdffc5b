"""Queries of regular models: columns, boxes, headers, files (contract, "Query")."""

import csv
import io
import time
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from coreshed.blobs.tables import blobs
from coreshed.blockmodels.orders import UPDATE_JOB
from coreshed.jobs import Job
from tests.blockmodels.conftest import REGULAR, ROTATED, UNKNOWN_ID, Quarry, kind, sub_blocked
from tests.blockmodels.updating import Model, blocks, box, box_xyz, columns, last, new, small

PREFIX = "block-model-service"
UNPROCESSABLE = (422, f"{PREFIX}/unprocessable-entity")
INVALID = (422, f"{PREFIX}/validation")
COORDINATES = {"geometry_columns": "coordinates"}
ALL_ROWS = {"output_options": {"file_format": "parquet", "exclude_null_rows": False}}


async def sorted_model(quarry: Quarry) -> Model:
    """Columns whose titles differ in case, in three of 24 blocks."""
    model = await small(quarry)
    rows = [(0, 0, 0, 1.0, "a", 7), (1, 2, 1, 2.0, None, None), (3, 2, 1, None, None, 9)]
    table = blocks(*rows, b=pa.float64(), A=pa.string(), C=pa.int32())
    await model.add(table)
    return model


async def refused(model: Model, **body: Any) -> tuple[int, str]:
    """Status and type of a refusal."""
    return kind(await model.send("POST", "/blocks", {"columns": ["*"]} | body))


async def test_that_the_answer_repeats_what_is_asked(working_quarry: Quarry) -> None:
    model = await sorted_model(working_quarry)
    asked = await model.ask_for("*", "x", **COORDINATES)
    [second, _] = await model.versions()
    assert (asked["bm_uuid"], asked["columns"]) == (model.id, ["*", "x"])
    assert (asked["version_id"], asked["version_uuid"]) == (2, second["version_uuid"])
    assert asked["bbox"] == box((0, 3), (0, 2), (0, 1))
    assert [each["title"] for each in asked["mapping"]["columns"]] == ["x", "y", "z", "A", "b", "C"]
    assert asked["mapping"]["columns"][0] == {
        "col_id": "x",
        "title": "x",
        "data_type": "Float64",
        "unit_id": None,
        "group_uuid": None,
        "tags": None,
    }
    part = box((0, 1), (0, 0), (1, 1))
    assert (await model.ask_for("A", bbox=part))["bbox"] == part


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["*"], ["i", "j", "k", "A", "b", "C"]),
        (["C", "*"], ["i", "j", "k", "C", "A", "b"]),
        (["*", "version_id"], ["i", "j", "k", "A", "b", "C", "version_id"]),
        (["version_id", "b"], ["i", "j", "k", "version_id", "b"]),
        (["b", "A", "b"], ["i", "j", "k", "b", "A"]),
        (["k", "z", "b", "i"], ["i", "j", "k", "z", "b"]),
        ([], ["i", "j", "k"]),
    ],
)
async def test_that_geometry_comes_first_and_columns_as_asked(
    working_quarry: Quarry, asked: list[str], found: list[str]
) -> None:
    model = await sorted_model(working_quarry)
    assert (await model.table(*asked)).column_names == found


async def test_that_headers_are_titles_or_ids(working_quarry: Quarry) -> None:
    """A20"""
    model = await sorted_model(working_quarry)
    ids = {each["title"]: each["col_id"] for each in (await model.versions())[0]["mapping"]["columns"]}
    options = {"output_options": {"file_format": "parquet", "column_headers": "id"}}
    table = await model.table("*", "version_id", **COORDINATES, **options)
    assert table.column_names == ["x", "y", "z", ids["A"], ids["b"], ids["C"], "version_id"]
    assert await model.rows(ids["b"].upper()) == await model.rows("b")


async def test_that_a_column_called_like_an_id_gives_way_to_the_id(working_quarry: Quarry) -> None:
    """Q32"""
    model = await sorted_model(working_quarry)
    ids = {each["title"]: each["col_id"] for each in (await model.versions())[0]["mapping"]["columns"]}
    await model.add(blocks((0, 0, 0, 5.0), **{ids["b"]: pa.float64()}))
    assert (await model.table(ids["b"])).column_names == ["i", "j", "k", "b"]


async def test_that_rows_without_values_are_left_out_unless_wanted(working_quarry: Quarry) -> None:
    """A14, A15, Q6"""
    model = await sorted_model(working_quarry)
    assert [row[:3] for row in await model.rows("*")] == [(0, 0, 0), (1, 2, 1), (3, 2, 1)]
    assert [row[:3] for row in await model.rows("A")] == [(0, 0, 0)]
    assert [row[:3] for row in await model.rows("A", "C", "version_id")] == [(0, 0, 0), (3, 2, 1)]
    assert len(await model.rows("A", **ALL_ROWS)) == 24
    assert len(await model.rows("version_id")) == 24
    assert await model.rows("A", bbox=box((2, 2), (0, 2), (0, 1))) == []


async def test_that_rows_come_in_the_order_of_blocks(working_quarry: Quarry) -> None:
    """Q19"""
    model = await small(working_quarry)
    table = await model.table(**ALL_ROWS)
    expected = [(i, j, k) for i in range(4) for j in range(3) for k in range(2)]
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    assert [str(each.type) for each in table.schema] == ["uint32"] * 3


async def test_that_bounds_of_indices_are_inclusive_and_within_the_model(working_quarry: Quarry) -> None:
    """A18"""
    model = await small(working_quarry)
    one = await model.rows(bbox=box((3, 3), (2, 2), (1, 1)))
    assert one == [(3, 2, 1)]
    assert len(await model.rows(bbox=box((0, 3), (0, 2), (0, 1)))) == 24
    assert len(await model.rows(bbox=box((1, 2), (0, 1), (1, 1)))) == 4
    for wrong in (box((0, 4), (0, 2), (0, 1)), box((-1, 0), (0, 0), (0, 0)), box((4, 4), (0, 0), (0, 0))):
        assert await refused(model, bbox=wrong) == UNPROCESSABLE
    assert await refused(model, bbox=box((0, 2**40), (0, 2), (0, 1))) == UNPROCESSABLE
    assert await refused(model, bbox=box((2, 1), (0, 2), (0, 1))) == INVALID
    assert await refused(model, bbox=box((0, 1.5), (0, 2), (0, 1))) == INVALID
    mixed = {"i_minmax": {"min": 0, "max": 1}, "y_minmax": {"min": 0, "max": 1}, "z_minmax": {"min": 0, "max": 1}}
    assert await refused(model, bbox=mixed) == INVALID
    assert await refused(model, bbox={}) == INVALID


async def test_that_bounds_of_coordinates_take_centroids_and_are_clipped(working_quarry: Quarry) -> None:
    """A16, A19"""
    model = await small(working_quarry)
    centroids = box_xyz((5, 15), (15, 15), (5, 15))
    assert await model.rows(bbox=centroids) == [(0, 1, 0), (0, 1, 1), (1, 1, 0), (1, 1, 1)]
    assert len(await model.rows(bbox=box_xyz((5.1, 14.9), (0, 30), (0, 20)))) == 0
    assert len(await model.rows(bbox=box_xyz((-1e6, 1e6), (-1e6, 1e6), (-1e6, 1e6)))) == 24
    assert len(await model.rows(bbox=box_xyz((30, 1e9), (0, 30), (0, 20)))) == 6
    assert await model.rows(bbox=box_xyz((1e6, 1e7), (0, 30), (0, 20))) == []
    assert await refused(model, bbox=box_xyz((2, 1), (0, 2), (0, 1))) == INVALID


async def test_that_coordinates_of_a_rotated_model_lie_along_its_axes(working_quarry: Quarry) -> None:
    """Q3"""
    model = Model(working_quarry, await working_quarry.create(ROTATED))
    x, y, z = (ROTATED["model_origin"][axis] for axis in "xyz")
    found = await model.rows(bbox=box_xyz((x + 5, x + 15), (y + 25, y + 25), (z + 5, z + 5)))
    assert found == [(0, 2, 0), (1, 2, 0)]


async def test_that_a_query_names_what_is_unknown(working_quarry: Quarry) -> None:
    """A21"""
    model = await sorted_model(working_quarry)
    for wrong in ("Au", "a", "", UNKNOWN_ID, "sidx", "dx", "start_si", "sub_block_derivation", "col_id"):
        answer = await model.send("POST", "/blocks", {"columns": ["b", wrong]})
        assert kind(answer) == UNPROCESSABLE, wrong
        assert repr(wrong) in answer.json()["detail"]
    for unknown in (UNKNOWN_ID, (await (await small(working_quarry, name="Other")).versions())[0]["version_uuid"]):
        answer = await model.send("POST", "/blocks", {"columns": ["*"], "version_uuid": unknown})
        assert kind(answer) == (404, f"{PREFIX}/not-found")


@pytest.mark.parametrize(
    "body",
    [
        {"columns": None},
        {"columns": "*"},
        {"geometry_columns": "both"},
        {"output_options": {"file_format": "xlsx"}},
        {"output_options": {"column_headers": "id"}},
        {"output_options": {"file_format": "csv", "delimiter": ";;"}},
        {"output_options": {"file_format": "parquet", "delimiter": ";"}},
        {"version_uuid": "latest"},
        {"limit": 5},
    ],
)
async def test_that_a_query_of_another_shape_is_refused(working_quarry: Quarry, body: dict[str, Any]) -> None:
    model = await small(working_quarry)
    assert await refused(model, **body) == INVALID


async def test_that_any_version_is_asked(working_quarry: Quarry) -> None:
    model = await sorted_model(working_quarry)
    first = (await model.versions())[1]["version_uuid"]
    assert (await model.ask_for("*", version_uuid=first))["version_id"] == 1
    assert (await model.table("*", version_uuid=first)).shape == (24, 3)
    answer = await model.send("POST", "/blocks", {"columns": ["b"], "version_uuid": first})
    assert kind(answer) == UNPROCESSABLE


@pytest.mark.parametrize("delimiter", [None, ",", ";", "\t", "|"])
async def test_that_a_csv_file_has_a_header_row_and_the_delimiter(working_quarry: Quarry, delimiter: str) -> None:
    """A23, Q36"""
    model = await small(working_quarry)
    table = blocks(
        (0, 0, 0, 1.5, 'a;b,"c"'), (1, 2, 1, None, "plain"), (3, 2, 1, 2.0, None), Cu=pa.float64(), A=pa.string()
    )
    await model.add(table)
    options = {"file_format": "csv", **({} if delimiter is None else {"delimiter": delimiter})}
    content = await model.file("Cu", "A", output_options=options)
    sign = delimiter or ","
    assert next(csv.reader([content.decode().partition("\n")[0]], delimiter=sign)) == ["i", "j", "k", "Cu", "A"]
    read = pacsv.read_csv(
        io.BytesIO(content),
        parse_options=pacsv.ParseOptions(delimiter=sign),
        convert_options=pacsv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False),
    )
    assert read.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("delimiter", [" ", ":"])
async def test_that_times_are_in_quotes_where_they_have_the_delimiter(working_quarry: Quarry, delimiter: str) -> None:
    model = await small(working_quarry)
    when = pa.timestamp("us", tz="UTC")
    await model.update({"columns": columns(new=[new("At", "Timestamp")])}, blocks((0, 0, 0, 1), At=when))
    content = await model.file("At", output_options={"file_format": "csv", "delimiter": delimiter})
    _, row = csv.reader(content.decode().splitlines(), delimiter=delimiter)
    assert row == ["0", "0", "0", "1970-01-01 00:00:00.000001Z"]


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "¦", "€", ".", "-", "+", "0", "e", "N"])
async def test_that_a_delimiter_which_csv_cannot_have_is_refused(working_quarry: Quarry, delimiter: str) -> None:
    model = await sorted_model(working_quarry)
    options = {"file_format": "csv", "delimiter": delimiter}
    assert await refused(model, output_options=options) == INVALID


async def test_that_a_csv_file_says_what_it_is(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    asked = await model.ask_for("i", output_options={"file_format": "csv"})
    job = await model.end(last(asked["job_url"]))
    got = await working_quarry.lab.clients["nobody"].get(job["payload"]["download_url"])
    assert got.headers["content-type"].partition(";")[0] == "text/csv"


async def test_that_a_parquet_file_is_as_the_service_writes_it(working_quarry: Quarry) -> None:
    """A24"""
    model = Model(working_quarry, await working_quarry.create(REGULAR))
    metadata = pq.ParquetFile(io.BytesIO(await model.file("i", **ALL_ROWS))).metadata
    assert metadata.num_rows == 130_560
    assert metadata.format_version == "2.6"
    assert max(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)) <= 100_000
    chunks = [metadata.row_group(0).column(index) for index in range(metadata.num_columns)]
    assert {chunk.compression for chunk in chunks} == {"ZSTD"}


async def test_that_the_same_query_is_the_same_job_with_the_same_bytes(working_quarry: Quarry) -> None:
    """A25"""
    model = await sorted_model(working_quarry)
    first = await model.ask_for("*", **COORDINATES)
    content = await model.file("*", **COORDINATES)
    again = await model.ask_for("*", **COORDINATES)
    assert again == first
    assert await model.file("*", **COORDINATES) == content
    assert last((await model.ask_for("*"))["job_url"]) != last(first["job_url"])
    await model.add(blocks((0, 0, 0, 1.0), D=pa.float64()))
    assert last((await model.ask_for("*", **COORDINATES))["job_url"]) != last(first["job_url"])
    old = await model.ask_for("*", version_uuid=first["version_uuid"], **COORDINATES)
    assert last(old["job_url"]) == last(first["job_url"])


async def test_that_an_answer_is_kept_anew_when_it_is_asked_for_again(working_quarry: Quarry) -> None:
    model = await sorted_model(working_quarry)
    room = working_quarry.lab.application.blobs
    content = await model.file("A")
    long_ago = sa.update(blobs).values(last_offered_ns=1)
    with working_quarry.lab.application.databases.main.writing() as rows:
        rows.execute(long_ago)
    first = await model.ask_for("A")
    room.collection.collect(dry_run=False)
    assert await model.file("A") == content
    with working_quarry.lab.application.databases.main.writing() as rows:
        rows.execute(long_ago)
    room.collection.collect(dry_run=False)
    assert last((await model.ask_for("A"))["job_url"]) != last(first["job_url"])


async def test_that_the_job_of_a_query_stays_as_long_as_its_answer(working_quarry: Quarry) -> None:
    model = await sorted_model(working_quarry)
    application = working_quarry.lab.application
    [newest, *_] = await model.versions()
    updates = [job.id for job in jobs_of(model) if job.kind == UPDATE_JOB]
    assert updates
    await model.file("A")
    asked = last((await model.ask_for("A"))["job_url"])
    application.jobs.delete_spent(before_ns=time.time_ns() + 10**9)
    assert asked in [job.id for job in jobs_of(model)]
    gone = await model.send("GET", f"/jobs/{updates[0]}")
    assert kind(gone) == (404, "block-model-service/not-found")
    assert (await model.versions())[0] == newest
    with application.databases.main.writing() as rows:
        rows.execute(sa.update(blobs).values(last_offered_ns=1))
    application.blobs.collection.collect(dry_run=False)
    with application.databases.main.writing() as rows:
        rows.execute(sa.update(blobs).where(blobs.c.quarantined_ns.is_not(None)).values(quarantined_ns=1))
    application.blobs.collection.collect(dry_run=False)
    application.jobs.delete_spent(before_ns=time.time_ns() + 10**9)
    assert asked not in [job.id for job in jobs_of(model)]
    assert await model.rows("A") != []


def jobs_of(model: Model) -> list[Job]:
    application = model.quarry.lab.application
    with application.databases.main.reading() as rows:
        return application.jobs.find(rows, owner=f"block-model:{model.id}")


async def test_that_a_finished_query_is_downloaded_whole_and_in_ranges(working_quarry: Quarry) -> None:
    """A62"""
    model = await sorted_model(working_quarry)
    content = await model.file("*")
    job = await model.look(last((await model.ask_for("*"))["job_url"]))
    url, nobody = job["payload"]["download_url"], working_quarry.lab.clients["nobody"]
    head = await nobody.head(url)
    assert (head.status_code, head.content, head.headers["accept-ranges"]) == (200, b"", "bytes")
    assert head.headers["content-length"] == str(len(content))
    ranged = await nobody.get(url, headers={"Range": f"bytes=0-{len(content) - 1}"})
    assert (ranged.status_code, ranged.content) == (206, content)
    assert ranged.headers["content-range"] == f"bytes 0-{len(content) - 1}/{len(content)}"
    assert (await nobody.put(url, content=b"x", headers={"x-ms-blob-type": "BlockBlob"})).status_code == 403


async def test_that_hidden_groups_are_not_behind_the_wildcard(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    groups = {"new": [{"title": "Assays"}, {"title": "Raw", "is_hidden": True}]}
    made = [new("Cu", group="Assays"), new("Cu", group="Raw"), new("Cu")]
    titles = ["Assays▸Cu", "Raw▸Cu", "Cu"]
    file = blocks((0, 0, 0, 1.0, 2.0, 3.0), **dict.fromkeys(titles, pa.float64()))
    await model.update({"columns": columns(new=made), "groups": groups}, file)
    assert (await model.table("*")).column_names == ["i", "j", "k", "Assays▸Cu", "Cu"]
    assert await model.rows("Raw▸Cu", "Cu") == [(0, 0, 0, 2.0, 3.0)]
    other = await model.table("Raw/Cu", qualified_title_separator="/")
    assert other.column_names == ["i", "j", "k", "Raw/Cu"]


@pytest.mark.parametrize(
    ("of", "parts"),
    [
        ("fully-sub-blocked", ["sidx"]),
        ("variable-octree", ["sidx"]),
        ("flexible", ["start_si", "start_sj", "start_sk", "end_si", "end_sj", "end_sk"]),
    ],
)
async def test_that_sub_blocked_models_bring_their_parts(working_quarry: Quarry, of: str, parts: list[str]) -> None:
    model = Model(working_quarry, await working_quarry.create(sub_blocked(of)))
    few = {"bbox": box((0, 1), (0, 0), (0, 0))}
    table = await model.table(**few)
    assert (table.column_names, table.num_rows) == (["i", "j", "k", *parts], 2)
    placed = await model.table(*parts, "sub_block_derivation", **COORDINATES, **few)
    assert placed.column_names == ["x", "y", "z", "dx", "dy", "dz", *parts, "sub_block_derivation"]
    assert placed.to_pylist()[1]["x"] == 3.0
    assert placed.column("dx").to_pylist() == [2.0, 2.0]
    assert set(placed.column("sub_block_derivation").to_pylist()) == {"user specified"}


async def test_that_a_deleted_model_answers_no_query(working_quarry: Quarry) -> None:
    model = await sorted_model(working_quarry)
    asked = await model.ask_for("*")
    await model.send("DELETE")
    assert await refused(model) == (410, f"{PREFIX}/gone")
    assert kind(await model.send("GET", f"/jobs/{last(asked['job_url'])}")) == (410, f"{PREFIX}/gone")
