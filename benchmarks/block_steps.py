"""Single steps over block models, each in a process of its own: `python -m benchmarks.block_steps STEP DIR [ARGUMENT]`.

The last line on stdout is a JSON object: seconds, cpu (seconds), rss (peak of the process, MB), and what the step adds.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.compare import delta
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.exporting import export_parquet, read_table
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.ledger import encoded_manifests
from coreshed.blockmodels.engine.manifest import decode_manifest
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.sources import ParquetSource, TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.serving import memory


class _NoPandas(MetaPathFinder):
    """Arrow imports pandas, some 60 MB, with the first array that it makes from numpy; servers do not have it."""

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        """Raises ImportError for pandas."""
        if fullname == "pandas":
            raise ModuleNotFoundError("left out of benchmarks", name=fullname)


sys.meta_path.insert(0, _NoPandas())
pa.array(np.zeros(1))

MODEL = "bench"
ROW_GROUP = 100_000
_TYPES = {
    pa.float64(): DataType.FLOAT64,
    pa.string(): DataType.UTF8,
    pa.int32(): DataType.INT32,
    pa.int64(): DataType.INT64,
}
_BOX = 0.02


class Stopwatch:
    """Seconds and processor seconds between two moments."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """Since the start."""
        return {"seconds": time.perf_counter() - self._began, "cpu": time.process_time() - self._cpu}


def shape_of(directory: Path) -> tuple[int, int, int]:
    """Blocks along i, j, k."""
    i, j, k = json.loads((directory / "shape.json").read_text())
    return i, j, k


def grid(directory: Path) -> Grid:
    """A model without rotation whose blocks are 10 m x 10 m x 5 m."""
    return Grid(Kind.REGULAR, (500_000.0, 7_000_000.0, 0.0), shape_of(directory), (10.0, 10.0, 5.0))


def indices(shape: Sequence[int], start: int = 0, stop: int | None = None) -> list[NDArray[np.uint32]]:
    """i, j, k of the blocks whose i is in [start, stop), k fastest."""
    counts = ((shape[0] if stop is None else stop) - start, shape[1], shape[2])
    found = [index.ravel().astype(np.uint32) for index in np.indices(counts, dtype=np.uint32)]
    found[0] += np.uint32(start)
    return found


# -- data --------------------------------------------------------------------------------------------------------------


def generate(directory: Path, kind: str) -> dict[str, Any]:
    """`wide`: 25 columns, natural and shuffled; `long`: 7 columns, written in slabs."""
    generator = np.random.default_rng(1)
    shape = shape_of(directory)
    if kind == "long":
        return _generate_long(directory, shape, generator)
    i, j, k = indices(shape)
    total = len(i)
    blank = np.zeros(shape, dtype=bool)
    while blank.mean() < 0.04:
        corner, reach = generator.integers(0, shape), generator.integers(8, 25)
        blank[tuple(slice(max(0, at - reach), at + reach) for at in corner)] = True
    columns: dict[str, Any] = {"i": i, "j": j, "k": k}
    trend = np.sin(i / 40) + np.cos(j / 30) + np.sin(k / 25)
    for number in range(20):
        values = trend * generator.uniform(0.5, 2) + generator.normal(size=total) * 0.3
        rounded = values if number < 12 else np.round(values, 3 if number < 16 else 1)
        columns[f"f{number:02}"] = pa.array(rounded, mask=blank.ravel() | (generator.random(total) < 0.01))
    names = pa.array(["Basement", "Diorite", "Early", "OUT", "Recent", "Dacite"])
    for number in range(2):
        codes = pa.array(((trend * 3 + number + 5).astype(np.int32) % 6).astype(np.int32))
        columns[f"s{number}"] = pa.DictionaryArray.from_arrays(codes, names).cast(pa.string())
        columns[f"n{number}"] = (trend * 10).astype(np.int32) + np.int32(number)
    columns["l0"] = np.arange(total) * 7919 % 1_000_003
    table = pa.table(columns)
    _write(table, directory / "natural.parquet")
    order: Any = pa.array(generator.permutation(total))
    _write(table.take(order), directory / "shuffled.parquet")
    return {"arrow_mb": table.nbytes / 1e6}


def _generate_long(directory: Path, shape: tuple[int, int, int], generator: np.random.Generator) -> dict[str, Any]:
    writer = None
    for start in range(0, shape[0], 10):
        i, j, k = indices(shape, start, min(start + 10, shape[0]))
        trend = np.sin(i / 40) + np.cos(j / 30) + np.sin(k / 25)
        columns: dict[str, Any] = {"i": i, "j": j, "k": k}
        for number in range(7):
            columns[f"f{number:02}"] = np.round(trend + generator.normal(size=len(i)) * 0.1, 3)
        table = pa.table(columns)
        if writer is None:
            writer = pq.ParquetWriter(directory / "long.parquet", table.schema, compression="zstd", compression_level=1)
        writer.write_table(table, row_group_size=ROW_GROUP)
    assert writer is not None
    writer.close()
    return {}


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=1)


# -- floors ------------------------------------------------------------------------------------------------------------


def rewrite(directory: Path, name: str) -> dict[str, Any]:
    """pyarrow: one file read and written again, row group by row group."""
    watch = Stopwatch()
    source, target = pq.ParquetFile(directory / f"{name}.parquet"), directory / "again.parquet"
    with pq.ParquetWriter(target, source.schema_arrow, compression="zstd", compression_level=1) as writer:
        for index in range(source.num_row_groups):
            writer.write_table(source.read_row_group(index), row_group_size=ROW_GROUP)
    found = watch.read()
    target.unlink()
    return found


def read_with_pyarrow(directory: Path, _argument: str) -> dict[str, Any]:
    """The row groups of the natural file that a box touches, then a filter; two columns and the indices."""
    box = small_box(directory, _BOX, seed=5)
    _, nj, nk = shape_of(directory)
    timings = []
    for _ in range(5):
        watch = Stopwatch()
        source = pq.ParquetFile(directory / "natural.parquet")
        first, last = box.i[0] * nj * nk // ROW_GROUP, ((box.i[1] + 1) * nj * nk - 1) // ROW_GROUP
        table = source.read_row_groups(list(range(first, last + 1)), columns=["i", "j", "k", "f01", "f03"])
        inside = box.contains(*(table.column(name).to_numpy() for name in "ijk"))
        rows = table.filter(pa.array(inside)).select(["f01", "f03"]).num_rows
        timings.append(watch.read()["seconds"])
    assert rows == box.count
    return {"seconds": sorted(timings)[2]}


# -- the engine --------------------------------------------------------------------------------------------------------


@contextmanager
def opened(directory: Path, name: str = "store") -> Iterator[BlockStore]:
    """The store of a name."""
    with BlockStore.open(directory / name) as blocks:
        yield blocks


def small_box(directory: Path, part: float, seed: int) -> IndexBox:
    """A box with about this part of the blocks, somewhere."""
    generator = np.random.default_rng(seed)
    edges = [max(1, round(count * part ** (1 / 3))) for count in shape_of(directory)]
    lows = [int(generator.integers(0, n - edge + 1)) for n, edge in zip(shape_of(directory), edges, strict=True)]
    i, j, k = ((low, low + edge - 1) for low, edge in zip(lows, edges, strict=True))
    return IndexBox(i, j, k)


def upload(box: IndexBox, names: Sequence[str], seed: int) -> pa.Table:
    """New values for the blocks of a box."""
    generator = np.random.default_rng(seed)
    cells = [index.ravel().astype(np.uint32) for index in np.indices(box.shape)]
    columns: dict[str, Any] = {
        name: cell + np.uint32(low) for name, cell, (low, _) in zip("ijk", cells, box.intervals, strict=True)
    }
    return pa.table(columns | {name: generator.normal(size=box.count) for name in names})


def written(schema: pa.Schema, name: str, source: str | None = None) -> Written:
    """A column of the same name in model and file."""
    return Written(name, name, _TYPES[schema.field(source or name).type], source or name)


def ingest(directory: Path, name: str) -> dict[str, Any]:
    """Everything in a file, into a new store."""
    with opened(directory, f"store-{name}") as blocks:
        blocks.create(MODEL, grid(directory))
        watch = Stopwatch()
        source = parquet(directory / f"{name}.parquet")
        columns = tuple(written(source.schema, each) for each in source.schema.names if each not in "ijk")
        draft = blocks.draft(blocks.snapshot(MODEL), Change(new=columns), source, IndexKeys(grid(directory)))
        blocks.publish(MODEL, draft)
        return watch.read() | {"stored_mb": sum(segment.size for segment in draft.segments) / 1e6}


def parquet(path: Path) -> ParquetSource:
    """A file of the benchmark."""
    return ParquetSource(lambda: path.open("rb"), most_rows=1 << 30)


def add_column(directory: Path, name: str) -> dict[str, Any]:
    """A copy of `f00` for every block."""
    with opened(directory, f"store-{name}") as blocks:
        watch = Stopwatch()
        source = parquet(directory / f"{name}.parquet")
        change = Change(new=(written(source.schema, f"g{time.time_ns()}", "f00"),))
        draft = blocks.draft(blocks.snapshot(MODEL), change, source, IndexKeys(grid(directory)))
        blocks.publish(MODEL, draft)
        found = watch.read() | {"written_mb": sum(segment.size for segment in draft.segments) / 1e6}
    metadata = source._metadata
    place = metadata.schema.names.index("f00")
    groups = range(metadata.num_row_groups)
    own = sum(metadata.row_group(index).column(place).total_compressed_size for index in groups)
    return found | {"own_mb": own / 1e6}


def update_boxes(directory: Path, argument: str) -> dict[str, Any]:
    """`NUMBER,PART,COLUMNS`: so many versions, each of so many columns in a box of this part of the model."""
    number, part, columns = argument.split(",")
    names = ["f01", "f02", "f04"][: int(columns)]
    boxes = [small_box(directory, float(part), seed) for seed in range(int(number))]
    uploads = [TableSource(upload(box, names, seed)) for seed, box in enumerate(boxes)]
    change = Change(updated=tuple(Written(name, name, DataType.FLOAT64, name) for name in names))
    size = 0
    with opened(directory, "store-natural") as blocks:
        watch = Stopwatch()
        for source in uploads:
            draft = blocks.draft(blocks.snapshot(MODEL), change, source, IndexKeys(grid(directory)))
            blocks.publish(MODEL, draft)
            size += sum(segment.size for segment in draft.segments)
        found = watch.read()
    data = sum(source.starts[-1] for source in uploads) * 8 * len(names)
    return found | {"written_mb": size / 1e6, "data_mb": data / 1e6}


def read_box(directory: Path, version: str) -> dict[str, Any]:
    """Two columns of a box; `latest` or a number."""
    box = small_box(directory, _BOX, seed=5)
    timings = []
    with opened(directory, "store-natural") as blocks:
        for _ in range(5):
            watch = Stopwatch()
            snapshot = blocks.snapshot(MODEL, None if version == "latest" else int(version))
            outputs = tuple(Output(name, name, data=True) for name in ("f01", "f03"))
            rows = read_table(Asked(snapshot, Query(outputs, box))).num_rows
            timings.append(watch.read()["seconds"])
    assert rows == box.count
    return {"seconds": sorted(timings)[2]}


def export(directory: Path, argument: str) -> dict[str, Any]:
    """`STORE,VERSION,GEOMETRY`: every column in one file; geometry `ijk`, or `xyz` without rows of nulls."""
    store, version, geometry = argument.split(",")
    with opened(directory, f"store-{store}") as blocks:
        watch = Stopwatch()
        snapshot = blocks.snapshot(MODEL, None if version == "latest" else int(version))
        columns = [Output(each.id, each.id, data=True) for each in snapshot.manifest.columns if each.id != "version_id"]
        query = Query((*(Output(name, name) for name in geometry), *columns), None, geometry == "xyz")
        with (directory / "exported.parquet").open("wb", buffering=0) as file:
            made = export_parquet(Asked(snapshot, query), file.write)
        found = watch.read() | {"size_mb": made.size / 1e6, "rows": made.rows}
    (directory / "exported.parquet").unlink()
    return found


def compact(directory: Path, _argument: str) -> dict[str, Any]:
    """The newest version without patches."""
    with opened(directory, "store-natural") as blocks:
        watch = Stopwatch()
        tiles = blocks.compact(blocks.snapshot(MODEL))
        return watch.read() | {"tiles": tiles}


def columns_alone(directory: Path, _argument: str) -> dict[str, Any]:
    """Renaming and deleting a column, in milliseconds."""
    timings: dict[str, list[float]] = {"rename": [], "delete": []}
    with opened(directory, "store-natural") as blocks:
        for number in range(5):
            for what, change in (
                ("rename", Change(renamed={"l0": f"counter {number}"})),
                ("delete", Change(deleted=frozenset({f"f{number + 10}"}))),
            ):
                watch = Stopwatch()
                blocks.publish(MODEL, blocks.draft(blocks.snapshot(MODEL), change))
                timings[what].append(watch.read()["seconds"])
    return {what: sorted(each)[2] * 1e3 for what, each in timings.items()} | {"seconds": 0.0}


def versions_alone(directory: Path, _argument: str) -> dict[str, Any]:
    """Listing every version, and where version 2 and the newest may differ, in milliseconds; in a store opened anew."""
    timings: dict[str, list[float]] = {"list": [], "delta": []}
    for _ in range(5):
        with opened(directory, "store-natural") as blocks:
            watch = Stopwatch()
            with blocks.database.reading() as rows:
                listed = [(version, decode_manifest(each)) for version, each in encoded_manifests(rows, MODEL)]
            timings["list"].append(watch.read()["seconds"])
            before, after = blocks.snapshot(MODEL, 2), blocks.snapshot(MODEL)
            watch = Stopwatch()
            found = delta(before, after)  # their maps are not in memory yet
            timings["delta"].append(watch.read()["seconds"])
    median = {what: sorted(each)[2] * 1e3 for what, each in timings.items()}
    return median | {"seconds": 0.0, "versions": len(listed), "columns": len(found.changed)}


STEPS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    "generate": generate,
    "rewrite": rewrite,
    "pyarrow-box": read_with_pyarrow,
    "ingest": ingest,
    "add-column": add_column,
    "update-boxes": update_boxes,
    "read-box": read_box,
    "export": export,
    "compact": compact,
    "columns-alone": columns_alone,
    "versions-alone": versions_alone,
}


def _peak() -> float:
    """Memory of this process at its largest, MB; `getrusage` counts what its parent had when it made the process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1.024e-3 for line in lines if line.startswith("VmHWM"))


def main(steps: Mapping[str, Callable[[Path, str], dict[str, Any]]]) -> None:
    """Run one step."""
    memory.keep_freed()  # as workers do
    step, directory, *arguments = sys.argv[1:]
    found = steps[step](Path(directory), arguments[0] if arguments else "")
    found["rss"] = _peak()
    print(json.dumps(found), flush=True)
    os._exit(0)  # what is left are caches


if __name__ == "__main__":
    main(STEPS)
