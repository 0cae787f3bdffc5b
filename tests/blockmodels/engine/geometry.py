"""Grids that the tests of this folder draw from and start with."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation

# Bounding box recorded from the service, for these rotations.
RECORDED = Grid(
    Kind.REGULAR,
    (296.5797985667433, 194.0760373454795, 81.20614758428184),
    (4, 3, 2),
    (10.0, 10.0, 10.0),
    rotations=(Rotation("z", 30.0), Rotation("x", 20.0), Rotation("z", 10.0)),
)
# The quickstart's: parents of (2, 1, 1) from 0, each of 5x1x2 sub-blocks.
QUICKSTART = Grid(Kind.FULLY_SUB_BLOCKED, (0.0, 0.0, 0.0), (10, 10, 10), (2.0, 1.0, 1.0), (5, 1, 2))


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def indices(*values: int) -> NDArray[np.uint32]:
    return np.array(values, dtype=np.uint32)


def boxes(*rows: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.array(rows, dtype=np.uint8).reshape(len(rows), 3)


@st.composite
def rotations(draw: st.DrawFn) -> tuple[Rotation, ...]:
    angle = st.floats(-359.99, 359.99) | st.sampled_from([0.0, 30.0, 90.0, -90.0, 180.0, 270.0])
    turns: list[Rotation] = []
    for _ in range(draw(st.integers(0, 4))):
        axis = draw(st.sampled_from([each for each in "xyz" if not turns or each != turns[-1].axis]))
        turns.append(Rotation(axis, draw(angle)))
    return tuple(turns)


@st.composite
def grids(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> Grid:
    kind = draw(st.sampled_from(kinds))
    counts = (1, 1, 1)
    if kind is Kind.VARIABLE_OCTREE:
        counts = draw(st.tuples(*[st.sampled_from([1, 2, 4, 8, 16, 32, 64])] * 3).filter(lambda n: n != (1, 1, 1)))
    elif kind is not Kind.REGULAR:
        counts = draw(st.tuples(*[st.integers(1, 100)] * 3).filter(lambda n: n != (1, 1, 1)))
    return Grid(
        kind,
        draw(st.tuples(*[st.floats(-1e7, 1e7)] * 3)),
        draw(st.tuples(*[st.integers(1, 700)] * 3)),
        # At 10,000 km a float64 is 2 nm apart: the smallest sub-block, 1 mm, still has its 1e-3.
        draw(st.tuples(*[st.floats(0.1, 1000.0)] * 3)),
        counts,
        draw(rotations()),
    )
