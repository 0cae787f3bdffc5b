"""Coordinate reference systems of block models: `EPSG:2193`, or WKT."""

import re
from functools import lru_cache
from typing import Any

from coreshed.blockmodels.wire.reading import refusal

_EPSG = re.compile(r"\s*EPSG:([0-9]{1,9})\s*", re.IGNORECASE)
# The codes for which the reference object's schema has a place.
_CODES = range(1024, 32768)


@lru_cache(maxsize=256)
def _known(text: str) -> "tuple[bool, str] | None":
    """Whether its coordinates are lengths, and its WKT; None for what PROJ does not know. Off the event loop."""
    # With the first model that has one: a server that nobody gives any never loads it.
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    code = _EPSG.fullmatch(text)
    try:
        found = CRS.from_epsg(int(code[1])) if code else CRS.from_wkt(text)
    except CRSError:
        return None
    return not found.is_geographic, found.to_wkt()


def check(text: str, *at: str) -> None:
    """Raise Invalid for what names no system, and for an EPSG code of one whose coordinates are angles."""
    found = _known(text)
    if found is None:
        raise refusal("Expected the code of a coordinate system, such as EPSG:2193, or WKT.", *at)
    if _EPSG.fullmatch(text) and not found[0]:
        raise refusal(f"The coordinates of {text.strip()[:20]} are angles, not lengths.", *at)


def reference(text: str | None) -> Any:
    """What the reference object says of the system of a model."""
    if text is None:
        return "unspecified"
    code = _EPSG.fullmatch(text)
    if code is None:
        return {"ogc_wkt": text}
    if int(code[1]) in _CODES:
        return {"epsg_code": int(code[1])}
    found = _known(text)
    return "unspecified" if found is None else {"ogc_wkt": found[1]}
