"""Files that lie, that are too much, or that point elsewhere."""

import socket
import struct
import time
import zipfile
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import rasterio

from coreshed.enrichment.facts import Read, detected, enrichment
from coreshed.enrichment.reading import Limits, Outcome, Source
from coreshed.enrichment.reading.running import read
from tests.enrichment.made import LIMITS, endless_view, geoparquet, raster, reading, square, vector


def tiff(*tags: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF of one directory: (tag, type, count, value or offset)."""
    entries = b"".join(struct.pack("<HHII", *each) for each in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(64)


def test_that_a_giant_raster_without_bytes_is_described_and_not_allocated(tmp_path: Path) -> None:
    side = 2**31 - 1
    path = tmp_path / "a.tif"
    path.write_bytes(
        tiff((256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
             (277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, 1))
    )  # fmt: skip
    outcome = reading(path)
    assert outcome.reading is None or outcome.reading.width == side
    assert outcome.errors or (outcome.reading is not None and outcome.reading.warnings)
    assert outcome.peak_memory < 800e6


def test_that_of_60000_bands_256_are_described(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=1, height=1, count=60_000, dtype="uint8", sparse_ok=True,
                       interleave="band", transform=rasterio.Affine(1, 0, 5, 0, -1, 5)):  # fmt: skip
        pass
    outcome = reading(path)
    assert outcome.errors == []
    assert outcome.reading is not None
    assert (outcome.reading.band_count, len(outcome.reading.bands)) == (60_000, 256)
    assert "Of 60,000 bands the first 256 are described." in outcome.reading.warnings


@pytest.mark.parametrize("bands", [65_535, 1_000_000, 2**31 - 1, 2**32 - 1])
def test_that_a_header_that_claims_very_many_bands_costs_little(tmp_path: Path, bands: int) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(
        tiff((256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
             (277, 4, 1, bands), (278, 4, 1, 8), (279, 4, 1, 64), (284, 3, 1, 1))
    )  # fmt: skip
    began = time.monotonic()
    outcome = reading(path)
    assert time.monotonic() - began < LIMITS.seconds + 10
    assert outcome.errors or (outcome.reading is not None and outcome.reading.warnings)
    assert outcome.reading is None or len(outcome.reading.bands) <= 256
    assert outcome.peak_memory < 800e6


def bounded(outcome: Outcome) -> None:
    """What is stored of a file, with its item and with its session."""
    assert outcome.reading is not None
    assert len(outcome.reading.columns) <= 1000
    assert sum(len(each.columns) for each in outcome.reading.layers) <= 1000
    found = enrichment([Read("asset", "a", outcome)], None, "actor")
    assert len(found.properties["table:columns"]) == 200
    assert len(found.by_asset["asset"].metadata["table:columns"]) == 200
    assert len(msgspec.json.encode(found.properties)) < 250_000
    assert len(msgspec.json.encode(detected("done", [Read("asset", "a", outcome)]))) < 2_100_000


def test_that_of_5000_columns_of_geoparquet_1000_are_described(tmp_path: Path) -> None:
    columns = {f"{number:04}{'x' * 1000}": pa.array([number] * 3) for number in range(5000)}
    outcome = reading(geoparquet(tmp_path / "a.parquet", columns))
    assert outcome.errors == []
    bounded(outcome)


def test_that_of_the_columns_of_all_layers_1000_are_described(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    names = np.array([f"{number:04}{'x' * 100}" for number in range(900)], dtype=object)
    columns = [np.array([number]) for number in range(900)]
    shapes = np.array([square(10, 50)], dtype=object)
    for layer in ("a", "b", "c"):
        pyogrio.raw.write(path, shapes, columns, names, geometry_type="Polygon", crs="EPSG:4326", driver="GPKG",
                          layer=layer, append=path.exists())  # fmt: skip
    outcome = reading(path)
    assert outcome.errors == []
    assert outcome.reading is not None
    assert [len(each.columns) for each in outcome.reading.layers] == [900, 100, 0]
    bounded(outcome)


def test_that_overviews_elsewhere_are_not_fetched(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0.2)
        url = f"/vsicurl/http://127.0.0.1:{listening.getsockname()[1]}/a.ovr"
        secret = raster(tmp_path / "secret.tif", width=100)
        for no, elsewhere in enumerate((url, str(secret))):
            # Only ever written here: an unconfined GDAL that opens it waits for the socket.
            outcome = reading(raster(tmp_path / f"{no}.tif", overview_file=elsewhere))
            assert outcome.reading is not None
            assert outcome.reading.overviews == []
        with pytest.raises(TimeoutError):
            listening.accept()


def test_that_a_vrt_is_nothing_under_the_name_of_a_geotiff(tmp_path: Path) -> None:
    target = raster(tmp_path / "target.tif")
    path = tmp_path / "a.tif"
    band = f"<VRTRasterBand dataType='Byte' band='1'><SimpleSource><SourceFilename>{target}</SourceFilename>"
    path.write_text(
        f"<VRTDataset rasterXSize='100' rasterYSize='80'>{band}</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    outcome = reading(path)
    assert outcome.reading is None
    assert outcome.errors


def test_that_an_xml_bomb_in_a_header_is_not_blown_up(tmp_path: Path) -> None:
    nested = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{nested}]><GDALMetadata>&l11;</GDALMetadata>'
    path = raster(tmp_path / "a.tif", tags={"A": "x" * len(bomb)})
    content = path.read_bytes()
    at = content.index(b"<GDALMetadata>")
    path.write_bytes(content[:at] + bomb.encode()[: len(content) - at] + content[at + len(bomb) :])
    outcome = reading(path)
    assert outcome.peak_memory < 400e6
    assert outcome.reading is None or outcome.reading.width == 100


def test_that_too_much_memory_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    line = ",".join(["[1,2]"] * 4_000_000)
    geometry = f'{{"type":"LineString","coordinates":[{line}]}}'
    path.write_text(
        f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{geometry}}}]}}'
    )
    outcome = reading(path, limits=Limits(memory=1 << 20, seconds=60))
    assert outcome.reading is None
    assert "memory" in outcome.errors[0]


def test_that_reading_ends_in_time_whatever_happens() -> None:
    def slowly(offset: int, length: int) -> bytes:
        time.sleep(4)
        return b"\0" * length

    outcome = read(Source("a.tif", 1 << 30, slowly), limits=Limits(memory=256 << 20, seconds=3))
    assert outcome.errors == ["Reading the file takes more than the 3 s that it may take."]


@pytest.mark.parametrize("where", ["i > 0", "i < 0"])
def test_that_a_view_without_end_costs_no_other_layer(tmp_path: Path, where: str) -> None:
    path = vector(tmp_path / "a.gpkg", "GPKG", layer="collars")
    vector(path, "GPKG", layer="drifts", x=30.0, append=True)
    endless_view(path, where=where)  # with a first feature, and without any
    outcome = reading(path, limits=Limits(memory=512 << 20, seconds=8))
    assert outcome.errors == ["Reading the file takes more than the 8 s that it may take."]
    assert outcome.thumbnail is not None
    found = outcome.reading
    assert found is not None
    assert [each.name for each in found.layers] == ["collars", "drifts"]
    assert (found.feature_count, found.bbox) == (6, [10, 50, 33, 53])
    assert found.warnings == ["These layers have not been read: a_view"]


@pytest.mark.parametrize("ending", [".tif", ".jp2", ".gpkg", ".geojson", ".fgb", ".parquet", ".shp", ".zip"])
def test_that_junk_and_torn_files_are_sentences(tmp_path: Path, ending: str) -> None:
    drivers = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile"}
    path = tmp_path / f"a{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as target:
            target.writestr("a.shp", b"\0\0\x27\x0a" + bytes(200))
    elif ending == ".parquet":
        geoparquet(path)
    elif ending in drivers:
        vector(path, drivers[ending])
    else:
        raster(path, driver="JP2OpenJPEG" if ending == ".jp2" else "GTiff")
    content = path.read_bytes()
    for torn in (b"", content[: len(content) // 3], bytes(each ^ 0x55 for each in content)):
        path.write_bytes(torn)
        outcome = reading(path, limits=LIMITS)
        assert outcome.reading is not None or outcome.errors
        assert all(each.isprintable() and len(each) <= 500 for each in outcome.errors)
