"""Block models, their versions, and reports over them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

# The geometry never changes; `version_id` is the newest version's. Times in nanoseconds since the epoch, UTC.
block_models = Table(
    "block_models",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("organisation_id", Text, nullable=False),  # of the workspace, for jobs that know the model alone
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Key, nullable=False),
    Column("description", Text),
    Column("kind", Text, nullable=False),  # `model_type`
    Column("geometry", Text, nullable=False),  # JSON object: `wire.models.Geometry`
    Column("coordinate_reference_system", Text),
    Column("size_unit_id", Text),
    Column("fill_subblocks", Boolean, nullable=False),
    Column("object_id", Key, ForeignKey("objects.id"), nullable=False),  # the reference object
    Column("version_id", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("updated_ns", BigInteger, nullable=False),  # of the metadata or the newest version
    Column("updated_by", Key, ForeignKey("users.id"), nullable=False),
    Column("deleted_ns", BigInteger),
    Column("deleted_by", Key, ForeignKey("users.id")),
)
_live = block_models.c.deleted_ns.is_(None)
Index(
    "uq_block_models_live_name",
    block_models.c.workspace_id,
    block_models.c.name,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index("ix_block_models_updated", block_models.c.workspace_id, block_models.c.updated_ns)

# A version never changes. `job_id` is unique: however often a job is tried, it publishes one version at most.
block_model_versions = Table(
    "block_model_versions",
    main,
    Column("model_id", Key, ForeignKey("block_models.id"), primary_key=True),
    Column("version_id", Integer, primary_key=True),  # 1, 2, 3... without gaps
    Column("version_uuid", Key, nullable=False, unique=True),
    Column("parent_version_id", Integer, nullable=False),  # 0 of the first
    Column("base_version_id", Integer),  # null of the first
    Column("bbox", Text),  # JSON object: the blocks that changed, null where none did
    Column("comment", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("job_id", Key, nullable=False, unique=True),
    Column("geoscience_version_id", Text),  # of the reference object; null where somebody had deleted that
    Column("mapping", Text, nullable=False),  # JSON object: `wire.versions.Mapping`
    Column("changes", Text, nullable=False),  # JSON object: `wire.versions.VersionChanges`
    Column("column_changes", Text, nullable=False),  # JSON object: `wire.updates.UpdateColumns`
)

# What reports ask for. `specification` is the whole of it; the columns beside it are what rows are found by.
report_specifications = Table(
    "report_specifications",
    main,
    Column("id", Key, primary_key=True),
    Column("model_id", Key, ForeignKey("block_models.id"), nullable=False),
    Column("name", Key, nullable=False),
    Column("autorun", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),  # from 0 on
    Column("specification", Text, nullable=False),  # JSON object: `wire.reports.CreateReportSpecification`
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Key, ForeignKey("users.id"), nullable=False),
    UniqueConstraint("model_id", "name", name="uq_report_specifications_model_id_name"),
)

# A result never changes; there is one for each revision of a specification and each version of its model.
report_results = Table(
    "report_results",
    main,
    Column("no", RowNumber, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("specification_id", Key, ForeignKey("report_specifications.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version_id", Integer, nullable=False),  # of the model
    Column("created_ns", BigInteger, nullable=False),
    Column("mesh_filter", Text),  # JSON object: `wire.reports.MeshFilter`, for lists
    Column("content", LargeBinary, nullable=False),  # `report_ledger.Content` as JSON, compressed with zlib
    UniqueConstraint(
        "specification_id",
        "revision",
        "version_id",
        name="uq_report_results_specification_id_revision_version_id",
    ),
)
