"""A second reader, written from the engine's README alone: SQLite, MessagePack and pyarrow, nothing of the engine."""

import hashlib
import itertools
import json
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

unpack = msgspec.msgpack.decode
Row = tuple[int, ...]
FIXTURE = Path(__file__).parents[2] / "fixtures" / "blocks-v1"


def test_that_this_reader_uses_nothing_of_the_engine() -> None:
    """What pytest has loaded does not count: a process of its own decodes the fixture."""
    code = (
        "import sys; from tests.blockmodels.engine.test_format import Store; from pathlib import Path;"
        "store = Store(Path(sys.argv[1])); [store.version(*each) for each in store.versions()];"
        "assert not [name for name in sys.modules if name.startswith('coreshed')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, FIXTURE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr


class Store:
    """A directory with blocks.db and segments."""

    def __init__(self, directory: Path) -> None:
        self.segments = directory / "segments"
        self.database = sqlite3.connect(f"file:{directory}/blocks.db?mode=ro&immutable=1", uri=True)

    def versions(self) -> list[tuple[str, int]]:
        return self.database.execute("select model_id, version_id from block_versions order by 1, 2").fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        return self.database.execute(statement, values).fetchone()[0]

    def version(self, model_id: str, version_id: int) -> dict[Row, dict[str, Any]]:
        """Values by title, for every block: (i, j, k), or (i, j, k, sub-index), or with start and end packed."""
        grid, shape, number = unpack(self.one("select header from block_grids where model_id = ?", model_id))
        assert number == 1
        encoded = self.one(
            "select manifest from block_versions where model_id = ? and version_id = ?", model_id, version_id
        )
        rows, columns, layout = unpack(encoded)
        layouts = [self.map(digest) for digest in layout or [] if digest is not None]
        maps = [(title, kind, self.map(digest)) for _, title, kind, digest in columns]
        found: dict[Row, dict[str, Any]] = {}
        for rank, parents in enumerate(tiles(grid["parents"], shape)):
            keys = self.keys(grid, parents, layouts, rank)
            values = [(title, self.tile(content, rank, len(keys))) for title, _, content in maps]
            for row, key in enumerate(keys):
                assert key not in found
                found[key] = {title: column[row] for title, column in values}
        assert len(found) == rows
        return found

    def keys(self, grid: Any, parents: list[Row], layouts: list[Any], rank: int) -> list[Row]:
        if grid["kind"] == "regular":
            return parents
        if not layouts or rank not in layouts[0][2] or not layouts[0][2][rank][0]:
            si, sj, sk = grid["counts"]
            whole = (0, si << 14 | sj << 7 | sk) if grid["kind"] == "flexible" else (0,)
            return [(*parent, *whole) for parent in parents]
        count = sum(piece[1][0] for piece in layouts[0][2][rank][0])
        at, *subs = (self.tile(content, rank, count) for content in layouts)
        assert list(zip(at, *subs, strict=True)) == sorted(zip(at, *subs, strict=True))
        return [(*parents[position], *rest) for position, *rest in zip(at, *subs, strict=True)]

    def map(self, digest: str) -> Any:
        content = self.one("select content from block_maps where digest = ?", digest)
        size = int.from_bytes(content[:8], "big")
        plain = pa.Codec("zstd").decompress(content[8:], size).to_pybytes()
        assert hashlib.sha256(plain).hexdigest() == digest
        return unpack(plain, strict=False)

    def tile(self, content: Any, rank: int, rows: int) -> list[Any]:
        fill, segments, of_tiles = content
        pieces, constant, patches = of_tiles.get(rank, ([], fill, []))
        values = [value for piece in pieces for value in self.chunk(segments, piece)] if pieces else [constant] * rows
        assert len(values) == rows
        for positions, given, same in patches:
            at = list(itertools.accumulate(self.chunk(segments, positions)))
            new = [same] * len(at) if given is None else self.chunk(segments, given)
            for row, value in zip(at, new, strict=True):
                values[row] = value
        return values

    def chunk(self, segments: Any, at: Any) -> list[Any]:
        """A chunk is found in the segment's own footer by its offset."""
        (job_id, token), (count, offset, *_) = segments[at[0]], at[1]
        path = self.segments / job_id[:2] / f"{job_id}.{token:016x}"
        with pq.ParquetFile(path) as file:
            for group, column in itertools.product(range(file.num_row_groups), range(file.metadata.num_columns)):
                described = file.metadata.row_group(group).column(column)
                starts = described.dictionary_page_offset if described.has_dictionary_page else None
                if offset == (starts or described.data_page_offset):
                    values = file.read_row_group(group, columns=[described.path_in_schema]).column(0)
                    assert len(values) == count
                    return plain_values(values)
        raise AssertionError(f"{path} has no chunk at {offset}")


def plain_values(values: pa.ChunkedArray) -> list[Any]:
    """Dates as days, timestamps as microseconds, since pyarrow makes objects of them."""
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return [
        float(value) if pa.types.is_floating(values.type) and value is not None else value
        for value in values.to_pylist()
    ]


def tiles(parents: list[int], shape: list[int]) -> list[list[Row]]:
    """By rank, the parents of every tile in the order of positions."""
    counts = [-(-count // length) for count, length in zip(parents, shape, strict=True)]

    def code(corner: Row) -> int:
        return sum((corner[axis] >> n & 1) << (3 * n + 2 - axis) for axis in range(3) for n in range(21))

    return [
        list(
            itertools.product(
                *(
                    range(at * length, min((at + 1) * length, count))
                    for at, length, count in zip(corner, shape, parents, strict=True)
                )
            )
        )
        for corner in sorted(itertools.product(*map(range, counts)), key=code)
    ]


def test_that_ranks_and_positions_are_as_the_readme_says() -> None:
    assert [each[0] for each in tiles([3, 3, 2], [2, 2, 1])] == [
        (0, 0, 0), (0, 0, 1), (0, 2, 0), (0, 2, 1), (2, 0, 0), (2, 0, 1), (2, 2, 0), (2, 2, 1)
    ]  # fmt: skip
    assert tiles([3, 3, 2], [2, 2, 1])[1] == [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]


def bits(kind: str, value: Any) -> Any:
    """Floats as the record has them, by their bits."""
    form = {"Float16": "<e", "Float32": "<f", "Float64": "<d"}.get(kind)
    if form is None or value is None:
        return value
    return "NaN" if value != value else int.from_bytes(struct.pack(form, value), "little")


def recorded(kind: str, value: Any) -> Any:
    """The same of a recorded value; which NaN it is, Python does not say."""
    form = {"Float16": "<e", "Float32": "<f", "Float64": "<d"}.get(kind)
    if form is None or value is None:
        return value
    return bits(kind, struct.unpack(form, value.to_bytes(struct.calcsize(form), "little"))[0])


def test_that_the_readme_is_enough_to_read_every_version() -> None:
    store = Store(FIXTURE)
    record = json.loads(FIXTURE.with_suffix(".json").read_text())
    assert store.versions() == [(model, int(number)) for model, versions in record.items() for number in versions]
    for model_id, number in store.versions():
        expected = record[model_id][str(number)]
        found = store.version(model_id, number)
        keys = [tuple(key) for key in expected["keys"]]
        assert sorted(found) == sorted(keys)
        for title, (kind, values) in expected["columns"].items():
            read = [bits(kind, found[key][title]) for key in keys]
            assert read == [recorded(kind, value) for value in values], (model_id, number, title)
        assert {title for row in found.values() for title in row} == set(expected["columns"])
