"""Uploads to models with sub-blocks that name no block, name blocks twice, or do not fit into their parents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.applying import Applying
from coreshed.blockmodels.engine.changes import Change
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.limits import Limits
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.subkeys import SidxKeys
from coreshed.blockmodels.engine.writing import SegmentSink
from tests.blockmodels.engine.models import MERGE, REPLACE, Row, number, publish, reshape, upload
from tests.conftest import Databases

ORIGIN, SIZE = (100.0, 200.0, 300.0), (8.0, 4.0, 2.0)
FULLY = Grid(Kind.FULLY_SUB_BLOCKED, ORIGIN, (2, 2, 1), SIZE, (5, 1, 2))
OCTREE = Grid(Kind.VARIABLE_OCTREE, ORIGIN, (2, 2, 1), SIZE, (8, 4, 2))
FLEXIBLE = Grid(Kind.FLEXIBLE, ORIGIN, (2, 2, 1), SIZE, (4, 2, 2))
ORE = number("ore")
FIRST = reshape(new=(ORE,))


@pytest.fixture
def blocks(databases: Databases) -> Iterator[BlockStore]:
    store = BlockStore(database=databases.main, store=MemoryStore())
    yield store
    store.close()


def refusal(blocks: BlockStore, grid: Grid, *rows: Row, places: bool = False, change: Change = FIRST) -> list[Row]:
    """The rows that are named, and why; nothing has been kept."""
    blocks.create("m", grid)
    with pytest.raises(BadBlocks) as caught:
        publish(blocks, change, upload(grid, (ORE,), *rows, places=places))
    assert blocks.snapshot("m").version_id == 1
    assert list(blocks.store.list()) == []
    count = caught.value.count
    assert count == caught.value.rows.num_rows
    assert re.match("1 row (names|does) " if count == 1 else f"{count} rows (name|do) ", str(caught.value))
    return [tuple(row.values()) for row in caught.value.rows.to_pylist()]


NO_BLOCK = "names no block of the model"
TWICE = "names a block a second time"
OVERLAPS = "overlaps another block of its parent"


@pytest.mark.parametrize(
    ("grid", "bad"),
    [
        (FULLY, (0, 2, 0, 0, 1.0)),
        (FULLY, (0, 0, 0, 11, 1.0)),
        (FULLY, (0, 0, 0, None, 1.0)),
        (FULLY, (0, None, 0, 1, 1.0)),
        (OCTREE, (0, 0, 0, 105, 1.0)),
        (OCTREE, (2, 0, 0, 1, 1.0)),
        (FLEXIBLE, (0, 0, 0, 2, 0, 0, 2, 2, 2, 1.0)),
        (FLEXIBLE, (0, 0, 0, 3, 0, 0, 2, 2, 2, 1.0)),
        (FLEXIBLE, (0, 0, 0, 0, 0, 0, 5, 2, 2, 1.0)),
        (FLEXIBLE, (0, 0, 0, 0, 0, None, 4, 2, 2, 1.0)),
        (FLEXIBLE, (0, 0, 1, 0, 0, 0, 4, 2, 2, 1.0)),
    ],
)
def test_that_an_index_that_the_model_has_not_is_named(blocks: BlockStore, grid: Grid, bad: Row) -> None:
    good = (1, 1, 0, 0, 0, 0, 4, 2, 2, 1.0) if grid is FLEXIBLE else (1, 1, 0, 0, 1.0)
    assert refusal(blocks, grid, good, bad) == [(1, NO_BLOCK)]


@pytest.mark.parametrize(
    ("grid", "bad"),
    [
        # Off by more than a thousandth of the size, which is that of the cell; then of the size itself.
        (FULLY, (100.802, 202.0, 300.5, 1.6, 4.0, 1.0, 1.0)),
        (FULLY, (100.8, 202.0, 300.5, 1.602, 4.0, 1.0, 1.0)),
        # Two cells, not one; a cell of another place; outside; not a number.
        (FULLY, (101.6, 202.0, 300.5, 3.2, 4.0, 1.0, 1.0)),
        (FULLY, (101.6, 202.0, 300.5, 1.6, 4.0, 1.0, 1.0)),
        (FULLY, (99.2, 202.0, 300.5, 1.6, 4.0, 1.0, 1.0)),
        (FULLY, (float("nan"), 202.0, 300.5, 1.6, 4.0, 1.0, 1.0)),
        (FULLY, (None, 202.0, 300.5, 1.6, 4.0, 1.0, 1.0)),
        # A quarter along x asks for a quarter along y.
        (OCTREE, (101.0, 201.0, 300.5, 2.0, 2.0, 1.0, 1.0)),
        # Half a cell.
        (FLEXIBLE, (100.5, 202.0, 301.0, 1.0, 4.0, 2.0, 1.0)),
    ],
)
def test_that_a_place_that_is_no_block_is_named(blocks: BlockStore, grid: Grid, bad: Row) -> None:
    good = (112.0, 206.0, 301.0, 8.0, 4.0, 2.0, 1.0)
    assert refusal(blocks, grid, good, bad, places=True) == [(1, NO_BLOCK)]


def test_that_a_place_within_tolerance_is_a_block(blocks: BlockStore) -> None:
    blocks.create("m", FULLY)
    publish(blocks, FIRST, upload(FULLY, (ORE,), (100.8012, 202.003, 300.5, 1.6, 4.0, 1.0, 1.0), places=True))
    assert blocks.snapshot("m").manifest.rows == 13


@pytest.mark.parametrize("update_type", [MERGE, REPLACE])
@pytest.mark.parametrize(
    ("grid", "rows", "expected"),
    [
        (FULLY, [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0)], [(2, TWICE)]),
        (FULLY, [(0, 0, 0, 0), (0, 0, 0, 7)], [(0, OVERLAPS), (1, OVERLAPS)]),
        (OCTREE, [(0, 0, 0, 16), (0, 0, 0, 14)], [(0, OVERLAPS), (1, OVERLAPS)]),
        (FLEXIBLE, [(0, 0, 0, 0, 0, 0, 3, 2, 2), (0, 0, 0, 2, 0, 0, 4, 2, 2)], [(0, OVERLAPS), (1, OVERLAPS)]),
        (FLEXIBLE, [(0, 0, 0, 0, 0, 0, 4, 2, 2)] * 2, [(1, TWICE)]),
        (FLEXIBLE, [(0, 0, 0, 0, 0, 0, 4, 2, 2), (0, 0, 0, 0, 0, 0, 4, 2, 1)], [(0, OVERLAPS), (1, OVERLAPS)]),
    ],
)
def test_that_blocks_that_share_volume_are_named(
    blocks: BlockStore, grid: Grid, rows: list[Row], expected: list[Row], update_type: Any
) -> None:
    given = [(*row, 1.0) for row in rows]
    assert refusal(blocks, grid, *given, change=reshape(new=(ORE,), update_type=update_type)) == expected


@pytest.mark.parametrize(
    ("grid", "rows", "expected"),
    [
        (FULLY, [(0, 0, 0, 0), (0, 0, 0, 0)], [(1, TWICE)]),
        (FULLY, [(0, 0, 0, 3), (0, 0, 0, 0)], [(0, "names a block that does not exist")]),
        (FLEXIBLE, [(0, 0, 0, 0, 0, 0, 4, 2, 1)], [(0, "names a block that does not exist")]),
        (FLEXIBLE, [(0, 0, 0, 0, 0, 0, 4, 2, 2)] * 3, [(1, TWICE), (2, TWICE)]),
    ],
)
def test_that_values_are_taken_for_existing_blocks_once(
    blocks: BlockStore, grid: Grid, rows: list[Row], expected: list[Row]
) -> None:
    given = [(*row, 1.0) for row in rows]
    assert refusal(blocks, grid, *given, change=Change(new=(ORE,))) == expected


@pytest.mark.parametrize("fill", [False, True])
def test_that_rows_are_numbered_as_in_the_upload_after_they_are_sorted_on_disk(
    blocks: BlockStore, tmp_path: Path, fill: bool
) -> None:
    blocks.create("m", FULLY)
    source = upload(FULLY, (ORE,), (0, 0, 0, 3, 1.0), (1, 0, 0, 0, 1.0), (0, 0, 0, 3, 1.0), (1, 1, 0, 0, 2.0))
    change = reshape(new=(ORE,), update_type=MERGE, fill=True) if fill else Change(new=(ORE,))
    base, sink, scratch = blocks.snapshot("m"), SegmentSink(blocks.store, "job", 0), tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(BadBlocks) as caught:
        Applying(base, 2, change, source, SidxKeys(FULLY), sink, limits=Limits(2, 2), scratch=scratch).run()
    assert caught.value.rows.column("row").to_pylist() == ([2] if fill else [0, 2])
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sidx", pa.array([1], pa.int64()), "'sidx' is int64"),
        ("sidx", None, "'sidx', which names blocks, is not in the file"),
        ("i", pa.array([1], pa.int32()), "'i' is int32"),
        ("ore", pa.array([1], pa.int32()), "'ore' is int32"),
    ],
)
def test_that_columns_of_another_type_are_refused(blocks: BlockStore, name: str, values: Any, message: str) -> None:
    blocks.create("m", FULLY)
    columns: dict[str, Any] = dict.fromkeys(("i", "j", "k", "sidx"), pa.array([0], pa.uint32()))
    columns |= {"ore": pa.array([1.0]), name: values}
    source = TableSource(pa.table({title: each for title, each in columns.items() if each is not None}))
    with pytest.raises(BadFile, match=message):
        blocks.draft(blocks.snapshot("m"), FIRST, source, SidxKeys(FULLY))


def test_that_boxes_are_bytes(blocks: BlockStore) -> None:
    blocks.create("m", FLEXIBLE)
    whole = upload(FLEXIBLE, (ORE,), (0, 0, 0, 0, 0, 0, 4, 2, 2, 1.0))
    table = pa.table({name: whole.read(name, 0, 1) for name in whole.schema.names})
    wide = table.set_column(6, "end_si", pa.array([4], pa.uint32()))
    with pytest.raises(BadFile, match="'end_si' is uint32"):
        publish(blocks, FIRST, TableSource(wide))


def test_that_a_tile_has_at_most_so_many_blocks(blocks: BlockStore) -> None:
    grid = Grid(Kind.FULLY_SUB_BLOCKED, ORIGIN, (3, 7, 1), SIZE, (100, 100, 100))
    blocks.create("m", grid)
    rows = [(i, j, 0, 1_000_000, 1.0) for i in range(3) for j in range(7)]
    with pytest.raises(BadFile, match="21,000,000 blocks"):
        publish(blocks, FIRST, upload(grid, (ORE,), *rows))


def test_that_the_geometry_of_a_regular_model_stays(blocks: BlockStore) -> None:
    grid = Grid(Kind.REGULAR, ORIGIN, (2, 2, 1), SIZE)
    blocks.create("m", grid)
    with pytest.raises(ValueError, match="regular model"):
        publish(blocks, FIRST, upload(grid, (ORE,), (0, 0, 0, 1.0)))


def test_that_keys_without_sub_blocks_are_refused(blocks: BlockStore) -> None:
    blocks.create("m", FULLY)
    source = upload(FULLY, (ORE,), (0, 0, 0, 0, 1.0))
    with pytest.raises(ValueError, match="other keys"):
        blocks.draft(blocks.snapshot("m"), Change(new=(ORE,)), source, IndexKeys(FULLY))
