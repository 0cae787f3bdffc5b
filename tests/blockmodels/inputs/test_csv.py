"""CSV uploads: every type, every option, and what is said of files that are not as they should be."""

import datetime as dt
import math
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.inputs import CsvOptions, FileFormat
from tests.blockmodels.inputs.uploads import source, table


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def read(
    scratch: Path, text: str | bytes, options: CsvOptions | None = None, most_rows: int = 1000, **columns: DataType
) -> dict[str, object]:
    content = text if isinstance(text, bytes) else text.encode()
    rows = source(FileFormat.CSV, content, scratch, options=options, most_rows=most_rows, **columns)
    return table(rows).to_pydict()


def refused(scratch: Path, text: str | bytes, options: CsvOptions | None = None, **columns: DataType) -> list[object]:
    with pytest.raises(BadBlocks) as caught:
        read(scratch, text, options, **columns)
    count = caught.value.count
    assert count == len(set(caught.value.rows.column("row").to_pylist()))
    assert str(caught.value) == ("1 row cannot be read." if count == 1 else f"{count} rows cannot be read.")
    return [tuple(row.values()) for row in caught.value.rows.to_pylist()]


def test_that_columns_come_with_the_types_announced_and_those_of_the_system(scratch: Path) -> None:
    rows = source(
        FileFormat.CSV,
        b"i,j,k,Cu,Rock,ignored,x\n0,1,2,0.5,ore,9,1.5\n4000000000,0,0,,,,\n",
        scratch,
        Cu=DataType.FLOAT32,
        Rock=DataType.UTF8,
    )
    assert rows.schema == pa.schema(
        [("i", "uint32"), ("j", "uint32"), ("k", "uint32"), ("Cu", "float32"), ("Rock", "string"), ("x", "float64")]
    )
    assert table(rows).to_pylist() == [
        {"i": 0, "j": 1, "k": 2, "Cu": 0.5, "Rock": "ore", "x": 1.5},
        {"i": 4_000_000_000, "j": 0, "k": 0, "Cu": None, "Rock": None, "x": None},
    ]


def test_that_sub_blocks_are_named_by_the_columns_of_their_kind(scratch: Path) -> None:
    content = b"i,sidx,start_si,dx\n1,2,3,4\n"
    for kind, names in (
        (Kind.REGULAR, ["i"]),
        (Kind.VARIABLE_OCTREE, ["i", "sidx", "dx"]),
        (Kind.FLEXIBLE, ["i", "start_si", "dx"]),
    ):
        assert source(FileFormat.CSV, content, scratch, kind=kind).schema.names == names


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        (DataType.BOOLEAN, "TRUE", True),
        (DataType.BOOLEAN, "0", False),
        (DataType.BOOLEAN, " false ", False),
        (DataType.INT8, "-128", -128),
        (DataType.INT16, "+7", 7),
        (DataType.INT32, "007", 7),
        (DataType.INT64, "-9223372036854775808", -(2**63)),
        (DataType.UINT8, "255", 255),
        (DataType.UINT16, "\t12", 12),
        (DataType.UINT32, "4294967295", 2**32 - 1),
        (DataType.UINT64, "18446744073709551615", 2**64 - 1),
        (DataType.FLOAT16, "0.5", 0.5),
        (DataType.FLOAT32, "1e-3", 0.0010000000474974513),
        (DataType.FLOAT64, "+.5E2", 50.0),
        (DataType.FLOAT64, "0.1", 0.1),
        (DataType.FLOAT64, "-inf", -math.inf),
        (DataType.UTF8, " ore ", " ore "),
        (DataType.DATE32, "2026-01-31", dt.date(2026, 1, 31)),
        (DataType.TIMESTAMP, "2026-01-31T12:00:00Z", dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)),
        (
            DataType.TIMESTAMP,
            "2026-01-31 12:00:00.25+02:30",
            dt.datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=dt.UTC),
        ),
    ],
)
def test_that_values_are_read_as_their_type(scratch: Path, data_type: DataType, text: str, value: object) -> None:
    found = read(scratch, f"a,b\n{text},1\n,1\n", a=data_type)["a"]
    assert [str(each) for each in found] == [str(value), "None"]  # type: ignore[attr-defined]


