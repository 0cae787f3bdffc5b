"""Models with sub-blocks to test with: uploads as rows, versions as dictionaries."""

from collections.abc import Sequence

import pyarrow as pa

from coreshed.blockmodels.engine.addressing import Keys
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.exporting import read_table
from coreshed.blockmodels.engine.geometry_columns import coordinate_columns, geometry_types, index_columns
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, VERSION_COLUMN
from coreshed.blockmodels.engine.queries import Asked, Output, Query
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.engine.subkeys import keys_by_index, keys_by_place

Row = tuple[object, ...]
MERGE, REPLACE = UpdateType.MERGE, UpdateType.REPLACE


def number(name: str) -> Written:
    """A column of Float64 whose id, title and column in the upload have one name."""
    return Written(name, name, DataType.FLOAT64, name)


def text(name: str) -> Written:
    return Written(name, name, DataType.UTF8, name)


def upload(
    grid: Grid, columns: Sequence[Written], *rows: Row, places: bool = False, part_rows: int = 1 << 20
) -> TableSource:
    """Rows of a key and then one value for each column."""
    names = coordinate_columns(grid.kind) if places else index_columns(grid.kind)
    types = [*(geometry_types(grid.kind)[name] for name in names), *(each.data_type for each in columns)]
    titles = [*names, *(each.source for each in columns)]
    arrays = [pa.array([row[index] for row in rows], data_type.arrow) for index, data_type in enumerate(types)]
    return TableSource(pa.table(dict(zip(titles, arrays, strict=True))), part_rows)


def keys_of(grid: Grid, source: TableSource) -> Keys:
    return keys_by_index(grid) if "i" in source.schema.names else keys_by_place(grid)


def draft(blocks: BlockStore, change: Change, source: TableSource) -> Draft:
    base = blocks.snapshot("m")
    return blocks.draft(base, change, source, keys_of(base.header.grid, source))


def publish(blocks: BlockStore, change: Change, source: TableSource) -> int:
    return blocks.publish("m", draft(blocks, change, source))


def reshape(
    *columns: Written,
    new: Sequence[Written] = (),
    deleted: Sequence[str] = (),
    update_type: UpdateType = REPLACE,
    fill: bool = False,
) -> Change:
    """An update of columns that changes the geometry."""
    return Change(tuple(new), columns, frozenset(deleted), {}, update_type, True, fill)


def rows(snapshot: Snapshot, *columns: str, places: bool = False, null_rows: bool = False) -> list[Row]:
    """Blocks as key and values, sorted by key; without those that are null in all of the columns."""
    kind = snapshot.header.grid.kind
    names = coordinate_columns(kind) if places else index_columns(kind)
    system = (VERSION_COLUMN, DERIVATION_COLUMN)
    outputs = (
        *(Output(name, name) for name in names),
        *(Output(each, each, data=each not in system) for each in columns),
    )
    table = read_table(Asked(snapshot, Query(outputs, None, exclude_null_rows=not null_rows)))
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=lambda row: row[: len(names)])


def by_block(snapshot: Snapshot, *columns: str) -> dict[Row, Row]:
    """The values of every block, by its key."""
    width = len(index_columns(snapshot.header.grid.kind))
    return {row[:width]: row[width:] for row in rows(snapshot, *columns, null_rows=True)}
