"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "uploads.complete",
        "Make items and assets of what has arrived, and end the upload session.",
        "uploads:write",
        "compute",
        (
            Field("upload_id", "text", required=True),
            Field("name", "text", about="1 to 500 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field("datetime", "text"),
            Field("start_datetime", "text"),
            Field("end_datetime", "text"),
            Field("properties", "json"),
            Field("user_metadata", "json"),
            Field("checksum_crc32c", "text"),
            Field("files", "json", about="1 to 10000 entries"),
        ),
    ),
    Known(
        "uploads.fail",
        "Mark an upload session failed, releasing its storage reservation.",
        "uploads:write",
        "compute",
        (
            Field("upload_id", "text", required=True),
            Field("error_message", "text", required=True, about="at most 65536 characters"),
            Field("error_step", "text", about="at most 1000 characters"),
        ),
    ),
    Known(
        "uploads.get",
        "Read an upload session with its files.",
        "uploads:read",
        "read",
        (Field("upload_id", "text", required=True),),
    ),
    Known(
        "uploads.initiate",
        "Start an upload session and reserve storage for it; takes an editor of the project.",
        "uploads:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("transfer_method", "text", about="matches `^(browser|cli|cloud_transfer)$`; default: browser"),
            Field("file_count", "integer", about="1 to 2305843009213693952; default: 1"),
            Field("total_bytes", "integer", about="at least 0; default: 0"),
            Field("target_collection_id", "text"),
            Field("target_item_id", "text"),
            Field("asset_key", "text", about="at most 500 characters"),
            Field("is_categorical", "truth", about="default: false"),
        ),
    ),
    Known(
        "uploads.limits",
        "Say how much can be uploaded to a project now, and in which sizes.",
        "uploads:read",
        "read",
        (Field("project_id", "text", required=True),),
    ),
    Known(
        "uploads.list",
        "List the upload sessions of a project, the newest first.",
        "uploads:read",
        "read",
        (
            Field("project_id", "text", required=True),
            Field("status", "text"),
            Field("limit", "integer", about="1 to 1000; default: 100"),
            Field("offset", "integer", about="0 to 2147483648; default: 0"),
        ),
    ),
    Known(
        "uploads.progress",
        "Update the progress of an upload session, or look at it.",
        "uploads:write",
        "compute",
        (
            Field("upload_id", "text", required=True),
            Field("status", "text"),
            Field("bytes_uploaded", "integer", about="at most 2305843009213693952"),
        ),
    ),
    Known(
        "uploads.signed_url",
        "Make a signed URL for uploading one file into an upload session.",
        "uploads:write",
        "compute",
        (
            Field("upload_id", "text", required=True),
            Field("file_name", "text", required=True, about="at least 1 characters"),
            Field("content_type", "text", about="default: application/octet-stream"),
        ),
    ),
)
