"""The quickstart's fully sub-blocked model: created, given data, given more, and divided anew."""

from collections.abc import Iterator

import pytest

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change
from coreshed.blockmodels.engine.errors import BadBlocks
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN
from coreshed.blockmodels.engine.store import BlockStore
from tests.blockmodels.engine.geometry import QUICKSTART
from tests.blockmodels.engine.models import (
    REPLACE,
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

ONE, TWO, THREE, FOUR, FIVE = (
    text("column_one"),
    number("column_two"),
    text("column_three"),
    number("column_four"),
    number("column_five"),
)
INITIAL = upload(
    QUICKSTART,
    (ONE, TWO),
    (1.0, 1.5, 4.5, 2.0, 1.0, 1.0, "A", 1.5),
    (2.6, 2.5, 2.25, 0.4, 1.0, 0.5, "D", 1.3),
    (3.0, 2.5, 2.25, 0.4, 1.0, 0.5, "E", 1.2),
    places=True,
)
ADDED = upload(
    QUICKSTART,
    (THREE, FOUR),
    (1.0, 1.5, 4.5, 2.0, 1.0, 1.0, "G", 4.5),
    (2.6, 2.5, 2.25, 0.4, 1.0, 0.5, "H", 5.3),
    places=True,
)
DIVIDED_ANEW = upload(
    QUICKSTART,
    (TWO, THREE, FIVE),
    (0.2, 1.5, 4.25, 0.4, 1.0, 0.5, 14.0, "X", 11.5),
    (3.0, 2.5, 2.5, 2.0, 1.0, 1.0, -1.0, "Y", 12.3),
    places=True,
)


@pytest.fixture
def blocks(databases: Databases) -> Iterator[BlockStore]:
    store = BlockStore(database=databases.main, store=MemoryStore())
    store.create("m", QUICKSTART)
    yield store
    store.close()


def quickstart(blocks: BlockStore) -> None:
    publish(blocks, reshape(new=(ONE, TWO)), INITIAL)
    publish(blocks, Change(new=(THREE, FOUR), update_type=REPLACE), ADDED)
    publish(blocks, reshape(TWO, THREE, new=(FIVE,), deleted=("column_one", "column_four")), DIVIDED_ANEW)


def test_that_a_new_model_has_every_parent_whole(blocks: BlockStore) -> None:
    first = by_block(blocks.snapshot("m"), VERSION_COLUMN, DERIVATION_COLUMN)
    assert len(first) == 1000
    assert {key[3] for key in first} == {0}
    assert set(first.values()) == {(1, "user specified")}


def test_that_the_first_upload_divides_the_parents_that_it_names(blocks: BlockStore) -> None:
    made = draft(blocks, reshape(new=(ONE, TWO)), INITIAL)
    assert made.box == IndexBox((0, 1), (1, 2), (2, 4))
    assert made.blocks_uploaded == 3
    assert blocks.publish("m", made) == 2
    second = blocks.snapshot("m")
    assert second.manifest.rows == 1009
    assert rows(second, "column_one", "column_two") == [
        (0, 1, 4, 0, "A", 1.5),
        (1, 2, 2, 3, "D", 1.3),
        (1, 2, 2, 5, "E", 1.2),
    ]
    found = by_block(second, "column_one", VERSION_COLUMN, DERIVATION_COLUMN)
    assert len(found) == 1009
    assert [key[3] for key in found if key[:3] == (1, 2, 2)] == list(range(1, 11))
    assert found[1, 2, 2, 4] == (None, 2, "user specified")
    assert {key[:3] for key, values in found.items() if values[1] == 2} == {(0, 1, 4), (1, 2, 2)}


def test_that_more_columns_come_without_a_change_of_geometry(blocks: BlockStore) -> None:
    publish(blocks, reshape(new=(ONE, TWO)), INITIAL)
    assert publish(blocks, Change(new=(THREE, FOUR), update_type=REPLACE), ADDED) == 3
    third = blocks.snapshot("m")
    assert third.manifest.rows == 1009
    assert rows(third, "column_one", "column_four", places=True) == [
        (1.0, 1.5, 4.5, 2.0, 1.0, 1.0, "A", 4.5),
        (pytest.approx(2.6), 2.5, 2.25, 0.4, 1.0, 0.5, "D", 5.3),
        (3.0, 2.5, 2.25, 0.4, 1.0, 0.5, "E", None),
    ]
    marks = by_block(third, VERSION_COLUMN)
    assert {key for key, mark in marks.items() if mark == (3,)} == {(0, 1, 4, 0), (1, 2, 2, 3)}
    assert marks[1, 2, 2, 5] == (2,)


def test_that_a_block_that_does_not_exist_is_named(blocks: BlockStore) -> None:
    publish(blocks, reshape(new=(ONE, TWO)), INITIAL)
    with pytest.raises(BadBlocks) as caught:
        publish(
            blocks,
            Change(new=(FOUR,), update_type=REPLACE),
            upload(QUICKSTART, (FOUR,), (0, 1, 4, 0, 1.0), (0, 0, 0, 1, 2.0)),
        )
    assert caught.value.rows.to_pylist() == [{"row": 1, "reason": "names a block that does not exist"}]
    assert blocks.snapshot("m").version_id == 2


def test_that_a_geometry_update_divides_anew(blocks: BlockStore) -> None:
    quickstart(blocks)
    fourth = blocks.snapshot("m")
    assert fourth.version_id == 4
    assert fourth.manifest.rows == 1009
    assert {column.id for column in fourth.manifest.columns} == {
        "column_two",
        "column_three",
        "column_five",
        VERSION_COLUMN,
        DERIVATION_COLUMN,
    }
    columns = ("column_five", "column_three", "column_two")
    assert rows(fourth, *columns) == [(0, 1, 4, 1, 11.5, "X", 14.0), (1, 2, 2, 0, 12.3, "Y", -1.0)]
    assert rows(fourth, *columns, places=True) == [
        (0.2, 1.5, 4.25, 0.4, 1.0, 0.5, 11.5, "X", 14.0),
        (3.0, 2.5, 2.5, 2.0, 1.0, 1.0, 12.3, "Y", -1.0),
    ]
    found = by_block(fourth, VERSION_COLUMN)
    assert {key for key, mark in found.items() if mark == (4,)} == {
        (1, 2, 2, 0),
        *((0, 1, 4, sidx) for sidx in range(1, 11)),
    }


def test_that_a_column_that_would_go_on_without_values_is_refused(blocks: BlockStore) -> None:
    publish(blocks, reshape(new=(ONE, TWO)), INITIAL)
    publish(blocks, Change(new=(THREE, FOUR), update_type=REPLACE), ADDED)
    with pytest.raises(ValueError, match="every column"):
        publish(blocks, reshape(TWO, THREE, new=(FIVE,), deleted=("column_one",)), DIVIDED_ANEW)
    assert list(blocks.store.list()) != []
    assert blocks.snapshot("m").version_id == 3


def test_that_older_versions_keep_their_blocks_and_values(blocks: BlockStore) -> None:
    quickstart(blocks)
    second, third = blocks.snapshot("m", 2), blocks.snapshot("m", 3)
    for version in (second, third):
        assert [key[3] for key in by_block(version) if key[:3] == (1, 2, 2)] == list(range(1, 11))
        assert [row[4:] for row in rows(version, "column_one")] == [("A",), ("D",), ("E",)]
    assert [row[4:] for row in rows(third, "column_four")] == [(4.5,), (5.3,)]
