"""Projects, collections, items, assets, provenance and share links.

A project is a workspace: same id, same members, an admin of the one is an owner of the other. `projects` holds what a
project has beside it, and a workspace without a row there is a project all the same, called as the workspace.

    projects --- collections --- items --- assets --- blobs
                                   |
                            provenance_edges (by type and id, no foreign keys: a session is a node, too)

Rows are deleted softly (`deleted_ns`), but those of assets go: an asset without its bytes says nothing. A live asset
holds its blob (`blob_holds.owner` = `asset:<id>`); its size counts as used storage where `charged`.

Items are found by place and time. Places are WGS 84 degrees, `min_x <= max_x` always: what crosses the antimeridian has
`max_x` above 180. Times: `datetime_ns`, `start_ns` and `end_ns` are what is known of the item; `from_ns` and `to_ns`
(inclusive, `from_ns <= to_ns`, never null) are what a search compares: the interval, else the moment, else when the
item was made. The order of every search is `from_ns`, newest first, then `no`, the newest first.

Further metadata goes to three places: `items.properties` (JSON object of STAC properties: proj:*, raster:*, table:*,
and whatever the user sent), `items.stac_extensions` (JSON list of the URLs of their schemas), and `assets.metadata`
(JSON object of what is said of one file, merged into its STAC asset as it is).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from coreshed.database import main
from coreshed.database.metadata import Key, RowNumber

projects = Table(
    "projects",
    main,
    Column("id", Key, ForeignKey("workspaces.id"), primary_key=True),
    Column("name", Text, nullable=False),  # up to 255 characters, not unique
    Column("derived_name", Text, nullable=False),  # the workspace's; once it has another one, that counts
    Column("region", Text, nullable=False),
    Column("archived_ns", BigInteger),
)

collections = Table(
    "collections",
    main,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("color", Text),
    Column("show_on_map", Boolean, nullable=False),
    Column("layer_order", Integer, nullable=False),
    Column("auto_created", Boolean, nullable=False),
    Column("source_type", Text),
    Column("source_id", Key),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("deleted_ns", BigInteger),
    Index("ix_collections_workspace_id_created_ns", "workspace_id", "created_ns"),
    Index("ix_collections_organisation_id", "organisation_id"),
)

items = Table(
    "items",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("collection_id", Key, ForeignKey("collections.id")),
    Column("stac_id", Key, nullable=False),  # unique among the live items of a project
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("type", Key, nullable=False),
    Column("lifecycle_state", Text, nullable=False),
    Column("upload_id", Key),
    Column("order_id", Text),
    Column("job_id", Text),
    Column("previous_version_id", Key),
    Column("duplicated_from_id", Key),
    Column("geometry", Text),  # GeoJSON
    Column("min_x", Double),
    Column("min_y", Double),
    Column("max_x", Double),
    Column("max_y", Double),
    Column("datetime_ns", BigInteger),
    Column("start_ns", BigInteger),
    Column("end_ns", BigInteger),
    Column("from_ns", BigInteger, nullable=False),
    Column("to_ns", BigInteger, nullable=False),
    Column("cloud_cover", Double),  # percent
    Column("gsd", Double),  # metres
    Column("properties", Text, nullable=False),  # JSON object
    Column("stac_extensions", Text, nullable=False),  # JSON list
    Column("expires_ns", BigInteger),
    Column("archived_ns", BigInteger),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("deleted_ns", BigInteger),
    UniqueConstraint("id", name="uq_items_id"),
    Index("ix_items_collection_id", "collection_id"),
    Index("ix_items_upload_id", "upload_id"),
)
_live: dict[str, Any] = {"sqlite_where": items.c.deleted_ns.is_(None), "postgresql_where": items.c.deleted_ns.is_(None)}
Index("uq_items_live_stac_id", items.c.workspace_id, items.c.stac_id, unique=True, **_live)
# Whole: a search reads this index in its own order and looks up the rows of its page alone.
Index(
    "ix_items_found",
    items.c.organisation_id,
    items.c.from_ns,
    items.c.no,
    items.c.to_ns,
    items.c.min_x,
    items.c.max_x,
    items.c.min_y,
    items.c.max_y,
    items.c.workspace_id,
    items.c.collection_id,
    items.c.type,
    items.c.deleted_ns,  # always null here, and yet SQLite would look it up in the row
    **_live,
)
Index(
    "ix_items_workspace_id_no",
    items.c.workspace_id,
    items.c.no,
    items.c.collection_id,
    items.c.deleted_ns,
    **_live,
)

assets = Table(
    "assets",
    main,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("item_id", Key, ForeignKey("items.id"), nullable=False),
    Column("no", Integer, nullable=False),  # the order within the item, from 0
    Column("key", Key, nullable=False),
    Column("title", Text),
    Column("file_name", Text, nullable=False),  # with its folders, as it was uploaded
    Column("object_path", Text, nullable=False),
    Column("blob_id", Key, ForeignKey("blobs.id"), nullable=False),
    Column("blob_workspace_id", Key, nullable=False),  # another one than its own for an asset copied from there
    Column("media_type", Text, nullable=False),
    Column("roles", Text, nullable=False),  # JSON list
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("md5", LargeBinary),
    Column("crc32c", LargeBinary),
    Column("is_categorical", Boolean, nullable=False),
    Column("band_names", Text),  # JSON list
    Column("metadata", Text, nullable=False),  # JSON object
    Column("charged", Boolean, nullable=False),  # false: made by the server, which nobody pays for
    Column("upload_id", Key),
    Column("created_ns", BigInteger, nullable=False),
    UniqueConstraint("item_id", "key", name="uq_assets_item_id_key"),
    Index("ix_assets_organisation_id", "organisation_id"),
    Index("ix_assets_workspace_id", "workspace_id"),
    Index("ix_assets_upload_id", "upload_id"),
    Index("ix_assets_blob_id", "blob_id"),
)

# `src` came first: upload -> item, upload -> asset, item -> asset, item -> item (a copy).
provenance_edges = Table(
    "provenance_edges",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("src_type", Key, nullable=False),
    Column("src_id", Key, nullable=False),
    Column("dst_type", Key, nullable=False),
    Column("dst_id", Key, nullable=False),
    Column("relation", Text, nullable=False),
    Column("invocation_id", Text),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Index("ix_provenance_edges_src_id_src_type", "src_id", "src_type"),
    Index("ix_provenance_edges_dst_id_dst_type", "dst_id", "dst_type"),
)

share_links = Table(
    "share_links",
    main,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("target_type", Text, nullable=False),  # item or collection
    Column("target_id", Key, nullable=False),
    Column("permission", Text, nullable=False),  # view or download
    Column("token_hash", Key, nullable=False),  # SHA-256 of the token, which is told once
    Column("password_hash", Text, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Column("access_count", BigInteger, nullable=False),
    Column("accessed_ns", BigInteger),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    UniqueConstraint("token_hash", name="uq_share_links_token_hash"),
    Index("ix_share_links_target_id", "target_id"),
)
