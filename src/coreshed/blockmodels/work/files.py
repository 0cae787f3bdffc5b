"""The files of updates: opened as rows for the engine, and what is said of bad rows."""

import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blobs import Contents
from coreshed.blockmodels.engine.addressing import CentroidKeys, IndexKeys, Keys
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.sources import ParquetSource, Source
from coreshed.blockmodels.orders import UpdateOrder

_INDICES, _CENTROIDS = ("i", "j", "k"), ("x", "y", "z")


def open_upload(contents: Contents, order: UpdateOrder, grid: Grid) -> Source:
    """The rows of the uploaded file. Raises BlobVanished where nothing was uploaded, BadFile."""
    assert order.blob_id is not None  # noqa: S101  (asked before)
    blob_id = order.blob_id
    i, j, k = grid.parents
    return ParquetSource(lambda: io.BufferedReader(contents.open(blob_id), 1 << 16), most_rows=i * j * k)


def keys_of(grid: Grid, source: Source, named: Mapping[str, str]) -> Keys:
    """How the file names blocks: by index, else by centroid. named: title -> name in the file. Raises BadFile."""
    present = set(source.schema.names)

    def columns(titles: tuple[str, str, str]) -> tuple[str, str, str] | None:
        first, second, third = (named.get(title, title) for title in titles)
        return (first, second, third) if present.issuperset({first, second, third}) else None

    indices, centroids = columns(_INDICES), columns(_CENTROIDS)
    if indices is not None:
        return IndexKeys(grid, indices)
    if centroids is not None:
        return CentroidKeys(grid, centroids)
    raise BadFile("The file names no blocks: it has neither the columns i, j, k nor the columns x, y, z.")


def bad_rows_file(source: Source, keys: Keys, rows: pa.Table) -> bytes:
    """A Parquet file of the rows that are wrong: their number, the reason, and how they name blocks."""
    numbers = rows.column("row").combine_chunks()
    for name in keys.names:
        rows = rows.append_column(name, source.read(name, 0, source.starts[-1]).take(numbers))
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
