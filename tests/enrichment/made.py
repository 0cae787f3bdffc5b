"""Small files of each format, and files as sources that count what is read of them."""

import json
import sqlite3
import struct
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio.raw
import rasterio
from pyarrow import parquet
from rasterio import Affine

from coreshed.enrichment.reading import Limits, Outcome, Source
from coreshed.enrichment.reading.running import read

LIMITS = Limits(memory=512 << 20, seconds=30)


def source(path: Path, name: str | None = None) -> Source:
    def part(offset: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    return Source(name or path.name, path.stat().st_size, part)


def reading(path: Path, *others: Path, name: str | None = None, limits: Limits = LIMITS, **more: Any) -> Outcome:
    return read(source(path, name), [source(each) for each in others], limits=limits, **more)


def raster(
    path: Path,
    *,
    bands: int = 1,
    driver: str = "GTiff",
    tags: dict[str, str] | None = None,
    overview_file: str = "",
    **more: Any,
) -> Path:
    """100 columns, 80 rows of 10 m in UTM 33 north; values 0..199, rows alike."""
    values = np.broadcast_to(np.arange(100) * 2, (bands, 80, 100)).astype("uint8")
    profile = {
        "driver": driver,
        "width": 100,
        "height": 80,
        "count": bands,
        "dtype": "uint8",
        "crs": "EPSG:32633",
        "transform": Affine(10, 0, 500_000, 0, -10, 5_000_000),
    } | more
    with rasterio.open(path, "w", **profile) as target:
        target.write(values.astype(profile["dtype"]))
        target.update_tags(**(tags or {}))
        if overview_file:
            target.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=overview_file)
    return path


def square(x: float, y: float) -> bytes:
    """Well-known binary of a square of one unit."""
    return struct.pack("<BIII10d", 1, 3, 1, 5, x, y, x + 1, y, x + 1, y + 1, x, y + 1, x, y)


def vector(path: Path, driver: str, *, crs: str | None = "EPSG:4326", x: float = 10.0, **more: Any) -> Path:
    """Three squares in a row with a number and a text each."""
    shapes = np.array([square(x + at, 50 + at) for at in range(3)], dtype=object)
    columns = [np.arange(3), np.array(["dip", "strike", "plunge"], dtype=object)]
    names = np.array(["grade", "rock"], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no CRS, where there shall be none
        pyogrio.raw.write(path, shapes, columns, names, geometry_type="Polygon", crs=crs, driver=driver, **more)
    return path


def geoparquet(path: Path, more: dict[str, Any] | None = None, **described: Any) -> Path:
    shapes = pa.array([square(10.0 + at, 50.0 + at) for at in range(3)])
    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "bbox": [10, 50, 13, 53]} | described
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table({"grade": [0, 1, 2], **(more or {}), "geometry": shapes}).replace_schema_metadata(
        {"geo": json.dumps(geo)}
    )
    parquet.write_table(table, path)
    return path


def endless_view(path: Path, name: str = "a_view", *, where: str = "i > 0") -> Path:
    """Add to a GeoPackage a layer whose features nobody has ever counted."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    numbers = f"{endless} SELECT i AS fid, NULL AS geom FROM n WHERE {where}"
    with closing(sqlite3.connect(path)) as rows, rows:
        rows.execute(f'CREATE VIEW "{name}" AS {numbers}')
        rows.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, 4326)",
            (name, name),
        )
        rows.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POINT', 4326, 0, 0)", (name,))
    return path
