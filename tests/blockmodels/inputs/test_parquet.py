"""Parquet uploads: the texts that writers keep in other ways, and what the engine makes of wrong types."""

import io
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.engine.addressing import CentroidKeys, IndexKeys, Keys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.inputs import CsvOptions, FileFormat
from tests.blockmodels.engine.small_models import opened
from tests.blockmodels.inputs.uploads import Written as Field
from tests.blockmodels.inputs.uploads import datamine, source, table

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (2, 2, 1), (10.0, 10.0, 10.0))
INDICES = {name: pa.array([0, 1], pa.uint32()) for name in "ijk"} | {"k": pa.array([0, 0], pa.uint32())}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    with opened(tmp_path_factory.mktemp("blocks")) as store:
        yield store


def parquet(columns: dict[str, pa.Array], **how: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **how)
    return sink.getvalue()


def publish(
    blocks: BlockStore,
    scratch: Path,
    content: bytes,
    file_format: FileFormat = FileFormat.PARQUET,
    keys: Keys | None = None,
    options: CsvOptions | None = None,
    **columns: DataType,
) -> Snapshot:
    """An update that makes these columns, from the bytes that were sent to the next version."""
    model_id = str(uuid4())
    blocks.create(model_id, GRID)
    rows = source(file_format, content, scratch, options=options, **columns)
    change = Change(new=tuple(Written(name, name, data_type, name) for name, data_type in columns.items()))
    blocks.publish(model_id, blocks.draft(blocks.snapshot(model_id), change, rows, keys or IndexKeys(GRID)))
    return blocks.snapshot(model_id)


def values(snapshot: Snapshot, name: str) -> list[object]:
    [found] = snapshot.read(0, [snapshot.column(name)])
    return list(found.to_pylist())


@pytest.mark.parametrize(
    "rock",
    [
        pa.array(["ore", None], pa.large_string()),
        pa.array(["ore", None]).dictionary_encode(),
        pa.array(["ore", None], pa.large_string()).dictionary_encode(),
        pa.array(["ore", None], pa.string_view()),
        pa.array(["ore", None]),
    ],
)
def test_that_texts_are_plain_strings_however_they_are_kept(blocks: BlockStore, tmp_path: Path, rock: pa.Array) -> None:
    content = parquet({**INDICES, "Rock": rock})
    snapshot = publish(blocks, tmp_path, content, Rock=DataType.UTF8)
    assert values(snapshot, "Rock") == ["ore", None, None, None]


def test_that_dictionaries_may_differ_by_row_group(tmp_path: Path) -> None:
    rock = pa.chunked_array([pa.array([each] * 3).dictionary_encode() for each in ("ore", "waste", "till")])
    content = parquet({"Rock": rock}, row_group_size=2)
    rows = source(FileFormat.PARQUET, content, tmp_path, Rock=DataType.UTF8)
    assert rows.schema.field("Rock").type == pa.string()
    assert rows.read("Rock", 1, 8).to_pylist() == ["ore"] * 2 + ["waste"] * 3 + ["till"] * 2


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_that_texts_that_are_not_utf8_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    content = parquet({"Rock": pa.array(["granite", "granodiorite"]).cast(kind)}, compression="none")
    spoilt = content.replace(b"granodiorite", b"granodior\xffte")
    assert spoilt != content
    rows = source(FileFormat.PARQUET, spoilt, tmp_path, Rock=DataType.UTF8)
    with pytest.raises(BadFile, match="Rock"):
        rows.read("Rock", 0, 2)


def test_that_polars_categories_are_texts(tmp_path: Path) -> None:
    sink = io.BytesIO()
    polars.DataFrame({"Rock": polars.Series(["ore", "ore", None], dtype=polars.Categorical)}).write_parquet(sink)
    found = table(source(FileFormat.PARQUET, sink.getvalue(), tmp_path, Rock=DataType.UTF8))
    assert found["Rock"].to_pylist() == ["ore", "ore", None]


