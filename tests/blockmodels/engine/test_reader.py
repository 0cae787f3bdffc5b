"""Reading versions without a server."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import UnknownColumn, UnknownVersion
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.reader import OpenModel, open_model, opened, read_snapshot
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing.blocks import create_tiled

GRID = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (5, 4, 3), (10.0, 5.0, 2.0))
CU = Written("c-cu", "Cu", DataType.FLOAT64, "Cu")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Version 2: Cu is 0, 1, 2... in the order of i, j, k, null from 50 on; 3: Cu is called Copper."""
    with BlockStore.open(tmp_path / "blocks") as store:
        create_tiled(store, GRID, (2, 2, 2), "m")
        i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
        cu = pa.array(np.arange(60.0), mask=np.arange(60) >= 50)
        source = TableSource(pa.table({"i": i, "j": j, "k": k, "Cu": cu}))
        store.publish("m", store.draft(store.snapshot("m"), Change(new=(CU,)), source, IndexKeys(GRID)))
        store.publish("m", store.draft(store.snapshot("m"), Change(renamed={"c-cu": "Copper"})))
        yield tmp_path / "blocks"  # a server may have it open


def test_that_a_version_is_a_stream_of_batches(directory: Path) -> None:
    with open_model(directory, "m") as model:
        reader = model.reader()
        assert reader.schema.names == ["i", "j", "k", "Copper"]
        first = reader.read_next_batch()
        assert first.num_rows == 8  # a tile
        assert first.num_rows + sum(batch.num_rows for batch in reader) == 60
        found = model.table().sort_by([(name, "ascending") for name in "ijk"])
        assert found.column("Copper").to_pylist() == [*map(float, range(50)), *[None] * 10]


def test_that_columns_are_named_by_id_or_by_the_title_of_the_version(directory: Path) -> None:
    with open_model(directory, "m", 2, columns=["Cu", "version_id"]) as model:
        assert model.schema.names == ["i", "j", "k", "Cu", "version_id"]
        assert set(model.table().column("version_id").to_pylist()) == {2}
    with open_model(directory, "m", columns=["c-cu", "k"]) as model:
        assert model.schema.names == ["i", "j", "k", "Copper"]
    with pytest.raises(UnknownColumn, match="Cu"):
        open_model(directory, "m", 3, columns=["Cu"])


@pytest.mark.parametrize(
    "box", [IndexBox((4, 4), (3, 9), (0, 1)), AlignedBox((145.0, 999.0), (217.5, 217.5), (0.0, 304.0))]
)
def test_that_a_box_and_coordinates_can_be_asked_for(directory: Path, box: IndexBox | AlignedBox) -> None:
    with open_model(directory, "m", columns=["i"], box=box, coordinates=True) as model:
        assert model.table().to_pylist() == [
            {"x": 145.0, "y": 217.5, "z": 301.0, "i": 4},
            {"x": 145.0, "y": 217.5, "z": 303.0, "i": 4},
        ]


def test_that_rows_without_data_can_be_left_out(directory: Path) -> None:
    with open_model(directory, "m", exclude_null_rows=True) as model:
        assert model.table().num_rows == 50
    with open_model(directory, "m", 1, exclude_null_rows=True) as model:
        assert model.table().num_rows == 60  # no data column, no null row


def test_that_pandas_and_duckdb_take_it(directory: Path) -> None:
    with open_model(directory, "m") as model:
        assert model.pandas()["Copper"].sum() == 1225.0
        with duckdb.connect() as connection:
            relation = model.duckdb(connection)
            assert relation.aggregate("count(*), count(Copper), sum(Copper)").fetchall() == [(60, 50, 1225.0)]


def test_that_duckdb_takes_every_type(tmp_path: Path) -> None:
    written = tuple(Written(each, each, each, each) for each in DataType)
    ones = {
        DataType.BOOLEAN: True,
        DataType.UTF8: "1",
        DataType.DATE32: date(2026, 1, 31),
        DataType.TIMESTAMP: datetime(2026, 1, 31, tzinfo=UTC),
    }
    values = {each.value: pa.array([ones.get(each, 1), None], each.arrow) for each in DataType}
    places = {name: pa.array([0, 1] if name == "i" else [0, 0], pa.uint32()) for name in "ijk"}
    with BlockStore.open(tmp_path) as store:
        store.create("m", GRID)
        source = TableSource(pa.table({**places, **values}))
        store.publish("m", store.draft(store.snapshot("m"), Change(new=written), source, IndexKeys(GRID)))
        with open_model(tmp_path, "m", exclude_null_rows=True) as model, duckdb.connect() as connection:
            relation = model.duckdb(connection)
            assert dict(zip(relation.columns, relation.types, strict=True))["Float16"] == "FLOAT"
            assert relation.aggregate("count(*), sum(Float16), min(Utf8)").fetchall() == [(1, 1.0, "1")]


