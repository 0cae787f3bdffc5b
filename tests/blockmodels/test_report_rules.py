"""What a report may ask of columns and units."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from coreshed.blockmodels.report_rules import MOST_COLUMNS, Plan, Version, plan
from coreshed.blockmodels.wire.reports import CreateReportSpecification
from coreshed.blockmodels.wire.versions import Column, Mapping
from coreshed.problems import ColumnNotFound, Unprocessable


def uuid(number: int) -> str:
    return str(UUID(int=number))


COLUMNS = {
    "Au": ("Float64", "g/t"),
    "rho": ("Float32", "t/m3"),
    "worth": ("Float64", "$/t"),
    "tonnes": ("Int32", "t"),
    "void": ("Float64", "m3"),
    "price": ("Float64", "$"),
    "thickness": ("Float64", "m"),
    "share": ("Float64", "m3/m3"),
    "plain": ("Float64", None),
    "rock": ("Utf8", None),
    "day": ("Date32", None),
    "ore": ("Boolean", None),
}
IDS = {title: uuid(number) for number, title in enumerate(COLUMNS, 1)}
MAPPING = Mapping(
    tuple(Column(IDS[title], title, data_type, unit) for title, (data_type, unit) in COLUMNS.items())  # type: ignore[arg-type]
)
NEWEST = Version(uuid(99), MAPPING)


def column(title: str, aggregation: str = "MASS_AVERAGE", unit: str = "") -> dict[str, str]:
    return {"col_id": IDS[title], "label": title, "aggregation": aggregation, "output_unit_id": unit}


def planned(size_unit_id: str | None = "m", **changes: Any) -> Plan:
    body = {
        "name": "R",
        "columns": [column("Au")],
        "mass_unit_id": "t",
        "density_value": 2.7,
        "density_unit_id": "t/m3",
    } | changes
    asked = msgspec.convert(body, CreateReportSpecification, strict=False)
    return plan(asked, NEWEST, NEWEST, size_unit_id)


@pytest.mark.parametrize(
    ("title", "how", "unit", "factor"),
    [
        ("Au", "sum per mass", "t", 1e-6 / 1000),
        ("worth", "sum per mass", "$", 0.001),
        ("rho", "sum per volume", "t", 1),
        ("tonnes", "sum", "t", 1),
        ("void", "sum", "m3", 1),
        ("price", "sum", "$", 1),
    ],
)
def test_that_a_sum_is_of_the_amount_that_a_column_states_by_mass_volume_or_itself(
    title: str, how: str, unit: str, factor: float
) -> None:
    """Question 20"""
    (value,) = planned(columns=[column(title, "SUM")]).values
    assert (value.how, value.unit.id, value.factor) == (how, unit, pytest.approx(factor))


@pytest.mark.parametrize("title", ["thickness", "share"])
def test_that_what_adds_up_to_nothing_has_a_mean_but_no_sum(title: str) -> None:
    assert planned(columns=[column(title)]).values[0].unit.id == COLUMNS[title][1]
    with pytest.raises(Unprocessable, match="there are no sums"):
        planned(columns=[column(title, "SUM")])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"mass_unit_id": "m"}, "mass_unit_id: m measures LENGTH, not MASS"),
        ({"mass_unit_id": "stone"}, "no unit 'stone'"),
        ({"mass_unit_id": "oz"}, r"Use 'ozm\[troy\]'"),
        ({"density_unit_id": "g/t"}, "density_unit_id: g/t measures MASS_PER_MASS"),
        ({"density_unit_id": None}, "density_value needs a density_unit_id"),
        ({"density_value": None}, "needs a density"),
        ({"density_value": None, "density_unit_id": None}, "needs a density"),
        ({"density_col_id": IDS["Au"]}, "measures MASS_PER_MASS, not MASS_PER_VOLUME"),
        ({"density_col_id": IDS["plain"]}, "'plain' has no unit"),
        ({"density_col_id": IDS["rock"]}, "'rock' holds Utf8, not numbers"),
        ({"columns": [column("Au", "MASS_AVERAGE", "t")]}, "output_unit_id of 'Au': t measures MASS"),
        ({"columns": [column("Au", "SUM", "g/t")]}, "output_unit_id of 'Au': g/t measures MASS_PER_MASS, not MASS"),
        ({"columns": [column("plain")]}, "'plain' has no unit"),
        ({"columns": [column("rock")]}, "not numbers"),
        ({"columns": [column("day")]}, "not numbers"),
        ({"columns": [column("ore")]}, "not numbers"),
        ({"columns": [column("Au")] * (MOST_COLUMNS + 1)}, "at most 100 columns, not 101"),
        ({"cutoff_values": [1]}, "need a cutoff_col_id"),
        ({"cutoff_col_id": IDS["rock"], "cutoff_values": [1]}, "not numbers"),
        ({"size_unit_id": None}, "no size_unit_id"),
    ],
)
def test_that_units_and_types_have_to_fit_their_roles(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(Unprocessable, match=match):
        planned(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": [column("Au") | {"col_id": uuid(77)}]},
        {"categories": [{"col_id": uuid(77), "label": "x"}]},
        {"density_col_id": uuid(77)},
        {"cutoff_col_id": uuid(77)},
    ],
)
def test_that_a_column_that_is_not_there_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ColumnNotFound, match=uuid(77)):
        planned(**changes)


def test_that_every_column_in_use_is_named_once() -> None:
    made = planned(
        columns=[column("Au"), column("Au", "SUM", "kg")],
        categories=[{"col_id": IDS["rock"], "label": "x"}, {"col_id": IDS["ore"], "label": "y"}],
        cutoff_col_id=IDS["Au"],
        cutoff_values=[1],
        density_col_id=IDS["rho"],
    )
    assert [each.title for each in made.referenced] == ["rock", "ore", "Au", "rho"]
    assert (made.density.factor, made.density.constant) == (1000, pytest.approx(2700))


def test_that_a_cut_off_needs_no_unit_and_a_category_neither() -> None:
    made = planned(cutoff_col_id=IDS["plain"], cutoff_values=[1], categories=[{"col_id": IDS["plain"], "label": "x"}])
    assert made.borrowed == ()


def test_that_units_are_borrowed_once_per_column() -> None:
    """Question 22"""
    bare = Mapping(tuple(Column(each.col_id, each.title, each.data_type) for each in MAPPING.columns))
    body = {"name": "R", "columns": [column("Au"), column("Au", "SUM")], "mass_unit_id": "t"}
    body["density_col_id"] = IDS["rho"]
    asked = msgspec.convert(body, CreateReportSpecification, strict=False)
    made = plan(asked, Version(uuid(98), bare), NEWEST, "ft")
    assert made.borrowed == ("rho", "Au")
    assert {each.title: (each.unit_id, each.unit_id_from_version) for each in made.referenced} == {
        "rho": ("t/m3", uuid(99)),
        "Au": ("g/t", uuid(99)),
    }
    assert made.volume_factor == pytest.approx(0.3048**3)
    with pytest.raises(Unprocessable, match="has no unit"):
        plan(asked, Version(uuid(98), bare), Version(uuid(97), bare), "m")