@pytest.mark.parametrize(
    ("values_", "announced", "how"),
    [
        (pa.array([1, 2], pa.timestamp("ns", "UTC")), DataType.TIMESTAMP, {}),
        (pa.array([1, 2], pa.timestamp("us")), DataType.TIMESTAMP, {}),
        (pa.array([1, 2], pa.timestamp("us", "Europe/Berlin")), DataType.TIMESTAMP, {}),
        (
            pa.array([1000, 2000], pa.timestamp("ns", "UTC")),
            DataType.TIMESTAMP,
            {"use_deprecated_int96_timestamps": True},
        ),
        (pa.array([1, 2], pa.int64()), DataType.INT32, {}),
        (pa.array([1.0, 2.0], pa.float32()), DataType.FLOAT64, {}),
        (pa.array([1, 2], pa.int32()).dictionary_encode(), DataType.UTF8, {}),
        (pa.array(["1", "2"]), DataType.INT8, {}),
        (pa.array([b"1", b"2"]), DataType.UTF8, {}),
    ],
)
def test_that_other_types_than_announced_are_refused(
    blocks: BlockStore, tmp_path: Path, values_: pa.Array, announced: DataType, how: dict[str, object]
) -> None:
    with pytest.raises(BadFile, match="is announced"):
        publish(blocks, tmp_path, parquet({**INDICES, "A": values_}, **how), A=announced)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.float64(), pa.uint8()])
def test_that_indices_of_another_type_are_refused(blocks: BlockStore, tmp_path: Path, kind: pa.DataType) -> None:
    content = parquet({**INDICES, "i": pa.array([0, 1], kind), "A": pa.array([1, 2], pa.int8())})
    with pytest.raises(BadFile, match="UInt32"):
        publish(blocks, tmp_path, content, A=DataType.INT8)


def test_that_a_wanted_column_twice_is_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    one = pa.array([1], pa.uint32())
    pq.write_table(pa.Table.from_arrays([one, one, one, one], ["i", "i", "a", "a"]), sink)
    with pytest.raises(BadFile, match="2 columns named 'i'"):
        source(FileFormat.PARQUET, sink.getvalue(), tmp_path)


def test_that_bytes_that_are_no_parquet_are_refused(tmp_path: Path) -> None:
    content = parquet(INDICES)
    for spoilt in (b"", b"PAR1", content[:-9], b"i,j,k\n0,0,0\n"):
        with pytest.raises(BadFile):
            source(FileFormat.PARQUET, spoilt, tmp_path)


def test_that_csv_becomes_a_version(blocks: BlockStore, tmp_path: Path) -> None:
    text = b"i;j;k;Cu;Seen;Hard\n1;1;0;0,25;2026-01-31T12:00:00+01:00;1\n0;0;0;;;false\n"
    columns = {"Cu": DataType.FLOAT16, "Seen": DataType.TIMESTAMP, "Hard": DataType.BOOLEAN}
    snapshot = publish(blocks, tmp_path, text, FileFormat.CSV, options=CsvOptions(";", ","), **columns)
    assert values(snapshot, "Cu") == [None, None, None, 0.25]
    assert [str(each) for each in values(snapshot, "Seen")] == ["None"] * 3 + ["2026-01-31 11:00:00+00:00"]
    assert values(snapshot, "Hard") == [False, None, None, True]


def test_that_rows_of_csv_that_name_no_block_are_named_as_in_the_file(blocks: BlockStore, tmp_path: Path) -> None:
    with pytest.raises(BadBlocks) as caught:
        publish(blocks, tmp_path, b"i,j,k,A\n0,0,0,1\n\n2,0,0,1\n0,,0,1\n", FileFormat.CSV, A=DataType.INT8)
    assert caught.value.rows["row"].to_pylist() == [1, 2]


def test_that_a_datamine_model_becomes_a_version(blocks: BlockStore, tmp_path: Path) -> None:
    content = datamine(
        [
            Field("XC", [15.0, 5.0]),
            Field("YC", [5.0, 5.0]),
            Field("ZC", 5.0),
            Field("XMORIG", 0.0),
            Field("AU", [2.5, -1.0e30]),
            Field("ROCK", ["granite", "ore"], 2),
        ],
        extended=False,
    )
    columns = {"AU": DataType.FLOAT32, "ROCK": DataType.UTF8}
    snapshot = publish(blocks, tmp_path, content, FileFormat.DATAMINE, CentroidKeys(GRID), **columns)
    assert values(snapshot, "AU") == [None, None, 2.5, None]
    assert values(snapshot, "ROCK") == ["ore", None, "granite", None]
