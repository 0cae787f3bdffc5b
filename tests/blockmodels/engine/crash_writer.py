"""Appends versions to a model until it is killed, and says so on standard output. Its number fixes what one holds.

python crash_writer.py DATABASE-URL DIRECTORY MODEL
"""

import sys
from functools import cache
from pathlib import Path
from random import Random

import pyarrow as pa

from coreshed.blobs.stores import LocalStore
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import VersionMoved
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.limits import Limits
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.update import UpdateType
from coreshed.database import Database
from coreshed.testing.plain_model import PlainModel, plain, random_values

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (9, 8, 7), (10.0, 10.0, 5.0))
TILE = (5, 4, 4)
COLUMNS = (
    Written("c-cu", "Cu", DataType.FLOAT64, "Cu"),
    Written("c-rock", "Rock", DataType.UTF8, "Rock"),
    Written("c-mined", "Mined", DataType.BOOLEAN, "Mined"),
)


def change_of(version: int, model: PlainModel) -> tuple[Change, list[int], pa.Table]:
    """What makes a version: the change, the blocks that it names, and its upload."""
    dice = Random(version)
    blocks = list(range(model.count))
    if version > 2:
        blocks = dice.sample(blocks, dice.choice((1, 20, 200, model.count)))
    i, j, k = (pa.array(axis, pa.uint32()) for axis in model.indices(blocks))
    values = {each.source: random_values(dice, each.data_type, len(blocks)) for each in COLUMNS}
    update_type = UpdateType.REPLACE if dice.random() < 0.2 else UpdateType.MERGE
    change = Change(new=COLUMNS) if version == 2 else Change(updated=COLUMNS, update_type=update_type)
    return change, blocks, pa.table({"i": i, "j": j, "k": k, **values})


def append_plainly(model: PlainModel) -> None:
    """The next version of the plain model."""
    change, blocks, table = change_of(model.newest + 1, model)
    given = {each.column_id: plain(table.column(each.source)) for each in COLUMNS}
    model.append(model.next(change, blocks, given))


@cache
def _shape() -> PlainModel:
    return PlainModel(GRID.parents)


def append(store: BlockStore, model_id: str) -> int:
    """The next version of the stored model; its number. Raises VersionMoved, OSError."""
    base = store.snapshot(model_id)
    change, _, table = change_of(base.version_id + 1, _shape())
    return store.publish(model_id, store.draft(base, change, TableSource(table, 100), IndexKeys(GRID)))


def main() -> None:
    """Until the end."""
    url, directory, model_id = sys.argv[1:]
    limits = Limits(largest_group=150, spilled_group=100)
    store = BlockStore(database=Database(url), store=LocalStore(Path(directory)), limits=limits)
    print("ready", flush=True)
    while True:
        try:
            version = append(store, model_id)
        except VersionMoved:
            continue
        print(version, flush=True)


if __name__ == "__main__":
    main()
