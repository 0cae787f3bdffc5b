"""Each format, made by the library that others make it with."""

import io
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import rasterio
from PIL import Image
from pyarrow import parquet
from rasterio.enums import ColorInterp

from coreshed.enrichment.reading import Outcome, Reading
from tests.enrichment.large_cog import make
from tests.enrichment.made import geoparquet, raster, reading, vector


def whole(outcome: Outcome) -> Reading:
    assert outcome.errors == []
    assert outcome.reading is not None
    return outcome.reading


def picture(outcome: Outcome) -> Image.Image:
    assert outcome.thumbnail is not None
    return Image.open(io.BytesIO(outcome.thumbnail))


def test_that_jpeg_2000_is_read(tmp_path: Path) -> None:
    found = whole(reading(raster(tmp_path / "a.jp2", driver="JP2OpenJPEG", bands=3)))
    assert (found.driver, found.epsg, found.band_count, found.is_cog) == ("JP2OpenJPEG", 32633, 3, False)
    assert found.bbox is not None


def test_that_a_cog_is_known_as_one(tmp_path: Path) -> None:
    assert whole(reading(raster(tmp_path / "a.tif", driver="COG"))).is_cog is True
    assert whole(reading(raster(tmp_path / "b.tif"))).is_cog is False


def test_that_of_a_cog_of_20_gb_little_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "large.tif")
    assert path.stat().st_size > 20e9
    outcome = reading(path)
    found = whole(outcome)
    assert (found.width, found.is_cog, found.overviews[-1]) == (100_000, True, 256)
    assert (found.bands[0].minimum, found.bands[0].maximum) == (0, 510)
    assert outcome.bytes_read < 4 << 20
    assert outcome.peak_memory < 300e6
    assert picture(outcome).size == (512, 512)


def test_that_pixels_of_a_large_raster_without_overviews_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=30_000, height=30_000, count=1, dtype="uint8", sparse_ok=True,
                       tiled=True, transform=rasterio.Affine(1, 0, 5, 0, -1, 5)):  # fmt: skip
        pass
    outcome = reading(path)
    found = whole(outcome)
    assert outcome.thumbnail is None
    assert found.bands[0].minimum is None
    assert any("no overviews" in each for each in found.warnings)


def test_that_bands_keep_their_names_units_and_colours(tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif", bands=4, nodata=float("nan"), dtype="float32", photometric="RGB", alpha="YES")
    with rasterio.open(path, "r+") as target:
        target.descriptions = ("Au \u202eppm", "b", "c", "d")
        target.units = ("ppm", None, None, None)
    found = whole(reading(path))
    assert (found.bands[0].description, found.bands[0].unit, found.bands[0].nodata) == ("Au ppm", "ppm", "nan")
    assert [each.color_interpretation for each in found.bands] == ["red", "green", "blue", "alpha"]


def test_that_classes_are_drawn_in_as_many_colours(tmp_path: Path) -> None:
    values = np.repeat(np.arange(4, dtype="uint8"), 25)
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=100, height=10, count=1, dtype="uint8", nodata=3,
                       transform=rasterio.Affine(1, 0, 0, 0, -1, 5)) as target:  # fmt: skip
        target.write(np.broadcast_to(values, (1, 10, 100)))
    outcome = reading(path, is_categorical=True)
    colours = picture(outcome).convert("RGBA").getcolors()
    assert colours is not None
    assert sorted(count for count, _ in colours) == [250] * 4
    assert len([colour for _, colour in colours if colour[3] == 0]) == 1
    assert "The coordinate reference system is unknown." in whole(outcome).warnings


