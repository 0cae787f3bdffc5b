"""Tiles: every block is in one place of one tile, and boxes select what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.tiles import LARGEST_TILE, Tiling, tile_shape

SIDES = st.tuples(*[st.integers(1, 9)] * 3)
TILINGS = st.builds(Tiling, SIDES, st.tuples(*[st.integers(1, 4)] * 3))


@st.composite
def boxes(draw: st.DrawFn, parents: tuple[int, int, int]) -> IndexBox:
    sides = (sorted(draw(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))) for n in parents)
    return IndexBox(*((low, high) for low, high in sides))


def everything(tiling: Tiling) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i, j, k = np.indices(tiling.parents, dtype=np.uint32).reshape(3, -1)
    return i, j, k


@given(TILINGS)
def test_that_blocks_and_places_in_tiles_are_one_to_one(tiling: Tiling) -> None:
    i, j, k = everything(tiling)
    ranks, positions = tiling.locate(i, j, k)
    assert len(set(zip(ranks.tolist(), positions.tolist(), strict=True))) == len(i)
    assert (positions < tiling.sizes[ranks]).all()
    assert int(tiling.sizes.sum()) == len(i)
    for rank in range(tiling.number):
        mine = ranks == rank
        back = tiling.parents_of(rank, positions[mine])
        assert [axis.tolist() for axis in back] == [axis[mine].tolist() for axis in (i, j, k)]
        in_order = list(zip(*(axis.tolist() for axis in tiling.parents_of(rank)), strict=True))
        assert in_order == sorted(in_order)  # k fastest, i slowest
        assert IndexBox.around(*tiling.parents_of(rank)) == tiling.box(rank)


@given(st.data(), TILINGS)
def test_that_a_box_selects_its_blocks_and_the_tiles_that_have_some(data: st.DataObject, tiling: Tiling) -> None:
    box = data.draw(boxes(tiling.parents))
    i, j, k = everything(tiling)
    ranks, positions = tiling.locate(i, j, k)
    inside = box.contains(i, j, k)
    assert tiling.ranks_in(box) == sorted(set(ranks[inside].tolist()))
    for rank in range(tiling.number):
        expected = sorted(positions[inside & (ranks == rank)].tolist())
        found = tiling.positions_in(rank, box)
        assert (list(range(tiling.sizes[rank])) if found is None else found.tolist()) == expected


@given(TILINGS)
def test_that_ranks_follow_the_morton_curve(tiling: Tiling) -> None:
    def code(corner: list[int]) -> int:
        return sum((value >> bit & 1) << (3 * bit + 2 - axis) for axis, value in enumerate(corner) for bit in range(4))

    codes = [code(corner) for corner in tiling.corners.tolist()]
    assert codes == sorted(set(codes))


def test_that_the_first_axis_is_the_highest_bit_of_the_curve() -> None:
    assert Tiling((2, 2, 2), (1, 1, 1)).corners.tolist() == [
        [0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]
    ]  # fmt: skip


def test_that_a_long_axis_has_its_place_on_the_curve() -> None:
    tiling = Tiling((3_000_000, 1, 1), (2, 1, 1))
    assert tiling.corners[:, 0].tolist() == list(range(1_500_000))


@given(st.tuples(*[st.integers(1, 790)] * 3))
def test_that_tiles_fit_into_row_groups_and_are_not_many(parents: tuple[int, int, int]) -> None:
    shape = tile_shape(parents)
    assert np.prod(shape) <= LARGEST_TILE
    assert all(1 <= side <= count for side, count in zip(shape, parents, strict=True))
    least = int(np.prod(parents)) / LARGEST_TILE
    assert Tiling(parents, shape).number <= 1 + 1.6 * least + 6 * least ** (2 / 3)


@pytest.mark.parametrize(
    "parents", [(500_000_000, 1, 1), (1, 500_000_000, 1), (1, 2, 250_000_000), (22_360, 22_360, 1), (793, 793, 793)]
)
def test_that_extreme_grids_have_tiles(parents: tuple[int, int, int]) -> None:
    shape = tile_shape(parents)
    assert np.prod(shape) <= LARGEST_TILE
    assert Tiling(parents, shape).number <= 2 * int(np.prod(parents)) / LARGEST_TILE
    last = [np.array([count - 1], np.uint32) for count in parents]
    tiling = Tiling(parents, shape)
    rank, position = tiling.locate(*last)
    assert [axis.tolist() for axis in tiling.parents_of(int(rank[0]), position)] == [[count - 1] for count in parents]
