"""Projects, collections, items, assets, provenance and share links."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _projects()
    _collections()
    _items()
    _assets()
    _provenance()
    _shares()


def _live() -> dict[str, Any]:
    condition = sa.text("deleted_ns IS NULL")
    return {"sqlite_where": condition, "postgresql_where": condition}


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("derived_name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("archived_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        _refers("projects", "id", "workspaces"),
    )


def _collections() -> None:
    op.create_table(
        "collections",
        *(sa.Column(name, _KEY, nullable=False) for name in ("id", "organisation_id", "workspace_id")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("color", sa.Text()),
        sa.Column("show_on_map", sa.Boolean(), nullable=False),
        sa.Column("layer_order", sa.Integer(), nullable=False),
        sa.Column("auto_created", sa.Boolean(), nullable=False),
        sa.Column("source_type", sa.Text()),
        sa.Column("source_id", _KEY),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        _refers("collections", "organisation_id", "organisations"),
        _refers("collections", "workspace_id", "workspaces"),
        _refers("collections", "created_by", "users"),
    )
    op.create_index("ix_collections_workspace_id_created_ns", "collections", ["workspace_id", "created_ns"])
    op.create_index("ix_collections_organisation_id", "collections", ["organisation_id"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("no", _NUMBER, nullable=False),
        *(sa.Column(name, _KEY, nullable=False) for name in ("id", "organisation_id", "workspace_id")),
        sa.Column("collection_id", _KEY),
        sa.Column("stac_id", _KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("type", _KEY, nullable=False),
        sa.Column("lifecycle_state", sa.Text(), nullable=False),
        sa.Column("upload_id", _KEY),
        *(sa.Column(name, sa.Text()) for name in ("order_id", "job_id")),
        *(sa.Column(name, _KEY) for name in ("previous_version_id", "duplicated_from_id")),
        sa.Column("geometry", sa.Text()),
        *(sa.Column(name, sa.Double()) for name in ("min_x", "min_y", "max_x", "max_y")),
        *(sa.Column(name, sa.BigInteger()) for name in ("datetime_ns", "start_ns", "end_ns")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("from_ns", "to_ns")),
        *(sa.Column(name, sa.Double()) for name in ("cloud_cover", "gsd")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("properties", "stac_extensions")),
        *(sa.Column(name, sa.BigInteger()) for name in ("expires_ns", "archived_ns")),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("no", name="pk_items"),
        sa.UniqueConstraint("id", name="uq_items_id"),
        _refers("items", "organisation_id", "organisations"),
        _refers("items", "workspace_id", "workspaces"),
        _refers("items", "collection_id", "collections"),
        _refers("items", "created_by", "users"),
    )
    op.create_index("ix_items_collection_id", "items", ["collection_id"])
    op.create_index("ix_items_upload_id", "items", ["upload_id"])
    op.create_index("uq_items_live_stac_id", "items", ["workspace_id", "stac_id"], unique=True, **_live())
    op.create_index(
        "ix_items_workspace_id_no", "items", ["workspace_id", "no", "collection_id", "deleted_ns"], **_live()
    )
    found = ["organisation_id", "from_ns", "no", "to_ns", "min_x", "max_x", "min_y", "max_y"]
    op.create_index(
        "ix_items_found", "items", [*found, "workspace_id", "collection_id", "type", "deleted_ns"], **_live()
    )


def _assets() -> None:
    op.create_table(
        "assets",
        *(sa.Column(name, _KEY, nullable=False) for name in ("id", "organisation_id", "workspace_id", "item_id")),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("key", _KEY, nullable=False),
        sa.Column("title", sa.Text()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("file_name", "object_path")),
        sa.Column("blob_id", _KEY, nullable=False),
        sa.Column("blob_workspace_id", _KEY, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("media_type", "roles")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        *(sa.Column(name, sa.LargeBinary()) for name in ("md5", "crc32c")),
        sa.Column("is_categorical", sa.Boolean(), nullable=False),
        sa.Column("band_names", sa.Text()),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("charged", sa.Boolean(), nullable=False),
        sa.Column("upload_id", _KEY),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
        sa.UniqueConstraint("item_id", "key", name="uq_assets_item_id_key"),
        _refers("assets", "organisation_id", "organisations"),
        _refers("assets", "workspace_id", "workspaces"),
        _refers("assets", "item_id", "items"),
        _refers("assets", "blob_id", "blobs"),
    )
    for column in ("organisation_id", "workspace_id", "upload_id", "blob_id"):
        op.create_index(f"ix_assets_{column}", "assets", [column])


def _provenance() -> None:
    op.create_table(
        "provenance_edges",
        sa.Column("no", _NUMBER, nullable=False),
        *(
            sa.Column(name, _KEY, nullable=False)
            for name in ("workspace_id", "src_type", "src_id", "dst_type", "dst_id")
        ),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("invocation_id", sa.Text()),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("no", name="pk_provenance_edges"),
        _refers("provenance_edges", "workspace_id", "workspaces"),
        _refers("provenance_edges", "created_by", "users"),
    )
    op.create_index("ix_provenance_edges_src_id_src_type", "provenance_edges", ["src_id", "src_type"])
    op.create_index("ix_provenance_edges_dst_id_dst_type", "provenance_edges", ["dst_id", "dst_type"])


def _shares() -> None:
    op.create_table(
        "share_links",
        *(sa.Column(name, _KEY, nullable=False) for name in ("id", "organisation_id", "workspace_id")),
        sa.Column("target_type", sa.Text(), nullable=False),
        sa.Column("target_id", _KEY, nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("token_hash", _KEY, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("expires_ns", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ns", sa.BigInteger()),
        sa.Column("access_count", sa.BigInteger(), nullable=False),
        sa.Column("accessed_ns", sa.BigInteger()),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_links"),
        sa.UniqueConstraint("token_hash", name="uq_share_links_token_hash"),
        _refers("share_links", "organisation_id", "organisations"),
        _refers("share_links", "workspace_id", "workspaces"),
        _refers("share_links", "created_by", "users"),
    )
    op.create_index("ix_share_links_target_id", "share_links", ["target_id"])
