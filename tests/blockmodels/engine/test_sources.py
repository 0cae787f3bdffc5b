"""Uploads as files of Parquet, among them such as nobody vouches for."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.engine import sources
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.sources import LARGEST_FOOTER, ParquetSource, Source, TableSource
from tests.blockmodels.engine.hostile import MEMORY

ROWS = 1000
TABLE = pa.table(
    {
        "i": pa.array(range(ROWS), pa.uint32()),
        "Cu": pa.array([None if n % 10 == 3 else n / 8 for n in range(ROWS)]),
        "Rock": pa.array([f"unit {n % 7}" for n in range(ROWS)]),
    }
)


def written(table: pa.Table = TABLE, **options: object) -> bytes:
    file = BytesIO()
    pq.write_table(table, file, **{"row_group_size": 300, **options})
    return file.getvalue()


def opened(content: bytes, most_rows: int = ROWS) -> ParquetSource:
    return ParquetSource(lambda: BytesIO(content), most_rows=most_rows)


@pytest.mark.parametrize("source", [TableSource(TABLE, 300), opened(written())], ids=["table", "parquet"])
@pytest.mark.parametrize(("start", "stop"), [(0, 1000), (0, 1), (299, 301), (300, 600), (999, 1000), (17, 903)])
def test_that_any_rows_can_be_read_over_the_borders_of_parts(source: Source, start: int, stop: int) -> None:
    assert list(source.starts) == [0, 300, 600, 900, 1000]
    for name in TABLE.column_names:
        assert source.read(name, start, stop).to_pylist() == TABLE.column(name)[start:stop].to_pylist()
    assert list(source.origin([5, 1])) == [5, 1]


def test_that_a_file_without_row_groups_has_no_rows() -> None:
    file = BytesIO()
    pq.ParquetWriter(file, TABLE.schema).close()
    assert list(opened(file.getvalue()).starts) == [0]
    assert list(opened(written(TABLE.slice(0, 0))).starts)[-1] == 0


def test_that_row_groups_without_rows_are_passed_over() -> None:
    file = BytesIO()
    with pq.ParquetWriter(file, TABLE.schema) as writer:
        for part in (TABLE.slice(0, 0), TABLE.slice(0, 5), TABLE.slice(0, 0), TABLE.slice(5, 5), TABLE.slice(0, 0)):
            writer.write_table(part)
    source = opened(file.getvalue())
    assert list(source.starts) == [0, 0, 5, 5, 10, 10]
    assert source.read("i", 3, 8).to_pylist() == [3, 4, 5, 6, 7]
    assert source.read("i", 0, 10).to_pylist() == list(range(10))


def test_that_a_column_is_not_mistaken_for_one_whose_name_goes_on_after_a_dot() -> None:
    table = pa.table({"i.x": pa.array([7, 8], pa.uint32()), "i": pa.array([1, 2], pa.uint32())})
    assert opened(written(table)).read("i", 0, 2).to_pylist() == [1, 2]


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", b"PAR1PAR1", b"i,j,k,Cu\n0,0,0,1.5\n", written()[:-1], written()[: len(written()) // 2], bytes(99)],
)
def test_that_what_is_no_parquet_is_a_bad_file(content: bytes) -> None:
    with pytest.raises(BadFile, match="Parquet"):
        opened(content)


def test_that_a_footer_that_claims_too_much_is_not_read() -> None:
    with pytest.raises(BadFile, match="footer is larger than 64 MiB"):
        opened(b"PAR1" + bytes(100) + (LARGEST_FOOTER + 1).to_bytes(4, "little") + b"PAR1")


def test_that_more_rows_than_the_model_has_blocks_are_refused() -> None:
    with pytest.raises(BadFile, match="1,000 rows; the model takes at most 999"):
        opened(written(), most_rows=999)


def test_that_a_footer_that_lies_about_its_rows_is_found_out() -> None:
    """Its chunks hold 1000 values; the row group says 1001."""
    content = written(row_group_size=1000)
    at = content.rindex(b"\x16\xd0\x0f")  # RowGroup, field 3 after 2: the number of rows, zigzag
    source = opened(content[:at] + b"\x16\xd2\x0f" + content[at + 3 :], most_rows=2000)
    assert list(source.starts) == [0, 1001]
    for name in TABLE.column_names:
        with pytest.raises(BadFile):
            source.read(name, *source.starts)


def test_that_text_that_is_not_utf8_is_a_bad_file() -> None:
    latin = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.array([0, 3], "i4")), pa.py_buffer(b"B\xf6h")])
    with pytest.raises(BadFile, match="Rock"):
        opened(written(pa.table({"Rock": latin}))).read("Rock", 0, 1)


@pytest.mark.parametrize(
    ("group", "reason"),
    [(100, "more than 0 MiB in a row group"), (10, "text in 100 rows, which have to be worked on at")],
)
def test_that_too_much_text_is_refused_with_what_helps(
    group: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGEST_PART", 2000)
    source = opened(written(pa.table({"Rock": ["basalt " * 3] * 100}), row_group_size=group))
    with pytest.raises(BadFile, match=reason):
        source.read("Rock", 0, 100)
    if group == 10:
        assert source.read("Rock", 0, 10).to_pylist() == ["basalt " * 3] * 10


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_that_damaged_files_are_bad_files_or_read_right(seed: int) -> None:
    """In a process of its own with little memory: it may neither crash nor outgrow it."""
    child = Path(__file__).with_name("hostile.py")
    done = subprocess.run(
        [sys.executable, child, "damaged", str(seed)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    good, bad = map(int, done.stdout.split())
    assert good > 20  # what is hit is often a statistic or a name
    assert bad > 100


@pytest.mark.parametrize(
    "bomb",
    ["dictionary", "rows", "page", *(pytest.param(each, marks=pytest.mark.slow) for each in ("row-groups", "zeros"))],
)
def test_that_a_bomb_is_a_bad_file_within_bounded_memory(bomb: str) -> None:
    child = Path(__file__).with_name("hostile.py")
    done = subprocess.run([sys.executable, child, bomb], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[0] in ("refused", "read")
    assert int(done.stdout.split()[1]) < MEMORY
