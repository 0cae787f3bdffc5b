"""Rasters, read with rasterio: the header, then a sample of the pixels."""

import math
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.transform import from_gcps

from coreshed.enrichment.reading import images, places
from coreshed.enrichment.reading.model import MOST_BANDS, THUMBNAIL_SIDE, Band, Reading, shown

Floats = NDArray[np.float64]
_MOST_SAMPLED = 32
"""Bands of which statistics are taken."""
_MOST_DECODED = 256 << 20
"""Bytes of pixels that one picture or one band may cost to decode."""
_TIMES = (("ACQUISITIONDATETIME", "IMAGERY"), ("TIFFTAG_DATETIME", None), ("DATETIME", None))


def read(path: str, driver: str, tell: Callable[[Reading], None], *, categorical: bool) -> bytes | None:
    """Tell what is found, more each time; returns a thumbnail, None where the pixels would cost too much.

    Raises RasterioError and what else is wrong with the file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, driver=driver, sharing=False) as source:
            found = _header(source, driver)
            tell(found)
            if _cost(source) > _MOST_DECODED:
                found.warnings.append("There are no overviews: statistics and a picture would need all of the pixels.")
                tell(found)
                return None
            _sample(source, found)
            tell(found)
            return _picture(source, categorical=categorical)


def _header(source: Any, driver: str) -> Reading:
    structure = source.tags(ns="IMAGE_STRUCTURE")
    found = Reading(
        kind="raster",
        driver=driver,
        width=source.width,
        height=source.height,
        band_count=source.count,
        is_cog=driver == "GTiff" and (structure.get("LAYOUT") == "COG" or _is_ordered(source)),
        overviews=list(source.overviews(1))[:64] if source.count else [],
        datetime=_time(source),
    )
    if source.count > MOST_BANDS:
        found.warnings.append(f"Of {source.count:,} bands the first {MOST_BANDS} are described.")
    _describe(source, found)
    _place(source, found)
    return found


def _is_ordered(source: Any) -> bool:
    """Tiles, overviews down to one tile, and every directory before every tile: what makes a GeoTIFF a COG."""
    levels = [None, *range(len(source.overviews(1)))] if source.count else []
    if not levels or not source.profile.get("tiled"):
        return False
    if len(levels) == 1 and max(source.width, source.height) > THUMBNAIL_SIDE:
        return False
    directories, tiles = (
        [int(found) for level in levels if (found := source.get_tag_item(name, "TIFF", bidx=1, ovr=level)) is not None]
        for name in ("IFD_OFFSET", "BLOCK_OFFSET_0_0")
    )
    return len(directories) == len(levels) and bool(tiles) and max(directories) < min(tiles)


def _describe(source: Any, found: Reading) -> None:
    # Each of these goes through every band when it is asked for.
    types, nodata, units = source.dtypes, source.nodatavals, source.units
    descriptions, interpretations = source.descriptions, source.colorinterp
    for at in range(min(source.count, MOST_BANDS)):
        band = Band(index=at + 1, dtype=str(types[at]), nodata=_json_number(nodata[at]))
        band.unit = shown(units[at]) if units[at] else None
        band.description = shown(descriptions[at]) if descriptions[at] else None
        interpretation = interpretations[at]
        band.color_interpretation = None if interpretation is ColorInterp.undefined else interpretation.name
        found.bands.append(band)


def _json_number(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def _place(source: Any, found: Reading) -> None:
    transform, text = source.transform, source.crs.to_wkt() if source.crs else None
    points, points_crs = source.gcps
    if transform.is_identity and points:
        transform, text = from_gcps(points), points_crs.to_wkt() if points_crs else None
    if transform.is_identity or not all(math.isfinite(each) for each in transform[:6]):
        found.warnings.append("The raster says not where it lies.")
        return
    found.transform = [float(each) for each in transform[:6]]
    columns, rows = [0, source.width, source.width, 0, 0], [0, 0, source.height, source.height, 0]
    a, b, c, d, e, f = found.transform
    xs = [a * column + b * row + c for column, row in zip(columns, rows, strict=True)]
    ys = [d * column + e * row + f for column, row in zip(columns, rows, strict=True)]
    found.bounds = [min(xs), min(ys), max(xs), max(ys)]
    try:
        crs = places.known_crs(text)
        found.epsg, found.wkt = places.code_and_text(crs)
        found.gsd = places.ground_distance(crs, math.sqrt(abs(transform.a * transform.e - transform.b * transform.d)))
        if crs is None:
            found.warnings.append("The coordinate reference system is unknown.")
            return
        found.footprint, found.bbox = places.outline(crs, *places.along(xs, ys))
    except places.Unplaced as reason:
        found.warnings.append(str(reason))


def _time(source: Any) -> str | None:
    """When it was taken, else when the file was made; as UTC, for the tag names no zone."""
    for key, namespace in _TIMES:
        text = (source.tags(ns=namespace) if namespace else source.tags()).get(key, "").strip()
        digits = text.replace("T", " ").removesuffix("Z").split(".")[0]
        for form in ("%Y:%m:%d %H:%M:%S", "%Y-%m-%d %H:%M:%S"):
            with suppress(ValueError):
                return _parsed(digits, form)
    return None


def _parsed(text: str, form: str) -> str:
    from datetime import UTC, datetime

    return datetime.strptime(text, form).replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cost(source: Any) -> float:
    """Bytes that are decoded for a sample of one band."""
    if not source.count:
        return math.inf
    scale = max(source.width, source.height) / THUMBNAIL_SIDE
    factor = max((each for each in source.overviews(1) if each <= scale), default=1)
    together = source.count if source.count > 1 and source.interleaving == rasterio.enums.Interleaving.pixel else 1
    pixels = (source.width / factor) * (source.height / factor)
    return float(pixels * together * np.dtype(source.dtypes[0]).itemsize)


def _read(source: Any, band: int) -> tuple[Floats, NDArray[np.bool_]]:
    """A band on few pixels, and which of them have data."""
    columns, rows = images.size_within(source.width, source.height)
    pixels = source.read(band, out_shape=(rows, columns))
    values = np.abs(pixels) if np.iscomplexobj(pixels) else pixels
    values = values.astype(np.float64)
    valid = np.isfinite(values) & (source.read_masks(band, out_shape=(rows, columns)) > 0)
    return values, valid


def _sample(source: Any, found: Reading) -> None:
    if len(found.bands) > _MOST_SAMPLED:
        found.warnings.append(f"Statistics are those of the first {_MOST_SAMPLED} bands.")
    for band in found.bands[:_MOST_SAMPLED]:
        values, valid = _read(source, band.index)
        kept = values[valid]
        band.valid_percent = round(100 * float(valid.mean()), 3)
        if kept.size:
            band.minimum, band.maximum = float(kept.min()), float(kept.max())
            band.mean, band.std = float(kept.mean()), float(kept.std())


def _picture(source: Any, *, categorical: bool) -> bytes:
    colours = None
    if ColorInterp.palette in source.colorinterp[:1]:
        with suppress(RasterioError, ValueError):
            colours = source.colormap(1)
    if categorical or colours is not None:
        values, valid = _read(source, 1)
        return images.of_classes(values, valid, colours)
    wanted = _coloured(source)
    layers = [_read(source, band) for band in wanted]
    together = np.logical_and.reduce([valid for _, valid in layers])
    return images.of_bands(np.stack([values for values, _ in layers]), together)


def _coloured(source: Any) -> list[int]:
    """The bands that stand for red, green and blue; the first three, or the first, where the file does not say."""
    said = list(source.colorinterp[:MOST_BANDS])
    if all(each in said for each in (ColorInterp.red, ColorInterp.green, ColorInterp.blue)):
        return [said.index(each) + 1 for each in (ColorInterp.red, ColorInterp.green, ColorInterp.blue)]
    return [1, 2, 3] if source.count >= 3 and ColorInterp.gray not in said[:1] else [1]
