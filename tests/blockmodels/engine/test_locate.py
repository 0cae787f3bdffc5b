"""From world coordinates back to blocks."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from tests.blockmodels.engine.geometry import QUICKSTART, RECORDED, column, grids

PLAIN = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (4, 3, 2), (10.0, 20.0, 5.0))


@given(grids(), st.integers(0, 2**32))
def test_that_centroids_are_found_again(grid: Grid, seed: int) -> None:
    random = np.random.default_rng(seed)
    blocks = [random.integers(0, number, 40) for number in grid.parents]
    *found, bad = grid.locate(*grid.centroids(*blocks))
    assert not bad.any()
    for expected, got in zip(blocks, found, strict=True):
        assert got.tolist() == expected.tolist()


@given(grids(kinds=(Kind.FULLY_SUB_BLOCKED, Kind.VARIABLE_OCTREE, Kind.FLEXIBLE)), st.integers(0, 2**32))
def test_that_sub_blocks_are_found_again_by_centroid_and_size(grid: Grid, seed: int) -> None:
    random = np.random.default_rng(seed)
    blocks = [random.integers(0, number, 40) for number in grid.parents]
    start = np.stack([random.integers(0, count, 40) for count in grid.counts], axis=1)
    end = random.integers(start, np.array(grid.counts), endpoint=False) + 1
    centroids, sizes = grid.sub_centroids(*blocks, start, end), grid.sub_sizes(start, end)
    *found, first, last, bad = grid.locate_cells(*centroids, *sizes)
    assert not bad.any()
    for expected, got in zip(blocks, found, strict=True):
        assert got.tolist() == expected.tolist()
    assert first.tolist() == start.tolist()
    assert last.tolist() == end.tolist()


def test_that_more_rows_than_a_batch_are_all_found() -> None:
    grid = replace(RECORDED, parents=(100, 100, 10))
    i, j, k = (values.ravel() for values in np.indices(grid.parents))
    x, y, z = grid.centroids(i, j, k)
    x[99_999] += 1.0
    found_i, found_j, found_k, bad = grid.locate(x, y, z)
    assert np.flatnonzero(bad).tolist() == [99_999]
    assert (found_i == i)[:-1].all()
    assert (found_j == j)[:-1].all()
    assert (found_k == k)[:-1].all()


@pytest.mark.parametrize(
    ("x", "off"),
    [
        (105.0, False),
        (105.0099, False),
        (104.9901, False),
        (105.0101, True),
        (104.9899, True),
        (110.0, True),  # a face is nobody's centroid
        (95.0, True),  # a centroid, but of a block before the first
        (145.0, True),  # or after the last
        (math.nan, True),
        (math.inf, True),
        (-math.inf, True),
        (1e300, True),
    ],
)
def test_that_a_point_further_off_than_a_thousandth_of_the_size_is_bad(x: float, off: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        *found, bad = PLAIN.locate(column(x, 115.0), column(210.0, 210.0), column(302.5, 302.5))
        assert bad.tolist() == [off, False]
        for got, number in zip(found, PLAIN.parents, strict=True):
            assert got.min() >= 0
            assert got.max() < number
        rotated = replace(PLAIN, rotations=(Rotation("y", 40.0), Rotation("z", 20.0)))
        *_, bad = rotated.locate(column(x), column(1e308), column(-1e308))
        assert bad.tolist() == [True]


def test_that_the_tolerance_is_measured_along_the_blocks_not_the_world() -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (1, 1, 1), (1000.0, 1.0, 1.0), rotations=(Rotation("z", 90.0),))
    x, y, z = grid.centroids(*[np.array([0])] * 3)  # the long axis lies along -y
    assert grid.locate(x, y + 0.5, z)[3].tolist() == [False]
    assert grid.locate(x + 0.5, y, z)[3].tolist() == [True]


def test_that_rows_of_the_quickstart_are_the_cells_that_it_means() -> None:
    x, y, z = column(1.0, 2.6, 3.0), column(1.5, 2.5, 2.5), column(4.5, 2.25, 2.25)
    dx, dy, dz = column(2.0, 0.4, 0.4), column(1.0, 1.0, 1.0), column(1.0, 0.5, 0.5)
    i, j, k, start, end, bad = QUICKSTART.locate_cells(x, y, z, dx, dy, dz)
    assert not bad.any()
    assert (i.tolist(), j.tolist(), k.tolist()) == ([0, 1, 1], [1, 2, 2], [4, 2, 2])
    assert start.tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert end.tolist() == [[5, 1, 2], [2, 1, 1], [3, 1, 1]]


@pytest.mark.parametrize(
    ("x", "dx"),
    [
        (2.6, 0.41),  # no whole number of cells
        (2.6, 0.0),
        (2.6, -0.4),
        (2.6, 2.4),  # more than a parent
        (2.6, math.nan),
        (2.6, math.inf),
        (2.6, 1e300),
        (2.4, 0.4),  # between two cells
        (2.601, 0.4),
        (2.0, 0.8),  # across the face of two parents
        (-0.2, 0.4),
        (20.2, 0.4),
        (math.nan, 0.4),
        (math.inf, 0.4),
    ],
)
def test_that_what_is_no_box_of_a_parent_is_bad(x: float, dx: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two, half = column(2.5, 2.5), column(0.5, 0.5)
        *_, start, end, bad = QUICKSTART.locate_cells(
            column(2.6, x), two, column(2.25, 2.25), column(0.4, dx), two / 2.5, half
        )
    assert bad.tolist() == [False, True]
    assert (start >= 0).all()
    assert (start < end).all()
    assert (end <= QUICKSTART.counts).all()


def test_that_a_size_may_be_off_by_a_thousandth_of_itself() -> None:
    y, z, dy, dz = column(2.5), column(2.25), column(1.0), column(0.5)
    assert QUICKSTART.locate_cells(column(2.6), y, z, column(0.40039), dy, dz)[5].tolist() == [False]
    assert QUICKSTART.locate_cells(column(2.6), y, z, column(0.40041), dy, dz)[5].tolist() == [True]
    assert QUICKSTART.locate_cells(column(2.60039), y, z, column(0.4), dy, dz)[5].tolist() == [False]
    assert QUICKSTART.locate_cells(column(2.60041), y, z, column(0.4), dy, dz)[5].tolist() == [True]


def test_that_no_rows_are_no_blocks() -> None:
    none = column()
    assert [each.shape for each in QUICKSTART.locate(none, none, none)] == [(0,)] * 4
    shapes = [each.shape for each in QUICKSTART.locate_cells(*[none] * 6)]
    assert shapes == [(0,), (0,), (0,), (0, 3), (0, 3), (0,)]
