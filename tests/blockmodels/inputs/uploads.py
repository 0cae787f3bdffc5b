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
    size, number = (8, "<f8") if extended else (4, "<f4")
    lengths = {len(each.values) for each in fields if isinstance(each.values, list)}
    [rows] = lengths or {0}
    entries: list[tuple[Written, int, int]] = []
    stored = 0
    for each in fields:
        for word in range(1, each.words + 1):
            stored += isinstance(each.values, list)
            entries.append((each, stored if isinstance(each.values, list) else 0, word))
    per_page = 508 // max(1, stored)
    pages = -(-rows // per_page)

    def word_of(value: float | str, place: int = 1) -> bytes:
        if isinstance(value, str):
            return value.encode("cp1252")[4 * place - 4 : 4 * place].ljust(4).ljust(size, b"\0")
        return np.array(value, number).tobytes()

    page = b"".join(word_of("MODEL".ljust(96), place) for place in range(1, 25))
    page += b"".join(
        word_of(float(value)) for value in (20260131, len(entries), pages + 1, rows - (pages - 1) * per_page)
    )
    for each, at, place in entries:
        text = isinstance(each.values, str) or (isinstance(each.values, list) and isinstance(each.values[0], str))
        names = [each.name.ljust(24)[start : start + 4].encode() for start in range(0, 24, 4)]
        default = "" if text and at else (-1.0e30 if at else each.values)
        if long_names:
            page += names[0] + names[2] + names[1] + names[3] + (b"A   " if text else b"N   ") + b"LONG"
        else:
            page += word_of(each.name, 1) + word_of(each.name, 2) + word_of("A" if text else "N")
        page += word_of(float(at)) + word_of(float(place))
        page += names[4] + names[5] if long_names else word_of(0.0)
        page += word_of(default, place)  # type: ignore[arg-type]
    content = page.ljust(512 * size, b"\0")
    for first in range(0, rows, per_page):
        body = b""
        for row in range(first, min(rows, first + per_page)):
            body += b"".join(word_of(each.values[row], place) for each, at, place in entries if at)  # type: ignore[index]
        content += body.ljust(512 * size, b"\0")
    return content
