"""The Parquet writer, read back by pyarrow."""

import io
import math
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.demo.parquet import Column, write

VALUES = {
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float64": st.floats(allow_nan=False),
    "string": st.text(st.characters(exclude_categories=["Cs"])),
}
TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "string": pa.string(),
}


def read(content: bytes) -> pa.Table:
    table = pq.read_table(io.BytesIO(content))
    table.validate(full=True)
    return table


@pytest.mark.parametrize("kind", VALUES)
def test_that_pyarrow_reads_every_kind_of_column_back(kind: str) -> None:
    @given(st.lists(VALUES[kind], max_size=40))
    def reads_back(values: list[float | int | str]) -> None:
        table = read(write([Column("data", kind, values)]))
        assert table.schema == pa.schema([pa.field("data", TYPES[kind], nullable=False)])
        assert table["data"].to_pylist() == values

    reads_back()


def test_that_a_missing_float_is_nan() -> None:
    table = read(write([Column("data", "float64", [1.5, math.nan])]))
    assert table["data"][0].as_py() == 1.5
    assert math.isnan(table["data"][1].as_py())
    assert table["data"].null_count == 0


def test_that_columns_keep_their_order_names_and_rows() -> None:
    table = read(write([Column("z", "int32", [3, 4]), Column("a", "string", ["Erz", "脉石"])]))
    assert table.to_pylist() == [{"z": 3, "a": "Erz"}, {"z": 4, "a": "脉石"}]


def test_that_more_columns_than_a_short_list_head_counts_are_read_back() -> None:
    table = read(write([Column(f"c{index}", "int32", [index]) for index in range(40)]))
    assert table.to_pylist() == [{f"c{index}": index for index in range(40)}]


def test_that_the_file_says_it_is_plain_and_uncompressed() -> None:
    chunk = pq.ParquetFile(io.BytesIO(write([Column("data", "int32", [7] * 1000)]))).metadata.row_group(0).column(0)
    assert chunk.compression == "UNCOMPRESSED"
    assert chunk.encodings == ("PLAIN",)


@pytest.mark.parametrize("columns", [[], [Column("a", "int32", [1]), Column("b", "int32", [])]])
def test_that_columns_of_different_lengths_are_refused(columns: list[Column]) -> None:
    with pytest.raises(ValueError, match="columns of one length"):
        write(columns)


def test_that_a_value_beyond_its_kind_is_refused() -> None:
    with pytest.raises(struct.error):
        write([Column("data", "int32", [2**31])])
