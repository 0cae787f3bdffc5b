"""The files of updates: opened as rows for the engine, and what is said of bad rows."""

import io
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blobs import Contents
from coreshed.blockmodels.engine.addressing import Keys
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.geometry_columns import coordinate_columns, index_columns
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.sources import ParquetSource, Source
from coreshed.blockmodels.engine.subkeys import keys_by_index, keys_by_place
from coreshed.blockmodels.orders import UpdateOrder

MOST_ROWS = 1_000_000_000
"""Of an upload for a model with sub-blocks."""


def open_upload(contents: Contents, order: UpdateOrder, grid: Grid) -> Source:
    """The rows of the uploaded file. Raises BlobVanished where nothing was uploaded, BadFile."""
    assert order.blob_id is not None  # noqa: S101  (asked before)
    blob_id = order.blob_id
    most = min(prod(grid.parents) * prod(grid.counts), MOST_ROWS)
    return ParquetSource(lambda: io.BufferedReader(contents.open(blob_id), 1 << 16), most_rows=most)


def keys_of(grid: Grid, source: Source, named: Mapping[str, str]) -> Keys:
    """How the file names blocks: by index, else by place. named: title -> name in the file. Raises BadFile."""
    present = set(source.schema.names)
    for keys in (keys_by_index(grid), keys_by_place(grid)):
        names = tuple(named.get(title, title) for title in keys.names)
        if present.issuperset(names):
            renamed: Any = replace(keys, names=names)  # type: ignore[type-var]
            return cast("Keys", renamed)
    ways = " nor ".join(", ".join(columns(grid.kind)) for columns in (index_columns, coordinate_columns))
    raise BadFile(f"The file names no blocks: it has neither the columns {ways}.")


def bad_rows_file(source: Source, keys: Keys, rows: pa.Table) -> bytes:
    """A Parquet file of the rows that are wrong: their number, the reason, and how they name blocks."""
    numbers = rows.column("row").combine_chunks()
    for name in keys.names:
        rows = rows.append_column(name, source.read(name, 0, source.starts[-1]).take(numbers))
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
