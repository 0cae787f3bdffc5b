"""The extent of GeoParquet that does not tell it: by the statistics of a column of boxes, else by its geometries."""

import time
from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np

from coreshed.enrichment.reading.shapes import BadShape, extent

_LARGEST_GROUP = 256 << 20
"""Bytes of one row group's geometries, unpacked, that are read."""
_MOST_ROWS = 5_000_000
_SECONDS = 20
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def of(source: Any, name: str, described: dict[str, Any]) -> list[float] | None:
    """Min x, min y, max x, max y; None where it is unknown, or would take too long.

    source: a ParquetFile; name: of the column of geometries; described: what the metadata say of it.
    """
    found = _of_boxes(source.metadata, described)
    if found is None and described.get("encoding") == "WKB":
        found = _of_geometries(source, name)
    return found


def _of_boxes(meta: Any, described: dict[str, Any]) -> list[float] | None:
    covering = described.get("covering")
    boxes = covering.get("bbox") if isinstance(covering, dict) else None
    if not isinstance(boxes, dict) or not all(_is_path(boxes.get(side)) for side in _SIDES):
        return None
    paths = {".".join(boxes[side]): side for side in _SIDES}
    low, high = np.full(4, np.inf), np.full(4, -np.inf)
    for group in range(meta.num_row_groups):
        rows = meta.row_group(group)
        told = {
            side: rows.column(at).statistics
            for at in range(rows.num_columns)
            if (side := paths.get(rows.column(at).path_in_schema)) is not None
        }
        if rows.num_rows == 0:
            continue
        if len(told) != len(_SIDES) or not all(_is_told(each) for each in told.values()):
            return None
        low = np.minimum(low, [float(told[side].min) for side in _SIDES])
        high = np.maximum(high, [float(told[side].max) for side in _SIDES])
    if low[0] > low[2] or high[0] > high[2]:
        return None  # a box crosses the antimeridian, so that the least and the most do not bound them
    return _bounds((low[0], low[1], high[2], high[3]))


def _is_told(statistics: Any) -> bool:
    return bool(statistics is not None and statistics.has_min_max and statistics.physical_type in ("FLOAT", "DOUBLE"))


def _is_path(path: object) -> bool:
    return isinstance(path, list) and bool(path) and all(isinstance(each, str) for each in path)


def _of_geometries(source: Any, name: str) -> list[float] | None:
    meta, deadline = source.metadata, time.monotonic() + _SECONDS
    groups = range(meta.num_row_groups)
    if meta.num_rows > _MOST_ROWS or not all(is_affordable(source, name, group) for group in groups):
        return None
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for group in groups:
        for batch in batches(source, name, group):
            if time.monotonic() > deadline:
                return None
            for each in batch:
                try:
                    box = extent(each.as_py()) if each.is_valid else None
                except BadShape:
                    return None
                if box is not None:
                    low, high = np.minimum(low, box[:2]), np.maximum(high, box[2:])
    return _bounds((*low, *high))


def _bounds(four: Any) -> list[float] | None:
    found = [float(each) for each in four]
    return found if all(isfinite(each) for each in found) else None


def is_affordable(source: Any, name: str, group: int) -> bool:
    """Whether there is such a column and its values in a row group are not too many bytes."""
    rows = source.metadata.row_group(group)
    columns = [rows.column(at) for at in range(rows.num_columns)]
    sizes = [each.total_uncompressed_size for each in columns if each.path_in_schema.split(".")[0] == name]
    is_there: bool = source.schema_arrow.get_field_index(name) >= 0
    return is_there and sum(sizes) <= _LARGEST_GROUP


def batches(source: Any, name: str, group: int) -> Iterator[Any]:
    """The values of a column in a row group, some at a time."""
    for batch in source.iter_batches(batch_size=1000, row_groups=[group], columns=[name], use_threads=False):
        yield batch.column(0)
