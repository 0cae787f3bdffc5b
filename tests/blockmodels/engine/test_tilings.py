"""Tiling checks and completion, against judgement cell by cell."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from coreshed.blockmodels.engine import flexible, subblocks, tilings
from coreshed.blockmodels.engine.grid import Kind
from tests.blockmodels.engine.cuts import (
    OCTREE_COUNTS,
    SMALL_COUNTS,
    Box,
    Counts,
    cells,
    disturbed,
    flexible_cut,
    halves,
    judged,
    numbered,
    octree_cut,
    table,
    whole,
)
from tests.blockmodels.engine.geometry import boxes, indices

OCTREE, FULLY, FLEXIBLE = Kind.VARIABLE_OCTREE, Kind.FULLY_SUB_BLOCKED, Kind.FLEXIBLE
Parents = st.lists(st.integers(0, 2**40), min_size=1, max_size=3, unique=True)


def compare(found: tilings.Tiling, rows: list[tuple[int, Box]], counts: Counts) -> None:
    duplicate, overlap, parents, hole = judged(rows, counts)
    assert found.duplicate.tolist() == duplicate
    assert found.overlap.tolist() == overlap
    assert found.parents.tolist() == parents
    assert found.hole.tolist() == hole
    assert found.disjoint == (not any(duplicate + overlap))
    assert found.complete == (not any(duplicate + overlap + hole))


def in_numbers(kind: Kind, rows: list[tuple[int, Box]], counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    rank, start, end = table(rows)
    sidx, bad = subblocks.sidx_of_box(kind, counts, start, end)
    assert not bad.any()
    return rank, sidx


@st.composite
def octree_rows(draw: st.DrawFn) -> tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]]:
    """A tiling, and the same with rows left out and added; sorted by parent and number."""
    counts = draw(OCTREE_COUNTS)
    nodes = numbered(counts)
    rows = [(rank, box) for rank in sorted(draw(Parents)) for box in octree_cut(draw, counts)]
    spoiled = disturbed(draw, rows, nodes)
    return counts, rows, sorted(spoiled, key=lambda row: (row[0], nodes.index(row[1])))


@st.composite
def flexible_rows(draw: st.DrawFn) -> tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]]:
    counts = draw(SMALL_COUNTS)
    rows = sorted((rank, box) for rank in draw(Parents) for box in flexible_cut(draw, counts))
    ends = itertools.product(*(range(1, count + 1) for count in counts))
    every = [(tuple(draw(st.integers(0, each - 1)) for each in end), end) for end in itertools.islice(ends, 40)]
    return counts, rows, disturbed(draw, rows, every)  # type: ignore[arg-type]


@given(octree_rows())
def test_that_octrees_are_judged_as_their_cells_are(
    example: tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]],
) -> None:
    counts, rows, spoiled = example
    assert tilings.tiling(OCTREE, counts, *in_numbers(OCTREE, rows, counts)).complete
    compare(tilings.tiling(OCTREE, counts, *in_numbers(OCTREE, spoiled, counts)), spoiled, counts)


@given(SMALL_COUNTS, st.data())
def test_that_fully_sub_blocked_parents_are_judged_as_their_cells_are(counts: Counts, data: st.DataObject) -> None:
    most = subblocks.max_sidx(FULLY, counts)
    all_cells = [(5, n) for n in range(1, most + 1)] if data.draw(st.booleans()) else []
    some = data.draw(st.lists(st.tuples(st.integers(3, 6), st.integers(0, most)), max_size=12))
    numbers = sorted(all_cells + some)
    rank, sidx = np.array([row[0] for row in numbers], dtype=np.int64), indices(*(row[1] for row in numbers))
    start, end = subblocks.cell_of(sidx, counts)
    at = [(tuple(a), tuple(b)) for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    rows = [(row[0], box) for row, box in zip(numbers, at, strict=True)]
    compare(tilings.tiling(FULLY, counts, rank, sidx), rows, counts)  # type: ignore[arg-type]


@given(flexible_rows())
def test_that_flexible_parents_are_judged_as_their_cells_are(
    example: tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]],
) -> None:
    counts, rows, spoiled = example
    assert tilings.flexible_tiling(counts, *table(rows)).complete
    compare(tilings.flexible_tiling(counts, *table(spoiled)), spoiled, counts)


@pytest.mark.parametrize("way", ["painting", "corners, then painting", "corners, then pairs"])
@given(example=flexible_rows())
def test_that_each_way_of_finding_overlap_finds_the_same(
    way: str, example: tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]]
) -> None:
    counts, rows, spoiled = example
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flexible, "_PAIRS", 3)
        patch.setattr(flexible, "_BOXES", 5)
        patch.setattr(flexible, "_CELLS", 300)
        if way != "painting":
            patch.setattr(flexible, "_PAIRS_PER_BOX", -1)
        patch.setattr(flexible, "_PAIRS_PER_CELL", 10**6 if way.endswith("pairs") else -1)
        for each in (rows, spoiled):
            compare(tilings.flexible_tiling(counts, *table(each)), each, counts)


def test_that_boxes_with_the_volume_of_their_parent_may_still_overlap() -> None:
    rank, start, end = table([(1, ((0, 0, 0), (2, 1, 1))), (1, ((1, 0, 0), (3, 1, 1)))])
    found = tilings.flexible_tiling((4, 1, 1), rank, start, end)
    assert found.overlap.tolist() == [True, True]
    assert found.hole.tolist() == [False]
    assert not found.complete


def rods(parents: int, counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Rods along x: all start at 0, so that every two of a parent are a pair."""
    y, z = (each.ravel() for each in np.indices(counts[1:]))
    start = np.tile(np.stack([np.zeros_like(y), y, z], axis=1), (parents, 1)).astype(np.uint8)
    end = start + np.array([counts[0], 1, 1], dtype=np.uint8)
    return np.repeat(np.arange(parents), len(y)), start, end