def test_that_nan_is_a_number(scratch: Path) -> None:
    [value] = read(scratch, "a\nNaN\n", a=DataType.FLOAT64)["a"]  # type: ignore[misc]
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("data_type", "text"),
    [
        (DataType.BOOLEAN, "yes"),
        (DataType.BOOLEAN, "2"),
        (DataType.INT8, "128"),
        (DataType.INT32, "1.0"),
        (DataType.INT32, "0x1F"),
        (DataType.UINT32, "-1"),
        (DataType.UINT64, "18446744073709551616"),
        (DataType.FLOAT64, "1.2.3"),
        (DataType.FLOAT64, "1e999"),
        (DataType.FLOAT32, "1e300"),
        (DataType.FLOAT16, "70000"),
        (DataType.FLOAT64, "++1"),
        (DataType.DATE32, "31.01.2026"),
        (DataType.DATE32, "2026-02-30"),
        (DataType.TIMESTAMP, "2026-01-31T12:00:00"),
        (DataType.TIMESTAMP, "2026-01-31T12:00:00.1234567Z"),
        (DataType.TIMESTAMP, "noon"),
    ],
)
def test_that_rows_whose_value_is_of_another_type_are_named(scratch: Path, data_type: DataType, text: str) -> None:
    good = {DataType.BOOLEAN: "1", DataType.DATE32: "2026-01-31", DataType.TIMESTAMP: "2026-01-31T12:00:00Z"}
    rows = "".join(f"{text if at in (3, 5) else good.get(data_type, '1')},0\n" for at in range(7))
    found = refused(scratch, f"a,b\n{rows}", a=data_type)
    reason = f"'a' is '{text}'; {data_type.value} is announced"
    assert found == [(3, reason), (5, reason)]


def test_that_long_values_are_cut_in_what_is_said_of_them(scratch: Path) -> None:
    [(row, reason)] = refused(scratch, f"a\n{'9' * 500}x\n", a=DataType.FLOAT64)  # type: ignore[misc]
    assert (row, reason) == (0, f"'a' is '{'9' * 79}…'; Float64 is announced")


def test_that_options_say_how_the_file_is_written(scratch: Path) -> None:
    text = "written by hand, 'quoted\nsecond line\na;b\nunits;'m\n2'\n1,5;'it''s; so'\n;''\n"
    found = read(scratch, text, CsvOptions(";", ",", "'", 2, 1), a=DataType.FLOAT64, b=DataType.UTF8)
    assert found == {"a": [1.5, None], "b": ["it's; so", ""]}


