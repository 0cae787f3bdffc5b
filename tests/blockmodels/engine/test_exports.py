"""One file of a query: what it holds, and in which order."""

import io
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine import exporting
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.exporting import export_csv, export_parquet
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing.blocks import create_tiled
from tests.conftest import Databases

GRID = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (60, 50, 40), (10.0, 5.0, 2.0))
INDEX = tuple(Output(name, name) for name in "ijk")
GRADE, ROCK = Output("c-au", "Au g/t", data=True), Output("c-rock", "Rock", data=True)


@pytest.fixture
def blocks(databases: Databases) -> Iterator[BlockStore]:
    """120,000 blocks in two tiles; every seventh has no grade, and every block below k = 2 no value at all."""
    store = BlockStore(database=databases.main, store=MemoryStore())
    store.create("m", GRID)
    i, j, k = (index.ravel().astype(np.uint32) for index in np.indices(GRID.parents))
    place = np.arange(len(i))
    empty = k < 2
    table = pa.table(
        {
            "i": i,
            "j": j,
            "k": k,
            "Au": pa.array(place / 7.0, mask=empty | (place % 7 == 0)),
            "Rock": pa.array(np.where(place % 2, "ore", "waste"), mask=empty),
        }
    )
    written = (
        Written("c-au", "Au g/t", DataType.FLOAT64, "Au"),
        Written("c-rock", "Rock", DataType.UTF8, "Rock"),
    )
    store.publish("m", store.draft(store.snapshot("m"), Change(new=written), TableSource(table), IndexKeys(GRID)))
    yield store
    store.close()


def exported(blocks: BlockStore, query: Query) -> pq.ParquetFile:
    sink = io.BytesIO()
    made = export_parquet(Asked(blocks.snapshot("m"), query), sink.write)
    file = pq.ParquetFile(pa.BufferReader(sink.getvalue()))
    assert (made.rows, made.size) == (file.metadata.num_rows, len(sink.getvalue()))
    return file


def place_of(table: pa.Table) -> np.ndarray:
    i, j, k = (table.column(name).to_numpy().astype(np.int64) for name in "ijk")
    return (i * 50 + j) * 40 + k


@pytest.mark.parametrize("most", [exporting.SORTED_ROWS, 0])
def test_that_every_block_has_its_values(blocks: BlockStore, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SORTED_ROWS", most)
    table = exported(blocks, Query((*INDEX, GRADE, ROCK))).read()
    place = place_of(table)
    assert sorted(place) == list(range(120_000))
    if most:
        assert (np.diff(place) > 0).all()
    grade = table.column("Au g/t").to_numpy(zero_copy_only=False)
    valid = (table.column("k").to_numpy() >= 2) & (place % 7 > 0)
    assert (np.isnan(grade) == ~valid).all()
    assert (grade[valid] == place[valid] / 7.0).all()
    assert table.column("Rock").null_count == 60 * 50 * 2


@pytest.mark.parametrize("most", [exporting.SORTED_ROWS, 0])
def test_that_rows_without_any_value_stay_away(blocks: BlockStore, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SORTED_ROWS", most)
    both = exported(blocks, Query((*INDEX, GRADE, ROCK), exclude_null_rows=True)).read()
    assert both.num_rows == 60 * 50 * 38
    grade = exported(blocks, Query((*INDEX, GRADE), exclude_null_rows=True)).read()
    assert grade.num_rows == int((place_of(both) % 7 > 0).sum())
    assert exported(blocks, Query(INDEX, exclude_null_rows=True)).read().num_rows == 120_000


@pytest.mark.parametrize(("most", "enough", "few"), [("SORTED_ROWS", 4, 3), ("SORTED_VALUES", 16, 15)])
def test_that_blocks_that_are_left_out_do_not_count_among_those_that_are_sorted(
    blocks: BlockStore, most: str, enough: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_tiled(blocks, GRID, (30, 25, 20), "eight tiles")
    places = {"i": [59, 0, 0, 30], "j": [0, 49, 0, 25], "k": [0, 0, 39, 20]}
    table = pa.table({name: pa.array(values, pa.uint32()) for name, values in places.items()} | {"Au": [4.0, 2, 1, 3]})
    written = Written("c-au", "Au", DataType.FLOAT64, "Au")
    base = blocks.snapshot("eight tiles")
    blocks.publish("eight tiles", blocks.draft(base, Change(new=(written,)), TableSource(table), IndexKeys(GRID)))
    query = Query((*INDEX, Output("c-au", "Au", data=True)), exclude_null_rows=True)

    def grades() -> list[float | None]:
        sink = io.BytesIO()
        export_parquet(Asked(blocks.snapshot("eight tiles"), query), sink.write)
        found: list[float | None] = pq.read_table(pa.BufferReader(sink.getvalue())).column("Au").to_pylist()
        return found

    monkeypatch.setattr(exporting, most, enough)
    assert grades() == [1.0, 2.0, 3.0, 4.0]  # i is the slowest
    monkeypatch.setattr(exporting, most, few)
    assert grades() == [1.0, 2.0, 4.0, 3.0]  # by tile


def test_that_the_file_is_as_the_contract_wants_it(blocks: BlockStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (0, exporting.SORTED_ROWS):
        monkeypatch.setattr(exporting, "SORTED_ROWS", most)
        metadata = exported(blocks, Query((*INDEX, GRADE, ROCK))).metadata
        assert metadata.format_version == "2.6"
        groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
        assert all(group.num_rows <= 100_000 for group in groups)
        columns = {group.column(index).compression for group in groups for index in range(5)}
        assert columns == {"ZSTD"}


def test_that_a_box_cuts_tiles(blocks: BlockStore) -> None:
    box = IndexBox((3, 40), (0, 49), (5, 5))
    table = exported(blocks, Query((*INDEX, GRADE), box)).read()
    assert table.num_rows == 38 * 50
    assert set(table.column("k").to_pylist()) == {5}
    near = AlignedBox((100.0, 115.0), (200.0, 207.5), (301.0, 303.0))  # centroids at 105, 115; 202.5, 207.5; 301, 303
    assert exported(blocks, Query(INDEX, near)).read().num_rows == 8


def test_that_coordinates_are_centroids(blocks: BlockStore) -> None:
    outputs = (*INDEX, *(Output(name, name) for name in "xyz"))
    table = exported(blocks, Query(outputs, IndexBox((59, 59), (49, 49), (39, 39)))).read()
    assert table.to_pylist() == [{"i": 59, "j": 49, "k": 39, "x": 695.0, "y": 447.5, "z": 379.0}]


def test_that_text_has_headers_and_leaves_nulls_empty(blocks: BlockStore) -> None:
    sink = io.BytesIO()
    asked = Asked(blocks.snapshot("m"), Query((*INDEX, GRADE, ROCK), IndexBox((0, 0), (0, 0), (0, 3))))
    made = export_csv(asked, sink.write, delimiter=";")
    assert sink.getvalue().decode() == (
        '"i";"j";"k";"Au g/t";"Rock"\n0;0;0;;\n0;0;1;;\n'
        '0;0;2;0.2857142857142857;"waste"\n0;0;3;0.42857142857142855;"ore"\n'
    )
    assert (made.rows, made.size) == (4, len(sink.getvalue()))


def test_that_columns_of_the_system_can_be_asked_for(blocks: BlockStore) -> None:
    box = IndexBox((0, 0), (0, 0), (0, 0))
    assert exported(blocks, Query((Output("version_id", "version_id"),), box)).read().to_pylist() == [{"version_id": 2}]
