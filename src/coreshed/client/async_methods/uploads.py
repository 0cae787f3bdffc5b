"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import AsyncResource


class AsyncUploads(AsyncResource):
    """`uploads.*`."""

    async def complete(
        self,
        *,
        upload_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        datetime: str | None | UnsetType = UNSET,
        start_datetime: str | None | UnsetType = UNSET,
        end_datetime: str | None | UnsetType = UNSET,
        properties: dict[str, Any] | None | UnsetType = UNSET,
        user_metadata: dict[str, Any] | None | UnsetType = UNSET,
        checksum_crc32c: str | None | UnsetType = UNSET,
        files: builtins.list[dict[str, Any]] | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadCompleted:
        """Make items and assets of what has arrived, and end the upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.complete",
            {
                "upload_id": upload_id,
                "name": name,
                "description": description,
                "datetime": datetime,
                "start_datetime": start_datetime,
                "end_datetime": end_datetime,
                "properties": properties,
                "user_metadata": user_metadata,
                "checksum_crc32c": checksum_crc32c,
                "files": files,
            },
            answers.UploadCompleted,
            idempotency_key,
        )

    async def fail(
        self, *, upload_id: str, error_message: str, error_step: str | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Mark an upload session failed, releasing its storage reservation.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.fail",
            {"upload_id": upload_id, "error_message": error_message, "error_step": error_step},
            answers.UploadOutput,
        )

    async def get(self, *, upload_id: str) -> answers.UploadDetail:
        """Read an upload session with its files.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call("uploads.get", {"upload_id": upload_id}, answers.UploadDetail)

    async def initiate(
        self,
        *,
        project_id: str,
        transfer_method: str | UnsetType = UNSET,
        file_count: int | UnsetType = UNSET,
        total_bytes: int | UnsetType = UNSET,
        target_collection_id: str | None | UnsetType = UNSET,
        target_item_id: str | None | UnsetType = UNSET,
        asset_key: str | None | UnsetType = UNSET,
        is_categorical: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.UploadOutput:
        """Start an upload session and reserve storage for it; takes an editor of the project.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.initiate",
            {
                "project_id": project_id,
                "transfer_method": transfer_method,
                "file_count": file_count,
                "total_bytes": total_bytes,
                "target_collection_id": target_collection_id,
                "target_item_id": target_item_id,
                "asset_key": asset_key,
                "is_categorical": is_categorical,
            },
            answers.UploadOutput,
            idempotency_key,
        )

    async def limits(self, *, project_id: str) -> answers.UploadLimits:
        """Say how much can be uploaded to a project now, and in which sizes.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call("uploads.limits", {"project_id": project_id}, answers.UploadLimits)

    async def list(
        self,
        *,
        project_id: str,
        status: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        offset: int | UnsetType = UNSET,
    ) -> builtins.list[answers.UploadOutput]:
        """List the upload sessions of a project, the newest first.

        Scope `uploads:read` or `uploads:write`, side-effect read.
        """
        return await self._call(
            "uploads.list",
            {"project_id": project_id, "status": status, "limit": limit, "offset": offset},
            builtins.list[answers.UploadOutput],
        )

    async def progress(
        self, *, upload_id: str, status: str | None | UnsetType = UNSET, bytes_uploaded: int | None | UnsetType = UNSET
    ) -> answers.UploadOutput:
        """Update the progress of an upload session, or look at it.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.progress",
            {"upload_id": upload_id, "status": status, "bytes_uploaded": bytes_uploaded},
            answers.UploadOutput,
        )

    async def signed_url(
        self, *, upload_id: str, file_name: str, content_type: str | UnsetType = UNSET
    ) -> answers.SignedUrlOutput:
        """Make a signed URL for uploading one file into an upload session.

        Scope `uploads:write`, side-effect compute.
        """
        return await self._call(
            "uploads.signed_url",
            {"upload_id": upload_id, "file_name": file_name, "content_type": content_type},
            answers.SignedUrlOutput,
        )
