"""Well-known binary, as far as a picture needs it: the points of points, lines and rings."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Shape = tuple[str, Points]
_POINT, _LINE, _POLYGON = 1, 2, 3
_DEEPEST = 8
_MOST_POINTS = 2_000
"""Of one line or ring; of longer ones every n-th."""


class BadShape(ValueError):
    """It is no geometry, or one that is not drawn."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.order = data, 0, "<"

    def number(self) -> int:
        found: int = struct.unpack_from(self.order + "I", self.data, self.at)[0]
        self.at += 4
        return found

    def points(self, count: int, dimensions: int) -> NDArray[np.float64]:
        if count * dimensions * 8 > len(self.data) - self.at:
            raise BadShape("it is shorter than it says")
        found = np.frombuffer(self.data, self.order + "f8", count * dimensions, self.at).reshape(count, dimensions)
        self.at += count * dimensions * 8
        return found[:, :2].astype(np.float64)


def shapes(data: bytes) -> Iterator[Shape]:
    """("point" | "line" | "ring", its points of shape (n, 2)) of a geometry, ISO or EWKB. Raises BadShape."""
    return _shapes(data, _kept)


def extent(data: bytes) -> Points | None:
    """Min x, min y, max x, max y of all points of a geometry; None where it has none. Raises BadShape."""
    parts = [points for _, points in _shapes(data, _finite) if len(points)]
    if not parts:
        return None
    low, high = (
        np.min([each.min(axis=0) for each in parts], axis=0),
        np.max([each.max(axis=0) for each in parts], axis=0),
    )
    return np.concatenate([low, high])


def _shapes(data: bytes, keep: Callable[[Points], Points]) -> Iterator[Shape]:
    try:
        yield from _geometry(_Reader(data), 0, keep)
    except (struct.error, IndexError) as error:
        raise BadShape("it ends too early") from error


def _geometry(reader: _Reader, depth: int, keep: Callable[[Points], Points]) -> Iterator[Shape]:
    if depth > _DEEPEST:
        raise BadShape("it is nested too deeply")
    reader.order = "<" if reader.data[reader.at] else ">"
    reader.at += 1
    word = reader.number()
    if word & 0x20000000:
        reader.number()  # EWKB: the code of the CRS
    base, more = (word & 0xFFFF) % 1000, (word & 0xFFFF) // 1000
    dimensions = 2 + bool(word & 0x80000000 or more in (1, 3)) + bool(word & 0x40000000 or more in (2, 3))
    if base == _POINT:
        yield "point", keep(reader.points(1, dimensions))
    elif base == _LINE:
        yield "line", keep(reader.points(reader.number(), dimensions))
    elif base == _POLYGON:
        for _ in range(reader.number()):
            yield "ring", keep(reader.points(reader.number(), dimensions))
    elif base in (4, 5, 6, 7):
        for _ in range(reader.number()):
            yield from _geometry(reader, depth + 1, keep)
    else:
        raise BadShape("curves and surfaces are not drawn")


def _finite(points: Points) -> Points:
    return points[np.isfinite(points).all(axis=1)]


def _kept(points: Points) -> Points:
    finite = _finite(points)
    return finite[:: len(finite) // _MOST_POINTS + 1]
