"""The files of updates: opened as rows for the engine, and what is said of bad rows."""

import io
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blobs import Contents
from coreshed.blockmodels.engine.addressing import Keys
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.geometry_columns import coordinate_columns, index_columns
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.subkeys import keys_by_index, keys_by_place
from coreshed.blockmodels.inputs import CsvOptions, FileFormat, open_input
from coreshed.blockmodels.orders import UpdateOrder
from coreshed.blockmodels.wire.updates import InputOptionsCSV

MOST_ROWS = 1_000_000_000
"""Of an upload for a model with sub-blocks."""


def open_upload(
    contents: Contents, order: UpdateOrder, grid: Grid, columns: Mapping[str, DataType], scratch: Path
) -> Source:
    """The rows of the uploaded file. Raises BlobVanished where nothing was uploaded, BadFile, BadBlocks.

    columns: what is announced, by its name in the file. scratch: a directory to be kept as long as the rows are read.
    """
    assert order.blob_id is not None  # noqa: S101  (asked before)
    blob_id, options = order.blob_id, order.input_options
    contents.open(blob_id).close()
    return open_input(
        FileFormat(str(options.__struct_config__.tag)) if options is not None else FileFormat.PARQUET,
        _csv(options) if isinstance(options, InputOptionsCSV) else None,
        lambda: io.BufferedReader(contents.open(blob_id), 1 << 16),
        columns,
        grid.kind,
        min(prod(grid.parents) * prod(grid.counts), MOST_ROWS),
        scratch,
    )


def _csv(options: InputOptionsCSV) -> CsvOptions:
    delimiter, decimal, quote, before, after = options.or_default()
    return CsvOptions(delimiter, decimal, quote, before, after)


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


def with_keys(rows: pa.Table, source: Source, keys: Keys) -> pa.Table:
    """A table of rows that are wrong, with the columns by which the upload names their blocks. Reads part by part."""
    rows = rows.sort_by("row")
    numbers = rows.column("row").to_numpy()
    bounds = np.searchsorted(numbers, source.starts)
    for name in keys.names:
        found = [
            source.read(name, start, stop).take(pa.array(numbers[low:high] - start))
            for (start, stop), (low, high) in zip(pairwise(source.starts), pairwise(bounds), strict=True)
            if low < high
        ]
        rows = rows.append_column(name, pa.chunked_array(found))
    return rows


def bad_rows_file(rows: pa.Table) -> bytes:
    """A Parquet file of the rows that are wrong."""
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
