"""Curves along an axis and over cut-offs."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.aggregation import Warned
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.request import Density
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.swaths import (
    AboveCutoff,
    GradeTonnage,
    Slab,
    Slabs,
    Swathed,
    Swaths,
    grade_tonnage,
    swath,
)
from coreshed.blockmodels.engine.tallying import Counted
from tests.blockmodels.engine.small_models import model, opened

GRID = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (4, 3, 2), (10.0, 5.0, 2.0), rotations=(Rotation("z", 30.0),))


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    with opened(tmp_path_factory.mktemp("blocks")) as store:
        yield store


def test_that_a_swath_along_an_index_has_a_slab_for_every_parent(blocks: BlockStore) -> None:
    values = pa.array([None if n == 0 else float(n) for n in range(24)])
    [found] = swath(model(blocks, GRID, {"Au": values}, (2, 2, 2)), Swaths(["Au"], Slabs("i"))).slabs
    assert found == (
        Slab(0, 100.0, 110.0, 5, 1, 500.0, 1500.0, 3.0),
        Slab(1, 110.0, 120.0, 6, 0, 600.0, 5100.0, 8.5),
        Slab(2, 120.0, 130.0, 6, 0, 600.0, 8700.0, 14.5),
        Slab(3, 130.0, 140.0, 6, 0, 600.0, 12300.0, 20.5),
    )


def test_that_a_swath_along_a_coordinate_goes_by_centroids_in_the_models_own_directions(blocks: BlockStore) -> None:
    snapshot = model(blocks, GRID, {"Au": pa.array(np.arange(24.0))}, (2, 2, 2))
    [found] = swath(snapshot, Swaths(["Au"], Slabs("x", width=20.0))).slabs
    assert [(each.low, each.high, each.blocks, each.mean) for each in found] == [
        (100.0, 120.0, 12, 5.5),
        (120.0, 140.0, 12, 17.5),
    ]
    # Centroids at 105, 115, 125, 135: those on a border belong to the slab above, those below the start to none.
    [found] = swath(snapshot, Swaths(["Au"], Slabs("x", width=10.0, start=115.0))).slabs
    assert [(each.number, each.low, each.mean) for each in found] == [
        (0, 115.0, 8.5),
        (1, 125.0, 14.5),
        (2, 135.0, 20.5),
    ]


def test_that_a_swath_may_be_weighted_by_mass(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (2, 2, 1), (1.0, 1.0, 1.0))
    columns = {"Au": pa.array([1.0, 4.0, -2.0, 8.0]), "rho": pa.array([2.0, 1.0, 3.0, None])}
    asked = Swaths(["Au"], Slabs("i"), density=Density("rho"), volume_factor=10.0)
    made = swath(model(blocks, grid, columns, (1, 1, 1)), asked)
    assert made.warnings == (Warned(Counted.INVALID_DENSITY_VALUE, "rho", 1),)
    [found] = made.slabs
    assert found == (Slab(0, 0.0, 1.0, 2, 0, 30.0, 60.0, 2.0), Slab(1, 1.0, 2.0, 1, 0, 30.0, -60.0, -2.0))


@given(
    st.lists(st.none() | st.floats(-5, 5, width=32), min_size=24, max_size=24),
    st.sampled_from(["i", "j", "k", "x", "y", "z"]),
    st.sampled_from([(4, 3, 2), (3, 2, 1)]),
)
def test_that_every_swath_agrees_with_sums_by_slab(
    blocks: BlockStore, values: list[float | None], axis: str, tile: tuple[int, int, int]
) -> None:
    place = "ijkxyz".index(axis) % 3
    box = IndexBox((0, 2), (0, 2), (0, 1))
    slabs = Slabs(axis) if axis in "ijk" else Slabs(axis, width=2 * GRID.size[place])  # type: ignore[arg-type]
    snapshot = model(blocks, GRID, {"Au": pa.array(values, pa.float64())}, tile)
    expected: dict[int, list[float]] = {}
    for value, indices in zip(values, np.ndindex(GRID.parents), strict=True):
        if indices[0] <= 2:
            slab = expected.setdefault(indices[place] if axis in "ijk" else indices[place] // 2, [])
            slab += [] if value is None else [value]
    [found] = swath(snapshot, Swaths(["Au"], slabs, box=box)).slabs
    assert [each.number for each in found] == sorted(expected)
    for each in found:
        held = expected[each.number]
        assert each.blocks == len(held)
        assert each.mean == (pytest.approx(np.mean(held), abs=1e-12) if held else None)


def test_that_slabs_without_sense_are_refused(blocks: BlockStore) -> None:
    for wrong in (lambda: Slabs("i", width=1.0), lambda: Slabs("x"), lambda: Slabs("z", width=0.0)):
        with pytest.raises(ValueError):
            wrong()
    snapshot = model(blocks, GRID, {"Au": pa.array(np.arange(24.0))})
    with pytest.raises(ValueError, match="100,000"):
        swath(snapshot, Swaths(["Au"], Slabs("x", width=1e-6)))
    assert swath(snapshot, Swaths(["Au"], Slabs("x", width=1.0, start=1e9))) == Swathed(((),), ())


def test_that_a_curve_has_tonnage_grade_and_metal_above_each_cutoff(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (4, 1, 1), (1.0, 1.0, 1.0))
    snapshot = model(blocks, grid, {"Au": pa.array([1.0, 2.0, 3.0, None])}, (1, 1, 1))
    curve = GradeTonnage(["Au"], "Au", (2.0, 0.0, 9.0), Density(constant=2.0))
    assert grade_tonnage(snapshot, curve).points == (
        (
            AboveCutoff(2.0, 2, 4.0, 2.5, 10.0),
            AboveCutoff(0.0, 3, 6.0, 2.0, 12.0),
            AboveCutoff(9.0, 0, 0.0, None, 0.0),
        ),
    )
    with pytest.raises(ValueError):
        grade_tonnage(snapshot, GradeTonnage(["Au"], "Au", (), Density(constant=2.0)))


def test_that_several_columns_go_along_an_axis_and_over_the_cutoffs_of_another(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (4, 1, 1), (1.0, 1.0, 1.0))
    columns = {"Au": pa.array([1.0, 2.0, 3.0, None]), "Cu": pa.array([4.0, -5.0, None, 7.0])}
    snapshot = model(blocks, grid, columns, (1, 1, 1))
    spoilt = Policies(Policy.MARK_AS_INVALID, Policy.USE)
    gold, copper = swath(snapshot, Swaths(["Au", "Cu"], Slabs("x", width=2.0), policies=spoilt)).slabs
    assert gold == (Slab(0, 0.0, 2.0, 2, 0, 2.0, 3.0, 1.5), Slab(1, 2.0, 4.0, 1, 0, 1.0, 3.0, None, 1))
    assert copper == (Slab(0, 0.0, 2.0, 2, 0, 2.0, -1.0, -0.5), Slab(1, 2.0, 4.0, 1, 0, 1.0, 7.0, None, 1))
    ignoring = Policies(Policy.IGNORE_VALUE, Policy.USE)
    found = grade_tonnage(snapshot, GradeTonnage(["Cu"], "Au", (0.0, 2.0), Density(constant=1.0), policies=ignoring))
    assert found.points == ((AboveCutoff(0.0, 3, 3.0, -0.5, -1.0), AboveCutoff(2.0, 2, 2.0, -5.0, -5.0)),)
    spoiling = GradeTonnage(["Cu"], "Au", (2.0,), Density(constant=1.0), policies=spoilt)
    assert grade_tonnage(snapshot, spoiling).points == ((AboveCutoff(2.0, 2, 2.0, -5.0, -5.0, 1, 1),),)


@pytest.mark.parametrize("number", [32, 33, 300])
def test_that_many_cutoffs_are_as_good_as_few(blocks: BlockStore, number: int) -> None:
    values = np.random.default_rng(number).integers(0, 50, 24).astype(np.float64)
    snapshot = model(blocks, GRID, {"Au": pa.array(values)}, (2, 2, 2))
    cutoffs = np.linspace(-1.0, 51.0, number).round(0 if number == 33 else 3).tolist()
    [points] = grade_tonnage(snapshot, GradeTonnage(["Au"], "Au", cutoffs, Density(constant=1.0))).points
    assert [each.blocks for each in points] == [int((values >= cutoff).sum()) for cutoff in cutoffs]
