"""Where the encoded columns of a Parquet file lie, and what is known of them without decoding."""

import struct
from typing import Any, TypeAlias

import msgspec
import pyarrow.parquet as pq

PLAIN, RLE, BIT_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT = 0, 3, 4, 8, 9

_ENCODINGS = {
    "PLAIN": PLAIN,
    "PLAIN_DICTIONARY": 2,
    "RLE": RLE,
    "BIT_PACKED": BIT_PACKED,
    "DELTA_BINARY_PACKED": 5,
    "DELTA_LENGTH_BYTE_ARRAY": 6,
    "DELTA_BYTE_ARRAY": 7,
    "RLE_DICTIONARY": RLE_DICTIONARY,
    "BYTE_STREAM_SPLIT": BYTE_STREAM_SPLIT,
}
_CODECS = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "BROTLI": 4, "ZSTD": 6}  # pyarrow says LZ4 of two
_PACKED = {
    "BOOLEAN": struct.Struct("<?"),
    "INT32": struct.Struct("<i"),
    "INT64": struct.Struct("<q"),
    "FLOAT": struct.Struct("<f"),
    "DOUBLE": struct.Struct("<d"),
}


class Chunk(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The encoded values of one column in one row group. Bytes `[offset, offset + length)` of the file hold it whole.

    num_values counts nulls too. offset is that of the dictionary page, if there is one; dictionary_length is the
    distance from there to the first data page, 0 without a dictionary. length counts compressed bytes and uncompressed
    those before compression, both with page headers. encodings and codec are the numbers of the Parquet format.
    null_count is None where the writer did not say. minimum and maximum bound the values that are not null, plainly
    encoded as in statistics (little endian; text as UTF-8); both are None where there are no such values, or no
    statement.
    """

    num_values: int
    offset: int
    length: int
    uncompressed: int
    dictionary_length: int
    encodings: tuple[int, ...]
    codec: int
    null_count: int | None
    minimum: bytes | None
    maximum: bytes | None


RowGroupChunks: TypeAlias = tuple[Chunk, ...]
"""The chunks of one row group, one per column in the order of the schema."""


def read_chunks(metadata: pq.FileMetaData) -> list[RowGroupChunks]:
    """Per row group the chunk of each column, from a footer that pyarrow has read (2-3 µs per chunk).

    Raises ValueError for an encoding or codec that this version does not know by name.
    """
    columns = range(metadata.num_columns)
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    return [tuple(_chunk(group.column(column)) for column in columns) for group in groups]


def _chunk(column: Any) -> Chunk:
    data = column.data_page_offset
    start = data
    if column.has_dictionary_page:
        start = min(data, column.dictionary_page_offset)
    null_count = minimum = maximum = None
    statistics = column.statistics
    if statistics is not None:
        null_count = statistics.null_count if statistics.has_null_count else None
        if statistics.has_min_max:
            kind = column.physical_type
            minimum, maximum = _bounds(kind, statistics.min_raw, statistics.max_raw)
    try:
        encodings = tuple(map(_ENCODINGS.__getitem__, column.encodings))
        codec = _CODECS[column.compression]
    except KeyError as unknown:
        raise ValueError(f"{unknown} is no encoding or codec that can be carried over") from None
    return Chunk(
        column.num_values,
        start,
        column.total_compressed_size,
        column.total_uncompressed_size,
        data - start,
        encodings,
        codec,
        null_count,
        minimum,
        maximum,
    )


def _bounds(kind: str, least: Any, greatest: Any) -> tuple[bytes | None, bytes | None]:
    packed = _PACKED.get(kind)
    if packed is None:
        return bytes(least), bytes(greatest)
    if least != least or greatest != greatest:  # NaN, of older writers, bounds nothing
        return None, None
    return packed.pack(least), packed.pack(greatest)
