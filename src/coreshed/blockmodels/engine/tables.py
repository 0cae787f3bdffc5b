"""The ledger of the engine: models, versions, maps and segments."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, inspect

from coreshed.database import Rows, main

block_grids = Table(
    "block_grids",
    main,
    Column("model_id", Text, primary_key=True),
    Column("header", LargeBinary, nullable=False),
)

# Whoever inserts version N + 1 of a model first has published it; a job publishes once.
block_versions = Table(
    "block_versions",
    main,
    Column("model_id", Text, ForeignKey("block_grids.model_id"), primary_key=True),
    Column("version_id", Integer, primary_key=True, autoincrement=False),
    Column("job_id", Text, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Index("uq_block_versions_job_id", "job_id", unique=True),
)

# Maps are named by their content, so that versions share them. compacted: the map that readers use in its place.
block_maps = Table(
    "block_maps",
    main,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("compacted", Text),
)

# Stored files of published versions; a name is never used again.
block_segments = Table(
    "block_segments",
    main,
    Column("job_id", Text, primary_key=True),
    Column("token", BigInteger, primary_key=True, autoincrement=False),
    Column("model_id", Text, ForeignKey("block_grids.model_id"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("ix_block_segments_model_id", "model_id"),
)


def create_tables(rows: Rows) -> None:
    """Make what is missing, for a database that has no migrations: tables, and columns that came later."""
    for table in (block_grids, block_versions, block_maps, block_segments):
        table.create(rows, checkfirst=True)
        there = {column["name"] for column in inspect(rows).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:  # all that came later may be null
                kind = column.type.compile(rows.dialect)
                rows.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")
