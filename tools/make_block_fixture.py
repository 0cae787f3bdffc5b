"""Writes a small block store as this release writes it, and what is in it, for later releases to read.

.venv/bin/python tools/make_block_fixture.py tests/fixtures/blocks-v1

makes the directory, which must not be there, and beside it the same name with .json: for every model and version the
title and type of each column and its values in the order of the blocks' keys. Values are as in
coreshed.testing.plain_model: floats as the integer of their bits. A fixture is made once for a format and then kept.
"""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pyarrow as pa

from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN, Column, Layout, Manifest
from coreshed.blockmodels.engine.maps import ColumnMap, TileColumn
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.update import UpdateType
from coreshed.blockmodels.engine.writing import SegmentSink
from coreshed.testing.blocks import create_tiled
from coreshed.testing.plain_model import PlainModel, plain, random_values

dice = Random(1)  # noqa: S311  (no secret)
REGULAR, FULLY, FLEXIBLE = (str(UUID(int=number)) for number in (1, 2, 3))


def new_id() -> str:
    """The same in every run."""
    return str(UUID(int=dice.getrandbits(128), version=4))


def regular(store: BlockStore) -> dict[str, Any]:
    """Seven versions: all types, patches, a constant, a replacement, a renamed and a deleted column."""
    grid = Grid(Kind.REGULAR, (1000.0, 2000.0, 300.0), (5, 4, 3), (10.0, 10.0, 5.0), rotations=(Rotation("z", 30.0),))
    create_tiled(store, grid, (3, 2, 2), REGULAR)
    model = PlainModel(grid.parents)
    columns = tuple(Written(f"c-{each.lower()}", f"A {each}", each, f"A {each}") for each in DataType)
    few = columns[-3:] + columns[:3]
    every = range(model.count)
    for change, blocks in (
        (Change(new=columns), list(every)),
        (Change(updated=columns), dice.sample(every, 9)),
        (Change(updated=few), dice.sample(every, 25)),
        (Change(updated=few[:2], update_type=UpdateType.REPLACE), dice.sample(every, 5)),
        (Change(renamed={"c-utf8": "Gestein"}, deleted=frozenset({"c-int8"})), None),
        (Change(updated=few[1:2]), dice.sample(every, 2)),
    ):
        written = (*change.new, *change.updated)
        base, source, given = store.snapshot(REGULAR), None, {}
        if blocks is not None:
            values = {each.source: random_values(dice, each.data_type, len(blocks)) for each in written}
            given = {each.column_id: plain(values[each.source]) for each in written}
            axes = zip("ijk", model.indices(blocks), strict=True)
            table = {name: pa.array(axis, pa.uint32()) for name, axis in axes}
            source = TableSource(pa.table({**table, **values}))
        job_id = new_id()
        draft = store.draft(base, change, source, IndexKeys(grid), job_id=job_id)
        store.publish(REGULAR, draft, job_id=job_id)
        model.append(model.next(change, blocks, given))
    keys = list(zip(*model.indices(every), strict=True))
    recorded = {}
    for number, version in model.versions.items():
        found = {VERSION_COLUMN: [DataType.UINT32, version.marks]}
        found |= {each.title: [each.data_type, each.values] for each in version.columns.values()}
        recorded[str(number)] = {"keys": keys, "columns": found}
    return recorded


def divided(store: BlockStore, model_id: str, kind: Kind) -> dict[str, Any]:
    """Two versions of a 2 x 1 x 2 model of two tiles; in the second, one parent of the second tile is in two halves."""
    grid = Grid(kind, (0.0, 0.0, 0.0), (2, 1, 2), (4.0, 4.0, 4.0), (2, 1, 1))
    create_tiled(store, grid, (1, 1, 2), model_id)
    sink = SegmentSink(store.store, new_id(), 0)
    whole_end = 2 << 14 | 1 << 7 | 1
    if kind is Kind.FLEXIBLE:
        keys = [[0, 0, 0, 0, whole_end], [0, 0, 1, 0, whole_end], [1, 0, 0, 0, whole_end]]
        keys += [[1, 0, 1, 0, 1 << 14 | 1 << 7 | 1], [1, 0, 1, 1 << 14, whole_end]]
    else:
        keys = [[0, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 1], [1, 0, 1, 2]]
    first = [key for key in keys if key[:3] != [1, 0, 1]] + [[1, 0, 1, *keys[0][3:]]]

    def column(name: str, data_type: DataType, tiles: dict[int, list[Any]], fill: Any = None) -> ColumnMap:
        made = {}
        for rank, values in tiles.items():
            encoded = encode(pa.array(values, data_type.arrow), data_type, How.PLAIN)
            made[rank] = TileColumn((sink.add((rank, 0), Field(name, data_type), encoded),))
        return ColumnMap(made, fill)

    grade, rows = [1.5, None, 2.5, 3.5, 4.5], list(zip(*(key[3:] for key in keys[2:]), strict=True))
    marks = column(VERSION_COLUMN, DataType.UINT32, {1: [1, 2, 2]}, 1).encode()
    derived = ColumnMap(fill="user specified").encode()
    cu = column("c-cu", DataType.FLOAT64, {0: grade[:2], 1: grade[2:]}).encode()
    layout = [column("#parents", DataType.UINT32, {1: [0, 1, 1]}).encode()]
    names = ("#subs", "#ends")
    layout += [column(name, DataType.UINT32, {1: list(each)}).encode() for name, each in zip(names, rows, strict=False)]
    manifest = Manifest(
        5,
        (
            Column(VERSION_COLUMN, VERSION_COLUMN, DataType.UINT32, marks.digest),
            Column(DERIVATION_COLUMN, DERIVATION_COLUMN, DataType.UTF8, derived.digest),
            Column("c-cu", "Cu", DataType.FLOAT64, cu.digest),
        ),
        Layout(*(each.digest for each in layout)),
    )
    with store.database.writing() as transaction:
        ledger.publish(
            transaction,
            model_id=model_id,
            version_id=2,
            job_id=new_id(),
            manifest=manifest,
            maps=[marks, derived, cu, *layout],
            segments=sink.finish(),
        )
    constant = [DataType.UTF8, ["user specified"] * 5]
    second = {
        VERSION_COLUMN: [DataType.UINT32, [1, 1, 1, 2, 2]],
        DERIVATION_COLUMN: constant,
        "Cu": [DataType.FLOAT64, plain(pa.array(grade))],
    }
    before = {VERSION_COLUMN: [DataType.UINT32, [1] * 4], DERIVATION_COLUMN: [DataType.UTF8, ["user specified"] * 4]}
    return {"1": {"keys": first, "columns": before}, "2": {"keys": keys, "columns": second}}


def main() -> None:
    """Make the store and its record."""
    directory = Path(sys.argv[1])
    if directory.exists():
        raise SystemExit(f"{directory} is there already; the fixture of a format is kept as it was written")
    with BlockStore.open(directory) as store:
        recorded = {
            REGULAR: regular(store),
            FULLY: divided(store, FULLY, Kind.FULLY_SUB_BLOCKED),
            FLEXIBLE: divided(store, FLEXIBLE, Kind.FLEXIBLE),
        }
    (directory / "segments" / "incoming").rmdir()
    directory.with_suffix(".json").write_text(json.dumps(recorded, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
