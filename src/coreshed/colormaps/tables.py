"""Colormaps and their associations with attributes of objects. Neither ever changes: there is nothing to modify."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key, RowNumber

colormaps = Table(
    "colormaps",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("kind", Text, nullable=False),  # continuous, discrete or category
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON object: the colours and the kind's own members
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Index("ix_colormaps_workspace_id_created_ns_no", "workspace_id", "created_ns", "no"),
)

colormap_associations = Table(
    "colormap_associations",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("object_id", Key, ForeignKey("objects.id"), nullable=False),
    Column("attribute_id", Text, nullable=False),  # the `key` of an attribute in the object's document, unchecked
    Column("colormap_id", Key, ForeignKey("colormaps.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Index("ix_colormap_associations_object_id_created_ns_no", "object_id", "created_ns", "no"),
)
