"""Random tables, files put together from their columns, and what readers of Parquet make of such files."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastparquet
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from msgspec.structs import replace

from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field, Piece, Plan, RowGroup, plan

DAY = 86_400_000_000
VALUES = {
    DataType.BOOLEAN: st.booleans(),
    **{
        DataType(f"{prefix}Int{bits}" if prefix else f"Int{bits}"): st.integers(*span)
        for bits in (8, 16, 32, 64)
        for prefix, span in (("", (-(1 << bits - 1), (1 << bits - 1) - 1)), ("U", (0, (1 << bits) - 1)))
    },
    DataType.FLOAT16: st.floats(width=16).map(np.float16),
    DataType.FLOAT32: st.floats(width=32),
    DataType.FLOAT64: st.floats(),
    DataType.UTF8: st.text(max_size=12),
    DataType.DATE32: st.integers(-25_000, 84_000),  # 1901 to 2199, which fastparquet's nanoseconds hold
    DataType.TIMESTAMP: st.integers(-25_000 * DAY, 84_000 * DAY),
}
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=8)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> tuple[DataType, pa.Array]:
    """A type and an array of it, with nulls or of nulls only."""
    data_type = draw(st.sampled_from(DataType))
    if draw(st.integers(0, 9)) == 0:
        return data_type, pa.nulls(rows, data_type.arrow)
    value = st.none() | VALUES[data_type] if draw(st.booleans()) else VALUES[data_type]
    return data_type, pa.array(draw(st.lists(value, min_size=rows, max_size=rows)), data_type.arrow)


@dataclass(frozen=True)
class Spliced:
    """A file, and the table that it shall hold; `cuts` are the sizes of the row groups."""

    content: bytes
    table: pa.Table
    cuts: tuple[int, ...]
    fields: tuple[Field, ...]
    row_groups: tuple[RowGroup, ...]


@st.composite
def spliced(draw: st.DrawFn, how: Sequence[How] = (How.PLAIN, How.DICTIONARY)) -> Spliced:
    """Tiles of columns, scattered over three files, and of those some columns under new names and some row groups."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    held = draw(st.lists(columns(sum(sizes)), min_size=1, max_size=5))
    names = draw(st.lists(NAMES, min_size=len(held), max_size=len(held), unique=True))
    fields = tuple(Field(name, data_type) for name, (data_type, _) in zip(names, held, strict=True))
    order = draw(st.lists(st.sampled_from(range(len(sizes))), min_size=1, max_size=4))
    files = [bytearray(b"?" * draw(st.integers(0, 3))) for _ in range(3)]
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    placed: dict[tuple[int, int], tuple[int, Chunk]] = {}
    for tile in draw(st.permutations(range(len(sizes)))):
        for column, (data_type, values) in enumerate(held):
            made = encode(values.slice(starts[tile], sizes[tile]), data_type, draw(st.sampled_from(how)))
            file = draw(st.integers(0, 2))
            placed[tile, column] = file, replace(made.chunk, offset=len(files[file]))
            files[file] += made.content
    groups = tuple(RowGroup(sizes[tile], tuple(placed[tile, c][1] for c in range(len(held)))) for tile in order)
    sources = [[placed[tile, c][0] for c in range(len(held))] for tile in order]
    whole = pa.table([values for _, values in held], names=names)
    table = pa.concat_tables([whole.slice(starts[tile], sizes[tile]) for tile in order])
    content = carried_out(plan(fields, groups, sources, [("version", "7")]), files)
    return Spliced(content, table, tuple(sizes[tile] for tile in order), fields, groups)


def carried_out(planned: Plan[int], files: Sequence[bytes | bytearray]) -> bytes:
    """What copying the pieces gives; of the length that was planned."""
    out = bytearray()
    for part in planned.parts:
        out += files[part.source][part.offset : part.offset + part.length] if isinstance(part, Piece) else part
    assert len(out) == planned.length
    return bytes(out)


def written_by_pyarrow(table: pa.Table, cuts: Sequence[int]) -> bytes:
    """The same table with the same row groups, as pyarrow writes it."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, version="2.6", compression="zstd") as writer:
        at = 0
        for size in cuts:
            writer.write_table(table.slice(at, size))
            at += size
    return sink.getvalue()


def by_pyarrow(path: Path) -> list[Any]:
    return list(pq.read_table(path).columns)


def by_duckdb(path: Path) -> list[Any]:
    with duckdb.connect() as connection:
        return list(connection.read_parquet(str(path)).to_arrow_table().columns)


def by_polars(path: Path) -> list[Any]:
    return list(polars.read_parquet(path).to_arrow().columns)


def by_fastparquet(path: Path) -> list[Any]:
    with path.open("rb") as file:
        frame = fastparquet.ParquetFile(file).to_pandas()
    return [_of_pandas(frame.iloc[:, index]) for index in range(frame.shape[1])]


def _of_pandas(series: Any) -> Any:
    present = [value for value in series if isinstance(value, bytes)]
    if present:  # Float16, which it does not know: two bytes, of which numpy drops the last where it is 0
        halves = [None if value is None else np.frombuffer(value.ljust(2, b"\0"), "<f2")[0] for value in series]
        return pa.array(halves, pa.float16())
    return pa.array(series, from_pandas=True)


READERS: dict[str, Callable[[Path], list[Any]]] = {
    "pyarrow": by_pyarrow,
    "DuckDB": by_duckdb,
    "polars": by_polars,
    "fastparquet": by_fastparquet,
}


def comparable(column: Any, data_type: DataType, *, nan_is_null: bool = False) -> list[Any]:
    """Python values; floats as text, so that NaN equals NaN and the zeros differ."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if data_type in (DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64):
        found = [float("nan") if value is None and nan_is_null else value for value in column.to_pylist()]
        return [None if value is None else repr(float(value)) for value in found]
    return list(column.cast(data_type.arrow).to_pylist())