def test_that_many_rods_are_proven_and_one_that_is_too_long_is_found() -> None:
    counts = (10, 40, 40)
    rank, start, end = rods(5, counts)
    assert tilings.flexible_tiling(counts, rank, start, end).complete
    end[1600 + 7, 2] += 1
    found = tilings.flexible_tiling(counts, rank, start, end)
    assert np.flatnonzero(found.overlap).tolist() == [1607, 1608]
    assert not found.hole.any()
    end[1600 + 7, 2] -= 1
    end[3200, 0] -= 1
    found = tilings.flexible_tiling(counts, rank, start, end)
    assert not found.overlap.any()
    assert found.parents[found.hole].tolist() == [2]


def test_that_whole_parents_tile_themselves() -> None:
    rank = np.array([4, 9, 11])
    none = indices(0, 0, 0)
    for kind, counts in [(OCTREE, (4, 2, 1)), (FULLY, (5, 1, 2))]:
        assert tilings.tiling(kind, counts, rank, none).complete
    start, end = boxes(*[(0, 0, 0)] * 3), boxes(*[(100, 100, 100)] * 3)
    assert tilings.flexible_tiling((100, 100, 100), rank, start, end).complete


def test_that_no_rows_are_no_parents() -> None:
    none, empty = np.empty(0, dtype=np.int64), np.empty((0, 3), dtype=np.uint8)
    for found in (
        tilings.tiling(OCTREE, (2, 2, 2), none, none),
        tilings.tiling(FULLY, (2, 2, 2), none, none),
        tilings.flexible_tiling((2, 2, 2), none, empty, empty),
    ):
        assert found.complete
        assert found.parents.tolist() == []


def test_that_rows_that_are_not_sorted_are_refused() -> None:
    for rank, sidx in [((1, 0), (0, 0)), ((1, 1), (2, 1))]:
        with pytest.raises(ValueError, match="not sorted"):
            tilings.tiling(OCTREE, (2, 2, 2), np.array(rank), np.array(sidx))
    with pytest.raises(ValueError, match="not sorted"):
        tilings.flexible_tiling((2, 1, 1), np.array([0, 0]), boxes((1, 0, 0), (0, 0, 0)), boxes((2, 1, 1), (1, 1, 1)))


def test_that_a_box_off_its_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1: the box is not on the grid"):
        tilings.flexible_tiling((2, 1, 1), np.array([0, 0]), boxes((0, 0, 0), (1, 0, 0)), boxes((1, 1, 1), (3, 1, 1)))


