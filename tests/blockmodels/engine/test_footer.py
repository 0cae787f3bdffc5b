"""The bytes of footers, and what they cannot be made of."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.engine.chunks import PLAIN, RLE, RLE_DICTIONARY, Chunk, read_chunks
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.footer import Field, RowGroup, footer, plan

CHUNK = Chunk(
    num_values=3,
    offset=4,
    length=300,
    uncompressed=310,
    dictionary_length=20,
    encodings=(PLAIN, RLE, RLE_DICTIONARY),
    codec=6,
    null_count=1,
    minimum=b"a",
    maximum=b"\xc3\xa9",
)
ZONE = Field("Zone", DataType.UTF8)


def test_that_a_footer_has_the_bytes_of_the_format() -> None:
    content = footer([ZONE], [RowGroup(3, (CHUNK,))], [("k", "v")])

    before, rest = content.split(b"ARROW:schema\x18", 1)
    after = rest[2 + (rest[0] & 0x7F | rest[1] << 7) :]  # the Arrow schema behind its length of two bytes
    assert before == bytes.fromhex(
        "1504"  # version 2
        "192c 350018 06736368656d61 150200"  # the root: required, "schema", one child
        "150c2502 18045a6f6e65 2500 4c1c0000 00"  # Zone: byte array, optional, UTF8, String
        "1606"  # three rows
        "191c 191c"  # one row group of one chunk
        "26001c 150c 1935000610 1918045a6f6e65 150c"  # at 0; byte array, encodings, path, ZSTD
        "1606 16ec04 16d804 2630 2608"  # values, sizes, data page at 24, dictionary at 4
        "1c 3602 2802c3a9 180161 00"  # one null, "é" the greatest, "a" the least
        "0000"
        "16ec04 1606 2608 16d804 00"  # uncompressed, rows, begins at 4, compressed
        "192c 180c"  # two pairs, of which the first is the Arrow schema
    )
    assert after[:-8] == bytes.fromhex("00 18016b 180176 00 1808") + b"coreshed" + bytes.fromhex("191c 1c0000 00")
    assert int.from_bytes(after[-8:-4], "little") == len(content) - 8
    assert content[-4:] == b"PAR1"


@pytest.mark.parametrize("null_count", [None, 0, 2])
@pytest.mark.parametrize("bounds", [(None, None), (b"", b""), (b"a", b"b" * 4096)])
@pytest.mark.parametrize("dictionary_length", [0, 20])
def test_that_pyarrow_reads_what_a_chunk_says(
    null_count: int | None, bounds: tuple[bytes | None, bytes | None], dictionary_length: int
) -> None:
    chunk = Chunk(3, 1 << 41, 1 << 31, 1 << 33, dictionary_length, (PLAIN, RLE), 6, null_count, *bounds)

    metadata = pq.read_metadata(pa.BufferReader(b"PAR1" + footer([ZONE], [RowGroup(3, (chunk,))] * 2)))

    assert read_chunks(metadata) == [(chunk,), (chunk,)]
    assert metadata.num_rows == 6


def test_that_encodings_may_differ_between_chunks_of_a_column() -> None:
    plain = Chunk(3, 4, 9, 9, 0, (PLAIN, RLE), 6, 0, None, None)
    stored = Chunk(3, 13, 9, 9, 0, (PLAIN, RLE), 0, 0, None, None)

    metadata = pq.read_metadata(
        pa.BufferReader(b"PAR1" + footer([ZONE], [RowGroup(3, (c,)) for c in (CHUNK, plain, stored)]))
    )

    assert read_chunks(metadata) == [(CHUNK,), (plain,), (stored,)]


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "zstd"])
def test_that_codecs_are_read(codec: str) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), sink, compression=codec)

    [[chunk]] = read_chunks(pq.read_metadata(sink))

    assert chunk.codec == {"none": 0, "snappy": 1, "gzip": 2, "brotli": 4, "zstd": 6}[codec]


def test_that_a_codec_of_two_meanings_is_refused() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), sink, compression="lz4")

    with pytest.raises(ValueError, match="no encoding or codec"):
        read_chunks(pq.read_metadata(sink))


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_that_a_name_that_arrow_cannot_keep_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no name of a column|surrogates"):
        footer([Field(name, DataType.INT8)], [])


@pytest.mark.parametrize(
    ("fields", "row_groups", "key_values", "reason"),
    [
        ([], [], [], "at least one field"),
        ([ZONE, ZONE], [], [], "the same name"),
        ([ZONE], [RowGroup(3, (CHUNK, CHUNK))], [], "2 chunks for 1 fields"),
        ([ZONE], [RowGroup(3, ())], [], "0 chunks for 1 fields"),
        ([ZONE], [], [("ARROW:schema", "")], "made from the fields"),
    ],
)
def test_that_what_is_no_file_is_refused(
    fields: list[Field], row_groups: list[RowGroup], key_values: list[tuple[str, str]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        footer(fields, row_groups, key_values)


def test_that_a_row_group_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        RowGroup(0, ())


def test_that_a_row_group_has_chunks_of_its_length() -> None:
    with pytest.raises(ValueError, match="3 values is none of a row group of 4 rows"):
        RowGroup(4, (CHUNK,))


@pytest.mark.parametrize("sources", [[], [[]], [["a", "b"]], [["a"], ["b"]]])
def test_that_a_plan_has_one_source_for_each_chunk(sources: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="one source for each chunk"):
        plan([ZONE], [RowGroup(3, (CHUNK,))], sources)
