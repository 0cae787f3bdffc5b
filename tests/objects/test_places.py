"""The WGS84 rectangle of objects: where it comes from and when there is none."""

from typing import Any

import pytest

from coreshed import geo
from coreshed.app import Application
from coreshed.geo import Rectangle
from tests.objects.conftest import Lab
from tests.objects.sample import set_crs, update, variogram

NEAR_CHRISTCHURCH = [
    [172.62871, -43.53238],
    [172.64115, -43.53238],
    [172.64115, -43.52333],
    [172.62871, -43.52333],
    [172.62871, -43.53238],
]


async def test_that_the_rectangle_comes_from_the_crs_of_the_object_or_of_the_workspace(
    application: Application, lab: Lab
) -> None:
    """A44"""
    own = await lab.create("own.json")
    none = await lab.create("none.json", await lab.pointset(coordinate_reference_system="unspecified"))
    set_crs(application, lab.workspace_id, "EPSG:2193")
    theirs = await lab.create("theirs.json", await lab.pointset(coordinate_reference_system="unspecified"))
    still = await lab.create("still.json")
    flags = [(posted["geojson_bounding_box_from_workspace_crs"]) for posted in (own, none, theirs, still)]
    assert [flag is True for flag in flags] == [False, False, True, False]
    assert all(flag in {True, False} for flag in flags)
    for posted in (own, theirs, still):
        assert posted["geojson_bounding_box"] == {"type": "Polygon", "coordinates": [NEAR_CHRISTCHURCH]}
    assert none["geojson_bounding_box"] is None
    rows = (await lab.editor.get(f"{lab.root}/objects?order_by=object_name")).json()["objects"]
    assert [row["geojson_bounding_box_from_workspace_crs"] for row in rows] == [False, False, False, True]
    assert [row["geojson_bounding_box"] is None for row in rows] == [True, False, False, False]


async def test_that_an_object_without_a_place_has_no_rectangle_even_with_a_workspace_crs(
    application: Application, lab: Lab
) -> None:
    set_crs(application, lab.workspace_id, "2193")
    posted = await lab.create("m.json", variogram())
    assert posted["geojson_bounding_box"] is None
    assert posted["geojson_bounding_box_from_workspace_crs"] is False


async def test_that_a_crs_that_nobody_knows_costs_the_rectangle_and_not_the_object(
    application: Application, lab: Lab
) -> None:
    crs: list[Any] = [{"epsg_code": 32767}, {"ogc_wkt": "nonsense"}, {"ogc_wkt": "a\u0000b"}, {"ogc_wkt": "x" * 10**6}]
    for number, each in enumerate(crs):
        posted = await lab.create(f"{number}.json", await lab.pointset(coordinate_reference_system=each))
        assert posted["geojson_bounding_box"] is None
    for text in ("nonsense", "²", "9" * 200, "EPSG:99999999", "\N{ARABIC-INDIC DIGIT TWO}"):
        set_crs(application, lab.workspace_id, text)
        posted = await lab.create(f"w{text}.json", await lab.pointset(coordinate_reference_system="unspecified"))
        assert (posted["geojson_bounding_box"], posted["geojson_bounding_box_from_workspace_crs"]) == (None, False)


