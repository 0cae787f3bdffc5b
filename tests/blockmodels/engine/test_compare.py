"""What differs between two versions: where, by the maps, and what, by the values."""

import math
from collections.abc import Iterator
from random import Random
from time import perf_counter
from uuid import uuid4

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreshed.blobs.stores import MemoryStore
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.chunks import Chunk
from coreshed.blockmodels.engine.compare import ColumnDiff, Figures, delta, diff
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.manifest import Column, Header, Layout, Manifest
from coreshed.blockmodels.engine.maps import ColumnMap, SegmentName, Stored, TileColumn
from coreshed.blockmodels.engine.reading import Maps, Snapshot
from coreshed.blockmodels.engine.segments import Segments
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.tiles import tile_shape
from coreshed.blockmodels.engine.update import UpdateType
from coreshed.blockmodels.engine.writing import SegmentSink
from coreshed.testing.blocks import create_tiled
from coreshed.testing.plain_model import PlainModel, plain, random_values

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (6, 4, 4), (1.0, 1.0, 1.0))
CU = Written("c-cu", "Cu", DataType.FLOAT64, "v")
NAN = float("nan")


def figures(*values: float) -> Figures:
    return Figures(len(values), min(values), max(values), sum(values) / len(values), sum(values))


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockStore]:
    with BlockStore.open(tmp_path_factory.mktemp("blocks")) as made:
        yield BlockStore(database=made.database, store=MemoryStore())


@pytest.fixture
def model(blocks: BlockStore) -> str:
    return create_tiled(blocks, GRID, (2, 2, 4))


def publish(
    blocks: BlockStore, model: str, written: Written, values: dict[tuple[int, int, int], object], **change: object
) -> Snapshot:
    """Update a column, or add it where the newest version has none."""
    base = blocks.snapshot(model)
    i, j, k = zip(*values, strict=True)
    table = {name: pa.array(axis, pa.uint32()) for name, axis in zip("ijk", (i, j, k), strict=True)}
    table["v"] = pa.array(values.values(), written.data_type.arrow)
    kind = "updated" if base.manifest.find(written.column_id) else "new"
    made = Change(**{kind: (written,), **change})
    blocks.publish(model, blocks.draft(base, made, TableSource(pa.table(table)), IndexKeys(GRID)))
    return blocks.snapshot(model)


def test_that_equal_versions_do_not_differ(blocks: BlockStore, model: str) -> None:
    version = publish(blocks, model, CU, {(0, 0, 0): 1.0})
    assert delta(version, version).same
    assert diff(version, version).columns == ()


def test_that_columns_come_go_and_are_renamed(blocks: BlockStore, model: str) -> None:
    first = blocks.snapshot(model)
    second = publish(blocks, model, CU, {(0, 0, 0): 1.0, (5, 3, 3): None, (4, 3, 0): NAN})
    blocks.publish(model, blocks.draft(second, Change(renamed={"c-cu": "Copper"})))
    third = blocks.snapshot(model)

    added = delta(first, third)
    assert [(each.id, each.title) for each in added.added] == [("c-cu", "Copper")]
    assert (added.removed, added.renamed, added.changed) == ((), (), ())
    assert added.box == GRID.everything  # the tiles at both ends
    assert diff(first, third).columns == (ColumnDiff("c-cu", None, "Copper", 0, 2, 0, None, None, figures(1.0)),)
    assert diff(first, third).box == IndexBox((0, 4), (0, 3), (0, 0))

    renamed = delta(second, third)
    assert [(old.title, new.title) for old, new in renamed.renamed] == [("Cu", "Copper")]
    assert (renamed.added, renamed.changed, renamed.box, renamed.same) == ((), (), None, False)

    removed = delta(third, first)
    assert [each.title for each in removed.removed] == ["Copper"]
    assert diff(third, first).columns == (ColumnDiff("c-cu", "Copper", None, 0, 0, 2, None, figures(1.0), None),)