def test_that_a_colour_table_is_used(tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif")
    with rasterio.open(path, "r+") as target:
        target.write_colormap(1, {value: (value, 0, 9, 255) for value in range(256)})
        target.colorinterp = [ColorInterp.palette]
    assert picture(reading(path)).convert("RGBA").getpixel((50, 0)) == (100, 0, 9, 255)


@pytest.mark.parametrize(
    ("ending", "driver", "kind"),
    [(".geojson", "GeoJSON", "Integer"), (".fgb", "FlatGeobuf", "Integer64"), (".gpkg", "GPKG", "Integer64")],
)
def test_that_vector_formats_are_read(tmp_path: Path, ending: str, driver: str, kind: str) -> None:
    outcome = reading(vector(tmp_path / f"my faults{ending}", driver))
    found = whole(outcome)
    assert (found.driver, found.feature_count, found.epsg, found.bbox) == (driver, 3, 4326, [10, 50, 13, 53])
    assert [(each.name, each.type) for each in found.columns] == [("grade", kind), ("rock", "String")]
    assert found.layers[0].name == "my faults"
    assert picture(outcome).width == 512


def test_that_layers_of_a_geopackage_are_told_apart(tmp_path: Path) -> None:
    path = vector(tmp_path / "a.gpkg", "GPKG", layer="collars")
    vector(path, "GPKG", layer="drifts", x=30.0, append=True)
    found = whole(reading(path))
    assert [each.name for each in found.layers] == ["collars", "drifts"]
    assert found.feature_count == 6
    assert found.bbox == [10, 50, 33, 53]


def test_that_a_view_of_a_geopackage_is_a_layer_behind_the_others(tmp_path: Path) -> None:
    path = vector(tmp_path / "a.gpkg", "GPKG", layer="collars")
    with closing(sqlite3.connect(path)) as rows, rows:
        rows.execute("CREATE VIEW a AS SELECT fid AS OGC_FID, geom, grade FROM collars WHERE grade > 0")
        rows.execute("INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('a', 'features', 4326)")
        rows.execute("INSERT INTO gpkg_geometry_columns VALUES ('a', 'geom', 'POLYGON', 4326, 0, 0)")
        rows.execute("UPDATE gpkg_contents SET last_change = '2024-01-01T00:00:00Z'")
    outcome = reading(path)
    found = whole(outcome)
    assert [(each.name, each.feature_count) for each in found.layers] == [("collars", 3), ("a", 2)]
    assert found.warnings == []
    assert picture(outcome).width == 512


def test_that_a_shapefile_is_read_with_what_lies_beside_it(tmp_path: Path) -> None:
    path = vector(tmp_path / "a.shp", "ESRI Shapefile")
    beside = [path.with_suffix(each) for each in (".shx", ".dbf", ".prj", ".cpg")]
    found = whole(reading(path, *beside))
    assert (found.epsg, found.feature_count, found.bbox) == (4326, 3, [10, 50, 13, 53])
    assert [each.name for each in found.columns] == ["grade", "rock"]


def test_that_a_shapefile_without_prj_keeps_its_own_coordinates_alone(tmp_path: Path) -> None:
    path = vector(tmp_path / "a.shp", "ESRI Shapefile", crs=None)
    found = whole(reading(path, path.with_suffix(".shx"), path.with_suffix(".dbf")))
    assert (found.epsg, found.wkt, found.bbox, found.footprint) == (None, None, None, None)
    assert found.bounds == [10, 50, 13, 53]
    assert found.warnings == ["The coordinate reference system is unknown."]


def test_that_a_zipped_shapefile_is_read_whatever_its_folders_are_called(tmp_path: Path) -> None:
    path = vector(tmp_path / "a.shp", "ESRI Shapefile")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            target.write(path.with_suffix(ending), f"d\u202e ö/gräben{ending}")
    found = whole(reading(tmp_path / "a.zip"))
    assert (found.epsg, found.feature_count, found.bbox) == (4326, 3, [10, 50, 13, 53])
    assert found.layers[0].name == "gräben"


def test_that_geoparquet_is_read_by_its_footer(tmp_path: Path) -> None:
    outcome = reading(geoparquet(tmp_path / "a.parquet"))
    found = whole(outcome)
    assert (found.driver, found.epsg, found.feature_count, found.bbox) == ("Parquet", 4326, 3, [10, 50, 13, 53])
    assert [(each.name, each.type) for each in found.columns] == [("grade", "int64")]
    assert picture(outcome).width == 512


def test_that_geoparquet_may_leave_out_its_crs_or_its_extent(tmp_path: Path) -> None:
    unknown = whole(reading(geoparquet(tmp_path / "a.parquet", crs=None)))
    assert (unknown.epsg, unknown.bbox, unknown.bounds) == (None, None, [10, 50, 13, 53])
    outcome = reading(geoparquet(tmp_path / "b.parquet", bbox=None))
    without = whole(outcome)
    assert (without.epsg, without.bounds, without.bbox, without.warnings) == (
        4326,
        [10, 50, 13, 53],
        [10, 50, 13, 53],
        [],
    )
    assert without.layers[0].bounds == [10, 50, 13, 53]
    assert without.footprint is not None
    assert picture(outcome).width == 512


def test_that_a_parquet_table_has_columns_and_no_place(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"hole": ["DH1"], "depth": [1.5]}), tmp_path / "a.parquet")
    found = whole(reading(tmp_path / "a.parquet"))
    assert [each.name for each in found.columns] == ["hole", "depth"]
    assert found.warnings == ["The file has no column of geometries."]


def test_that_names_do_not_reach_the_libraries(tmp_path: Path) -> None:
    path = raster(tmp_path / "a.tif")
    for name in ("../../etc/\u202epasswd.tif", "/vsicurl/http:/x.tif", "GTIFF_DIR:1:a.tif", "ä" * 2000 + ".TIF"):
        assert whole(reading(path, name=name)).width == 100


def test_that_a_world_file_places_a_plain_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=10, height=10, count=1, dtype="uint8",
                       transform=rasterio.Affine(2, 0, 100, 0, -2, 50), tfw="YES", profile="BASELINE"):  # fmt: skip
        pass
    (tmp_path / "a.tif.aux.xml").unlink(missing_ok=True)
    shutil.move(tmp_path / "a.tfw", tmp_path / "b.tfw")
    shutil.copy(path, tmp_path / "b.tif")
    found = whole(reading(tmp_path / "b.tif", tmp_path / "b.tfw"))
    assert found.bounds == [100, 30, 120, 50]
    assert whole(reading(path)).bounds is None
