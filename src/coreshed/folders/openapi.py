"""What the OpenAPI document says of the folder routes beyond their paths."""

from litestar.openapi.spec import Reference, Schema

from coreshed.folders.listing import MAX_LIMIT, MAX_OFFSET, SORTABLE
from coreshed.folders.names import MAX_NAME
from coreshed.openapi import FLAG, TEXT, UUID, described, integer, json_body, mapping, or_null, query, text

_TIMES = "`[eq|lt|lte|gt|gte:]<ISO 8601 time>`; may be repeated."
_NAME = text(least=1, most=MAX_NAME)
_PARENT: dict[str, Schema | Reference] = {"parent_folder_id": or_null(UUID), "parent_folder_path": or_null(TEXT)}
_PAGE = (
    query("limit", integer(least=1, most=MAX_LIMIT, default=100)),
    query("offset", integer(least=0, most=MAX_OFFSET, default=0)),
    query("deleted", FLAG, "Only deleted folders."),
)
_ORDER = query("order_by", TEXT, f"{', '.join(SORTABLE)}, each with optional asc: or desc:, separated by commas.")
_MATCHING = "`[eq|neq|like|ilike:]<text>`, in a pattern `*` for anything; may be repeated."
_LEVELS = integer(least=1, most=MAX_OFFSET)

LIST = described(
    *_PAGE,
    query("path", TEXT, "The folder to list; the root without it."),
    query("folder_id", UUID, "The same by id."),
    query("depth", _LEVELS, "How many levels; all without it."),
    _ORDER,
    query("name", TEXT, _MATCHING),
    query("created_by", UUID, "May be repeated."),
    query("modified_by", UUID, "May be repeated."),
    query("created_at", TEXT, _TIMES),
    query("modified_at", TEXT, _TIMES),
)
SUMMARY = described(*_PAGE)
GET = described(query("deleted", FLAG, "true: only if deleted."))
CREATE = described(
    body=json_body(mapping({"name": _NAME, **_PARENT, "validate_only": or_null(FLAG)}, ["name"])),
    answers={"200": "Could be created; nothing was stored.", "201": "Created."},
)
UPDATE = described(body=json_body(mapping({"name": or_null(_NAME), **_PARENT})))
RESTORE = described(
    query("deleted", FLAG, "false restores.", required=True),
    answers={"200": "Restored.", "303": "Restored under another name."},
)
OLDER_LIST = described(
    *_PAGE,
    query("max_depth", _LEVELS, "How many levels; all without it."),
    _ORDER,
    query("folder_name", TEXT, "As name of the newer list; a pattern matches anywhere in a name."),
    query("created_by", UUID, "May be repeated."),
    query("updated_by", UUID, "May be repeated."),
    query("created_at", TEXT, _TIMES),
    query("updated_at", TEXT, _TIMES),
)
OLDER_CREATE = described(body=json_body(mapping({"name": _NAME, **_PARENT}, ["name"])))
OLDER_PATH = described(answers={"200": "All were there.", "201": "Some are new."})
OLDER_MOVE = described(body=json_body(mapping({"parent_folder_id": UUID}, ["parent_folder_id"])))
OLDER_UPDATE = described(
    query("deleted", FLAG, "false restores; then no body is read."),
    body=json_body(mapping({"name": _NAME}, ["name"]), required=False),
)
