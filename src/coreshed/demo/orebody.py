"""A synthetic copper-gold orebody, the hill above it and forty holes through it; the same on every machine.

Axes: x east, y north, z up, in metres. Azimuths are degrees clockwise from north; dips of holes are degrees below the
horizontal. The orebody is a lens in a plane that dips DIP degrees towards DIP_DIRECTION. Everything that leaves this
module is rounded, so that the last bit of a machine's sine does not show.
"""

import math
import random
from dataclasses import dataclass
from itertools import pairwise

EPSG = 7850  # GDA2020 / MGA zone 50
CENTRE_X, CENTRE_Y = 512_400.0, 7_481_800.0
DEPTH_OF_CENTRE = 190.0
DIP, DIP_DIRECTION = 60.0, 110.0
HALF_STRIKE, HALF_DOWN_DIP, HALF_THICKNESS = 300.0, 170.0, 14.0

SECTIONS, HOLES_PER_SECTION = 8, 5
HOLE_DIP, HOLE_AZIMUTH = 60.0, (DIP_DIRECTION + 180.0) % 360.0
SURVEY_STEP, SAMPLE_LENGTH, OVERBURDEN = 30.0, 2.0, 12.0
ROCKS = ("overburden", "basalt", "mineralised zone", "siltstone")

_SEED = 20261120

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Station:
    """A measurement of a hole's direction."""

    depth: float
    azimuth: float
    dip: float


@dataclass(frozen=True, slots=True)
class Sample:
    """An assayed interval and where its middle is; rock: position in ROCKS. Overburden is not assayed: NaN."""

    start: float
    end: float
    middle: Point
    rock: int
    copper_percent: float
    gold_gpt: float
    density_tpm3: float


