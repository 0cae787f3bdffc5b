"""Foundation: identities, workspaces, blobs, objects, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_audit_events()
    _make_blob_discards()
    _make_blobs()
    _make_object_counts()
    _make_object_schemas()
    _make_organisations()
    _make_property_paths()
    _make_signing_keys()
    _make_users()
    _make_api_keys()
    _make_blob_holds()
    _make_blob_manifests()
    _make_organisation_members()
    _make_workspaces()
    _make_objects()
    _make_workspace_members()
    _make_object_data()
    _make_object_properties()
    _make_object_versions()


def _make_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text()),
        sa.Column("workspace_id", sa.Text()),
        sa.Column("target_id", sa.Text()),
        sa.Column("request_id", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_workspace_id_no", "audit_events", ["workspace_id", "no"], unique=False)


def _make_blob_discards() -> None:
    op.create_table(
        "blob_discards",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("due_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id", "token", name=op.f("pk_blob_discards")),
    )
    op.create_index("ix_blob_discards_due_ns", "blob_discards", ["due_ns"], unique=False)


def _make_blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_offered_ns", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("content_type", sa.Text()),
        sa.Column("committed_ns", sa.BigInteger()),
        sa.Column("quarantined_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blobs")),
    )
    op.create_index("ix_blobs_last_offered_ns", "blobs", ["last_offered_ns"], unique=False)
    op.create_index("ix_blobs_quarantined_ns", "blobs", ["quarantined_ns"], unique=False)
    op.create_index("uq_blobs_workspace_id_purpose_name", "blobs", ["workspace_id", "purpose", "name"], unique=True)


def _make_object_counts() -> None:
    op.create_table(
        "object_counts",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("live", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_object_counts")),
    )


def _make_object_schemas() -> None:
    op.create_table(
        "object_schemas",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_object_schemas")),
        sa.UniqueConstraint("id", name=op.f("uq_object_schemas_id")),
    )


def _make_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )


def _make_property_paths() -> None:
    op.create_table(
        "property_paths",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("path", _KEY, nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_property_paths")),
    )
    op.create_index("uq_property_paths_workspace_id_path", "property_paths", ["workspace_id", "path"], unique=True)


def _make_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("retired_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", _KEY, nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("disabled_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
    )


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("expires_ns", sa.BigInteger()),
        sa.Column("revoked_ns", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"], unique=False)


def _make_blob_holds() -> None:
    op.create_table(
        "blob_holds",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_blob_holds_blob_id_blobs")),
        sa.PrimaryKeyConstraint("blob_id", "owner", name=op.f("pk_blob_holds")),
    )
    op.create_index("ix_blob_holds_owner", "blob_holds", ["owner"], unique=False)


def _make_blob_manifests() -> None:
    op.create_table(
        "blob_manifests",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("layout", sa.LargeBinary(), nullable=False),
        sa.Column("extents", sa.Integer(), nullable=False),
        sa.Column("coalesced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_blob_manifests_blob_id_blobs")),
        sa.PrimaryKeyConstraint("blob_id", name=op.f("pk_blob_manifests")),
    )
    op.create_index("ix_blob_manifests_coalesced", "blob_manifests", ["coalesced"], unique=False)


def _make_organisation_members() -> None:
    op.create_table(
        "organisation_members",
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_members_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_organisation_members_user_id_users")),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", name=op.f("pk_organisation_members")),
    )


def _make_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", _KEY, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("default_coordinate_system", sa.Text(), nullable=False),
        sa.Column("bounding_box", sa.Text()),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("ml_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.Column("deleted_by", sa.Text()),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_workspaces_created_by_users")),
        sa.ForeignKeyConstraint(["deleted_by"], ["users.id"], name=op.f("fk_workspaces_deleted_by_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_workspaces_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_workspaces_updated_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    op.create_index(
        "uq_workspaces_live_name",
        "workspaces",
        ["organisation_id", "name_key"],
        unique=True,
        sqlite_where=sa.text("deleted_ns IS NULL"),
        postgresql_where=sa.text("deleted_ns IS NULL"),
    )


def _make_objects() -> None:
    op.create_table(
        "objects",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("path", _KEY, nullable=False),
        sa.Column("path_key", _KEY, nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("schema_no", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _KEY, nullable=False),
        sa.Column("modified_by", _KEY, nullable=False),
        sa.Column("deleted_ns", sa.BigInteger()),
        sa.Column("deleted_by", _KEY),
        sa.Column("stage_id", sa.Text()),
        sa.Column("west", sa.Double()),
        sa.Column("south", sa.Double()),
        sa.Column("east", sa.Double()),
        sa.Column("north", sa.Double()),
        sa.Column("box_from_workspace_crs", sa.Boolean(), nullable=False),
        sa.Column("unindexed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_objects_created_by_users")),
        sa.ForeignKeyConstraint(["deleted_by"], ["users.id"], name=op.f("fk_objects_deleted_by_users")),
        sa.ForeignKeyConstraint(["modified_by"], ["users.id"], name=op.f("fk_objects_modified_by_users")),
        sa.ForeignKeyConstraint(["schema_no"], ["object_schemas.no"], name=op.f("fk_objects_schema_no_object_schemas")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_objects_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_objects")),
        sa.UniqueConstraint("id", name=op.f("uq_objects_id")),
    )
    _index_objects("ix_objects_deleted", "workspace_id created_ns id", "deleted_ns IS NOT NULL")
    _index_objects("ix_objects_live_created", "workspace_id created_ns id", "deleted_ns IS NULL")
    _index_objects("ix_objects_live_modified", "workspace_id version_id id", "deleted_ns IS NULL")
    _index_objects("ix_objects_live_schema", "workspace_id schema_no", "deleted_ns IS NULL")
    _index_objects("ix_objects_unindexed", "workspace_id", "unindexed")
    _index_objects("uq_objects_live_path", "workspace_id path_key", "deleted_ns IS NULL", unique=True)


def _index_objects(name: str, columns: str, where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, "objects", columns.split(), unique=unique, sqlite_where=condition, postgresql_where=condition)


def _make_workspace_members() -> None:
    op.create_table(
        "workspace_members",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_workspace_members_user_id_users")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_workspace_members_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_workspace_members")),
    )
    op.create_index("ix_workspace_members_user_id", "workspace_members", ["user_id"], unique=False)


def _make_object_data() -> None:
    op.create_table(
        "object_data",
        sa.Column("object_no", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_object_data_blob_id_blobs")),
        sa.ForeignKeyConstraint(["object_no"], ["objects.no"], name=op.f("fk_object_data_object_no_objects")),
        sa.PrimaryKeyConstraint("object_no", "version_id", "ordinal", name=op.f("pk_object_data")),
    )


def _make_object_properties() -> None:
    op.create_table(
        "object_properties",
        sa.Column("object_no", sa.BigInteger(), nullable=False),
        sa.Column("path_no", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Double()),
        sa.Column("text", _KEY),
        sa.Column("text_key", _KEY),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("schema_no", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["object_no"], ["objects.no"], name=op.f("fk_object_properties_object_no_objects")),
        sa.ForeignKeyConstraint(
            ["path_no"], ["property_paths.no"], name=op.f("fk_object_properties_path_no_property_paths")
        ),
        sa.PrimaryKeyConstraint("object_no", "path_no", "at", name=op.f("pk_object_properties")),
    )
    op.create_index(
        "ix_object_properties_cut",
        "object_properties",
        ["path_no"],
        unique=False,
        sqlite_where=sa.text("cut"),
        postgresql_where=sa.text("cut"),
    )
    op.create_index(
        "ix_object_properties_number",
        "object_properties",
        ["path_no", "deleted", "number", "object_no", "schema_no", "kind"],
        unique=False,
        sqlite_where=sa.text("kind = 2"),
        postgresql_where=sa.text("kind = 2"),
    )
    op.create_index(
        "ix_object_properties_text",
        "object_properties",
        ["path_no", "deleted", "text", "object_no", "schema_no", "kind"],
        unique=False,
        sqlite_where=sa.text("kind = 3"),
        postgresql_where=sa.text("kind = 3"),
    )


def _make_object_versions() -> None:
    op.create_table(
        "object_versions",
        sa.Column("object_no", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("schema_no", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("stage_id", sa.Text()),
        sa.Column("west", sa.Double()),
        sa.Column("south", sa.Double()),
        sa.Column("east", sa.Double()),
        sa.Column("north", sa.Double()),
        sa.Column("box_from_workspace_crs", sa.Boolean(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_object_versions_created_by_users")),
        sa.ForeignKeyConstraint(["object_no"], ["objects.no"], name=op.f("fk_object_versions_object_no_objects")),
        sa.PrimaryKeyConstraint("object_no", "version_id", name=op.f("pk_object_versions")),
    )
