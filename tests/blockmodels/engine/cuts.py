"""Sub-blocks to test with: random cuts of parents, and the slow, obvious way to judge them."""

import itertools

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Box = tuple[tuple[int, int, int], tuple[int, int, int]]
Counts = tuple[int, int, int]

OCTREE_COUNTS = st.tuples(*[st.sampled_from([1, 2, 4, 8])] * 3).filter(lambda n: n != (1, 1, 1))
SMALL_COUNTS = st.tuples(*[st.integers(1, 5)] * 3).filter(lambda n: n != (1, 1, 1))


def whole(counts: Counts) -> Box:
    return (0, 0, 0), counts


def halves(box: Box) -> list[Box]:
    """The children of a node in the contract's order: x fastest, then y, then z."""
    steps = [
        [(low, high)] if high - low == 1 else [(low, (low + high) // 2), ((low + high) // 2, high)]
        for low, high in zip(*box, strict=True)
    ]
    return [((x[0], y[0], z[0]), (x[1], y[1], z[1])) for z, y, x in itertools.product(steps[2], steps[1], steps[0])]


def numbered(counts: Counts) -> list[Box]:
    """All nodes of a tree, by sidx: each before its children."""

    def nodes(box: Box) -> list[Box]:
        children = halves(box)
        return [box] if len(children) == 1 else [box, *itertools.chain.from_iterable(map(nodes, children))]

    return nodes(whole(counts))


def octree_cut(draw: st.DrawFn, counts: Counts) -> list[Box]:
    """Some leaves of a tree that fill the parent."""

    def cut(box: Box) -> list[Box]:
        children = halves(box)
        if len(children) == 1 or not draw(st.booleans()):
            return [box]
        return list(itertools.chain.from_iterable(map(cut, children)))

    return cut(whole(counts))


def flexible_cut(draw: st.DrawFn, counts: Counts) -> list[Box]:
    """Some boxes that fill the parent."""

    def cut(box: Box) -> list[Box]:
        start, end = box
        longer = [axis for axis in range(3) if end[axis] - start[axis] > 1]
        if not longer or not draw(st.booleans()):
            return [box]
        axis = draw(st.sampled_from(longer))
        at = draw(st.integers(start[axis] + 1, end[axis] - 1))
        low = tuple(at if each == axis else end[each] for each in range(3))
        high = tuple(at if each == axis else start[each] for each in range(3))
        return [*cut((start, low)), *cut((high, end))]  # type: ignore[arg-type]

    return cut(whole(counts))


def cells(box: Box) -> set[tuple[int, ...]]:
    return set(itertools.product(*(range(low, high) for low, high in zip(*box, strict=True))))


def judged(rows: list[tuple[int, Box]], counts: Counts) -> tuple[list[bool], list[bool], list[int], list[bool]]:
    """duplicate, overlap, parents, hole as a `Tiling` has them, cell by cell; rows are sorted."""
    duplicate = [n > 0 and row == rows[n - 1] for n, row in enumerate(rows)]
    once = [n for n in range(len(rows)) if not duplicate[n]]
    overlap = [False] * len(rows)
    for one, other in itertools.combinations(once, 2):
        if rows[one][0] == rows[other][0] and cells(rows[one][1]) & cells(rows[other][1]):
            overlap[one] = overlap[other] = True
    parents = sorted({rank for rank, _ in rows})
    hole = []
    for parent in parents:
        mine = [n for n in once if rows[n][0] == parent]
        filled = set().union(*(cells(rows[n][1]) for n in mine))
        hole.append(filled != cells(whole(counts)) and not any(overlap[n] for n in mine))
    return duplicate, overlap, parents, hole


def table(rows: list[tuple[int, Box]]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """rank, start, end as the checks take them."""
    rank = np.array([each for each, _ in rows], dtype=np.int64)
    start, end = (np.array([box[at] for _, box in rows], dtype=np.uint8).reshape(len(rows), 3) for at in (0, 1))
    return rank, start, end


def disturbed(draw: st.DrawFn, rows: list[tuple[int, Box]], others: list[Box]) -> list[tuple[int, Box]]:
    """The rows with some left out and some added, sorted by parent, start and end."""
    left = [row for row in rows if draw(st.integers(0, 9))]
    parents = st.sampled_from(sorted({rank for rank, _ in rows}))
    added = draw(st.lists(st.tuples(parents, st.sampled_from(others)), max_size=3))
    return sorted([*left, *added])
