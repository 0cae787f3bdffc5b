"""What an update does to blocks that it names and to those that it does not: each row of the table, for each kind."""

from collections.abc import Iterator

import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change
from coreshed.blockmodels.engine.errors import BadBlocks
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN
from coreshed.blockmodels.engine.store import BlockStore
from tests.blockmodels.engine.models import (
    MERGE,
    REPLACE,
    Row,
    by_block,
    draft,
    number,
    publish,
    reshape,
    rows,
    text,
    upload,
)
from tests.conftest import Databases

ORIGIN, SIZE = (100.0, 200.0, 300.0), (8.0, 4.0, 2.0)
FULLY = Grid(Kind.FULLY_SUB_BLOCKED, ORIGIN, (2, 1, 1), SIZE, (2, 1, 2))
OCTREE = Grid(Kind.VARIABLE_OCTREE, ORIGIN, (2, 1, 1), SIZE, (8, 4, 2))
FLEXIBLE = Grid(Kind.FLEXIBLE, ORIGIN, (2, 1, 1), SIZE, (4, 2, 2))
ORE, ROCK, GOLD = number("ore"), text("rock"), number("gold")

# For every kind the ways to name: the first and the second parent whole, and the parts into which the first is divided.
WHOLE: dict[Grid, list[Row]] = {
    FULLY: [(0, 0, 0, 0), (1, 0, 0, 0)],
    OCTREE: [(0, 0, 0, 0), (1, 0, 0, 0)],
    FLEXIBLE: [(0, 0, 0, 0, 0, 0, 4, 2, 2), (1, 0, 0, 0, 0, 0, 4, 2, 2)],
}
PARTS: dict[Grid, list[Row]] = {
    FULLY: [(0, 0, 0, 1), (0, 0, 0, 2), (0, 0, 0, 3), (0, 0, 0, 4)],
    OCTREE: [(0, 0, 0, sidx) for sidx in (1, 14, 27, 40, 53, 66, 79, 92)],
    FLEXIBLE: [(0, 0, 0, 0, 0, 0, 1, 2, 2), (0, 0, 0, 1, 0, 0, 4, 1, 2), (0, 0, 0, 1, 1, 0, 4, 2, 2)],
}


@pytest.fixture
def store(databases: Databases) -> Iterator[BlockStore]:
    blocks = BlockStore(database=databases.main, store=MemoryStore())
    yield blocks
    blocks.close()


@pytest.fixture(params=[FULLY, OCTREE, FLEXIBLE], ids=lambda grid: str(grid.kind))
def grid(request: pytest.FixtureRequest) -> Grid:
    found: Grid = request.param
    return found


@pytest.fixture
def blocks(store: BlockStore, grid: Grid) -> BlockStore:
    """Version 2: the first parent divided into parts with the values 0, 1, ..., the second whole with 9."""
    store.create("m", grid)
    parts = [(*part, float(value)) for value, part in enumerate(PARTS[grid])]
    publish(store, reshape(new=(ORE,)), upload(grid, (ORE,), *parts, (*WHOLE[grid][1], 9.0)))
    return store


def marks(blocks: BlockStore) -> dict[Row, int]:
    return {key: mark for key, (mark,) in by_block(blocks.snapshot("m"), VERSION_COLUMN).items()}  # type: ignore[misc]


def test_that_merging_values_leaves_other_blocks_as_they_are(blocks: BlockStore, grid: Grid) -> None:
    second = PARTS[grid][1]
    publish(blocks, Change(updated=(ORE,), new=(ROCK,)), upload(grid, (ORE, ROCK), (*second, 7.0, "tuff")))
    found = by_block(blocks.snapshot("m"), "ore", "rock")
    assert found[second] == (7.0, "tuff")
    assert found[PARTS[grid][0]] == (0.0, None)
    assert found[WHOLE[grid][1]] == (9.0, None)
    assert {key for key, mark in marks(blocks).items() if mark == 3} == {second}


def test_that_replacing_values_makes_other_blocks_null_and_leaves_other_columns(blocks: BlockStore, grid: Grid) -> None:
    second = PARTS[grid][1]
    publish(blocks, Change(new=(ROCK,)), upload(grid, (ROCK,), (*WHOLE[grid][1], "tuff")))
    made = draft(blocks, Change(updated=(ORE,), update_type=REPLACE), upload(grid, (ORE,), (*second, 7.0)))
    assert made.box == IndexBox((0, 1), (0, 0), (0, 0))
    blocks.publish("m", made)
    found = by_block(blocks.snapshot("m"), "ore", "rock")
    assert found[second] == (7.0, None)
    assert found[PARTS[grid][0]] == (None, None)
    assert found[WHOLE[grid][1]] == (None, "tuff")
    assert blocks.snapshot("m").manifest.rows == len(PARTS[grid]) + 1


