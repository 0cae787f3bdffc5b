"""Points inside closed surfaces."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from coreshed.blockmodels.engine.solids import OpenSurface, Solid

_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def box(low: tuple[float, ...], high: tuple[float, ...]) -> tuple[Any, Any]:
    """Vertices and triangles of a box along the axes."""
    corners = product(*zip(low, high, strict=True))
    triangles = [each for a, b, c, d in _FACES for each in ((a, b, c), (a, c, d))]
    return np.array(list(corners), float), np.array(triangles)


def both(one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any]:
    """Two surfaces as one."""
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1] + len(one[0])])


def sphere(steps: int) -> tuple[Any, Any]:
    """A ball of radius 1 by parallels and meridians."""
    around = 2 * steps
    polar = np.linspace(0, np.pi, steps + 1)[1:-1]
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    ring = [
        (np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)) for a, b in product(polar.tolist(), turn.tolist())
    ]
    vertices = np.array([(0, 0, 1), *ring, (0, 0, -1)])
    last = len(vertices) - 1
    triangles = []
    for j in range(around):
        right = (j + 1) % around
        triangles += [(0, 1 + j, 1 + right), (last, last - around + right, last - around + j)]
        for i in range(steps - 2):
            a, b = 1 + i * around + j, 1 + i * around + right
            triangles += [(a, a + around, b), (b, a + around, b + around)]
    return vertices, np.array(triangles)


def test_that_points_are_told_from_each_other_by_a_box() -> None:
    points = np.random.default_rng(1).uniform(-1, 5, (20_000, 3))
    found = Solid(*box((0, 0, 0), (2, 3, 4))).contains(*points.T)
    assert (found == ((points > 0) & (points < [2, 3, 4])).all(axis=1)).all()


def test_that_lines_through_edges_and_vertices_cross_an_even_number_of_times() -> None:
    """The lattice of points lies on the diagonals, edges and corners of the faces."""
    lattice = np.stack(np.meshgrid(*[np.arange(-1, 6) / 2] * 2, [-1.0, 0.5, 1.5, 3.0], indexing="ij"), -1)
    points = lattice.reshape(-1, 3)
    found = Solid(*box((0, 0, 0), (2, 2, 2))).contains(*points.T)
    within = ((points[:, :2] > 0) & (points[:, :2] < 2)).all(axis=1) & (points[:, 2] > 0) & (points[:, 2] < 2)
    beyond = ((points < 0) | (points > 2)).any(axis=1)
    assert found[within].all()
    assert not found[beyond].any()


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float64, (6, 3), elements=st.integers(-3, 3).map(float)), st.randoms(use_true_random=False))
def test_that_what_lies_above_or_below_a_surface_is_outside_of_it(points: Any, random: Any) -> None:
    """An octahedron, however flat, folded or skew: no line ends within it for ever."""
    triangles = np.array([(0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)])
    try:
        solid = Solid(points, triangles)
    except OpenSurface:
        return  # vertices at the same place have left single triangles
    where = np.array([[random.uniform(-3, 3), random.uniform(-3, 3)] for _ in range(20)] + points[:, :2].tolist())
    for height in (-4.0, 4.0):
        assert not solid.contains(where[:, 0], where[:, 1], np.full(len(where), height)).any()


def test_that_a_fine_ball_agrees_with_its_radius() -> None:
    points = np.random.default_rng(2).uniform(-1.1, 1.1, (20_000, 3))
    distance = np.linalg.norm(points, axis=1)
    found = Solid(*sphere(60)).contains(*points.T)
    clear = (distance < 0.99) | (distance > 1)
    assert (found[clear] == (distance < 1)[clear]).all()


def test_that_a_shell_within_a_shell_is_a_hole_and_one_beside_it_another_body() -> None:
    hole = Solid(*both(box((0, 0, 0), (4, 4, 4)), box((1, 1, 1), (3, 3, 3))))
    x = np.array([0.5, 2.1, 3.5, 5.0])
    middle = np.full(4, 2.2)
    assert hole.contains(x, middle, middle).tolist() == [True, False, True, False]
    pair = Solid(*both(box((0, 0, 0), (1, 4, 4)), box((2, 0, 0), (3, 4, 4))))
    assert pair.contains(x, middle, middle).tolist() == [True, True, False, False]


def test_that_vertices_at_the_same_place_are_one() -> None:
    vertices, triangles = box((0, 0, 0), (1, 1, 1))
    solid = Solid(vertices[triangles.ravel()], np.arange(triangles.size).reshape(-1, 3))
    assert solid.contains(np.array([0.3]), np.array([0.4]), np.array([0.5])).tolist() == [True]


def test_that_the_sense_of_triangles_does_not_matter() -> None:
    vertices, triangles = box((0, 0, 0), (1, 1, 1))
    triangles[::2] = triangles[::2, ::-1]
    assert Solid(vertices, triangles).contains(np.array([0.3]), np.array([0.4]), np.array([0.5])).all()


def test_that_a_surface_with_a_hole_or_of_nothing_is_refused() -> None:
    vertices, triangles = box((0, 0, 0), (1, 1, 1))
    with pytest.raises(OpenSurface, match="3 of its 18 edges"):
        Solid(vertices, triangles[1:])
    with pytest.raises(OpenSurface):
        Solid(vertices, triangles[:0])
    with pytest.raises(OpenSurface):
        Solid(vertices, np.array([[0, 0, 1], [2, 2, 2]]))


def test_that_many_points_over_many_triangles_of_one_cell_are_looked_at_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from coreshed.blockmodels.engine import solids

    points = np.random.default_rng(3).uniform(-1.1, 1.1, (500, 3))
    solid = Solid(*sphere(12))
    whole = solid.contains(*points.T)
    monkeypatch.setattr(solids, "_MOST_PAIRS", 7)
    assert (solid.contains(*points.T) == whole).all()
