"""The synthetic geology: plausible, and the same everywhere."""

import math
from collections import Counter
from itertools import pairwise

import pytest

from coreshed.demo import orebody
from coreshed.demo.orebody import Hole, Mesh


@pytest.fixture(scope="module")
def holes() -> list[Hole]:
    return orebody.holes()


def volume(mesh: Mesh) -> float:
    """Signed, by tetrahedra from the first vertex; positive where the triangles face outwards."""
    origin = mesh.vertices[0]
    total = 0.0
    for triangle in mesh.triangles:
        a, b, c = ([mesh.vertices[i][axis] - origin[axis] for axis in range(3)] for i in triangle)
        total += a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2])
        total += a[2] * (b[0] * c[1] - b[1] * c[0])
    return total / 6


def test_that_the_orebody_is_closed_and_faces_outwards() -> None:
    mesh = orebody.lens()
    edges = Counter((triangle[i], triangle[(i + 1) % 3]) for triangle in mesh.triangles for i in range(3))
    assert set(edges.values()) == {1}
    assert all((end, start) in edges for start, end in edges)
    assert len(mesh.vertices) - len(edges) // 2 + len(mesh.triangles) == 2
    exact = 4 / 3 * math.pi * orebody.HALF_STRIKE * orebody.HALF_DOWN_DIP * orebody.HALF_THICKNESS
    assert volume(mesh) == pytest.approx(exact, rel=0.03)


def test_that_the_orebody_lies_below_the_ground() -> None:
    assert all(z < orebody.elevation(x, y) for x, y, z in orebody.lens().vertices)


def test_that_every_triangle_of_the_ground_faces_up() -> None:
    mesh = orebody.topography()
    for triangle in mesh.triangles:
        a, b, c = (mesh.vertices[i] for i in triangle)
        assert (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0


def test_that_every_hole_starts_on_the_ground_and_goes_down(holes: list[Hole]) -> None:
    assert len(holes) == 40
    for hole in holes:
        assert hole.collar[2] == pytest.approx(orebody.elevation(hole.collar[0], hole.collar[1]), abs=0.005)
        assert all(deeper[2] < higher[2] for higher, deeper in pairwise(hole.path))


def test_that_the_path_of_a_hole_is_as_long_as_its_depth(holes: list[Hole]) -> None:
    for hole in holes:
        chords = sum(math.dist(a, b) for a, b in pairwise(hole.path))
        assert chords <= hole.depth + 0.01
        assert chords == pytest.approx(hole.depth, rel=1e-4)
        assert hole.stations[-1].depth == hole.depth


def test_that_samples_follow_each_other_from_collar_to_end(holes: list[Hole]) -> None:
    for hole in holes:
        assert hole.samples[0].start == 0
        assert hole.samples[-1].end == hole.depth
        assert all(above.end == below.start for above, below in pairwise(hole.samples))


def test_that_grades_are_high_inside_the_lens_and_low_outside(holes: list[Hole]) -> None:
    copper: dict[int, list[float]] = {rock: [] for rock in range(len(orebody.ROCKS))}
    for hole in holes:
        for sample in hole.samples:
            copper[sample.rock].append(sample.copper_percent)
    mean = {rock: math.fsum(values) / len(values) for rock, values in copper.items()}
    assert math.isnan(mean[0])
    assert 1 < mean[2] < 3
    assert max(mean[1], mean[3]) < 0.1


def test_that_most_holes_meet_the_lens(holes: list[Hole]) -> None:
    assert sum(any(sample.rock == 2 for sample in hole.samples) for hole in holes) >= 30
