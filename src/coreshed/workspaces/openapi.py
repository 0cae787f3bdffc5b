"""What the OpenAPI document says of the workspace routes beyond their paths: queries, bodies and answers."""

from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)

from coreshed.openapi import (
    FLAG,
    TEXT,
    UUID,
    array,
    described,
    integer,
    json_body,
    mapping,
    one_of,
    or_null,
    query,
    text,
)
from coreshed.workspaces.listing import AUDIT_LIMIT, MAX_LIMIT, MAX_NUMBER, MAX_OFFSET, SORTABLE

_RING = array(array(Schema(type=OpenAPIType.NUMBER), 2, 2), 5, 5)
_RECTANGLE = mapping({"type": one_of("Polygon"), "coordinates": array(_RING, 1, 1)}, ["coordinates"])
_FIELDS: dict[str, Schema | Reference] = {
    "name": text(least=1, most=60),
    "description": or_null(TEXT),
    "default_coordinate_system": or_null(TEXT),
    "bounding_box": or_null(_RECTANGLE),
    "labels": or_null(array(text(least=1, most=100), most=20)),
}
_ROLE = one_of("viewer", "editor", "owner")
_TIMES = "`[eq|lt|lte|gt|gte:]<ISO 8601 time>`; may be repeated."
_FILTERS = (
    query("offset", integer(least=0, most=MAX_OFFSET, default=0)),
    query("order_by", TEXT, f"{', '.join(SORTABLE)}, each with optional asc: or desc:, separated by commas."),
    query("sort", TEXT, "Deprecated: order_by, with - for descending."),
    query("deleted", FLAG, "Only deleted workspaces."),
    query("name", TEXT, "Exactly this name, in any case."),
    query("created_by", UUID),
    query("user_id", UUID, "Workspaces in which this user has a role."),
    query("created_at", TEXT, _TIMES),
    query("updated_at", TEXT, _TIMES),
    *(query(f"filter[{name}]", TEXT, f"Deprecated: {name}.") for name in ("name", "created_by", "user_id")),
)


def _limit(default: int | None, about: str = "") -> Parameter:
    return query("limit", integer(least=1, most=MAX_LIMIT, default=default), about)


LIST = described(_limit(20), *_FILTERS)
SUMMARY = described(_limit(None, "Everything without it."), *_FILTERS)
CREATE = described(body=json_body(mapping(_FIELDS, ["name"])))
GET = described(query("deleted", FLAG, "true: only if deleted."))
UPDATE = described(body=json_body(mapping(_FIELDS)))
RESTORE = described(
    query("deleted", FLAG, "false restores.", required=True),
    answers={"204": "Restored.", "303": "Restored under another name."},
)
MEMBERS = described(query("user_id", UUID, "This user alone."), query("filter[user_id]", UUID, "Deprecated."))
ASSIGN = described(
    body=json_body(
        mapping(
            {"role": one_of("viewer", "editor", "owner"), "user_id": or_null(UUID), "email": or_null(TEXT)}, ["role"]
        )
    )
)
DISCOVER = described(query("service", TEXT, "A service code; may be repeated."))
_PICTURES = ("image/png", "image/jpeg")
_BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
PUT_PICTURE = described(body=RequestBody(content={each: OpenAPIMediaType(schema=_BYTES) for each in _PICTURES}))
PAGE = described(_limit(20), query("offset", integer(least=0, most=MAX_OFFSET, default=0)))
_IDS = array(TEXT, most=100)
ADD_PEOPLE = described(
    body=json_body(
        mapping({"users": array(mapping({"email": TEXT, "roles": _IDS}, ["email", "roles"]), most=100)}, ["users"])
    )
)
CHANGE_ROLES = described(body=json_body(mapping({"roles": _IDS}, ["roles"])))
GIVE_TO_GROUPS = described(body=json_body(mapping({"ims_groups": array(TEXT, most=1000)}, ["ims_groups"])))
FIND_PEOPLE = described(query("email", TEXT, "An address, or `ilike:` and a beginning with `*`.", required=True))


def _hundred(name: str, item: dict[str, Schema | Reference], least: int | None = None) -> RequestBody:
    return json_body(mapping({name: array(mapping(item, list(item)), least, 100)}, [name]))


ASSIGN_MANY = described(body=_hundred("role_assignments", {"workspace_id": UUID, "user_id": UUID, "role": _ROLE}))
ENABLE_ML = described(body=_hundred("ml_enablements", {"workspace_id": UUID, "ml_enabled": FLAG}, 1))
LICENSE = described(
    query("service", TEXT, "A service code; may be repeated."),
    query("required_scope", TEXT, "A scope that the credential must have; may be repeated."),
    query("hub", TEXT),
    query("org_id", UUID, "The caller's oldest organisation without it."),
)
TOKEN = described(
    query("hub", TEXT, "May be repeated."), query("org_id", UUID, "May be repeated; all of the caller's without it.")
)
AUDIT = described(
    query("actor", TEXT, "Who made the changes; `operator` for the command line."),
    query("action", TEXT, "`workspace.delete`, or `workspace.*` for all of a noun."),
    query("workspace", UUID, "In this workspace alone."),
    query("from", TEXT, "ISO 8601 time, included."),
    query("to", TEXT, "ISO 8601 time, excluded."),
    query("limit", integer(least=1, most=MAX_LIMIT, default=AUDIT_LIMIT)),
    query("before", integer(least=1, most=MAX_NUMBER), "Only events with a smaller number."),
)
