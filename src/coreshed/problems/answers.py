"""How each API says what went wrong: from (API, operation group, kind) to status, type, title and members."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from coreshed.problems.kinds import InternalError, Problem


class Api(StrEnum):
    """The API a request speaks; the first column of the table."""

    OBJECTS = "geoscience-object"
    FILES = "file"
    WORKSPACES = "workspace"
    FOLDERS = "folder"
    DISCOVERY = "discovery"
    COLORMAPS = "colormap"
    BLOCKMODELS = "blockmodel"
    OPERATIONS = "operations"
    STAC = "stac"
    SIGN_IN = "sign-in"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the table: the HTTP status, the problem type and the exact title; `members` are always present.

    as_list: the answer is a list of field errors and nothing else, as the stage and colormap operations document it.
    detail: said in place of the problem's own sentence, where the vendor documents one; "" says the problem's own.
    """

    status: int
    type: str
    title: str
    members: dict[str, Any] = field(default_factory=dict)
    as_list: bool = False
    detail: str = ""


_ROOT = "https://seequent.com/error-codes"
_OBJECTS = f"{_ROOT}/geoscienceobject"
_NO_UPSTREAM = {"upstream_type": None}
_UNKNOWN_WORKSPACE = {"upstream_type": "/workspace/not-found"}
_WORKSPACE_GONE = {"upstream_type": "/workspace/gone"}

