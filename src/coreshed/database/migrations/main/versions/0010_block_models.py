"""Block models and their versions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_models()
    _create_versions()


def _create_models() -> None:
    op.create_table(
        "block_models",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.Column("coordinate_reference_system", sa.Text()),
        sa.Column("size_unit_id", sa.Text()),
        sa.Column("fill_subblocks", sa.Boolean(), nullable=False),
        sa.Column("object_id", _KEY, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", _KEY, nullable=False),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.Column("deleted_by", _KEY),
        sa.PrimaryKeyConstraint("no", name="pk_block_models"),
        sa.UniqueConstraint("id", name="uq_block_models_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_block_models_workspace_id_workspaces"),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_block_models_object_id_objects"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_block_models_created_by_users"),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name="fk_block_models_updated_by_users"),
        sa.ForeignKeyConstraint(["deleted_by"], ["users.id"], name="fk_block_models_deleted_by_users"),
    )
    _create_indices()


def _create_indices() -> None:
    live = sa.text("deleted_ns IS NULL")
    op.create_index(
        "uq_block_models_live_name",
        "block_models",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("ix_block_models_updated", "block_models", ["workspace_id", "updated_ns"], unique=False)


def _create_versions() -> None:
    op.create_table(
        "block_model_versions",
        sa.Column("model_id", _KEY, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("version_uuid", _KEY, nullable=False),
        sa.Column("parent_version_id", sa.Integer(), nullable=False),
        sa.Column("base_version_id", sa.Integer()),
        sa.Column("bbox", sa.Text()),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("job_id", _KEY, nullable=False),
        sa.Column("geoscience_version_id", sa.Text()),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("column_changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "version_id", name="pk_block_model_versions"),
        sa.UniqueConstraint("version_uuid", name="uq_block_model_versions_version_uuid"),
        sa.UniqueConstraint("job_id", name="uq_block_model_versions_job_id"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["block_models.id"], name="fk_block_model_versions_model_id_block_models"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_block_model_versions_created_by_users"),
    )
