"""A store that an earlier release has written: every version reads back, and versions can be appended."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.compare import diff
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.fsck import check_store
from coreshed.blockmodels.engine.geometry_columns import index_columns
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.testing.plain_model import plain

FIXTURE = Path(__file__).parents[2] / "fixtures" / "blocks-v1"
RECORD: dict[str, dict[str, Any]] = json.loads(FIXTURE.with_suffix(".json").read_text())
REGULAR = next(iter(RECORD))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BlockStore]:
    """A copy: opening a store writes beside it."""
    shutil.copytree(FIXTURE, tmp_path / "store")
    with BlockStore.open(tmp_path / "store") as opened:
        yield opened


@pytest.mark.parametrize(("model", "number"), [(model, number) for model in RECORD for number in RECORD[model]])
def test_that_a_version_of_an_earlier_release_reads_back(store: BlockStore, model: str, number: str) -> None:
    check_version(store, model, int(number))


def check_version(store: BlockStore, model: str, number: int) -> None:
    snapshot = store.snapshot(model, number)
    columns = RECORD[model][str(number)]["columns"]
    kind = snapshot.header.grid.kind
    names = index_columns(kind)
    outputs = [Output(name, name) for name in names]
    outputs += [Output(each.id, each.title) for each in snapshot.manifest.columns]
    table = read_table(Asked(snapshot, Query(tuple(outputs)))).sort_by([(name, "ascending") for name in names])
    assert table.column_names[: len(names)] == list(names)
    assert set(table.column_names[len(names) :]) == set(columns)
    keys = [list(key) for key in zip(*(table.column(name).to_pylist() for name in names), strict=True)]
    if kind is Kind.FLEXIBLE:
        keys = [[*key[:3], *(a << 14 | b << 7 | c for a, b, c in (key[3:6], key[6:]))] for key in keys]
    assert keys == RECORD[model][str(number)]["keys"]
    for title, (data_type, values) in columns.items():
        assert table.column(title).type == DataType(data_type).arrow
        assert plain(table.column(title)) == values, title


def test_that_the_store_of_an_earlier_release_is_sound(store: BlockStore) -> None:
    checked = check_store(store.database, store.store, deep=True)
    assert checked.findings == ()
    assert checked.versions == sum(map(len, RECORD.values()))
    assert checked.segments == 7


def test_that_a_version_can_be_appended_and_those_before_it_stay(store: BlockStore) -> None:
    base = store.snapshot(REGULAR)
    column = Written("c-float64", "A Float64", DataType.FLOAT64, "v")
    table = pa.table({**{name: pa.array([2], pa.uint32()) for name in "ijk"}, "v": [0.25]})
    draft = store.draft(base, Change(updated=(column,)), TableSource(table), IndexKeys(base.header.grid))
    assert store.publish(REGULAR, draft) == base.version_id + 1
    assert diff(base, store.snapshot(REGULAR)).blocks == 1
    for number in RECORD[REGULAR]:
        check_version(store, REGULAR, int(number))
    assert check_store(store.database, store.store, deep=True).findings == ()
