"""Vector data, read with pyogrio: layers, columns, counts, extents, and a drawing of the first features."""

import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import pyogrio
import pyogrio.errors
import pyogrio.raw

from coreshed.enrichment.reading import archives, images, places
from coreshed.enrichment.reading.model import MOST_COLUMNS, MOST_LAYERS, Column, Layer, Reading, shown
from coreshed.enrichment.reading.shapes import BadShape, Shape, shapes

Tell = Callable[[Reading], None]
Show = Callable[[bytes], None]
Bounds = tuple[float, float, float, float]
_Named = tuple[str, str]
"""Path and name of a layer."""
_Place = tuple[dict[str, Any], list[float]]
_DRAWN = 5_000
"""Features in a picture."""
_DRAWN_BYTES = 64 << 20
_TABLES_AND_VIEWS = (
    "SELECT stored.type, stored.name FROM sqlite_master AS stored"
    " LEFT JOIN gpkg_contents AS content ON content.table_name = stored.name"
    " WHERE stored.type = 'view' OR (stored.type = 'table' AND content.data_type IN ('features', 'attributes'))"
)
_NO_GEOMETRY = {None, "None", ""}


class Unreadable(Exception):
    """A sentence: what is wrong with the file."""


def read(path: str, driver: str, tell: Tell, show: Show, archive: Callable[[], io.RawIOBase] | None) -> None:
    """Tell what is found, layer by layer, and show a picture where there is something to draw.

    archive: opens the file itself where it is a zip. Raises Unreadable, archives.Refused, places.Unplaced and what
    pyogrio raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = [path] if archive is None else _inside(path, archive)
        found = Reading(kind="vector", driver=driver)
        first, later = _stored(path) if driver == "GPKG" else ([], [])
        placed: list[_Place] = []
        _describe(first[:MOST_LAYERS], found, placed, tell, later=later)
        is_shown = _show(first, found.layers, show)
        named = [(part, name) for part in parts for name in _layers(part)]
        if not named:
            raise Unreadable("The file has no layers.")
        if len(named) > MOST_LAYERS:
            found.warnings.append(f"Of {len(named):,} layers the first {MOST_LAYERS} are described.")
        done = len(found.layers)
        rest = [each for each in named if each not in first][: MOST_LAYERS - done]
        _describe(rest, found, placed, tell)
        tell(found)
        if not is_shown:
            _show(rest, found.layers[done:], show)


def _stored(path: str) -> tuple[list[_Named], list[_Named]]:
    """Tables that are layers, and views, of a GeoPackage that has views; of others nothing.

    What a view costs, nobody knows before it ends, and GDAL asks each for its columns when it lists layers.
    """
    try:
        found = pyogrio.raw.read(path, sql=_TABLES_AND_VIEWS, read_geometry=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return [], []
    kinds, names = found[3]
    named = [(str(kind), (path, str(name))) for kind, name in zip(kinds, names, strict=True)]
    views = [each for kind, each in named if kind == "view"]
    return [each for kind, each in named if kind == "table"] if views else [], views


def _show(wanted: Sequence[_Named], layers: Sequence[Layer], show: Show) -> bool:
    """Draw the first layer that lies anywhere; whether there is one."""
    for (path, name), layer in zip(wanted, layers, strict=False):
        if layer.bounds is not None:
            image = _picture(_geometries(path, name), _bounds(layer.bounds))
            if image is not None:
                show(image)
            return True
    return False


def _inside(path: str, archive: Callable[[], io.RawIOBase]) -> list[str]:
    with archive() as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - (66 << 10)))
        archives.check_directory(size, file.read(66 << 10) or b"")
        file.seek(0)
        names = archives.shapefiles(io.BufferedReader(file, 1 << 16))
    return [f"/vsizip/{{{path}}}/{name}" for name in names[: MOST_LAYERS + 1]]


def _layers(path: str) -> list[str]:
    return [str(name) for name, _ in pyogrio.list_layers(path)]


def _describe(
    wanted: Sequence[_Named], found: Reading, placed: list[_Place], tell: Tell, *, later: Sequence[_Named] = ()
) -> None:
    """Add layers. What is known is told before each further one, and what it lacks should that one never end."""
    for at, (path, name) in enumerate(wanted):
        if found.layers:
            _tell_so_far(found, [*wanted[at:], *later], tell)
        info = pyogrio.read_info(path, layer=name, force_feature_count=True, force_total_bounds=True)
        layer = _layer(info)
        layer.columns = layer.columns[: max(0, MOST_COLUMNS - sum(len(each.columns) for each in found.layers))]
        found.layers.append(layer)
        place = _place(layer, info["crs"], found)
        if place is not None:
            placed.append(place)
        _sum_up(found, placed)
    if found.layers and later:
        _tell_so_far(found, later, tell)


def _tell_so_far(found: Reading, missing: Sequence[_Named], tell: Tell) -> None:
    names = shown(", ".join(shown(name) for _, name in missing))
    tell(msgspec.structs.replace(found, warnings=[*found.warnings, f"These layers have not been read: {names}"]))


def _sum_up(found: Reading, placed: Sequence[_Place]) -> None:
    found.columns = found.layers[0].columns
    counts = [layer.feature_count for layer in found.layers if layer.feature_count is not None]
    found.feature_count = sum(counts) if counts else None
    found.geometry_types = sorted({layer.geometry_type for layer in found.layers if layer.geometry_type is not None})
    if placed:
        found.footprint, found.bbox = places.merged(placed)


def _layer(info: dict[str, Any]) -> Layer:
    types = info.get("ogr_types") or [str(each) for each in info["dtypes"]]
    names = list(info["fields"])[:MOST_COLUMNS]
    count, kind = int(info["features"]), info["geometry_type"]
    bounds = [float(each) for each in info["total_bounds"]] if info["total_bounds"] is not None else None
    return Layer(
        name=shown(info["layer_name"]),
        geometry_type=None if kind in _NO_GEOMETRY else str(kind),
        feature_count=count if count >= 0 else None,
        columns=[
            Column(name=shown(name), type=_type(kind)) for name, kind in zip(names, types[: len(names)], strict=True)
        ],
        bounds=bounds if bounds is not None and np.isfinite(bounds).all() else None,
    )


def _type(name: str) -> str:
    return str(name).removeprefix("OFT")


def _place(layer: Layer, text: str | None, found: Reading) -> _Place | None:
    """Where a layer lies; what stands in the way is a warning."""
    try:
        crs = places.known_crs(text)
        layer.epsg, wkt = places.code_and_text(crs)
        if found.epsg is None and found.wkt is None:
            found.epsg, found.wkt, found.bounds = layer.epsg, wkt, layer.bounds
        elif layer.bounds is not None and found.bounds is not None and (layer.epsg, wkt) == (found.epsg, found.wkt):
            low, high = np.minimum(found.bounds, layer.bounds), np.maximum(found.bounds, layer.bounds)
            found.bounds = [float(each) for each in (*low[:2], *high[2:])]
        if layer.bounds is None:
            return None
        if crs is None:
            found.warnings.append("The coordinate reference system is unknown.")
            return None
        return places.outline(crs, *places.rectangle(layer.bounds))
    except places.Unplaced as reason:
        found.warnings.append(str(reason))
        return None


def _bounds(four: Sequence[float]) -> Bounds:
    return four[0], four[1], four[2], four[3]


def _geometries(path: str, layer: str) -> list[bytes]:
    found = pyogrio.raw.read(path, layer=layer, columns=[], max_features=_DRAWN, force_2d=True)
    return [each for each in found[2] if each is not None] if found[2] is not None else []


def _picture(geometries: Iterable[bytes], bounds: Bounds) -> bytes | None:
    return images.of_shapes(_drawn(geometries), bounds)


def _drawn(geometries: Iterable[bytes]) -> Iterator[Shape]:
    """Shapes until there are enough; those that cannot be drawn are left out."""
    left = _DRAWN_BYTES
    for geometry in geometries:
        left -= len(geometry)
        if left < 0:
            return
        with suppress(BadShape):
            yield from shapes(bytes(geometry))


picture = _picture
