"""Quota, upload sessions, and answers that can be repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _quota()
    _sessions()
    _files()
    _replays()


def _quota() -> None:
    op.create_table(
        "quota_accounts",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("organisation_id", _KEY, nullable=False),
        sa.Column("limit_bytes", sa.BigInteger()),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reserved_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quota_accounts"),
        sa.CheckConstraint("used_bytes >= 0", name="ck_quota_accounts_used"),
        sa.CheckConstraint("reserved_bytes >= 0", name="ck_quota_accounts_reserved"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_quota_accounts_organisation_id_organisations"
        ),
    )
    op.create_index("ix_quota_accounts_organisation_id", "quota_accounts", ["organisation_id"])
    op.create_table(
        "quota_reservations",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("organisation_id", _KEY, nullable=False),
        sa.Column("workspace_id", _KEY, nullable=False),
        sa.Column("announced_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reserved_bytes", sa.BigInteger(), nullable=False),
        sa.Column("charged_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quota_reservations"),
        sa.CheckConstraint("charged_bytes >= 0", name="ck_quota_reservations_charged"),
        sa.CheckConstraint("reserved_bytes >= charged_bytes", name="ck_quota_reservations_reserved"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_quota_reservations_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_quota_reservations_workspace_id_workspaces"
        ),
    )
    op.create_index("ix_quota_reservations_organisation_id", "quota_reservations", ["organisation_id"])
    op.create_index("ix_quota_reservations_workspace_id", "quota_reservations", ["workspace_id"])


def _sessions() -> None:
    op.create_table(
        "upload_sessions",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("organisation_id", _KEY, nullable=False),
        sa.Column("workspace_id", _KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("transfer_method", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("file_count", "total_bytes")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("reported_bytes", "stored_bytes")),
        sa.Column("is_categorical", sa.Boolean(), nullable=False),
        sa.Column("target_collection_id", _KEY),
        sa.Column("target_item_id", _KEY),
        *(sa.Column(name, sa.Text()) for name in ("asset_key", "user_metadata", "detected_metadata")),
        *(sa.Column(name, sa.Text()) for name in ("checksum_crc32c", "error_message", "error_step")),
        sa.Column("item_ids", sa.Text(), nullable=False),
        sa.Column("asset_ids", sa.Text(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_ns", "updated_ns", "active_ns")),
        sa.Column("ended_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_upload_sessions"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_upload_sessions_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_upload_sessions_workspace_id_workspaces"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_upload_sessions_created_by_users"),
    )
    op.create_index("ix_upload_sessions_workspace_id_created_ns", "upload_sessions", ["workspace_id", "created_ns"])
    op.create_index("ix_upload_sessions_ended_ns_active_ns", "upload_sessions", ["ended_ns", "active_ns"])


def _files() -> None:
    op.create_table(
        "upload_files",
        sa.Column("upload_id", _KEY, nullable=False),
        sa.Column("file_name", _KEY, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("blob_id", _KEY, nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("md5", sa.LargeBinary()),
        sa.Column("crc32c", sa.LargeBinary()),
        sa.Column("stored_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("upload_id", "file_name", name="pk_upload_files"),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload_sessions.id"], name="fk_upload_files_upload_id_upload_sessions"
        ),
    )
    op.create_index("uq_upload_files_blob_id", "upload_files", ["blob_id"], unique=True)


def _replays() -> None:
    op.create_table(
        "operation_replays",
        sa.Column("organisation_id", _KEY, nullable=False),
        sa.Column("operation", _KEY, nullable=False),
        sa.Column("key", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "operation", "key", name="pk_operation_replays"),
    )
    op.create_index("ix_operation_replays_created_ns", "operation_replays", ["created_ns"])
