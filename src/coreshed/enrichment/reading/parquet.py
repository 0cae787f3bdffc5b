"""GeoParquet: what the footer says. Parquet without a column of geometries is a table, and described as one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from coreshed.enrichment.reading import extents, places, vectors
from coreshed.enrichment.reading.model import MOST_COLUMNS, Column, Layer, Reading, shown

_LONGEST_TEXT = 16 << 20
_MOST_ITEMS = 1_000_000
_DRAWN = 5_000
_NO_EXTENT = "The file does not tell its extent."


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
    layer = Layer(name=shown(name), feature_count=meta.num_rows, columns=found.columns)
    found.layers = [layer]
    found.bounds = _told(described)
    _place(described, found)
    if found.bounds is None:
        found.warnings.append(_NO_EXTENT)
        tell(found)  # what is known, should the rest take too long
        found.bounds = extents.of(source, str(name), described)
        if found.bounds is not None:
            found.warnings = []
            _place(described, found)
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


def _told(described: dict[str, Any]) -> list[float] | None:
    box = described.get("bbox")
    if not isinstance(box, list) or len(box) not in (4, 6) or not all(isinstance(each, int | float) for each in box):
        return None
    half = len(box) // 2
    return [float(each) for each in (box[0], box[1], box[half], box[half + 1])]


def _place(described: dict[str, Any], found: Reading) -> None:
    kinds = described.get("geometry_types")
    found.geometry_types = sorted({shown(each) for each in kinds[:20]}) if isinstance(kinds, list) else []
    found.layers[0].bounds = found.bounds
    try:
        # Without the member it is WGS 84 by the standard; null means unknown.
        stated = described.get("crs", "OGC:CRS84")
        crs = places.known_crs(json.dumps(stated) if isinstance(stated, dict) else stated)
        found.epsg, found.wkt = (4326, None) if stated == "OGC:CRS84" else places.code_and_text(crs)
        found.layers[0].epsg = found.epsg
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
    drawn = 0
    for group in range(source.metadata.num_row_groups):
        if drawn >= _DRAWN or not extents.is_affordable(source, name, group):
            return
        for batch in extents.batches(source, name, group):
            for each in batch:
                if each.is_valid:
                    drawn += 1
                    yield each.as_py()
            if drawn >= _DRAWN:
                return
