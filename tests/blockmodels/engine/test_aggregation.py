"""Reports: what the published example gives, and agreement with reckoning block by block."""

import math
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.aggregation import Aggregated, Row, aggregate
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.categories import Category, TooManyCombinations, check_combinations
from coreshed.blockmodels.engine.errors import UnknownColumn
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.request import Aggregation, Density, Request, ValueColumn
from coreshed.blockmodels.engine.store import BlockStore
from tests.blockmodels.engine.small_models import model, opened

GRADE = ValueColumn("Au", Aggregation.MASS_AVERAGE)
DOMAIN = Category("domain")
TONNES = Density(constant=2.7)
LINE = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (6, 1, 1), (10.0, 5.0, 2.0))


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    with opened(tmp_path_factory.mktemp("blocks")) as store:
        yield store


@pytest.fixture(scope="module")
def published(blocks: BlockStore) -> Snapshot:
    """The 500 blocks of the reports notebook of the SDK; the file there has i fastest."""
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (10, 10, 5), (25.0, 25.0, 10.0))
    random = np.random.RandomState(42)  # as the notebook draws
    grade = random.lognormal(mean=0.5, sigma=0.8, size=500).reshape(5, 10, 10).transpose(2, 1, 0)
    density = random.uniform(2.5, 2.9, size=500).reshape(5, 10, 10).transpose(2, 1, 0)
    domain = np.tile(np.array(["LMS1", "LMS1", "LMS2", "LMS3", "LMS3"]), 100)
    columns = {
        "Au": pa.array(grade.ravel()),
        "density": pa.array(density.ravel()),
        "domain": pa.array(domain.tolist(), pa.string()),
    }
    return model(blocks, grid, columns, (4, 3, 5))


def line(blocks: BlockStore, **columns: pa.Array) -> Snapshot:
    """Six blocks of 100 m3 in three tiles."""
    return model(blocks, LINE, columns, (2, 1, 1))


def floats(*values: float | None) -> pa.Array:
    return pa.array(values, pa.float64())


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


def rows(found: Aggregated, place: int = 0) -> dict[tuple[object, ...], Row]:
    return {row.categories: row for row in found.result_sets[place].rows}


def warnings(found: Aggregated) -> dict[tuple[str, str], int]:
    return {(each.kind.value, each.column_id): each.blocks for each in found.warnings}


def test_that_the_published_example_gives_its_tonnages_and_grades(published: Snapshot) -> None:
    listed = Category("domain", ("LMS1", "LMS2", "LMS3"))
    found = aggregate(published, Request(Density("density"), (GRADE,), (listed,)))
    [results] = found.result_sets
    assert [(row.categories[0], round(row.mass, 3), round(row.cells[0].value or 0, 9)) for row in results.rows] == [
        ("LMS1", 3373542.643, 2.127750876),
        ("LMS2", 1675721.853, 2.625785845),
        ("LMS3", 3389423.288, 2.307302014),
        (None, 8438687.784, 2.298765958),
    ]
    assert (results.cutoff, found.warnings) == (None, ())


def test_that_the_published_example_gives_the_same_for_a_fixed_density(published: Snapshot) -> None:
    found = rows(aggregate(published, Request(TONNES, (GRADE,), (DOMAIN,))))
    assert {key: (round(row.mass, 6), round(row.cells[0].value or 0, 9)) for key, row in found.items()} == {
        ("LMS1",): (3375000, 2.121698587),
        ("LMS2",): (1687500, 2.639995123),
        ("LMS3",): (3375000, 2.308386492),
        (None,): (8437500, 2.300033056),
    }


def test_that_the_published_example_gives_its_cutoffs(published: Snapshot) -> None:
    request = Request(Density("density"), (GRADE,), (DOMAIN,), "Au", (0.5, 1.0, 2.0, 3.0))
    found = aggregate(published, request)
    totals = [rows(found, place)[(None,)] for place in range(4)]
    assert [(round(row.mass, 3), round(row.cells[0].value or 0, 9), row.blocks) for row in totals] == [
        (7979137.039, 2.409229733, 473),
        (6159906.322, 2.897819664, 365),
        (3403217.039, 4.059015828, 202),
        (1843379.884, 5.441675727, 109),
    ]


def test_that_cutoffs_come_in_the_order_asked_and_twice_where_asked_twice(published: Snapshot) -> None:
    thresholds = (3.0, 0.5, 3.0, 1.0)
    found = aggregate(published, Request(Density("density"), (GRADE,), (), "Au", thresholds))
    assert [each.cutoff for each in found.result_sets] == list(thresholds)
    assert [rows(found, place)[()].blocks for place in range(4)] == [109, 473, 109, 365]