def test_that_nothing_that_is_not_there_is_made(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownVersion):
        open_model(directory, "m", 4)
    with pytest.raises(UnknownVersion):
        open_model(directory, "other")
    with pytest.raises(FileNotFoundError, match=r"neither blocks.db nor coreshed.db"):
        open_model(tmp_path / "none", "m")
    assert not (tmp_path / "none").exists()


def test_that_reading_leaves_the_directory_as_it_is(directory: Path) -> None:
    before = sorted(path.relative_to(directory) for path in directory.rglob("*"))
    with open_model(directory, "m") as model:
        model.table()
    assert sorted(path.relative_to(directory) for path in directory.rglob("*")) == before


def test_that_a_reader_goes_by_compacted_tiles(directory: Path) -> None:
    with BlockStore.open(directory) as store:
        for value in (70.0, 71.0, 72.0):
            row = {name: pa.array([0], pa.uint32()) for name in "ijk"} | {"Cu": pa.array([value])}
            source = TableSource(pa.table(row))
            store.publish("m", store.draft(store.snapshot("m"), Change(updated=(CU,)), source, IndexKeys(GRID)))
        with open_model(directory, "m") as model:
            before = model.table()
            assert patches(model) == 3
        assert store.compact(store.snapshot("m")) == 2
    with open_model(directory, "m") as model:
        assert model.table() == before
        assert patches(model) == 0
    with open_model(directory, "m", 4) as model:
        assert model.table().to_pylist()[0] == {"i": 0, "j": 0, "k": 0, "Copper": 70.0}


def patches(model: OpenModel) -> int:
    snapshot = model.asked.snapshot
    return len(snapshot.map_of(snapshot.column("c-cu")).tile(0).patches)


def test_that_a_store_of_an_earlier_release_is_read_as_it_is(tmp_path: Path) -> None:
    """Its tables know of no compaction, and nothing may be added to them."""
    directory = shutil.copytree(Path(__file__).parents[2] / "fixtures" / "blocks-v1", tmp_path / "store")
    content = (directory / "blocks.db").read_bytes()
    assert b"compacted" not in content
    with closing(sqlite3.connect(directory / "blocks.db")) as connection:
        models = connection.execute("select model_id, max(version_id) from block_versions group by model_id").fetchall()
    assert len(models) > 1
    for model_id, version_id in models:
        with open_model(directory, model_id, version_id) as model:
            assert model.table().num_rows == model.asked.snapshot.manifest.rows
    assert (directory / "blocks.db").read_bytes() == content


def test_that_reading_a_store_that_nobody_has_open_leaves_no_file_beside_it(tmp_path: Path) -> None:
    with BlockStore.open(tmp_path) as store:
        create_tiled(store, GRID, (2, 2, 2), "m")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert Path("blocks.db-wal") not in before
    with open_model(tmp_path, "m") as model:
        assert model.table().num_rows == 60
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_that_a_store_may_be_opened_while_one_reads_it(tmp_path: Path) -> None:
    with BlockStore.open(tmp_path) as store:
        create_tiled(store, GRID, (2, 2, 2), "m")
    reader, segments = opened(tmp_path)  # nobody else has it open
    assert reader.snapshot("m", None, segments).version_id == 1
    with BlockStore.open(tmp_path) as store:
        store.publish("m", store.draft(store.snapshot("m"), Change(new=(CU,))))
        assert reader.snapshot("m", None, segments).version_id == 2
        store.publish("m", store.draft(store.snapshot("m"), Change(renamed={"c-cu": "Copper"})))
    assert reader.snapshot("m", None, segments).version_id == 3
    reader.close()


def test_that_a_snapshot_is_read_alike(directory: Path) -> None:
    with BlockStore.open(directory) as store, open_model(directory, "m") as model:
        assert read_snapshot(store.snapshot("m")).table() == model.table()
