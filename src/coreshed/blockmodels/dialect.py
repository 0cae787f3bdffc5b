"""What older clients cannot read, and what they are given instead: pure functions over values of the wire.

The published client names itself in `Evo-SDK-Source: evo-blockmodels@v0.8.0`. Who does not is taken for the newest.
Source: Block Model API contract, "Client versions that must all work".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from coreshed.blockmodels import units
from coreshed.blockmodels.units import Unit
from coreshed.blockmodels.wire import reports

_NAMED = re.compile(r"\s*evo[-_.]blockmodels\s*@\s*v?(\d{1,6}(?:\.\d{1,6})*)", re.IGNORECASE)
_OPEN_UNITS = (0, 6, 1)
_ALL_POLICIES = (0, 5)
_CELLS = (0, 8)


@dataclass(frozen=True, slots=True)
class Client:
    """Which release of the published client asks; None for everybody else."""

    release: tuple[int, ...] | None = None

    @classmethod
    def of(cls, header: str | None) -> "Client":
        """From the header; what comes after the numbers (`rc1`, `.dev3`, `+local`) counts for nothing."""
        named = _NAMED.match(header or "")
        return cls(None if named is None else tuple(int(part) for part in named[1].split(".")))

    def is_before(self, release: tuple[int, ...]) -> bool:
        """Whether this is an older client than that release."""
        if self.release is None:
            return False
        width = max(len(release), len(self.release))
        return _padded(self.release, width) < _padded(release, width)

    def knows(self, unit: Unit) -> bool:
        """Whether the client has a name for the type of this unit, and may therefore give the unit to a column."""
        return unit.type in (units.LEGACY_TYPES if self.is_before(_OPEN_UNITS) else units.PRESENT_TYPES)

    def reads(self, unit: Unit) -> bool:
        """Whether the client can read an answer in which this unit is.

        Up to 0.6.0 one unit of an unknown type makes the client refuse the whole answer; later ones call it UNKNOWN.
        """
        return self.knows(unit) or not self.is_before(_OPEN_UNITS)


def _padded(release: tuple[int, ...], width: int) -> tuple[int, ...]:
    return (*release, *(0,) * (width - len(release)))


def known_units(client: Client, found: Iterable[Unit]) -> list[Unit]:
    """The units that the client is offered, in the order given."""
    return [unit for unit in found if client.knows(unit)]


def policies(client: Client, null_values: str, negative_values: str) -> tuple[str, str]:
    """The two policies of a report as the client can read them: before 0.5 it knew no other than these."""
    if not client.is_before(_ALL_POLICIES):
        return null_values, negative_values
    known = {"USE", "ZERO", "IGNORE_BLOCK"}
    return (
        null_values if null_values in known else "IGNORE_BLOCK",
        negative_values if negative_values in known else "IGNORE_BLOCK",
    )


def result(client: Client, shown: reports.ReportResult) -> Any:
    """A result as plain values; before 0.8 cells were bare numbers, and none could be null: no data is 0."""
    plain = msgspec.to_builtins(shown)
    if client.is_before(_CELLS):
        for row in _rows(plain):
            row["values"] = [_number(cell) for cell in row["values"]]
    return plain


def comparison(client: Client, shown: reports.ReportComparison) -> Any:
    """A comparison as plain values; before 0.8 of bare numbers, of which the percentage alone could be null."""
    plain = msgspec.to_builtins(shown)
    if client.is_before(_CELLS):
        for row in _rows(plain):
            row["values"] = [_numbers(value) for value in row["values"]]
    return plain


def _rows(plain: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for each in plain["result_sets"] for row in each["rows"]]


def _numbers(value: dict[str, Any]) -> dict[str, float | None]:
    """Where a side has no data it is 0, and the difference is that of the numbers shown."""
    before, after = _number(value["from_value"]), _number(value["to_value"])
    difference = value["difference"]["value"]
    return {
        "from_value": before,
        "to_value": after,
        "difference": after - before if difference is None else difference,
        "percent": value["percent"]["value"],
    }


def _number(cell: dict[str, Any]) -> float:
    return 0.0 if cell["value"] is None else cell["value"]
