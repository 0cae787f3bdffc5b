"""Which coordinate systems place an object on the map."""

import pytest

from coreshed import geo

BOX = {"bounding_box": {"min_x": 1.0, "max_x": 2.0, "min_y": 3.0, "max_y": 4.0, "min_z": 0.0, "max_z": 1.0}}


@pytest.mark.parametrize(
    ("code", "what"),
    [(5703, "heights above sea level"), (4978, "metres from the centre of the Earth"), (999999, "nothing at all")],
)
def test_that_what_is_no_place_on_a_map_has_no_rectangle(code: int, what: str) -> None:
    assert geo.bounding_rectangle(BOX, code) is None, what


@pytest.mark.parametrize("code", [4326, 4979, 2193, 32633])
def test_that_degrees_and_projections_have_one(code: int) -> None:
    found = geo.bounding_rectangle(BOX, code)
    assert found is not None
    assert found.west < found.east
    assert found.south < found.north
