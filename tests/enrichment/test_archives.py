"""Archives as others make them, read in the confined process."""

import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest

from coreshed.enrichment.reading import Outcome
from tests.enrichment.made import reading, square, vector


def zipped(path: Path, *endings: str, method: int = zipfile.ZIP_DEFLATED, **more: bytes) -> Path:
    """The files of a shapefile in an archive, under names of plain ASCII."""
    shape = vector(path.with_suffix(".shp"), "ESRI Shapefile")
    with zipfile.ZipFile(path, "w", method) as target:
        for ending in endings:
            target.write(shape.with_suffix(ending), f"survey/faults{ending}")
        for name, content in more.items():
            target.writestr(name, content)
    return path


def columns(outcome: Outcome) -> list[str]:
    assert outcome.errors == []
    assert outcome.reading is not None
    return [each.name for each in outcome.reading.columns]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_that_a_zipped_shapefile_of_plain_names_is_read(tmp_path: Path, method: int) -> None:
    outcome = reading(zipped(tmp_path / "a.zip", ".shp", ".shx", ".dbf", ".prj", ".cpg", method=method))
    assert columns(outcome) == ["grade", "rock"]
    found = outcome.reading
    assert found is not None
    assert (found.epsg, found.feature_count, found.bbox, found.warnings) == (4326, 3, [10, 50, 13, 53], [])
    assert [each.name for each in found.layers] == ["faults"]
    assert outcome.thumbnail is not None


def test_that_names_in_the_code_page_of_old_archives_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ".shp", ".shx", ".dbf", ".prj")
    path.write_bytes(path.read_bytes().replace(b"survey/faults", b"survey/f\x84ults"))
    outcome = reading(path)
    assert columns(outcome) == ["grade", "rock"]
    assert outcome.reading is not None
    assert [each.name for each in outcome.reading.layers] == ["fäults"]


def test_that_a_zipped_shapefile_without_prj_has_no_place(tmp_path: Path) -> None:
    outcome = reading(zipped(tmp_path / "a.zip", ".shp", ".shx", ".dbf"))
    assert columns(outcome) == ["grade", "rock"]
    assert outcome.reading is not None
    assert (outcome.reading.epsg, outcome.reading.bbox) == (None, None)
    assert outcome.reading.warnings == ["The coordinate reference system is unknown."]


@pytest.mark.parametrize(
    ("entry", "content", "sentence"),
    [
        ("bomb.shp", bytes(65 << 20), "Unpacked the archive has 68,157,440 bytes, of "),
        ("../up.shp", b"", "The archive holds no shapefile."),
    ],
)
def test_that_what_an_archive_is_refused_for_is_said(tmp_path: Path, entry: str, content: bytes, sentence: str) -> None:
    outcome = reading(zipped(tmp_path / "a.zip", **{entry: content}))
    assert outcome.reading is None
    assert len(outcome.errors) == 1
    assert outcome.errors[0].startswith(sentence)


def test_that_an_entry_above_the_archive_is_left_out(tmp_path: Path) -> None:
    outcome = reading(zipped(tmp_path / "a.zip", ".shp", ".shx", ".dbf", ".prj", **{"../../etc/up.shp": bytes(100)}))
    assert columns(outcome) == ["grade", "rock"]
    assert outcome.reading is not None
    assert [each.name for each in outcome.reading.layers] == ["faults"]


@pytest.mark.parametrize(("encoding", "name"), [("CP1252", "größe"), ("CP932", "品位")])
def test_that_names_of_columns_are_read_in_the_encoding_that_lies_beside(
    tmp_path: Path, encoding: str, name: str
) -> None:
    path = tmp_path / "a.shp"
    pyogrio.raw.write(path, np.array([square(10, 50)], dtype=object), [np.arange(1)], np.array([name], dtype=object),
                      geometry_type="Polygon", crs="EPSG:4326", driver="ESRI Shapefile", encoding=encoding)  # fmt: skip
    outcome = reading(path, *(path.with_suffix(each) for each in (".shx", ".dbf", ".prj", ".cpg")))
    assert columns(outcome) == [name]
