"""Colormaps and their associations with attributes of objects."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "colormaps",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_colormaps_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_colormaps_created_by_users")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_colormaps")),
        sa.UniqueConstraint("id", name=op.f("uq_colormaps_id")),
    )
    op.create_index(
        "ix_colormaps_workspace_id_created_ns_no", "colormaps", ["workspace_id", "created_ns", "no"], unique=False
    )
    op.create_table(
        "colormap_associations",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("object_id", _KEY, nullable=False),
        sa.Column("attribute_id", sa.Text(), nullable=False),
        sa.Column("colormap_id", _KEY, nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_colormap_associations_workspace_id_workspaces")
        ),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_colormap_associations_object_id_objects")),
        sa.ForeignKeyConstraint(
            ["colormap_id"], ["colormaps.id"], name=op.f("fk_colormap_associations_colormap_id_colormaps")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_colormap_associations_created_by_users")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_colormap_associations")),
        sa.UniqueConstraint("id", name=op.f("uq_colormap_associations_id")),
    )
    op.create_index(
        "ix_colormap_associations_object_id_created_ns_no",
        "colormap_associations",
        ["object_id", "created_ns", "no"],
        unique=False,
    )
