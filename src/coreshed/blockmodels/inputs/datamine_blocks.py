"""Datamine's block models as rows of blocks."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.inputs.datamine import Bytes, DatamineFile, Field, numbers, texts
from coreshed.blockmodels.inputs.tables import Mistakes, check_any, kept

_CENTROIDS = {"x": "XC", "y": "YC", "z": "ZC"}
_WORLD = {"x": "XWORLD", "y": "YWORLD", "z": "ZWORLD"}
_SIZES = {"dx": "XINC", "dy": "YINC", "dz": "ZINC"}
_ANGLES = ("ANGLE1", "ANGLE2", "ANGLE3")

_RANGES = {
    each: (int(np.iinfo(each.arrow.to_pandas_dtype()).min), int(np.iinfo(each.arrow.to_pandas_dtype()).max))
    for each in DataType
    if "Int" in each.value
}


def read_datamine(
    open_file: Callable[[], BinaryIO], columns: Mapping[str, DataType], most_rows: int, scratch: Path
) -> TableSource:
    """The columns announced, and the blocks as x, y, z, dx, dy, dz, all Float64, as far as the file has them.

    XC, YC, ZC are the centroids, XINC, YINC, ZINC the sizes. In a model that is not rotated the former are coordinates
    of the world (XMORIG and its like say where the model begins, in the same coordinates). In a rotated one, where an
    ANGLE1..3 is not 0, they are those of the model's own grid; then XWORLD, YWORLD, ZWORLD, which COPYMOD can add, are
    taken, and a file without them is refused. IJK and all other fields are left alone. Source: Datamine's help on
    COPYMOD and on file types.

    Fields of numbers can be announced as any type of number, or as Boolean for 0 and 1; texts as Utf8. Raises BadFile;
    BadBlocks naming rows whose number does not fit the type.
    """
    with open_file() as content:
        file = DatamineFile(content)
        if file.rows > most_rows:
            raise BadFile(f"The file has {file.rows:,} records; the model takes at most {most_rows:,}.")
        sources = _geometry(file)
        types = dict.fromkeys(sources, DataType.FLOAT64)
        for name, data_type in columns.items():
            if name in file.fields:
                sources[name], types[name] = file.fields[name], _checked(file.fields[name], data_type)
        check_any(types)
        schema = pa.schema([(name, data_type.arrow) for name, data_type in types.items()])
        return kept(schema, _batches(file, sources, types, schema), most_rows, scratch)


def _geometry(file: DatamineFile) -> dict[str, Field]:
    names = {**_CENTROIDS, **_SIZES}
    if any(_angle(file, name) != 0 for name in _ANGLES):
        if not all(each in file.fields for each in _WORLD.values()):
            raise BadFile(
                "The Datamine model is rotated: its XC, YC and ZC are not coordinates of the world. "
                "Add the fields XWORLD, YWORLD and ZWORLD (COPYMOD does)."
            )
        names |= _WORLD
    found = {name: file.fields[field] for name, field in names.items() if field in file.fields}
    for field in found.values():
        if field.text:
            raise BadFile(f"The field {field.name} of the Datamine file is a text.")
    return found


def _angle(file: DatamineFile, name: str) -> float:
    field = file.fields.get(name)
    if field is None or field.text or not field.constant:
        return 0.0
    values, missing = numbers(file, field, np.empty((1, file.record, file.word), dtype=np.uint8))
    return 0.0 if missing[0] else float(values[0])


def _checked(field: Field, data_type: DataType) -> DataType:
    wrong = data_type in (DataType.DATE32, DataType.TIMESTAMP) or field.text != (data_type is DataType.UTF8)
    if wrong:
        kind = "text" if field.text else "number"
        raise BadFile(f"The field {field.name!r} of the Datamine file is a {kind}; {data_type.value} is announced.")
    return data_type


def _batches(
    file: DatamineFile, sources: Mapping[str, Field], types: Mapping[str, DataType], schema: Any
) -> Iterator[Any]:
    mistakes, done = Mistakes(), 0
    for records in file.batches():
        arrays = [_array(file, sources[name], name, types[name], records, (mistakes, done)) for name in types]
        done += len(records)
        if mistakes.many:
            break
        yield pa.record_batch(arrays, schema=schema)
    mistakes.check()


def _array(
    file: DatamineFile, field: Field, name: str, data_type: DataType, records: Bytes, noting: tuple[Mistakes, int]
) -> Any:
    if field.text:
        return pa.array(texts(field, records), pa.string())
    values, missing = numbers(file, field, records)
    fits = _fits(values, data_type) | missing
    mistakes, done = noting
    for at in np.flatnonzero(~fits).tolist():
        mistakes.add(done + at, name, f"{values[at]:.17g}", data_type.value)
    values = np.where(missing | ~fits, 0.0, values)
    return pa.array(values.astype(data_type.arrow.to_pandas_dtype()), data_type.arrow, mask=missing)


def _fits(values: NDArray[np.float64], data_type: DataType) -> Any:
    """Which numbers are of the type; numbers of greater precision are rounded to it, whole ones have to be whole."""
    if data_type is DataType.BOOLEAN:
        return (values == 0) | (values == 1)
    if data_type in _RANGES:
        low, high = _RANGES[data_type]
        # float(high) is 2**64 for UInt64: one more than the greatest.
        within = (values >= low) & (values <= high if float(high) == high else values < float(high))
        return within & (values == np.rint(values))
    limit = {DataType.FLOAT16: 65504.0, DataType.FLOAT32: float(np.finfo(np.float32).max)}.get(data_type, np.inf)
    return np.abs(values) <= limit