@dataclass(frozen=True, slots=True)
class Hole:
    """A drill hole with its surveys and samples, both by depth."""

    name: str
    collar: Point
    depth: float
    stations: tuple[Station, ...]
    samples: tuple[Sample, ...]
    path: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Vertices, and triangles as indices into them, counter-clockwise seen from outside or above."""

    vertices: tuple[Point, ...]
    triangles: tuple[tuple[int, int, int], ...]


def elevation(x: float, y: float) -> float:
    """The ground."""
    east, north = x - CENTRE_X, y - CENTRE_Y
    hills = 12 * math.sin(east / 260) + 9 * math.cos(north / 310) + 6 * math.sin((east + north) / 170)
    return 420 + hills - 0.02 * east


def _direction(azimuth: float, dip: float) -> Point:
    """The unit vector of a line that goes `dip` degrees down."""
    a, d = math.radians(azimuth), math.radians(dip)
    return math.sin(a) * math.cos(d), math.cos(a) * math.cos(d), -math.sin(d)


_CENTRE = (CENTRE_X, CENTRE_Y, elevation(CENTRE_X, CENTRE_Y) - DEPTH_OF_CENTRE)
_ALONG = _direction(DIP_DIRECTION - 90, 0)
_DOWN = _direction(DIP_DIRECTION, DIP)
_UP = _direction(DIP_DIRECTION, DIP - 90)  # the upper normal of the lens


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _plus(a: Point, b: Point, times: float = 1.0) -> Point:
    return a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]


def _times(a: Point, times: float) -> Point:
    return a[0] * times, a[1] * times, a[2] * times


def _in_lens(along: float, down: float, up: float) -> Point:
    """The point at distances along strike, down dip and above the middle plane."""
    return _plus(_plus(_plus(_CENTRE, _ALONG, along), _DOWN, down), _UP, up)


def _half_thickness(radius: float) -> float:
    """radius: 0 in the middle of the lens, 1 at its rim."""
    return HALF_THICKNESS * (1 - radius**4)


def _rounded(point: Point) -> Point:
    return round(point[0], 3), round(point[1], 3), round(point[2], 3)


def lens(rings: int = 8, sectors: int = 48) -> Mesh:
    """The orebody as a closed surface: both skins share the rim."""
    vertices = [_in_lens(0, 0, HALF_THICKNESS), _in_lens(0, 0, -HALF_THICKNESS)]
    skins: list[list[list[int]]] = [[], []]
    for ring in range(1, rings + 1):
        radius = ring / rings
        for skin, sign in enumerate((1, -1)):
            if ring == rings and skin == 1:
                skins[1].append(skins[0][-1])
                continue
            skins[skin].append(list(range(len(vertices), len(vertices) + sectors)))
            for sector in range(sectors):
                angle = 2 * math.pi * sector / sectors
                along, down = HALF_STRIKE * radius * math.cos(angle), HALF_DOWN_DIP * radius * math.sin(angle)
                vertices.append(_in_lens(along, down, sign * _half_thickness(radius)))
    # Seen from above the lens, strike to down dip turns clockwise: the lower skin is the one that keeps the order.
    lower = _fan(1, skins[1])
    upper = [(a, c, b) for a, b, c in _fan(0, skins[0])]
    return Mesh(tuple(map(_rounded, vertices)), (*upper, *lower))


def _fan(apex: int, circles: list[list[int]]) -> list[tuple[int, int, int]]:
    """Triangles from an apex through ever larger circles, all of the same sense."""
    count = len(circles[0])
    triangles = [(apex, circles[0][i], circles[0][(i + 1) % count]) for i in range(count)]
    for inner, outer in pairwise(circles):
        for i in range(count):
            j = (i + 1) % count
            triangles += [(inner[i], outer[i], outer[j]), (inner[i], outer[j], inner[j])]
    return triangles


def topography(cells: int = 40, size: float = 25.0) -> Mesh:
    """The ground as a square of `cells` by `cells` squares of `size` metres, each cut in two."""
    corners = cells + 1
    half = cells * size / 2
    vertices = [
        _rounded((x, y, elevation(x, y)))
        for y in (CENTRE_Y - half + size * row for row in range(corners))
        for x in (CENTRE_X - half + size * column for column in range(corners))
    ]
    triangles = []
    for row in range(cells):
        for column in range(cells):
            a = row * corners + column
            b, c, d = a + 1, a + corners + 1, a + corners
            triangles += [(a, b, c), (a, c, d)]
    return Mesh(tuple(vertices), tuple(triangles))


def holes() -> list[Hole]:
    """Every hole, section by section along strike; within a section the shallow ones first."""
    chance = random.Random(_SEED)  # noqa: S311  (geology, not secrets)
    drilled: list[Hole] = []
    for section in range(SECTIONS):
        along = 75.0 * (section - (SECTIONS - 1) / 2)
        for place in range(HOLES_PER_SECTION):
            down = 65.0 * (place - (HOLES_PER_SECTION - 1) / 2)
            drilled.append(_drill(f"DH{len(drilled) + 1:03d}", _in_lens(along, down, 0), chance))
    return drilled


def _drill(name: str, target: Point, chance: random.Random) -> Hole:
    """A hole from the ground through `target` and 50 m on, drifting as holes do."""
    direction = _direction(HOLE_AZIMUTH, HOLE_DIP)
    reach = 0.0
    for _ in range(60):  # the ground is flat enough for this to settle within a millimetre
        x, y, z = _plus(target, direction, -reach)
        reach += (elevation(x, y) - z) / math.sin(math.radians(HOLE_DIP))
    collar = _rounded(_plus(target, direction, -reach))
    depth = math.ceil((reach + 50) / SAMPLE_LENGTH) * SAMPLE_LENGTH
    stations = _survey(depth, chance)
    trace = _Trace(collar, stations)
    starts = [SAMPLE_LENGTH * index for index in range(int(depth / SAMPLE_LENGTH))]
    samples = tuple(_assay(start, trace.at(start + SAMPLE_LENGTH / 2), chance) for start in starts)
    return Hole(name, collar, depth, stations, samples, tuple(_rounded(trace.at(s.depth)) for s in stations))


def _survey(depth: float, chance: random.Random) -> tuple[Station, ...]:
    azimuth, dip, at = HOLE_AZIMUTH + chance.gauss(0, 1), HOLE_DIP + chance.gauss(0, 0.5), 0.0
    stations = []
    while True:
        stations.append(Station(at, round(azimuth, 1), round(dip, 1)))
        if at >= depth:
            return tuple(stations)
        at = min(at + SURVEY_STEP, depth)
        azimuth += chance.gauss(0.1, 0.3)
        dip -= chance.gauss(0.2, 0.2)


class _Trace:
    """The path of a hole by minimum curvature: an arc between each two stations."""

    def __init__(self, collar: Point, stations: tuple[Station, ...]) -> None:
        self._stations = stations
        self._directions = [_direction(each.azimuth, each.dip) for each in stations]
        self._points = [collar]
        for index in range(len(stations) - 1):
            self._points.append(self._along(index, stations[index + 1].depth))

    def at(self, depth: float) -> Point:
        """The point at a depth between the first and the last station."""
        index = max(i for i, station in enumerate(self._stations[:-1]) if station.depth <= depth)
        return self._along(index, depth)

    def _along(self, index: int, depth: float) -> Point:
        start, end = self._stations[index].depth, self._stations[index + 1].depth
        first, last = self._directions[index], self._directions[index + 1]
        bend = math.acos(min(1.0, _dot(first, last)))
        part = (depth - start) / (end - start)
        if bend < 1e-9:
            return _plus(self._points[index], first, depth - start)
        turned = bend * part
        here = _plus(_times(first, math.sin(bend - turned) / math.sin(bend)), last, math.sin(turned) / math.sin(bend))
        ratio = 1.0 if turned < 1e-9 else 2 / turned * math.tan(turned / 2)
        return _plus(self._points[index], _plus(first, here), (depth - start) / 2 * ratio)


def _assay(start: float, middle: Point, chance: random.Random) -> Sample:
    noise = [chance.gauss(0, 1) for _ in range(3)]
    end = start + SAMPLE_LENGTH
    if elevation(middle[0], middle[1]) - middle[2] < OVERBURDEN:
        return Sample(start, end, _rounded(middle), 0, math.nan, math.nan, math.nan)
    offset = (middle[0] - _CENTRE[0], middle[1] - _CENTRE[1], middle[2] - _CENTRE[2])
    along, down, up = _dot(offset, _ALONG), _dot(offset, _DOWN), _dot(offset, _UP)
    radius = math.hypot(along / HALF_STRIKE, down / HALF_DOWN_DIP)
    thickness = _half_thickness(min(radius, 1.0))
    if radius < 1 and abs(up) <= thickness:
        rock = 2
        copper = (0.5 + 2.6 * (1 - radius**2) * (1 - (up / thickness) ** 2)) * math.exp(0.3 * noise[0])
    else:
        rock = 1 if up > 0 else 3
        # A halo that halves every four metres away from the contact.
        copper = (0.02 + 0.35 * 0.5 ** ((abs(up) - thickness) / 4) * (radius < 1)) * math.exp(0.5 * noise[0])
    gold = 0.35 * copper * math.exp(0.4 * noise[1])
    density = (2.78 if rock == 1 else 2.66) + 0.07 * copper + 0.03 * noise[2]
    return Sample(start, end, _rounded(middle), rock, round(copper, 3), round(gold, 3), round(density, 2))
