"""Thumbnails: pixels through a stretch or a palette, and shapes as they lie."""

import io
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, PngImagePlugin  # noqa: F401  (what saves a PNG has to be there before confinement)

from coreshed.enrichment.reading.model import THUMBNAIL_SIDE

# Twelve hues that can be told apart side by side; classes take them in the order of their values.
_PALETTE = np.array(
    [
        (68, 119, 170), (204, 187, 68), (34, 136, 51), (238, 102, 119), (102, 204, 238), (170, 51, 119),
        (187, 187, 187), (238, 119, 51), (0, 153, 136), (136, 34, 85), (153, 153, 51), (51, 34, 136),
    ],
    dtype=np.uint8,
)  # fmt: skip
_LOWEST, _HIGHEST = 2, 98  # percentiles
_LINE, _FILL, _GROUND = (40, 70, 110, 255), (120, 160, 205, 160), (0, 0, 0, 0)
_MARGIN = 6

Colours = Mapping[int, tuple[int, ...]]


def size_within(width: float, height: float, side: int = THUMBNAIL_SIDE) -> tuple[int, int]:
    """Width and height of a picture of these proportions, each 1..side and never more than the original's pixels."""
    scale = min(side / max(width, 1e-300), side / max(height, 1e-300), 1.0)
    return max(1, min(side, round(width * scale))), max(1, min(side, round(height * scale)))


def of_bands(bands: NDArray[np.floating], valid: NDArray[np.bool_]) -> bytes:
    """A PNG of one band (grey) or three (red, green, blue), shape (n, rows, columns), each stretched by itself.

    valid: shape (rows, columns); the other pixels are transparent.
    """
    layers = [_stretched(band, valid) for band in bands]
    if len(layers) == 1:
        layers *= 3
    return _png(Image.fromarray(np.dstack([*layers, np.where(valid, 255, 0).astype(np.uint8)])))


def _stretched(band: NDArray[np.floating], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    shown = band[valid]
    if shown.size == 0:
        return np.zeros(band.shape, np.uint8)
    low, high = np.percentile(shown, [_LOWEST, _HIGHEST])
    if high <= low:
        return np.full(band.shape, 127, np.uint8)
    filled = np.where(valid, band, low)
    stretched: NDArray[np.uint8] = (np.clip((filled - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return stretched


def of_classes(band: NDArray[np.floating], valid: NDArray[np.bool_], colours: Colours | None) -> bytes:
    """A PNG of codes: in the file's own colours, or in those of a palette, by the order of the values."""
    values, places = np.unique(band, return_inverse=True)
    table = np.empty((len(values), 4), np.uint8)
    table[:, :3] = _PALETTE[np.arange(len(values)) % len(_PALETTE)]
    table[:, 3] = 255
    for at, value in enumerate(values.tolist()):
        own = colours.get(int(value)) if colours is not None and value == value and abs(value) < 1 << 31 else None
        if own is not None:
            table[at] = (*own, 255)[:4]
    picture = table[places.reshape(band.shape)]
    picture[~valid, 3] = 0
    return _png(Image.fromarray(picture))


def of_shapes(shapes: Iterable[tuple[str, NDArray[np.float64]]], bounds: tuple[float, float, float, float]) -> bytes:
    """A PNG of points, lines and rings ("point", "line", "ring"; each of shape (n, 2)) within bounds."""
    min_x, min_y, max_x, max_y = bounds
    span = max(max_x - min_x, max_y - min_y) or 1.0
    inner = THUMBNAIL_SIDE - 2 * _MARGIN
    width, height = (max(1, round((each or span / inner) / span * inner)) for each in (max_x - min_x, max_y - min_y))
    image = Image.new("RGBA", (width + 2 * _MARGIN, height + 2 * _MARGIN), _GROUND)
    draw = ImageDraw.Draw(image)
    for kind, points in shapes:
        placed = (points - (min_x, max_y)) * (inner / span, -inner / span) + _MARGIN
        placed = np.clip(placed, -4.0 * THUMBNAIL_SIDE, 4.0 * THUMBNAIL_SIDE)
        path = [(float(x), float(y)) for x, y in placed]
        if kind == "ring" and len(path) > 2:
            draw.polygon(path, fill=_FILL, outline=_LINE)
        elif kind == "line" and len(path) > 1:
            draw.line(path, fill=_LINE, width=2)
        else:
            for x, y in path:
                draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=_LINE)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()
