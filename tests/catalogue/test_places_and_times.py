"""Where and when items are: what is read, and what is refused."""

import pytest

from coreshed.catalogue import places, times
from coreshed.catalogue.model import Box
from coreshed.problems import Invalid

SQUARE = [[10.0, 20.0], [11.0, 20.0], [11.0, 21.0], [10.0, 20.0]]


@pytest.mark.parametrize(
    ("geometry", "box"),
    [
        ({"type": "Point", "coordinates": [10, 20, 300]}, Box(10, 20, 10, 20)),
        ({"type": "LineString", "coordinates": [[-5, 1], [5, 2]]}, Box(-5, 1, 5, 2)),
        ({"type": "Polygon", "coordinates": [SQUARE]}, Box(10, 20, 11, 21)),
        ({"type": "MultiPoint", "coordinates": []}, None),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
            Box(1, 2, 1, 2),
        ),
        # Fiji, as RFC 7946 3.1.9 cuts it.
        (
            {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[177, -19], [180, -19], [180, -16], [177, -19]]],
                    [[[-180, -19], [-178, -19], [-178, -16], [-180, -19]]],
                ],
            },
            Box(177, -19, 182, -16),
        ),
    ],
)
def test_that_a_geometry_has_the_box_of_its_positions(geometry: dict[str, object], box: Box | None) -> None:
    assert places.read_geometry(geometry) == box


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Circle", "coordinates": [0, 0]},
        {"type": "Point"},
        {"type": "Point", "coordinates": [181, 0]},
        {"type": "Point", "coordinates": [0, 91]},
        {"type": "Point", "coordinates": ["0", "0"]},
        {"type": "Point", "coordinates": [float("nan"), 0]},
        {"type": "Point", "coordinates": [True, 0]},
        # Too large to become a float.
        {"type": "Point", "coordinates": [10**400, 0]},
        {"type": "LineString", "coordinates": [[0, 0, -(10**400)], [1, 1, 0]]},
        {"type": "Polygon", "coordinates": [0, 0]},
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
        {"type": "LineString", "coordinates": [[0, 0]] * (places.MAX_POSITIONS + 1)},
    ],
)
def test_that_what_is_no_geometry_is_refused(geometry: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        places.read_geometry(geometry)
    assert refused.value.members["loc"] == ["body", "geometry"]


def test_that_a_bbox_has_four_numbers_or_six_and_may_cross_the_antimeridian() -> None:
    assert places.read_bbox([1, 2, 3, 4]) == places.read_bbox([1, 2, -9, 3, 4, 9]) == Box(1, 2, 3, 4)
    crossing = places.read_bbox([177, -19, -178, -16])
    assert crossing == Box(177, -19, 182, -16)
    drawn = places.polygon(crossing)
    assert drawn["type"] == "MultiPolygon"
    assert places.read_geometry(drawn) == crossing
    for wrong in ([], [1, 2, 3], [0, 5, 1, 4], [-181, 0, 0, 1], [0, 0, 0, 91], [float("inf")] * 4):
        with pytest.raises(Invalid):
            places.read_bbox(wrong)


def test_that_an_item_without_a_time_is_found_at_the_time_it_was_made() -> None:
    made = times.read("2026-11-20T00:00:00Z", "datetime")
    assert made is not None
    assert times.compared(None, None, None, made) == (made, made)
    assert times.compared(None, made - 5, None, made) == (made - 5, made - 5)
    assert times.compared(made, made - 5, made + 5, 0) == (made - 5, made + 5)
    assert times.show(times.read("2026-11-20T01:00:00.5+01:00", "datetime")) == "2026-11-20T00:00:00.500000Z"
    with pytest.raises(Invalid, match="before"):
        times.compared(None, 5, 4, made)
    for wrong in ("yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""):
        with pytest.raises(Invalid):
            times.read(wrong, "datetime")
