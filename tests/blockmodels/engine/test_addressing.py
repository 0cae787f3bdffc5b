"""Which row of an upload is which block: checks, the order of rows, and groups."""

from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine import spilling
from coreshed.blockmodels.engine.addressing import CentroidKeys, Group, IndexKeys, TileRows, address, groups, survey
from coreshed.blockmodels.engine.errors import MOST_NAMED, BadBlocks, BadFile
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.spilling import spill
from coreshed.blockmodels.engine.tiles import Tiling

GRID = Grid(Kind.REGULAR, (100.0, 200.0, 300.0), (6, 4, 9), (10.0, 5.0, 2.0))
TILING = Tiling(GRID.parents, (2, 2, 3))
KEYS = IndexKeys(GRID)
ALL = list(product(range(6), range(4), range(9)))
Block = tuple[int, int, int]


def source(blocks: list[Block], part: int = 36) -> TableSource:
    columns = zip(*blocks, strict=True) if blocks else ((), (), ())
    return TableSource(
        pa.table({name: pa.array(values, pa.uint32()) for name, values in zip("ijk", columns, strict=True)}), part
    )


def planned(blocks: list[Block], part: int = 36, most: int = 1000) -> list[Group] | None:
    rows = source(blocks, part)
    return groups(rows, survey(rows, KEYS, TILING), TILING, most)


def named(tiles: list[TileRows], blocks: list[Block]) -> dict[Block, int]:
    """Which row gives which block, by what the tiles say."""
    found = {}
    for tile in tiles:
        i, j, k = (axis.tolist() for axis in TILING.parents_of(tile.rank, tile.positions))
        assert tile.count == len(i)
        found |= dict(zip(zip(i, j, k, strict=True), tile.rows.tolist(), strict=True))
    return found


@given(st.lists(st.sampled_from(ALL), unique=True), st.integers(1, 50))
def test_that_every_row_gives_its_block(blocks: list[Block], part: int) -> None:
    rows = source(blocks, part)
    found: dict[Block, int] = {}
    for group in groups(rows, survey(rows, KEYS, TILING), TILING, 1000) or []:
        found |= {block: row + group.start for block, row in named(address(rows, KEYS, TILING, group), blocks).items()}
    assert found == {block: row for row, block in enumerate(blocks)}


@given(
    st.sampled_from([ALL, sorted(ALL, key=lambda block: block[::-1])]),
    st.tuples(st.integers(0, 215), st.integers(0, 215)),
    st.sampled_from([0, 1]),
    st.integers(1, 216),
    st.sampled_from([1, 2]),
)
def test_that_whole_models_in_order_and_almost_so_give_every_block(
    ordered: list[Block], swapped: tuple[int, int], missing: int, part: int, threads: int
) -> None:
    blocks = ordered[: len(ordered) - missing]
    one, other = (place % len(blocks) for place in swapped)
    blocks[one], blocks[other] = blocks[other], blocks[one]
    rows = source(blocks, part)
    surveyed = survey(rows, KEYS, TILING, threads)
    assert (surveyed.steps is not None) is (one == other and not missing)
    found: dict[Block, int] = {}
    for group in groups(rows, surveyed, TILING, 1000) or []:
        tiles = address(rows, KEYS, TILING, group, threads)
        found |= {block: row + group.start for block, row in named(tiles, blocks).items()}
    assert found == {block: row for row, block in enumerate(blocks)}


def test_that_an_order_of_another_model_is_none() -> None:
    rows = source([(j, i, k) for i, j, k in product(range(4), range(6), range(9))])
    assert survey(rows, KEYS, TILING).steps is None


