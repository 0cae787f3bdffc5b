"""Files that other rooms keep in the store: collection asks them before it takes anything."""

from collections.abc import Iterator
from uuid import uuid4

import pyarrow as pa
import pytest
from sqlalchemy.exc import OperationalError

from coreshed.blobs import collect
from coreshed.blobs.stores import FileKey, MemoryStore
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Draft, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.published import published_tokens
from coreshed.blockmodels.engine.segments import key_of
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.database import Rows
from coreshed.jobs import JobKind, Jobs, files_of_job
from coreshed.problems import StoreFailure
from tests.blobs.conftest import Bench
from tests.conftest import Databases

DAY = 86400
GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (4, 4, 4), (1.0, 1.0, 1.0))


@pytest.fixture
def bench(databases: Databases, settings: object) -> Iterator[Bench]:
    store = MemoryStore()
    bench = Bench(databases, settings, store)
    store._clock = bench.clock
    yield bench
    bench.room.close()


@pytest.fixture
def blocks(bench: Bench) -> Iterator[BlockStore]:
    made = BlockStore(database=bench.databases.main, store=bench.store)
    made.create("m", GRID)
    yield made
    made.close()


def draft(blocks: BlockStore, job_id: str, attempt: int = 0) -> Draft:
    zero = pa.array([0], pa.uint32())
    source = TableSource(pa.table({"i": zero, "j": zero, "k": zero, "Cu": [1.5]}))
    change = Change(new=(Written(job_id, job_id, DataType.FLOAT64, "Cu"),))
    return blocks.draft(blocks.snapshot("m"), change, source, IndexKeys(GRID), job_id=job_id, first_token=attempt << 32)


def register(bench: Bench, *named: object) -> None:
    bench.room.close()
    bench.room = bench.open(also_named=named)


def orphans(bench: Bench) -> list[str]:
    return collect(bench.room, dry_run=False).orphans


def test_that_published_segments_stay_and_unpublished_ones_go_after_a_day(bench: Bench, blocks: BlockStore) -> None:
    register(bench, published_tokens)
    job = str(uuid4())
    given_up, published, overtaken = draft(blocks, job), draft(blocks, job, attempt=1), draft(blocks, str(uuid4()))
    blocks.publish("m", published, job_id=job)
    bench.clock.advance(DAY)
    assert orphans(bench) == []
    bench.clock.advance(1)
    lost = {str(key_of(each.segments[0].name)) for each in (given_up, overtaken)}
    assert set(orphans(bench)) == lost
    assert bench.room.upkeep.round().unlinked == 2
    assert check_model(blocks.database, blocks.store, "m", deep=True).findings == ()
    assert [file.key for file in bench.store.list()] == [key_of(published.segments[0].name)]


def test_that_a_job_that_runs_for_more_than_a_day_keeps_its_files(bench: Bench, blocks: BlockStore) -> None:
    """While its row says that it is alive, all of its files stay; when it ends, those that it has not published go."""
    register(bench, files_of_job, published_tokens)
    jobs = Jobs(bench.databases.main, bench.clock, moment=lambda _rows: bench.clock.now_ns())
    jobs.register(JobKind("update", lambda claim, context: b"", lambda error: {}))
    with bench.databases.main.writing() as rows:
        job = jobs.create(rows, kind="update", owner="block-model:m").id
    with bench.databases.main.writing() as rows:
        claim = jobs.claim(rows, "worker", alone=True)
    assert claim is not None
    given_up, last = draft(blocks, job), draft(blocks, job, attempt=1)
    bench.clock.advance(3 * DAY)
    assert orphans(bench) == []
    with bench.databases.main.writing() as rows:
        blocks.publish_in(rows, "m", last, job_id=job)
        jobs.complete(rows, claim, b"")
    assert orphans(bench) == [str(key_of(given_up.segments[0].name))]
    bench.room.upkeep.round()
    assert check_model(blocks.database, blocks.store, "m", deep=True).findings == ()


def test_that_what_is_named_between_plan_and_deed_stays(bench: Bench) -> None:
    key = FileKey(str(uuid4()), 7)
    writer = bench.store.create(key)
    writer.finish()
    bench.clock.advance(2 * DAY)
    answers = iter([frozenset(), frozenset({7}), frozenset({7})])
    register(bench, lambda rows, blob_id: next(answers))
    assert orphans(bench) == []
    assert orphans(bench) == []
    assert [file.key for file in bench.store.list()] == [key]


def test_that_nothing_goes_where_a_room_cannot_be_asked(bench: Bench) -> None:
    key = FileKey(str(uuid4()), 7)
    bench.store.create(key).finish()
    bench.clock.advance(2 * DAY)

    def fails(rows: Rows, blob_id: str) -> set[int]:
        raise OperationalError("select", {}, Exception("gone"))

    register(bench, fails)
    with pytest.raises(StoreFailure):
        orphans(bench)
    assert [file.key for file in bench.store.list()] == [key]


def test_that_segments_of_which_nobody_is_asked_would_go(bench: Bench, blocks: BlockStore) -> None:
    """Why block models have to be registered wherever blobs are collected."""
    job = str(uuid4())
    blocks.publish("m", draft(blocks, job), job_id=job)
    bench.clock.advance(2 * DAY)
    assert len(orphans(bench)) == 1
