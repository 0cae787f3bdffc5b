"""Random updates of models with sub-blocks, against a model that is a dictionary."""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.applying import Applying
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.errors import BadBlocks
from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from coreshed.blockmodels.engine.limits import Limits
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN, Header
from coreshed.blockmodels.engine.store import BlockStore, first_manifest
from coreshed.blockmodels.engine.subblocks import sidx_of_box
from coreshed.blockmodels.engine.tables import block_grids, block_maps, block_segments, block_versions
from coreshed.blockmodels.engine.writing import SegmentSink
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.blockmodels.engine.cuts import Box, cells, flexible_cut, numbered, octree_cut, whole
from tests.blockmodels.engine.models import MERGE, REPLACE, Row, by_block, keys_of, number, text, upload

FULLY, OCTREE, FLEXIBLE = Kind.FULLY_SUB_BLOCKED, Kind.VARIABLE_OCTREE, Kind.FLEXIBLE
COUNTS = {FULLY: (2, 1, 2), OCTREE: (4, 2, 1), FLEXIBLE: (3, 2, 2)}
PARENTS, TILE = (3, 2, 2), (2, 2, 1)
TURNED = (Rotation("z", 30.0), Rotation("x", 20.0))
COLUMNS = {"ore": number("ore"), "rock": text("rock")}
VALUES = {
    "ore": st.none() | st.floats(-1e3, 1e3, width=32),
    "rock": st.none() | st.sampled_from(["", "basalt", "Tuff"]),
}
USER, FROM_PARENT, IN_PART = "user specified", "derived from parent", "some columns derived"

Parent = tuple[int, int, int]
Block = tuple[Parent, Box]
Values = dict[str, Any]


class Plain:
    """A version: the values of every block, its mark and where they come from."""

    def __init__(self, counts: tuple[int, int, int]) -> None:
        self.columns: list[str] = []
        self.counts = counts
        self.blocks: dict[Block, tuple[Values, int, str]] = {
            ((i, j, k), whole(counts)): ({}, 1, USER) for i in range(3) for j in range(2) for k in range(2)
        }

    def boxes(self, parent: Parent) -> list[Box]:
        return [box for at, box in self.blocks if at == parent]

    def has(self, block: Block, columns: list[str]) -> bool:
        return any(self.blocks[block][0].get(name) is not None for name in columns)

    def take_values(self, given: dict[Block, Values], columns: list[str], update_type: UpdateType, to: int) -> None:
        covers = set(self.columns) <= set(columns)
        for block, (values, mark, origin) in self.blocks.items():
            if block in given:
                origin = USER if covers or origin == USER else IN_PART
                self.blocks[block] = {**values, **given[block]}, to, origin
            elif update_type is REPLACE:
                mark = to if self.has(block, columns) else mark
                kept = {name: value for name, value in values.items() if name not in columns}
                self.blocks[block] = kept, mark, USER if covers else origin
        self.columns = sorted({*self.columns, *columns})

    def divide(
        self, given: dict[Block, Values], lacking: list[Block], columns: list[str], change: Change, to: int
    ) -> None:
        goes_on = [name for name in self.columns if name in columns]
        touched = {parent for parent, _ in given}
        after: dict[Block, tuple[Values, int, str]] = {block: (values, to, USER) for block, values in given.items()}
        for parent, box in lacking:
            after[parent, box] = {}, to, USER
            if change.fill_subblocks:
                cell_was_there = (parent, box) in self.blocks
                values, _, origin = self.blocks[parent, box if cell_was_there else whole(self.counts)]
                kept = {name: values.get(name) for name in goes_on}
                if not cell_was_there:
                    origin = FROM_PARENT if any(value is not None for value in kept.values()) else USER
                after[parent, box] = kept, to, origin
        for (parent, box), (values, mark, origin) in self.blocks.items():
            if parent in touched:
                continue
            if change.update_type is MERGE:
                after[parent, box] = {name: values.get(name) for name in goes_on}, mark, origin
            else:
                same = box == whole(self.counts) and not self.has((parent, box), goes_on)
                after[parent, whole(self.counts)] = {}, mark if same else to, USER
        self.blocks = after
        self.columns = sorted(columns)

    def table(self, key: Callable[[Block], Row]) -> dict[Row, Row]:
        return {
            key(block): (*(values.get(name) for name in self.columns), mark, origin)
            for block, (values, mark, origin) in self.blocks.items()
        }

    def box(self, version: int) -> IndexBox | None:
        changed = [parent for (parent, _), (_, mark, _) in self.blocks.items() if mark == version]
        return IndexBox.around(*(np.array(axis) for axis in zip(*changed, strict=True))) if changed else None


