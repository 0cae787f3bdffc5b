"""Geoscience objects: what lists need, every version's document, and the values that filters and orders use."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from coreshed.database import main
from coreshed.database.metadata import Key, RowNumber

# Schema ids are interned: a `schema_id` filter is decided over these few rows and becomes a list of numbers.
object_schemas = Table(
    "object_schemas",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
)

# `version_id` is the newest version; its nanoseconds are `modified_at`. Times in nanoseconds since the epoch, UTC.
objects = Table(
    "objects",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("path", Key, nullable=False),
    Column("path_key", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("schema_no", Integer, ForeignKey("object_schemas.no"), nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("modified_by", Key, ForeignKey("users.id"), nullable=False),
    Column("deleted_ns", BigInteger),
    Column("deleted_by", Key, ForeignKey("users.id")),
    Column("stage_id", Text),
    Column("west", Double),  # the WGS84 rectangle, degrees
    Column("south", Double),
    Column("east", Double),
    Column("north", Double),
    Column("box_from_workspace_crs", Boolean, nullable=False),
    Column("unindexed", Boolean, nullable=False),  # some value has no property row: `object.*` opens the document
    Column("box", Text),  # the rectangle as JSON, [west, south, east, north], every digit: a page is packed with it
)
_live = objects.c.deleted_ns.is_(None)
_deleted = objects.c.deleted_ns.is_not(None)
Index(
    "uq_objects_live_path",
    objects.c.workspace_id,
    objects.c.path_key,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index(
    "ix_objects_live_created",
    objects.c.workspace_id,
    objects.c.created_ns,
    objects.c.id,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index(
    "ix_objects_live_modified",
    objects.c.workspace_id,
    objects.c.version_id,
    objects.c.id,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index("ix_objects_live_schema", objects.c.workspace_id, objects.c.schema_no, sqlite_where=_live, postgresql_where=_live)
Index(
    "ix_objects_deleted",
    objects.c.workspace_id,
    objects.c.created_ns,
    objects.c.id,
    sqlite_where=_deleted,
    postgresql_where=_deleted,
)

_unindexed = objects.c.unindexed
Index("ix_objects_unindexed", objects.c.workspace_id, sqlite_where=_unindexed, postgresql_where=_unindexed)

object_versions = Table(
    "object_versions",
    main,
    Column("object_no", BigInteger, ForeignKey("objects.no"), primary_key=True),
    Column("version_id", BigInteger, primary_key=True),
    Column("schema_no", Integer, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Column("stage_id", Text),
    Column("west", Double),
    Column("south", Double),
    Column("east", Double),
    Column("north", Double),
    Column("box_from_workspace_crs", Boolean, nullable=False),
    Column("document", LargeBinary, nullable=False),  # zlib of the JSON
)

# The data references of one version, in order of first appearance, spelled as in the document.
object_data = Table(
    "object_data",
    main,
    Column("object_no", BigInteger, ForeignKey("objects.no"), primary_key=True),
    Column("version_id", BigInteger, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("blob_id", Text, ForeignKey("blobs.id"), nullable=False),
)

# Property paths are interned per workspace. `repeats`: some object has more than one value there (arrays).
property_paths = Table(
    "property_paths",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("path", Key, nullable=False),
    Column("repeats", Boolean, nullable=False),
    Index("uq_property_paths_workspace_id_path", "workspace_id", "path", unique=True),
)

# One scalar of the newest version. `kind`: 1 null, 2 number, 3 text, 4 boolean, the order of mixed values.
# `at` is the array position within the path ("0.3"), empty outside of arrays. `schema_no` and `deleted` repeat the
# object's, so that a filtered count and a page are answered by one index.
object_properties = Table(
    "object_properties",
    main,
    Column("object_no", BigInteger, ForeignKey("objects.no"), primary_key=True),
    Column("path_no", Integer, ForeignKey("property_paths.no"), primary_key=True),
    Column("at", Text, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("number", Double),
    Column("text", Key),  # cut to 256 characters, see `cut`
    Column("text_key", Key),  # case-folded, null where equal to `text`
    Column("cut", Boolean, nullable=False),
    Column("schema_no", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
)
_number = object_properties.c.kind == 2
_text = object_properties.c.kind == 3
Index(
    "ix_object_properties_number",
    object_properties.c.path_no,
    object_properties.c.deleted,
    object_properties.c.number,
    object_properties.c.object_no,
    object_properties.c.schema_no,
    object_properties.c.kind,  # SQLite before 3.51 reads it although the index implies it
    sqlite_where=_number,
    postgresql_where=_number,
)
# For counts: a filter by schema leaves one stretch of numbers for each schema that passes.
Index(
    "ix_object_properties_schema_number",
    object_properties.c.path_no,
    object_properties.c.deleted,
    object_properties.c.schema_no,
    object_properties.c.number,
    object_properties.c.kind,
    sqlite_where=_number,
    postgresql_where=_number,
)
_cut = object_properties.c.cut
Index("ix_object_properties_cut", object_properties.c.path_no, sqlite_where=_cut, postgresql_where=_cut)
Index(
    "ix_object_properties_text",
    object_properties.c.path_no,
    object_properties.c.deleted,
    object_properties.c.text,
    object_properties.c.object_no,
    object_properties.c.schema_no,
    object_properties.c.kind,
    sqlite_where=_text,
    postgresql_where=_text,
)

# Exact totals of the unfiltered lists, and a number that every change of the workspace's objects raises.
object_counts = Table(
    "object_counts",
    main,
    Column("workspace_id", Text, primary_key=True),
    Column("live", BigInteger, nullable=False),
    Column("deleted", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
