"""Extents of GeoParquet whose metadata tell none."""

import io
import json
import struct
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from coreshed.enrichment.reading import Reading, extents
from coreshed.enrichment.reading import parquet as program
from tests.enrichment.made import square

COVERING = {"bbox": {side: ["box", side] for side in ("xmin", "ymin", "xmax", "ymax")}}


def boxes(*four: tuple[float, ...]) -> list[dict[str, float]]:
    return [dict(zip(("xmin", "ymin", "xmax", "ymax"), each, strict=True)) for each in four]


def told(geometries: list[bytes | None], box: list[dict[str, float]] | None = None, **described: Any) -> Reading:
    column = {"encoding": "WKB", "geometry_types": []} | described
    geo = {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": column}}
    columns = {"shape": pa.array(geometries, pa.binary())} | ({"box": box} if box else {})
    made = io.BytesIO()
    table = pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)})
    parquet.write_table(table, made, row_group_size=2)
    made.seek(0)
    found: list[Reading] = []
    program.read(made, found.append)
    return found[-1]


def test_that_the_extent_is_that_of_the_boxes_of_the_features() -> None:
    # Other boxes than the geometries have: it is these that are read.
    box = boxes((1.0, 2.0, 3.0, 4.0), (-5.0, 6.0, 7.0, 8.5), (2.0, 1.5, 9.0, 4.0))
    covered = told([square(10, 50)] * 3, box, covering=COVERING, crs=None)
    assert covered.bounds == [-5, 1.5, 9, 8.5]
    assert covered.layers[0].bounds == covered.bounds


@pytest.mark.parametrize(
    ("box", "covering"),
    [
        (None, COVERING),
        (boxes(*[(170.0, 0.0, -170.0, 1.0)] * 3), COVERING),
        ([dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), "1")] * 3, COVERING),
        (None, {"bbox": {"xmin": 5}}),
        (None, "box"),
    ],
)
def test_that_without_boxes_of_use_the_geometries_are_read(box: Any, covering: Any) -> None:
    found = told([square(10, 50), None, square(-20, -30)], box, covering=covering)
    assert found.bounds == [-20, -30, 11, 51]
    assert found.bbox == [-20, -30, 11, 51]
    assert found.warnings == []


def test_that_empty_geometries_have_no_part_in_the_extent() -> None:
    empty = struct.pack("<BI2d", 1, 1, float("nan"), float("nan"))
    assert told([empty, square(3, 4)]).bounds == [3, 4, 4, 5]
    assert told([empty, None]).bounds is None
    assert told([]).warnings == ["The file does not tell its extent."]


def test_that_no_point_of_a_long_line_is_left_out() -> None:
    points = [(float(at % 7), 0.0) for at in range(9999)]
    points[5001] = (50.0, -60.0)
    line = struct.pack("<BII", 1, 2, len(points)) + b"".join(struct.pack("<2d", *each) for each in points)
    assert told([line]).bounds == [0, -60, 50, 0]


@pytest.mark.parametrize(("limit", "value"), [("_SECONDS", -1), ("_MOST_ROWS", 1), ("_LARGEST_GROUP", 10)])
def test_that_what_would_take_too_long_stays_unknown(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(extents, limit, value)
    found = told([square(10, 50), square(11, 51)])
    assert found.bounds is None
    assert found.footprint is None
    assert found.warnings == ["The file does not tell its extent."]


@pytest.mark.parametrize("more", [{"encoding": "point"}, {}])
def test_that_broken_geometries_have_no_extent(more: dict[str, Any]) -> None:
    assert told([square(10, 50)[:20], square(1, 1)], **more).bounds is None