def test_that_a_factor_is_that_of_the_unit(published: Snapshot) -> None:
    [each] = aggregate(published, Request(TONNES, (ValueColumn("Au", Aggregation.MASS_AVERAGE, 1e-4),))).result_sets
    assert each.rows[0].cells[0].value == pytest.approx(2.300033056e-4)


def test_that_a_cutoff_is_reached_by_its_own_value_in_the_precision_of_the_column(blocks: BlockStore) -> None:
    values = pa.array([0.7, 0.69999, 0.7, 0.1, 0.3, 1.0], pa.float32())
    found = aggregate(line(blocks, Au=values), Request(TONNES, (), (), "Au", (0.7, 0.3)))
    assert [each.rows[0].blocks for each in found.result_sets] == [3, 5]


@pytest.mark.parametrize(
    ("policy", "mass", "grade", "invalid"),
    [
        (Policy.IGNORE_BLOCK, 1080.0, 2.5, 0),
        (Policy.IGNORE_VALUE, 1620.0, 2.5, 0),
        (Policy.ZERO, 1620.0, 10 / 6, 0),
        (Policy.MARK_AS_INVALID, 1620.0, 2.5, 2),
    ],
)
def test_that_nulls_and_nan_count_as_the_policy_says(
    blocks: BlockStore, policy: Policy, mass: float, grade: float, invalid: int
) -> None:
    snapshot = line(blocks, Au=floats(1, None, 2, 3, math.nan, 4))
    found = aggregate(snapshot, Request(TONNES, (GRADE,), policies=Policies(nulls=policy)))
    [row] = found.result_sets[0].rows
    assert row.mass == pytest.approx(mass)
    assert row.cells[0].value == pytest.approx(grade)
    assert row.cells[0].invalid == invalid
    assert warnings(found) == {("NULL_COLUMN_VALUE", "Au"): 2}


@pytest.mark.parametrize(
    ("policy", "blocks_", "total", "invalid", "warned"),
    [
        (Policy.USE, 6, 1.0, 0, 0),
        (Policy.ZERO, 6, 10.0, 0, 2),
        (Policy.IGNORE_BLOCK, 4, 10.0, 0, 2),
        (Policy.IGNORE_VALUE, 6, 10.0, 0, 2),
        (Policy.MARK_AS_INVALID, 6, 10.0, 2, 2),
    ],
)
def test_that_negative_values_count_as_the_policy_says(
    blocks: BlockStore, policy: Policy, blocks_: int, total: float, invalid: int, warned: int
) -> None:
    snapshot = line(blocks, Au=floats(1, -4, 2, 3, -5, 4))
    request = Request(TONNES, (ValueColumn("Au", Aggregation.SUM),), policies=Policies(negatives=policy))
    found = aggregate(snapshot, request)
    [row] = found.result_sets[0].rows
    assert (row.blocks, row.cells[0].value, row.cells[0].invalid) == (blocks_, total, invalid)
    assert sum(warnings(found).values()) == warned


def test_that_a_block_whose_cutoff_value_is_unknown_spoils_its_rows(blocks: BlockStore) -> None:
    snapshot = line(blocks, Au=floats(1, None, 2, 3, 4, 5), domain=texts("a", "a", "b", "b", "b", "a"))
    request = Request(TONNES, (), (DOMAIN,), "Au", (2.0, 9.0), policies=Policies(Policy.MARK_AS_INVALID))
    found = aggregate(snapshot, request)
    for place in range(2):
        assert {key: row.invalid for key, row in rows(found, place).items()} == {("a",): 1, ("b",): 0, (None,): 1}
    assert warnings(found) == {("NULL_CUTOFF_VALUE", "Au"): 1}


def test_that_bad_densities_are_replaced_or_leave_the_block_out(blocks: BlockStore) -> None:
    snapshot = line(blocks, rho=floats(2, None, 0, -1, math.inf, 3))
    both = aggregate(snapshot, Request(Density("rho", constant=1.5)))
    assert both.result_sets[0].rows[0].mass == 100 * (2 + 3 + 4 * 1.5)
    alone = aggregate(snapshot, Request(Density("rho", factor=1000.0)))
    assert (alone.result_sets[0].rows[0].mass, alone.result_sets[0].rows[0].blocks) == (500_000.0, 2)
    assert warnings(both) == warnings(alone) == {("INVALID_DENSITY_VALUE", "rho"): 4}


