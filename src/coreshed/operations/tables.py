"""Answers that are given again to those who repeat a request under the same `Idempotency-Key`."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

operation_replays = Table(
    "operation_replays",
    main,
    Column("organisation_id", Key, primary_key=True),
    Column("operation", Key, primary_key=True),
    Column("key", Key, primary_key=True),  # SHA-256 of what the client sent
    Column("user_id", Key, nullable=False),
    Column("asked", Text, nullable=False),  # SHA-256 of the input
    Column("status", Integer),  # null while the first request runs
    Column("body", LargeBinary),
    Column("created_ns", BigInteger, nullable=False),
    Index("ix_operation_replays_created_ns", "created_ns"),
)
