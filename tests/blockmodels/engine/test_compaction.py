"""Tiles are written anew without their patches, and no version changes."""

import numpy as np
import pyarrow as pa

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.compaction import plan_compaction
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from tests.conftest import Databases

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (8, 8, 8), (1.0, 1.0, 1.0))
COPPER = Written("c-cu", "Cu", DataType.FLOAT64, "Cu")


def _table(snapshot: Snapshot) -> pa.Table:
    names = ("i", "j", "k", "c-cu", "version_id")
    return read_table(Asked(snapshot, Query(tuple(Output(name, name) for name in names))))


def test_that_compacted_tiles_have_the_same_values_in_every_version(databases: Databases) -> None:
    generator = np.random.default_rng(7)
    blocks = BlockStore(database=databases.main, store=MemoryStore())
    blocks.create("m", GRID)
    i, j, k = (index.ravel().astype(np.uint32) for index in np.indices(GRID.parents))
    for version in range(5):
        rows = np.arange(512) if version == 0 else generator.choice(512, 40, replace=False)
        cells = {"i": i[rows], "j": j[rows], "k": k[rows], "Cu": generator.normal(size=len(rows))}
        change = Change(updated=(COPPER,)) if version else Change(new=(COPPER,))
        blocks.publish("m", blocks.draft(blocks.snapshot("m"), change, TableSource(pa.table(cells)), IndexKeys(GRID)))
    before = [_table(blocks.snapshot("m", version)) for version in range(2, 7)]
    patched = blocks.snapshot("m").map_of(blocks.snapshot("m").column("c-cu"))
    assert len(patched.tile(0).patches) == 4

    assert blocks.compact(blocks.snapshot("m")) == 2

    newest = blocks.snapshot("m")
    assert plan_compaction(newest).count == 0
    assert newest.map_of(newest.column("c-cu")).tile(0).patches == ()
    assert [_table(blocks.snapshot("m", version)) for version in range(2, 7)] == before
    anew = BlockStore(database=databases.main, store=blocks.store)
    assert _table(anew.snapshot("m")) == before[-1]
    with databases.main.reading() as rows_:
        [kept] = ledger.maps(rows_, [newest.column("c-cu").map], compacted=False).values()
    assert len(kept.tile(0).patches) == 4
