"""What is on the wire; sizes are bytes, times are RFC 3339 in UTC."""

from collections.abc import Sequence
from typing import Any

import msgspec

from coreshed.quota import Standing


class UploadOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An upload session.

    status: initiating, uploading, detecting, converting, reviewing, registering, completed or failed. bytes_uploaded:
    of the files that have arrived whole, or what the client has said while that is more; once it is completed, the size
    of its files. reserved_bytes: what is set aside of the quota, for what is on its way or staged in blocks, too.
    expires_at: when it fails unless it is used before; null once it is over. detected_metadata: null in lists. The
    object paths of its files begin with raw_prefix.
    """

    id: str
    project_id: str
    status: str
    transfer_method: str
    file_count: int
    total_bytes: int
    bytes_uploaded: int
    is_categorical: bool
    target_collection_id: str | None
    target_item_id: str | None
    asset_key: str | None
    raw_prefix: str | None
    processed_prefix: str | None
    checksum_crc32c: str | None
    detected_metadata: dict[str, Any] | None
    user_metadata: dict[str, Any] | None
    error_message: str | None
    error_step: str | None
    reserved_bytes: int
    item_ids: list[str]
    asset_ids: list[str]
    created_by: str | None
    created_at: str
    updated_at: str
    expires_at: str | None


class UploadCompleted(UploadOutput, frozen=True, kw_only=True):
    """A completed session with the items that it made or added to."""

    items: list[Any]


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a session. size_bytes, checksum_sha256 (hex), checksum_crc32c (base64) and stored_at are null until
    its content has arrived.
    """

    file_name: str
    object_path: str
    content_type: str
    size_bytes: int | None
    checksum_sha256: str | None
    checksum_crc32c: str | None
    stored_at: str | None


class UploadDetail(UploadOutput, frozen=True, kw_only=True):
    """A session with its files, in the order in which they were announced."""

    files: list[UploadedFile]


class SignedUrlOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Where to PUT the bytes of one file, with this Content-Type and without any credential."""

    upload_url: str
    object_path: str
    method: str
    content_type: str
    expires_at: str


class StorageStanding(msgspec.Struct, frozen=True, kw_only=True):
    """An account. limit_bytes and available_bytes are null where there is no limit."""

    used_bytes: int
    reserved_bytes: int
    limit_bytes: int | None
    available_bytes: int | None

    @classmethod
    def of(cls, standing: Standing) -> "StorageStanding":
        """On the wire."""
        return cls(
            used_bytes=standing.used,
            reserved_bytes=standing.reserved,
            limit_bytes=standing.limit,
            available_bytes=standing.available,
        )


class UploadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What can be uploaded now. available_bytes: the less of the two accounts; null: no limit.

    session_lifetime and url_lifetime are seconds.
    """

    organization_id: str
    project_id: str
    organization: StorageStanding
    project: StorageStanding
    available_bytes: int | None
    max_files: int
    max_file_name_bytes: int
    max_put_bytes: int
    max_block_bytes: int
    max_blocks: int
    session_lifetime: int
    url_lifetime: int


class FileSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says of one file when it completes; it is named by one of the first two."""

    file_name: str | None = None
    object_path: str | None = None
    asset_key: str | None = None
    roles: tuple[str, ...] = ()
    band_names: tuple[str, ...] = ()


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says when it completes; checked for its types. files: None for all that have arrived.

    checksum_crc32c: base64 of 4 bytes, big-endian, of the one file.
    """

    upload_id: str
    user_metadata: dict[str, Any] | None = None
    checksum_crc32c: str | None = None
    files: Sequence[FileSaid] | None = None
