"""The ledger of the block engine."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block_grids",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_block_grids"),
    )
    op.create_table(
        "block_versions",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["block_grids.model_id"], name="fk_block_versions_model_id_block_grids"),
        sa.PrimaryKeyConstraint("model_id", "version_id", name="pk_block_versions"),
    )
    op.create_index("uq_block_versions_job_id", "block_versions", ["job_id"], unique=True)
    op.create_table(
        "block_maps",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("compacted", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_block_maps"),
    )
    op.create_table(
        "block_segments",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["block_grids.model_id"], name="fk_block_segments_model_id_block_grids"),
        sa.PrimaryKeyConstraint("job_id", "token", name="pk_block_segments"),
    )
    op.create_index("ix_block_segments_model_id", "block_segments", ["model_id"], unique=False)
