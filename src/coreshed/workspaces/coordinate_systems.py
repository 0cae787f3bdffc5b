"""The coordinate systems that a workspace can be given: those of EPSG, as PROJ's database has them.

A tree for people to choose from: geographic ones, projected ones by the datum that stands before the slash in their
names, and those with a vertical part. Nothing is fetched: the database comes with PROJ.
"""

from functools import cache
from typing import Any

import msgspec


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
