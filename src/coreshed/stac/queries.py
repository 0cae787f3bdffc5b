"""What a search asks for, read from a query string or a body; each refusal is a BadRequest that names the parameter."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from coreshed.catalogue import Box
from coreshed.clock import NANOSECONDS
from coreshed.problems import BadRequest

DEFAULT_LIMIT = 10
MAX_LIMIT = 1000
# What one request may name: it becomes parameters of one statement.
MAX_NAMED = 1000
_LONGEST_NAME = 1024
# The moments that 63 bits of nanoseconds hold lie between 1677 and 2262.
_FIRST_NS, _LAST_NS = -(2**63) + 1, 2**63 - 1
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# To leave these out of account would answer another question than the one that was asked.
_NOT_SERVED = (
    "filter",
    "filter-lang",
    "filter-crs",
    "filter_lang",
    "query",
    "q",
    "sortby",
    "fields",
    "crs",
    "bbox-crs",
)
_LISTS = ("ids", "collections", "bbox")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a search, checked. box and times are as `catalogue.Wanted` has them.

    said: the parameters as they came, without `token`, for the links to further pages.
    """

    limit: int
    box: Box | None
    from_ns: int | None
    to_ns: int | None
    collections: list[str] | None
    ids: list[str] | None
    token: str | None
    said: Mapping[str, Any]


def of_query_string(text: bytes) -> Asked:
    """The parameters of a GET. Parameters that no search knows are left alone."""
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise BadRequest("The query string cannot be read.") from None
    said = dict(pairs)
    if len(said) != len(pairs):
        raise BadRequest("A parameter is given more than once; lists are separated by commas.")
    values: dict[str, Any] = {name: text for name, text in said.items() if text != ""}
    for name in _LISTS:
        if name in values:
            values[name] = values[name].split(",")
    return _checked(values, said)


def of_body(raw: bytes) -> Asked:
    """The parameters of a POST: a JSON object, in which null is absent."""
    try:
        said = msgspec.json.decode(raw or b"{}")
    except (ValueError, RecursionError):
        raise BadRequest("The body is no JSON.") from None
    if not isinstance(said, dict):
        raise BadRequest("The body is a JSON object with the parameters of the search.")
    return _checked({name: value for name, value in said.items() if value is not None}, said)


def _checked(values: Mapping[str, Any], said: Mapping[str, Any]) -> Asked:
    for name in _NOT_SERVED:
        if name in values:
            raise BadRequest(f"{name}: this server does not search by it; /stac/conformance says what it does.")
    if "intersects" in values:
        raise BadRequest("intersects: this server searches by bbox and not by other shapes.")
    box = _box(values["bbox"]) if "bbox" in values else None
    from_ns, to_ns = _interval(values["datetime"]) if "datetime" in values else (None, None)
    return Asked(
        limit=_limit(values.get("limit", DEFAULT_LIMIT)),
        box=box,
        from_ns=from_ns,
        to_ns=to_ns,
        collections=_names(values, "collections"),
        ids=_names(values, "ids"),
        token=_token(values["token"]) if "token" in values else None,
        said={name: value for name, value in said.items() if name != "token"},
    )


def _limit(given: Any) -> int:
    """More than the most is the most, as OGC API Features has it."""
    text = str(given)
    if isinstance(given, bool | float) or not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadRequest("limit: a whole number from 1 on.")
    return MAX_LIMIT if len(text.lstrip("0")) > 6 else min(int(text), MAX_LIMIT)


def _names(values: Mapping[str, Any], name: str) -> list[str] | None:
    if name not in values:
        return None
    given = values[name]
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadRequest(f"{name}: a list of ids.")
    if len(given) > MAX_NAMED:
        raise BadRequest(f"{name}: at most {MAX_NAMED} ids in a request.")
    # What cannot be an id is the id of nothing; PostgreSQL would refuse a NUL.
    return [each for each in given if is_name(each)]


def is_name(text: str) -> bool:
    """Whether something could have this id."""
    return len(text) <= _LONGEST_NAME and "\0" not in text


def _box(given: Any) -> Box:
    """Four numbers, or six of which the heights are left out of account: items have none."""
    if not isinstance(given, list) or len(given) not in {4, 6}:
        raise BadRequest("bbox: four numbers, or six with heights: west, south, (low,) east, north (, high).")
    numbers = [_number(each) for each in given]
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if len(numbers) == 6 and numbers[2] > numbers[5]:
        raise BadRequest("bbox: the lower height is above the upper one.")
    if south > north or north < -90 or south > 90:
        raise BadRequest("bbox: south is above north, or both are beyond a pole.")
    if abs(west) > 540 or abs(east) > 540:
        raise BadRequest("bbox: longitudes are degrees from -180 to 180.")
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
        raise BadRequest("bbox: numbers of degrees.")
    return number


def _interval(given: Any) -> tuple[int | None, int | None]:
    """Both ends, inclusive; None where one is open."""
    if not isinstance(given, str):
        raise BadRequest(_TIMES)
    parts = given.split("/")
    if len(parts) == 1:
        moment = _moment(given)
        return moment, moment
    if len(parts) != 2:
        raise BadRequest(_TIMES)
    start, end = (None if part in {"", ".."} else _moment(part) for part in parts)
    if start is None and end is None:
        raise BadRequest("datetime: one end of an interval may be open, not both.")
    if start is not None and end is not None and start > end:
        raise BadRequest("datetime: the interval ends before it starts.")
    return start, end


_TIMES = "datetime: an RFC 3339 time with its zone, as 2026-11-20T09:08:07Z, or two with a slash between; '..' is open."


def _moment(text: str) -> int:
    """Nanoseconds; what lies outside of the time that is kept is its nearest moment."""
    parts = _MOMENT.fullmatch(text)
    if parts is None:
        raise BadRequest(_TIMES)
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    zone = parts[8]
    offset = 0 if zone in "Zz" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:6]))
    try:
        # A leap second is the first moment of the next minute.
        begun = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        raise BadRequest(_TIMES) from None
    if second > 60 or abs(offset) >= 24 * 60:
        raise BadRequest(_TIMES)
    whole = (begun - _EPOCH) // timedelta(seconds=1) + second - offset * 60
    fraction = int(((parts[7] or "") + "0" * 9)[:9])
    return max(_FIRST_NS, min(_LAST_NS, whole * NANOSECONDS + fraction))


def _token(given: Any) -> str:
    if not isinstance(given, str):
        raise BadRequest("token: take it from the link to the next page.")
    return given
