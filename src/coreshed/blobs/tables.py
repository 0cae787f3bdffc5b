"""The ledger of bytes: blobs, their manifests, who holds them, what is staged and what is to be unlinked."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from coreshed.database import main, staging
from coreshed.database.metadata import Key, RowNumber

# A blob is a name in a workspace for one purpose; it exists for readers from its first commit (generation 1) on.
blobs = Table(
    "blobs",
    main,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("name", Key, nullable=False),  # lower case; unique per workspace and purpose
    Column("created_ns", BigInteger, nullable=False),
    Column("last_offered_ns", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),  # 0: nothing committed yet
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("content_type", Text),
    Column("committed_ns", BigInteger),
    Column("quarantined_ns", BigInteger),
    Index("uq_blobs_workspace_id_purpose_name", "workspace_id", "purpose", "name", unique=True),
    Index("ix_blobs_last_offered_ns", "last_offered_ns"),
    Index("ix_blobs_quarantined_ns", "quarantined_ns"),
)

# Where the bytes of these rows lie: the identity of the one local store. At most one row.
blob_store = Table(
    "blob_store",
    main,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
)

# The newest generation's layout: which slices of which stored files, in order, are the blob (blobs/manifest.py).
blob_manifests = Table(
    "blob_manifests",
    main,
    Column("blob_id", Text, ForeignKey("blobs.id"), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("layout", LargeBinary, nullable=False),
    Column("extents", Integer, nullable=False),
    Column("coalesced", Boolean, nullable=False),
    Index("ix_blob_manifests_coalesced", "coalesced"),
)

# Why a blob may not be collected. Rooms insert and delete these in their own transactions.
blob_holds = Table(
    "blob_holds",
    main,
    Column("blob_id", Text, ForeignKey("blobs.id"), primary_key=True),
    Column("owner", Text, primary_key=True),
    Index("ix_blob_holds_owner", "owner"),
)

# Stored files that no manifest names any more, and when they may be unlinked: running readers come first.
blob_discards = Table(
    "blob_discards",
    main,
    Column("blob_id", Text, primary_key=True),
    Column("token", BigInteger, primary_key=True),
    Column("due_ns", BigInteger, nullable=False),
    Index("ix_blob_discards_due_ns", "due_ns"),
)

signing_keys = Table(
    "signing_keys",
    main,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("encrypted", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("retired_ns", BigInteger),
)

# One acknowledged block. A second block of the same id supersedes the first, whose file goes an hour later.
staged_blocks = Table(
    "staged_blocks",
    staging,
    Column("no", RowNumber, primary_key=True),
    Column("blob_id", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("block_id", LargeBinary, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("staged_ns", BigInteger, nullable=False),
    Column("superseded_ns", BigInteger),
    Index("ix_staged_blocks_blob_id_session", "blob_id", "session", "block_id"),
    Index("ix_staged_blocks_staged_ns", "staged_ns"),
    Index("ix_staged_blocks_superseded_ns", "superseded_ns"),
    # A number is never used twice: a commit that is slow to forget its rows must not meet another upload's in them.
    sqlite_autoincrement=True,
)
