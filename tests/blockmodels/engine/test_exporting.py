"""One file of a query: its shape, what is copied as it is, the order of rows, null rows, boxes, and text."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.engine import exporting
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.changes import Change, UpdateType, Written
from coreshed.blockmodels.engine.chunks import read_chunks
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import UnknownColumn
from coreshed.blockmodels.engine.exporting import export_csv, export_parquet
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.maps import decode_map
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing.blocks import create_tiled

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (100, 60, 50), (10.0, 10.0, 10.0))  # 300,000 blocks
COUNT = 300_000
CU = Written("c-cu", "Cu", DataType.FLOAT64, "Cu")
FLAG = Written("c-flag", "Flag", DataType.BOOLEAN, "Flag")
ROCK = Written("c-rock", "Rock", DataType.UTF8, "Rock")
INDICES = tuple(Output(name, name) for name in "ijk")
DATA = (Output("c-cu", "Cu", data=True), Output("c-flag", "Flag", data=True))
# With the first limit rows are sorted as a whole, with the second they come tile by tile.
WAYS = pytest.mark.parametrize("most", [exporting.SORTED_ROWS, 0])


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    """Version 2: Cu everywhere but where k < 2; version 3: a patch over a small box; Flag in 4, Rock in 5."""
    store = BlockStore.open(tmp_path_factory.mktemp("blocks"))
    store.create("m", GRID)
    i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
    everything = pa.table({"i": i, "j": j, "k": k, "Cu": pa.array(cu(i, j, k), mask=k < 2)})
    publish(store, Change(new=(CU,)), everything)
    box = IndexBox((10, 19), (0, 9), (0, 9)).contains(i, j, k)
    patch = pa.table({"i": i[box], "j": j[box], "k": k[box], "Cu": np.full(1000, 0.5)})
    publish(store, Change(updated=(CU,)), patch)
    flags = pa.table({"i": i[:3], "j": j[:3], "k": k[:3], "Flag": pa.array([True, None, False])})
    publish(store, Change(new=(FLAG,)), flags)
    rocks = pa.table({"i": i[2:4], "j": j[2:4], "k": k[2:4], "Rock": ["waste", "ore"]})
    publish(store, Change(new=(ROCK,)), rocks)
    with store:
        yield store


def cu(i: np.ndarray, j: np.ndarray, k: np.ndarray) -> np.ndarray:
    return (i * 7 + j * 3 + k) / 8.0


def publish(store: BlockStore, change: Change, table: pa.Table) -> None:
    store.publish("m", store.draft(store.snapshot("m"), change, TableSource(table), IndexKeys(GRID)))


def exported(blocks: BlockStore, query: Query, version: int | None = None) -> BytesIO:
    file = BytesIO()
    done = export_parquet(Asked(blocks.snapshot("m", version), query), file.write)
    assert (done.rows, done.size) == (pq.read_metadata(file).num_rows, file.tell())
    return file


def test_that_a_file_is_as_the_interface_promises(blocks: BlockStore) -> None:
    file = exported(blocks, Query((*INDICES, *DATA)))
    opened = pq.ParquetFile(file)
    assert opened.metadata.format_version == "2.6"
    groups = [opened.metadata.row_group(index) for index in range(opened.num_row_groups)]
    assert sum(group.num_rows for group in groups) == COUNT
    assert max(group.num_rows for group in groups) <= 100_000
    assert {group.column(c).compression for group in groups for c in range(5)} == {"ZSTD"}
    assert opened.schema_arrow.field("Cu").type == pa.float64()
    for row_group in read_chunks(opened.metadata):
        for chunk in row_group:
            assert data_page_types(file.getvalue(), chunk.offset + chunk.dictionary_length) == 0  # DATA_PAGE


def data_page_types(content: bytes, at: int) -> int:
    """PageHeader.type of the page there: field 1, i32, zigzag."""
    assert content[at] == 0x15
    return content[at + 1] >> 1


@WAYS
def test_that_every_block_has_its_values(blocks: BlockStore, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SORTED_ROWS", most)
    table = pq.read_table(exported(blocks, Query((*INDICES, DATA[0])), 2))
    i, j, k = (table.column(name).to_numpy().astype(np.int64) for name in "ijk")
    place = (i * 60 + j) * 50 + k
    assert (np.diff(place) > 0).all() == bool(most)
    assert (np.sort(place) == np.arange(COUNT)).all()
    found = table.column("Cu")
    assert (found.is_null().to_numpy() == (k < 2)).all()
    assert (found.to_numpy()[k >= 2] == cu(i, j, k)[k >= 2]).all()


def test_that_tiles_that_are_wanted_whole_are_copied(blocks: BlockStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 has one chunk for each tile, which a file that is not sorted as a whole has byte for byte."""
    monkeypatch.setattr(exporting, "SORTED_ROWS", 0)
    snapshot = blocks.snapshot("m", 2)
    content = exported(blocks, Query((Output("c-cu", "Cu"),)), 2).getvalue()
    tiles = snapshot.map_of(snapshot.column("c-cu")).tiles.values()
    assert len(tiles) > 2
    for tile in tiles:
        [piece] = tile.pieces
        assert blocks.segments.read(piece) in content