async def test_that_each_version_keeps_its_rectangle(lab: Lab) -> None:
    first = await lab.create("m.json")
    box = first["object"]["bounding_box"]
    second = await update(lab, first, bounding_box=box | {"min_x": 1560000})
    old = (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?version={first['version_id']}")).json()
    assert old["geojson_bounding_box"] == first["geojson_bounding_box"]
    assert second["geojson_bounding_box"] != first["geojson_bounding_box"]


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {"bounding_box": {"min_x": west, "max_x": east, "min_y": south, "max_y": north}}


def test_that_a_rectangle_encloses_the_curved_edges_of_its_box() -> None:
    import pyproj

    found = geo.bounding_rectangle(box(500000, 4000000, 1500000, 6000000), 2193)
    assert found is not None
    to_wgs84 = pyproj.Transformer.from_crs(2193, 4326, always_xy=True)
    for step in range(101):
        x, y = 500000 + step * 10000, 4000000 + step * 20000
        for corner in ((x, 4000000), (x, 6000000), (500000, y), (1500000, y)):
            lon, lat = to_wgs84.transform(*corner)
            assert found.west - 1e-5 <= lon <= found.east + 1e-5
            assert found.south - 1e-5 <= lat <= found.north + 1e-5


@pytest.mark.parametrize(
    ("document", "crs"),
    [
        (box(179, -10, 181, 10), 4326),
        (box(1e300, -10, 1e301, 10), 4326),
        (box(1e300, -10, 1e301, 10), 2193),
        (box(0, -91, 1, 10), 4326),
        (box(10, -10, 5, 10), 4326),
        (box(-1e6, -1e6, 1e6, 1e6), 3031),
        (box(1.6e6, 5.18e6, 3.6e6, 5.181e6), 2193),
        (box(0, 0, 1, 1), None),
        (box(0, 0, 1, 1), 99999),
        (box(float("nan"), 0, 1, 1), 4326),
        (box(True, 0, 1, 1), 4326),
        (box(10**400, 0, 1, 1), 4326),
        ({"bounding_box": None}, 4326),
        ({"bounding_box": {"min_x": 1}}, 4326),
        ({}, 4326),
    ],
    ids=str,
)
def test_that_what_has_no_rectangle_in_degrees_has_none(document: dict[str, Any], crs: Any) -> None:
    assert geo.bounding_rectangle(document, crs) is None


@pytest.mark.parametrize(
    ("document", "rectangle"),
    [
        (box(-180, -90, 180, 90), Rectangle(-180, -90, 180, 90)),
        (box(1.000001, 2.000009, 3.000001, 4.000009), Rectangle(1.0, 2.0, 3.00001, 4.00001)),
        (box(5, 5, 5, 5), Rectangle(5, 5, 5, 5)),
    ],
    ids=str,
)
def test_that_degrees_are_rounded_outwards(document: dict[str, Any], rectangle: Rectangle) -> None:
    assert geo.bounding_rectangle(document, 4326) == rectangle


def test_that_crs_are_read_from_documents_and_workspaces() -> None:
    crs = "coordinate_reference_system"
    assert geo.object_crs({crs: {"epsg_code": 2193}}) == 2193
    assert geo.object_crs({crs: {"epsg_code": 2193.0}}) == 2193
    assert geo.object_crs({crs: {"ogc_wkt": "PROJCRS[]"}}) == "PROJCRS[]"
    for nothing in ("unspecified", None, {}, {"epsg_code": True}, {"epsg_code": "2193"}, {"ogc_wkt": ""}, []):
        assert geo.object_crs({crs: nothing}) is None
    assert geo.workspace_crs(" EPSG:2193 ") == "EPSG:2193"
    assert geo.workspace_crs("2193") == 2193
    assert geo.workspace_crs("  ") is None
    assert geo.workspace_crs("²") == "²"
    assert geo.workspace_crs("9" * 5000) == "9" * 5000


def ring(*points: tuple[float, float]) -> list[geo.Point]:
    return [*points, points[0]]


SQUARE = ring((0, 0), (10, 0), (10, 10), (0, 10))
CHEVRON = ring((0, 0), (10, 0), (5, 5), (5, 20))
# Notched so that the notch leaves a rectangle through two of its corners.
NOTCHED = ring((1, 0.5), (-3, -1.5), (1, 30), (5, -1.5))
CORNERED = ring((0, 1), (0, -1), (20, 20), (4, -1))
BOW_TIE = ring((0, 0), (10, 10), (10, 0), (0, 10))


@pytest.mark.parametrize(
    ("polygon", "rectangle", "within", "touches"),
    [
        (SQUARE, (2, 2, 3, 3), True, True),
        (SQUARE, (0, 0, 10, 10), True, True),
        (SQUARE, (0, 0, 10.1, 10), False, True),
        (SQUARE, (10, 10, 11, 11), False, True),
        (SQUARE, (10.1, 0, 11, 1), False, False),
        (SQUARE, (-1, -1, 11, 11), False, True),
        (SQUARE, (-1, 4, 11, 5), False, True),
        (SQUARE, (5, 5, 5, 5), True, True),
        (SQUARE, (10, 5, 10, 5), True, True),
        (CHEVRON, (4, 1, 6, 2), True, True),
        (CHEVRON, (6, 5, 7, 6), False, False),
        (NOTCHED, (0, 0, 2, 1), False, True),
        (CORNERED, (0, 0, 2, 1), False, True),
        (BOW_TIE, (4, 0, 6, 10), False, True),
        (BOW_TIE, (4, 0, 6, 1), False, False),
        (BOW_TIE, (0, 4.9, 0.5, 5), True, True),
    ],
)
def test_that_polygons_contain_and_touch_rectangles(
    polygon: list[geo.Point], rectangle: tuple[float, float, float, float], *, within: bool, touches: bool
) -> None:
    assert geo.contains(polygon, Rectangle(*rectangle)) is within
    assert geo.contains(polygon[::-1], Rectangle(*rectangle)) is within
    assert geo.intersects(polygon, Rectangle(*rectangle)) is touches
    assert geo.intersects(polygon[::-1], Rectangle(*rectangle)) is touches
