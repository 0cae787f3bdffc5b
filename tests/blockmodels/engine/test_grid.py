"""Where blocks lie: rotation, bounding box, centroids, and the rules of a geometry."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from tests.blockmodels.engine.geometry import QUICKSTART, RECORDED, boxes, grids, indices, rotations

UNIT = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (1, 1, 1), (10.0, 10.0, 10.0))


def turned(*turns: tuple[str, float]) -> Grid:
    return replace(UNIT, rotations=tuple(Rotation(axis, angle) for axis, angle in turns))  # type: ignore[arg-type]


def test_that_the_bounding_box_is_the_one_that_the_service_recorded() -> None:
    x, y, z = RECORDED.bbox()
    assert x == pytest.approx((296.5797985667433, 349.24398372615497), abs=1e-12)
    assert y == pytest.approx((168.72730291099967, 221.43830531428267), abs=1e-12)
    assert z == pytest.approx((71.10142491927789, 102.3756469845554), abs=1e-12)


def test_that_the_columns_of_the_matrix_are_the_recorded_axes() -> None:
    u, v, w = RECORDED.matrix().T
    assert u == pytest.approx([0.77128, -0.63372, 0.05939], abs=1e-5)
    assert v == pytest.approx([0.61309, 0.71461, -0.33682], abs=1e-5)
    assert w == pytest.approx([0.17101, 0.29620, 0.93969], abs=1e-5)


def test_that_centroids_of_a_rotated_model_are_those_of_the_contract() -> None:
    x, y, z = RECORDED.centroids(indices(0, 3), indices(0, 2), indices(0, 1))
    assert x == pytest.approx([304.356712, 341.467070], abs=1e-6)
    assert y == pytest.approx([195.961487, 194.204121], abs=1e-6)
    assert z == pytest.approx([84.517446, 88.959626], abs=1e-6)


def test_that_a_unit_block_tilted_about_x_has_the_centroid_of_the_contract() -> None:
    grid = replace(turned(("x", 20.0)), size=(1.0, 1.0, 1.0))
    x, y, z = grid.centroids(indices(0), indices(0), indices(0))
    assert (x[0], y[0], z[0]) == pytest.approx((0.5, 0.6408563820557885, 0.2988362387301199), abs=1e-12)
    # Block (1, 4, 7) of the quickstart's regular model.
    x, y, z = replace(grid, parents=(10, 10, 10)).centroids(indices(1), indices(4), indices(7))
    assert (x[0], y[0], z[0]) == pytest.approx((1.5, 6.793768, 5.508604), abs=1e-6)


def test_that_a_tilt_about_x_bounds_what_the_contract_says() -> None:
    x, y, z = turned(("x", 20.0)).bbox()
    assert x == (0.0, 10.0)
    assert y == pytest.approx((0.0, 12.81712764), abs=1e-8)
    assert z == pytest.approx((-3.42020143, 9.39692621), abs=1e-8)


def test_that_an_unrotated_bounding_box_has_exact_bounds() -> None:
    grid = Grid(Kind.REGULAR, (1478500.0, 5174500.0, 100.0), (48, 68, 40), (25.0, 25.0, 25.0))
    assert grid.bbox() == ((1478500.0, 1479700.0), (5174500.0, 5176200.0), (100.0, 1100.0))


@pytest.mark.parametrize(
    ("turns", "normalized"),
    [
        ((("z", 30.0), ("x", 20.0), ("z", 10.0)), (30.0, 20.0, 10.0)),
        ((("x", 20.0),), (0.0, 20.0, 0.0)),
        ((("y", 30.0),), (270.0, 30.0, 90.0)),
        ((("x", 10.0), ("z", 5.5), ("x", 7.5)), (2.387017, 17.480107, 3.176325)),
        ((), (0.0, 0.0, 0.0)),
        ((("x", 0.0), ("y", 0.0), ("z", 0.0)), (0.0, 0.0, 0.0)),
        ((("z", 350.0), ("x", 0.0), ("z", 20.0)), (10.0, 0.0, 0.0)),
        ((("z", -30.0),), (330.0, 0.0, 0.0)),
        ((("z", 30.0), ("x", 180.0)), (30.0, 180.0, 0.0)),
    ],
)
def test_that_a_rotation_is_normalized(
    turns: tuple[tuple[str, float], ...], normalized: tuple[float, float, float]
) -> None:
    assert turned(*turns).normalized_rotation() == pytest.approx(normalized, abs=1e-6)


def test_that_normalized_angles_of_the_recorded_model_are_exact() -> None:
    assert RECORDED.normalized_rotation() == pytest.approx((30.0, 20.0, 10.0), abs=1e-9)


@given(rotations())
def test_that_normalized_angles_make_the_same_matrix(turns: tuple[Rotation, ...]) -> None:
    grid = replace(UNIT, rotations=turns)
    a, b, c = grid.normalized_rotation()
    assert 0 <= a < 360
    assert 0 <= b <= 180
    assert 0 <= c < 360
    again = Rotation("z", a).matrix() @ Rotation("x", b).matrix() @ Rotation("z", c).matrix()
    assert np.abs(again - grid.matrix()).max() < 1e-11


@given(rotations())
def test_that_a_rotation_keeps_lengths_and_handedness(turns: tuple[Rotation, ...]) -> None:
    matrix = replace(UNIT, rotations=turns).matrix()
    assert np.abs(matrix @ matrix.T - np.eye(3)).max() < 1e-14
    assert np.linalg.det(matrix) == pytest.approx(1.0)


def test_that_a_turn_is_clockwise_seen_from_the_positive_end() -> None:
    # A quarter about z takes the blocks' first axis from east to south.
    assert Rotation("z", 90.0).matrix()[:, 0].tolist() == [0.0, -1.0, 0.0]
    assert Rotation("x", 90.0).matrix()[:, 1].tolist() == [0.0, 0.0, -1.0]
    assert Rotation("y", 90.0).matrix()[:, 2].tolist() == [-1.0, 0.0, 0.0]
    assert Rotation("z", -270.0).matrix().tolist() == Rotation("z", 90.0).matrix().tolist()
    assert Rotation("z", 45.0).matrix()[0, 1] == math.sin(math.radians(45.0))


@pytest.mark.parametrize("angle", [360.0, -360.0, 1e9, math.nan, math.inf])
def test_that_an_angle_of_a_whole_turn_is_refused(angle: float) -> None:
    with pytest.raises(ValueError, match="not between -360 and 360"):
        Rotation("x", angle)


def test_that_an_unknown_axis_is_refused() -> None:
    with pytest.raises(ValueError, match="'w' is no axis"):
        Rotation("w", 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"origin": (0.0, math.nan, 0.0)}, "origin is not finite"),
        ({"origin": (math.inf, 0.0, 0.0)}, "origin is not finite"),
        ({"size": (1.0, 0.0, 1.0)}, "block size"),
        ({"size": (1.0, 1.0, -1.0)}, "block size"),
        ({"size": (1_000_000.0, 1.0, 1.0)}, "block size"),
        ({"size": (math.nan, 1.0, 1.0)}, "block size"),
        ({"parents": (0, 1, 1)}, "number of blocks"),
        ({"parents": (1, 500_000_001, 1)}, "number of blocks"),
        ({"parents": (1000, 1000, 501)}, "501,000,000 blocks"),
        ({"counts": (2, 1, 1)}, "no sub-blocks"),
        ({"rotations": (Rotation("x", 10.0), Rotation("x", 20.0))}, "neighbouring axes must differ"),
        ({"kind": Kind.VARIABLE_OCTREE, "counts": (3, 2, 2)}, "octree"),
        ({"kind": Kind.VARIABLE_OCTREE, "counts": (128, 2, 2)}, "octree"),
        ({"kind": Kind.VARIABLE_OCTREE, "counts": (1, 1, 1)}, "1x1x1"),
        ({"kind": Kind.FULLY_SUB_BLOCKED, "counts": (1, 1, 1)}, "1x1x1"),
        ({"kind": Kind.FLEXIBLE, "counts": (1, 1, 1)}, "1x1x1"),
        ({"kind": Kind.FLEXIBLE, "counts": (101, 1, 1)}, "number of sub-blocks"),
        ({"kind": Kind.FULLY_SUB_BLOCKED, "counts": (2, 0, 2)}, "number of sub-blocks"),
    ],
)
def test_that_a_geometry_that_breaks_a_rule_is_refused_by_its_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(UNIT, **change)  # type: ignore[arg-type]


def test_that_the_largest_geometries_are_allowed() -> None:
    assert replace(UNIT, parents=(1000, 1000, 500)).everything.count == 500_000_000
    assert replace(UNIT, size=(999_999.9, 1e-6, 1.0)).bbox()[0] == (0.0, 999_999.9)
    Grid(Kind.FLEXIBLE, (0.0, 0.0, 0.0), (1, 1, 1), (1.0, 1.0, 1.0), (100, 100, 100))
    Grid(Kind.VARIABLE_OCTREE, (0.0, 0.0, 0.0), (1, 1, 1), (1.0, 1.0, 1.0), (64, 1, 64))


def test_that_sub_blocks_of_the_quickstart_lie_where_it_puts_them() -> None:
    i, j, k = indices(0, 1, 1, 0), indices(1, 2, 2, 1), indices(4, 2, 2, 4)
    start = boxes((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 0, 0))
    end = boxes((5, 1, 2), (2, 1, 1), (3, 1, 1), (1, 1, 1))
    x, y, z = QUICKSTART.sub_centroids(i, j, k, start, end)
    assert x.tolist() == [1.0, 2.6, 3.0, 0.2]
    assert y.tolist() == [1.5, 2.5, 2.5, 1.5]
    assert z.tolist() == [4.5, 2.25, 2.25, 4.25]
    dx, dy, dz = QUICKSTART.sub_sizes(start, end)
    assert dx.tolist() == [2.0, 0.4, 0.4, 0.4]
    assert dy.tolist() == [1.0, 1.0, 1.0, 1.0]
    assert dz.tolist() == [1.0, 0.5, 0.5, 0.5]


@given(grids(), st.integers(0, 2**32))
def test_that_a_whole_parent_has_bitwise_the_place_and_size_of_the_parent(grid: Grid, seed: int) -> None:
    random = np.random.default_rng(seed)
    i, j, k = (random.integers(0, number, 50) for number in grid.parents)
    start, end = boxes(*[(0, 0, 0)] * 50), boxes(*[grid.counts] * 50)
    for parent, whole in zip(grid.centroids(i, j, k), grid.sub_centroids(i, j, k, start, end), strict=True):
        assert parent.tobytes() == whole.tobytes()
    for size, sizes in zip(grid.size, grid.sub_sizes(start, end), strict=True):
        assert (sizes == size).all()


@given(grids(), st.integers(0, 2**32))
def test_that_a_coordinate_depends_on_the_stated_axes_alone(grid: Grid, seed: int) -> None:
    random = np.random.default_rng(seed)
    blocks = [random.integers(0, number, 50) for number in grid.parents]
    others = [random.integers(0, number, 50) for number in grid.parents]
    before = grid.centroids(*blocks)
    for world, axes in enumerate(grid.axes_of()):
        mixed = [blocks[axis] if axis in axes else others[axis] for axis in range(3)]
        assert grid.centroids(*mixed)[world].tobytes() == before[world].tobytes()


def test_that_turns_about_z_leave_heights_to_k_and_quarter_turns_swap_axes() -> None:
    assert UNIT.axes_of() == ((0,), (1,), (2,))
    assert turned(("z", 30.0)).axes_of() == ((0, 1), (0, 1), (2,))
    assert turned(("z", 90.0)).axes_of() == ((1,), (0,), (2,))
    assert turned(("z", 90.0), ("x", -90.0)).axes_of() == ((2,), (0,), (1,))
    assert RECORDED.axes_of()[0] == (0, 1, 2)


@given(grids())
def test_that_every_corner_block_lies_in_the_bounding_box(grid: Grid) -> None:
    i, j, k = (values.ravel() for values in np.meshgrid(*([0, number - 1] for number in grid.parents)))
    for (low, high), values in zip(grid.bbox(), grid.centroids(i, j, k), strict=True):
        assert low <= values.min()
        assert values.max() <= high
