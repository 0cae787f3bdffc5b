"""Pointsets as data frames: columns to Parquet tables and back. pandas and pyarrow are imported by the first call."""

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coreshed.client import object_calls, object_data
from coreshed.client.columns import Column, column, coordinate
from coreshed.client.errors import Invalid
from coreshed.client.model import GeoscienceObject
from coreshed.client.pushing import Site
from coreshed.client.transfers.patience import Patience

if TYPE_CHECKING:
    import pandas as pd

_SCHEMA = "/objects/pointset/1.3.0/pointset.schema.json"
_AXES = ("x", "y", "z")
# The key of a category that stands for a missing value.
_NO_CATEGORY = -1
Store = Callable[[bytes], str]


def publish(
    site: Site,
    path: str,
    frame: "pd.DataFrame",
    patience: Patience,
    *,
    name: str | None = None,
    crs: str | int | None = None,
    description: str | None = None,
    units: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> GeoscienceObject:
    """A pointset of the columns x, y and z, with every other column as an attribute; a new version where one is there.

    crs: an EPSG code as a number, or WKT; units: by column of numbers. Numbers become scalar or integer attributes,
    truth values, times (taken as UTC where they have no zone) and texts those of their kind. Missing numbers are NaN,
    and whole numbers with some missing become scalars; missing texts are kept as missing; other missing values are
    refused, and so is every column that cannot be stored exactly. Raises Invalid, which names the column.
    """

    def store(content: bytes) -> str:
        return object_data.upload(site, content, patience)

    document = _document(frame, store, units or {})
    document |= {"schema": _SCHEMA, "uuid": None, "name": name or path.rpartition("/")[2].removesuffix(".json")}
    document["coordinate_reference_system"] = _crs(crs)
    document |= {"description": description} if description else {}
    document |= {"tags": dict(tags)} if tags else {}
    return site.sender.run(object_calls.put(site.session, path, document))


def _crs(crs: str | int | None) -> Any:
    if crs is None:
        return "unspecified"
    return {"epsg_code": crs} if isinstance(crs, int) else {"ogc_wkt": crs}


def _document(frame: "pd.DataFrame", store: Store, units: Mapping[str, str]) -> dict[str, Any]:
    import pandas as pd

    missing = [axis for axis in _AXES if axis not in frame.columns]
    names = [str(each) for each in frame.columns]
    if missing or len(set(names)) < len(names):
        raise Invalid(f"The frame needs columns x, y and z, each once; {', '.join(missing) or 'a name'} is wrong.")
    if len(frame) == 0:
        raise Invalid("The frame has no rows.")
    # All is looked at before the first column is sent.
    frame = frame.set_axis(names, axis="columns").reset_index(drop=True)
    points = pd.DataFrame({axis: coordinate(axis, frame[axis]) for axis in _AXES})
    others = {name: column(name, frame[name]) for name in names if name not in _AXES}
    for name in units:
        if name not in others or others[name].attribute not in {"scalar", "integer"}:
            raise Invalid(f"There is a unit for {name!r}, and no attribute of that name that holds numbers.")
    coordinates = {
        "data": store(_parquet(points)),
        "length": len(points),
        "width": 3,
        "data_type": "float64",
    }
    box = {f"{end}_{axis}": float(getattr(points[axis], end)()) for axis in _AXES for end in ("min", "max")}
    attributes = [_attribute(name, each, store, units.get(name)) for name, each in others.items()]
    return {"bounding_box": box, "locations": {"coordinates": coordinates, "attributes": attributes}}


def _parquet(frame: "pd.DataFrame") -> bytes:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, version="2.4", compression="gzip")
    return buffer.getvalue()


def _array(values: "pd.Series[Any]", kind: str, store: Store) -> dict[str, Any]:
    return {"data": store(_parquet(values.to_frame("data"))), "length": len(values), "width": 1, "data_type": kind}


def _attribute(name: str, found: Column, store: Store, unit: str | None) -> dict[str, Any]:
    base: dict[str, Any] = {"name": name, "key": name, "attribute_type": found.attribute}
    if unit is not None:
        base["attribute_description"] = {"discipline": "None", "type": name, "unit": unit}
    if found.attribute == "category":
        return base | {"nan_description": {"values": [_NO_CATEGORY]}} | _category(found.values, store)
    if found.attribute != "bool":
        base["nan_description"] = {"values": []}
    return base | {"values": _array(found.values, found.data, store)}


def _category(values: "pd.Series[Any]", store: Store) -> dict[str, Any]:
    import pandas as pd

    codes, words = pd.factorize(values.astype("object").where(values.notna(), None), use_na_sentinel=True)
    table = pd.DataFrame({"key": range(len(words)), "value": [*words]})
    table = table.astype({"key": "int32", "value": "str"})
    keys = pd.Series(codes, dtype="int32").replace(-1, _NO_CATEGORY)
    described = {
        "data": store(_parquet(table)),
        "length": len(table),
        "keys_data_type": "int32",
        "values_data_type": "string",
    }
    return {"table": described, "values": _array(keys, "int32", store)}


def frame(site: Site, path_or_id: str, patience: Patience, *, version: str | None = None) -> "pd.DataFrame":
    """The points of an object with its attributes: columns x, y, z and one per attribute. Raises Invalid, NotFound.

    Values that the object declares to stand for nothing are missing.
    """
    import pandas as pd

    found = site.sender.run(object_calls.linked(site.session, path_or_id, version=version), patience)
    locations: Any = found.object.get("locations")
    if not isinstance(locations, dict) or "coordinates" not in locations:
        raise Invalid(f"{found.object_path} has no locations: only pointsets and their like are data frames.")

    def load(data: str) -> pd.DataFrame:
        with tempfile.TemporaryDirectory(prefix="coreshed-") as directory:
            local = Path(directory) / "data"
            object_data.download(site, found.object_id, data, local, patience, version=found.version_id)
            return pd.read_parquet(local)

    points = load(locations["coordinates"]["data"])
    points.columns = pd.Index(_AXES)
    columns = {axis: points[axis] for axis in _AXES}
    for attribute in locations.get("attributes") or []:
        columns[attribute["name"]] = _values(attribute, load)
    return pd.DataFrame(columns)


def _values(attribute: Mapping[str, Any], load: "Callable[[str], pd.DataFrame]") -> "pd.Series[Any]":
    values = load(attribute["values"]["data"]).iloc[:, 0]
    nothing = (attribute.get("nan_description") or {}).get("values") or []
    if "table" in attribute:
        table = load(attribute["table"]["data"])
        words = dict(zip(table.iloc[:, 0], table.iloc[:, 1], strict=True))
        return values.map(lambda key: None if key in nothing else words.get(key))
    return values.mask(values.isin(nothing)) if nothing else values
