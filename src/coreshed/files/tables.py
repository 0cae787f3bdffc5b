"""Files at paths, and their versions."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key, RowNumber

# `version_id` is the newest version that has content, null before there is one: nobody sees the file until then.
# `created_*` are of the first content, `modified_*` of the newest. Times in nanoseconds since the epoch, UTC.
files = Table(
    "files",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("path", Key, nullable=False),  # without a leading slash, as last spelled by an upload that made the file
    Column("path_key", Key, nullable=False),
    Column("name_key", Key, nullable=False),  # case-folded basename
    Column("version_id", BigInteger),
    Column("size", BigInteger),
    Column("created_ns", BigInteger),
    Column("created_by", Key, ForeignKey("users.id")),
    Column("modified_ns", BigInteger),
    Column("modified_by", Key, ForeignKey("users.id")),
    Column("deleted_ns", BigInteger),
    Column("deleted_by", Key, ForeignKey("users.id")),
    Column("issued_ns", BigInteger, nullable=False),  # when its newest upload link was made
)
_live = files.c.deleted_ns.is_(None)
_seen = files.c.version_id.is_not(None)
_pending = files.c.version_id.is_(None)
_deleted = files.c.deleted_ns.is_not(None)
Index(
    "uq_files_live_path",
    files.c.workspace_id,
    files.c.path_key,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index(
    "ix_files_listed",
    files.c.workspace_id,
    files.c.path_key,
    files.c.id,
    sqlite_where=_live & _seen,
    postgresql_where=_live & _seen,
)
# For lists in an order of times: what they filter and sort by, without the row itself.
Index(
    "ix_files_found",
    files.c.workspace_id,
    files.c.modified_ns,
    files.c.created_ns,
    files.c.name_key,
    files.c.created_by,
    files.c.modified_by,
    sqlite_where=_live & _seen,
    postgresql_where=_live & _seen,
)
Index("ix_files_deleted", files.c.workspace_id, files.c.path_key, sqlite_where=_deleted, postgresql_where=_deleted)
Index("ix_files_pending", files.c.issued_ns, sqlite_where=_pending, postgresql_where=_pending)

# `version_id`: nanoseconds at the issue of its first upload link. Without `committed_ns` it has no content yet.
file_versions = Table(
    "file_versions",
    main,
    Column("file_no", BigInteger, ForeignKey("files.no"), primary_key=True),
    Column("version_id", BigInteger, primary_key=True),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("committed_ns", BigInteger),
    Column("size", BigInteger),
    Column("blob_id", Text, ForeignKey("blobs.id")),  # null like `committed_ns`
)
