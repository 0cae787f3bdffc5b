"""Datamine files, written here as their description says: no file of the program itself is at hand."""

import struct
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile
from coreshed.blockmodels.inputs import FileFormat
from tests.blockmodels.inputs.uploads import Written, datamine, source, table

BLOCKS = [
    Written("XMORIG", 100.0),
    Written("XC", [105.0, 115.0, 125.0]),
    Written("YC", [1.0, 2.0, 3.0]),
    Written("ZC", [7.0, 8.0, 9.0]),
    Written("XINC", 10.0),
    Written("YINC", [5.0, 2.5, 5.0]),
    Written("ZINC", 2.0),
    Written("IJK", [0.0, 1.0, 2.0]),
    Written("AU", [0.5, -1.0e30, 1.0e30]),
    Written("ROCKTYPE", ["granite", "", "a very long one"], 4),
    Written("SOURCE", "survey 1", 2),
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def read(scratch: Path, content: bytes, **columns: DataType) -> pa.Table:
    return table(source(FileFormat.DATAMINE, content, scratch, most_rows=100_000, **columns))


@pytest.mark.parametrize("extended", [True, False])
def test_that_blocks_texts_and_defaults_are_read(scratch: Path, extended: bool) -> None:
    columns = {"AU": DataType.FLOAT32, "ROCKTYPE": DataType.UTF8, "SOURCE": DataType.UTF8, "NONE": DataType.FLOAT64}
    found = read(scratch, datamine(BLOCKS, extended=extended), **columns)
    assert found.schema == pa.schema(
        [
            *((name, "float64") for name in ("x", "y", "z", "dx", "dy", "dz")),
            ("AU", "float32"),
            ("ROCKTYPE", "string"),
            ("SOURCE", "string"),
        ]
    )
    assert found.to_pydict() == {
        "x": [105.0, 115.0, 125.0],
        "y": [1.0, 2.0, 3.0],
        "z": [7.0, 8.0, 9.0],
        "dx": [10.0] * 3,
        "dy": [5.0, 2.5, 5.0],
        "dz": [2.0] * 3,
        "AU": [0.5, None, None],
        "ROCKTYPE": ["granite", None, "a very long one"],
        "SOURCE": ["survey 1"] * 3,
    }


@pytest.mark.parametrize("extended", [True, False])
def test_that_records_go_on_over_pages(scratch: Path, extended: bool) -> None:
    for rows in (126, 127, 128, 200_000 // 2):  # 127 records of four words fill a page
        values = [float(n) for n in range(rows)]
        fields = [Written("XC", values), Written("YC", values), Written("ZC", values), Written("NUMBER", values)]
        content = datamine(fields, extended=extended)
        assert len(content) == (4096 if extended else 2048) * (1 + -(-rows // 127))
        assert read(scratch, content, NUMBER=DataType.INT32)["NUMBER"].to_pylist() == list(range(rows))


def test_that_special_numbers_are_null_and_a_trace_is_itself(scratch: Path) -> None:
    values = [-1.0e30, 1.0e30, -1.0e-30, 1.0e-30, 0.0, float("nan"), -2.0]
    found = read(scratch, datamine([Written("AU", values)]), AU=DataType.FLOAT64)
    assert found["AU"].to_pylist() == [None, None, None, 1e-30, 0.0, None, -2.0]
    single = read(scratch, datamine([Written("AU", values)], extended=False), AU=DataType.FLOAT64)
    assert single["AU"].is_null().to_pylist() == found["AU"].is_null().to_pylist()


def test_that_numbers_become_whole_ones_and_truths_where_they_are(scratch: Path) -> None:
    content = datamine([Written("ZONE", [1.0, 0.0, -1.0e30]), Written("CODE", [255.0, 0.0, 1.5])])
    assert read(scratch, content, ZONE=DataType.BOOLEAN)["ZONE"].to_pylist() == [True, False, None]
    with pytest.raises(BadBlocks) as caught:
        read(scratch, content, ZONE=DataType.UINT64, CODE=DataType.INT8)
    assert caught.value.rows.to_pylist() == [
        {"row": 0, "reason": "'CODE' is '255'; Int8 is announced"},
        {"row": 2, "reason": "'CODE' is '1.5'; Int8 is announced"},
    ]


@pytest.mark.parametrize(
    ("data_type", "values", "bad"),
    [
        (DataType.UINT64, [2.0**64, 2.0**63, -1.0], [0, 2]),
        (DataType.INT64, [2.0**63, -(2.0**63), 0.0], [0]),
        (DataType.FLOAT16, [65504.0, 65536.0, -70000.0], [1, 2]),
        (DataType.FLOAT32, [3e38, 1e29, 1e39], [2]),
        (DataType.BOOLEAN, [0.0, 2.0, 0.5], [1, 2]),
    ],
)
def test_that_numbers_beyond_their_type_are_named(
    scratch: Path, data_type: DataType, values: list[float], bad: list[int]
) -> None:
    content = datamine([Written("A", [1e20 if abs(value) > 1e30 else value for value in values])])
    if any(abs(value) > 1e30 for value in values):  # such numbers are missing ones in these files
        assert read(scratch, datamine([Written("A", values)]), A=data_type)["A"].to_pylist()[bad[0]] is None
        return
    with pytest.raises(BadBlocks) as caught:
        read(scratch, content, A=data_type)
    assert caught.value.rows["row"].to_pylist() == bad


def test_that_long_names_of_extended_files_are_read(scratch: Path) -> None:
    fields = [Written("COPPER_EQUIVALENT_PCT", [1.0, 2.0]), Written("AU", [3.0, 4.0])]
    found = read(
        scratch, datamine(fields, long_names=True), COPPER_EQUIVALENT_PCT=DataType.FLOAT64, AU=DataType.FLOAT64
    )
    assert found.to_pydict() == {"COPPER_EQUIVALENT_PCT": [1.0, 2.0], "AU": [3.0, 4.0]}


def test_that_texts_are_in_the_code_page_of_windows(scratch: Path) -> None:
    found = read(scratch, datamine([Written("ROCK", ["gneiß", "  x  "], 3)]), ROCK=DataType.UTF8)
    assert found["ROCK"].to_pylist() == ["gneiß", "  x"]


def test_that_rotated_models_need_coordinates_of_the_world(scratch: Path) -> None:
    rotated = [*BLOCKS, Written("ANGLE1", 30.0)]
    with pytest.raises(BadFile, match="XWORLD"):
        read(scratch, datamine(rotated))
    world = [Written(name, [1.0, 2.0, 3.0]) for name in ("XWORLD", "YWORLD", "ZWORLD")]
    found = read(scratch, datamine([*rotated, *world]))
    assert [found[name].to_pylist() for name in "xyz"] == [[1.0, 2.0, 3.0]] * 3
    assert found["dy"].to_pylist() == [5.0, 2.5, 5.0]
    assert (
        read(scratch, datamine([*BLOCKS, Written("ANGLE1", 0.0), Written("ANGLE2", -1.0e30)]))["x"][0].as_py() == 105.0
    )


def test_that_types_that_no_field_has_are_refused(scratch: Path) -> None:
    content = datamine(BLOCKS)
    for columns in ({"AU": DataType.UTF8}, {"ROCKTYPE": DataType.INT8}, {"AU": DataType.DATE32}):
        with pytest.raises(BadFile, match="is announced"):
            read(scratch, content, **columns)


def changed(content: bytes, at: int, kind: str, value: object) -> bytes:
    packed = struct.pack(kind, value)
    return content[:at] + packed + content[at + len(packed) :]


NAN, LARGE = float("nan"), 1e18


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize(
    ("word", "value"),
    [
        (25, -1.0),
        (25, 0.0),
        (25, 69.0),
        (25, 1.5),
        (25, NAN),
        (25, LARGE),
        (26, 0.0),
        (26, -5.0),
        (26, 3.0),
        (26, LARGE),
        (27, -1.0),
        (27, 509.0),
        (27, NAN),
        (28 + 3, -1.0),
        (28 + 3, 509.0),
        (28 + 3, LARGE),
        (28 + 4, 0.0),
        (28 + 4, 7.0),
    ],
)
def test_that_pages_that_state_what_cannot_be_are_refused(
    scratch: Path, extended: bool, word: int, value: float
) -> None:
    content = datamine([Written("AU", [1.0, 2.0])], extended=extended)
    spoilt = changed(content, word * (8 if extended else 4), "<d" if extended else "<f", value)
    with pytest.raises(BadFile):
        read(scratch, spoilt, AU=DataType.FLOAT64)


def test_that_files_that_end_early_are_refused(scratch: Path) -> None:
    content = datamine([Written("AU", [float(n) for n in range(1000)])])
    for size in (0, 100, 300, 4096, 8191, 8192 + 400):
        with pytest.raises(BadFile):
            read(scratch, content[:size], AU=DataType.FLOAT64)
    whole = 2 * 4096 + (1000 - 508) * 8
    assert read(scratch, content[:whole], AU=DataType.FLOAT64).num_rows == 1000  # the last page need not be full


def test_that_a_field_twice_and_a_text_in_pieces_are_refused(scratch: Path) -> None:
    with pytest.raises(BadFile, match="'AU'"):
        read(scratch, datamine([Written("AU", [1.0]), Written("AU", [2.0])]))
    content = datamine([Written("ROCK", ["granite"], 2)])
    with pytest.raises(BadFile, match="'ROCK'"):
        read(scratch, changed(content, (28 + 7 + 4) * 8, "<d", 3.0))


def test_that_more_records_than_the_model_takes_are_refused(scratch: Path) -> None:
    with pytest.raises(BadFile, match="1,001 records"):
        source(FileFormat.DATAMINE, datamine([Written("AU", [1.0] * 1001)]), scratch, most_rows=1000)


@given(st.binary(max_size=600), st.integers(0, 600), st.booleans())
def test_that_whatever_bytes_are_refused_or_read(scratch: Path, noise: bytes, at: int, extended: bool) -> None:
    content = datamine(BLOCKS, extended=extended)
    spoilt = content[:at] + noise + content[at + len(noise) :]
    try:
        found = read(scratch, spoilt, AU=DataType.FLOAT64, ROCKTYPE=DataType.UTF8)
    except (BadFile, BadBlocks):
        return
    assert found.num_rows <= 508
