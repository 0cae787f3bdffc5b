"""One file of each library, a broken one, and what the process cannot do."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coreshed.enrichment.reading import Limits, kind_of
from coreshed.enrichment.reading.archives import Refused, check_directory, shapefiles
from coreshed.enrichment.reading.model import Source, shown
from coreshed.enrichment.reading.running import read
from tests.enrichment.made import raster, reading, square, vector


def test_that_a_geotiff_tells_where_it_lies_and_what_its_bands_hold(tmp_path: Path) -> None:
    path = raster(tmp_path / "\u202egrade.TIF", bands=2, nodata=0, tags={"TIFFTAG_DATETIME": "2024:05:06 07:08:09"})
    outcome = reading(path)
    assert outcome.errors == []
    found = outcome.reading
    assert found is not None
    assert (found.kind, found.driver, found.epsg, found.width, found.height) == ("raster", "GTiff", 32633, 100, 80)
    assert found.bounds == [500_000, 4_999_200, 501_000, 5_000_000]
    assert found.transform == [10, 0, 500_000, 0, -10, 5_000_000]
    assert found.gsd == 10
    assert found.datetime == "2024-05-06T07:08:09Z"
    assert found.bbox == pytest.approx([15.0, 45.14628, 15.01272, 45.15348], abs=1e-4)
    assert found.footprint is not None
    assert found.footprint["type"] == "Polygon"
    band = found.bands[1]
    assert (band.index, band.dtype, band.nodata) == (2, "uint8", 0)
    assert (band.minimum, band.maximum, band.mean, band.valid_percent) == (2, 198, 100, 99)
    assert outcome.thumbnail is not None
    assert Image.open(io.BytesIO(outcome.thumbnail)).size == (100, 80)
    assert outcome.bytes_read <= 2 * path.stat().st_size


def test_that_a_geopackage_tells_its_layers_and_columns(tmp_path: Path) -> None:
    outcome = reading(vector(tmp_path / "faults.gpkg", "GPKG"))
    assert outcome.errors == []
    found = outcome.reading
    assert found is not None
    assert (found.kind, found.driver, found.epsg, found.feature_count) == ("vector", "GPKG", 4326, 3)
    assert [(each.name, each.type) for each in found.columns] == [("grade", "Integer64"), ("rock", "String")]
    assert [(each.name, each.feature_count, each.bounds) for each in found.layers] == [("faults", 3, [10, 50, 13, 53])]
    assert found.geometry_types == ["Polygon"]
    assert found.bbox == [10, 50, 13, 53]
    assert outcome.thumbnail is not None
    assert max(Image.open(io.BytesIO(outcome.thumbnail)).size) <= 512


def test_that_a_broken_file_is_a_sentence_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0" + b"\xff" * 100)
    outcome = reading(path)
    assert outcome.reading is None
    assert outcome.thumbnail is None
    assert len(outcome.errors) == 1
    assert "data.tif" in outcome.errors[0]
    assert "/vsi" not in outcome.errors[0]


def test_that_a_source_that_cannot_be_read_is_the_workers_error() -> None:
    def lost(offset: int, length: int) -> bytes:
        raise FileNotFoundError("a disk is away")

    with pytest.raises(FileNotFoundError, match="a disk is away"):
        read(Source("a.parquet", 1000, lost), limits=Limits(seconds=30))


def test_that_what_is_of_no_use_any_more_ends_the_process() -> None:
    class LeaseLost(Exception): ...

    def check() -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        read(Source("a.tif", 1000, lambda offset, length: b"\0" * length), check=check)


def test_that_only_known_endings_are_read() -> None:
    assert [kind_of(name) for name in ("A.TIF", "b.jp2", "c.gpkg", "d.zip", "e.fgb", "f.geoparquet")] == (
        ["raster"] * 2 + ["vector"] * 4
    )
    assert [kind_of(name) for name in ("a.vrt", "b.tif.aux.xml", "c.kml", "d", "", "..", "e.gml")] == [None] * 7


def archive(**entries: bytes) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            target.writestr(name, content)
    made.seek(0)
    return made


def test_that_a_zip_bomb_is_not_unpacked() -> None:
    with pytest.raises(Refused, match="it is not unpacked"):
        shapefiles(archive(**{"a.shp": b"\0" * (65 << 20)}))


def test_that_an_archive_of_many_entries_is_not_opened() -> None:
    with pytest.raises(Refused, match="2,001 entries"):
        shapefiles(archive(**{f"{at}.txt": b"" for at in range(2001)}))


@pytest.mark.parametrize("name", ["../up.shp", "__MACOSX/._a.shp", "readme.txt"])
def test_that_only_shapefiles_within_the_archive_count(name: str) -> None:
    with pytest.raises(Refused, match="no shapefile"):
        shapefiles(archive(**{name: b""}))
    assert shapefiles(archive(**{name: b"", "b/\u202ec.SHP": b""})) == ["b/\u202ec.SHP"]


def test_that_an_archive_that_cannot_be_read_is_not_called_broken() -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if size is not None and size > 22:
                raise OSError("a codec is not there")
            return super().read(size)

    with pytest.raises(OSError, match="a codec is not there"):
        shapefiles(Torn(archive(**{"a.shp": b""}).getvalue()))
    bad = archive(**{"ä.shp": b""}).getvalue().replace("ä".encode(), b"\xff\xff")
    with pytest.raises(Refused, match="broken"):
        shapefiles(io.BytesIO(bad))


def test_that_a_table_of_contents_that_lies_about_its_length_is_refused() -> None:
    content = bytearray(archive(**{"a.shp": b""}).getvalue())
    check_directory(len(content), bytes(content))
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = (1 << 30).to_bytes(4, "little")
    with pytest.raises(Refused, match="too long"):
        check_directory(len(content), bytes(content))


def test_that_texts_of_the_file_lose_what_turns_them_around() -> None:
    assert shown("a\u202eb\0c\nd e" + "x" * 9999) == "abcd e" + "x" * 494


def test_that_shapes_that_say_they_are_longer_than_they_are_are_not_drawn() -> None:
    from coreshed.enrichment.reading.shapes import BadShape, shapes

    assert [kind for kind, _ in shapes(square(0, 0))] == ["ring"]
    lying = bytearray(square(0, 0))
    lying[9:13] = (0xFFFFFFFF).to_bytes(4, "little")
    with pytest.raises(BadShape):
        list(shapes(bytes(lying)))
    nested = (b"\x01" + (7).to_bytes(4, "little") + (1).to_bytes(4, "little")) * 50
    with pytest.raises(BadShape):
        list(shapes(nested))


def test_that_classes_get_colours_of_a_palette_and_no_stretch() -> None:
    from coreshed.enrichment.reading import images

    codes = np.array([[1.0, 1.0, 2.0], [2.0, 7.0, 9.0]])
    valid = codes < 9
    picture = np.asarray(Image.open(io.BytesIO(images.of_classes(codes, valid, {7: (1, 2, 3, 255)}))))
    assert tuple(picture[1, 1]) == (1, 2, 3, 255)
    assert tuple(picture[0, 0]) == tuple(picture[0, 1]) != tuple(picture[0, 2])
    assert picture[1, 2, 3] == 0