def test_that_merging_geometry_divides_touched_parents_and_leaves_the_others(blocks: BlockStore, grid: Grid) -> None:
    made = draft(
        blocks, reshape(ORE, new=(GOLD,), update_type=MERGE), upload(grid, (ORE, GOLD), (*WHOLE[grid][0], 5.0, 0.5))
    )
    assert made.box == IndexBox((0, 0), (0, 0), (0, 0))
    blocks.publish("m", made)
    third = blocks.snapshot("m")
    assert by_block(third, "ore", "gold", VERSION_COLUMN) == {
        WHOLE[grid][0]: (5.0, 0.5, 3),
        WHOLE[grid][1]: (9.0, None, 2),
    }
    assert third.manifest.rows == 2
    assert third.manifest.layout is None
    assert len(by_block(blocks.snapshot("m", 2))) == len(PARTS[grid]) + 1


def test_that_merging_geometry_keeps_the_parts_of_parents_that_it_leaves(blocks: BlockStore, grid: Grid) -> None:
    publish(blocks, reshape(ORE, update_type=MERGE), upload(grid, (ORE,), (*WHOLE[grid][1], 5.0)))
    assert rows(blocks.snapshot("m"), "ore") == [
        *((*part, float(value)) for value, part in enumerate(PARTS[grid])),
        (*WHOLE[grid][1], 5.0),
    ]


def test_that_a_parent_given_in_part_cannot_be_merged(blocks: BlockStore, grid: Grid) -> None:
    source = upload(grid, (ORE,), (*WHOLE[grid][1], 9.0), *((*part, 1.0) for part in PARTS[grid][1:]))
    with pytest.raises(BadBlocks, match="fill them exactly") as caught:
        publish(blocks, reshape(ORE, update_type=MERGE), source)
    found = caught.value.rows.to_pylist()
    assert [row["row"] for row in found] == list(range(1, len(PARTS[grid])))
    assert {row["reason"] for row in found} == {"belongs to a parent that the upload gives only in part"}
    assert blocks.snapshot("m").version_id == 2


def test_that_replacing_geometry_resets_parents_that_it_leaves_out(blocks: BlockStore, grid: Grid) -> None:
    publish(blocks, reshape(ORE), upload(grid, (ORE,), (*WHOLE[grid][1], 5.0)))
    assert by_block(blocks.snapshot("m"), "ore", VERSION_COLUMN) == {
        WHOLE[grid][0]: (None, 3),
        WHOLE[grid][1]: (5.0, 3),
    }
    publish(blocks, reshape(ORE), upload(grid, (ORE,)))
    assert by_block(blocks.snapshot("m"), "ore", VERSION_COLUMN) == {
        WHOLE[grid][0]: (None, 3),
        WHOLE[grid][1]: (None, 4),
    }


def test_that_replacing_geometry_may_delete_what_it_does_not_give(blocks: BlockStore, grid: Grid) -> None:
    source = upload(grid, (GOLD,), (*WHOLE[grid][0], 0.5))
    publish(blocks, reshape(new=(GOLD,), deleted=("ore",)), source)
    third = blocks.snapshot("m")
    assert third.manifest.find("ore") is None
    assert rows(third, "gold") == [(*WHOLE[grid][0], 0.5)]


def test_that_a_fully_divided_parent_given_in_part_gets_its_other_cells(store: BlockStore) -> None:
    store.create("m", FULLY)
    publish(store, reshape(new=(ORE,)), upload(FULLY, (ORE,), (1, 0, 0, 3, 5.0)))
    assert by_block(store.snapshot("m"), "ore", VERSION_COLUMN, DERIVATION_COLUMN) == {
        (0, 0, 0, 0): (None, 1, "user specified"),
        (1, 0, 0, 1): (None, 2, "user specified"),
        (1, 0, 0, 2): (None, 2, "user specified"),
        (1, 0, 0, 3): (5.0, 2, "user specified"),
        (1, 0, 0, 4): (None, 2, "user specified"),
    }


def test_that_an_octree_given_in_part_gets_the_coarsest_nodes(store: BlockStore) -> None:
    store.create("m", OCTREE)
    # 16 is the second child of the first child of 14, so 14's other children and its siblings are lacking.
    publish(store, reshape(new=(ORE,)), upload(OCTREE, (ORE,), (0, 0, 0, 16, 5.0)))
    found = by_block(store.snapshot("m"), "ore")
    assert sorted(key[3] for key in found if key[0] == 0) == [1, 16, 17, 18, 21, 24, 27, 40, 53, 66, 79, 92]
    assert found[0, 0, 0, 16] == (5.0,)


def test_that_a_flexible_parent_given_in_part_is_refused(store: BlockStore) -> None:
    store.create("m", FLEXIBLE)
    with pytest.raises(BadBlocks) as caught:
        publish(store, reshape(new=(ORE,)), upload(FLEXIBLE, (ORE,), (0, 0, 0, 0, 0, 0, 4, 2, 1, 5.0)))
    assert caught.value.rows.column("row").to_pylist() == [0]