# (API, operation group or None for every group, kind): the group's own row wins over the API's.
ANSWERS: dict[tuple[Api, str | None, str], Answer] = {
    (Api.OBJECTS, None, "bad-request"): Answer(400, f"{_OBJECTS}/bad-request", "Bad Request.", _NO_UPSTREAM),
    (Api.OBJECTS, None, "invalid-path"): Answer(400, f"{_OBJECTS}/invalid-path", "Invalid Path."),
    (Api.OBJECTS, None, "schema-violation"): Answer(
        400, f"{_OBJECTS}/schemas/invalid-object", "The Geoscience Object Is Invalid."
    ),
    (Api.OBJECTS, None, "invalid-data-key"): Answer(
        400, f"{_OBJECTS}/data/invalid-key", "Data Key Not Valid.", _NO_UPSTREAM
    ),
    (Api.OBJECTS, None, "missing-data"): Answer(400, f"{_OBJECTS}/objects/data-key-not-found", "Data Key Not Found."),
    (Api.OBJECTS, None, "wrong-object-type"): Answer(400, f"{_OBJECTS}/objects/invalid-object", "Object Error."),
    (Api.OBJECTS, None, "missing-credentials"): Answer(401, f"{_OBJECTS}/auth/missing-token", "Access Denied."),
    (Api.OBJECTS, None, "not-permitted"): Answer(401, f"{_OBJECTS}/auth/invalid-token", "Access Denied.", _NO_UPSTREAM),
    (Api.OBJECTS, None, "insufficient-role"): Answer(403, f"{_OBJECTS}/auth/insufficient-role", "Insufficient Role."),
    (Api.OBJECTS, None, "insufficient-scope"): Answer(
        403, f"{_OBJECTS}/auth/insufficient-role", "Insufficient Role.", {"your_role": None, "permitted_roles": None}
    ),
    (Api.OBJECTS, None, "not-found"): Answer(
        404, f"{_OBJECTS}/objects/not-found", "Object Not Found.", {"object_id": None, "upstream_type": None}
    ),
    (Api.OBJECTS, None, "unknown-route"): Answer(404, f"{_OBJECTS}/not-found", "Not Found."),
    (Api.OBJECTS, None, "method-not-allowed"): Answer(405, f"{_OBJECTS}/method-not-allowed", "Method Not Allowed."),
    (Api.OBJECTS, None, "unknown-workspace"): Answer(
        404, f"{_OBJECTS}/objects/not-found", "Object Not Found.", {"object_id": None, **_UNKNOWN_WORKSPACE}
    ),
    (Api.OBJECTS, "list", "unknown-workspace"): Answer(
        400, f"{_OBJECTS}/bad-request", "Bad Request.", _UNKNOWN_WORKSPACE
    ),
    (Api.OBJECTS, "data", "unknown-workspace"): Answer(
        404, f"{_OBJECTS}/data/not-found", "Data Upload Error.", _UNKNOWN_WORKSPACE
    ),
    (Api.OBJECTS, None, "workspace-gone"): Answer(410, f"{_OBJECTS}/data/gone", "Data Upload Error.", _WORKSPACE_GONE),
    (Api.OBJECTS, None, "unknown-schema"): Answer(
        404, f"{_OBJECTS}/schemas/not-found", "Failed To Request Geoscience Object Schema."
    ),
    (Api.OBJECTS, None, "unknown-version"): Answer(404, f"{_OBJECTS}/versions/not-found", "Version Not Found."),
    (Api.OBJECTS, None, "already-exists"): Answer(
        409, f"{_OBJECTS}/objects/already-exists", "Geoscience Object Already Exists."
    ),
    (Api.OBJECTS, None, "stale-version"): Answer(412, f"{_OBJECTS}/objects/modified", "Object Modified."),
    (Api.OBJECTS, None, "too-large"): Answer(413, f"{_OBJECTS}/too-large", "Request Too Large."),
    (Api.OBJECTS, None, "invalid"): Answer(422, f"{_OBJECTS}/validation", "Validation Error."),
    (Api.OBJECTS, "metadata", "invalid"): Answer(422, "", "", as_list=True),
    (Api.OBJECTS, None, "invalid-filter"): Answer(
        422, f"{_OBJECTS}/filtering/invalid-params", "Invalid Filter Params."
    ),
    (Api.OBJECTS, None, "invalid-order"): Answer(
        422, f"{_OBJECTS}/sorting/invalid-params", "Invalid Sorting Parameters"
    ),
    (Api.OBJECTS, None, "internal"): Answer(500, f"{_OBJECTS}/api-errors", "An Error Occurred."),
    (Api.OBJECTS, None, "store-failure"): Answer(502, f"{_OBJECTS}/bad-gateway", "Bad Gateway.", _NO_UPSTREAM),
    (Api.OBJECTS, "list", "store-failure"): Answer(
        502, f"{_OBJECTS}/objects/storage", "Geoscience Object Storage Operation Failed."
    ),
    (Api.OBJECTS, "data", "store-failure"): Answer(502, f"{_OBJECTS}/data/data-upstream", "Data Error."),
}


_FILES = f"{_ROOT}/file-api"
_NO_ROLE: dict[str, Any] = {"your_role": "", "permitted_roles": []}

