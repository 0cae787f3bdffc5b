"""Files that no version names are found when they are old, and only those."""

from collections.abc import Iterator
from uuid import uuid4

import pyarrow as pa
import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Draft, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import VersionMoved
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.orphans import DAY_NS, orphans, remove
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing import ManualClock
from tests.conftest import Databases

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (4, 4, 4), (1.0, 1.0, 1.0))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def blocks(databases: Databases, clock: ManualClock) -> Iterator[BlockStore]:
    store = BlockStore(database=databases.main, store=MemoryStore(clock=clock))
    store.create("m", GRID)
    yield store
    store.close()


def draft(blocks: BlockStore, name: str, job_id: str | None = None) -> Draft:
    zero = pa.array([0], pa.uint32())
    table = pa.table({"i": zero, "j": zero, "k": zero, "Cu": [1.5]})
    change = Change(new=(Written(name, name, DataType.FLOAT64, "Cu"),))
    return blocks.draft(blocks.snapshot("m"), change, TableSource(table), IndexKeys(GRID), job_id=job_id)


def test_that_the_files_of_an_overtaken_draft_go_after_a_day(blocks: BlockStore, clock: ManualClock) -> None:
    kept, lost = draft(blocks, "a"), draft(blocks, "b")
    blocks.publish("m", kept)
    with pytest.raises(VersionMoved):
        blocks.publish("m", lost)
    assert orphans(blocks.database, blocks.store, before_ns=clock.now_ns() - DAY_NS) == []
    clock.advance(ns=DAY_NS + 1)
    found = orphans(blocks.database, blocks.store, before_ns=clock.now_ns() - DAY_NS)
    assert [file.key.blob_id for file in found] == [lost.segments[0].name.job_id]
    assert remove(blocks.store, found) == lost.segments[0].size
    assert orphans(blocks.database, blocks.store, before_ns=clock.now_ns()) == []
    assert check_model(blocks.database, blocks.store, "m", deep=True).sound


def test_that_files_of_an_earlier_attempt_of_a_published_job_are_orphans(
    blocks: BlockStore, clock: ManualClock
) -> None:
    job_id = str(uuid4())
    first = draft(blocks, "a", job_id)
    zero = pa.array([0], pa.uint32())
    source = TableSource(pa.table({"i": zero, "j": zero, "k": zero, "Cu": [1.5]}))
    change = Change(new=(Written("a", "a", DataType.FLOAT64, "Cu"),))
    second = blocks.draft(blocks.snapshot("m"), change, source, IndexKeys(GRID), job_id=job_id, first_token=1 << 32)
    blocks.publish("m", second, job_id=job_id)
    clock.advance(1)
    [found] = orphans(blocks.database, blocks.store, before_ns=clock.now_ns())
    assert (found.key.blob_id, found.key.token) == (job_id, first.segments[0].name.token)


def test_that_segments_of_old_versions_are_never_orphans(blocks: BlockStore, clock: ManualClock) -> None:
    blocks.publish("m", draft(blocks, "a"))
    blocks.publish("m", blocks.draft(blocks.snapshot("m"), Change(deleted=frozenset({"a"}))))
    clock.advance(400 * 86_400)
    assert orphans(blocks.database, blocks.store, before_ns=clock.now_ns()) == []
