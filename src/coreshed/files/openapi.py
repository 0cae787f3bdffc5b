"""What the OpenAPI document says of the File routes beyond their paths: queries."""

from coreshed.openapi import FLAG, TEXT, described, integer, query, text

_VERSION = query("version_id", text(pattern="^[0-9]{1,19}$"), "A version; the newest without it.")
_RESUME = query("version_id", text(pattern="^[0-9]{1,19}$"), "An unfinished version to go on with.")
_INCLUDE_VERSIONS = query("include_versions", FLAG, "List every version.")
_MOMENT = "Up to two ISO 8601 times, each with lt:, lte:, gt: or gte:; one without is that very time."

LIST = described(
    query("limit", integer(least=1, most=5000, default=5000)),
    query("offset", integer(least=0, most=2**63 - 1, default=0)),
    query("deleted", FLAG, "Only deleted files."),
    query("file_name", text(least=1), "Part of the file name, in any case."),
    *(query(name, TEXT, "User ids; may be repeated.") for name in ("author", "modified_by", "deleted_by")),
    *(query(name, TEXT, _MOMENT) for name in ("created_at", "modified_at", "deleted_at")),
    query("order_by", TEXT, "created_at, modified_at, deleted_at with optional asc: or desc:, separated by commas."),
)
UNFINISHED = described(query("path", TEXT, "Of this file alone."))
GET_BY_ID = described(_VERSION, _INCLUDE_VERSIONS, query("deleted", FLAG, "Deleted files too."))
GET_AT_PATH = described(_VERSION, _INCLUDE_VERSIONS)
UPLOAD_TO_PATH = described(_RESUME)
UPLOAD_TO_ID = described(_RESUME, query("deleted", FLAG, "false restores a deleted file."))
