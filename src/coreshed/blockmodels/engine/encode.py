"""Columns of tiles as encoded Parquet column chunks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from coreshed.blockmodels.engine.chunks import Chunk, read_chunks
from coreshed.blockmodels.engine.data_types import DataType

MOST_ROWS = 100_000
"""Rows of a row group: what the Block Model API allows in the files that it gives."""

SAMPLE = 65_536
_RUNS = 16
_LEVEL = 1
_SCHEMAS = {data_type: pa.schema([("column", data_type.arrow)]) for data_type in DataType}


class How(StrEnum):
    """How values are laid out before they are compressed (zstd, level 1; pages of version 1)."""

    PLAIN = "plain"
    DICTIONARY = "dictionary"
    BYTE_STREAM_SPLIT = "byte-stream-split"


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """The bytes of a chunk, and its description with offset 0."""

    content: bytes
    chunk: Chunk


def choose(values: Any, data_type: DataType) -> How:
    """How to lay out a column, from some of its values (an Array or ChunkedArray; one tile does).

    A dictionary where fewer than a quarter of up to 65,536 values that are not null differ, else plain; Boolean and
    Float16 always plain. The samples are 16 runs, evenly spread. Why nothing else: decision 019.
    """
    if data_type in (DataType.BOOLEAN, DataType.FLOAT16):
        return How.PLAIN
    sample = _sample(values)
    valid = len(sample) - sample.null_count
    distinct = pc.count_distinct(sample, mode="only_valid").as_py()
    return How.DICTIONARY if distinct * 4 < valid else How.PLAIN


def encode(values: Any, data_type: DataType, how: How) -> EncodedChunk:
    """One column of one tile, an Array or ChunkedArray of 1 to 100,000 values of exactly the data type.

    A chunk that holds NaN states no minimum and maximum. Raises ValueError for other lengths and TypeError for other
    types.
    """
    if values.type != data_type.arrow:
        raise TypeError(f"values of the Arrow type {values.type} are not {data_type}")
    if not 1 <= len(values) <= MOST_ROWS:
        raise ValueError(f"a chunk has 1 to {MOST_ROWS:,} values, not {len(values):,}")
    sink = pa.BufferOutputStream()
    schema = _SCHEMAS[data_type]
    written: list[pq.FileMetaData] = []
    with _writer(sink, schema, how, written) as writer:
        writer.write_table(pa.Table.from_arrays([values], schema=schema), row_group_size=MOST_ROWS)
    [[chunk]] = read_chunks(written[0])
    end = chunk.offset + chunk.length
    content = bytes(memoryview(sink.getvalue())[chunk.offset : end])
    if data_type.floating and _has_nan(values):
        chunk = replace(chunk, minimum=None, maximum=None)
    return EncodedChunk(content, replace(chunk, offset=0))


def _writer(sink: Any, schema: pa.Schema, how: How, written: list[pq.FileMetaData]) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=how is How.DICTIONARY,
        use_byte_stream_split=how is How.BYTE_STREAM_SPLIT,
        write_statistics=True,
        write_page_index=False,
        store_schema=False,
        metadata_collector=written,
    )


def _has_nan(values: Any) -> bool:
    if values.type == pa.float16():  # has no such kernel
        values = values.cast(pa.float32())
    return bool(pc.any(pc.is_nan(values)).as_py())


def _sample(values: Any) -> Any:
    if len(values) <= SAMPLE:
        return values
    run = SAMPLE // _RUNS
    step = (len(values) - run) // (_RUNS - 1)
    runs = (values.slice(index * step, run) for index in range(_RUNS))
    return pa.chunked_array([part for found in runs for part in _parts(found)], type=values.type)


def _parts(values: Any) -> list[Any]:
    return values.chunks if isinstance(values, pa.ChunkedArray) else [values]
