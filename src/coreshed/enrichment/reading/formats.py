"""Which files are read, by their names, and under which names they are shown to the libraries."""

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

from coreshed.enrichment.reading.model import Source
from coreshed.geofiles import READ_RASTERS, READ_VECTORS

# What may lie beside a file and is read with it. Others (.aux.xml, .ovr, .vrt) can name further files.
_BESIDE = {
    "GTiff": (".tfw", ".tifw", ".wld"),
    "JP2OpenJPEG": (".j2w", ".wld"),
    "ESRI Shapefile": (".shx", ".dbf", ".prj", ".cpg"),
}
_NEEDED = ("rasterio", "pyogrio")


@cache
def is_installed() -> bool:
    """Whether the libraries of the extra `rasters` are there."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)


def kind_of(name: str) -> str | None:
    """Raster or vector, by the end of the name; None for what is not read."""
    suffix = _suffix(name)
    if suffix in READ_RASTERS:
        return "raster"
    return "vector" if suffix in READ_VECTORS else None


def driver_of(name: str) -> str:
    """The format that a name promises. Raises KeyError for what is not read."""
    suffix = _suffix(name)
    return READ_RASTERS.get(suffix) or READ_VECTORS[suffix]


def chosen(names: Sequence[str]) -> list[str]:
    """Those of the files of one item that are read by themselves, in order."""
    return [name for name in names if kind_of(name) is not None]


def beside(name: str, others: Sequence[Source]) -> dict[str, Source]:
    """Ending -> file: what belongs to `name` of the files beside it."""
    wanted = _BESIDE.get(driver_of(name), ())
    if _suffix(name) == ".zip":
        return {}
    stem = _stem(name)
    return {
        _suffix(other.name): other for other in others if _stem(other.name) == stem and _suffix(other.name) in wanted
    }


def neutral(name: str) -> str:
    """The name under which a library sees the file; what users call it, it never sees."""
    return "data" + _suffix(name)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")) if name else name