def test_that_another_decimal_character_leaves_no_doubt_about_full_stops(scratch: Path) -> None:
    found = refused(scratch, "a;b\n1,5;0\n1.234;0\n", CsvOptions(";", ","), a=DataType.FLOAT64)
    assert found == [(1, "'a' is '1.234'; Float64 is announced")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_that_lines_end_as_they_do_anywhere_and_quotes_may_hold_them(scratch: Path, end: str) -> None:
    text = f'\ufeffa,"b\nc"{end}1,"two\nlines"{end}{end}2,{end}3,end'
    assert read(scratch, text, a=DataType.INT8, **{"b\nc": DataType.UTF8}) == {
        "a": [1, 2, 3],
        "b\nc": ["two\nlines", None, "end"],
    }


def test_that_files_without_rows_have_none(scratch: Path) -> None:
    for text in ("a,b", "a,b\n", "a,b\r\n\r\n"):
        assert read(scratch, text, a=DataType.INT8) == {"a": []}


def test_that_rows_with_too_few_or_too_many_fields_are_named_and_others_keep_their_numbers(scratch: Path) -> None:
    found = refused(scratch, "a,b\n1,0\n2\n3,0\nx,0\n5,0,0\ny,0\n", a=DataType.INT8)
    assert found == [
        (1, "has 1 fields where the headers are 2: '2'"),
        (3, "'a' is 'x'; Int8 is announced"),
        (4, "has 3 fields where the headers are 2: '5,0,0'"),
        (5, "'a' is 'y'; Int8 is announced"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no headers"),
        (b"\n1,2\n", "no headers"),
        (b" , \n1,2\n", "no headers"),
        (b"a,a\n1,2\n", "2 columns named 'a'"),
        (b"a,b\n1,\x002\n", "NUL byte at byte 6"),
        (b"a,b\n1,\xe4\n", "not UTF-8: byte 6 "),
        (b"a,b\n1,\xc3", "not UTF-8: byte 6 "),
        (b"a,b\n1," + b"2" * (1 << 20) + b"\n", "longer than 1,048,576 bytes"),
        (b"a" * (1 << 21), "longer than 1,048,576 bytes"),
        (b'"a,b\n1,2\n', "line of headers"),
        (b"b,c\n1,2\n", "none of the columns"),
    ],
)
def test_that_files_that_are_no_csv_are_refused(scratch: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        read(scratch, content, a=DataType.FLOAT64)


def test_that_a_byte_that_is_no_character_is_found_deep_in_the_file(scratch: Path) -> None:
    row = "1,ä\n".encode()
    content = b"a,bb\n" + row * 400_000  # a character lies across byte 1 << 19
    for at in (1_000_004, (1 << 19) + 1, len(content)):
        with pytest.raises(BadFile, match=f"byte {at} "):
            read(scratch, content[:at] + b"\xff" + content[at:], most_rows=10**6, a=DataType.INT8)
    with pytest.raises(BadFile, match=f"byte {len(content)} "):
        read(scratch, content + "ä".encode()[:1], most_rows=10**6, a=DataType.INT8)


def test_that_a_quote_that_is_never_closed_does_not_take_the_memory(scratch: Path) -> None:
    content = b'a,b\n1,"' + b"2\n" * (8 << 20)
    with pytest.raises(BadFile, match="a quote never closed"):
        read(scratch, content, a=DataType.FLOAT64)


def test_that_rows_are_numbered_alike_wherever_in_the_file_they_are(scratch: Path) -> None:
    rows = [b"1,0"] * 3_000_000  # some blocks of 4 MiB
    rows[1_100_000], rows[1_500_000], rows[2_000_000], rows[2_999_999] = b"x,0", b"1,0,0", b"y,0", b"1"
    with pytest.raises(BadBlocks) as caught:
        source(FileFormat.CSV, b"a,b\n" + b"\n".join(rows), scratch, most_rows=10**7, a=DataType.INT8)
    assert caught.value.rows["row"].to_pylist() == [1_100_000, 1_500_000, 2_000_000, 2_999_999]


def test_that_more_rows_than_the_model_takes_are_refused(scratch: Path) -> None:
    with pytest.raises(BadFile, match="1,000 rows"):
        read(scratch, "a\n" + "1\n" * 1001, a=DataType.INT8)


def test_that_at_most_ten_thousand_rows_are_named(scratch: Path) -> None:
    with pytest.raises(BadBlocks, match="At least") as caught:
        source(FileFormat.CSV, b"a,b\n" + b"x,y\n" * 30_000, scratch, most_rows=10**6, a=DataType.INT8, b=DataType.INT8)
    assert caught.value.rows.num_rows == 10_000


@pytest.mark.parametrize(
    "options",
    [
        CsvOptions("ä"),
        CsvOptions(quote_char="\n"),
        CsvOptions(decimal_char="5"),
        CsvOptions("'", quote_char="'"),
        CsvOptions(skip_rows=9),
    ],
)
def test_that_options_that_nothing_can_be_split_by_are_refused(scratch: Path, options: CsvOptions) -> None:
    with pytest.raises(BadFile):
        read(scratch, "a,b\n1,2\n", options, a=DataType.INT8)


TEXTS = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=9)


@given(st.lists(st.tuples(TEXTS | st.none(), st.floats() | st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_that_what_is_written_is_read(scratch: Path, rows: list[tuple[str | None, float | None, int]]) -> None:
    def field(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    text = "t,f,n\n" + "".join(",".join(map(field, row)) + "\n" for row in rows)
    found = read(scratch, text, t=DataType.UTF8, f=DataType.FLOAT64, n=DataType.INT64)
    assert found["t"] == [row[0] for row in rows]
    assert [str(each) for each in found["f"]] == [str(row[1]) for row in rows]  # type: ignore[attr-defined]
    assert found["n"] == [row[2] for row in rows]
