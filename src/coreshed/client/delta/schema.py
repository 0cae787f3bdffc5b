"""What a Delta log says of a data file: the schema of its columns, and statistics of their values."""

import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.footer import Field
from coreshed.client.delta.recast import DataFile
from coreshed.client.errors import Invalid

_TYPES = {
    DataType.BOOLEAN: "boolean",
    DataType.INT8: "byte",
    DataType.INT16: "short",
    DataType.INT32: "integer",
    DataType.INT64: "long",
    DataType.FLOAT32: "float",
    DataType.FLOAT64: "double",
    DataType.UTF8: "string",
    DataType.DATE32: "date",
    DataType.TIMESTAMP: "timestamp",
}
_REFUSED = re.compile(r"[ ,;{}()\n\t=]")  # without column mapping, which not every reader follows
_LONGEST_TEXT = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_characters(names: Iterable[str]) -> None:
    """Raise Invalid, which lists them, for names with characters that no column of a Delta table can have."""
    refused = [name for name in names if _REFUSED.search(name)]
    if refused:
        raise _refusal(f"Delta Lake refuses spaces and ,;{{}}()= in names of columns: {_quoted(refused)}.")


def check_names(names: Iterable[str]) -> None:
    """The same, and for names that differ in case alone, which readers of Delta Lake do not tell apart."""
    listed = list(names)
    check_characters(listed)
    lowered = [name.lower() for name in listed]
    twice = [name for name, low in zip(listed, lowered, strict=True) if lowered.count(low) > 1]
    if twice:
        raise _refusal(f"Delta Lake does not tell columns apart that differ in case alone: {_quoted(twice)}.")


def _refusal(why: str) -> Invalid:
    return Invalid(f"{why} Name the columns by their ids (names='id', --names id), or rename them in the model.")


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def schema_string(fields: Iterable[Field], comments: Mapping[str, str]) -> str:
    """The schema as the log keeps it. comments: by name of the column, what readers show beside it."""
    members = [
        {
            "name": field.name,
            "type": _TYPES[field.data_type],
            "nullable": True,
            "metadata": {"comment": comments[field.name]} if field.name in comments else {},
        }
        for field in fields
    ]
    return json.dumps({"type": "struct", "fields": members}, ensure_ascii=False)


def statistics(file: DataFile) -> str:
    """Rows, null counts and bounds of a data file, as its `add` keeps them, from the footer alone.

    A column has no bounds where a chunk states none (NaN is in it), and none that JSON cannot say.
    """
    least, greatest, nulls = {}, {}, {}
    for place, field in enumerate(file.fields):
        chunks = [group.chunks[place] for group in file.groups]
        if all(chunk.null_count is not None for chunk in chunks):
            nulls[field.name] = sum(chunk.null_count or 0 for chunk in chunks)
        low, high = _bounds(chunks, field.data_type)
        if low is not None and high is not None:
            least[field.name], greatest[field.name] = low, high
    found = {"numRecords": file.rows, "minValues": least, "maxValues": greatest, "nullCount": nulls}
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def _bounds(chunks: Iterable[Chunk], data_type: DataType) -> tuple[Any, Any]:
    said = _SAID.get(data_type)
    valued = [chunk for chunk in chunks if chunk.null_count != chunk.num_values]
    if said is None or not valued:
        return None, None
    pairs = [(chunk.minimum, chunk.maximum) for chunk in valued]
    if any(low is None or high is None for low, high in pairs):
        return None, None
    read, write = said
    lows = [read(low) for low, _ in pairs if low is not None]
    highs = [read(high) for _, high in pairs if high is not None]
    return write(min(lows), False), write(max(highs), True)


def _reader(code: str) -> Callable[[bytes], Any]:
    packed = struct.Struct(f"<{code}")
    return lambda content: packed.unpack(content)[0]


def _number(value: int, _upper: bool) -> int:
    return value


def _finite(value: float, _upper: bool) -> float | None:
    return value if math.isfinite(value) else None


def _text(value: bytes, _upper: bool) -> str | None:
    text = value.decode("utf-8", "replace")
    return text if len(text) <= _LONGEST_TEXT and text.encode() == value else None


def _date(days: int, _upper: bool) -> str | None:
    try:
        return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def _moment(microseconds: int, upper: bool) -> str | None:
    """To the millisecond that is not inside the bounds: readers take these to be as coarse as that."""
    milliseconds = -(-microseconds // 1000) if upper else microseconds // 1000
    try:
        at = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SAID: dict[DataType, tuple[Callable[[bytes], Any], Callable[[Any, bool], Any]]] = {
    DataType.INT8: (_reader("i"), _number),
    DataType.INT16: (_reader("i"), _number),
    DataType.INT32: (_reader("i"), _number),
    DataType.INT64: (_reader("q"), _number),
    DataType.FLOAT32: (_reader("f"), _finite),
    DataType.FLOAT64: (_reader("d"), _finite),
    DataType.UTF8: (bytes, _text),
    DataType.DATE32: (_reader("i"), _date),
    DataType.TIMESTAMP: (_reader("q"), _moment),
}
