"""Single steps of other programs over the data of the block benchmarks: `python -m benchmarks.block_peers STEP DIR`.

As `benchmarks.block_steps`; the report is here too, beside the same aggregation in DuckDB.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.block_steps import MODEL, ROW_GROUP, Stopwatch, main, opened, small_box, upload
from coreshed.blockmodels.engine.aggregation import Aggregated, aggregate
from coreshed.blockmodels.engine.categories import Category
from coreshed.blockmodels.engine.exporting import export_parquet
from coreshed.blockmodels.engine.policies import Policies, Policy
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.request import Aggregation, Density, Request, ValueColumn
from coreshed.client.delta.publishing import Edition, publish

BOX = 0.02
CUTOFFS = tuple(round(-1.9 + 0.2 * number, 1) for number in range(20))
_DENSITY = 2.7
_ROUNDS = 3


# -- Delta Lake by delta-rs --------------------------------------------------------------------------------------------


def _signed(table: pa.Table) -> pa.Table:
    """Indices as Delta knows them."""
    for name in "ijk":
        table = table.set_column(table.schema.get_field_index(name), name, table.column(name).cast(pa.int32()))
    return table


def _batches(source: pq.ParquetFile) -> pa.RecordBatchReader:
    groups = range(source.num_row_groups)
    schema = _signed(source.schema_arrow.empty_table()).schema
    return pa.RecordBatchReader.from_batches(
        schema, (batch for index in groups for batch in _signed(source.read_row_group(index)).to_batches())
    )


def _properties() -> Any:
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=ROW_GROUP)


def _megabytes(directory: Path) -> float:
    return sum(each.stat().st_size for each in directory.rglob("*") if each.is_file()) / 1e6


def delta_write(directory: Path, _argument: str) -> dict[str, Any]:
    """The natural file as a new table."""
    from deltalake import write_deltalake

    watch = Stopwatch()
    write_deltalake(
        directory / "delta", _batches(pq.ParquetFile(directory / "natural.parquet")), writer_properties=_properties()
    )
    return watch.read() | {"written_mb": _megabytes(directory / "delta")}


def delta_add_column(directory: Path, _argument: str) -> dict[str, Any]:
    """A copy of `f00`: the whole table overwritten with one more column, streaming, without a join."""
    from deltalake import DeltaTable, write_deltalake

    before = _megabytes(directory / "delta")
    watch = Stopwatch()
    source = DeltaTable(directory / "delta").to_pyarrow_dataset()
    schema = source.schema.append(pa.field("g0", pa.float64()))

    def wider() -> Iterator[pa.RecordBatch]:
        for batch in source.to_batches():
            yield pa.RecordBatch.from_arrays([*batch.columns, batch.column("f00")], schema=schema)

    write_deltalake(
        directory / "delta",
        pa.RecordBatchReader.from_batches(schema, wider()),
        mode="overwrite",
        schema_mode="overwrite",
        writer_properties=_properties(),
    )
    return watch.read() | {"written_mb": _megabytes(directory / "delta") - before}


def delta_update_box(directory: Path, _argument: str) -> dict[str, Any]:
    """`f01` in a 2 % box: a merge whose predicate names the box, so that files beside it are left alone."""
    from deltalake import DeltaTable

    box = small_box(directory, BOX, seed=0)
    source = _signed(upload(box, ["f01"], 0))
    ranges = [f"t.{name} between {low} and {high}" for name, (low, high) in zip("ijk", box.intervals, strict=True)]
    keys = [f"t.{name} = s.{name}" for name in "ijk"]
    before = _megabytes(directory / "delta")
    watch = Stopwatch()
    merging = DeltaTable(directory / "delta").merge(
        source, " and ".join(keys + ranges), source_alias="s", target_alias="t", writer_properties=_properties()
    )
    told = merging.when_matched_update({"f01": "s.f01"}).execute()
    found = watch.read() | {"written_mb": _megabytes(directory / "delta") - before}
    assert told["num_target_rows_updated"] == box.count
    return found


def publish_delta(directory: Path, _argument: str) -> dict[str, Any]:
    """The newest version as a table of Delta Lake: exported by the engine, and published from that file."""
    file = directory / "for-delta.parquet"
    with opened(directory, "store-natural") as blocks:
        watch = Stopwatch()
        snapshot = blocks.snapshot(MODEL)
        columns = [Output(each.id, each.id, data=True) for each in snapshot.manifest.columns if each.id != "version_id"]
        query = Query((*(Output(name, name) for name in "ijk"), *columns), None, False)
        with file.open("wb", buffering=0) as target:
            export_parquet(Asked(snapshot, query), target.write)
        made = publish(file, directory / "published", Edition(MODEL, snapshot.version_id, str(snapshot.version_id)))
        found = watch.read() | {"written_mb": made.size / 1e6, "rows": made.rows}
    file.unlink()
    return found


# -- a report ----------------------------------------------------------------------------------------------------------


def report(directory: Path, _argument: str) -> dict[str, Any]:
    """Mass, and average of two grades, above 20 cut-offs by two categories, of version 2; the median of three."""
    averages = tuple(ValueColumn(name, Aggregation.MASS_AVERAGE) for name in ("f01", "f03"))
    categories = (Category("s0"), Category("s1"))
    policies = Policies(Policy.IGNORE_BLOCK, Policy.USE)
    asked = Request(Density(constant=_DENSITY), averages, categories, "f01", CUTOFFS, policies=policies)
    timings = []
    with opened(directory, "store-natural") as blocks:
        for _ in range(_ROUNDS):
            watch = Stopwatch()
            made = aggregate(blocks.snapshot(MODEL, 2), asked)
            timings.append(watch.read())
    return sorted(timings, key=lambda each: each["seconds"])[1] | {"totals": _totals(made)}


def _totals(made: Aggregated) -> list[list[float]]:
    """Per cut-off the number of combinations, and blocks, mass and grades of the grand total."""
    found = []
    for results in made.result_sets:
        total = results.rows[-1]
        combinations = sum(None not in row.categories for row in results.rows)
        found.append([combinations, total.blocks, total.mass, *(cell.value or 0.0 for cell in total.cells)])
    return found


def report_with_duckdb(directory: Path, _argument: str) -> dict[str, Any]:
    """The same from the natural file, in one pass as well: binned by the highest cut-off that a block reaches."""
    import duckdb

    volume = 10.0 * 10.0 * 5.0
    steps = " ".join(f"when f01 >= {cutoff} then {place}" for place, cutoff in reversed([*enumerate(CUTOFFS)]))
    statement = f"""
        with binned as (
            select s0, s1, case {steps} else -1 end as bin, count(*) as blocks,
                   sum({volume * _DENSITY}::double) as mass, sum(f01 * {volume * _DENSITY}) as m1,
                   sum(f03 * {volume * _DENSITY}) as m3
            from read_parquet('{directory / "natural.parquet"}')
            where f01 is not null and f03 is not null
            group by all
        )
        select cutoff, s0, s1, coalesce(sum(blocks) filter (bin >= cutoff), 0) as blocks,
               coalesce(sum(mass) filter (bin >= cutoff), 0) as mass,
               sum(m1) filter (bin >= cutoff) as m1, sum(m3) filter (bin >= cutoff) as m3
        from binned, range({len(CUTOFFS)}) as cutoffs(cutoff)
        group by cutoff, rollup (s0, s1)
        order by cutoff
    """
    timings = []
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for _ in range(_ROUNDS):
            watch = Stopwatch()
            rows = connection.execute(statement).fetchall()
            timings.append(watch.read())
    totals = []
    for place in range(len(CUTOFFS)):
        own = [row for row in rows if row[0] == place]
        [(_, _, _, blocks, mass, m1, m3)] = [row for row in own if row[1] is None]
        combinations = sum(row[1] is not None and row[2] is not None for row in own)
        averages = [value / mass if mass else 0.0 for value in (m1 or 0.0, m3 or 0.0)]
        totals.append([combinations, blocks, mass, *averages])
    return sorted(timings, key=lambda each: each["seconds"])[1] | {"totals": totals}


STEPS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    "delta-write": delta_write,
    "delta-add-column": delta_add_column,
    "delta-update-box": delta_update_box,
    "publish-delta": publish_delta,
    "report": report,
    "report-duckdb": report_with_duckdb,
}


if __name__ == "__main__":
    main(STEPS)
