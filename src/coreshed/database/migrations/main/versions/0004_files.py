"""Files at paths, and their versions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _user(table: str, name: str, *, nullable: bool = True) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = op.f(f"fk_{table}_{name}_users")
    return sa.Column(name, _KEY, nullable=nullable), sa.ForeignKeyConstraint([name], ["users.id"], name=constraint)


def upgrade() -> None:
    people = [_user("files", name) for name in ("created_by", "modified_by", "deleted_by")]
    op.create_table(
        "files",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("path", _KEY, nullable=False),
        sa.Column("path_key", _KEY, nullable=False),
        sa.Column("name_key", _KEY, nullable=False),
        sa.Column("version_id", sa.BigInteger()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("created_ns", sa.BigInteger()),
        sa.Column("modified_ns", sa.BigInteger()),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.Column("issued_ns", sa.BigInteger(), nullable=False),
        *(part for person in people for part in person),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_files_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_files")),
        sa.UniqueConstraint("id", name=op.f("uq_files_id")),
    )
    here = ["workspace_id", "path_key"]
    op.create_index("uq_files_live_path", "files", here, unique=True, **_where("deleted_ns is null"))
    seen = "deleted_ns is null and version_id is not null"
    op.create_index("ix_files_listed", "files", [*here, "id"], **_where(seen))
    op.create_index("ix_files_deleted", "files", here, **_where("deleted_ns is not null"))
    op.create_index("ix_files_pending", "files", ["issued_ns"], **_where("version_id is null"))
    op.create_table(
        "file_versions",
        sa.Column("file_no", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("committed_ns", sa.BigInteger()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("blob_id", sa.Text()),
        *_user("file_versions", "created_by", nullable=False),
        sa.ForeignKeyConstraint(["file_no"], ["files.no"], name=op.f("fk_file_versions_file_no_files")),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_file_versions_blob_id_blobs")),
        sa.PrimaryKeyConstraint("file_no", "version_id", name=op.f("pk_file_versions")),
    )
