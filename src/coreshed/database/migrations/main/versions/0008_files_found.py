"""An index for lists of files in an order of times."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    listed = sa.text("deleted_ns IS NULL AND version_id IS NOT NULL")
    op.create_index(
        "ix_files_found",
        "files",
        ["workspace_id", "modified_ns", "created_ns", "name_key", "created_by", "modified_by"],
        unique=False,
        sqlite_where=listed,
        postgresql_where=listed,
    )
