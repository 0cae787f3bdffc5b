"""Files put together from encoded columns: what they hold, and who reads them."""

from dataclasses import replace

import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field, Piece, RowGroup, footer, plan
from coreshed.blockmodels.engine.splice import read_spliced

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


def test_that_a_row_group_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        RowGroup(0, ())


def _at(chunk: Chunk, offset: int) -> Chunk:
    return replace(chunk, offset=offset)
