"""Numbers of sub-blocks, against the contract's tables and against trees that are built node by node."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine import subblocks
from coreshed.blockmodels.engine.grid import Kind
from tests.blockmodels.engine.cuts import OCTREE_COUNTS, SMALL_COUNTS, Box, Counts, numbered, table, whole
from tests.blockmodels.engine.geometry import boxes, indices

OCTREE, FULLY, FLEXIBLE = Kind.VARIABLE_OCTREE, Kind.FULLY_SUB_BLOCKED, Kind.FLEXIBLE


@pytest.mark.parametrize(
    ("counts", "level", "node", "sidx"),
    [
        ((2, 2, 2), 1, (0, 0, 0), 1),
        ((2, 2, 2), 1, (1, 0, 0), 2),
        ((2, 2, 2), 1, (0, 1, 0), 3),
        ((2, 2, 2), 1, (1, 1, 0), 4),
        ((2, 2, 2), 1, (0, 0, 1), 5),
        ((2, 2, 2), 1, (1, 1, 1), 8),
        ((4, 4, 4), 1, (0, 0, 0), 1),
        ((4, 4, 4), 1, (1, 0, 0), 10),
        ((4, 4, 4), 1, (0, 1, 0), 19),
        ((4, 4, 4), 1, (0, 0, 1), 37),
        ((8, 4, 2), 1, (0, 0, 0), 1),
        ((8, 4, 2), 1, (1, 0, 0), 14),
        ((8, 4, 2), 1, (0, 1, 0), 27),
        ((8, 4, 2), 1, (1, 1, 0), 40),
        ((8, 4, 2), 1, (0, 0, 1), 53),
        ((8, 4, 2), 2, (0, 0, 0), 2),
        ((8, 4, 2), 2, (1, 0, 0), 5),
        ((8, 4, 2), 2, (0, 1, 0), 8),
        ((8, 4, 2), 2, (1, 1, 0), 11),
        ((8, 4, 2), 3, (0, 0, 0), 3),
        ((8, 4, 2), 3, (1, 0, 0), 4),
        ((8, 4, 2), 3, (0, 1, 0), 9),
        ((8, 4, 2), 3, (1, 1, 0), 10),
        ((8, 4, 2), 0, (0, 0, 0), 0),
    ],
)
def test_that_nodes_have_the_numbers_of_the_contract(
    counts: Counts, level: int, node: tuple[int, int, int], sidx: int
) -> None:
    found = subblocks.octree_sidx(indices(level), *(indices(each) for each in node), counts)
    assert found.tolist() == [sidx]


@pytest.mark.parametrize(
    ("counts", "most"),
    [((2, 2, 2), 8), ((4, 4, 4), 72), ((8, 4, 2), 104), ((4, 2, 1), 12), ((64, 64, 64), 299_592), ((1, 1, 64), 126)],
)
def test_that_the_last_node_is_the_one_of_the_contract(counts: Counts, most: int) -> None:
    assert subblocks.max_sidx(OCTREE, counts) == most
    start, end = subblocks.octree_cell(indices(most), counts)
    assert start.tolist() == [[each - 1 for each in counts]]
    assert end.tolist() == [list(counts)]
    with pytest.raises(ValueError, match=f"row 1: sidx {most + 1} is not in 0..{most:,}"):
        subblocks.octree_cell(indices(0, most + 1), counts)


def test_that_other_kinds_state_their_last_number_too() -> None:
    assert subblocks.max_sidx(FULLY, (5, 1, 2)) == 10
    assert subblocks.max_sidx(FULLY, (100, 100, 100)) == 1_000_000
    assert subblocks.max_sidx(Kind.REGULAR, (1, 1, 1)) == 0
    with pytest.raises(ValueError, match="no sidx"):
        subblocks.max_sidx(FLEXIBLE, (2, 2, 2))


@given(OCTREE_COUNTS)
def test_that_numbers_are_those_of_a_tree_that_is_walked_node_by_node(counts: Counts) -> None:
    nodes = numbered(counts)
    assert subblocks.max_sidx(OCTREE, counts) == len(nodes) - 1
    sidx = np.arange(len(nodes), dtype=np.uint32)
    start, end = subblocks.box_of_sidx(OCTREE, counts, sidx)
    assert [tuple(map(tuple, box)) for box in zip(start.tolist(), end.tolist(), strict=True)] == nodes
    back, bad = subblocks.sidx_of_box(OCTREE, counts, start, end)
    assert not bad.any()
    assert back.tolist() == sidx.tolist()


@given(OCTREE_COUNTS, st.data())
def test_that_a_box_that_is_no_node_is_bad(counts: Counts, data: st.DataObject) -> None:
    corner = st.tuples(*[st.integers(0, each) for each in counts])
    tried: list[Box] = data.draw(st.lists(st.tuples(corner, corner), min_size=1, max_size=30))
    _, start, end = table([(0, box) for box in tried])
    nodes = {box: sidx for sidx, box in enumerate(numbered(counts))}
    sidx, bad = subblocks.octree_sidx_of_box(start, end, counts)
    assert bad.tolist() == [box not in nodes for box in tried]
    assert sidx.tolist() == [nodes.get(box, 0) for box in tried]


def test_that_every_node_of_the_largest_tree_round_trips() -> None:
    sidx = np.arange(299_593)
    start, end = subblocks.octree_cell(sidx, (64, 64, 64))
    back, bad = subblocks.octree_sidx_of_box(start, end, (64, 64, 64))
    assert not bad.any()
    assert (back == sidx).all()
    tree = subblocks.octree((64, 64, 64))
    volume = (end - start).prod(axis=1)
    assert (tree.volumes[tree.level] == volume).all()
    assert volume[tree.level == 6].sum() == 64**3


@pytest.mark.parametrize(
    ("level", "node", "named"),
    [(4, (0, 0, 0), "level 4"), (1, (2, 0, 0), "i 8"), (3, (0, 4, 0), "j 4"), (3, (0, 0, 2), "k 2")],
)
def test_that_a_node_outside_of_the_tree_is_refused(level: int, node: tuple[int, int, int], named: str) -> None:
    with pytest.raises(ValueError, match=f"row 1: {named} is not in"):
        subblocks.octree_sidx(indices(0, level), *(indices(0, each) for each in node), (8, 4, 2))


def test_that_the_tables_of_a_tree_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        subblocks.octree((2, 2, 2)).level[0] = 1


def test_that_cells_of_the_quickstart_have_its_numbers() -> None:
    counts = (5, 1, 2)
    assert subblocks.sidx_of(indices(1, 2, 0), indices(0, 0, 0), indices(0, 0, 0), counts).tolist() == [3, 5, 1]
    start, end = subblocks.cell_of(indices(0, 3, 5, 10), counts)
    assert start.tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [4, 0, 1]]
    assert end.tolist() == [[5, 1, 2], [2, 1, 1], [3, 1, 1], [5, 1, 2]]
    with pytest.raises(ValueError, match=r"row 0: sidx 11 is not in 0\.\.10"):
        subblocks.cell_of(indices(11), counts)
    with pytest.raises(ValueError, match=r"row 1: sk 2 is not in 0\.\.1"):
        subblocks.sidx_of(indices(0, 0), indices(0, 0), indices(1, 2), counts)


@given(SMALL_COUNTS)
def test_that_every_cell_is_numbered_with_k_fastest(counts: Counts) -> None:
    cells = list(itertools.product(*map(range, counts)))
    si, sj, sk = np.array(cells).T
    sidx = subblocks.sidx_of(si, sj, sk, counts)
    assert sidx.tolist() == list(range(1, math.prod(counts) + 1))
    start, end = subblocks.box_of_sidx(FULLY, counts, sidx)
    assert start.tolist() == [list(cell) for cell in cells]
    assert (end - start == 1).all()
    back, bad = subblocks.sidx_of_box(FULLY, counts, start, end)
    assert not bad.any()
    assert back.tolist() == sidx.tolist()
    back, bad = subblocks.sidx_of_box(FULLY, counts, boxes((0, 0, 0)), boxes(counts))
    assert (back.tolist(), bad.tolist()) == ([0], [False])


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((0, 0, 0), (2, 1, 1)),
        ((0, 0, 0), (5, 1, 1)),
        ((5, 0, 0), (6, 1, 1)),
        ((1, 0, 0), (1, 1, 1)),
        ((0, 0, 0), (0,) * 3),
    ],
)
def test_that_a_box_that_is_neither_a_cell_nor_the_whole_is_bad(
    start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    sidx, bad = subblocks.fully_sidx_of_box(boxes(start), boxes(end), (5, 1, 2))
    assert (sidx.tolist(), bad.tolist()) == ([0], [True])


def test_that_a_flexible_box_starts_before_it_ends_and_ends_in_its_parent() -> None:
    good, counts = ((0, 0, 0), (100, 3, 2)), (100, 3, 2)
    assert whole(counts) == good
    start = boxes((0, 0, 0), (99, 2, 1), (3, 0, 0), (4, 0, 0), (0, 0, 0), (0, 0, 0))
    end = boxes((100, 3, 2), (100, 3, 2), (3, 1, 1), (3, 1, 1), (101, 1, 1), (1, 1, 3))
    assert subblocks.flexible_bad(start, end, counts).tolist() == [False, False, True, True, True, True]
    assert subblocks.flexible_bad(np.array([[-1, 0, 0]]), np.array([[1, 1, 1]]), counts).tolist() == [True]


POSITIONS = st.integers(0, 2**42 - 1)


@given(st.lists(st.tuples(POSITIONS, st.integers(0, 2**21 - 1))))
def test_that_keys_sort_as_parent_and_sub_block_do_and_unpack(rows: list[tuple[int, int]]) -> None:
    position, sub = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    keys = subblocks.pack(position, sub)
    assert [rows[n] for n in np.argsort(keys, kind="stable")] == sorted(rows)
    back, lower = subblocks.unpack(keys)
    assert back.tolist() == position.tolist()
    assert lower.tolist() == sub.tolist()


def test_that_what_does_not_fit_into_a_key_is_refused() -> None:
    zero = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="row 1: position 4398046511104"):
        subblocks.pack(np.array([0, 2**42]), zero)
    with pytest.raises(ValueError, match="row 0: position -1"):
        subblocks.pack(np.array([-1, 0]), zero)
    with pytest.raises(ValueError, match="row 1: sub-block 2097152"):
        subblocks.pack(zero, np.array([0, 2**21]))


def test_that_starts_sort_with_k_fastest() -> None:
    corners = subblocks.corner(boxes((0, 0, 0), (0, 0, 99), (0, 1, 0), (0, 99, 99), (1, 0, 0), (99, 99, 99)))
    assert corners.tolist() == sorted(set(corners.tolist()))


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(-1, 61)))
def test_that_keys_are_found_where_they_are(stored: list[int], asked: list[int]) -> None:
    stored.sort()
    found = subblocks.find(np.array(asked, dtype=np.int64), np.array(stored, dtype=np.int64))
    assert found.tolist() == [stored.index(each) if each in stored else -1 for each in asked]


def test_that_a_flexible_box_is_found_only_with_its_own_end() -> None:
    start, end = boxes((0, 0, 0), (1, 0, 0), (0, 0, 0)), boxes((1, 2, 2), (2, 2, 2), (2, 2, 2))
    keys = subblocks.pack(np.array([7, 7, 8]), subblocks.corner(start))
    asked = boxes((0, 0, 0), (0, 0, 0), (1, 0, 0), (1, 1, 0))
    their = subblocks.pack(np.array([8, 7, 7, 7]), subblocks.corner(asked))
    asked_end = boxes((2, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2))
    assert subblocks.find_boxes(their, asked_end, keys, end).tolist() == [2, -1, 1, -1]
    assert subblocks.find_boxes(their, asked_end, keys[:0], end[:0]).tolist() == [-1, -1, -1, -1]
