"""GeoParquet: what the footer says. Parquet without a column of geometries is a table, and described as one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from coreshed.enrichment.reading import places, vectors
from coreshed.enrichment.reading.model import MOST_COLUMNS, Column, Layer, Reading, shown

_LONGEST_TEXT = 16 << 20
_MOST_ITEMS = 1_000_000
_DRAWN = 5_000
_LARGEST_GROUP = 256 << 20
"""Bytes of one row group's geometries, unpacked, that a picture may cost."""


def read(file: Any, tell: Callable[[Reading], None]) -> bytes | None:
    """Tell what the footer says; returns a picture. Raises pa.ArrowException and OSError for what is no Parquet."""
    source = parquet.ParquetFile(
        pa.PythonFile(file, mode="r"),
        thrift_string_size_limit=_LONGEST_TEXT,
        thrift_container_size_limit=_MOST_ITEMS,
        pre_buffer=False,
    )
    meta = source.metadata
    schema = source.schema_arrow
    geo = _geo(meta.metadata or {})
    name = geo.get("primary_column")
    described = geo.get("columns", {}).get(name) if isinstance(geo.get("columns"), dict) else None
    found = Reading(kind="vector", driver="Parquet", feature_count=meta.num_rows)
    columns = [Column(name=shown(each.name), type=shown(each.type)) for each in list(schema)[:MOST_COLUMNS]]
    found.columns = [each for each in columns if each.name != name]
    if not isinstance(described, dict):
        found.warnings.append("The file has no column of geometries.")
        tell(found)
        return None
    _place(described, found)
    layer = Layer(name=shown(name), feature_count=meta.num_rows, columns=found.columns, epsg=found.epsg)
    layer.bounds = found.bounds
    found.layers = [layer]
    tell(found)
    if found.bounds is None or described.get("encoding") != "WKB":
        return None
    min_x, min_y, max_x, max_y = found.bounds
    return vectors.picture(_geometries(source, str(name)), (min_x, min_y, max_x, max_y))


def _geo(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    try:
        found = json.loads(metadata.get(b"geo", b"{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _place(described: dict[str, Any], found: Reading) -> None:
    kinds = described.get("geometry_types")
    found.geometry_types = sorted({shown(each) for each in kinds[:20]}) if isinstance(kinds, list) else []
    box = described.get("bbox")
    if isinstance(box, list) and len(box) in (4, 6) and all(isinstance(each, int | float) for each in box):
        half = len(box) // 2
        found.bounds = [float(each) for each in (box[0], box[1], box[half], box[half + 1])]
    else:
        found.warnings.append("The file does not tell its extent.")
    try:
        # Without the member it is WGS 84 by the standard; null means unknown.
        stated = described.get("crs", "OGC:CRS84")
        crs = places.known_crs(json.dumps(stated) if isinstance(stated, dict) else stated)
        found.epsg, found.wkt = (4326, None) if stated == "OGC:CRS84" else places.code_and_text(crs)
        if crs is None:
            found.warnings.append("The coordinate reference system is unknown.")
        elif found.bounds is not None:
            xs, ys = places.rectangle(_forward(found.bounds, geographic=crs.is_geographic))
            found.footprint, found.bbox = places.outline(crs, xs, ys)
    except (places.Unplaced, TypeError) as reason:
        found.warnings.append(str(reason))


def _forward(bounds: list[float], *, geographic: bool) -> list[float]:
    """West > east says that the extent crosses the antimeridian."""
    west, south, east, north = bounds
    return [west, south, east + 360 if geographic and west > east else east, north]


def _geometries(source: Any, name: str) -> Iterator[bytes]:
    at = source.schema_arrow.get_field_index(name)
    meta, drawn = source.metadata, 0
    for group in range(meta.num_row_groups):
        rows = meta.row_group(group)
        sizes = [rows.column(each) for each in range(rows.num_columns)]
        cost = sum(each.total_uncompressed_size for each in sizes if each.path_in_schema.split(".")[0] == name)
        if at < 0 or drawn >= _DRAWN or cost > _LARGEST_GROUP:
            return
        for batch in source.iter_batches(batch_size=1000, row_groups=[group], columns=[name], use_threads=False):
            for each in batch.column(0):
                if each.is_valid:
                    drawn += 1
                    yield each.as_py()
            if drawn >= _DRAWN:
                return
