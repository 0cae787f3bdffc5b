"""What the OpenAPI document says of the Geoscience Object routes beyond their paths: queries, headers and bodies."""

from coreshed.openapi import (
    FLAG,
    TEXT,
    UUID,
    array,
    described,
    header,
    integer,
    json_body,
    mapping,
    or_null,
    query,
    text,
)

_DATA_NAME = text(pattern=r"^([A-Fa-f0-9]{64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")
_DOCUMENT = mapping({"schema": TEXT, "uuid": or_null(UUID)}, ["schema"])
_IF_MATCH = header("If-Match", "Apply only if this is the newest version id.")
_IF_NONE_MATCH = header("If-None-Match", "Answer 304 if this is the newest version id.")
_VERSION = query("version", TEXT, "A version id; the newest version without it.")
_INCLUDE_VERSIONS = query("include_versions", FLAG, "List every version, newest first.")
_FILTERS = (
    query("limit", integer(least=1, most=5000, default=5000)),
    query("offset", integer(least=0, most=2**63 - 1, default=0)),
    query("deleted", FLAG, "Only deleted objects."),
    query("order_by", TEXT, "Fields with optional asc: or desc:, separated by commas."),
    *(
        query(name, TEXT, "`[<operator>:]<operand>`; may be repeated.")
        for name in (
            "created_by", "modified_by", "deleted_by", "created_at", "modified_at", "deleted_at",
            "object_name", "schema_id", "geojson_bounding_box",
        )
    ),
)  # fmt: skip

OFFER_DATA = described(body=json_body(array(mapping({"name": _DATA_NAME}, ["name"], more=False), 1, 32)))
POST = described(_IF_MATCH, body=json_body(_DOCUMENT))
POST_BY_ID = described(_IF_MATCH, query("deleted", FLAG, "false restores."), body=json_body(_DOCUMENT, required=False))
GET_BY_ID = described(_VERSION, _INCLUDE_VERSIONS, query("deleted", FLAG, "Only if deleted."), _IF_NONE_MATCH)
GET_BY_PATH = described(_VERSION, _INCLUDE_VERSIONS, _IF_NONE_MATCH)
LIST = described(*_FILTERS, query("author", TEXT, "Deprecated: created_by."))
LIST_ORGANISATION = described(*_FILTERS, query("permitted_workspaces_only", FLAG))
LATEST_VERSIONS = described(body=json_body(array(UUID, 1, 500)))
NAMED_VERSIONS = described(body=json_body(mapping({"version_ids": array(TEXT, 1, 100)}, ["version_ids"], more=False)))
SET_STAGE = described(
    query("version_id", integer(), "The newest version without it."),
    body=json_body(mapping({"stage_id": or_null(UUID)}, more=False)),
)
