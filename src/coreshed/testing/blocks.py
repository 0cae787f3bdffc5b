# ruff: noqa: S101, S311, D102  (a test suite: it asserts, its dice are no secret, its names are its documentation)
"""What the versioned block store has to do over any store and database: a random walk beside a plain model.

Subclass `BlockEngineSuite` and give it the fixtures `store` and `database` (migrated, or with the engine's tables).
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, cast
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coreshed.blobs.stores import Store
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import CentroidKeys, IndexKeys, Keys
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import MOST_ROWS
from coreshed.blockmodels.engine.errors import BadBlocks, VersionMoved
from coreshed.blockmodels.engine.exporting import export_parquet, read_table
from coreshed.blockmodels.engine.fsck import check_model
from coreshed.blockmodels.engine.grid import Grid, Kind, Rotation
from coreshed.blockmodels.engine.limits import Limits
from coreshed.blockmodels.engine.manifest import VERSION_COLUMN, Header
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.sources import ParquetSource, Source, TableSource
from coreshed.blockmodels.engine.store import FIRST_VERSION, BlockStore, first_manifest
from coreshed.database import Database
from coreshed.testing.plain_model import PlainModel, PlainVersion, plain, random_values

_MOST_VERSIONS = 9
# Tiny enough that a few dozen rows make several groups, or are sorted into several files.
_LIMITS = (Limits(), Limits(largest_group=20, spilled_group=9), Limits(largest_group=1, spilled_group=1))


def create_tiled(blocks: BlockStore, grid: Grid, tile_shape: tuple[int, int, int], model_id: str | None = None) -> str:
    """A new model that is cut into tiles of this shape; its id."""
    model_id = model_id or str(uuid4())
    manifest, maps = first_manifest(grid)
    with blocks.database.writing() as rows:
        ledger.create(rows, model_id, Header(grid, tile_shape))
        ledger.publish(
            rows,
            model_id=model_id,
            version_id=FIRST_VERSION,
            job_id=str(uuid4()),
            manifest=manifest,
            maps=maps,
            segments=(),
        )
    return model_id


class Walk(RuleBasedStateMachine):
    """Updates of one regular model; after every step each of its versions is as it was."""

    def __init__(self, opened: Callable[[Limits], BlockStore]) -> None:
        super().__init__()
        self.open = opened
        self.blocks: BlockStore | None = None

    def teardown(self) -> None:
        if self.blocks is not None:
            checked = check_model(self.blocks.database, self.blocks.store, self.model_id, deep=True)
            self.blocks.close()
            assert checked.findings == ()
            assert checked.versions == self.model.newest

    @initialize(
        parents=st.tuples(*[st.integers(1, 5)] * 3),
        shape=st.tuples(*[st.integers(2, 4)] * 3),
        limits=st.sampled_from(_LIMITS),
        turned=st.booleans(),
    )
    def begin(self, parents: tuple[int, int, int], shape: tuple[int, int, int], limits: Limits, turned: bool) -> None:
        rotations = (Rotation("z", 30.0), Rotation("x", -12.5)) if turned else ()
        self.grid = Grid(Kind.REGULAR, (1000.5, -20.25, 300.0), parents, (10.0, 5.0, 2.5), rotations=rotations)
        self.limits = limits
        self.blocks = self.open(limits)
        self.model_id = create_tiled(self.blocks, self.grid, shape)
        self.model = PlainModel(parents)
        self.made = 0

    # -- what is done --------------------------------------------------------------------------------------------------

    @rule(seed=st.integers(0, 1 << 32), rows=st.sampled_from(["all", "sorted", "box", "scattered", "none"]))
    @precondition(lambda self: self.model.newest < _MOST_VERSIONS)
    def update(self, seed: int, rows: str) -> None:
        dice = Random(seed)
        change = self._change(dice)
        draft, expected = self._draft(dice, change, rows)
        assert draft.box == expected.box
        assert self._store.publish(self.model_id, draft) == self.model.append(expected)

    @rule(seed=st.integers(0, 1 << 32))
    @precondition(lambda self: self.model.newest < _MOST_VERSIONS)
    def change_columns_without_an_upload(self, seed: int) -> None:
        dice = Random(seed)
        kept = list(self.model.versions[self.model.newest].columns)
        change = Change(
            new=tuple(self._new(dice)[:1]),
            deleted=frozenset(name for name in kept if dice.random() < 0.3),
            renamed={name: f"renamed {dice.randint(0, 999)}" for name in kept if dice.random() < 0.5},
        )
        draft = self._store.draft(self._store.snapshot(self.model_id), change)
        assert (draft.segments, draft.box, draft.blocks_uploaded) == ((), None, None)
        assert self._store.publish(self.model_id, draft) == self.model.append(self.model.next(change, None, {}))

    @rule(seed=st.integers(0, 1 << 32))
    @precondition(lambda self: self.model.newest < _MOST_VERSIONS)
    def publish_one_of_two_drafts(self, seed: int) -> None:
        dice = Random(seed)
        drafts = [self._draft(dice, self._change(dice), dice.choice(["all", "box", "scattered"])) for _ in range(2)]
        dice.shuffle(drafts)
        (first, expected), (second, _) = drafts
        self._store.publish(self.model_id, first)
        with pytest.raises(VersionMoved):
            self._store.publish(self.model_id, second)
        self.model.append(expected)

    @rule(seed=st.integers(0, 1 << 32))
    def refuse_a_block_that_is_named_twice(self, seed: int) -> None:
        dice = Random(seed)
        named = self._rows(dice, "scattered") or [0]
        named.insert(dice.randrange(len(named) + 1), dice.choice(named))
        before = {file.key for file in self._store.store.list()}
        with pytest.raises(BadBlocks) as caught:
            self._upload(dice, Change(new=tuple(self._new(dice)[:1])), named)
        rows: list[Any] = caught.value.rows.column("row").to_pylist()
        [twice] = {block for block in named if named.count(block) == 2}
        assert caught.value.count == len(rows) == 1
        assert named[rows[0]] == twice
        assert {file.key for file in self._store.store.list()} == before

    @rule(limits=st.sampled_from(_LIMITS))
    def reopen(self, limits: Limits) -> None:
        self._store.close()
        self.blocks = self.open(limits)

    # -- what has to hold ----------------------------------------------------------------------------------------------

    @invariant()
    def every_version_reads_back(self) -> None:
        for number, expected in self.model.versions.items():
            self._check(number, expected, None)

    @rule(seed=st.integers(0, 1 << 32))
    def a_box_reads_back(self, seed: int) -> None:
        dice = Random(seed)
        number = dice.randint(1, self.model.newest)
        self._check(number, self.model.versions[number], self._box(dice, beyond=1))

    @rule(seed=st.integers(0, 1 << 32), exclude=st.booleans())
    def an_export_reads_back(self, seed: int, exclude: bool) -> None:
        dice = Random(seed)
        number = dice.randint(1, self.model.newest)
        expected, box = self.model.versions[number], dice.choice([None, self._box(dice, beyond=0)])
        file = BytesIO()
        done = export_parquet(self._asked(number, expected, box, exclude=exclude), file.write)
        assert done.size == file.tell()
        opened = pq.ParquetFile(file)
        groups = [opened.metadata.row_group(index).num_rows for index in range(opened.num_row_groups)]
        assert sum(groups) == done.rows
        assert max(groups, default=0) <= MOST_ROWS
        self._compare(opened.read(), expected, self._live(expected, self.model.within(box), exclude=exclude))

    # -- how -----------------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> BlockStore:
        assert self.blocks is not None
        return self.blocks

    def _new(self, dice: Random) -> list[Written]:
        made = []
        for _ in range(dice.choice((1, 1, 2))):
            self.made += 1
            made.append(Written(f"c{self.made}", f"new {self.made}", dice.choice(list(DataType)), f"up {self.made}"))
        return made

    def _change(self, dice: Random) -> Change:
        old = self.model.versions[self.model.newest].columns
        updated = [name for name in old if dice.random() < 0.6]
        gone = [name for name in old if name not in updated and dice.random() < 0.2]
        new = [] if updated and dice.random() < 0.6 else self._new(dice)
        return Change(
            new=tuple(new),
            updated=tuple(Written(name, old[name].title, old[name].data_type, f"up {name}") for name in updated),
            deleted=frozenset(gone),
            renamed={name: f"other {dice.randint(0, 999)}" for name in old if name not in gone and dice.random() < 0.2},
            update_type=dice.choice(list(UpdateType)),
        )

    def _draft(self, dice: Random, change: Change, rows: str) -> tuple[Draft, PlainVersion]:
        return self._upload(dice, change, self._rows(dice, rows))

    def _upload(self, dice: Random, change: Change, named: Sequence[int]) -> tuple[Draft, PlainVersion]:
        written = (*change.new, *change.updated)
        values = {each: random_values(dice, each.data_type, len(named)) for each in written}
        keys, key_columns = self._keys(dice, named)
        table = pa.table({**key_columns, **{str(each.source): found for each, found in values.items()}})
        draft = self._store.draft(self._store.snapshot(self.model_id), change, _source(dice, table), keys)
        assert draft.blocks_uploaded == len(named)
        given = {each.column_id: plain(found) for each, found in values.items()}
        return draft, self.model.next(change, named, given)

    def _keys(self, dice: Random, named: Sequence[int]) -> tuple[Keys, dict[str, Any]]:
        i, j, k = (pa.array(axis, pa.uint32()) for axis in self.model.indices(named))
        if dice.random() < 0.6:
            return IndexKeys(self.grid, ("I", "J", "K")), {"K": k, "I": i, "J": j}
        x, y, z = self.grid.centroids(*(axis.to_numpy() for axis in (i, j, k)))
        return CentroidKeys(self.grid), {"z": z, "y": y, "x": x}

    def _rows(self, dice: Random, rows: str) -> list[int]:
        if rows == "none":
            return []
        named = self.model.within(self._box(dice, beyond=0) if rows == "box" else None)
        if rows == "scattered":
            named = dice.sample(named, dice.randint(1, len(named)))
        elif rows == "sorted":  # an axis of its own choice is the slowest
            places = list(zip(*self.model.indices(named), strict=True))
            order = dice.sample(range(3), 3)
            named.sort(key=lambda block: [places[block][axis] for axis in order])
        elif dice.random() < 0.5:
            dice.shuffle(named)
        return named

    def _box(self, dice: Random, *, beyond: int) -> IndexBox:
        sides = [sorted(dice.choices(range(count + beyond), k=2)) for count in self.model.parents]
        return IndexBox(*((low, high) for low, high in sides))

    def _asked(self, number: int, expected: PlainVersion, box: IndexBox | None, *, exclude: bool = False) -> Asked:
        outputs = [Output(name, name) for name in (*"ijk", VERSION_COLUMN)]
        outputs += [Output(name, f"as {name}", data=True) for name in expected.columns]
        return Asked(self._store.snapshot(self.model_id, number), Query(tuple(outputs), box, exclude))

    def _live(self, expected: PlainVersion, inside: list[int], *, exclude: bool) -> list[int]:
        if not exclude or not expected.columns:
            return inside
        columns = [each.values for each in expected.columns.values()]
        return [block for block in inside if any(values[block] is not None for values in columns)]

    def _check(self, number: int, expected: PlainVersion, box: IndexBox | None) -> None:
        asked = self._asked(number, expected, box)
        titles = {each.id: each.title for each in asked.snapshot.manifest.columns if each.id != VERSION_COLUMN}
        assert titles == {name: each.title for name, each in expected.columns.items()}
        self._compare(read_table(asked), expected, self.model.within(box))

    def _compare(self, found: pa.Table, expected: PlainVersion, blocks: list[int]) -> None:
        """The rows come in the order of tiles, which the plain model does not know."""
        _, nj, nk = self.model.parents
        indices: list[list[Any]] = [found.column(name).to_pylist() for name in "ijk"]
        order = [(a * nj + b) * nk + c for a, b, c in zip(*indices, strict=True)]
        assert sorted(order) == blocks
        assert plain(found.column(VERSION_COLUMN)) == [expected.marks[block] for block in order]
        for name, column in expected.columns.items():
            values = found.column(f"as {name}")
            assert values.type == column.data_type.arrow
            assert plain(values) == [column.values[block] for block in order], name


def _source(dice: Random, table: pa.Table) -> Source:
    """The same rows as a table in memory, or as a Parquet file, in parts of some size."""
    part = dice.choice((1, 3, 10, 1000)) if table.num_rows < 60 else dice.choice((10, 25, 1000))
    if dice.random() < 0.5:
        return TableSource(table, part)
    file = BytesIO()
    pq.write_table(table, file, row_group_size=part, compression=dice.choice(("snappy", "zstd", "none")))
    return ParquetSource(lambda: BytesIO(file.getvalue()), most_rows=table.num_rows)


class BlockEngineSuite:
    """Tests of the engine over a store and a database. examples, steps: how far the random walk goes."""

    examples = 12
    steps = 8

    def test_that_all_versions_stay_as_they_were_on_a_random_walk(self, store: Store, database: Database) -> None:
        def opened(limits: Limits) -> BlockStore:
            return BlockStore(database=database, store=store, limits=limits)

        run_state_machine_as_test(
            cast("type[Walk]", lambda: Walk(opened)),  # any factory will do
            settings=settings(
                max_examples=self.examples,
                stateful_step_count=self.steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),  # explaining takes minutes
            ),
        )

    def test_that_every_type_reads_back_in_duckdb(self, store: Store, database: Database, tmp_path: Path) -> None:
        duckdb = pytest.importorskip("duckdb")
        blocks, dice = BlockStore(database=database, store=store), Random(7)
        grid = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (6, 5, 4), (1.0, 1.0, 1.0))
        model_id = create_tiled(blocks, grid, (3, 3, 3))
        model = PlainModel(grid.parents)
        columns = {Written(f"c{each}", each, each, each): random_values(dice, each, model.count) for each in DataType}
        i, j, k = (pa.array(axis, pa.uint32()) for axis in model.indices(range(model.count)))
        table = pa.table({"i": i, "j": j, "k": k, **{each.source: found for each, found in columns.items()}})
        change = Change(new=tuple(columns))
        base = blocks.snapshot(model_id)
        blocks.publish(model_id, blocks.draft(base, change, TableSource(table), IndexKeys(grid)))
        outputs = [Output(name, name) for name in "ijk"] + [Output(each.column_id, each.title) for each in columns]
        with (tmp_path / "all.parquet").open("wb") as file:
            export_parquet(Asked(blocks.snapshot(model_id), Query(tuple(outputs))), file.write)
        with duckdb.connect() as connection:
            found = connection.read_parquet(file.name).order("i, j, k").to_arrow_table()
        blocks.close()
        assert found.num_rows == model.count
        for each, values in columns.items():
            assert plain(_as(found.column(each.title), each.data_type)) == plain(values), each.title


def _as(values: Any, data_type: DataType) -> Any:
    """DuckDB has its own idea of half floats and of time zones."""
    return values if values.type == data_type.arrow else values.cast(data_type.arrow)
