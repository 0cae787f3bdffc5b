"""The table of units, and arithmetic between them."""

import pytest
from evo.blockmodels.endpoints.models import Unit as PublishedUnit
from evo.blockmodels.typed.units import Units as PublishedUnits
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels import units
from coreshed.blockmodels.units import UNITS, UnitType, convert, require
from coreshed.problems import Unprocessable


def test_that_ids_are_unique_and_factors_positive() -> None:
    assert len({unit.id for unit in UNITS}) == len(UNITS) == 51
    assert all(unit.factor > 0 and unit.symbol and unit.description for unit in UNITS)


def test_that_each_type_has_its_reference_unit_first_in_arithmetic() -> None:
    references = {"m", "m3", "kg", "$", "kg/m3", "m3/m3", "rad"}
    assert {unit_id: require(unit_id).factor for unit_id in references} == dict.fromkeys(references, 1.0)
    assert {unit.type for unit in UNITS} == set(UnitType)


def test_that_every_unit_the_published_client_names_is_known() -> None:
    assert {unit.value for unit in PublishedUnits} - {unit.id for unit in UNITS} <= {"oz", "lb"}


def test_that_the_published_client_reads_every_unit_that_it_is_offered() -> None:
    for unit in UNITS:
        if unit.type in units.PRESENT_TYPES:
            read = PublishedUnit(
                unit_id=unit.id,
                symbol=unit.symbol,
                description=unit.description,
                unit_type=unit.type.value,
                conversion_factor=unit.factor,
            )
            assert read.unit_type.value == unit.type


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.0, "t", "kg", 1000.0),
        (2.5, "g/t", "ppm[mass]", 2.5),
        (1.0, "%[mass]", "g/t", 10_000.0),
        (1.0, "ozm[troy]", "g", 31.1034768),
        (1.0, "ton[US]", "lbm", 2000.0),
        (2.7, "t/m3", "g/cm3", 2.7),
        (1.0, "ft", "m", 0.3048),
        (100.0, "ft3", "m3", 2.8316846592),
        (180.0, "dega", "rad", 3.141592653589793),
        (1.0, "rev", "dega", 360.0),
    ],
)
def test_that_known_conversions_come_out(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, require(source), require(target)) == pytest.approx(expected, rel=1e-12)


def test_that_units_of_different_types_do_not_convert() -> None:
    with pytest.raises(Unprocessable, match="kg measures MASS, m measures LENGTH"):
        convert(1.0, require("kg"), require("m"))


@pytest.mark.parametrize(
    ("unknown", "hint"), [("oz", "Use 'ozm\\[troy\\]'"), ("lb", "Use 'lbm'"), ("M", "no unit 'M'")]
)
def test_that_an_unknown_unit_is_refused_with_a_hint_where_there_is_one(unknown: str, hint: str) -> None:
    assert units.find(unknown) is None
    with pytest.raises(Unprocessable, match=hint):
        require(unknown)


@given(st.floats(-1e12, 1e12), st.data())
def test_that_a_value_survives_the_way_there_and_back(value: float, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(UNITS))
    target = data.draw(st.sampled_from([unit for unit in UNITS if unit.type == source.type]))
    assert convert(convert(value, source, target), target, source) == pytest.approx(value, rel=1e-12, abs=1e-300)
