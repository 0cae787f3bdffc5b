"""What was read, in the words of STAC. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec

from coreshed.catalogue import AssetFacts, Box, Enrichment, Thumbnail, times
from coreshed.enrichment.reading import Band, Outcome, Reading
from coreshed.problems import Invalid

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
_MOST_BANDS = 64
"""Of one asset in STAC; the session has all that were described."""
_MOST_COLUMNS = 200
_MOST_DETECTED = 1 << 20
"""Bytes of what a session shows, unless a single file says more."""
_DATA_TYPES = {
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"),
    *("cint16", "cint32", "cfloat32", "cfloat64"),
}
_NAMES = {"complex64": "cfloat32", "complex128": "cfloat64", "complex_int16": "cint16"}


@dataclass(frozen=True, slots=True)
class Read:
    """One file of an item and what came of reading it."""

    asset_id: str
    file_name: str
    outcome: Outcome


def enrichment(read: Sequence[Read], thumbnail: Thumbnail | None, actor_id: str) -> Enrichment:
    """What an item is told."""
    known = [(each.asset_id, reading) for each in read if (reading := each.outcome.reading) is not None]
    readings = [found for _, found in known]
    geometry, box = _place(readings)
    projection = next((each for reading in readings if (each := _projection(reading))), {})
    # The schema of tables asks for the columns among the properties of the item, whatever its assets carry.
    table = next((each for reading in readings if "table:columns" in (each := _table(reading))), {})
    extensions = [name for name, carried in ((PROJECTION, projection), (TABLE, table)) if carried]
    moments = [at_ns for each in readings if (at_ns := _nanoseconds(each.datetime)) is not None]
    return Enrichment(
        geometry=geometry,
        box=box,
        datetime_ns=min(moments, default=None),
        gsd=min((each.gsd for each in readings if each.gsd is not None), default=None),
        properties=projection | table,
        stac_extensions=tuple(extensions),
        by_asset={asset_id: _of_asset(found) for asset_id, found in known},
        thumbnail=thumbnail,
        actor_id=actor_id,
    )


def _place(readings: Sequence[Reading]) -> tuple[dict[str, Any] | None, Box | None]:
    placed = [(shape, box) for each in readings if (shape := each.footprint) is not None and (box := each.bbox)]
    if not placed:
        return None, None
    from coreshed.enrichment.reading.places import merged

    geometry, (west, south, east, north) = merged(placed)
    return geometry, Box(west, south, east + 360 if east < west else east, north)


def _projection(reading: Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if reading.epsg is not None:
        found["proj:code"] = f"EPSG:{reading.epsg}"
    elif reading.wkt is not None:
        found["proj:wkt2"] = reading.wkt
    if reading.bounds is not None:
        found["proj:bbox"] = reading.bounds
    if reading.width is not None and reading.height is not None:
        found["proj:shape"] = [reading.height, reading.width]
    if reading.transform is not None:
        found["proj:transform"] = reading.transform
    return found


def _table(reading: Reading) -> dict[str, Any]:
    if not reading.columns and reading.feature_count is None:
        return {}
    columns = [{"name": each.name, "type": each.type} for each in reading.columns[:_MOST_COLUMNS] if each.name]
    found: dict[str, Any] = {"table:columns": columns} if columns else {}
    if reading.feature_count is not None:
        found["table:row_count"] = reading.feature_count
    return found


def _of_asset(reading: Reading) -> AssetFacts:
    metadata = _projection(reading) | _table(reading)
    if reading.bands:
        metadata["bands"] = [_band(each) for each in reading.bands[:_MOST_BANDS]]
    if reading.gsd is not None:
        metadata["gsd"] = reading.gsd
    names = [each.description for each in reading.bands if each.description]
    whole = bool(names) and len(names) == len(reading.bands)
    return AssetFacts(metadata=metadata, media_type=_media_type(reading), band_names=names if whole else None)


def _band(band: Band) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"band{band.index}"}
    kind = _NAMES.get(band.dtype, band.dtype)
    found["data_type"] = kind if kind in _DATA_TYPES else "other"
    found |= {
        key: value
        for key, value in (("description", band.description), ("nodata", band.nodata), ("unit", band.unit))
        if value is not None and value != ""
    }
    statistics = {
        key: value
        for key, value in (
            ("minimum", band.minimum),
            ("maximum", band.maximum),
            ("mean", band.mean),
            ("stddev", band.std),
            ("valid_percent", band.valid_percent),
        )
        if value is not None and isfinite(value)
    }
    return found | ({"statistics": statistics} if statistics else {})


def _media_type(reading: Reading) -> str | None:
    if reading.driver != "GTiff":
        return None
    profile = "; profile=cloud-optimized" if reading.is_cog else ""
    return f"image/tiff; application=geotiff{profile}" if reading.transform is not None else None


def _nanoseconds(text: str | None) -> int | None:
    """None for what is no date, or none that the catalogue keeps: files say what they like."""
    try:
        return times.read(text, "datetime")
    except Invalid:
        return None


def detected(state: str, read: Sequence[Read], *, note: str | None = None, left_out: int = 0) -> dict[str, Any]:
    """What the session shows. files: as they were read, the first of them where that is long; errors: {file_name,
    message}, empty where all went well.
    """
    files = [
        {"file_name": each.file_name, "asset_id": each.asset_id, **msgspec.to_builtins(each.outcome.reading)}
        for each in read
        if each.outcome.reading is not None
    ]
    errors = [{"file_name": each.file_name, "message": text} for each in read for text in each.outcome.errors]
    pipeline: dict[str, Any] = {"state": state, "files_read": len(files), "files_left_out": left_out}
    shown_errors = _within(errors, _MOST_DETECTED // 4)
    shown = _within(files, _MOST_DETECTED * 3 // 4)
    if len(shown) + len(shown_errors) < len(files) + len(errors):
        pipeline["files_not_shown"] = len(files) - len(shown)
    return {"pipeline": pipeline | ({"note": note} if note else {}), "files": shown, "errors": shown_errors}


def _within(found: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first of them, the first one in any case, as far as their texts fit in so many bytes."""
    shown: list[dict[str, Any]] = []
    size = 0
    for each in found:
        size += len(msgspec.json.encode(each))
        if shown and size > most:
            break
        shown.append(each)
    return shown


def failed(before: dict[str, Any], message: str) -> dict[str, Any]:
    """What the session shows once nobody reads its files any more. Of a reading before this one, the files stay.

    The error is of no one file: its file_name is null.
    """
    files = before.get("files", [])
    return {
        "pipeline": {"state": "failed", "files_read": len(files), "files_left_out": 0},
        "files": files,
        "errors": [{"file_name": None, "message": message}],
    }
