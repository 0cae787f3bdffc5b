"""Footers that nobody vouches for."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreshed.blockmodels.engine import thrift
from coreshed.blockmodels.engine.chunks import Chunk, read_chunks
from coreshed.blockmodels.engine.parsing import parse_footer
from coreshed.blockmodels.engine.thrift import MalformedThrift, Struct, zigzag
from tests.blockmodels.engine.tables import Spliced, spliced, written_by_pyarrow

TABLE = pa.table(
    {
        "Au": pa.array([0.5, None, 2.5, 1.0]),
        "NaN": pa.array([float("nan")] * 4, pa.float32()),
        "Zone": pa.array(["ox", "ox", "", None]),
        "None": pa.nulls(4, pa.int64()),
        "Rock": pa.array([1, 2, 3, 250], pa.uint8()),
    }
)


def metadata_of(file: bytes) -> bytes:
    length = int.from_bytes(file[-8:-4], "little")
    return file[-8 - length : -8]


FOOTER = metadata_of(written_by_pyarrow(TABLE, [3, 1]))


@settings(max_examples=50, deadline=None)
@given(file=spliced())
def test_that_the_parsed_footer_is_what_pyarrow_reads(file: Spliced) -> None:
    for content in (file.content, written_by_pyarrow(file.table, file.cuts)):
        assert parse_footer(metadata_of(content)) == read_chunks(pq.read_metadata(pa.BufferReader(content)))


def test_that_footers_with_nested_columns_are_parsed() -> None:
    table = pa.table({"a": [[1, 2], [3]], "b": [{"x": 1, "y": "z"}, None]})
    content = written_by_pyarrow(table, [2])

    assert parse_footer(metadata_of(content)) == read_chunks(pq.read_metadata(pa.BufferReader(content)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(FOOTER) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_that_a_footer_with_other_bytes_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(FOOTER)
    for at, byte in changes:
        mutated[at] = byte

    read_or_refused(bytes(mutated))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FOOTER)), st.integers(0, 40), st.binary(max_size=20))
def test_that_a_footer_with_bytes_put_in_and_cut_out_is_read_or_refused(at: int, cut: int, put: bytes) -> None:
    read_or_refused(FOOTER[:at] + put + FOOTER[at + cut :])


def read_or_refused(content: bytes) -> None:
    try:
        groups = parse_footer(content)
    except MalformedThrift:
        return
    for chunk in (chunk for group in groups for chunk in group):
        assert isinstance(chunk, Chunk)
        assert min(chunk.num_values, chunk.offset, chunk.length, chunk.uncompressed, chunk.dictionary_length) >= 0
        assert (chunk.minimum is None) == (chunk.maximum is None)


@pytest.mark.slow
def test_that_fifty_thousand_mutated_footers_are_read_or_refused() -> None:
    dice = random.Random(20261122)
    for _ in range(50_000):
        mutated = bytearray(FOOTER)
        for _ in range(dice.randint(1, 5)):
            at = dice.randrange(len(mutated))
            mutated[at : at + dice.choice((0, 1, 1, 1, 4))] = dice.randbytes(dice.choice((0, 1, 1, 1, 3)))
        read_or_refused(bytes(mutated))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({5: -4}, "field 5 is -4"),
        ({7: None}, "field 7 is missing"),
        ({9: b"four"}, "bytes where int is due"),
        ({2: [zigzag(0)] * 3, 12: 7}, "int where dict is due"),
        ({12: {5: b"1234", 6: b"12345678"}}, "bound is no number of the type"),
    ],
)
def test_that_a_field_of_a_chunk_that_is_not_as_due_is_named(changed: dict[int, object], reason: str) -> None:
    with pytest.raises(MalformedThrift, match=reason):
        parse_footer(footer_with(changed))


def test_that_bounds_that_are_nan_bound_nothing() -> None:
    nan = b"\0\0\0\0\0\0\xf8\x7f"
    [[chunk]] = parse_footer(footer_with({12: {5: nan, 6: b"\0" * 8}}))

    assert (chunk.minimum, chunk.maximum) == (None, None)


def test_that_a_row_group_has_one_chunk_per_column() -> None:
    with pytest.raises(MalformedThrift, match="1 chunks for 2 columns"):
        parse_footer(footer_with({}, columns=2))


def footer_with(changed: dict[int, object], columns: int = 1) -> bytes:
    """A footer of one chunk of four doubles, with some fields of its metadata changed, or left out where None."""
    fields = {1: 5, 2: [zigzag(0)], 4: 6, 5: 4, 6: 50, 7: 40, 9: 4} | changed
    chunk = Struct()
    for number, value in sorted(fields.items()):
        match value:
            case int():
                chunk.i64(number, value)
            case bytes():
                chunk.binary(number, value)
            case list():
                chunk.sequence(number, thrift.I32, value)
            case dict():
                chunk.struct(number, Struct().binary(5, value[5]).binary(6, value[6]).encode())
    column = Struct().struct(3, chunk.encode()).encode()
    schema = [Struct().i32(5, columns).encode(), *([Struct().i32(1, 5).encode()] * columns)]
    group = Struct().sequence(1, thrift.STRUCT, [column]).encode()
    return Struct().sequence(2, thrift.STRUCT, schema).sequence(4, thrift.STRUCT, [group]).encode()