class SubBlocked(RuleBasedStateMachine):
    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.grid = Grid(self.kind, (1e5, -2e5, 50.0), PARENTS, (10.0, 5.0, 2.5), COUNTS[self.kind], TURNED)
        self.nodes = numbered(self.grid.counts)
        self.directory = TemporaryDirectory()
        self.database = Database(sqlite_url(Path(self.directory.name) / "blocks.db"))
        self.blocks = BlockStore(database=self.database, store=MemoryStore())
        manifest, maps = first_manifest(self.grid)
        with self.database.writing() as rows:
            for table in (block_grids, block_versions, block_maps, block_segments):
                table.create(rows)
            ledger.create(rows, "m", Header(self.grid, TILE))
            ledger.publish(rows, model_id="m", version_id=1, job_id="first", manifest=manifest, maps=maps, segments=())
        self.plain = Plain(self.grid.counts)
        self.older: list[tuple[list[str], dict[Row, Row]]] = [([], self.plain.table(self.key))]

    def teardown(self) -> None:
        for version, (columns, expected) in enumerate(self.older, 1):
            assert by_block(self.blocks.snapshot("m", version), *columns, VERSION_COLUMN, DERIVATION_COLUMN) == expected
        self.blocks.close()
        self.database.close()
        self.directory.cleanup()

    # -- steps ---------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), update_type=st.sampled_from(UpdateType))
    def give_values(self, data: st.DataObject, update_type: UpdateType) -> None:
        columns = sorted(data.draw(st.sets(st.sampled_from(sorted(COLUMNS)), min_size=1), label="columns"))
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.plain.blocks)), unique=True), label="blocks")
        given = {block: self.values(data, columns) for block in chosen}
        new, updated = self.split(columns)
        self.publish(data, Change(new, updated, update_type=update_type), given, columns)
        self.plain.take_values(given, columns, update_type, self.version)
        self.remember()

    @rule(data=st.data(), update_type=st.sampled_from(UpdateType), fill=st.booleans(), spare=st.booleans())
    def divide(self, data: st.DataObject, update_type: UpdateType, fill: bool, spare: bool) -> None:
        fill = fill and self.kind is FULLY and update_type is MERGE
        columns = sorted(data.draw(st.sets(st.sampled_from(sorted(COLUMNS))), label="columns"))
        given, lacking = {}, []
        for parent in self.some_parents(data):
            cut = self.cut(data)
            rows = cut
            if (fill or (update_type is REPLACE and self.kind is not FLEXIBLE)) and spare:
                rows = data.draw(st.lists(st.sampled_from(cut), min_size=1, unique=True), label="rows")
            given.update({(parent, box): self.values(data, columns) for box in rows})
            lacking += [(parent, box) for box in self.coarsest(rows)]
        new, updated = self.split(columns)
        deleted = frozenset(self.plain.columns) - set(columns)
        change = Change(new, updated, deleted, {}, update_type, True, fill)
        self.publish(data, change, given, columns)
        self.plain.divide(given, lacking, columns, change, self.version)
        self.remember()

    @rule(data=st.data())
    def leave_a_parent_open(self, data: st.DataObject) -> None:
        parent, cut = self.some_parents(data)[0], self.cut(data)
        columns = list(self.plain.columns)
        given = {(parent, box): self.values(data, columns) for box in cut[1:]}
        if given:
            change = Change((), self.split(columns)[1], geometry_change=True)
            self.refused(data, change, given, columns)

    @rule(data=st.data())
    def name_blocks_that_are_not_there(self, data: st.DataObject) -> None:
        parent, cut = self.some_parents(data)[0], self.cut(data)
        given = {(parent, box): self.values(data, ["ore"]) for box in cut if (parent, box) not in self.plain.blocks}
        if given:
            new, updated = self.split(["ore"])
            self.refused(data, Change(new, updated), given, ["ore"])

    @precondition(lambda self: self.plain.columns)
    @rule(data=st.data())
    def delete_a_column(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.plain.columns), label="gone")
        self.blocks.publish("m", self.blocks.draft(self.blocks.snapshot("m"), Change(deleted=frozenset({gone}))))
        self.plain.columns.remove(gone)
        for values, _, _ in self.plain.blocks.values():
            values.pop(gone, None)
        self.remember(boxed=False)

    @invariant()
    def agree(self) -> None:
        snapshot = self.blocks.snapshot("m")
        columns, expected = self.older[-1]
        assert snapshot.version_id == len(self.older)
        assert snapshot.manifest.rows == len(expected)
        assert by_block(snapshot, *columns, VERSION_COLUMN, DERIVATION_COLUMN) == expected

    # -- what the steps need -------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        return len(self.older) + 1

    def remember(self, *, boxed: bool = True) -> None:
        if boxed:
            assert self.made.box == self.plain.box(self.version)
        self.older.append((list(self.plain.columns), self.plain.table(self.key)))

    def values(self, data: st.DataObject, columns: list[str]) -> Values:
        return {name: data.draw(VALUES[name]) for name in columns}

    def some_parents(self, data: st.DataObject) -> list[Parent]:
        places = st.tuples(*(st.integers(0, count - 1) for count in PARENTS))
        return data.draw(st.lists(places, min_size=1, max_size=4, unique=True), label="parents")

    def cut(self, data: st.DataObject) -> list[Box]:
        if self.kind is FULLY:
            return self.cells() if data.draw(st.booleans(), label="split") else [whole(self.grid.counts)]
        return (octree_cut if self.kind is OCTREE else flexible_cut)(data.draw, self.grid.counts)

    def cells(self) -> list[Box]:
        nx, ny, nz = self.grid.counts
        return [((x, y, z), (x + 1, y + 1, z + 1)) for x in range(nx) for y in range(ny) for z in range(nz)]

    def coarsest(self, rows: list[Box]) -> list[Box]:
        """The largest boxes that fill what the rows leave open."""
        given, found = {cell for box in rows for cell in cells(box)}, []
        for box in self.cells() if self.kind is FULLY else self.nodes:
            if not given & cells(box):
                found.append(box)
                given |= cells(box)
        return found

    def split(self, columns: list[str]) -> tuple[tuple[Written, ...], tuple[Written, ...]]:
        new = tuple(COLUMNS[name] for name in columns if name not in self.plain.columns)
        return new, tuple(COLUMNS[name] for name in columns if name in self.plain.columns)

    def key(self, block: Block) -> Row:
        parent, (start, end) = block
        if self.kind is FLEXIBLE:
            return (*parent, *start, *end)
        [sidx], _ = sidx_of_box(self.kind, self.grid.counts, np.array([start]), np.array([end]))
        return (*parent, int(sidx))

    def place(self, block: Block) -> Row:
        parent, (start, end) = block
        i, j, k = (np.array([index]) for index in parent)
        low, high = np.array([start]), np.array([end])
        x, y, z = self.grid.sub_centroids(i, j, k, low, high)
        dx, dy, dz = self.grid.sub_sizes(low, high)
        return tuple(float(each[0]) for each in (x, y, z, dx, dy, dz))

    def publish(self, data: st.DataObject, change: Change, given: dict[Block, Values], columns: list[str]) -> None:
        self.made = self.draft(data, change, given, columns)
        assert self.made.blocks_uploaded == len(given)
        self.blocks.publish("m", self.made)

    def refused(self, data: st.DataObject, change: Change, given: dict[Block, Values], columns: list[str]) -> None:
        segments = set(self.blocks.store.list())
        with pytest.raises(BadBlocks) as caught:
            self.draft(data, change, given, columns)
        assert sorted(caught.value.rows.column("row").to_pylist()) == list(range(len(given)))
        assert set(self.blocks.store.list()) == segments

    def draft(self, data: st.DataObject, change: Change, given: dict[Block, Values], columns: list[str]) -> Draft:
        places = data.draw(st.booleans(), label="places")
        name = self.place if places else self.key
        table = [(*name(block), *(values[each] for each in columns)) for block, values in given.items()]
        random.Random(data.draw(st.integers(0, 99), label="order")).shuffle(table)
        written = [COLUMNS[each] for each in columns]
        part_rows = data.draw(st.sampled_from([1, 3, 1000]), label="part rows")
        source = upload(self.grid, written, *table, places=places, part_rows=part_rows)
        base = self.blocks.snapshot("m")
        sink = SegmentSink(self.blocks.store, str(uuid4()), 0)
        most = data.draw(st.sampled_from([1, 6, 1000]), label="most")
        keys = keys_of(self.grid, source)
        return Applying(base, base.version_id + 1, change, source, keys, sink, 2, Limits(most, most)).run()


@pytest.mark.parametrize("examples", [6, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", [FULLY, OCTREE, FLEXIBLE])
def test_that_random_updates_do_what_the_table_of_effects_says(kind: Kind, examples: int) -> None:
    machine = type("Machine", (SubBlocked,), {"kind": kind})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=10, deadline=None))
