"""Foundation: staged blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staged_blocks",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("block_id", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("staged_ns", sa.BigInteger(), nullable=False),
        sa.Column("superseded_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_staged_blocks")),
    )
    op.create_index(
        "ix_staged_blocks_blob_id_session", "staged_blocks", ["blob_id", "session", "block_id"], unique=False
    )
    op.create_index("ix_staged_blocks_staged_ns", "staged_blocks", ["staged_ns"], unique=False)
    op.create_index("ix_staged_blocks_superseded_ns", "staged_blocks", ["superseded_ns"], unique=False)
