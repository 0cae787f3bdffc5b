"""Files put together from encoded columns: what they hold, and who reads them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from coreshed.blockmodels.engine.chunks import Chunk, read_chunks
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field, Piece, RowGroup, footer, plan
from coreshed.blockmodels.engine.splice import read_spliced
from tests.blockmodels.engine.tables import Spliced, comparable, spliced

NUMBERS = pa.array([1.5, None, -2.0], pa.float64())
NAMES = pa.array(["ox", "", None], pa.string())


def test_that_columns_encoded_apart_are_one_table() -> None:
    numbers = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    names = encode(NAMES, DataType.UTF8, How.DICTIONARY)

    table = read_spliced(
        [Field("Au", DataType.FLOAT64), Field("Zone", DataType.UTF8)],
        [RowGroup(3, (numbers.chunk, names.chunk)), RowGroup(3, (numbers.chunk, names.chunk))],
        [[numbers.content, names.content]] * 2,
    )

    expected = {"Au": [1.5, None, -2.0] * 2, "Zone": ["ox", "", None] * 2}
    assert table.to_pydict() == expected
    assert table.schema == pa.schema([("Au", pa.float64()), ("Zone", pa.string())])


def test_that_neighbours_in_one_source_are_copied_as_one_piece() -> None:
    chunk = encode(NUMBERS, DataType.FLOAT64, How.PLAIN).chunk
    size = chunk.length
    groups = [
        RowGroup(3, (_at(chunk, 100), _at(chunk, 100 + size))),
        RowGroup(3, (_at(chunk, 7), _at(chunk, 7 + size))),
    ]
    fields = [Field("a", DataType.FLOAT64), Field("b", DataType.FLOAT64)]

    planned = plan(fields, groups, [["x", "x"], ["x", "y"]])

    assert planned.parts[:-1] == (
        b"PAR1",
        Piece("x", 100, 2 * size),
        Piece("x", 7, size),
        Piece("y", 7 + size, size),
    )
    assert planned.length == 4 + 4 * size + len(planned.parts[-1])


def test_that_a_plan_writes_the_same_footer_as_chunks_that_lie_there() -> None:
    chunk = encode(NAMES, DataType.UTF8, How.DICTIONARY).chunk
    fields = [Field("a", DataType.UTF8), Field("b", DataType.UTF8)]
    elsewhere = [RowGroup(3, (_at(chunk, 900), _at(chunk, 5)))]
    there = [RowGroup(3, (_at(chunk, 4), _at(chunk, 4 + chunk.length)))]

    assert plan(fields, elsewhere, [["x", "y"]]).parts[-1] == footer(fields, there)


@settings(max_examples=60, deadline=None)
@given(file=spliced(), use_threads=st.booleans())
def test_that_reading_in_memory_gives_what_a_file_gives(file: Spliced, use_threads: bool) -> None:
    groups = read_chunks(pq.read_metadata(pa.BufferReader(file.content)))
    contents = [[file.content[chunk.offset : chunk.offset + chunk.length] for chunk in group] for group in groups]

    table = read_spliced(file.fields, file.row_groups, contents, use_threads=use_threads)

    for field, column, expected in zip(file.fields, table.columns, file.table.columns, strict=True):
        assert comparable(column, field.data_type) == comparable(expected, field.data_type)
    assert table.column_names == [field.name for field in file.fields]


def test_that_contents_may_be_views() -> None:
    made = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    held = memoryview(b"??" + made.content)[2:]

    assert read_spliced([Field("c", DataType.FLOAT64)], [RowGroup(3, (made.chunk,))], [[held]]).num_rows == 3


def test_that_no_row_groups_are_no_rows() -> None:
    table = read_spliced([Field("Au", DataType.FLOAT16), Field("Zone", DataType.UTF8)], [], [])

    assert table.num_rows == 0
    assert table.schema == pa.schema([("Au", pa.float16()), ("Zone", pa.string())])


def test_that_contents_of_another_length_are_refused() -> None:
    made = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    with pytest.raises(ValueError, match="comes with"):
        read_spliced([Field("c", DataType.FLOAT64)], [RowGroup(3, (made.chunk,))], [[made.content + b"?"]])


@pytest.mark.parametrize("contents", [[], [[]], [[b"", b""]]])
def test_that_contents_for_other_chunks_are_refused(contents: list[list[bytes]]) -> None:
    made = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    with pytest.raises(ValueError, match=r"argument 2 is|comes with"):
        read_spliced([Field("c", DataType.FLOAT64)], [RowGroup(3, (made.chunk,))], contents)


def test_that_contents_that_are_no_chunk_are_refused() -> None:
    made = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    with pytest.raises((OSError, pa.ArrowException)):
        read_spliced([Field("c", DataType.FLOAT64)], [RowGroup(3, (made.chunk,))], [[b"?" * made.chunk.length]])


def test_that_a_chunk_with_fewer_values_than_it_says_is_refused() -> None:
    made = encode(NUMBERS, DataType.FLOAT64, How.PLAIN)
    short = RowGroup(4, (replace(made.chunk, num_values=4),))
    with pytest.raises(ValueError, match="column 'Au' holds 3 values where its chunks say 4"):
        read_spliced([Field("Au", DataType.FLOAT64)], [short], [[made.content]])


def _at(chunk: Chunk, offset: int) -> Chunk:
    return replace(chunk, offset=offset)
