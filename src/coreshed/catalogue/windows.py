"""Where and when a search looks: a bbox and an interval, as STAC and OGC API Features write them. Pure.

Both parsers raise a ValueError that says what is awaited; whoever asks knows what the parameter is called.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from coreshed.catalogue.model import Box
from coreshed.clock import NANOSECONDS, parse_iso

# The moments that 63 bits of nanoseconds hold lie between 1677 and 2262.
_FIRST_NS, _LAST_NS = -(2**63) + 1, 2**63 - 1
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = "an RFC 3339 time with its zone, as 2026-11-20T09:08:07Z, or two with a slash between; '..' is open."


def read_box(given: Any) -> Box:
    """Four numbers, or six of which the heights are left out of account: items have none.

    Numbers may be texts, as in a query string. Longitudes from -540 to 540 are understood, as map windows send them.
    """
    if not isinstance(given, list) or len(given) not in {4, 6}:
        raise ValueError("four numbers, or six with heights: west, south, (low,) east, north (, high).")
    numbers = [_number(each) for each in given]
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if len(numbers) == 6 and numbers[2] > numbers[5]:
        raise ValueError("the lower height is above the upper one.")
    if south > north or north < -90 or south > 90:
        raise ValueError("south is above north, or both are beyond a pole.")
    if abs(west) > 540 or abs(east) > 540:
        raise ValueError("longitudes are degrees from -180 to 180.")
    return _rectangle(west, south, east, north)


def _rectangle(west: float, south: float, east: float, north: float) -> Box:
    """West above east crosses the antimeridian; map windows also send degrees beyond 180."""
    width = east - west if east >= west else east - west + 360
    if width >= 360:
        return Box(-180.0, south, 180.0, north)
    if not -180 <= west <= 180:
        west = (west + 180) % 360 - 180
    return Box(west, south, west + width, north)


def _number(given: Any) -> float:
    try:
        number = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("numbers of degrees.")
    return number


def read_interval(given: Any, *, zoned: bool) -> tuple[int | None, int | None]:
    """Both ends, inclusive, in nanoseconds, of a moment or of `from/to`; None where an end is open.

    zoned: times without a zone, and days, are refused; else they are UTC. What lies outside of the time that is kept
    is its nearest moment.
    """
    if not isinstance(given, str):
        raise ValueError(_TIMES)  # noqa: TRY004  (as everything else that is wrong here)
    parts = given.split("/")
    if len(parts) == 1:
        moment = _moment(given, zoned)
        return moment, moment
    if len(parts) != 2:
        raise ValueError(_TIMES)
    start, end = (None if part in {"", ".."} else _moment(part, zoned) for part in parts)
    if start is None and end is None:
        raise ValueError("one end of an interval may be open, not both.")
    if start is not None and end is not None and start > end:
        raise ValueError("the interval ends before it starts.")
    return start, end


def _moment(text: str, zoned: bool) -> int:
    parts = _MOMENT.fullmatch(text)
    if parts is None:
        return _kept(_loosely(text, zoned))
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    zone = parts[8]
    offset = 0 if zone in "Zz" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:6]))
    try:
        # A leap second is the first moment of the next minute.
        begun = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        raise ValueError(_TIMES) from None
    if second > 60 or abs(offset) >= 24 * 60:
        raise ValueError(_TIMES)
    whole = (begun - _EPOCH) // timedelta(seconds=1) + second - offset * 60
    fraction = int(((parts[7] or "") + "0" * 9)[:9])
    return _kept(whole * NANOSECONDS + fraction)


def _loosely(text: str, zoned: bool) -> int:
    if zoned:
        raise ValueError(_TIMES)
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise ValueError(_TIMES) from None


def _kept(at_ns: int) -> int:
    return max(_FIRST_NS, min(_LAST_NS, at_ns))
