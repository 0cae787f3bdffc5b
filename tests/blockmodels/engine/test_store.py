"""Models, versions and updates, end to end in memory and on disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine.addressing import CentroidKeys, IndexKeys
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile, UnknownVersion, VersionMoved
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.limits import Limits
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing.blocks import create_tiled
from tests.conftest import Databases

GRID = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (5, 4, 3), (10.0, 5.0, 2.0))
COPPER = Written("c-cu", "Cu", DataType.FLOAT64, "Cu")
ROCK = Written("c-rock", "Rock", DataType.UTF8, "Rock")


@pytest.fixture
def blocks(databases: Databases) -> Iterator[BlockStore]:
    store = BlockStore(database=databases.main, store=MemoryStore())
    store.create("m", GRID)
    yield store
    store.close()


def upload(*rows: tuple[int, int, int, object], column: str = "Cu", kind: pa.DataType | None = None) -> TableSource:
    i, j, k, values = zip(*rows, strict=True)
    indices = {name: pa.array(each, pa.uint32()) for name, each in zip("ijk", (i, j, k), strict=True)}
    return TableSource(pa.table({**indices, column: pa.array(values, kind or pa.float64())}))


def publish(blocks: BlockStore, change: Change, source: TableSource | None = None) -> int:
    return blocks.publish("m", blocks.draft(blocks.snapshot("m"), change, source, IndexKeys(GRID)))


def values(
    snapshot: Snapshot, *ids: str, box: IndexBox | None = None, null_rows: bool = False
) -> list[tuple[object, ...]]:
    outputs = (
        *(Output(name, name) for name in "ijk"),
        *(Output(each, each, data=each != "version_id") for each in ids),
    )
    table = read_table(Asked(snapshot, Query(outputs, box, exclude_null_rows=not null_rows)))
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_that_a_new_model_has_every_block_and_no_value(blocks: BlockStore) -> None:
    first = blocks.snapshot("m")
    assert first.version_id == 1
    assert first.manifest.rows == 60
    rows = values(first, "version_id", null_rows=True)
    assert len(rows) == 60
    assert {row[3] for row in rows} == {1}


def test_that_a_version_keeps_its_values_when_others_follow(blocks: BlockStore) -> None:
    assert publish(blocks, Change(new=(COPPER,)), upload((0, 0, 0, 1.5), (4, 3, 2, 2.5))) == 2
    assert publish(blocks, Change(updated=(COPPER,)), upload((0, 0, 0, 9.0), (1, 0, 0, None))) == 3
    assert values(blocks.snapshot("m", 2), "c-cu") == [(0, 0, 0, 1.5), (4, 3, 2, 2.5)]
    assert values(blocks.snapshot("m", 3), "c-cu") == [(0, 0, 0, 9.0), (4, 3, 2, 2.5)]


def test_that_replace_makes_other_blocks_null_and_marks_them(blocks: BlockStore) -> None:
    publish(blocks, Change(new=(COPPER,)), upload((0, 0, 0, 1.5), (4, 3, 2, 2.5)))
    publish(blocks, Change(updated=(COPPER,), update_type=UpdateType.REPLACE), upload((2, 2, 2, 7.0)))
    newest = blocks.snapshot("m")
    assert values(newest, "c-cu") == [(2, 2, 2, 7.0)]
    marks = {row[:3]: row[3] for row in values(newest, "version_id", null_rows=True)}
    assert {block for block, mark in marks.items() if mark == 3} == {(0, 0, 0), (4, 3, 2), (2, 2, 2)}
    assert set(marks.values()) == {1, 3}


def test_that_an_upload_without_rows_makes_null_what_it_replaces(blocks: BlockStore) -> None:
    given = [(i, j, k, 1.0) for i in range(5) for j in range(4) for k in range(3)][:50]
    publish(blocks, Change(new=(COPPER,)), upload(*given))
    empty = TableSource(pa.table({**dict.fromkeys("ijk", pa.array([], pa.uint32())), "Cu": pa.array([], pa.float64())}))
    publish(blocks, Change(updated=(COPPER,), update_type=UpdateType.REPLACE), empty)
    newest = blocks.snapshot("m")
    assert values(newest, "c-cu") == []
    assert [row[3] for row in values(newest, "version_id", null_rows=True)] == [3] * 50 + [1] * 10


def test_that_the_box_of_an_update_encloses_what_changed(blocks: BlockStore) -> None:
    change = Change(new=(COPPER,))
    draft = blocks.draft(blocks.snapshot("m"), change, upload((1, 0, 2, 1.0), (3, 2, 1, 2.0)), IndexKeys(GRID))
    assert draft.box == IndexBox((1, 3), (0, 2), (1, 2))
    assert draft.blocks_uploaded == 2


def test_that_nan_is_a_value_and_null_is_none(blocks: BlockStore) -> None:
    publish(blocks, Change(new=(COPPER,)), upload((0, 0, 0, float("nan")), (1, 0, 0, None)))
    [(*_, value)] = values(blocks.snapshot("m"), "c-cu")
    assert np.isnan(value)


@pytest.mark.parametrize(("model", "version"), [("m", 0), ("m", 2), ("m", -1), ("other", 1), ("other", None)])
def test_that_what_is_not_there_is_an_unknown_version(blocks: BlockStore, model: str, version: int | None) -> None:
    with pytest.raises(UnknownVersion):
        blocks.snapshot(model, version)


def test_that_columns_come_and_go_without_a_segment(blocks: BlockStore) -> None:
    publish(blocks, Change(new=(COPPER,)), upload((0, 0, 0, 1.5)))
    draft = blocks.draft(blocks.snapshot("m"), Change(renamed={"c-cu": "Copper"}))
    assert (draft.segments, draft.maps, draft.box) == ((), (), None)
    blocks.publish("m", draft)
    assert blocks.snapshot("m").column("c-cu").title == "Copper"
    publish(blocks, Change(deleted=frozenset({"c-cu"})))
    assert blocks.snapshot("m").manifest.find("c-cu") is None
    assert values(blocks.snapshot("m", 2), "c-cu") == [(0, 0, 0, 1.5)]


def test_that_only_one_of_two_drafts_of_a_version_is_published(blocks: BlockStore) -> None:
    drafts = [
        blocks.draft(
            blocks.snapshot("m"),
            Change(new=(column,)),
            upload((0, 0, 0, value), column=title, kind=kind),
            IndexKeys(GRID),
        )
        for column, title, value, kind in ((COPPER, "Cu", 1.0, pa.float64()), (ROCK, "Rock", "ore", pa.string()))
    ]
    blocks.publish("m", drafts[0])
    with pytest.raises(VersionMoved):
        blocks.publish("m", drafts[1])
    assert blocks.snapshot("m").version_id == 2


def test_that_a_job_publishes_once(blocks: BlockStore) -> None:
    change = Change(new=(COPPER,))
    draft = blocks.draft(blocks.snapshot("m"), change, upload((0, 0, 0, 1.0)), IndexKeys(GRID), job_id="job")
    blocks.publish("m", draft, job_id="job")
    again = blocks.draft(blocks.snapshot("m"), Change(deleted=frozenset({"c-cu"})))
    with pytest.raises(VersionMoved):
        blocks.publish("m", again, job_id="job")


def test_that_rows_outside_and_rows_twice_are_named(blocks: BlockStore) -> None:
    for rows, wrong in (
        (((0, 0, 0, 1.0), (5, 0, 0, 1.0)), [1]),
        (((0, 0, 0, 1.0), (1, 0, 0, 2.0), (0, 0, 0, 3.0)), [0]),
    ):
        with pytest.raises(BadBlocks) as caught:
            publish(blocks, Change(new=(COPPER,)), upload(*rows))
        assert caught.value.rows.column("row").to_pylist() == wrong
    assert blocks.snapshot("m").version_id == 1
    assert list(blocks.store.list()) == []


def test_that_columns_of_another_type_are_refused(blocks: BlockStore) -> None:
    with pytest.raises(BadFile, match="Cu"):
        publish(blocks, Change(new=(COPPER,)), upload((0, 0, 0, 1), kind=pa.int64()))


def test_that_blocks_are_found_by_their_centroids(blocks: BlockStore) -> None:
    x, y, z = GRID.centroids(*(np.array([index], np.uint32) for index in (4, 1, 2)))
    source = TableSource(pa.table({"x": x, "y": y, "z": z, "Cu": [3.5]}))
    blocks.publish("m", blocks.draft(blocks.snapshot("m"), Change(new=(COPPER,)), source, CentroidKeys(GRID)))
    assert values(blocks.snapshot("m"), "c-cu") == [(4, 1, 2, 3.5)]


def test_that_a_store_on_disk_is_found_again(tmp_path: Path) -> None:
    with BlockStore.open(tmp_path / "blocks") as made:
        made.create("m", GRID)
        publish(made, Change(new=(COPPER,)), upload((0, 0, 0, 1.5)))
    with BlockStore.open(tmp_path / "blocks") as found:
        assert values(found.snapshot("m"), "c-cu") == [(0, 0, 0, 1.5)]
        with pytest.raises(UnknownVersion):
            found.snapshot("m", 3)


@pytest.mark.parametrize("lost", [[(0, 0, 0, 1.0)], []])
def test_that_replace_marks_a_tile_that_loses_nearly_all_its_values(
    blocks: BlockStore, lost: list[tuple[int, int, int, object]]
) -> None:
    """More than a patch is good for, and more blocks than the upload names."""
    corners = [(i, j, k) for i in range(5) for j in range(4) for k in range(3)]
    publish(blocks, Change(new=(COPPER,)), upload(*((*corner, 7.0) for corner in corners[:-1])))
    named = (
        upload(*lost)
        if lost
        else TableSource(
            pa.table({**dict.fromkeys("ijk", pa.array([], pa.uint32())), "Cu": pa.array([], pa.float64())})
        )
    )
    publish(blocks, Change(updated=(COPPER,), update_type=UpdateType.REPLACE), named)
    marks = {row[:3]: row[3] for row in values(blocks.snapshot("m"), "version_id", null_rows=True)}
    assert [corner for corner in corners if marks[corner] != 3] == [(4, 3, 2)]
    assert marks[4, 3, 2] == 1


def test_that_rows_named_twice_are_those_of_the_upload_after_sorting(databases: Databases) -> None:
    blocks = BlockStore(database=databases.main, store=MemoryStore(), limits=Limits(largest_group=1, spilled_group=1))
    create_tiled(blocks, GRID, (2, 2, 2), "m")
    rows = [(4, 3, 2, 1.0), (0, 0, 0, 2.0), (2, 2, 2, 3.0), (4, 0, 0, 4.0), (2, 2, 2, 5.0), (0, 0, 0, 6.0)]
    with pytest.raises(BadBlocks) as caught:
        publish(blocks, Change(new=(COPPER,)), upload(*rows))
    assert caught.value.count == 1  # the file of the other block is not reached any more
    assert caught.value.rows.column("row").to_pylist() in ([1], [2])
    assert list(blocks.store.list()) == []
    blocks.close()
