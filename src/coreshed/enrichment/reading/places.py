"""Where a file lies on the globe: outlines in WGS 84 as RFC 7946 wants them."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from coreshed.enrichment.reading.model import MOST_TEXT

Floats = NDArray[np.float64]
Ring = list[tuple[float, float]]
EDGE_POINTS = 21
_DECIMALS = 7
_STRAIGHT = 1e-5
"""Degrees by which a point may be off the straight line between its neighbours and not be needed."""
_METRES_PER_DEGREE = 111_319.49
_LONGEST_WKT = 64 << 10


class Unplaced(Exception):
    """A sentence: why there is no outline."""


def known_crs(text: str | None) -> CRS | None:
    """The CRS of a text from a file; None where there is none. Raises Unplaced for what PROJ does not know."""
    if not text:
        return None
    if len(text) > _LONGEST_WKT:
        raise Unplaced("The coordinate reference system is too long to be read.")
    try:
        return CRS.from_user_input(text)
    except (ProjError, ValueError) as error:
        raise Unplaced(f"The coordinate reference system is not known: {str(error)[:MOST_TEXT]}") from error


def code_and_text(crs: CRS | None) -> tuple[int | None, str | None]:
    """EPSG code of what is the same, or else WKT 2."""
    if crs is None:
        return None, None
    code = crs.to_epsg(min_confidence=100) or _equal(crs)
    return (code, None) if code is not None else (None, crs.to_wkt("WKT2_2019"))


def _equal(crs: CRS) -> int | None:
    """A code that PROJ takes to be likely, where it is the same but for names and the order of axes.

    What is likely may have another datum: that of a CRS which names an ellipsoid alone is not known.
    """
    code = crs.to_epsg()
    return code if code is not None and crs.equals(CRS.from_epsg(code), ignore_axis_order=True) else None


def rectangle(bounds: Sequence[float]) -> tuple[Floats, Floats]:
    """The closed outline of min x, min y, max x, max y, with points along its edges."""
    min_x, min_y, max_x, max_y = bounds
    return along([min_x, max_x, max_x, min_x, min_x], [min_y, min_y, max_y, max_y, min_y])


def along(xs: Sequence[float], ys: Sequence[float]) -> tuple[Floats, Floats]:
    """The same closed outline with points along its edges."""
    steps = np.arange(0, len(xs) - 1 + 1e-9, 1 / EDGE_POINTS)
    at = np.arange(len(xs))
    return np.interp(steps, at, xs), np.interp(steps, at, ys)


def outline(crs: CRS, xs: Floats, ys: Floats) -> tuple[dict[str, Any], list[float]]:
    """GeoJSON and bbox (west, south, east, north) of a closed outline in a CRS. Raises Unplaced."""
    if not (np.isfinite(xs).all() and np.isfinite(ys).all()):
        raise Unplaced("The extent is not finite.")
    try:
        to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        lon, lat = (np.asarray(each, dtype=float) for each in to_degrees.transform(xs, ys))
    except ProjError as error:
        raise Unplaced("There is no way from the coordinate reference system to WGS 84.") from error
    placed = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[placed], lat[placed]
    if len(lon) < 2 or placed.mean() < 0.5:
        raise Unplaced("The extent lies outside of where the coordinate reference system is valid.")
    if np.abs(lat).max() > 90 + 1e-6 or np.abs(lon).max() > 720:
        raise Unplaced("The coordinates are no degrees of the globe.")
    return _placed(_unwrapped(lon), np.clip(lat, -90, 90))


def _unwrapped(lon: Floats) -> Floats:
    """Neighbours less than half a turn apart, so that the outline goes on across the antimeridian."""
    return np.unwrap(lon, period=360.0)


def _placed(lon: Floats, lat: Floats) -> tuple[dict[str, Any], list[float]]:
    turn = lon[-1] - lon[0]
    if abs(turn) > 180:
        return _around_pole(lon, lat)
    lon = lon - 360 * math.floor((lon.min() + 180) / 360)
    west, east, south, north = (_rounded(each) for each in (lon.min(), lon.max(), lat.min(), lat.max()))
    if east - west >= 360:
        return _polygon([(-180, south), (180, south), (180, north), (-180, north), (-180, south)]), [
            -180.0,
            south,
            180.0,
            north,
        ]
    ring = _bent(lon, lat)
    if west == east or south == north:
        return _flat(west, south, east, north), [west, south, _turned(east), north]
    if east <= 180:
        return _polygon(ring), [west, south, east, north]
    left = _cut(ring, keep_below=True)
    right = [(_rounded(x - 360), y) for x, y in _cut(ring, keep_below=False)]
    parts = [[_counterclockwise(each)] for each in (left, right) if len(each) >= 4]
    return {"type": "MultiPolygon", "coordinates": parts}, [west, south, _turned(east), north]


def _bent(lon: Floats, lat: Floats) -> Ring:
    """The outline without points that lie on the way between their neighbours."""
    ring = [(_rounded(x), _rounded(y)) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    kept = ring[:1]
    for at in range(1, len(ring) - 1):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], ring[at], ring[at + 1]
        length = math.hypot(x2 - x0, y2 - y0)
        if abs((x2 - x0) * (y0 - y1) - (x0 - x1) * (y2 - y0)) > _STRAIGHT * max(length, _STRAIGHT):
            kept.append((x1, y1))
    return [*kept, ring[-1]]


def _turned(lon: float) -> float:
    return _rounded(lon - 360) if lon > 180 else lon


def _around_pole(lon: Floats, lat: Floats) -> tuple[dict[str, Any], list[float]]:
    """The outline goes once around a pole: it is closed along the antimeridian and over the pole."""
    pole = 90.0 if lat.mean() > 0 else -90.0
    turned = (lon + 180) % 360 - 180
    order = np.argsort(turned, kind="stable")
    points = [(_rounded(turned[at]), _rounded(lat[at])) for at in order]
    edge = _rounded((points[0][1] + points[-1][1]) / 2)
    ring = [(-180.0, edge), *points, (180.0, edge), (180.0, pole), (-180.0, pole), (-180.0, edge)]
    lats = [y for _, y in ring]
    return _polygon(ring), [-180.0, min(lats), 180.0, max(lats)]


def _cut(ring: Ring, *, keep_below: bool) -> Ring:
    """The part of a closed ring at or below, or at or above, 180 degrees east; closed."""
    kept: Ring = []
    for (x0, y0), (x1, y1) in pairwise(ring):
        inside0, inside1 = ((x <= 180) if keep_below else (x >= 180) for x in (x0, x1))
        if inside0:
            kept.append((x0, y0))
        if inside0 != inside1 and 180 not in (x0, x1):
            kept.append((180.0, _rounded(y0 + (y1 - y0) * (180 - x0) / (x1 - x0))))
    return [*kept, kept[0]] if kept else []


def _flat(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """An extent without area: a point, or a line."""
    if west == east and south == north:
        return {"type": "Point", "coordinates": [_turned(west), south]}
    if east <= 180:
        return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    lines = [[[west, south], [180.0, north]], [[-180.0, south], [_turned(east), north]]]
    return {"type": "MultiLineString", "coordinates": lines}


def _polygon(ring: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [_counterclockwise(ring)]}


def _counterclockwise(ring: Ring) -> list[list[float]]:
    closed = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(closed))
    return [[float(x), float(y)] for x, y in (closed if area >= 0 else reversed(closed))]


def _rounded(degrees: float) -> float:
    return round(float(degrees), _DECIMALS)


def ground_distance(crs: CRS | None, pixel: float) -> float | None:
    """The side of a pixel in metres, from its side in units of the CRS; None where that has no length."""
    if crs is None or not math.isfinite(pixel) or pixel <= 0 or not crs.axis_info:
        return None
    if crs.is_geographic:
        return pixel * _METRES_PER_DEGREE
    return pixel * crs.axis_info[0].unit_conversion_factor if crs.is_projected else None


def merged(places: Sequence[tuple[dict[str, Any], list[float]]]) -> tuple[dict[str, Any], list[float]]:
    """One outline for several layers: that of a single one, or the box around all."""
    if len(places) == 1:
        return places[0]
    boxes = [box for _, box in places]
    crosses = any(west > east for west, _, east, _ in boxes)
    west = -180.0 if crosses else min(box[0] for box in boxes)
    east = 180.0 if crosses else max(box[2] for box in boxes)
    south, north = min(box[1] for box in boxes), max(box[3] for box in boxes)
    if west == east or south == north:
        return _flat(west, south, east, north), [west, south, east, north]
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return _polygon(ring), [west, south, east, north]
