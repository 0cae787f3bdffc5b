"""Upload sessions whose account is to be compared with what is stored, and failed ones that still have files.

Reservations say what has been lent to them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lent = sa.Column("lent_bytes", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("quota_reservations", lent)
    for name in ("body_ns", "removing_ns"):
        op.add_column("upload_sessions", sa.Column(name, sa.BigInteger()))
        op.create_index(f"ix_upload_sessions_{name}", "upload_sessions", [name])
    op.execute("UPDATE upload_sessions SET body_ns = active_ns WHERE ended_ns IS NULL")
    op.execute(
        "UPDATE upload_sessions SET removing_ns = updated_ns WHERE status = 'failed'"
        " AND EXISTS (SELECT 1 FROM upload_files WHERE upload_files.upload_id = upload_sessions.id)"
    )