def test_that_nodes_are_found_by_number_and_by_place(store: BlockStore) -> None:
    store.create("m", OCTREE)
    parts = [(1, 0, 0, sidx, float(sidx)) for sidx in (1, 14, 27, 40, 53, 66, 79, 92)]
    publish(store, reshape(new=(ORE,), update_type=MERGE), upload(OCTREE, (ORE,), *parts))
    # Half a parent each way: the node 14 is the eighth at (1, 0, 0) of the first level, 53 the one at (0, 0, 1).
    places = [(114.0, 201.0, 300.5, 4.0, 2.0, 1.0, -14.0), (110.0, 201.0, 301.5, 4.0, 2.0, 1.0, -53.0)]
    publish(store, Change(updated=(ORE,)), upload(OCTREE, (ORE,), *places, places=True))
    found = by_block(store.snapshot("m"), "ore")
    assert (found[1, 0, 0, 14], found[1, 0, 0, 53], found[1, 0, 0, 1]) == ((-14.0,), (-53.0,), (1.0,))


# -- filling -----------------------------------------------------------------------------------------------------------


def filled(store: BlockStore) -> BlockStore:
    """Version 3: the first parent had 1.0 and "tuff" and is divided by an upload that gives one cell."""
    store.create("m", FULLY)
    publish(store, reshape(new=(ORE, ROCK)), upload(FULLY, (ORE, ROCK), (0, 0, 0, 0, 1.0, "tuff")))
    source = upload(FULLY, (ORE, ROCK), (0, 0, 0, 2, 2.0, "basalt"), (1, 0, 0, 4, 4.0, None))
    publish(store, reshape(ORE, ROCK, update_type=MERGE, fill=True), source)
    return store


def test_that_missing_cells_take_the_values_of_their_parent(store: BlockStore) -> None:
    found = by_block(filled(store).snapshot("m"), "ore", "rock", DERIVATION_COLUMN, VERSION_COLUMN)
    assert found == {
        (0, 0, 0, 1): (1.0, "tuff", "derived from parent", 3),
        (0, 0, 0, 2): (2.0, "basalt", "user specified", 3),
        (0, 0, 0, 3): (1.0, "tuff", "derived from parent", 3),
        (0, 0, 0, 4): (1.0, "tuff", "derived from parent", 3),
        # The second parent had no values.
        (1, 0, 0, 1): (None, None, "user specified", 3),
        (1, 0, 0, 2): (None, None, "user specified", 3),
        (1, 0, 0, 3): (None, None, "user specified", 3),
        (1, 0, 0, 4): (4.0, None, "user specified", 3),
    }


def test_that_missing_cells_of_a_divided_parent_keep_their_values(store: BlockStore) -> None:
    filled(store)
    source = upload(FULLY, (ORE, ROCK), (0, 0, 0, 1, 7.0, "ash"))
    publish(store, reshape(ORE, ROCK, update_type=MERGE, fill=True), source)
    found = by_block(store.snapshot("m"), "ore", "rock", DERIVATION_COLUMN)
    assert {key[3]: values for key, values in found.items() if key[0] == 0} == {
        1: (7.0, "ash", "user specified"),
        2: (2.0, "basalt", "user specified"),
        3: (1.0, "tuff", "derived from parent"),
        4: (1.0, "tuff", "derived from parent"),
    }


def test_that_derived_blocks_become_those_of_users_with_their_values(store: BlockStore) -> None:
    filled(store)
    publish(store, Change(updated=(ORE,)), upload(FULLY, (ORE,), (0, 0, 0, 1, 7.0), (0, 0, 0, 2, 8.0)))
    publish(store, Change(updated=(ORE, ROCK)), upload(FULLY, (ORE, ROCK), (0, 0, 0, 3, 7.0, "ash")))
    found = by_block(store.snapshot("m"), DERIVATION_COLUMN)
    assert [found[0, 0, 0, sidx] for sidx in (1, 2, 3, 4)] == [
        ("some columns derived",),
        ("user specified",),
        ("user specified",),
        ("derived from parent",),
    ]
    publish(store, Change(updated=(ORE, ROCK), update_type=REPLACE), upload(FULLY, (ORE, ROCK)))
    assert set(by_block(store.snapshot("m"), DERIVATION_COLUMN).values()) == {("user specified",)}


@pytest.mark.parametrize(
    ("grid", "update_type"),
    [(OCTREE, MERGE), (FLEXIBLE, MERGE), (FULLY, REPLACE)],
    ids=["octree", "flexible", "replace"],
)
def test_that_only_fully_divided_parents_are_filled_and_only_in_a_merge(
    store: BlockStore, grid: Grid, update_type: str
) -> None:
    store.create("m", grid)
    change = reshape(new=(ORE,), update_type=type(MERGE)(update_type), fill=True)
    with pytest.raises(ValueError, match="filled only"):
        publish(store, change, upload(grid, (ORE,), (*WHOLE[grid][0], 1.0)))
