"""Objects, their data, and data frames."""

import hashlib
import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest

from coreshed.client import Client, Conflict, CoreshedError, Invalid, NotFound, frames
from tests.client.content import MIB, content, written

BOX = {f"{end}_{axis}": 0.0 for axis in "xyz" for end in ("min", "max")}


def document(data: str, name: str = "Points") -> dict[str, object]:
    return {
        "schema": "/objects/pointset/1.3.0/pointset.schema.json",
        "uuid": None,
        "name": name,
        "bounding_box": BOX,
        "coordinate_reference_system": "unspecified",
        "locations": {"coordinates": {"data": data, "length": 1, "width": 3, "data_type": "float64"}},
    }


@pytest.mark.parametrize("size", [0, 1, 9 * MIB])
def test_that_data_goes_there_once_and_comes_back(client: Client, tmp_path: Path, size: int) -> None:
    data = content(size)
    name = client.objects.upload_data(data)
    assert name == hashlib.sha256(data).hexdigest()
    seen = []
    assert client.objects.upload_data(written(tmp_path / "source", size), progress=seen.append) == name
    client.objects.put("a/points.json", document(name))
    assert client.objects.download_data("a/points.json", name, tmp_path / "target") == name
    assert (tmp_path / "target").read_bytes() == data
    with pytest.raises(NotFound):
        client.objects.download_data("a/points.json", "0" * 64, tmp_path / "target")


def test_that_an_object_has_versions_and_can_be_deleted(client: Client) -> None:
    name = client.objects.upload_data(b"rows")
    first = client.objects.put("a/points.json", document(name))
    second = client.objects.put("A/Points.json", document(name, "Other"))
    assert second.object_id == first.object_id
    assert [each.version_id for each in client.objects.versions(first.object_id)] == [
        second.version_id,
        first.version_id,
    ]
    assert client.objects.get("a/points.json", version=first.version_id).object["name"] == "Points"
    with pytest.raises(Conflict):
        client.objects.put("a/points.json", document(name), if_match=first.version_id)
    assert [each.full_path for each in client.objects.list()] == ["a/points.json"]
    client.objects.delete("a/points.json")
    with pytest.raises(NotFound):
        client.objects.get(first.object_id)
    assert [each.object_id for each in client.objects.list(deleted=True)] == [first.object_id]
    assert client.objects.restore(first.object_id).object_path.strip("/") == "a/points.json"


def test_that_a_document_that_breaks_its_schema_is_refused(client: Client) -> None:
    with pytest.raises(Invalid) as caught:
        client.objects.put("a/points.json", {"schema": "/objects/pointset/1.3.0/pointset.schema.json"})
    assert caught.value.status in {400, 422}
    assert caught.value.request_id
    assert isinstance(caught.value, CoreshedError)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [1.0, 2.0, 3.0],
            "y": [10, 20, 30],
            "z": [-1.5, 0.0, 1.5],
            "gold": [0.1, None, 2.5],
            "count": [1, 2, 3],
            "maybe": pd.array([1, None, 3], dtype="Int64"),
            "fresh": [True, False, True],
            "rock": ["diorite", None, "ü diorite"],
            "logged": pd.to_datetime(["2026-01-01", "2026-01-02T03:04:05.000006", "1970-01-01"], format="ISO8601"),
        }
    )


def test_that_a_data_frame_comes_back(client: Client) -> None:
    sent = frame()
    made = client.objects.publish_dataframe("a/points.json", sent, crs=7850, units={"gold": "g/t"}, tags={"a": "b"})
    assert made.object["name"] == "points"
    assert made.object["coordinate_reference_system"] == {"epsg_code": 7850}
    assert made.object["bounding_box"]["max_y"] == 30  # type: ignore[index]
    back = client.objects.dataframe("a/points.json")
    assert list(back.columns) == list(sent.columns)
    for name in ("x", "y", "z", "count", "fresh"):
        assert back[name].tolist() == sent[name].tolist()
    assert math.isnan(back["gold"][1])
    assert [back["gold"][0], back["gold"][2], back["maybe"][0], back["maybe"][2]] == [0.1, 2.5, 1.0, 3.0]
    assert [None if pd.isna(each) else each for each in back["rock"]] == ["diorite", None, "ü diorite"]
    assert back["logged"].dt.tz_localize(None).tolist() == sent["logged"].tolist()
    again = client.objects.publish_dataframe("a/points.json", sent.drop(columns=["rock"]))
    assert again.object_id == made.object_id
    assert "rock" in client.objects.dataframe("a/points.json", version=made.version_id)
    assert "rock" not in client.objects.dataframe("a/points.json")


def test_that_the_published_client_reads_what_a_frame_became(client: Client, tmp_path: Path) -> None:
    from pyarrow import parquet

    made = client.objects.publish_dataframe("a/points.json", frame())
    coordinates = made.object["locations"]["coordinates"]  # type: ignore[index]
    client.objects.download_data("a/points.json", coordinates["data"], tmp_path / "xyz")
    table = parquet.read_table(tmp_path / "xyz")
    assert table.column_names == ["x", "y", "z"]
    assert {str(each) for each in table.schema.types} == {"double"}


