"""Outlines in WGS 84: literal extents, literal outlines."""

from itertools import pairwise

import pytest
from pyproj import CRS

from coreshed.enrichment.reading.places import (
    Unplaced,
    code_and_text,
    ground_distance,
    merged,
    outline,
    rectangle,
)

DEGREES = CRS.from_epsg(4326)


def ring_area(ring: list[list[float]]) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def test_that_a_rectangle_of_degrees_has_five_corners_counterclockwise() -> None:
    shape, box = outline(DEGREES, *rectangle((10, 40, 20, 50)))
    assert shape == {"type": "Polygon", "coordinates": [[[10, 40], [20, 40], [20, 50], [10, 50], [10, 40]]]}
    assert box == [10, 40, 20, 50]


def test_that_edges_which_bend_on_the_globe_have_points_between() -> None:
    shape, box = outline(CRS.from_epsg(3035), *rectangle((2_500_000, 1_500_000, 6_500_000, 5_000_000)))
    ring = shape["coordinates"][0]
    assert len(ring) > 40
    assert ring[0] == ring[-1]
    assert ring_area(ring) > 0
    # The northern edge is highest in its middle, far from the corners.
    assert box[3] > max(y for x, y in ring if x in (box[0], box[2])) + 1


def test_that_an_extent_across_the_antimeridian_is_cut_there() -> None:
    shape, box = outline(DEGREES, *rectangle((170, -20, 190, -10)))
    assert shape["type"] == "MultiPolygon"
    assert [sorted({x for x, _ in part[0]}) for part in shape["coordinates"]] == [[170, 180], [-180, -170]]
    assert all(ring_area(part[0]) > 0 for part in shape["coordinates"])
    assert box == [170, -20, -170, -10]


def test_that_projected_coordinates_across_the_antimeridian_are_cut_as_well() -> None:
    shape, box = outline(CRS.from_epsg(32660), *rectangle((700_000, 4_900_000, 800_000, 5_000_000)))
    assert shape["type"] == "MultiPolygon"
    assert box[0] > 179 > -179 > box[2]
    assert all(-180 <= x <= 180 for part in shape["coordinates"] for x, _ in part[0])


def test_that_what_lies_around_a_pole_reaches_it() -> None:
    shape, box = outline(CRS.from_epsg(3031), *rectangle((-2_000_000, -2_000_000, 2_000_000, 2_000_000)))
    assert box[:3] == [-180, -90, 180]
    assert -75 < box[3] < -60
    assert [180.0, -90.0] in shape["coordinates"][0]


def test_that_the_whole_globe_is_one_rectangle() -> None:
    assert outline(DEGREES, *rectangle((-180, -90, 180, 90)))[1] == [-180, -90, 180, 90]
    assert outline(DEGREES, *rectangle((0, -90, 360, 90)))[1] == [-180, -90, 180, 90]


def test_that_a_single_point_is_a_point() -> None:
    shape, box = outline(DEGREES, *rectangle((7.5, 46, 7.5, 46)))
    assert shape == {"type": "Point", "coordinates": [7.5, 46]}
    assert box == [7.5, 46, 7.5, 46]


@pytest.mark.parametrize(
    "bounds", [(0, 0, float("inf"), 1), (0, 0, float("nan"), 1), (500_000, 5_000_000, 600_000, 5_100_000)]
)
def test_that_extents_that_lie_nowhere_are_refused(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(Unplaced):
        outline(DEGREES, *rectangle(bounds))


def test_that_a_local_grid_has_no_outline() -> None:
    grid = CRS.from_wkt('LOCAL_CS["mine grid",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]')
    with pytest.raises(Unplaced):
        outline(grid, *rectangle((0, 0, 1000, 1000)))


def test_that_pixels_have_a_side_in_metres() -> None:
    assert ground_distance(CRS.from_epsg(32633), 10) == 10
    assert ground_distance(CRS.from_epsg(2225), 100) == pytest.approx(30.48, abs=0.01)  # US survey feet
    assert ground_distance(DEGREES, 1) == pytest.approx(111_319.5, abs=1)
    assert ground_distance(None, 10) is None


def test_that_several_layers_lie_in_one_box() -> None:
    both = [outline(DEGREES, *rectangle(each)) for each in ((0, 0, 1, 1), (5, 5, 6, 7))]
    assert merged(both)[1] == [0, 0, 6, 7]


@pytest.mark.parametrize(
    "text",
    [
        "+proj=lcc +lat_1=-18 +lat_2=-36 +lon_0=134 +ellps=GRS80 +type=crs",
        "+proj=utm +zone=33 +ellps=GRS80 +type=crs",
    ],
)
def test_that_a_crs_that_names_no_datum_gets_no_code(text: str) -> None:
    crs = CRS.from_user_input(text)
    assert crs.to_epsg() is not None  # one whose datum is GDA2020, ETRS89 or GDA94
    code, wkt = code_and_text(crs)
    assert code is None
    assert wkt is not None
    assert "GRS" in wkt


@pytest.mark.parametrize("code", [32633, 4326, 28351, 7845, 27700, 3857, 26713])
def test_that_a_code_is_known_in_what_others_write_without_it(code: int) -> None:
    crs = CRS.from_epsg(code)
    assert code_and_text(crs) == (code, None)
    assert code_and_text(CRS.from_wkt(crs.to_wkt("WKT1_ESRI"))) == (code, None)
    assert code_and_text(CRS.from_user_input("+proj=utm +zone=33 +datum=WGS84 +type=crs")) == (32633, None)
