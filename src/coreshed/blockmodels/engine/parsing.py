"""Footers of Parquet files that nobody vouches for, read without pyarrow and within limits."""

import math
import struct
from typing import Any, TypeVar

from coreshed.blockmodels.engine.chunks import Chunk, RowGroupChunks
from coreshed.blockmodels.engine.thrift import DEFAULT_LIMITS, Limits, MalformedThrift, read_struct

_FLOATS = {4: struct.Struct("<f"), 5: struct.Struct("<d")}  # physical types FLOAT and DOUBLE

V = TypeVar("V")


def parse_footer(metadata: bytes, limits: Limits = DEFAULT_LIMITS) -> list[RowGroupChunks]:
    """Per row group the chunk of each column, as `read_chunks` gives them.

    `metadata` lies before the length and the closing magic of a file. Takes some 30 µs per chunk; nothing is allocated
    that is not in the bytes, and nothing says that the chunks lie inside the file. Raises MalformedThrift, and nothing
    else, for whatever bytes.
    """
    file, _ = read_struct(metadata, limits)
    leaves = sum(not _number(_a(dict, element), 5, 0) for element in _field(file, 2, list))
    return [_row_group(_a(dict, group), leaves) for group in _field(file, 4, list)]


def _row_group(group: dict[int, Any], leaves: int) -> RowGroupChunks:
    columns = _field(group, 1, list)
    if len(columns) != leaves:
        raise MalformedThrift(f"a row group has {len(columns)} chunks for {leaves} columns")
    return tuple(_chunk(_field(_a(dict, column), 3, dict)) for column in columns)


def _chunk(column: dict[int, Any]) -> Chunk:
    data = _number(column, 9)
    start = min(data, _number(column, 11, 0) or data)
    statistics = _a(dict, column.get(12, {}))
    minimum, maximum = _bounds(_number(column, 1), statistics)
    return Chunk(
        num_values=_number(column, 5),
        offset=start,
        length=_number(column, 7),
        uncompressed=_number(column, 6),
        dictionary_length=data - start,
        encodings=tuple(_a(int, encoding) for encoding in _field(column, 2, list)),
        codec=_number(column, 4),
        null_count=_number(statistics, 3) if 3 in statistics else None,
        minimum=minimum,
        maximum=maximum,
    )


def _bounds(kind: int, statistics: dict[int, Any]) -> tuple[bytes | None, bytes | None]:
    """min_value and max_value; the fields that came before them are ordered in no stated way and left alone."""
    if 5 not in statistics or 6 not in statistics:
        return None, None
    least, greatest = _field(statistics, 6, bytes), _field(statistics, 5, bytes)
    packed = _FLOATS.get(kind)
    if packed is not None:
        if len(least) != packed.size or len(greatest) != packed.size:
            raise MalformedThrift("a bound is no number of the type of its column")
        if math.isnan(packed.unpack(least)[0]) or math.isnan(packed.unpack(greatest)[0]):
            return None, None
    return least, greatest


def _field(fields: dict[int, Any], number: int, kind: type[V]) -> V:
    try:
        return _a(kind, fields[number])
    except KeyError:
        raise MalformedThrift(f"field {number} is missing") from None


def _number(fields: dict[int, Any], number: int, default: int | None = None) -> int:
    if default is not None and number not in fields:
        return default
    found = _field(fields, number, int)
    if found < 0:
        raise MalformedThrift(f"field {number} is {found}")
    return found


def _a(kind: type[V], value: Any) -> V:
    if type(value) is not kind:
        raise MalformedThrift(f"{type(value).__name__} where {kind.__name__} is due")
    return value