@pytest.mark.parametrize(
    "bad",
    [
        pd.DataFrame({"x": [1.0], "y": [1.0]}),
        pd.DataFrame({"x": [], "y": [], "z": []}),
        pd.DataFrame({"x": [1.0], "y": [None], "z": [1.0]}),
        pd.DataFrame([[1.0, 1.0, 1.0, 1.0]], columns=["x", "y", "z", "z"]),
        pd.DataFrame({"x": [1.0], "y": [1.0], "z": [1.0], "at": [pd.NaT]}),
    ],
)
def test_that_a_frame_that_is_no_pointset_is_refused(client: Client, bad: pd.DataFrame) -> None:
    with pytest.raises(Invalid):
        client.objects.publish_dataframe("a/points.json", bad)
    assert client.objects.list() == []


def points(**columns: object) -> pd.DataFrame:
    """Two points with further columns."""
    return pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0], "z": [1.0, 2.0], **columns})


REFUSED = {
    "large uint64": np.array([1, 2**63], dtype="uint64"),
    "complex": [1 + 2j, 3j],
    "long float": np.array([1, 2], dtype="longdouble"),
    "bytes": [b"a", b"b"],
    "dicts": [{"a": 1}, {}],
    "lists": [[1], [2]],
    "decimals": [Decimal("0.1"), Decimal("0.2")],
    "mixed": ["a", 1],
    "dates": [date(2026, 1, 1), date(2026, 1, 2)],
    "durations": pd.to_timedelta([1, 2], unit="s"),
    "nanoseconds": np.array(["2026-01-01", "2026-01-01T00:00:00.000000001"], dtype="datetime64[ns]"),
    "far times": np.array(["2026-01-01", "300000-01-01"], dtype="datetime64[s]"),
    "periods": pd.period_range("2026", periods=2, freq="D"),
    "numbered categories": pd.Categorical([1, 2]),
    "missing truth": pd.array([True, None], dtype="boolean"),
    "truth among objects": np.array([True, None], dtype="object"),
    "large with some missing": pd.array([2**53 + 1, None], dtype="Int64"),
    "no Unicode": pd.Series(["a", "\ud800"], dtype="object"),
    "arrow decimals": pd.array([Decimal("0.1"), None], dtype=pd.ArrowDtype(pyarrow.decimal128(5, 2))),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_that_a_column_that_cannot_be_stored_exactly_is_refused_by_name(kind: str) -> None:
    with pytest.raises(Invalid, match="'odd column'"):
        frames._document(points(**{"odd column": REFUSED[kind]}), lambda _: "", {})


KEPT = {
    "float16": np.array([0.1, 65504], dtype="float16"),
    "float32": np.array([0.1, np.nan], dtype="float32"),
    "infinite": [np.inf, -np.inf],
    "uint64": np.array([0, 2**63 - 1], dtype="uint64"),
    "int64": [-(2**63), 2**63 - 1],
    "nullable": pd.array([2**53, None], dtype="Int64"),
    "nullable float": pd.array([0.1, None], dtype="Float64"),
    "arrow": pd.array([5, None], dtype="int64[pyarrow]"),
    "sparse": pd.arrays.SparseArray([0.0, 2.5]),
    "truth": pd.array([True, False], dtype="boolean"),
    "texts": pd.array(["a", None], dtype="string"),
    "no texts": np.array([None, None], dtype="object"),
    "categories": pd.Categorical(["b", None], categories=["a", "b"]),
    "zoned": pd.to_datetime(["2026-01-01T00:00:00.000001", "1900-01-01"], format="ISO8601").tz_localize("Asia/Tokyo"),
    "seconds": np.array(["0001-01-01", "9999-12-31"], dtype="datetime64[s]"),
}


def test_that_columns_come_back_as_they_were(client: Client) -> None:
    sent = points(**KEPT)
    client.objects.publish_dataframe("a/points.json", sent)
    back = client.objects.dataframe("a/points.json")
    for name in KEPT:
        for was, became in zip(sent[name], back[name], strict=True):
            if pd.isna(was):
                assert pd.isna(became), name
            elif isinstance(was, pd.Timestamp) and was.tz is None:
                assert was.tz_localize("UTC") == became, name
            else:
                assert was == became, name


@pytest.mark.parametrize(
    ("bad", "axis"),
    [
        ({"y": ["1", "2"]}, "y"),
        ({"y": [True, False]}, "y"),
        ({"z": [1j, 2]}, "z"),
        ({"z": [1.0, np.inf]}, "z"),
        ({"x": [2**53 + 1, 1]}, "x"),
        ({"x": pd.array([1, None], dtype="Int64")}, "x"),
    ],
)
def test_that_coordinates_are_exact_numbers(bad: dict[str, object], axis: str) -> None:
    with pytest.raises(Invalid, match=f"'{axis}'"):
        frames._document(points(**bad), lambda _: "", {})


@pytest.mark.parametrize("name", ["silver", "rock", "x"])
def test_that_a_unit_belongs_to_a_column_of_numbers(name: str) -> None:
    with pytest.raises(Invalid, match=f"'{name}'"):
        frames._document(points(gold=[1.0, 2.0], rock=["a", "b"]), lambda _: "", {name: "g/t"})