ANSWERS |= {
    (Api.FILES, None, "bad-request"): Answer(400, f"{_FILES}/bad-request", "Bad Request."),
    (Api.FILES, None, "no-upload-in-progress"): Answer(
        400, f"{_FILES}/files/no-file-upload-in-progress", "No file upload in progress"
    ),
    (Api.FILES, None, "invalid-path"): Answer(400, f"{_FILES}/files/invalid-path", "Invalid Path."),
    (Api.FILES, None, "missing-credentials"): Answer(401, f"{_FILES}/auth/missing-token", "Access Denied."),
    (Api.FILES, None, "not-permitted"): Answer(401, f"{_FILES}/auth/invalid-token", "Access Denied."),
    (Api.FILES, None, "insufficient-role"): Answer(
        403, f"{_FILES}/auth/insufficient-role", "Insufficient Role.", _NO_ROLE
    ),
    (Api.FILES, None, "insufficient-scope"): Answer(
        403, f"{_FILES}/auth/insufficient-role", "Insufficient Role.", _NO_ROLE
    ),
    (Api.FILES, None, "not-found"): Answer(404, f"{_FILES}/files/not-found", "File Not Found."),
    (Api.FILES, None, "unknown-route"): Answer(404, f"{_FILES}/not-found", "Not Found."),
    (Api.FILES, None, "unknown-workspace"): Answer(404, f"{_ROOT}/workspace/unknown-workspace", "Workspace not found."),
    (Api.FILES, None, "method-not-allowed"): Answer(405, f"{_FILES}/method-not-allowed", "Method Not Allowed."),
    (Api.FILES, None, "already-exists"): Answer(409, f"{_FILES}/files/already-exists", "Invalid Request."),
    (Api.FILES, None, "gone"): Answer(410, f"{_FILES}/files/gone", "The file has been deleted"),
    (Api.FILES, None, "workspace-gone"): Answer(410, f"{_ROOT}/workspace/gone", "Workspace soft deleted."),
    (Api.FILES, None, "too-large"): Answer(413, f"{_FILES}/too-large", "Request Too Large."),
    (Api.FILES, None, "invalid"): Answer(422, f"{_FILES}/validation", "Validation Error."),
    (Api.FILES, None, "internal"): Answer(500, f"{_FILES}/api-errors", "An Error Occurred."),
    (Api.FILES, None, "store-failure"): Answer(502, f"{_FILES}/bad-gateway", "Bad Gateway."),
    (Api.FILES, "metadata", "store-failure"): Answer(
        502, f"{_FILES}/metadata/store-error", "File Metadata Storage Operation Failed."
    ),
}


def _generic(api: Api, slug: str) -> dict[tuple[Api, str | None, str], Answer]:
    """Rows of an API whose vendor documents statuses but few types: `<root>/<slug>/<kind>`."""
    rows = {
        "missing-credentials": (401, "Access Denied."),
        "not-permitted": (403, "Forbidden."),
        "insufficient-role": (403, "Insufficient Role."),
        "insufficient-scope": (403, "Insufficient Scope."),
        "not-found": (404, "Not Found."),
        "unknown-route": (404, "Not Found."),
        "unknown-workspace": (404, "Workspace not found."),
        "method-not-allowed": (405, "Method Not Allowed."),
        "already-exists": (409, "Already Exists."),
        "last-owner": (409, "Last Owner."),
        "last-administrator": (409, "Last Administrator."),
        "bad-request": (400, "Bad Request."),
        "too-large": (413, "Request Too Large."),
        "invalid": (422, "Validation Error."),
        "internal": (500, "An Error Occurred."),
        "store-failure": (502, "Bad Gateway."),
    }
    return {
        (api, None, kind): Answer(status, f"{_ROOT}/{slug}/{kind}", title) for kind, (status, title) in rows.items()
    }


ANSWERS |= _generic(Api.WORKSPACES, "workspace") | _generic(Api.DISCOVERY, "discovery")
ANSWERS |= _generic(Api.COLORMAPS, "colormap") | _generic(Api.SIGN_IN, "sign-in") | _generic(Api.SERVER, "server")
ANSWERS |= _generic(Api.FOLDERS, "folder")
_GONE = Answer(410, f"{_ROOT}/workspace/gone", "Workspace soft deleted.")
ANSWERS |= {(api, None, "workspace-gone"): _GONE for api in (Api.WORKSPACES, Api.FOLDERS, Api.COLORMAPS)}
for _api in (Api.WORKSPACES, Api.FOLDERS):  # the older folders are part of the Workspace API
    ANSWERS |= {
        (_api, None, "gone"): Answer(410, f"{_ROOT}/folder/gone", "Folder soft deleted."),
        (_api, None, "not-empty"): Answer(409, f"{_ROOT}/folder/not-empty", "Folder Not Empty."),
        (_api, None, "parent-deleted"): Answer(409, f"{_ROOT}/folder/parent-deleted", "Parent Folder Deleted."),
    }
ANSWERS[Api.COLORMAPS, None, "invalid"] = Answer(422, "", "", as_list=True)