@given(st.permutations(ALL), st.integers(1, 80), st.integers(1, 60))
def test_that_sorting_on_disk_keeps_every_row(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[Block], part: int, most: int
) -> None:
    rows = source(blocks, part)
    directory = tmp_path_factory.mktemp("spilled")
    found: dict[Block, int] = {}
    weights = TILING.sizes * survey(rows, KEYS, TILING).touched
    for spilled, group in spill(rows, KEYS, TILING, weights, ["i", "j", "k"], directory, most):
        given_by = named(address(spilled, KEYS, TILING, group), blocks)
        assert len(given_by) <= most + TILING.sizes.max()
        origins = spilled.origin(list(given_by.values()))
        found |= dict(zip(given_by, origins, strict=True))
    assert found == {block: row for row, block in enumerate(blocks)}
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(
    ("slowest", "layers"), [((0, 1, 2), 3), ((2, 1, 0), 3), ((1, 0, 2), 2), ((2, 0, 1), 3)], ids=str
)
def test_that_rows_in_the_order_of_an_axis_are_worked_through_in_layers(
    slowest: tuple[int, int, int], layers: int
) -> None:
    blocks = sorted(ALL, key=lambda block: [block[axis] for axis in slowest])
    part = {0: 36, 1: 54, 2: 24}[slowest[0]]  # one layer of blocks
    plan = planned(blocks, part, most=part * 3)
    assert plan is not None
    assert len(plan) == layers
    assert [group.start for group in plan] == [216 // layers * number for number in range(layers)]
    assert plan[-1].stop == 216
    assert sorted(rank for group in plan for rank in group.ranks) == list(range(TILING.number))


def test_that_rows_in_no_order_are_one_group_or_are_sorted_first() -> None:
    blocks = sorted(ALL, key=lambda block: hash((block, 7)))
    assert planned(blocks, 36, most=216) == [Group(0, 216, tuple(range(TILING.number)))]
    assert planned(blocks, 36, most=215) is None


def test_that_few_rows_all_over_a_large_model_are_sorted_first() -> None:
    """A group keeps a number for every block of its tiles, so that three rows here would need 216."""
    far = [(5, 3, 8), (0, 0, 0), (2, 2, 5)]
    assert planned(far, most=9) == [Group(0, 3, tuple(sorted(int(TILING.locate(*_at(b))[0][0]) for b in far)))]
    assert planned(far, most=8) is None


def _at(block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i, j, k = (np.array([index], np.uint32) for index in block)
    return i, j, k


def test_that_no_rows_are_no_groups() -> None:
    assert planned([]) == []


def test_that_rows_outside_the_grid_are_named_over_all_parts() -> None:
    blocks = [*ALL[:50], (6, 0, 0), *ALL[50:60], (0, 4, 0), (0, 0, 4_294_967_295)]
    with pytest.raises(BadBlocks) as caught:
        planned(blocks, part=7)
    assert caught.value.rows.column("row").to_pylist() == [50, 61, 62]
    assert set(caught.value.rows.column("reason").to_pylist()) == {"names no block of the model"}
    assert "3 rows" in str(caught.value)


def test_that_rows_with_a_null_index_are_named() -> None:
    table = pa.table({name: pa.array([0, None if name == "j" else 1, 2], pa.uint32()) for name in "ijk"})
    with pytest.raises(BadBlocks) as caught:
        survey(TableSource(table), KEYS, TILING)
    assert caught.value.rows.column("row").to_pylist() == [1]


def test_that_of_very_many_bad_rows_the_first_are_named_and_all_counted() -> None:
    rows = TableSource(pa.table({name: pa.array(np.full(25_000, 99, np.uint32)) for name in "ijk"}), 9_000)
    with pytest.raises(BadBlocks) as caught:
        survey(rows, KEYS, TILING)
    assert caught.value.count == 25_000
    assert caught.value.rows.column("row").to_pylist() == list(range(MOST_NAMED))


@pytest.mark.parametrize("part", [1, 3, 100])
def test_that_duplicates_are_found_over_parts(part: int) -> None:
    blocks = [(0, 0, 0), (5, 3, 8), (1, 1, 1), (0, 0, 0), (5, 3, 8), (0, 0, 0)]
    rows = source(blocks, part)
    everything = Group(0, 6, tuple(range(TILING.number)))
    with pytest.raises(BadBlocks) as caught:
        address(rows, KEYS, TILING, everything)
    assert caught.value.count == 3
    assert caught.value.rows.column("row").to_pylist() == [0, 1, 3]  # the last of its kind is not a second one
    assert set(caught.value.rows.column("reason").to_pylist()) == {"names a block a second time"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"i": [0], "j": [0]}, "'k', which names blocks, is not in the file"),
        ({"i": pa.array([0], pa.int64()), "j": pa.array([0], pa.uint32()), "k": pa.array([0], pa.uint32())}, "int64"),
        ({"i": ["0"], "j": ["0"], "k": ["0"]}, "'i' is string"),
    ],
)
def test_that_key_columns_that_are_missing_or_of_another_type_are_bad_files(table: object, message: str) -> None:
    made = pa.table(table)
    if message.startswith("'k'"):
        made = pa.table({name: column.cast(pa.uint32()) for name, column in zip("ij", made.columns, strict=True)})
    with pytest.raises(BadFile, match=message):
        survey(TableSource(made), KEYS, TILING)


def test_that_a_key_column_that_is_there_twice_is_a_bad_file() -> None:
    zero = pa.array([0], pa.uint32())
    with pytest.raises(BadFile, match="several times"):
        survey(TableSource(pa.table([zero] * 4, names=["i", "j", "k", "i"])), KEYS, TILING)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 105.02, None, 99.0, 1e308])
def test_that_centroids_that_are_none_are_named(wrong: float | None) -> None:
    table = pa.table({"x": [105.0, wrong, 155.0], "y": [202.5] * 3, "z": [301.0] * 3})
    with pytest.raises(BadBlocks) as caught:
        survey(TableSource(table), CentroidKeys(GRID), TILING)
    assert caught.value.rows.column("row").to_pylist() == [1]


def test_that_a_sorted_file_on_disk_is_removed_when_its_reader_gives_up(tmp_path: Path) -> None:
    rows = source(ALL)
    touched = survey(rows, KEYS, TILING).touched
    made = spill(rows, KEYS, TILING, TILING.sizes * touched, ["i", "j", "k"], tmp_path, 10)
    next(made)
    assert len(list(tmp_path.iterdir())) > 3
    made.close()  # its directory goes with whoever gave it


def test_that_few_columns_are_sorted_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spilling, "_COLUMNS", 2)
    columns = {
        name: pa.array(values, pa.uint32()) for name, values in zip("ijk", zip(*ALL[::-1], strict=True), strict=True)
    }
    grades = {name: pa.array(np.arange(216.0) * number) for number, name in enumerate(("row", "#row", "Au"))}
    rows = TableSource(pa.table(columns | grades), 50)
    touched = survey(rows, KEYS, TILING).touched
    seen = 0
    for spilled, group in spill(rows, KEYS, TILING, TILING.sizes * touched, [*columns, *grades], tmp_path, 40):
        assert all(len(pa.ipc.open_file(path).schema) <= 2 for path in tmp_path.iterdir())
        at = pa.array(spilled.origin(range(group.stop)))
        for name, values in (columns | grades).items():
            assert spilled.read(name, 0, group.stop) == values.take(at)
            assert spilled.read(name, 1, group.stop - 1) == values.take(at)[1:-1]
        seen += group.stop
    assert seen == len(ALL)
