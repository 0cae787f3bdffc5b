"""Files of the server's kind, tables made of them, and what readers of Delta Lake find."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pytest

from coreshed.blockmodels.engine.chunks import read_chunks
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import How, encode
from coreshed.blockmodels.engine.footer import MAGIC, Field, RowGroup
from coreshed.blockmodels.engine.splice import splice
from coreshed.client.delta.publishing import Edition, Published, publish

deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")

MODEL = "5f1c1c1e-6d07-4a0c-8a0c-6a7b8f0d9a11"
OTHER = "0d4a63b4-6b0c-4f0e-9f55-0c9f6b8f4c22"
NOON = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z


def edition(version: int, model: str = MODEL, **others: Any) -> Edition:
    return Edition(model, version, f"00000000-0000-4000-8000-{version:012}", **others)


def server_file(path: Path, columns: dict[str, tuple[DataType, list[Any]]], rows: int = 2) -> pa.Table:
    """A file as the server writes it, in row groups of `rows`; returns what it holds."""
    fields = [Field(name, data_type) for name, (data_type, _) in columns.items()]
    table = pa.table({name: pa.array(values, kind.arrow) for name, (kind, values) in columns.items()})
    groups, contents = [], []
    for start in range(0, table.num_rows, rows):
        part = table.slice(start, rows)
        made = [encode(part.column(each.name), each.data_type, How.PLAIN) for each in fields]
        groups.append(RowGroup(part.num_rows, tuple(each.chunk for each in made)))
        contents.append([each.content for each in made])
    path.write_bytes(splice(fields, groups, contents))
    assert path.read_bytes()[:4] == MAGIC
    return table


def blocks(version: int) -> dict[str, tuple[DataType, list[Any]]]:
    """Four blocks whose grade is that of the version."""
    return {
        "i": (DataType.UINT32, [0, 0, 1, 1]),
        "j": (DataType.UINT32, [0, 1, 0, 1]),
        "k": (DataType.UINT32, [0, 0, 0, 0]),
        "Cu": (DataType.FLOAT64, [version + 0.5, None, version + 0.25, -1.0]),
    }


def published(directory: Path, version: int, columns: dict[str, Any] | None = None, **others: Any) -> Published:
    """A version of four blocks, or of these columns."""
    source = directory.parent / f"server-{version}.parquet"
    server_file(source, blocks(version) if columns is None else columns)
    return publish(source, directory, edition(version, **others), now=lambda: NOON)


def by_delta_rs(directory: Path, version: int | None = None) -> dict[str, list[Any]]:
    table = deltalake.DeltaTable(directory, version=version)
    found = deltalake.QueryBuilder().register("t", table).execute("select * from t").read_all()
    return plain(pa.table(found))


def by_delta_rs_files(directory: Path, version: int | None = None) -> dict[str, list[Any]]:
    return plain(deltalake.DeltaTable(directory, version=version).to_pyarrow_table())


def by_polars(directory: Path, version: int | None = None) -> dict[str, list[Any]]:
    return plain(polars.read_delta(str(directory), version=version).to_arrow())


def by_duckdb(directory: Path, version: int | None = None) -> dict[str, list[Any]]:
    """Over the list of files: the extension that reads the log is no part of the wheel."""
    files = deltalake.DeltaTable(directory, version=version).file_uris()
    with duckdb.connect() as connection:
        return plain(connection.read_parquet(files).to_arrow_table())


READERS: dict[str, Callable[..., dict[str, list[Any]]]] = {
    "delta-rs": by_delta_rs,
    "delta-rs with pyarrow": by_delta_rs_files,
    "polars": by_polars,
    "DuckDB": by_duckdb,
}


def plain(table: pa.Table) -> dict[str, list[Any]]:
    """Python values; floats as text, so that NaN equals NaN and the zeros differ."""
    return {name: [_plain(value) for value in table.column(name).to_pylist()] for name in table.column_names}


def _plain(value: Any) -> Any:
    return repr(float(value)) if isinstance(value, float | np.floating) else value


def physical(path: Path) -> list[tuple[str, str]]:
    """Per column of a Parquet file its physical and its logical type."""
    import pyarrow.parquet as pq

    schema = pq.ParquetFile(path).schema
    return [(each.physical_type, str(each.logical_type)) for each in map(schema.column, range(len(schema)))]


def chunk_bytes(path: Path) -> list[list[bytes]]:
    """The encoded bytes of each column of each row group."""
    import pyarrow.parquet as pq

    content = path.read_bytes()
    groups = read_chunks(pq.ParquetFile(path).metadata)
    return [[content[chunk.offset : chunk.offset + chunk.length] for chunk in group] for group in groups]
