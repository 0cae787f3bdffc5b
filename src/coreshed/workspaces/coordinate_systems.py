"""The coordinate systems that a workspace can be given: those of EPSG, as PROJ's database has them.

A tree for people to choose from: geographic ones, projected ones by the datum that stands before the slash in their
names, and those with a vertical part. Nothing is fetched: the database comes with PROJ.
"""

import re
from functools import cache
from typing import Any

import msgspec

from coreshed.problems import Invalid

# A WKT has a few kilobytes.
MAX_TEXT = 65_536
_CODE = re.compile(r"(\w{1,20}):(\w{1,20})|([0-9]{1,9})", re.ASCII)


def check(text: str) -> None:
    """Raises Invalid for what names no coordinate system that PROJ knows, and is no WKT that it reads.

    A name is `EPSG:2193` or another authority's, in any case; `2193` alone is EPSG's. Spaces around it count for
    nothing, and nothing but spaces is no coordinate system, which is allowed. Names in words, PROJ strings and PROJJSON
    are refused: clients are told of codes and WKT alone. To be called off the event loop.
    """
    trimmed = text.strip()
    if len(text) > MAX_TEXT:
        raise Invalid(f"default_coordinate_system: at most {MAX_TEXT} characters.")
    if not trimmed:
        return
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    code = _CODE.fullmatch(trimmed)
    try:
        if code is None:
            CRS.from_wkt(trimmed)
        else:
            CRS.from_authority(code[1] or "EPSG", code[2] or code[3])
    except CRSError as error:
        raise Invalid(
            "default_coordinate_system: expected the code of a coordinate system, such as EPSG:2193, or WKT."
        ) from error


@cache
def catalogue() -> bytes:
    """The JSON answer: categories of `{title, items}`, in them entries of `{title, well_known_id}`.

    Takes about a second the first time: to be called off the event loop.
    """
    return msgspec.json.encode({"links": {}, "results": _categories()})


def _categories() -> list[dict[str, Any]]:
    # With the first question: a server that nobody asks never loads it.
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    def entries(kind: PJType) -> list[dict[str, Any]]:
        found = query_crs_info(auth_name="EPSG", pj_types=[kind])
        return sorted(
            ({"title": each.name, "well_known_id": f"{each.auth_name}:{each.code}"} for each in found),
            key=lambda each: (each["title"].casefold(), each["well_known_id"]),
        )

    return [
        {"title": "Geographic 2D", "items": entries(PJType.GEOGRAPHIC_2D_CRS)},
        {"title": "Geographic 3D", "items": entries(PJType.GEOGRAPHIC_3D_CRS)},
        {"title": "Projected", "items": _by_datum(entries(PJType.PROJECTED_CRS))},
        {"title": "Compound", "items": _by_datum(entries(PJType.COMPOUND_CRS))},
    ]


def _by_datum(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Categories of the entries whose names begin alike; `WGS 84 / UTM zone 33N` belongs to `WGS 84`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        datum = entry["title"].partition(" + ")[0].partition(" / ")[0].strip()
        found.setdefault(datum, []).append(entry)
    return [{"title": datum, "items": items} for datum, items in found.items()]
