"""Upload sessions and the files that have been announced or have arrived in them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

upload_sessions = Table(
    "upload_sessions",
    main,
    Column("id", Key, primary_key=True),  # u_ and 20 hexadecimal digits
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("transfer_method", Text, nullable=False),
    Column("file_count", BigInteger, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("reported_bytes", BigInteger, nullable=False),  # what the client says that it has sent
    Column("stored_bytes", BigInteger, nullable=False),  # what has been measured
    Column("is_categorical", Boolean, nullable=False),
    Column("target_collection_id", Key),
    Column("target_item_id", Key),
    Column("asset_key", Text),
    Column("user_metadata", Text),  # JSON
    Column("detected_metadata", Text),  # JSON
    Column("checksum_crc32c", Text),
    Column("error_message", Text),
    Column("error_step", Text),
    Column("item_ids", Text, nullable=False),  # JSON list
    Column("asset_ids", Text, nullable=False),  # JSON list
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("active_ns", BigInteger, nullable=False),  # when it was last used; idle sessions expire
    Column("ended_ns", BigInteger),  # completed or failed
    # When a body last gave a sign; null once its account has been compared with what is stored since.
    Column("body_ns", BigInteger),
    Column("removing_ns", BigInteger),  # when it failed, as long as it has files that are to be removed
    Index("ix_upload_sessions_workspace_id_created_ns", "workspace_id", "created_ns"),
    Index("ix_upload_sessions_ended_ns_active_ns", "ended_ns", "active_ns"),
    Index("ix_upload_sessions_body_ns", "body_ns"),
    Index("ix_upload_sessions_removing_ns", "removing_ns"),
)

upload_files = Table(
    "upload_files",
    main,
    Column("upload_id", Key, ForeignKey("upload_sessions.id"), primary_key=True),
    Column("file_name", Key, primary_key=True),
    Column("no", Integer, nullable=False),  # the order in which they were announced
    Column("blob_id", Key, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger),  # null until content has arrived
    Column("sha256", Text),
    Column("md5", LargeBinary),
    Column("crc32c", LargeBinary),
    Column("stored_ns", BigInteger),
    Index("uq_upload_files_blob_id", "blob_id", unique=True),
)
