"""Columns of tiles as encoded chunks, and which encodings everybody reads."""

import struct
from pathlib import Path

import duckdb
import fastparquet
import numpy as np
import polars
import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.chunks import BYTE_STREAM_SPLIT, PLAIN, RLE, RLE_DICTIONARY
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import MOST_ROWS, How, choose, encode
from coreshed.blockmodels.engine.footer import Field, RowGroup
from coreshed.blockmodels.engine.splice import read_spliced, splice
from tests.blockmodels.engine.tables import READERS, comparable

ROWS = 30_000  # more than one page of 20,000
ZSTD = 6


def many(data_type: DataType, distinct: int = ROWS, rows: int = ROWS) -> pa.Array:
    """Random values, a tenth of them null, of at most `distinct` different ones."""
    dice = np.random.default_rng(7)
    null = dice.random(rows) < 0.1
    picked = dice.integers(0, distinct, rows)
    if data_type == DataType.UTF8:
        return pa.array([f"unit {number}" for number in picked], mask=null)
    if data_type == DataType.BOOLEAN:
        return pa.array(picked % 2 == 0, mask=null)
    kept = {DataType.DATE32: "i4", DataType.TIMESTAMP: "i8"}.get(data_type) or data_type.arrow.to_pandas_dtype()
    values = (dice.random(distinct) * 50_000).astype(kept)[picked]
    return pa.array(values, mask=null).cast(data_type.arrow)


@pytest.mark.parametrize("how", [How.PLAIN, How.DICTIONARY])
@pytest.mark.parametrize("data_type", DataType)
def test_that_every_reader_reads_the_encodings_that_are_chosen(tmp_path: Path, data_type: DataType, how: How) -> None:
    values = many(data_type, distinct=900)
    made = encode(values, data_type, how)
    path = tmp_path / "file.parquet"
    path.write_bytes(splice([Field("c", data_type)], [RowGroup(ROWS, (made.chunk,))] * 2, [[made.content]] * 2))

    for name, read in READERS.items():
        [found] = read(path)
        assert comparable(found, data_type, nan_is_null=name == "fastparquet") == comparable(
            pa.chunked_array([values] * 2), data_type, nan_is_null=name == "fastparquet"
        ), name


def test_that_every_reader_reads_a_dictionary_that_was_given_up_half_way(tmp_path: Path) -> None:
    values = pa.array([f"{number:0100}" for number in range(ROWS)])  # 3 MB, the writer keeps dictionaries of 1 MiB
    made = encode(values, DataType.UTF8, How.DICTIONARY)
    assert set(made.chunk.encodings) == {PLAIN, RLE, RLE_DICTIONARY}
    assert made.chunk.uncompressed > 2_000_000
    path = tmp_path / "file.parquet"
    path.write_bytes(splice([Field("c", DataType.UTF8)], [RowGroup(ROWS, (made.chunk,))], [[made.content]]))

    for name, read in READERS.items():
        [found] = read(path)
        assert comparable(found, DataType.UTF8) == values.to_pylist(), name


def test_that_all_but_fastparquet_read_byte_stream_split(tmp_path: Path) -> None:
    """Decision 019 rests on this: where fastparquet has learned it, full precision may be kept smaller."""
    values = many(DataType.FLOAT64)
    made = encode(values, DataType.FLOAT64, How.BYTE_STREAM_SPLIT)
    assert BYTE_STREAM_SPLIT in made.chunk.encodings
    path = tmp_path / "file.parquet"
    path.write_bytes(splice([Field("c", DataType.FLOAT64)], [RowGroup(ROWS, (made.chunk,))], [[made.content]]))

    for name in ("pyarrow", "DuckDB", "polars"):
        assert comparable(READERS[name](path)[0], DataType.FLOAT64) == comparable(values, DataType.FLOAT64), name
    with path.open("rb") as file, pytest.raises(NotImplementedError, match="Encoding 9"):
        fastparquet.ParquetFile(file).to_pandas()


@pytest.mark.parametrize(
    ("values", "data_type", "how"),
    [
        (many(DataType.FLOAT64), DataType.FLOAT64, How.PLAIN),
        (many(DataType.FLOAT64, distinct=6_000), DataType.FLOAT64, How.DICTIONARY),
        (pa.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]), DataType.FLOAT64, How.PLAIN),  # a quarter, not fewer
        (pa.array([1.0, 2.0] * 4 + [1.0]), DataType.FLOAT64, How.DICTIONARY),
        (pa.array([1.0, 2.0] * 4 + [None] * 9), DataType.FLOAT64, How.PLAIN),  # nulls do not count
        (pa.nulls(9, pa.float64()), DataType.FLOAT64, How.PLAIN),
        (many(DataType.UTF8, distinct=30), DataType.UTF8, How.DICTIONARY),
        (many(DataType.UTF8, distinct=1 << 40), DataType.UTF8, How.PLAIN),
        (many(DataType.TIMESTAMP, distinct=30), DataType.TIMESTAMP, How.DICTIONARY),
        (many(DataType.FLOAT16, distinct=3), DataType.FLOAT16, How.PLAIN),
        (many(DataType.BOOLEAN), DataType.BOOLEAN, How.PLAIN),
        (pa.chunked_array([pa.array([1]), pa.array([1, 1, 1, 1])]), DataType.INT64, How.DICTIONARY),
    ],
)
def test_that_a_column_of_few_distinct_values_gets_a_dictionary(
    values: pa.Array, data_type: DataType, how: How
) -> None:
    assert choose(values, data_type) is how


