"""What can go wrong, and how each API says it.

Services raise these; they know nothing of HTTP. `ANSWERS` is the one table that turns (API, operation group, kind) into
a status, a type and a title. A `kind` is stable: scripts and dashboards may match on it, so kinds are only ever added.

    Problem
    ├── who is asking      MissingCredentials(PermissionError)  NotPermitted(PermissionError)
    │                      InsufficientRole(PermissionError)    InsufficientScope(PermissionError)
    ├── what is asked for  NotFound(LookupError)                Gone(LookupError)
    │                      UnknownRoute(LookupError)            MethodNotAllowed
    │                      UnknownWorkspace(LookupError)        WorkspaceGone(LookupError)
    │                      UnknownSchema(LookupError)           UnknownVersion(LookupError)
    ├── how it is asked    BadRequest(ValueError)               Invalid(ValueError)
    │                      TooLarge(ValueError)
    │                      InvalidPath(ValueError)              InvalidFilter(ValueError)   InvalidOrder(ValueError)
    ├── its content        SchemaViolation(ValueError)          InvalidDataKey(ValueError)
    │                      MissingData(LookupError)             WrongObjectType(ValueError)
    ├── its moment         AlreadyExists(FileExistsError)       StaleVersion                LastOwner
    │                      NoUploadInProgress(ValueError)
    │                      LastAdministrator                    NotEmpty                    ParentDeleted
    └── ourselves          StoreFailure(OSError)                InternalError
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Problem(Exception):
    """A refusal with a stable `kind`, a sentence for the caller, and the extra members its answer carries."""

    kind: ClassVar[str] = "internal"
    sentence: ClassVar[str] = "A server error has occurred."

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail or self.sentence)
        self.detail = detail or self.sentence
        self.members = members


class MissingCredentials(Problem, PermissionError):
    """No credential, or one that is malformed, unknown, expired or revoked."""

    kind = "missing-credentials"
    sentence = "The request carries no usable credential. Send a valid key as 'Authorization: Bearer <key>'."


class NotPermitted(Problem, PermissionError):
    """The credential is good, the resource is somebody else's."""

    kind = "not-permitted"
    sentence = "The client credentials are valid but do not permit access to this resource."


class InsufficientRole(Problem, PermissionError):
    """The caller's role in the workspace is too low. Members: `your_role`, `permitted_roles`."""

    kind = "insufficient-role"
    sentence = "Access to this resource is forbidden due to an insufficient role."


class InsufficientScope(Problem, PermissionError):
    """The credential was issued without the scope that this API asks for."""

    kind = "insufficient-scope"
    sentence = "The credential was issued without the scope that this operation needs."


class NotFound(Problem, LookupError):
    """No such thing, or none that the caller may see."""

    kind = "not-found"
    sentence = "The requested resource was not found."


class Gone(Problem, LookupError):
    """It was here and has been deleted; it can be restored."""

    kind = "gone"
    sentence = "The requested resource has been deleted."


class UnknownRoute(Problem, LookupError):
    """No operation has this path."""

    kind = "unknown-route"
    sentence = "No operation of this API has this path."


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    kind = "method-not-allowed"
    sentence = "This path does not support the request's method."


class UnknownWorkspace(Problem, LookupError):
    """No such workspace, or one the caller has no role in: the two answer alike."""

    kind = "unknown-workspace"
    sentence = "The workspace was not found."


class WorkspaceGone(Problem, LookupError):
    """The workspace has been soft-deleted."""

    kind = "workspace-gone"
    sentence = "The workspace has been deleted. An owner can restore it."


class UnknownSchema(Problem, LookupError):
    """No published schema has this id."""

    kind = "unknown-schema"
    sentence = "The schema was not found."


class UnknownVersion(Problem, LookupError):
    """The object has no version of this id."""

    kind = "unknown-version"
    sentence = "The requested version was not found."


class BadRequest(Problem, ValueError):
    """The request cannot be understood, whatever its content."""

    kind = "bad-request"
    sentence = "The server cannot process the request due to a client error."


class TooLarge(Problem, ValueError):
    """A stated limit was exceeded."""

    kind = "too-large"
    sentence = "The request is larger than this server accepts."