def test_that_an_older_version_and_a_newer_one_differ_in_the_patch_alone(blocks: BlockStore) -> None:
    old, new = (
        pq.read_table(exported(blocks, Query((*INDICES, DATA[0])), version)).sort_by(
            [(name, "ascending") for name in "ijk"]
        )
        for version in (2, 3)
    )
    changed = [row for row, was in zip(new.to_pylist(), old.column("Cu").to_pylist(), strict=True) if row["Cu"] != was]
    assert all(10 <= row["i"] < 20 and row["j"] < 10 and row["k"] < 10 and row["Cu"] == 0.5 for row in changed)
    assert len(changed) > 900


@WAYS
@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (DATA[:1], 100 * 60 * 48 + 200),  # the patch gives values to 200 blocks with k < 2
        (DATA[1:], 2),
        (DATA, 100 * 60 * 48 + 200 + 1),  # (0, 0, 0) has a flag, (0, 0, 2) has a value anyway
    ],
)
def test_that_rows_without_data_are_left_out(
    blocks: BlockStore, data: tuple[Output, ...], rows: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SORTED_ROWS", most)
    found = pq.read_table(exported(blocks, Query((*INDICES, *data), exclude_null_rows=True)))
    assert found.num_rows == rows
    columns = [found.column(output.header).is_null().to_numpy() for output in data]
    assert not np.logical_and.reduce(columns).any()


@pytest.mark.parametrize(
    ("most", "enough", "few"), [("SORTED_ROWS", 4, 3), ("SORTED_VALUES", 16, 15), ("SORTED_BYTES", 200, 79)]
)
def test_that_blocks_that_are_left_out_do_not_count_among_those_that_are_sorted(
    tmp_path: Path, most: str, enough: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (60, 50, 40), (10.0, 5.0, 2.0))
    places = {"i": [59, 0, 0, 30], "j": [0, 49, 0, 25], "k": [0, 0, 39, 20]}
    table = pa.table({name: pa.array(values, pa.uint32()) for name, values in places.items()} | {"Cu": [4.0, 2, 1, 3]})
    query = Query((*INDICES, DATA[0]), exclude_null_rows=True)
    with BlockStore.open(tmp_path) as blocks:
        create_tiled(blocks, grid, (30, 25, 20), "m")
        blocks.publish("m", blocks.draft(blocks.snapshot("m"), Change(new=(CU,)), TableSource(table), IndexKeys(grid)))
        monkeypatch.setattr(exporting, most, enough)
        # i is the slowest
        assert pq.read_table(exported(blocks, query)).column("Cu").to_pylist() == [1.0, 2.0, 3.0, 4.0]
        monkeypatch.setattr(exporting, most, few)
        # by tile
        assert pq.read_table(exported(blocks, query)).column("Cu").to_pylist() == [1.0, 2.0, 4.0, 3.0]


def test_that_without_data_columns_no_row_is_left_out(blocks: BlockStore) -> None:
    assert pq.read_metadata(exported(blocks, Query(INDICES, exclude_null_rows=True))).num_rows == COUNT


@pytest.mark.parametrize(
    "box",
    [
        IndexBox((0, 99), (0, 59), (0, 49)),
        IndexBox((5, 5), (6, 6), (7, 7)),
        IndexBox((0, 73), (11, 40), (3, 44)),
        IndexBox((90, 200), (50, 400), (0, 9)),
        AlignedBox((15.0, 34.9), (0.0, 95.0), (5.0, 5.0)),
    ],
    ids=str,
)
def test_that_a_box_cuts_tiles_at_its_border(blocks: BlockStore, box: IndexBox | AlignedBox) -> None:
    found = pq.read_table(exported(blocks, Query((*INDICES, DATA[0]), box), 2))
    i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
    inside = (
        box.contains(i, j, k)
        if isinstance(box, IndexBox)
        else np.logical_and.reduce(
            [
                (axis * 10 + 5 >= low) & (axis * 10 + 5 <= high)
                for axis, (low, high) in zip((i, j, k), box.intervals, strict=True)
            ]
        )
    )
    found = found.sort_by([(name, "ascending") for name in "ijk"])
    for name, axis in zip("ijk", (i, j, k), strict=True):
        assert found.column(name).to_numpy().tolist() == axis[inside].tolist()
    expected = [
        None if b[2] < 2 else cu(*b) for b in zip(*(axis[inside].astype(float) for axis in (i, j, k)), strict=True)
    ]
    assert found.column("Cu").to_pylist() == expected


@pytest.mark.parametrize("box", [IndexBox((100, 101), (0, 0), (0, 0)), AlignedBox((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))])
def test_that_a_box_without_blocks_is_a_file_without_rows(
    blocks: BlockStore, box: IndexBox | AlignedBox, tmp_path: Path
) -> None:
    file = exported(blocks, Query((*INDICES, *DATA), box))
    assert pq.read_table(file).num_rows == 0
    assert pq.read_schema(file).names == ["i", "j", "k", "Cu", "Flag"]
    (tmp_path / "empty.parquet").write_bytes(file.getvalue())
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(tmp_path / "empty.parquet")).fetchall() == []