def test_that_what_really_changed_is_counted(blocks: BlockStore, model: str) -> None:
    old = publish(blocks, model, CU, {(0, 0, 0): 1.0, (0, 0, 1): 2.0, (0, 0, 2): None, (0, 0, 3): NAN, (1, 1, 1): 5.0})
    given = {(0, 0, 0): 1.5, (0, 0, 1): 2.0, (0, 0, 2): 7.0, (0, 0, 3): NAN, (1, 1, 1): 3.0, (2, 0, 0): None}
    new = publish(blocks, model, CU, given)
    found = delta(old, new)
    assert [each.ranks for each in found.changed] == [(0, 2)]
    assert found.box == IndexBox((0, 3), (0, 1), (0, 3))
    really = diff(old, new)
    before, after = figures(1.0, 5.0), figures(1.5, 7.0, 3.0)
    assert really.columns == (ColumnDiff("c-cu", "Cu", "Cu", 2, 1, 0, figures(0.5, -2.0), before, after),)
    assert (really.blocks, really.box) == (3, IndexBox((0, 1), (0, 1), (0, 2)))
    assert diff(new, old).columns == (ColumnDiff("c-cu", "Cu", "Cu", 2, 0, 1, figures(-0.5, 2.0), after, before),)


def test_that_a_replacement_shows_what_it_took(blocks: BlockStore, model: str) -> None:
    old = publish(blocks, model, CU, {(0, 0, 0): 1.0, (5, 3, 3): 2.0})
    new = publish(blocks, model, CU, {(0, 0, 0): 1.0}, update_type=UpdateType.REPLACE)
    assert diff(old, new).columns == (ColumnDiff("c-cu", "Cu", "Cu", 0, 0, 1, None, figures(2.0), None),)
    assert diff(old, new).box == IndexBox((5, 5), (3, 3), (3, 3))


@pytest.mark.parametrize(
    ("old", "new", "measured"),
    [(1.0, NAN, None), (math.inf, 1.0, (-math.inf,)), (1.0, math.inf, None), (-1.5, 2.0, 3.5), (0.0, -0.0, "same")],
)
def test_that_only_finite_differences_are_measured(
    blocks: BlockStore, model: str, old: float, new: float, measured: object
) -> None:
    before = publish(blocks, model, CU, {(0, 0, 0): old})
    found = diff(before, publish(blocks, model, CU, {(0, 0, 0): new})).columns
    if measured == "same":
        assert found == ()
        return
    change = figures(measured) if isinstance(measured, float) else None
    one, other = (figures(each) if math.isfinite(each) else None for each in (old, new))
    assert found == (ColumnDiff("c-cu", "Cu", "Cu", 1, 0, 0, change, one, other),)


def test_that_the_mean_of_the_largest_numbers_is_finite(blocks: BlockStore, model: str) -> None:
    largest = 1.7e308
    places = [(0, 0, 0), (0, 0, 1), (5, 3, 3)]
    old = publish(blocks, model, CU, dict.fromkeys(places, 0.0))
    [found] = diff(old, publish(blocks, model, CU, dict.fromkeys(places, largest))).columns
    assert found.change is not None
    assert (found.change.least, found.change.greatest, found.change.sum) == (largest, largest, math.inf)
    assert found.change.mean == pytest.approx(largest)