def test_that_rows_are_put_in_the_order_of_the_checks() -> None:
    rank, start, end = (
        np.array([1, 0, 0]),
        boxes((0, 0, 0), (0, 0, 0), (0, 0, 0)),
        boxes((1, 1, 1), (2, 1, 1), (1, 1, 1)),
    )
    keys = subblocks.pack(rank, subblocks.corner(start))
    assert tilings.order(keys).tolist() == [1, 2, 0]
    assert tilings.order(keys, end).tolist() == [2, 1, 0]


def test_that_a_part_of_a_fully_divided_parent_lacks_its_other_cells() -> None:
    rank, sidx = tilings.complete(FULLY, (5, 1, 2), np.array([4, 7, 7]), indices(0, 3, 5))
    assert rank.tolist() == [7] * 8
    assert sidx.tolist() == [1, 2, 4, 6, 7, 8, 9, 10]


def test_that_a_part_of_an_octree_lacks_the_coarsest_nodes_that_fill_the_rest() -> None:
    # Node 4 is the second half, on level 3, of node 2, which is the first quarter of node 1.
    rank, sidx = tilings.complete(OCTREE, (8, 4, 2), np.array([3, 5]), indices(0, 4))
    assert rank.tolist() == [5] * 11
    assert sidx.tolist() == [3, 5, 8, 11, 14, 27, 40, 53, 66, 79, 92]


@given(octree_rows())
def test_that_completed_octrees_are_tilings_by_the_fewest_nodes(
    example: tuple[Counts, list[tuple[int, Box]], list[tuple[int, Box]]],
) -> None:
    counts, _, spoiled = example
    rank, sidx = in_numbers(OCTREE, spoiled, counts)
    before = tilings.tiling(OCTREE, counts, rank, sidx)
    fine = ~np.isin(rank, rank[before.duplicate | before.overlap])
    rank, sidx = rank[fine], sidx[fine]
    more, lacking = tilings.complete(OCTREE, counts, rank, sidx)
    together = np.sort(subblocks.pack(np.concatenate((rank, more)), np.concatenate((sidx, lacking))))
    after = tilings.tiling(OCTREE, counts, *subblocks.unpack(together))
    assert after.complete
    assert after.parents.tolist() == sorted(set(rank.tolist()))
    # No node that was added could be coarser: what it was split from holds something that was given.
    nodes = numbered(counts)
    up = {child: box for box in nodes for child in halves(box) if child != box}
    for parent, number in zip(more.tolist(), lacking.tolist(), strict=True):
        given_here = [nodes[n] for n in sidx[rank == parent]]
        assert any(cells(up[nodes[number]]) & cells(box) for box in given_here)


@given(SMALL_COUNTS, st.data())
def test_that_completed_fully_divided_parents_are_tilings(counts: Counts, data: st.DataObject) -> None:
    most = subblocks.max_sidx(FULLY, counts)
    number = st.integers(1, most)
    parent = st.just([0]) | st.lists(number, min_size=1, unique=True).map(sorted)
    rows = [(3 * n, sidx) for n, numbers in enumerate(data.draw(st.lists(parent, max_size=4))) for sidx in numbers]
    rank, sidx = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    more, lacking = tilings.complete(FULLY, counts, rank, sidx)
    together = np.sort(subblocks.pack(np.concatenate((rank, more)), np.concatenate((sidx, lacking))))
    after = tilings.tiling(FULLY, counts, *subblocks.unpack(together))
    assert after.complete
    assert after.parents.tolist() == sorted(set(rank.tolist()))


def test_that_a_flexible_parent_cannot_be_completed() -> None:
    with pytest.raises(ValueError, match="flexible parent"):
        tilings.complete(FLEXIBLE, (2, 2, 2), indices(0), indices(0))
    with pytest.raises(ValueError, match="regular model"):
        tilings.complete(Kind.REGULAR, (1, 1, 1), indices(0), indices(0))


def test_that_the_slow_way_judges_as_the_contract_says() -> None:
    counts: Counts = (2, 1, 1)
    left, right = halves(whole(counts))
    assert judged([(0, left), (0, right)], counts) == ([False, False], [False, False], [0], [False])
    assert judged([(0, whole(counts)), (0, left)], counts) == ([False, False], [True, True], [0], [False])
    assert judged([(0, left), (0, left)], counts) == ([False, True], [False, False], [0], [True])
