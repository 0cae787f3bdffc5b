"""What is read, how much of it, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

MOST_BANDS = 256
MOST_COLUMNS = 1_000
"""Of all layers together."""
MOST_LAYERS = 50
MOST_TEXT = 500
"""Characters of any one text of the file that is passed on."""
THUMBNAIL_SIDE = 512


@dataclass(frozen=True, slots=True)
class Source:
    """One file. name: as it was uploaded; read(offset, length): at most `length` bytes, fewer at the end."""

    name: str
    size: int
    read: Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may take. memory: bytes of address space beyond its libraries; seconds: from its start."""

    memory: int = 1 << 30
    seconds: int = 60


class Band(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One band of a raster. nodata: "nan", "inf" and "-inf" where JSON has no number.

    Statistics are of a sample of the pixels, those without data left out; valid_percent: 0..100, share of the others.
    """

    index: int
    dtype: str
    nodata: float | str | None = None
    unit: str | None = None
    description: str | None = None
    color_interpretation: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    valid_percent: float | None = None


class Column(msgspec.Struct, kw_only=True):
    """An attribute of features, under the type that its format gives it."""

    name: str
    type: str


class Layer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A layer of a vector file. bounds: min x, min y, max x, max y in its own coordinates; epsg null: unknown."""

    name: str
    geometry_type: str | None = None
    feature_count: int | None = None
    columns: list[Column] = []
    epsg: int | None = None
    bounds: list[float] | None = None


class Reading(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a file says of itself.

    kind: raster or vector. epsg, wkt: its CRS as a code, else as WKT 2; both null where the file names none. bounds:
    min x, min y, max x, max y in that CRS. footprint: GeoJSON in WGS 84 (RFC 7946: cut at the antimeridian); bbox:
    west, south, east, north in degrees, west > east across the antimeridian; both null where the CRS is unknown.
    transform:
    a, b, c, d, e, f of x = a column + b row + c, y = d column + e row + f. gsd: metres. band_count: also where not all
    bands are listed. feature_count: of all layers. datetime: RFC 3339, as the file tells it.
    """

    kind: str
    driver: str
    epsg: int | None = None
    wkt: str | None = None
    bounds: list[float] | None = None
    footprint: dict[str, Any] | None = None
    bbox: list[float] | None = None
    width: int | None = None
    height: int | None = None
    transform: list[float] | None = None
    gsd: float | None = None
    is_cog: bool | None = None
    overviews: list[int] = []
    band_count: int | None = None
    bands: list[Band] = []
    layers: list[Layer] = []
    columns: list[Column] = []
    geometry_types: list[str] = []
    feature_count: int | None = None
    datetime: str | None = None
    warnings: list[str] = []


@dataclass(slots=True)
class Outcome:
    """What came of reading a file. reading: None where nothing could be read; thumbnail: a PNG.

    errors: sentences for the user, empty where all went well; bytes_read: from the sources; peak_memory: resident bytes
    of the process, 0 where it did not come to its end.
    """

    reading: Reading | None = None
    thumbnail: bytes | None = None
    errors: list[str] = field(default_factory=list)
    bytes_read: int = 0
    peak_memory: int = 0


def shown(text: object) -> str:
    """A text of the file as it is passed on: of bounded length and without control characters.

    Marks that turn the direction of writing (as in the names of some layers) are left out as well.
    """
    kept = "".join(each for each in str(text)[: 4 * MOST_TEXT] if each.isprintable() or each == " ")
    return kept[:MOST_TEXT]
