"""The units that block models know, and arithmetic between them.

A value times its unit's `factor` is in the reference unit of the type: m, m3, kg, $, kg/m3, kg/kg, m3/m3, $/kg, radian.
Source: Block Model API contract, "Units"; the reference of angles is not documented there.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from coreshed.problems import Unprocessable


class UnitType(StrEnum):
    """What a unit measures."""

    LENGTH = "LENGTH"
    MASS = "MASS"
    VOLUME = "VOLUME"
    VALUE = "VALUE"
    MASS_PER_MASS = "MASS_PER_MASS"
    MASS_PER_VOLUME = "MASS_PER_VOLUME"
    VOLUME_PER_VOLUME = "VOLUME_PER_VOLUME"
    VALUE_PER_MASS = "VALUE_PER_MASS"
    DIMENSIONLESS = "GENERIC_DIMENSIONLESS"
    CATEGORY = "CATEGORY"
    ANGLE = "ANGLE"


# The types that clients up to 0.6.0 can read, and those that clients after them are offered.
LEGACY_TYPES = frozenset(UnitType) - {UnitType.DIMENSIONLESS, UnitType.CATEGORY, UnitType.ANGLE}
PRESENT_TYPES = frozenset(UnitType) - {UnitType.VOLUME_PER_VOLUME}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit. factor: a value times this is in the reference unit of the type."""

    id: str
    symbol: str
    description: str
    type: UnitType
    factor: float


def _of(kind: UnitType, *rows: tuple[str, str, float] | tuple[str, str, float, str]) -> list[Unit]:
    """rows: id, description, factor, and the symbol where it is not the id."""
    return [Unit(row[0], row[3] if len(row) == 4 else row[0], row[1], kind, row[2]) for row in rows]


UNITS: tuple[Unit, ...] = (
    *_of(UnitType.LENGTH, ("m", "Metres", 1.0), ("ft", "Feet", 0.3048), ("cm", "Centimetres", 0.01)),
    *_of(
        UnitType.MASS,
        ("ct", "Carats", 0.0002),
        ("g", "Grams", 0.001),
        ("kg", "Kilograms", 1.0),
        ("t", "Tonnes", 1000.0),
        ("kt", "Kilotonnes", 1e6),
        ("Mt", "Megatonnes", 1e9),
        ("mg", "Milligrams", 1e-6),
        ("ug", "Micrograms", 1e-9, "µg"),
        ("lbm", "Pounds", 0.45359237, "lb"),
        ("klbm", "Thousand pounds", 453.59237, "klb"),
        ("Mlbm", "Million pounds", 453592.37, "Mlb"),
        ("ton[US]", "Short tons", 907.18474, "ton (US)"),
        ("kton[US]", "Thousand short tons", 907184.74, "kton (US)"),
        ("Mton[US]", "Million short tons", 907184740.0, "Mton (US)"),
        ("ozm[troy]", "Troy ounces", 0.0311034768, "oz t"),
        ("1000 ozm[troy]", "Thousand troy ounces", 31.1034768, "koz t"),
        ("1000000 ozm[troy]", "Million troy ounces", 31103.4768, "Moz t"),
        ("1000 ct", "Thousand carats", 0.2, "kct"),
    ),
    *_of(
        UnitType.MASS_PER_MASS,
        ("%[mass]", "Percent by mass", 0.01, "%"),
        ("ppm[mass]", "Parts per million by mass", 1e-6, "ppm"),
        ("g/t", "Grams per tonne", 1e-6),
        ("ug/g", "Micrograms per gram", 1e-6, "µg/g"),
        ("mg/kg", "Milligrams per kilogram", 1e-6),
        ("mg/g", "Milligrams per gram", 1e-3),
        ("ppb[mass]", "Parts per billion by mass", 1e-9, "ppb"),
        ("ug/kg", "Micrograms per kilogram", 1e-9, "µg/kg"),
        ("ct/t", "Carats per tonne", 2e-7),
        ("0.01 ct/t", "Carats per hundred tonnes", 2e-9, "cpht"),
        ("oz t/ton[US]", "Troy ounces per short ton", 3.428571e-5, "oz t/ton (US)"),
    ),
    *_of(
        UnitType.MASS_PER_VOLUME,
        ("kg/m3", "Kilograms per cubic metre", 1.0, "kg/m³"),
        ("g/cm3", "Grams per cubic centimetre", 1000.0, "g/cm³"),
        ("t/m3", "Tonnes per cubic metre", 1000.0, "t/m³"),
        ("lbm/ft3", "Pounds per cubic foot", 16.018463374, "lb/ft³"),
        ("ton[US]/ft3", "Short tons per cubic foot", 32036.926748, "ton (US)/ft³"),
        ("g/m3", "Grams per cubic metre", 0.001, "g/m³"),
    ),
    *_of(
        UnitType.VOLUME,
        ("m3", "Cubic metres", 1.0, "m³"),
        ("cm3", "Cubic centimetres", 1e-6, "cm³"),
        ("ft3", "Cubic feet", 0.028316846592, "ft³"),
    ),
    *_of(UnitType.VALUE, ("$", "Dollars", 1.0)),
    *_of(
        UnitType.VALUE_PER_MASS,
        ("$/t", "Dollars per tonne", 0.001),
        ("$/ton[US]", "Dollars per short ton", 0.00110231131, "$/ton (US)"),
    ),
    *_of(UnitType.VOLUME_PER_VOLUME, ("m3/m3", "Cubic metres per cubic metre", 1.0, "m³/m³")),
    *_of(UnitType.DIMENSIONLESS, ("count", "Count", 1.0), ("ratio", "Ratio", 1.0)),
    *_of(UnitType.CATEGORY, ("numeric_category", "Numeric category", 1.0)),
    *_of(
        UnitType.ANGLE,
        ("dega", "Degrees", math.pi / 180, "°"),
        ("rad", "Radians", 1.0),
        ("rev", "Revolutions", 2 * math.pi),
    ),
)
_BY_ID = {unit.id: unit for unit in UNITS}


def find(unit_id: str) -> Unit | None:
    """The unit of an id, which is compared to the letter."""
    return _BY_ID.get(unit_id)


def require(unit_id: str) -> Unit:
    """The unit of an id. Raises Unprocessable."""
    found = find(unit_id)
    if found is None:
        hint = {"oz": "ozm[troy]", "lb": "lbm"}.get(unit_id)
        raise Unprocessable(f"There is no unit {unit_id[:40]!r}." + (f" Use {hint!r}." if hint else ""))
    return found


def convert(value: float, source: Unit, target: Unit) -> float:
    """A value in another unit of the same type. Raises Unprocessable where the types differ."""
    if source.type != target.type:
        raise Unprocessable(f"{source.id} measures {source.type}, {target.id} measures {target.type}.")
    return value if source.factor == target.factor else value * source.factor / target.factor
