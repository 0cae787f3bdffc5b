"""Work that outlives its request: one row each."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, Table, Text, text

from coreshed.database import main

jobs = Table(
    "jobs",
    main,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("owner", Text, nullable=False),  # what the job is about, in the words of its room: `block-model:<uuid>`
    Column("serial", Text),  # jobs of one serial run one at a time, in the order in which they were queued
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),  # grows with every claim; a worker writes only under its own number
    Column("strikes", Integer, nullable=False),  # attempts that ended without a result and count against the limit
    Column("worker_id", Text),  # who has the lease
    Column("lease_until_ns", BigInteger),
    Column("not_before_ns", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("queued_ns", BigInteger),  # its place in the queue, which it keeps when it is tried again
    Column("finished_ns", BigInteger),
    Column("principal_id", Text),
    Column("workspace_id", Text),
    Column("input", LargeBinary, nullable=False),
    Column("result", LargeBinary),
    Column("problem", Text),  # JSON object
    Column("progress", Double),
    Index("ix_jobs_owner_created_ns", "owner", "created_ns"),
    Index("ix_jobs_state_queued_ns", "state", "queued_ns"),
    Index("ix_jobs_kind_state", "kind", "state"),
    Index("ix_jobs_serial_state_queued_ns", "serial", "state", "queued_ns"),
    # Two claims at once cannot both see the other; the second of them fails here.
    Index(
        "uq_jobs_serial",
        "serial",
        unique=True,
        sqlite_where=text("state = 'processing'"),
        postgresql_where=text("state = 'processing'"),
    ),
)
