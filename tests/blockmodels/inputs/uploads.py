"""Uploads made in memory."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.inputs import CsvOptions, FileFormat, open_input


def opening(content: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(content)


def source(
    file_format: FileFormat,
    content: bytes,
    scratch: Path,
    *,
    options: CsvOptions | None = None,
    kind: Kind = Kind.REGULAR,
    most_rows: int = 1000,
    **columns: DataType,
) -> Source:
    return open_input(file_format, options, opening(content), columns, kind, most_rows, scratch)


def table(rows: Source) -> pa.Table:
    """Everything that a source has."""
    last = rows.starts[-1]
    return pa.table({name: rows.read(name, 0, last) for name in rows.schema.names}, rows.schema)


@dataclass(frozen=True)
class Written:
    """A field to write. values: numbers or texts, one for all records where it is no list; words: of a text."""

    name: str
    values: Sequence[float] | Sequence[str] | float | str
    words: int = 1


def datamine(fields: Sequence[Written], *, extended: bool = True, long_names: bool = False) -> bytes:
    """A Datamine file, as coreshed.blockmodels.inputs.datamine describes them."""
    size = 8 if extended else 4
    lengths = {len(each.values) for each in fields if isinstance(each.values, list)}
    [rows] = lengths or {0}
    entries: list[tuple[Written, int, int]] = []
    stored = 0
    for each in fields:
        for place in range(1, each.words + 1):
            stored += isinstance(each.values, list)
            entries.append((each, stored if isinstance(each.values, list) else 0, place))
    per_page = 508 // max(1, stored)
    pages = -(-rows // per_page)
    page = b"".join(_word("MODEL".ljust(96), size, place) for place in range(1, 25))
    counts = (20260131, len(entries), pages + 1, rows - (pages - 1) * per_page)
    page += b"".join(_word(float(value), size) for value in counts)
    page += b"".join(_entry(*entry, size, long_names) for entry in entries)
    content = page.ljust(512 * size, b"\0")
    for first in range(0, rows, per_page):
        body = b""
        for row in range(first, min(rows, first + per_page)):
            body += b"".join(_word(each.values[row], size, place) for each, at, place in entries if at)  # type: ignore[index]
        content += body.ljust(512 * size, b"\0")
    return content


def _entry(field: Written, at: int, place: int, size: int, long_name: bool) -> bytes:
    text = isinstance(field.values[0] if isinstance(field.values, list) else field.values, str)
    names = [field.name.ljust(24)[start : start + 4].encode() for start in range(0, 24, 4)]
    if long_name:
        made = names[0] + names[2] + names[1] + names[3] + (b"A   " if text else b"N   ") + b"LONG"
    else:
        made = _word(field.name, size) + _word(field.name, size, 2) + _word("A" if text else "N", size)
    made += _word(float(at), size) + _word(float(place), size)
    made += names[4] + names[5] if long_name else _word(0.0, size)
    default: object = ("" if text else -1.0e30) if at else field.values
    return made + _word(default, size, place)


def _word(value: object, size: int, place: int = 1) -> bytes:
    """A number, or the four characters of a text that are at a place."""
    if isinstance(value, str):
        return value.encode("cp1252")[4 * place - 4 : 4 * place].ljust(4).ljust(size, b"\0")
    return np.array(value, f"<f{size}").tobytes()