def test_that_each_aggregation_has_its_weight(blocks: BlockStore) -> None:
    values = tuple(ValueColumn("Au", each) for each in Aggregation)
    found = aggregate(line(blocks, Au=floats(1, 2, 3, 4, 5, 6)), Request(TONNES, values, volume_factor=0.5))
    cells = dict(zip(Aggregation, found.result_sets[0].rows[0].cells, strict=True))
    assert {how: cell.value for how, cell in cells.items()} == {
        Aggregation.MASS_AVERAGE: pytest.approx(3.5),
        Aggregation.SUM_PER_MASS: pytest.approx(21 * 2.7 * 50),
        Aggregation.SUM_PER_VOLUME: pytest.approx(21 * 50),
        Aggregation.SUM: 21.0,
    }


def test_that_totals_follow_their_parts_for_every_prefix_of_the_categories(blocks: BlockStore) -> None:
    snapshot = line(blocks, domain=texts("b", "a", "b", "a", "", None), level=pa.array([2, 1, 1, 1, 1, 1], pa.int16()))
    found = aggregate(snapshot, Request(TONNES, (), (DOMAIN, Category("level"))))
    assert [(row.categories, row.blocks) for row in found.result_sets[0].rows] == [
        (("a", 1), 2),
        (("a", None), 2),
        (("b", 1), 1),
        (("b", 2), 1),
        (("b", None), 2),
        ((None, None), 4),
    ]
    assert warnings(found) == {("INVALID_CATEGORY_VALUE", "domain"): 2}


@pytest.mark.parametrize(
    ("column", "listed", "kept"),
    [
        (pa.array([3, 1, 2, 3, 1, None], pa.int8()), ("3", "1"), {(3,): 2, (1,): 2}),
        (pa.array([True, False, None, True, True, True]), ("true",), {(True,): 4}),
        (pa.array([0.5, 2.0, math.nan, 2.0, 7.0, None], pa.float16()), ("2", "0.5"), {(2.0,): 2, (0.5,): 1}),
        (pa.array([0, 1, 1, 2, 3, None], pa.date32()), ("1970-01-02",), {("1970-01-02",): 2}),
        (
            pa.array([0, 1, 1, 2, 3, None], pa.timestamp("us", "UTC")),
            ("1970-01-01 00:00:00.000001Z",),
            {("1970-01-01 00:00:00.000001Z",): 2},
        ),
    ],
)
def test_that_listed_values_are_texts_of_values_of_any_type(
    blocks: BlockStore, column: pa.Array, listed: tuple[str, ...], kept: dict[tuple[object, ...], int]
) -> None:
    found = aggregate(line(blocks, domain=column), Request(TONNES, (), (Category("domain", listed),)))
    [results] = found.result_sets
    assert [(row.categories, row.blocks) for row in results.rows[:-1]] == list(kept.items())
    assert results.rows[-1].blocks == sum(kept.values())


def test_that_the_smallest_hundred_values_of_an_open_category_count(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (250, 1, 2), (1.0, 1.0, 1.0))
    values = np.random.default_rng(3).permutation(250).repeat(2)
    snapshot = model(blocks, grid, {"domain": pa.array(values, pa.int32())}, (60, 1, 2))
    found = aggregate(snapshot, Request(TONNES, (), (DOMAIN,)))
    assert [row.categories[0] for row in found.result_sets[0].rows] == [*range(100), None]
    assert [row.blocks for row in found.result_sets[0].rows] == [2] * 100 + [200]
    assert warnings(found) == {("TOO_MANY_CATEGORY_VALUES", "domain"): 300}


def test_that_long_texts_are_told_apart_by_their_first_120_characters(blocks: BlockStore) -> None:
    long = "x" * 120
    snapshot = line(blocks, domain=texts(long + "1", long + "2", long, "y", long + "3", "y"))
    found = aggregate(snapshot, Request(TONNES, (), (DOMAIN,)))
    assert {key: row.blocks for key, row in rows(found).items()} == {(long,): 4, ("y",): 2, (None,): 6}
    assert warnings(found) == {("LONG_CATEGORY_VALUE", "domain"): 3}


