"""What readers of Delta Lake find in a published version."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.client import Invalid, Mismatch
from coreshed.client.delta.publishing import publish
from tests.blockmodels.engine.tables import columns
from tests.client.delta.tables import (
    READERS,
    blocks,
    chunk_bytes,
    deltalake,
    edition,
    physical,
    plain,
    published,
    server_file,
)

EVERY_TYPE: dict[str, tuple[DataType, list[Any]]] = {
    "i": (DataType.UINT32, [0, 2_147_483_647, None]),
    "u8": (DataType.UINT8, [0, 255, None]),
    "u16": (DataType.UINT16, [0, 65_535, None]),
    "u32": (DataType.UINT32, [0, 4_294_967_295, None]),
    "u64": (DataType.UINT64, [0, 9_223_372_036_854_775_807, None]),
    "i8": (DataType.INT8, [-128, 127, None]),
    "i16": (DataType.INT16, [-32_768, 32_767, None]),
    "i32": (DataType.INT32, [-2_147_483_648, 2_147_483_647, None]),
    "i64": (DataType.INT64, [-9_223_372_036_854_775_808, 9_223_372_036_854_775_807, None]),
    "f16": (DataType.FLOAT16, [np.float16(0.5), np.float16("nan"), None]),
    "f32": (DataType.FLOAT32, [0.5, float("-inf"), None]),
    "f64": (DataType.FLOAT64, [0.1, float("nan"), None]),
    "truth": (DataType.BOOLEAN, [True, False, None]),
    "text": (DataType.UTF8, ["", "Magnetit/Skärn", None]),
    "day": (DataType.DATE32, [date(1901, 2, 3), date(2026, 1, 1), None]),
    "time": (
        DataType.TIMESTAMP,
        [datetime(1901, 2, 3, 4, 5, 6, 7, UTC), datetime(2026, 1, 1, 12, 0, 0, 123_456, UTC), None],
    ),
    "Cu.pct/Σ-1": (DataType.FLOAT64, [1.0, 2.0, None]),
}
UTC_MICROSECONDS = (
    "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, "
    "force_set_converted_type=false)"
)


@pytest.mark.parametrize("reader", READERS)
def test_that_every_type_reads_value_for_value(tmp_path: Path, reader: str) -> None:
    expected = server_file(tmp_path / "server.parquet", EVERY_TYPE)
    publish(tmp_path / "server.parquet", tmp_path / "table", edition(1))
    assert READERS[reader](tmp_path / "table") == plain(expected)


def test_that_the_schema_has_signed_types_and_parquet_the_same(tmp_path: Path) -> None:
    published(tmp_path / "table", 1, EVERY_TYPE)
    table = deltalake.DeltaTable(tmp_path / "table")
    types = {each["name"]: each["type"] for each in json.loads(table.schema().to_json())["fields"]}
    assert types == {
        "i": "integer",
        "u8": "short",
        "u16": "integer",
        "u32": "long",
        "u64": "long",
        "i8": "byte",
        "i16": "short",
        "i32": "integer",
        "i64": "long",
        "f16": "float",
        "f32": "float",
        "f64": "double",
        "truth": "boolean",
        "text": "string",
        "day": "date",
        "time": "timestamp",
        "Cu.pct/Σ-1": "double",
    }
    [path] = (tmp_path / "table").glob("*.parquet")
    assert dict(zip(types, physical(path), strict=True)) == {
        "i": ("INT32", "None"),
        "u8": ("INT32", "Int(bitWidth=16, isSigned=true)"),
        "u16": ("INT32", "None"),
        "u32": ("INT64", "None"),
        "u64": ("INT64", "None"),
        "i8": ("INT32", "Int(bitWidth=8, isSigned=true)"),
        "i16": ("INT32", "Int(bitWidth=16, isSigned=true)"),
        "i32": ("INT32", "None"),
        "i64": ("INT64", "None"),
        "f16": ("FLOAT", "None"),
        "f32": ("FLOAT", "None"),
        "f64": ("DOUBLE", "None"),
        "truth": ("BOOLEAN", "None"),
        "text": ("BYTE_ARRAY", "String"),
        "day": ("INT32", "Date"),
        "time": (
            "INT64",
            UTC_MICROSECONDS,
        ),
        "Cu.pct/Σ-1": ("DOUBLE", "None"),
    }


def test_that_only_wider_columns_are_encoded_anew(tmp_path: Path) -> None:
    server_file(tmp_path / "server.parquet", EVERY_TYPE)
    publish(tmp_path / "server.parquet", tmp_path / "table", edition(1))
    [path] = (tmp_path / "table").glob("*.parquet")
    before, after = chunk_bytes(tmp_path / "server.parquet"), chunk_bytes(path)
    changed = {
        name
        for group in range(len(before))
        for name, old, new in zip(EVERY_TYPE, before[group], after[group], strict=True)
        if old != new
    }
    assert changed == {"u32", "f16"}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), rows=st.integers(1, 9), width=st.integers(1, 4), cut=st.integers(1, 9))
def test_that_whatever_a_model_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, rows: int, width: int, cut: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("delta")
    held = {f"c{index}": data.draw(columns(rows)) for index in range(width)}
    assume(
        all(kind is not DataType.UINT64 or max(_present(values), default=0) < 1 << 63 for kind, values in held.values())
    )
    given = {name: (kind, values.to_pylist()) for name, (kind, values) in held.items()}
    expected = server_file(tmp_path / "server.parquet", given, rows=cut)
    publish(tmp_path / "server.parquet", tmp_path / "table", edition(1))
    for read in READERS.values():
        assert read(tmp_path / "table") == plain(expected)


def _present(values: Any) -> list[int]:
    return [value for value in values.to_pylist() if value is not None]


def test_that_bounds_are_those_of_the_values(tmp_path: Path) -> None:
    held = EVERY_TYPE | {
        "long": (DataType.UTF8, ["x" * 33, "a", None]),
        "none": (DataType.FLOAT64, [None, None, None]),
        "far": (DataType.DATE32, [2_932_897, 0, None]),  # 1 January 10000
    }
    server_file(tmp_path / "server.parquet", held)
    publish(tmp_path / "server.parquet", tmp_path / "table", edition(1))
    [added] = _added(tmp_path / "table", 0)
    said = json.loads(added["stats"])
    assert said["numRecords"] == 3
    assert said["nullCount"] == dict.fromkeys(held, 1) | {"none": 3}
    assert said["minValues"] == {
        "i": 0,
        "u8": 0,
        "u16": 0,
        "u32": 0,
        "u64": 0,
        "i8": -128,
        "i16": -32_768,
        "i32": -2_147_483_648,
        "i64": -9_223_372_036_854_775_808,
        "text": "",
        "day": "1901-02-03",
        "time": "1901-02-03T04:05:06.000Z",
        "Cu.pct/Σ-1": 1.0,
    }
    assert said["maxValues"]["i"] == 2_147_483_647
    assert said["maxValues"]["u32"] == 4_294_967_295
    assert said["maxValues"]["i64"] == 9_223_372_036_854_775_807
    assert said["maxValues"]["time"] == "2026-01-01T12:00:00.124Z"
    assert said["maxValues"].keys() == said["minValues"].keys()


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("i = 2147483647", 1),
        ("u32 = 4294967295", 1),
        ("text = 'Magnetit/Skärn'", 1),
        ("day = date '2026-01-01'", 1),
        ("time = timestamp '2026-01-01T12:00:00.123456Z'", 1),
        ("time > timestamp '2026-01-01T12:00:00.123Z'", 1),
        ("f64 > 1000", 1),  # NaN is above every number in SQL's order
        ("i32 > 2147483646", 1),
    ],
)
def test_that_no_bound_hides_a_row(tmp_path: Path, where: str, count: int) -> None:
    published(tmp_path / "table", 1, EVERY_TYPE)
    table = deltalake.DeltaTable(tmp_path / "table")
    found = deltalake.QueryBuilder().register("t", table).execute(f"select i from t where {where}").read_all()
    assert found.num_rows == count


def test_that_numbers_from_two_to_the_63_are_refused_by_name(tmp_path: Path) -> None:
    held = blocks(1) | {
        "hash": (DataType.UINT64, [1, 2, 3, 1 << 63]),
        "small": (DataType.UINT64, [1, 2, 3, 4]),
        "nothing": (DataType.UINT64, [None] * 4),
    }
    with pytest.raises(Invalid, match=r"2\^63 on, which are in the column 'hash'\.$"):
        published(tmp_path / "table", 1, held)
    assert list((tmp_path / "table").glob("**/*.*")) == []


@pytest.mark.parametrize("name", ["Au g/t", "a,b", "a;b", "a{b", "a}b", "(a", "a)", "a\nb", "a\tb", "a=b"])
def test_that_names_which_delta_refuses_are_listed(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        published(tmp_path / "table", 1, blocks(1) | {name: (DataType.FLOAT64, [None] * 4)})
    assert repr(name) in str(refused.value)
    assert "--names id" in str(refused.value)
    assert "'Cu'" not in str(refused.value)
    assert not (tmp_path / "table").exists()


def test_that_names_which_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="differ in case alone: 'Cu', 'CU'"):
        published(tmp_path / "table", 1, blocks(1) | {"CU": (DataType.FLOAT64, [None] * 4)})


@pytest.mark.parametrize("reader", READERS)
def test_that_a_version_without_rows_is_an_empty_table(tmp_path: Path, reader: str) -> None:
    made = published(tmp_path / "table", 1, {name: (kind, []) for name, (kind, _) in blocks(1).items()})
    assert made.rows == 0
    assert READERS[reader](tmp_path / "table") == {"i": [], "j": [], "k": [], "Cu": []}


def test_that_what_is_no_file_of_the_server_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = tmp_path / "some.parquet"
    for content in (b"", b"PAR1 and nothing else PAR1", b"x" * 1000):
        source.write_bytes(content)
        with pytest.raises(Mismatch, match="is no Parquet file"):
            publish(source, tmp_path / "table", edition(1))
    required = pa.schema([pa.field("a", pa.int32(), nullable=False)])
    for table in (
        pa.table({"a": [[1], [2]]}),
        pa.table({"a": pa.array([1], pa.timestamp("ns"))}),
        pa.table({"a": pa.array([1], pa.int32())}, schema=required),
    ):
        pq.write_table(table, source)
        with pytest.raises(Mismatch, match="no table of a block model"):
            publish(source, tmp_path / "table", edition(1))


def test_that_columns_named_by_id_show_their_titles(tmp_path: Path) -> None:
    column = "3f0c8a4e-0000-4000-8000-000000000001"
    held = {name: each for name, each in blocks(1).items() if name != "Cu"} | {column: blocks(1)["Cu"]}
    published(tmp_path / "table", 1, held, names="id", comments={column: "Au g/t"})
    fields = json.loads(deltalake.DeltaTable(tmp_path / "table").schema().to_json())["fields"]
    assert fields[3] == {"name": column, "type": "double", "nullable": True, "metadata": {"comment": "Au g/t"}}


def _added(directory: Path, version: int) -> list[dict[str, Any]]:
    lines = (directory / "_delta_log" / f"{version:020}.json").read_text(encoding="utf-8").splitlines()
    return [action["add"] for action in map(json.loads, lines) if "add" in action]
