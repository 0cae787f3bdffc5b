"""Reports from the specification to the result, over figures that can be reckoned by hand."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import Quarry, sub_blocked
from tests.blockmodels.reporting import Mine, blocks, indices, opened, table

FIXED: dict[str, Any] = {"density_value": 2.7, "density_unit_id": "t/m3"}


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"reports-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry)


async def test_that_a_report_over_a_density_column_has_a_row_for_each_domain_and_a_total(mine: Mine) -> None:
    """A52"""
    result = await mine.report()
    assert [(each["label"], each["unit_id"]) for each in result["value_columns"]] == [("Mass", "t"), ("Au", "g/t")]
    assert table(result) == [
        [None, "LMS1", pytest.approx(3_187_500), pytest.approx(14.075 / 5.1)],
        [None, "LMS2", pytest.approx(1_687_500), pytest.approx(4.25)],
        [None, "LMS3", pytest.approx(3_562_500), pytest.approx(32.825 / 5.7)],
        [None, None, pytest.approx(8_437_500), pytest.approx((14.075 + 11.475 + 32.825) / 13.5)],
    ]
    assert result["warnings"] == []


async def test_that_a_fixed_density_gives_the_masses_of_the_notebook(mine: Mine) -> None:
    """A53"""
    listed = [{"col_id": mine.ids["domain"], "label": "Domain", "values": ["LMS3", "LMS1", "LMS2", "none"]}]
    result = await mine.report(density_col_id=None, categories=listed, **FIXED)
    assert table(result) == [
        [None, "LMS3", pytest.approx(3_375_000), pytest.approx(5.75)],
        [None, "LMS1", pytest.approx(3_375_000), pytest.approx(2.75)],
        [None, "LMS2", pytest.approx(1_687_500), pytest.approx(4.25)],
        [None, None, pytest.approx(8_437_500), pytest.approx(4.25)],
    ]


async def test_that_every_cut_off_has_a_result_set_in_the_order_asked(mine: Mine) -> None:
    """A54, question 21: a block is above a cut-off that it equals."""
    result = await mine.report(
        density_col_id=None,
        **FIXED,
        categories=[],
        cutoff_col_id=mine.ids["Au"],
        cutoff_values=[8.5, 8, 9],
    )
    # Of Au = i/2 + k: 8.5 in the ten blocks (9, j, 4); 8 in (8, j, 4) beside them.
    assert table(result) == [
        [8.5, pytest.approx(10 * 6250 * 2.7), pytest.approx(8.5)],
        [8.0, pytest.approx(20 * 6250 * 2.7), pytest.approx(8.25)],
        [9.0, 0.0, "NO_DATA"],
    ]
    assert result["cutoff_col_id"] == mine.ids["Au"]


@pytest.mark.parametrize(
    ("unit_id", "factor"), [("g/t", 1), ("ppm[mass]", 1), ("%[mass]", 1e-4), ("", 1), ("ppb[mass]", 1000)]
)
async def test_that_grades_are_in_the_unit_asked_for(mine: Mine, unit_id: str, factor: float) -> None:
    """A55, question 24"""
    result = await mine.report(columns=[mine.column("Au", "MASS_AVERAGE", unit_id)], categories=None)
    assert result["value_columns"][1]["unit_id"] == (unit_id or "g/t")
    assert table(result)[-1][-1] == pytest.approx(58.375 / 13.5 * factor)


async def test_that_sums_of_grades_are_contained_metal(mine: Mine) -> None:
    """Questions 20 and 24: without a unit it is that of the mass."""
    columns = [mine.column("Au", "SUM", "kg"), mine.column("Au", "SUM"), mine.column("Au", "SUM", "ozm[troy]")]
    result = await mine.report(columns=columns, categories=None, density_col_id=None, **FIXED)
    assert [each["unit_id"] for each in result["value_columns"]] == ["t", "kg", "t", "ozm[troy]"]
    kilograms = 4.25 * 8_437_500 / 1000
    assert table(result) == [
        [
            None,
            pytest.approx(8_437_500),
            pytest.approx(kilograms),
            pytest.approx(kilograms / 1000),
            pytest.approx(kilograms / 0.0311034768),
        ]
    ]


async def test_that_sums_of_concentrations_and_of_amounts_are_formed_of_volumes_and_of_themselves(mine: Mine) -> None:
    """Question 20"""
    i, _, _ = indices()
    version = await mine.update(
        {
            "new": [
                {"title": "water", "data_type": "Float64", "unit_id": "kg/m3"},
                {"title": "ore", "data_type": "Int32", "unit_id": "t"},
                {"title": "worth", "data_type": "Float32", "unit_id": "$/t"},
            ]
        },
        blocks(water=np.full(500, 20.0), ore=pa.array(i.astype(np.int32)), worth=np.full(500, 2, np.float32)),
    )
    mine.ids.update({each["title"]: each["col_id"] for each in version["mapping"]["columns"]})
    columns = [mine.column("water", "SUM", "t"), mine.column("ore", "SUM", "kg"), mine.column("worth", "SUM")]
    result = await mine.report(columns=columns, categories=None)
    assert [each["unit_id"] for each in result["value_columns"]] == ["t", "t", "kg", "$"]
    assert table(result)[0][1:] == pytest.approx([8_437_500, 20 * 6250 * 500 / 1000, 4.5 * 500 * 1000, 16_875_000])


async def test_that_categories_have_totals_for_every_prefix(mine: Mine) -> None:
    """Question 25"""
    _, j, _ = indices()
    version = await mine.update(
        {"new": [{"title": "bench", "data_type": "Int32"}]}, blocks(bench=pa.array((j // 5).astype(np.int32)))
    )
    mine.ids.update({each["title"]: each["col_id"] for each in version["mapping"]["columns"]})
    result = await mine.report(
        categories=[
            {"col_id": mine.ids["domain"], "label": "Domain", "values": ["LMS1", "LMS2"]},
            {"col_id": mine.ids["bench"], "label": "Bench"},
        ],
        columns=[],
        density_col_id=None,
        **FIXED,
    )
    half, whole = pytest.approx(100 * 6250 * 2.7), pytest.approx(200 * 6250 * 2.7)
    assert table(result) == [
        [None, "LMS1", 0, half],
        [None, "LMS1", 1, half],
        [None, "LMS1", None, whole],
        [None, "LMS2", 0, pytest.approx(50 * 6250 * 2.7)],
        [None, "LMS2", 1, pytest.approx(50 * 6250 * 2.7)],
        [None, "LMS2", None, half],
        [None, None, None, pytest.approx(300 * 6250 * 2.7)],
    ]
    assert [each["label"] for each in result["categories"]] == ["Domain", "Bench"]


async def test_that_boxes_of_indices_and_of_coordinates_choose_blocks(mine: Mine) -> None:
    plain = {"columns": [], "categories": None, "density_col_id": None, **FIXED}
    by_index = {f"{axis}_minmax": {"min": 0, "max": 1} for axis in "ijk"}
    result = await mine.report(**plain, bbox=by_index)
    assert table(result) == [[None, pytest.approx(8 * 6250 * 2.7)]]
    # Centroids are at 1012.5, 1037.5... and 105, 115...
    ranges = {"x_minmax": (1012.5, 1040), "y_minmax": (0, 2012.5), "z_minmax": (100, 134.9)}
    by_place = {name: {"min": low, "max": high} for name, (low, high) in ranges.items()}
    result = await mine.report(**plain, bbox=by_place, name="By place")
    assert table(result) == [[None, pytest.approx(2 * 1 * 3 * 6250 * 2.7)]]
    listed = (await mine.quarry.get(mine.root)).json()["results"]
    assert [each["bbox"] for each in listed] == [by_place, by_index]


async def test_that_feet_are_feet(quarry: Quarry) -> None:
    mine = await opened(quarry, size_unit_id="ft")
    result = await mine.report(columns=[], categories=None, density_col_id=None, **FIXED)
    assert table(result)[0][1] == pytest.approx(8_437_500 * 0.3048**3)
    result = await mine.report(
        name="Pounds",
        columns=[],
        categories=None,
        density_col_id=None,
        density_value=62.4,
        density_unit_id="lbm/ft3",
        mass_unit_id="lbm",
    )
    assert table(result)[0][1] == pytest.approx(62.4 * 6250 * 500, rel=1e-8)


# Policies, densities and what runs warn of


async def holed(mine: Mine) -> None:
    """A column `Cu`: null where i is 0, -1 where i is 1, else i; and a density `rho` that is null or 0 where i is 9."""
    i, j, _ = indices()
    grades = np.where(i == 1, -1.0, i.astype(float))
    density = np.where(i == 9, 0.0, 2.0)
    version = await mine.update(
        {
            "new": [
                {"title": "Cu", "data_type": "Float64", "unit_id": "%[mass]"},
                {"title": "rho", "data_type": "Float64", "unit_id": "g/cm3"},
            ]
        },
        blocks(Cu=pa.array(grades, mask=i == 0), rho=pa.array(density, mask=(i == 9) & (j == 0))),
    )
    mine.ids.update({each["title"]: each["col_id"] for each in version["mapping"]["columns"]})


ONE = 50 * 6250 * 2.7  # t of the blocks of one i


@pytest.mark.parametrize(
    ("policies", "mass", "grade"),
    [
        (("IGNORE_BLOCK", "IGNORE_BLOCK"), 8 * ONE, sum(range(2, 10)) / 8),
        (("IGNORE_BLOCK", "USE"), 9 * ONE, (44 - 1) / 9),
        (("ZERO", "ZERO"), 10 * ONE, 44 / 10),
        (("IGNORE_VALUE", "IGNORE_VALUE"), 10 * ONE, 44 / 8),
        (("MARK_AS_INVALID", "USE"), 10 * ONE, "INVALID"),
        (("ZERO", "MARK_AS_INVALID"), 10 * ONE, "INVALID"),
    ],
)
async def test_that_policies_say_what_becomes_of_nulls_and_negative_values(
    mine: Mine, policies: tuple[str, str], mass: float, grade: float | str
) -> None:
    await holed(mine)
    nulls, negatives = policies
    result = await mine.report(
        columns=[mine.column("Cu", "MASS_AVERAGE")],
        categories=None,
        density_col_id=None,
        null_values_policy=nulls,
        negative_values_policy=negatives,
        **FIXED,
    )
    shown = grade if isinstance(grade, str) else pytest.approx(grade)
    assert table(result) == [[None, pytest.approx(mass), shown]]
    warned = {each["warning_type"]: each["occurrences"] for each in result["warnings"]}
    assert warned == {"NULL_COLUMN_VALUE": 50} | ({} if negatives == "USE" else {"NEGATIVE_COLUMN_VALUE": 50})
    assert all("'Cu'" in each["message"] for each in result["warnings"])


async def test_that_a_density_that_is_none_is_replaced_or_leaves_the_block_out(mine: Mine) -> None:
    await holed(mine)
    plain = {"columns": [], "categories": None, "density_col_id": mine.ids["rho"]}
    alone = await mine.report(**plain)
    assert table(alone) == [[None, pytest.approx(450 * 6250 * 2)]]
    replaced = await mine.report(**plain, density_value=3000, density_unit_id="kg/m3", name="Replaced")
    assert table(replaced) == [[None, pytest.approx(450 * 6250 * 2 + 50 * 6250 * 3)]]
    for result in (alone, replaced):
        assert [(each["warning_type"], each["occurrences"]) for each in result["warnings"]] == [
            ("INVALID_DENSITY_VALUE", 50)
        ]


# Other grids


async def test_that_sub_blocks_count_by_their_own_volumes(quarry: Quarry) -> None:
    """F3: parents of (2, 1, 1), of which (1, 2, 2) is divided into 5 x 1 x 2 and the rest is whole."""
    made = await quarry.create(sub_blocked("fully-sub-blocked"), size_unit_id="m")
    mine = Mine(quarry, made["bm_uuid"], {})
    keys = {name: pa.array([value] * 10, pa.uint32()) for name, value in zip("ijk", (1, 2, 2), strict=True)}
    keys["sidx"] = pa.array(np.arange(1, 11, dtype=np.uint32))
    grades = pa.array([1.0] * 3 + [4.0] * 7)
    data = pa.table(keys | {"Au": grades})
    column = {"title": "Au", "data_type": "Float64", "unit_id": "g/t"}
    version = await mine.update({"new": [column]}, data, update_type="replace", geometry_change=True)
    mine.ids.update({each["title"]: each["col_id"] for each in version["mapping"]["columns"]})
    plain = {"categories": None, "density_col_id": None, "density_value": 5.0, "density_unit_id": "t/m3"}
    grade = mine.column("Au", "MASS_AVERAGE")
    mine.ids["domain"] = mine.ids["density"] = mine.ids["Au"]
    whole = await mine.report(**plain, columns=[])
    assert table(whole) == [[None, pytest.approx(1000 * 2 * 5)]]
    rich = await mine.report(
        **plain, columns=[grade], cutoff_col_id=mine.ids["Au"], cutoff_values=[0, 2], name="Divided"
    )
    assert table(rich) == [
        [0.0, pytest.approx(10 * 0.2 * 5), pytest.approx((3 * 1 + 7 * 4) / 10)],
        [2.0, pytest.approx(7 * 0.2 * 5), pytest.approx(4)],
    ]
    assert [(each["warning_type"], each["occurrences"]) for each in rich["warnings"]] == [
        ("NULL_CUTOFF_VALUE", 999),
        ("NULL_COLUMN_VALUE", 999),
    ]


async def test_that_boxes_of_coordinates_are_aligned_with_a_turned_model(quarry: Quarry) -> None:
    """Question 3: by the coordinates that blocks would have without the rotation about the origin."""
    mine = await opened(quarry, block_rotation=[{"axis": "z", "angle": 30}])
    ranges = {"x_minmax": (1000, 1030), "y_minmax": (2000, 2250), "z_minmax": (100, 150)}
    box = {name: {"min": low, "max": high} for name, (low, high) in ranges.items()}
    result = await mine.report(bbox=box, columns=[], categories=None, density_col_id=None, **FIXED)
    assert table(result) == [[None, pytest.approx(1 * 10 * 5 * 6250 * 2.7)]]