def test_that_too_many_combinations_are_refused(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (101, 100, 1), (1.0, 1.0, 1.0))
    i, j, _ = (index.ravel().astype(np.int32) for index in np.indices(grid.parents))
    columns = {"a": pa.array(i % 100), "b": pa.array(j), "c": pa.array((i == 100).astype(np.int32))}
    snapshot = model(blocks, grid, columns, (50, 100, 1))
    found = aggregate(snapshot, Request(TONNES, (), (Category("a"), Category("b"))))
    assert len(found.result_sets[0].rows) == 10_000 + 100 + 1
    with pytest.raises(TooManyCombinations, match="10,000"):
        aggregate(snapshot, Request(TONNES, (), (Category("a"), Category("b"), Category("c"))))


def test_that_the_sums_of_a_report_are_bounded_over_one_tile_and_over_several(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (100, 10, 1), (1.0, 1.0, 1.0))
    i, j, _ = (index.ravel() for index in np.indices(grid.parents))
    values = {"a": pa.array(i.astype(np.int32)), "b": pa.array(j.astype(np.int32)), "Au": pa.array(np.arange(1000.0))}
    categories = Category("a"), Category("b")

    # 1,000 combinations times 21 bins times 199: four for each column, and blocks, masses, unplaced blocks.
    columns = (ValueColumn("Au", Aggregation.MASS_AVERAGE),) * 49
    asked = Request(TONNES, columns, categories, cutoff="Au", thresholds=tuple(map(float, range(20))))
    for tile in ((100, 10, 1), (10, 10, 1)):
        with pytest.raises(TooManyCombinations, match="4,000,000 sums"):
            aggregate(model(blocks, grid, values, tile), asked)
    check_combinations(1000, 4000)
    with pytest.raises(TooManyCombinations):
        check_combinations(1000, 4001)


def test_that_boxes_and_masks_choose_blocks(blocks: BlockStore) -> None:
    snapshot = line(blocks, Au=floats(1, 2, 4, 8, 16, 32))
    summed = (ValueColumn("Au", Aggregation.SUM),)

    def total(**chosen: object) -> float | None:
        found = aggregate(snapshot, Request(TONNES, summed, **chosen))  # type: ignore[arg-type]
        return found.result_sets[0].rows[0].cells[0].value

    assert total(box=IndexBox((1, 3), (0, 0), (0, 0))) == 14
    assert total(box=AlignedBox((25.0, 45.0), (-9.0, 9.0), (-9.0, 9.0))) == 28
    assert total(mask=lambda x, y, z: x > 30) == 56
    assert total(mask=lambda x, y, z: x > 30, box=IndexBox((0, 3), (0, 0), (0, 0))) == 8
    assert total(mask=lambda x, y, z: x > 99) is None


def test_that_tiles_of_one_value_are_counted_without_reading_them(blocks: BlockStore) -> None:
    snapshot = line(blocks, Au=floats(*[None] * 6))
    assert warnings(aggregate(snapshot, Request(TONNES, (GRADE,)))) == {("NULL_COLUMN_VALUE", "Au"): 6}
    grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (500, 500, 400), (1.0, 1.0, 1.0))
    blocks.create("large", grid)
    snapshot = blocks.snapshot("large")
    found = aggregate(snapshot, Request(TONNES, (ValueColumn("version_id", Aggregation.MASS_AVERAGE),)))
    [row] = found.result_sets[0].rows
    assert (row.blocks, row.mass, row.cells[0].value) == (100_000_000, pytest.approx(2.7e8), 1.0)


def test_that_a_report_of_nothing_has_a_total_of_nothing(blocks: BlockStore) -> None:
    snapshot = line(blocks, Au=floats(*[None] * 6), domain=texts(*[None] * 6))
    found = aggregate(snapshot, Request(TONNES, (GRADE,), (DOMAIN,), "Au", (1.0,)))
    [row] = found.result_sets[0].rows
    assert (row.categories, row.blocks, row.mass, row.cells[0].value) == ((None,), 0, 0.0, None)


def test_that_requests_without_sense_are_refused(blocks: BlockStore) -> None:
    snapshot = line(blocks, domain=texts(*"abcdef"))
    with pytest.raises(UnknownColumn):
        aggregate(snapshot, Request(Density("nothing")))
    with pytest.raises(ValueError, match="the column domain holds no numbers"):
        aggregate(snapshot, Request(TONNES, (ValueColumn("domain", Aggregation.SUM),)))
    for wrong in (
        lambda: Density(),
        lambda: Density(constant=0.0),
        lambda: Density(constant=math.nan),
        lambda: Policies(nulls=Policy.USE),
        lambda: Request(TONNES, thresholds=(1.0,)),
        lambda: Request(TONNES, cutoff="Au", thresholds=(math.nan,)),
    ):
        with pytest.raises(ValueError):
            wrong()