def test_that_coordinates_are_centroids(blocks: BlockStore) -> None:
    outputs = (*INDICES, *(Output(name, name) for name in "xyz"))
    table = pq.read_table(exported(blocks, Query(outputs, IndexBox((99, 99), (59, 59), (49, 49)))))
    assert table.to_pylist() == [{"i": 99, "j": 59, "k": 49, "x": 995.0, "y": 595.0, "z": 495.0}]


def test_that_columns_of_the_system_can_be_asked_for(blocks: BlockStore) -> None:
    query = Query((Output("version_id", "version_id"),), IndexBox((0, 0), (0, 0), (0, 4)))
    assert pq.read_table(exported(blocks, query)).column("version_id").to_pylist() == [4, 4, 5, 5, 2]


def test_that_text_has_headers_and_leaves_nulls_empty(blocks: BlockStore) -> None:
    sink = BytesIO()
    outputs = (*INDICES, *DATA, Output("c-rock", "Rock type", data=True))
    asked = Asked(blocks.snapshot("m"), Query(outputs, IndexBox((0, 0), (0, 0), (0, 3))))
    made = export_csv(asked, sink.write, delimiter=";")
    assert sink.getvalue().decode() == (
        '"i";"j";"k";"Cu";"Flag";"Rock type"\n0;0;0;;true;\n0;0;1;;;\n0;0;2;0.25;false;"waste"\n0;0;3;0.375;;"ore"\n'
    )
    assert (made.rows, made.size) == (4, len(sink.getvalue()))


def test_that_a_new_model_is_exported_though_nothing_is_stored(blocks: BlockStore) -> None:
    found = pq.read_table(exported(blocks, Query((*INDICES, Output("version_id", "version_id"))), 1))
    assert found.num_rows == COUNT
    assert found.column("version_id").unique().to_pylist() == [1]


def test_that_columns_that_are_not_there_are_named(blocks: BlockStore) -> None:
    with pytest.raises(UnknownColumn, match="c-flag"):
        exported(blocks, Query(DATA), 3)


def test_that_replacing_everything_leaves_one_piece_for_each_tile(blocks: BlockStore) -> None:
    i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
    table = pa.table({"i": i, "j": j, "k": k, "Cu": cu(i, j, k)})
    change = Change(updated=(CU,), update_type=UpdateType.REPLACE)
    draft = blocks.draft(blocks.snapshot("m"), change, TableSource(table), IndexKeys(GRID))
    maps = {each.digest: decode_map(each.digest, each.content) for each in draft.maps}
    column = draft.manifest.find("c-cu")
    assert column is not None
    tiles = maps[column.map].tiles
    assert len(tiles) == blocks.snapshot("m").tiling.number
    assert all(len(tile.pieces) == 1 and not tile.patches for tile in tiles.values())
    assert draft.box == GRID.everything
