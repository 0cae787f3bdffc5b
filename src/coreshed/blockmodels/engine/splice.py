"""Tables from encoded columns that come from anywhere: the engine's way to read."""

from collections.abc import Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup, footer

Bytes: TypeAlias = bytes | bytearray | memoryview


def splice(fields: Sequence[Field], row_groups: Sequence[RowGroup], contents: Sequence[Sequence[Bytes]]) -> bytes:
    """A Parquet file in memory. `contents[g][c]` holds the bytes of chunk c of row group g, and only those.

    Raises ValueError where a content has another length than its chunk, and as `footer` does.
    """
    for group, held in zip(row_groups, contents, strict=True):
        for chunk, content in zip(group.chunks, held, strict=True):
            if len(content) != chunk.length:
                raise ValueError(f"a chunk of {chunk.length} bytes comes with {len(content)}")
    end = footer(fields, row_groups, start=len(MAGIC))
    return b"".join((MAGIC, *(content for held in contents for content in held), end))


def read_spliced(
    fields: Sequence[Field],
    row_groups: Sequence[RowGroup],
    contents: Sequence[Sequence[Bytes]],
    *,
    use_threads: bool = False,
    coded: list[str] | None = None,
) -> pa.Table:
    """The decoded rows, in the order of the row groups. Arguments as of `splice`.

    coded: columns of texts that are left as dictionaries.

    Raises ValueError as `splice` does, and where a column holds other than the rows that its chunks say; pyarrow's own
    ArrowException or OSError for contents that cannot be decoded.
    """
    file = pa.BufferReader(splice(fields, row_groups, contents))
    with pq.ParquetFile(file, pre_buffer=False, read_dictionary=coded) as opened:
        table = opened.read(use_threads=use_threads)
    rows = sum(group.num_rows for group in row_groups)
    for field, column in zip(fields, table.columns, strict=True):
        if len(column) != rows:  # pyarrow is content with fewer
            raise ValueError(f"column {field.name!r} holds {len(column)} values where its chunks say {rows}")
    return table
