"""Where items lie: GeoJSON geometries and boxes in WGS 84 degrees (RFC 7946)."""

from collections.abc import Iterator, Sequence
from typing import Any

from coreshed.catalogue.model import Box
from coreshed.problems import Invalid

# How deep the positions of each type lie in `coordinates`.
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
MAX_POSITIONS = 100_000
_MAX_PARTS = 1000


def read_geometry(value: dict[str, Any]) -> Box | None:
    """The box of a GeoJSON geometry; None where it has no position. Raises Invalid saying what is wrong.

    A geometry whose parts touch the antimeridian from both sides, as RFC 7946 3.1.9 has it, gets the narrow box.
    """
    parts = [_ring_box(part) for part in _parts(value)]
    if not parts:
        return None
    west, east = _longitudes([(box.west, box.east) for box in parts])
    return Box(west, min(box.south for box in parts), east, max(box.north for box in parts))


def read_bbox(numbers: Sequence[float]) -> Box:
    """`[west, south, east, north]`, or with heights `[w, s, low, e, n, high]`; east < west crosses the antimeridian.

    Raises Invalid.
    """
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4:
        raise _invalid("A bbox has four numbers, or six with heights.", "bbox")
    west, south, east, north = (float(each) for each in numbers)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise _invalid("A bbox is [west, south, east, north] within -180..180 and -90..90, south <= north.", "bbox")
    return Box(west, south, east + 360 if east < west else east, north)


def polygon(box: Box) -> dict[str, Any]:
    """The box as a GeoJSON geometry: a Polygon, or two in a MultiPolygon across the antimeridian."""
    if box.east <= 180:
        return {"type": "Polygon", "coordinates": [_ring(box.west, box.south, box.east, box.north)]}
    halves = [_ring(box.west, box.south, 180.0, box.north), _ring(-180.0, box.south, box.east - 360, box.north)]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in halves]}


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _parts(value: dict[str, Any]) -> Iterator[list[Sequence[float]]]:
    """The positions of each part: of every point, line and polygon."""
    kind = value.get("type")
    if kind == "GeometryCollection":
        members = value.get("geometries")
        if not isinstance(members, list) or len(members) > _MAX_PARTS:
            raise _invalid(f"A GeometryCollection has a list of at most {_MAX_PARTS} geometries.")
        for member in members:
            if not isinstance(member, dict) or member.get("type") == "GeometryCollection":
                raise _invalid("A GeometryCollection holds geometries, none of them a collection again.")
            yield from _parts(member)
        return
    if kind not in _DEPTH or "coordinates" not in value:
        raise _invalid(f"A geometry has `coordinates` and a `type` of {', '.join([*_DEPTH, 'GeometryCollection'])}.")
    of_parts = 1 if kind in {"MultiPoint", "MultiLineString", "MultiPolygon"} else 0
    coordinates = value["coordinates"]
    for part in _list(coordinates) if of_parts else [coordinates]:
        positions = list(_positions(part, _DEPTH[kind] - of_parts))
        if len(positions) > MAX_POSITIONS:
            raise _invalid(f"A part of a geometry has at most {MAX_POSITIONS} positions.")
        if positions:
            yield positions


def _positions(value: Any, depth: int) -> Iterator[Sequence[float]]:
    if depth:
        for member in _list(value):
            yield from _positions(member, depth - 1)
        return
    position = _list(value)
    if not position and depth == 0:
        return
    if not 2 <= len(position) <= 4 or not all(_is_number(number) for number in position):
        raise _invalid("A position is [longitude, latitude], with a height or without.")
    if not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
        raise _invalid("Longitudes lie within -180..180 degrees, latitudes within -90..90.")
    yield position


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _invalid("The coordinates are not nested as the type of the geometry has it.")
    return value


# Compared, as a whole number may be too large to become a float; NaN is not less.
_HUGE = 1e300


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _ring_box(positions: list[Sequence[float]]) -> Box:
    x, y = [float(each[0]) for each in positions], [float(each[1]) for each in positions]
    return Box(min(x), min(y), max(x), max(y))


def _longitudes(ranges: list[tuple[float, float]]) -> tuple[float, float]:
    west, east = min(each[0] for each in ranges), max(each[1] for each in ranges)
    if west == -180 and east == 180 and len(ranges) > 1:
        shifted = [(a + 360, b + 360) if b < 0 else (a, b) for a, b in ranges]
        narrow = min(each[0] for each in shifted), max(each[1] for each in shifted)
        if narrow[0] >= 0 and narrow[1] - narrow[0] < 360:
            return narrow
    return west, east


def _invalid(message: str, field: str = "geometry") -> Invalid:
    return Invalid(message, loc=["body", field])
