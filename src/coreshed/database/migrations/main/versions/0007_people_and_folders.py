"""Pictures of workspaces; invitations and groups of organisations; folders."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workspace_thumbnails",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_workspace_thumbnails_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspace_thumbnails")),
    )
    op.add_column("organisation_members", sa.Column("own_role", sa.Text(), nullable=True))
    _invitations()
    _groups()
    _folders()
    op.create_index("ix_audit_events_organisation_id_no", "audit_events", ["organisation_id", "no"])


def _key() -> "sa.types.TypeEngine[str]":
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _invitations() -> None:
    op.create_table(
        "organisation_invitations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", _key(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("expires_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_invitations_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name=op.f("fk_organisation_invitations_invited_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_invitations")),
    )
    op.create_index(
        "uq_organisation_invitations_email", "organisation_invitations", ["organisation_id", "email_key"], unique=True
    )
    op.create_index("ix_organisation_invitations_email_key", "organisation_invitations", ["email_key"])


def _groups() -> None:
    op.create_table(
        "directory_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", _key(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_directory_groups_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_groups")),
    )
    op.create_index("uq_directory_groups_name", "directory_groups", ["organisation_id", "name_key"], unique=True)
    op.create_table(
        "directory_group_members",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["directory_groups.id"], name=op.f("fk_directory_group_members_group_id_directory_groups")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_directory_group_members_user_id_users")),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_directory_group_members")),
    )
    op.create_index("ix_directory_group_members_user_id", "directory_group_members", ["user_id"])


def _folders() -> None:
    op.create_table(
        "folders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", _key(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("ancestors", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.Text(), nullable=False),
        sa.Column("deleted_ns", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_folders_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(["parent_id"], ["folders.id"], name=op.f("fk_folders_parent_id_folders")),
        *(
            sa.ForeignKeyConstraint([each], ["users.id"], name=op.f(f"fk_folders_{each}_users"))
            for each in ("created_by", "modified_by", "deleted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
    )
    op.create_index("ix_folders_workspace_id_path_key", "folders", ["workspace_id", "path_key"])
    op.create_index(
        "uq_folders_live_path",
        "folders",
        ["workspace_id", "path_key"],
        unique=True,
        sqlite_where=sa.text("deleted_ns IS NULL"),
        postgresql_where=sa.text("deleted_ns IS NULL"),
    )