def test_that_the_end_of_a_long_column_is_looked_at() -> None:
    constant = pa.array(np.zeros(100_000))
    assert choose(pa.chunked_array([constant, constant]), DataType.FLOAT64) is How.DICTIONARY
    varied = pa.array(np.arange(100_000.0))
    assert choose(pa.chunked_array([constant, varied]), DataType.FLOAT64) is How.PLAIN
    assert choose(pa.chunked_array([varied, constant]), DataType.FLOAT64) is How.PLAIN


def test_that_a_chunk_says_what_is_in_it() -> None:
    made = encode(pa.array([2.5, None, -1.0]), DataType.FLOAT64, How.PLAIN)

    chunk = made.chunk
    assert len(made.content) == chunk.length
    assert (chunk.num_values, chunk.null_count, chunk.offset, chunk.dictionary_length) == (3, 1, 0, 0)
    assert (set(chunk.encodings), chunk.codec) == ({PLAIN, RLE}, ZSTD)
    assert (chunk.minimum, chunk.maximum) == (struct.pack("<d", -1.0), struct.pack("<d", 2.5))


@pytest.mark.parametrize(
    ("values", "data_type", "bounds"),
    [
        (pa.array(["b", "é", "a", None]), DataType.UTF8, (b"a", "é".encode())),
        (pa.array([7, 250, None], pa.uint8()), DataType.UINT8, (b"\x07\0\0\0", b"\xfa\0\0\0")),
        (pa.array([1, 1 << 31], pa.uint32()), DataType.UINT32, (b"\x01\0\0\0", b"\0\0\0\x80")),
        (pa.array([True, False]), DataType.BOOLEAN, (b"\0", b"\x01")),
        (pa.array([np.float16(1), np.float16(-2)]), DataType.FLOAT16, (b"\0\xc0", b"\0\x3c")),
        (pa.nulls(2, pa.date32()), DataType.DATE32, (None, None)),
    ],
)
def test_that_bounds_are_in_the_order_of_the_type(
    values: pa.Array, data_type: DataType, bounds: tuple[bytes | None, bytes | None]
) -> None:
    for how in (How.PLAIN, How.DICTIONARY):
        chunk = encode(values, data_type, how).chunk
        assert (chunk.minimum, chunk.maximum) == bounds


@pytest.mark.parametrize("data_type", [DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64])
def test_that_a_chunk_with_nan_states_no_bounds(data_type: DataType) -> None:
    values = pa.array(np.array([1.0, np.nan, 2.0], data_type.arrow.to_pandas_dtype()), from_pandas=False)
    chunk = encode(values, data_type, How.PLAIN).chunk

    assert (chunk.null_count, chunk.minimum, chunk.maximum) == (0, None, None)


def test_that_nan_behind_a_null_does_not_count() -> None:
    values = pa.array(np.array([1.0, np.nan]), mask=np.array([False, True]))
    assert encode(values, DataType.FLOAT64, How.PLAIN).chunk.maximum == struct.pack("<d", 1.0)


def test_that_filters_of_readers_find_the_values_above_nan(tmp_path: Path) -> None:
    low, high = pa.array([1.0, 2.0]), pa.array([float("nan"), 3.0])
    made = [encode(values, DataType.FLOAT64, How.PLAIN) for values in (low, high)]
    path = tmp_path / "file.parquet"
    groups = [RowGroup(2, (one.chunk,)) for one in made]
    path.write_bytes(splice([Field("c", DataType.FLOAT64)], groups, [[one.content] for one in made]))

    with duckdb.connect() as connection:  # NaN is above all numbers there
        assert connection.execute(f"select count(*) from '{path}' where c > 5").fetchone() == (1,)
        assert connection.execute(f"select count(*) from '{path}' where c < 1.5").fetchone() == (1,)
    assert polars.scan_parquet(path).filter(polars.col("c") > 2.5).collect().height == 2


def test_that_a_slice_is_encoded_and_not_what_it_was_cut_from() -> None:
    values = pa.array([1.0, None, 3.0, 4.0]).slice(1, 2)
    made = encode(values, DataType.FLOAT64, How.DICTIONARY)

    table = read_spliced([Field("c", DataType.FLOAT64)], [RowGroup(2, (made.chunk,))], [[made.content]])

    assert table.to_pydict() == {"c": [None, 3.0]}


@pytest.mark.parametrize("length", [0, MOST_ROWS + 1])
def test_that_a_chunk_has_one_to_a_hundred_thousand_values(length: int) -> None:
    with pytest.raises(ValueError, match="1 to 100,000 values"):
        encode(pa.nulls(length, pa.int8()), DataType.INT8, How.PLAIN)


def test_that_a_chunk_of_the_most_rows_is_one() -> None:
    chunks = pa.chunked_array([pa.nulls(MOST_ROWS - 1, pa.int8()), pa.array([5], pa.int8())])
    chunk = encode(chunks, DataType.INT8, How.PLAIN).chunk
    assert (chunk.num_values, chunk.null_count) == (MOST_ROWS, MOST_ROWS - 1)


@pytest.mark.parametrize(
    ("values", "data_type"),
    [
        (pa.array([1]), DataType.INT32),
        (pa.array(["a"], pa.large_string()), DataType.UTF8),
        (pa.array(["a"]).dictionary_encode(), DataType.UTF8),
        (pa.array([1], pa.timestamp("us")), DataType.TIMESTAMP),
        (pa.array([1], pa.timestamp("ns", "UTC")), DataType.TIMESTAMP),
    ],
)
def test_that_values_of_another_type_are_refused(values: pa.Array, data_type: DataType) -> None:
    with pytest.raises(TypeError, match=f"are not {data_type}"):
        encode(values, data_type, How.PLAIN)
