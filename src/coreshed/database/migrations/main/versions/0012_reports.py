"""Reports over block models."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "report_specifications",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("model_id", _KEY, nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("autorun", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("specification", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_specifications"),
        sa.UniqueConstraint("model_id", "name", name="uq_report_specifications_model_id_name"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["block_models.id"], name="fk_report_specifications_model_id_block_models"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_report_specifications_created_by_users"),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name="fk_report_specifications_updated_by_users"),
    )
    op.create_table(
        "report_results",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("specification_id", _KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("mesh_filter", sa.Text()),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name="pk_report_results"),
        sa.UniqueConstraint("id", name="uq_report_results_id"),
        sa.UniqueConstraint(
            "specification_id",
            "revision",
            "version_id",
            name="uq_report_results_specification_id_revision_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["report_specifications.id"],
            name="fk_report_results_specification_id_report_specifications",
        ),
    )