_BLOCKMODELS = f"{_ROOT}/block-model-service"
_UNAUTHORIZED = "Invalid authentication credentials"
_NO_SERVICE = Answer(500, f"{_BLOCKMODELS}/service", "Service Error", detail="An error occurred")
_INVALID = Answer(422, f"{_BLOCKMODELS}/validation", "1 validation error for Request")

ANSWERS |= {
    (Api.BLOCKMODELS, None, kind): row
    for kind, row in {
        "bad-request": Answer(400, f"{_BLOCKMODELS}/bad-request", "Bad Request"),
        "invalid-query-parameters": Answer(400, f"{_BLOCKMODELS}/invalid-query-parameters", "Invalid Query Parameters"),
        "invalid-model-type": Answer(400, f"{_BLOCKMODELS}/invalid-model-type", "Invalid Model Type"),
        "too-many-columns": Answer(400, f"{_BLOCKMODELS}/too-many-columns", "Too Many Columns"),
        "missing-credentials": Answer(401, f"{_BLOCKMODELS}/auth/unauthorized", _UNAUTHORIZED, detail=_UNAUTHORIZED),
        "not-permitted": Answer(403, f"{_BLOCKMODELS}/auth/forbidden", "Permission Denied", detail="Permission denied"),
        "insufficient-role": Answer(
            403, f"{_BLOCKMODELS}/auth/forbidden", "Permission Denied", detail="Permission denied"
        ),
        "insufficient-scope": Answer(403, f"{_BLOCKMODELS}/auth/forbidden", "Permission Denied"),
        "not-found": Answer(404, f"{_BLOCKMODELS}/not-found", "Resource Not Found"),
        "unknown-route": Answer(404, f"{_BLOCKMODELS}/not-found", "Resource Not Found"),
        "unknown-workspace": Answer(404, f"{_ROOT}/workspace-service/workspace-not-found", "Workspace Not Found"),
        "invalid-order": Answer(404, f"{_BLOCKMODELS}/unsupported-sort-field", "Unsupported Sort Field"),
        "method-not-allowed": Answer(405, f"{_BLOCKMODELS}/method-not-allowed", "Method Not Allowed"),
        "already-exists": Answer(409, f"{_BLOCKMODELS}/name-conflict", "Name Conflict"),
        "object-path-taken": Answer(
            409, f"{_BLOCKMODELS}/geoscience-object-path-conflict", "Geoscience Object Path Conflict"
        ),
        "upload-not-expected": Answer(409, f"{_BLOCKMODELS}/file-conflict", "File Conflict"),
        "version-conflict": Answer(409, f"{_BLOCKMODELS}/version-conflict", "Version Conflict"),
        "gone": Answer(410, f"{_BLOCKMODELS}/gone", "Resource Gone"),
        "workspace-gone": Answer(
            410,
            f"{_ROOT}/workspace/gone",
            "Workspace soft deleted.",
            detail="The requested resource was not found.",
        ),
        "too-large": Answer(413, f"{_BLOCKMODELS}/too-large", "Request Too Large"),
        "invalid": _INVALID,
        "invalid-path": _INVALID,
        "unprocessable": Answer(422, f"{_BLOCKMODELS}/unprocessable-entity", "Unprocessable Entity"),
        "column-not-found": Answer(422, f"{_BLOCKMODELS}/column-not-found", "Column Not Found"),
        "no-free-name": Answer(500, f"{_BLOCKMODELS}/restore-error", "Restore Error"),
        "not-installed": Answer(501, f"{_BLOCKMODELS}/not-installed", "Not Installed"),
        "internal": _NO_SERVICE,
        "store-failure": _NO_SERVICE,
    }.items()
}

