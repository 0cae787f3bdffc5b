"""What the catalogue calls things, whatever the files are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed import geofiles
from coreshed.catalogue import names
from coreshed.catalogue.model import ItemType
from coreshed.enrichment.reading import kind_of
from coreshed.problems import Conflict

# Folders, marks that turn the direction of text, control characters, very long names.
_HOSTILE = st.text(min_size=1, max_size=300) | st.sampled_from(
    ["../../etc/passwd", "a\x00.tif", "\u202egpj.tif", ".tif", "...", "data", "a/data.tif", "é" * 2048, "a.tif.ovr"]
)
_FILES = st.lists(st.tuples(_HOSTILE, st.none() | st.just("")), min_size=1, max_size=12)


@given(_FILES, st.sets(_HOSTILE, max_size=5))
def test_that_keys_which_nobody_asked_for_are_unique_and_plain(
    files: list[tuple[str, str | None]], taken: set[str]
) -> None:
    placed = names.place([names.Named(name, key) for name, key in files], None, taken)
    keys = [each.key for each in placed]
    assert len({*keys, *taken}) == len(keys) + len(taken)
    assert all(1 <= len(key) <= names.MAX_KEY and key.isprintable() and "/" not in key for key in keys)


@given(st.lists(_HOSTILE, min_size=1, max_size=5))
def test_that_every_item_has_a_name_that_can_be_stored(file_names: list[str]) -> None:
    name = names.item_name(file_names)
    assert 1 <= len(name) <= names.MAX_NAME
    assert "\x00" not in name
    assert names.workspace_name(name)


@given(_HOSTILE)
def test_that_a_stac_id_is_safe_in_an_address(name: str) -> None:
    made = names.stac_id(name, "0f8fad5b-d9cb-469f-a165-70867728950e")
    assert made.endswith("-0f8fad5bd9cb")
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(made) < 100


@pytest.mark.parametrize("ending", sorted({*geofiles.READ_RASTERS, *geofiles.READ_VECTORS}))
def test_that_what_is_read_is_known_by_its_type(ending: str) -> None:
    name = f"a{ending.upper()}"
    kind = {"raster": ItemType.USER_RASTER, "vector": ItemType.USER_VECTOR}[kind_of(name) or ""]
    assert names.item_type(["report.pdf", name]) is kind
    assert names.item_name(["report.pdf", name]) == "a"
    if ending != ".shp":
        assert names.media_type(name, "") != "application/octet-stream"


def test_that_the_raster_leads_and_its_side_cars_keep_their_names() -> None:
    files = [names.Named(each) for each in ("t/a.tfw", "t/a.tif", "t/a.tif.ovr", "t/a.aux.xml", "t/b.tif")]
    placed = names.place(files, None, ())
    assert [each.key for each in placed] == ["a.tfw", "data", "a.tif.ovr", "a.aux.xml", "b"]
    assert [each.roles for each in placed] == [("metadata",), ("data",), ("overview",), ("metadata",), ("data",)]
    assert names.item_name([each.file_name for each in files]) == "a"


def test_that_a_key_which_was_asked_for_is_given_or_refused() -> None:
    file = names.Named("dem.tif")
    assert names.place([file], "elevation", ["data"])[0].key == "elevation"
    assert names.place([file], None, ["data"])[0].key == "data-2"
    with pytest.raises(Conflict):
        names.place([file], "data", ["data"])
    with pytest.raises(Conflict):
        names.place([names.Named("a.tif", "x"), names.Named("b.tif", "x")], None, ())


@pytest.mark.parametrize(
    ("file_names", "kind"),
    [
        (["a.TIF"], ItemType.USER_RASTER),
        (["a.tfw", "a.jp2"], ItemType.USER_RASTER),
        (["roads.gpkg"], ItemType.USER_VECTOR),
        (["roads.shp", "roads.dbf", "roads.prj"], ItemType.USER_VECTOR),
        (["report.pdf"], ItemType.EXTERNAL_REFERENCE),
        (["a.prj"], ItemType.EXTERNAL_REFERENCE),
        (["noextension"], ItemType.EXTERNAL_REFERENCE),
    ],
)
def test_that_the_type_follows_from_the_extension(file_names: list[str], kind: ItemType) -> None:
    assert names.item_type(file_names) is kind