class Invalid(Problem, ValueError):
    """A parameter or body field breaks its rule. Members: `loc` where the answer is a list of field errors."""

    kind = "invalid"
    sentence = "The request was invalid."


class InvalidPath(Problem, ValueError):
    """An object path has a symbol or shape that is not allowed."""

    kind = "invalid-path"
    sentence = "The object path contains invalid symbols."


class InvalidFilter(Problem, ValueError):
    """A list filter cannot be read."""

    kind = "invalid-filter"
    sentence = "A filter parameter is invalid."


class InvalidOrder(Problem, ValueError):
    """A list order cannot be read."""

    kind = "invalid-order"
    sentence = "The order_by parameter is invalid."


class SchemaViolation(Problem, ValueError):
    """A document breaks its schema. Members: `json_path`, `schema_path`."""

    kind = "schema-violation"
    sentence = "The object does not conform to its schema."


class InvalidDataKey(Problem, ValueError):
    """A data reference is neither a SHA-256 nor a UUID. Members: `invalid`."""

    kind = "invalid-data-key"
    sentence = "The object contains data references that are neither a SHA-256 digest nor a UUID."


class MissingData(Problem, LookupError):
    """A data reference names a blob that was never uploaded. Members: `missing`."""

    kind = "missing-data"
    sentence = "The object contains references to data blobs that do not exist. Upload them and try again."


class WrongObjectType(Problem, ValueError):
    """The schema type differs from the stored object's, or the name lacks `.json`. Members: `expected`, `actual`."""

    kind = "wrong-object-type"
    sentence = "The object cannot be stored here."


class AlreadyExists(Problem, FileExistsError):
    """The name or path is taken. Members: what the API says of the holder."""

    kind = "already-exists"
    sentence = "The name is already taken."


class StaleVersion(Problem):
    """`If-Match` names a version that is not the newest."""

    kind = "stale-version"
    sentence = "Specified object version is stale."


class LastOwner(Problem):
    """A workspace keeps at least one owner."""

    kind = "last-owner"
    sentence = "A workspace needs at least one owner. Make somebody else an owner first."


class NoUploadInProgress(Problem, ValueError):
    """The version that an upload should go on with has its content already."""

    kind = "no-upload-in-progress"
    sentence = "This version has been uploaded completely. Leave out version_id to upload a new version."


class LastAdministrator(Problem):
    """An organisation keeps at least one enabled administrator."""

    kind = "last-administrator"
    sentence = "An organisation needs at least one administrator. Make somebody else an administrator first."


class NotEmpty(Problem):
    """Something that lives lies in what is to be deleted or moved."""

    kind = "not-empty"
    sentence = "The folder is not empty."


class ParentDeleted(Problem):
    """What is to be restored lies in something that is deleted. Members: `parent_folder_id`."""

    kind = "parent-deleted"
    sentence = "The folder above is deleted. Restore it first."


class StoreFailure(Problem, OSError):
    """The database or the blob store failed underneath a correct request."""

    kind = "store-failure"
    sentence = "A storage operation failed. Try again; the operator finds the cause in the log under the request id."


class InternalError(Problem):
    """A defect in the server."""

    kind = "internal"
    sentence = "A server error has occurred. The operator finds the cause in the log under the request id."


class Api(StrEnum):
    """The API a request speaks; the first column of the table."""

    OBJECTS = "geoscience-object"
    FILES = "file"
    WORKSPACES = "workspace"
    FOLDERS = "folder"
    DISCOVERY = "discovery"
    COLORMAPS = "colormap"
    SIGN_IN = "sign-in"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the table: the HTTP status, the problem type and the exact title; `members` are always present.

    as_list: the answer is a list of field errors and nothing else, as the stage and colormap operations document it.
    """

    status: int
    type: str
    title: str
    members: dict[str, Any] = field(default_factory=dict)
    as_list: bool = False


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


def answer(api: Api, group: str | None, problem: Problem) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of `problem` in the words of `api`; an unlisted kind is an internal error."""
    row = ANSWERS.get((api, group, problem.kind)) or ANSWERS.get((api, None, problem.kind))
    if row is None:
        return answer(api, group, InternalError())
    if row.as_list:
        return row.status, {"detail": [_field_error(problem)]}
    body = {"type": row.type, "title": row.title, "status": row.status, "detail": problem.detail}
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
