"""Reports agree with reckoning block by block, with other tilings and with DuckDB."""

import math
from collections.abc import Iterator
from random import Random

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.aggregation import Aggregated, aggregate
from coreshed.blockmodels.engine.categories import Category
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.request import Aggregation, Density, Request, ValueColumn
from coreshed.blockmodels.engine.store import BlockStore
from tests.blockmodels.engine.reckoning import reckon
from tests.blockmodels.engine.small_models import model, opened

GRADE = ValueColumn("Au", Aggregation.MASS_AVERAGE)


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    with opened(tmp_path_factory.mktemp("blocks")) as store:
        yield store


def warnings(found: Aggregated) -> dict[tuple[str, str], int]:
    return {(each.kind.value, each.column_id): each.blocks for each in found.warnings}


VALUES = (None, math.nan, math.inf, -1.5, -0.25, 0.0, 1.0, 2.0, 2.0, 3.25, 5.0, 8.125)
LABELS = (None, "", "a", "a", "b", "b", "c", "d")
GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (3, 4, 2), (1.5, 2.0, 0.5))


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, pa.Array], Request]:
    listed = st.none() | st.lists(st.sampled_from("abz"), min_size=1, unique=True).map(tuple)
    random = Random(draw(st.integers(0, 2**32)))
    columns = {}
    for name, values, kind in (
        *((name, VALUES, pa.float64()) for name in ("Au", "Cu", "rho")),
        *((name, LABELS, pa.string()) for name in ("rock", "zone")),
    ):
        some = random.sample(values, random.randint(1, len(values)))
        columns[name] = pa.array(random.choices(some, k=24), kind)
    constant = draw(st.none() | st.just(2.5))
    request = Request(
        Density(
            "rho" if constant is None or draw(st.booleans()) else None, draw(st.sampled_from([1.0, 1e3])), constant
        ),
        tuple(
            ValueColumn(draw(st.sampled_from(["Au", "Cu"])), draw(st.sampled_from(Aggregation)))
            for _ in range(random.randint(0, 3))
        ),
        tuple(Category(name, draw(listed)) for name in ("rock", "zone")[: random.randint(0, 2)]),
        draw(st.sampled_from(["Au", "Cu"])),
        tuple(random.choices([-1.5, 0.0, 1.0, 2.0, 5.0, 99.0], k=random.randint(0, 4))),
        draw(st.sampled_from([1.0, 0.25])),
        policies=Policies(
            draw(st.sampled_from([each for each in Policy if each is not Policy.USE])), draw(st.sampled_from(Policy))
        ),
    )
    return columns, request


@given(cases(), st.sampled_from([(3, 4, 2), (2, 2, 2), (1, 1, 2)]))
def test_that_every_report_agrees_with_reckoning_by_block(
    blocks: BlockStore, case: tuple[dict[str, pa.Array], Request], tile: tuple[int, int, int]
) -> None:
    columns, request = case
    found = aggregate(model(blocks, GRID, columns, tile), request)
    by_block = pa.table(columns).to_pylist()
    expected, warned = reckon(by_block, [1.5] * 24, request)
    for place, results in enumerate(found.result_sets):
        assert {label for at, label in expected if at == place} == {row.categories for row in results.rows}
        for row in results.rows:
            right = expected[place, row.categories]
            assert (row.blocks, row.invalid) == (right.blocks, right.unplaced)
            assert row.mass == pytest.approx(float(right.mass), rel=1e-14)
            for cell, (total, weight, count, invalid) in zip(row.cells, right.values, strict=True):
                assert (cell.blocks, cell.invalid) == (count, invalid)
                assert cell.sum == pytest.approx(float(total), rel=1e-13, abs=1e-11)
                assert cell.weight == pytest.approx(float(weight), rel=1e-14)
    assert warnings(found) == {what: count for what, count in warned.items() if count}


@given(cases())
def test_that_tiles_leave_no_trace(blocks: BlockStore, case: tuple[dict[str, pa.Array], Request]) -> None:
    columns, request = case
    whole, cut = (aggregate(model(blocks, GRID, columns, tile), request) for tile in ((3, 4, 2), (1, 3, 1)))
    for one, other in zip(whole.result_sets, cut.result_sets, strict=True):
        assert [row.blocks for row in one.rows] == [row.blocks for row in other.rows]
        assert [row.mass for row in one.rows] == pytest.approx([row.mass for row in other.rows], rel=1e-14)


def test_that_duckdb_finds_the_same(blocks: BlockStore) -> None:
    random = np.random.default_rng(7)
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (40, 30, 20), (10.0, 10.0, 5.0))
    number = 40 * 30 * 20
    columns = {
        "Au": pa.array(random.lognormal(0.5, 0.8, number), mask=random.random(number) < 0.1),
        "rho": pa.array(random.uniform(2.5, 2.9, number)),
        "rock": pa.array(random.choice(["ore", "waste", "till"], number).tolist(), pa.string()),
    }
    thresholds = (0.5, 1.0, 2.5)
    found = aggregate(
        model(blocks, grid, columns, (13, 13, 13)),
        Request(Density("rho"), (GRADE,), (Category("rock"),), "Au", thresholds),
    )
    with duckdb.connect() as connection:
        connection.register("blocks", pa.table(columns))
        for results in found.result_sets:
            expected = connection.execute(
                "SELECT rock, count(*), sum(rho * 500), sum(Au * rho) / sum(rho) FROM blocks WHERE Au >= ? "
                "GROUP BY ROLLUP (rock)",
                [results.cutoff],
            ).fetchall()
            assert len(expected) == 4
            for rock, count, mass, grade in expected:
                row = {each.categories[0]: each for each in results.rows}[rock]
                assert (row.blocks, row.mass, row.cells[0].value) == (count, pytest.approx(mass), pytest.approx(grade))