# What the jobs of block models end with.
ANSWERS |= {
    (Api.BLOCKMODELS, "job", kind): row
    for kind, row in {
        "update-failed": Answer(400, f"{_BLOCKMODELS}/job/update-error", "Error in Update"),
        "bad-request": Answer(400, f"{_BLOCKMODELS}/job/update-error", "Error in Update"),
        "internal": Answer(500, f"{_BLOCKMODELS}/job/internal-error", "Internal Error"),
        "store-failure": Answer(500, f"{_BLOCKMODELS}/job/internal-error", "Internal Error"),
    }.items()
}


def _operations() -> dict[tuple[Api, str | None, str], Answer]:
    """Rows of the operations: the plain words of HTTP, which is what their vendor's answers carry."""
    words = {
        400: ("Bad Request", ("bad-request", "invalid-path")),
        401: ("Unauthorized", ("missing-credentials",)),
        402: ("Payment Required", ("quota-exceeded",)),
        403: ("Forbidden", ("not-permitted", "insufficient-role", "insufficient-scope")),
        404: ("Not Found", ("not-found", "unknown-route", "unknown-workspace", "missing-data")),
        405: ("Method Not Allowed", ("method-not-allowed",)),
        409: ("Conflict", ("conflict", "already-exists", "last-owner", "last-administrator", "not-empty", "gone")),
        410: ("Gone", ("workspace-gone",)),
        413: ("Content Too Large", ("too-large",)),
        422: ("Unprocessable Entity", ("invalid", "unprocessable")),
        429: ("Too Many Requests", ("rate-limited",)),
        500: ("Internal Server Error", ("internal", "store-failure")),
        501: ("Not Implemented", ("not-available", "not-installed")),
    }
    return {
        (Api.OPERATIONS, None, kind): Answer(status, "about:blank", title)
        for status, (title, kinds) in words.items()
        for kind in kinds
    }


ANSWERS |= _operations()

# OGC API has a code for programs, which is the title here, and a description for people.
ANSWERS |= {
    (Api.STAC, None, kind): Answer(status, "about:blank", code)
    for status, code, kinds in (
        (400, "InvalidParameterValue", ("bad-request", "invalid")),
        (401, "Unauthorized", ("missing-credentials",)),
        (403, "Forbidden", ("not-permitted", "insufficient-role", "insufficient-scope")),
        (404, "NotFound", ("not-found", "unknown-route", "unknown-workspace", "workspace-gone")),
        (405, "MethodNotAllowed", ("method-not-allowed",)),
        (413, "RequestTooLarge", ("too-large",)),
        (500, "ServerError", ("internal", "store-failure")),
    )
    for kind in kinds
}


def answer(api: Api, group: str | None, problem: Problem) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of `problem` in the words of `api`; an unlisted kind is an internal error."""
    row = ANSWERS.get((api, group, problem.kind)) or ANSWERS.get((api, None, problem.kind))
    if row is None:
        return answer(api, group, InternalError())
    if row.as_list:
        return row.status, {"detail": [_field_error(problem)]}
    body = {"type": row.type, "title": row.title, "status": row.status, "detail": row.detail or problem.detail}
    return row.status, body | row.members | problem.members


# Where the parameters are that no body has; a body's own members of these names come with a `loc`.
_PLACES = {
    **dict.fromkeys(("org_id", "workspace_id", "object_id", "colormap_id", "association_id"), "path"),
    **dict.fromkeys(("version_id", "full", "check_dependencies", "strict"), "query"),
}


def _field_error(problem: Problem) -> dict[str, Any]:
    """`{loc, msg, type}` of a refusal that has a `loc`, or begins with the name of what it refuses: `stage_id: ...`."""
    if "loc" in problem.members:
        return {"loc": problem.members["loc"], "msg": problem.detail, "type": "value_error"}
    name, colon, message = problem.detail.partition(": ")
    if not colon or not name.isidentifier():
        return {"loc": ["body"], "msg": problem.detail, "type": "value_error"}
    return {"loc": [_PLACES.get(name, "body"), name], "msg": message, "type": "value_error"}
