"""Where on Earth an object lies: its bounding box in WGS84.

No grid is ever fetched over the network; a transformation that needs an absent grid uses what PROJ has.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyproj

# Points per edge: a straight edge of a projected box is a curve in degrees, and the rectangle shall enclose it.
_DENSIFY = 21
_DECIMALS = 5
# A WKT has a few kilobytes; what is longer describes nothing, and the cache would keep it.
_LONGEST_WKT = 65536


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Degrees in WGS84; west <= east (a box across the antimeridian has none), south <= north."""

    west: float
    south: float
    east: float
    north: float


@lru_cache(maxsize=1)
def _no_network() -> None:
    import pyproj

    pyproj.network.set_network_enabled(False)  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _to_wgs84(crs: str | int) -> "pyproj.Transformer | None":
    if isinstance(crs, str) and len(crs) > _LONGEST_WKT:
        return None
    # Loaded with the first object that lies somewhere: a tenth of the memory of a server that only moves bytes.
    import pyproj
    from pyproj.exceptions import ProjError

    _no_network()
    try:
        known = pyproj.CRS.from_user_input(crs)
        if not (known.is_geographic or known.is_projected):
            return None  # a height alone, or metres from the centre of the Earth
        return pyproj.Transformer.from_crs(known, 4326, always_xy=True)
    except ProjError:
        return None


def object_crs(document: dict[str, Any]) -> str | int | None:
    """The CRS of a geoscience object as EPSG code or WKT; None where it is `unspecified` or absent."""
    crs = document.get("coordinate_reference_system")
    if not isinstance(crs, dict):
        return None
    code, wkt = crs.get("epsg_code"), crs.get("ogc_wkt")
    if isinstance(code, int | float) and not isinstance(code, bool):
        return int(code)
    return wkt if isinstance(wkt, str) and wkt else None


def workspace_crs(text: str) -> str | int | None:
    """The CRS of a workspace: `EPSG:2193`, `2193` or WKT; None where it is empty."""
    trimmed = text.strip()
    if not trimmed:
        return None
    return int(trimmed) if re.fullmatch(r"[0-9]{1,9}", trimmed) else trimmed


def bounding_rectangle(document: dict[str, Any], crs: str | int | None) -> Rectangle | None:
    """The WGS84 rectangle that encloses `bounding_box` (x east, y north, CRS units).

    None where the object has no box, the CRS is unknown, a corner does not transform, or the box crosses the
    antimeridian or, in a projected CRS, holds a pole.
    """
    box = document.get("bounding_box")
    if crs is None or not isinstance(box, dict):
        return None
    min_x, min_y, max_x, max_y = (_finite(box.get(name)) for name in ("min_x", "min_y", "max_x", "max_y"))
    if min_x is None or min_y is None or max_x is None or max_y is None:
        return None
    transformer = _to_wgs84(crs)
    if transformer is None:
        return None
    from pyproj.enums import TransformDirection
    from pyproj.exceptions import ProjError

    try:
        west, south, east, north = transformer.transform_bounds(
            min_x, min_y, max_x, max_y, densify_pts=_DENSIFY, direction=TransformDirection.FORWARD, errcheck=True
        )
    except (ProjError, OverflowError):
        return None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None
    source = transformer.source_crs
    if (south <= -90 or north >= 90) and not (source is not None and source.is_geographic):
        return None  # around a pole no rectangle in degrees is of any use
    return Rectangle(_outwards(west, -1), _outwards(south, -1), _outwards(east, 1), _outwards(north, 1))


def _finite(value: Any) -> float | None:
    """A coordinate as a float; None for anything that is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _outwards(degrees: float, sense: int) -> float:
    """Rounded to five decimals (about a metre), never inwards."""
    scale = float(10**_DECIMALS)
    return (math.ceil(degrees * scale) if sense > 0 else math.floor(degrees * scale)) / scale


Point = tuple[float, float]


def is_rectangle(ring: Sequence[Sequence[float]]) -> bool:
    """Whether a closed ring of five points runs along meridians and parallels alone, and encloses something."""
    sides = [(a[0] == b[0], a[1] == b[1]) for a, b in pairwise(ring)]
    return sides in ([(True, False), (False, True)] * 2, [(False, True), (True, False)] * 2)


def contains(polygon: list[Point], rectangle: Rectangle) -> bool:
    """Whether the rectangle lies inside the closed polygon; a shared border counts as inside."""
    corners = _corners(rectangle)
    if not all(_inside(polygon, corner) for corner in corners):
        return False
    middle = ((rectangle.west + rectangle.east) / 2, (rectangle.south + rectangle.north) / 2)
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    crossed = any(_cross_properly(a, b, c, d) for a, b in edges for c, d in pairwise(polygon))
    entered = any(_enters(rectangle, c, d) for c, d in pairwise(polygon))
    return not crossed and not entered and _inside(polygon, middle)


def intersects(polygon: list[Point], rectangle: Rectangle) -> bool:
    """Whether the rectangle and the closed polygon share any point; touching counts."""
    corners = _corners(rectangle)
    if any(_inside(polygon, corner) for corner in corners):
        return True
    if any(rectangle.west <= x <= rectangle.east and rectangle.south <= y <= rectangle.north for x, y in polygon):
        return True
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    return any(_touch(a, b, c, d) for a, b in edges for c, d in pairwise(polygon))


def _corners(r: Rectangle) -> list[Point]:
    return [(r.west, r.south), (r.east, r.south), (r.east, r.north), (r.west, r.north)]


def _side(a: Point, b: Point, p: Point) -> float:
    """Positive where p lies left of the line from a to b."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _on(a: Point, b: Point, p: Point) -> bool:
    return (
        _side(a, b, p) == 0
        and min(a[0], b[0]) <= p[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
    )


def _inside(polygon: list[Point], p: Point) -> bool:
    """Even-odd rule; the border is inside."""
    odd = False
    for a, b in pairwise(polygon):
        if _on(a, b, p):
            return True
        if (a[1] > p[1]) != (b[1] > p[1]) and p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]:
            odd = not odd
    return odd


def _cross_properly(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _enters(r: Rectangle, a: Point, b: Point) -> bool:
    """Whether the segment from a to b passes through the interior of the rectangle."""
    start, end = 0.0, 1.0
    for origin, target, low, high in ((a[0], b[0], r.west, r.east), (a[1], b[1], r.south, r.north)):
        step = target - origin
        if step == 0:
            if not low < origin < high:
                return False
            continue
        first, last = sorted(((low - origin) / step, (high - origin) / step))
        start, end = max(start, first), min(end, last)
    return start < end


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _cross_properly(a, b, c, d) or _on(a, b, c) or _on(a, b, d) or _on(c, d, a) or _on(c, d, b)
