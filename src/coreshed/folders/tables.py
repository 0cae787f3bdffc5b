"""Folders."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

# The root has no row: it is the workspace. `path` and `ancestors` repeat what parents say: no list walks a tree.
folders = Table(
    "folders",
    main,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("parent_id", Text, ForeignKey("folders.id")),  # null: in the root
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),  # A/B, without slashes around it
    Column("path_key", Key, nullable=False),
    Column("depth", Integer, nullable=False),  # 1 in the root
    Column("ancestors", Text, nullable=False),  # JSON list of ids, from the root down, without the folder itself
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("modified_by", Text, ForeignKey("users.id"), nullable=False),
    Column("deleted_ns", BigInteger),
    Column("deleted_by", Text, ForeignKey("users.id")),
    Index("ix_folders_workspace_id_path_key", "workspace_id", "path_key"),
)
Index(
    "uq_folders_live_path",
    folders.c.workspace_id,
    folders.c.path_key,
    unique=True,
    sqlite_where=folders.c.deleted_ns.is_(None),
    postgresql_where=folders.c.deleted_ns.is_(None),
)
