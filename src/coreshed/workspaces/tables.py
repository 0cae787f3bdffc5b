"""Workspaces and who may do what in them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

workspaces = Table(
    "workspaces",
    main,
    Column("id", Text, primary_key=True),
    Column("organisation_id", Text, ForeignKey("organisations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("description", Text, nullable=False),
    Column("default_coordinate_system", Text, nullable=False),
    Column("bounding_box", Text),  # JSON of the GeoJSON polygon as sent
    Column("labels", Text, nullable=False),  # JSON list
    Column("ml_enabled", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, ForeignKey("users.id"), nullable=False),
    Column("deleted_ns", BigInteger),
    Column("deleted_by", Text, ForeignKey("users.id")),
)
Index(
    "uq_workspaces_live_name",
    workspaces.c.organisation_id,
    workspaces.c.name_key,
    unique=True,
    sqlite_where=workspaces.c.deleted_ns.is_(None),
    postgresql_where=workspaces.c.deleted_ns.is_(None),
)

workspace_members = Table(
    "workspace_members",
    main,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("role", Text, nullable=False),  # viewer, editor or owner
    Index("ix_workspace_members_user_id", "user_id"),
)

# Apart from the workspaces: no list of them reads pictures.
workspace_thumbnails = Table(
    "workspace_thumbnails",
    main,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
