"""Boxes of blocks, and boxes in model-aligned coordinates."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.grid import Grid, Kind
from tests.blockmodels.engine.geometry import QUICKSTART, RECORDED, boxes, grids, indices

NOTEBOOK = Grid(Kind.REGULAR, (1478500.0, 5174500.0, 100.0), (48, 68, 40), (25.0, 25.0, 25.0))
INTERVALS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: (min(pair), max(pair)))
BOXES = st.builds(IndexBox, INTERVALS, INTERVALS, INTERVALS)


def test_that_the_corners_of_the_notebooks_box_are_centroids_and_inclusive() -> None:
    box = AlignedBox((1478587.5, 1478662.5), (5174562.5, 5174712.5), (137.5, 187.5))
    found = NOTEBOOK.box_of_xyz(box)
    assert found == IndexBox((3, 6), (2, 8), (1, 3))
    assert found.count == 84


def test_that_a_bound_counts_within_a_billionth_of_the_size() -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (10, 10, 10), (2.0, 2.0, 2.0))
    all_of_it = (0.0, 20.0)
    for low, first in [(3.0, 1), (3.0 + 1.9e-9, 1), (3.0 + 2.1e-9, 2)]:
        assert grid.box_of_xyz(AlignedBox((low, 20.0), all_of_it, all_of_it)) == IndexBox((first, 9), (0, 9), (0, 9))
    for high, last in [(5.0, 2), (5.0 - 1.9e-9, 2), (5.0 - 2.1e-9, 1)]:
        assert grid.box_of_xyz(AlignedBox(all_of_it, all_of_it, (0.0, high))) == IndexBox((0, 9), (0, 9), (0, last))


def test_that_a_box_beyond_the_model_is_clipped() -> None:
    far = (-1e300, 1e300)
    assert NOTEBOOK.box_of_xyz(AlignedBox(far, far, far)) == NOTEBOOK.everything
    assert NOTEBOOK.parents_near(AlignedBox(far, far, far)) == NOTEBOOK.everything


@pytest.mark.parametrize("x", [(0.0, 1.0), (1e9, 2e9), (1478513.0, 1478537.0)])
def test_that_a_box_without_a_centroid_has_no_blocks(x: tuple[float, float]) -> None:
    assert NOTEBOOK.box_of_xyz(AlignedBox(x, (5174500.0, 5176200.0), (100.0, 1100.0))) is None


def test_that_a_box_of_a_rotated_model_is_in_its_unrotated_coordinates() -> None:
    x, y, z = RECORDED.origin
    box = AlignedBox((x + 15.0, x + 25.0), (y, y + 14.9), (z + 15.0, z + 15.0))
    assert RECORDED.box_of_xyz(box) == IndexBox((1, 2), (0, 0), (1, 1))


def test_that_a_model_far_from_zero_still_includes_the_coordinates_that_it_states() -> None:
    # A float64 of this size is 2e-9 apart, more than a billionth of the block.
    grid = Grid(Kind.REGULAR, (12345678.9, 0.0, 0.0), (100, 1, 1), (0.1, 1.0, 1.0))
    every, zero = np.arange(100), np.zeros(100, dtype=np.int64)
    x, *_ = grid.centroids(every, zero, zero)
    for n in range(100):
        box = AlignedBox((float(x[n]), float(x[n])), (0.5, 0.5), (0.5, 0.5))
        assert grid.box_of_xyz(box) == IndexBox((n, n), (0, 0), (0, 0))


def test_that_a_model_whose_blocks_all_round_to_one_place_is_answered_at_once() -> None:
    grid = Grid(Kind.REGULAR, (1e300, 0.0, 0.0), (500_000_000, 1, 1), (1.0, 1.0, 1.0))
    box = AlignedBox((1e300, 1e300), (0.0, 1.0), (0.0, 1.0))
    assert grid.box_of_xyz(box) == grid.everything
    assert grid.parents_near(box) == grid.everything


def test_that_sub_blocks_are_chosen_by_their_own_centroids() -> None:
    # Cells 1 and 2 along x of parent (1, 2, 2); centroids x 2.6 and 3.0, y 2.5, z 2.25.
    i, j, k = indices(1, 1, 1), indices(2, 2, 2), indices(2, 2, 2)
    start, end = boxes((1, 0, 0), (2, 0, 0), (0, 0, 0)), boxes((2, 1, 1), (3, 1, 1), (5, 1, 2))
    box = AlignedBox((2.6, 2.9), (2.5, 2.5), (2.25, 2.25))
    assert QUICKSTART.in_box(box, i, j, k, start, end).tolist() == [True, False, False]
    assert QUICKSTART.box_of_xyz(box) is None  # the parent's own centroid is x 3.0, z 2.5
    near = QUICKSTART.parents_near(box)
    assert near is not None
    assert near.contains(i, j, k).all()


@given(grids(kinds=(Kind.FULLY_SUB_BLOCKED, Kind.VARIABLE_OCTREE, Kind.FLEXIBLE)), st.integers(0, 2**32))
def test_that_no_sub_block_in_a_box_is_outside_of_the_parents_near_it(grid: Grid, seed: int) -> None:
    random = np.random.default_rng(seed)
    i, j, k = blocks = [random.integers(0, number, 60) for number in grid.parents]
    start = np.stack([random.integers(0, count, 60) for count in grid.counts], axis=1)
    end = random.integers(start, np.array(grid.counts)) + 1
    points = grid.aligned_centroids(*blocks, start, end)
    box = AlignedBox(*((float(np.sort(p)[10]), float(np.sort(p)[-10])) for p in points))
    inside = grid.in_box(box, i, j, k, start, end)
    expected = [all(lo <= p[n] <= hi for p, (lo, hi) in zip(points, box.intervals, strict=True)) for n in range(60)]
    assert (inside >= np.array(expected)).all()
    near = grid.parents_near(box)
    assert near is not None or not inside.any()
    assert near is None or (near.contains(i, j, k) >= inside).all()


@given(grids(), st.data())
def test_that_the_blocks_of_a_box_are_those_whose_centroids_it_holds(grid: Grid, data: st.DataObject) -> None:
    chosen = [sorted(data.draw(st.tuples(*[st.integers(0, n - 1)] * 2))) for n in grid.parents]
    zero, counts = boxes((0, 0, 0), (0, 0, 0)), boxes(grid.counts, grid.counts)
    points = grid.aligned_centroids(*(np.array(pair) for pair in chosen), zero, counts)
    box = AlignedBox(*((float(point[0]), float(point[1])) for point in points))
    assert grid.box_of_xyz(box) == IndexBox(*((low, high) for low, high in chosen))


@given(BOXES, BOXES)
def test_that_an_intersection_holds_what_both_hold_and_a_hull_holds_both(one: IndexBox, other: IndexBox) -> None:
    i, j, k = (values.ravel() for values in np.indices((10, 10, 10)))
    both = one.contains(i, j, k) & other.contains(i, j, k)
    common = one.intersect(other)
    assert (common.count if common else 0) == both.sum()
    assert common is None or (common.contains(i, j, k) == both).all()
    hull = one.hull(other)
    assert hull == IndexBox.around(*(axis[one.contains(i, j, k) | other.contains(i, j, k)] for axis in (i, j, k)))


def test_that_a_box_around_no_block_is_none() -> None:
    assert IndexBox.around(indices(), indices(), indices()) is None
    assert IndexBox.around(indices(7), indices(8), indices(9)) == IndexBox((7, 7), (8, 8), (9, 9))
    assert IndexBox((1, 3), (0, 0), (2, 3)).shape == (3, 1, 2)


def test_that_a_box_is_held_by_the_grid_only_up_to_its_last_block() -> None:
    assert NOTEBOOK.holds(IndexBox((0, 47), (0, 67), (0, 39)))
    assert not NOTEBOOK.holds(IndexBox((0, 48), (0, 67), (0, 39)))
    assert not replace(NOTEBOOK, parents=(48, 68, 39)).holds(IndexBox((0, 0), (0, 0), (39, 39)))


def test_that_a_box_with_swapped_or_negative_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="minimum of j, 3, is above its maximum, 2"):
        IndexBox((0, 1), (3, 2), (0, 1))
    with pytest.raises(ValueError, match="k starts at -1"):
        IndexBox((0, 1), (0, 1), (-1, 1))
    with pytest.raises(ValueError, match=r"minimum of z, 1\.0, is above"):
        AlignedBox((0.0, 1.0), (0.0, 1.0), (1.0, 0.5))
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="bounds of x are not finite"):
            AlignedBox((0.0, bad), (0.0, 1.0), (0.0, 1.0))