def test_that_a_wide_tile_is_compared_some_columns_at_a_time(
    blocks: BlockStore, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        written = Written(f"c{number}", f"C{number}", DataType.FLOAT64, "v")
        publish(blocks, model, written, {(0, 0, 0): 1.0, (number, 0, 0): 2.0})
    before, after = blocks.snapshot(model, 1), blocks.snapshot(model)
    at_once = diff(before, after)
    assert (at_once.blocks, [each.became_value for each in at_once.columns]) == (3, [1, 2, 2])
    read: list[int] = []
    read_tiles = Snapshot.read_tiles

    def noted(self: Snapshot, rows: int, data_types: list[DataType], tiles: list[TileColumn]) -> list[object]:
        read.append(len(tiles))
        return read_tiles(self, rows, data_types, tiles)

    monkeypatch.setattr(Snapshot, "read_tiles", noted)
    monkeypatch.setattr("coreshed.blockmodels.engine.compare._VALUES_AT_ONCE", 2 * before.rows(0))
    assert diff(before, after) == at_once
    assert max(read) == 2


def test_that_versions_of_two_models_are_refused(blocks: BlockStore, model: str) -> None:
    with pytest.raises(ValueError, match="different models"):
        delta(blocks.snapshot(model), blocks.snapshot(create_tiled(blocks, GRID, (2, 2, 2))))


@settings(max_examples=40)
@given(st.sampled_from(DataType), st.integers(0, 1 << 32))
def test_that_a_diff_is_what_a_plain_comparison_says(blocks: BlockStore, data_type: DataType, seed: int) -> None:
    dice, model = Random(seed), create_tiled(blocks, GRID, (2, 3, 3))
    places = PlainModel(GRID.parents)
    written = Written("c", "c", data_type, "v")
    contents: list[list[object]] = [[None] * places.count]
    for _ in range(3):
        named = dice.sample(range(places.count), dice.choice((1, 10, places.count)))
        values = random_values(dice, data_type, len(named))
        i, j, k = (pa.array(axis, pa.uint32()) for axis in places.indices(named))
        base = blocks.snapshot(model)
        change = Change(updated=(written,)) if base.version_id > 1 else Change(new=(written,))
        source = TableSource(pa.table({"i": i, "j": j, "k": k, "v": values}))
        blocks.publish(model, blocks.draft(base, change, source, IndexKeys(GRID)))
        contents.append(list(contents[-1]))
        for block, value in zip(named, plain(values), strict=True):
            contents[-1][block] = value
    a, b = dice.sample(range(1, 4), 2)
    old, new = contents[a], contents[b]
    differ = [n for n in range(places.count) if _known(old[n], data_type) != _known(new[n], data_type)]
    found = diff(blocks.snapshot(model, a + 1), blocks.snapshot(model, b + 1))
    counted = [(each.changed, each.became_value, each.became_null) for each in found.columns]
    became = sum(old[n] is None for n in differ), sum(new[n] is None for n in differ)
    assert counted == ([(len(differ) - sum(became), *became)] if differ else [])
    assert found.blocks == len(differ)
    assert found.box == IndexBox.around(*(np.array(axis, np.uint32) for axis in places.indices(differ)))


def _known(value: object, data_type: DataType) -> object:
    """Numbers for bits, so that the zeros are equal, and text for NaN, so that it is equal to any other."""
    bits = {DataType.FLOAT16: ("u2", "f2"), DataType.FLOAT32: ("u4", "f4"), DataType.FLOAT64: ("u8", "f8")}.get(
        data_type
    )
    if bits is None or value is None:
        return value
    with np.errstate(invalid="ignore"):
        number = float(np.array(value, bits[0]).view(bits[1]))
    return "NaN" if math.isnan(number) else number


@pytest.mark.parametrize("kind", [Kind.FULLY_SUB_BLOCKED, Kind.FLEXIBLE])
def test_that_blocks_of_other_divisions_appear_and_vanish(blocks: BlockStore, kind: Kind) -> None:
    """Two parents: whole in version 2; in version 3 the first has two halves, while the second has another value."""
    grid = Grid(kind, (0.0, 0.0, 0.0), (1, 1, 2), (1.0, 1.0, 1.0), (2, 1, 1))
    model = create_tiled(blocks, grid, (1, 1, 2))
    whole, halves = _version(blocks, model, 2, [1.0, 2.0], None), None
    if kind is Kind.FLEXIBLE:  # starts and ends, 7 bits an axis
        halves = [
            [0, 0, 1],
            [0, 1 << 14, 0],
            [(1 << 14) + (1 << 7) + 1, (2 << 14) + (1 << 7) + 1, (2 << 14) + (1 << 7) + 1],
        ]
    else:
        halves = [[0, 0, 1], [1, 2, 0]]
    divided = _version(blocks, model, 3, [1.0, 1.0, 5.0], halves)
    found = delta(whole, divided)
    assert found.geometry == (0,)
    assert found.box == IndexBox((0, 0), (0, 0), (0, 1))
    really = diff(whole, divided)
    assert (really.appeared, really.vanished, really.blocks) == (2, 1, 1)
    assert [(each.changed, each.change) for each in really.columns] == [(1, figures(3.0))]
    assert really.box == IndexBox((0, 0), (0, 0), (0, 1))
    assert (diff(divided, whole).appeared, diff(divided, whole).vanished) == (1, 2)


def _version(
    blocks: BlockStore, model: str, version: int, values: list[float], layout: list[list[int]] | None
) -> Snapshot:
    """Publish a version of one tile as it would be stored."""
    sink = SegmentSink(blocks.store, str(uuid4()), 0)

    def column(name: str, data_type: DataType, content: list[object]) -> ColumnMap:
        encoded = encode(pa.array(content, data_type.arrow), data_type, How.PLAIN)
        return ColumnMap({0: TileColumn((sink.add((0, 0), Field(name, data_type), encoded),))})

    maps = [column("c-cu", DataType.FLOAT64, list(values)).encode()]
    maps += [column(f"#{n}", DataType.UINT32, list(each)).encode() for n, each in enumerate(layout or [])]
    manifest = Manifest(
        len(values),
        (Column("c-cu", "Cu", DataType.FLOAT64, maps[0].digest),),
        Layout(*(each.digest for each in maps[1:])) if layout else None,
    )
    with blocks.database.writing() as rows:
        ledger.publish(
            rows,
            model_id=model,
            version_id=version,
            job_id=str(uuid4()),
            manifest=manifest,
            maps=maps,
            segments=sink.finish(),
        )
    return blocks.snapshot(model, version)


def test_that_a_delta_of_ten_million_blocks_takes_milliseconds(blocks: BlockStore) -> None:
    """All of 25 columns changed in all tiles; nothing but maps is there to be read."""
    parents = (250, 200, 200)
    header = Header(Grid(Kind.REGULAR, (0.0, 0.0, 0.0), parents, (1.0, 1.0, 1.0)), tile_shape(parents))
    made: dict[str, ColumnMap] = {}

    def snapshot(number: int) -> Snapshot:
        columns = []
        for column in range(25):
            chunk = Chunk(96_000, 4, 500_000, 600_000, 10, (0, 3, 8), 6, 0, b"12345678", b"12345678")
            segment = SegmentName(str(uuid4()), number)
            tiles = {
                rank: TileColumn((Stored(segment, msgspec.structs.replace(chunk, offset=rank)),)) for rank in range(100)
            }
            made[digest := f"{number}-{column}"] = ColumnMap(tiles)
            columns.append(Column(f"c{column}", f"c{column}", DataType.FLOAT64, digest))
        maps = Maps(lambda wanted: {digest: made[digest] for digest in wanted})
        return Snapshot("m", number, header, Manifest(10_000_000, tuple(columns)), maps, Segments(blocks.store))

    first, second = snapshot(1), snapshot(2)
    assert first.tiling.number >= 100
    delta(first, second)
    times = []
    for _ in range(9):
        began = perf_counter()
        found = delta(first, second)
        times.append(perf_counter() - began)
    assert len(found.changed) == 25
    print(f"{min(times) * 1000:.1f} ms")
    assert min(times) < 0.02  # 5 ms on a machine that is not shared
