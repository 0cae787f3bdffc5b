"""From stored rows to the wire."""

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from coreshed.clock import iso_microseconds
from coreshed.uploads.ledger import UploadFile
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.port import Ingested
from coreshed.uploads.wire import UploadCompleted, UploadDetail, UploadedFile, UploadOutput


def session(found: UploadSession, *, reserved: int, lifetime_ns: int) -> UploadOutput:
    """A session. reserved: by its reservation, 0 where it has none any more."""
    return UploadOutput(**_fields(found, reserved, lifetime_ns))


def completed(found: UploadSession, ingested: Ingested) -> UploadCompleted:
    """A completed session."""
    return UploadCompleted(**_fields(found, 0, 0), items=list(ingested.items))


def detail(found: UploadSession, files: Sequence[UploadFile], *, reserved: int, lifetime_ns: int) -> UploadDetail:
    """A session with its files."""
    listed = [_file(found, file) for file in files]
    return UploadDetail(**_fields(found, reserved, lifetime_ns), files=listed)


def _fields(found: UploadSession, reserved: int, lifetime_ns: int) -> dict[str, Any]:
    uploaded = found.stored_bytes
    if found.status is not Status.COMPLETED:
        uploaded = max(uploaded, found.reported_bytes)
    return {
        "id": found.id,
        "project_id": found.workspace_id,
        "status": found.status.value,
        "transfer_method": found.transfer_method,
        "file_count": found.file_count,
        "total_bytes": found.total_bytes,
        "bytes_uploaded": uploaded,
        "is_categorical": found.is_categorical,
        "target_collection_id": found.target_collection_id,
        "target_item_id": found.target_item_id,
        "asset_key": found.asset_key,
        "raw_prefix": found.raw_prefix,
        "processed_prefix": None,
        "checksum_crc32c": found.checksum_crc32c,
        "detected_metadata": _decoded(found.detected_metadata),
        "user_metadata": _decoded(found.user_metadata),
        "error_message": found.error_message,
        "error_step": found.error_step,
        "reserved_bytes": reserved,
        "item_ids": list(found.item_ids),
        "asset_ids": list(found.asset_ids),
        "created_by": found.created_by,
        "created_at": iso_microseconds(found.created_ns),
        "updated_at": iso_microseconds(found.updated_ns),
        "expires_at": None if found.status.ended else iso_microseconds(found.active_ns + lifetime_ns),
    }


def _decoded(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text)


def _file(found: UploadSession, file: UploadFile) -> UploadedFile:
    return UploadedFile(
        file_name=file.file_name,
        object_path=found.raw_prefix + file.file_name,
        content_type=file.content_type,
        size_bytes=file.size,
        checksum_sha256=file.sha256,
        checksum_crc32c=base64_of(file.crc32c),
        stored_at=None if file.stored_ns is None else iso_microseconds(file.stored_ns),
    )


def base64_of(digest: bytes | None) -> str | None:
    """As Google Cloud Storage writes digests."""
    return None if digest is None else base64.b64encode(digest).decode()
