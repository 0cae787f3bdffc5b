"""SQL over a version: what a statement sees, what it gets, and what it is refused."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.sql.limits import SqlLimits
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind, sub_blocked
from tests.blockmodels.updating import Model, blocks, columns, last, new, small

PREFIX = "block-model-service"
UNPROCESSABLE = (422, f"{PREFIX}/unprocessable-entity")
INVALID = (422, f"{PREFIX}/validation")


async def graded(quarry: Quarry) -> Model:
    """24 blocks; version 2 has values in three of them."""
    model = await small(quarry)
    rows = [(0, 0, 0, 1.0, "a", 7), (1, 2, 1, 2.0, None, None), (3, 2, 1, None, "b", 9)]
    await model.add(blocks(*rows, **{"Cu": pa.float64(), "rock type": pa.string(), "n": pa.int32()}))
    return model


async def asked(model: Model, query: str, **more: Any) -> dict[str, Any]:
    """The job of a statement that is answered."""
    answer = await model.send("POST", "/sql", {"query": query, **more}, who="viewer")
    assert answer.status_code == 200, answer.text
    job = await model.quarry.get(f"{model.path}/jobs/{last(answer.json()['job_url'])}")
    assert job.json()["job_status"] == "COMPLETE"
    found: dict[str, Any] = job.json()["payload"]
    return found


async def table(model: Model, query: str, **more: Any) -> pa.Table:
    """The answer to a statement."""
    payload = await asked(model, query, **more)
    found = pq.read_table(io.BytesIO(await model.download(payload["download_url"])))
    assert found.num_rows == payload["rows"]
    return found


async def rows(model: Model, query: str, **more: Any) -> list[tuple[Any, ...]]:
    """The rows of the answer to a statement."""
    return [tuple(each.values()) for each in (await table(model, query, **more)).to_pylist()]


async def refused(model: Model, query: str, **more: Any) -> str:
    """Why a statement is refused."""
    answer = await model.send("POST", "/sql", {"query": query, **more}, who="viewer")
    assert kind(answer) == UNPROCESSABLE, answer.text
    detail: str = answer.json()["detail"]
    return detail


async def test_that_the_table_has_the_columns_of_the_version_and_all_its_blocks(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    found = await table(model, "SELECT * FROM blocks ORDER BY i, j, k")
    assert found.column_names == ["i", "j", "k", "x", "y", "z", "version_id", "Cu", "n", "rock type"]
    assert found.num_rows == 24
    assert list(found.slice(0, 1).to_pylist()[0].values()) == [0, 0, 0, 5.0, 5.0, 5.0, 2, 1.0, 7, "a"]
    assert list(found.slice(1, 1).to_pylist()[0].values()) == [0, 0, 1, 5.0, 5.0, 15.0, 1, None, None, None]


async def test_that_a_statement_names_columns_by_title(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    assert await rows(model, "SELECT avg(Cu), max(cu) FROM blocks WHERE Cu > 0.5") == [(1.5, 2.0)]
    assert await rows(model, 'SELECT "rock type", k FROM blocks WHERE "rock type" IS NOT NULL ORDER BY 1') == [
        ("a", 0),
        ("b", 1),
    ]
    assert await rows(model, "SELECT count(*), count(Cu), count(n) FROM blocks") == [(24, 2, 2)]


async def test_that_ranges_of_indices_select_blocks(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    assert await rows(model, "SELECT i, j, k FROM blocks WHERE i BETWEEN 2 AND 9 AND j = 1 ORDER BY ALL") == [
        (2, 1, 0),
        (2, 1, 1),
        (3, 1, 0),
        (3, 1, 1),
    ]
    assert await rows(model, "SELECT count(*) FROM blocks WHERE i > 3") == [(0,)]
    assert await rows(model, "SELECT count(*) FROM blocks WHERE i = 0 OR k IN (1)") == [(15,)]
    assert await rows(model, "SELECT sum(Cu) FROM blocks WHERE i < 2 AND Cu > 1") == [(2.0,)]


async def test_that_blocks_can_be_joined_with_themselves(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    below = "SELECT count(*) FROM blocks a JOIN blocks b ON a.i = b.i AND a.j = b.j AND a.k = b.k + 1"
    assert await rows(model, below) == [(12,)]
    both = "WITH best AS (SELECT max(Cu) AS m FROM blocks) SELECT i, j, k FROM blocks, best WHERE Cu = m"
    assert await rows(model, both) == [(1, 2, 1)]
    assert await rows(model, "SELECT * FROM (SELECT i FROM blocks UNION ALL SELECT j FROM blocks) LIMIT 0") == []


async def test_that_a_statement_may_describe(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    assert [row[:2] for row in await rows(model, "DESCRIBE blocks")][-3:] == [
        ("Cu", "DOUBLE"),
        ("n", "INTEGER"),
        ("rock type", "VARCHAR"),
    ]
    assert [row[0] for row in await rows(model, "SUMMARIZE SELECT Cu, n FROM blocks")] == ["Cu", "n"]
    [(key, plan)] = await rows(model, "EXPLAIN SELECT Cu FROM blocks")
    assert (key, "Cu" in plan) == ("physical_plan", True)


async def test_that_any_version_is_asked_by_number_or_uuid(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    [second, first] = await model.versions()
    for version in (1, first["version_uuid"]):
        assert "Cu" not in (await table(model, "SELECT * FROM blocks", version=version)).column_names
    for version in (2, second["version_uuid"], None):
        assert "Cu" in (await table(model, "SELECT * FROM blocks", version=version)).column_names
    for version in (0, 3, -1, 2**40, UNKNOWN_ID):
        answer = await model.send("POST", "/sql", {"query": "SELECT 1", "version": version})
        assert kind(answer) == (404, f"{PREFIX}/not-found"), version


async def test_that_an_answer_says_what_was_asked(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    answer = await model.send("POST", "/sql", {"query": "SELECT 1"}, who="viewer")
    [newest, _] = await model.versions()
    assert answer.json().keys() == {"bm_uuid", "version_id", "version_uuid", "job_url"}
    assert (answer.json()["bm_uuid"], answer.json()["version_id"]) == (model.id, 2)
    assert answer.json()["version_uuid"] == newest["version_uuid"]


async def test_that_titles_which_differ_in_case_alone_are_told_apart(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    await model.add(blocks((0, 0, 0, 1.0, 2.0, 3.0), Au=pa.float64(), AU=pa.float64(), X=pa.float64()))
    found = await table(model, "SELECT * FROM blocks WHERE Au IS NOT NULL")
    assert found.column_names[7:] == ["AU", "Au_1", "X_1"]
    assert list(found.to_pylist()[0].values())[7:] == [2.0, 1.0, 3.0]


async def test_that_columns_in_groups_have_qualified_titles(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    groups = {"new": [{"title": "Assays"}, {"title": "Raw", "is_hidden": True}]}
    made = [new("Cu", group="Assays"), new("A", group="Raw"), new("Q")]
    file = blocks((0, 0, 0, 1.0, 2.0, 3.0), **dict.fromkeys(("Assays▸Cu", "Raw▸A", "Q"), pa.float64()))
    await model.update({"columns": columns(new=made), "groups": groups}, file)
    assert (await table(model, "FROM blocks")).column_names[7:] == ["Assays▸Cu", "Q", "Raw▸A"]
    assert await rows(model, 'SELECT max("Assays▸Cu"), max("Raw▸A") FROM blocks') == [(1.0, 2.0)]


async def test_that_every_data_type_is_there(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    kinds = ("Boolean", "Int64", "UInt64", "Float16", "Float32", "Date32", "Timestamp")
    file = pa.table(
        {axis: pa.array([0], pa.uint32()) for axis in "ijk"}
        | {
            "Boolean": pa.array([True]),
            "Int64": pa.array([-(2**63)]),
            "UInt64": pa.array([2**64 - 1], pa.uint64()),
            "Float16": pa.array([1.5], pa.float16()),
            "Float32": pa.array([0.1], pa.float32()),
            "Date32": pa.array([20_000], pa.date32()),
            "Timestamp": pa.array([1], pa.timestamp("us", "UTC")),
        }
    )
    await model.update({"columns": columns(new=[new(each, each) for each in kinds])}, file)
    names = ", ".join(kinds)
    [found] = await rows(model, f"SELECT {names.replace('Timestamp', 'epoch_us(Timestamp)')} FROM blocks LIMIT 1")
    assert found[:4] == (True, -(2**63), 2**64 - 1, 1.5)
    assert (found[4], str(found[5]), found[6]) == (pytest.approx(0.1), "2024-10-04", 1)


@pytest.mark.parametrize(
    ("of", "parts"),
    [
        ("fully-sub-blocked", ["sidx"]),
        ("flexible", ["start_si", "start_sj", "start_sk", "end_si", "end_sj", "end_sk"]),
    ],
)
async def test_that_sub_blocked_models_bring_their_parts(working_quarry: Quarry, of: str, parts: list[str]) -> None:
    model = Model(working_quarry, await working_quarry.create(sub_blocked(of)))
    found = await table(model, "SELECT * FROM blocks WHERE i = 1 AND j < 2 AND k = 0")
    assert found.column_names == [*"ijk", *parts, *"xyz", "dx", "dy", "dz", "version_id"]
    assert (found.num_rows, found.column("dx").to_pylist()) == (2, [2.0, 2.0])


async def test_that_an_answer_is_csv(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    query = """SELECT i, Cu, 'a;"b"' AS t FROM blocks WHERE Cu > 0 ORDER BY i"""
    payload = await asked(model, query, output="csv")
    content = (await model.download(payload["download_url"])).decode()
    assert list(csv.reader(io.StringIO(content))) == [["i", "Cu", "t"], ["0", "1", 'a;"b"'], ["1", "2", 'a;"b"']]
    assert payload["rows"] == 2


async def test_that_an_answer_is_json(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    query = "SELECT 1 AS a, 2.5 AS a, 'nan'::DOUBLE AS b, NULL AS c, '€\n' AS d, [1, 2] AS e, sum(i) AS f FROM blocks"
    payload = await asked(model, query, output="json")
    content = json.loads(await model.download(payload["download_url"]))
    assert [each["name"] for each in content["columns"]] == ["a", "a", "b", "c", "d", "e", "f"]
    assert content["rows"] == [[1, 2.5, "NaN", None, "€\n", [1, 2], 36]]
    empty = await asked(model, "SELECT i FROM blocks WHERE false", output="json")
    assert json.loads(await model.download(empty["download_url"]))["rows"] == []


async def test_that_what_is_wrong_is_told_at_once(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    assert "the table blocks alone" in await refused(model, "SELECT * FROM read_csv('/etc/passwd')")
    assert (await refused(model, "COPY blocks TO '/tmp/blocks.csv'")).startswith("Send one statement that only reads")
    assert '"Au" not found' in await refused(model, "SELECT Au FROM blocks")
    assert "more than 10,000,000 rows" in await refused(model, "FROM range(10_000_001)")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": None},
        {"query": "SELECT '\x00'"},
        {"query": "SELECT 1", "output": "xlsx"},
        {"query": "SELECT 1", "version": "latest"},
        {"query": "SELECT 1", "version": 1.5},
        {"query": "SELECT 1", "limit": 5},
        {"query": "SELECT '" + "€" * 22_000 + "'"},
    ],
)
async def test_that_a_body_of_another_shape_is_refused(working_quarry: Quarry, body: dict[str, Any]) -> None:
    model = await small(working_quarry)
    assert kind(await model.send("POST", "/sql", body)) == INVALID


async def test_that_a_statement_ends_at_its_limits_and_the_next_is_answered(working_quarry: Quarry) -> None:
    model = await graded(working_quarry)
    ground = working_quarry.lab.application.block_models.ground
    object.__setattr__(ground, "sql_limits", SqlLimits(memory=128 << 20, seconds=4))
    try:
        endless = "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3"
        assert "more than the 4 s" in await refused(model, endless)
        assert "more than the 0.1 GB" in await refused(model, "SELECT list(range) FROM range(100_000_000)")
        assert await rows(model, "SELECT count(*) FROM blocks") == [(24,)]
    finally:
        object.__setattr__(ground, "sql_limits", SqlLimits())


async def test_that_a_statement_of_a_deleted_model_is_refused(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    assert (await model.send("DELETE")).status_code == 204
    assert kind(await model.send("POST", "/sql", {"query": "SELECT 1"})) == (410, f"{PREFIX}/gone")


async def test_that_an_installation_without_duckdb_says_so(
    working_quarry: Quarry, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = await small(working_quarry)
    monkeypatch.setattr("coreshed.blockmodels.service.sql.find_spec", lambda _name: None)
    answer = await model.send("POST", "/sql", {"query": "SELECT 1"})
    assert kind(answer) == (501, f"{PREFIX}/not-installed")
    assert "coreshed[server,sql]" in answer.json()["detail"]


async def test_that_a_statement_is_announced_where_its_answer_takes_long(
    working_quarry: Quarry, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = await small(working_quarry)
    monkeypatch.setattr(working_quarry.lab.application.block_models.sql, "patience", 0)
    answer = await model.send("POST", "/sql", {"query": "SELECT k FROM blocks LIMIT 1"}, who="viewer")
    assert answer.status_code == 202
    ended = await model.end(last(answer.json()["job_url"]))
    assert (ended["job_status"], ended["payload"]["rows"]) == ("COMPLETE", 1)
    answer = await model.send("POST", "/sql", {"query": "SELEC 1"}, who="viewer")
    assert answer.status_code == 202
    ended = await model.end(last(answer.json()["job_url"]))
    assert (ended["job_status"], ended["payload"]["status"]) == ("FAILED", 422)
    assert "syntax error" in ended["payload"]["detail"]
