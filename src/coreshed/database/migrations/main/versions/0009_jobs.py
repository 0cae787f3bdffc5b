"""Jobs: work that outlives its request."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.Text()),
        sa.Column("lease_until_ns", sa.BigInteger()),
        sa.Column("not_before_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("queued_ns", sa.BigInteger()),
        sa.Column("finished_ns", sa.BigInteger()),
        sa.Column("principal_id", sa.Text()),
        sa.Column("workspace_id", sa.Text()),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary()),
        sa.Column("problem", sa.Text()),
        sa.Column("progress", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_owner_created_ns", "jobs", ["owner", "created_ns"], unique=False)
    op.create_index("ix_jobs_state_queued_ns", "jobs", ["state", "queued_ns"], unique=False)
    op.create_index("ix_jobs_kind_state", "jobs", ["kind", "state"], unique=False)
    op.create_index("ix_jobs_serial_state_queued_ns", "jobs", ["serial", "state", "queued_ns"], unique=False)
    processing = sa.text("state = 'processing'")
    op.create_index(
        "uq_jobs_serial", "jobs", ["serial"], unique=True, sqlite_where=processing, postgresql_where=processing
    )
