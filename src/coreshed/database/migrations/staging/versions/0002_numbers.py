"""Numbers of staged blocks are never used twice, on SQLite as on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COPY = """
insert into staged_blocks (no, blob_id, session, block_id, token, length, staged_ns, superseded_ns)
select no, blob_id, session, block_id, token, length, staged_ns, superseded_ns from staged_blocks_before
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # an identity column, which counts on
    op.rename_table("staged_blocks", "staged_blocks_before")
    op.create_table(
        "staged_blocks",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("block_id", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("staged_ns", sa.BigInteger(), nullable=False),
        sa.Column("superseded_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_staged_blocks")),
        sqlite_autoincrement=True,
    )
    op.execute(_COPY)
    op.drop_table("staged_blocks_before")  # and its indexes
    op.create_index(
        "ix_staged_blocks_blob_id_session", "staged_blocks", ["blob_id", "session", "block_id"], unique=False
    )
    op.create_index("ix_staged_blocks_staged_ns", "staged_blocks", ["staged_ns"], unique=False)
    op.create_index("ix_staged_blocks_superseded_ns", "staged_blocks", ["superseded_ns"], unique=False)
