"""The kinds of refusals; the tree of them is drawn in the package."""

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


class Unprocessable(Problem, ValueError):
    """A well-formed question or change that the thing it is asked of cannot bear."""

    kind = "unprocessable"
    sentence = "The request cannot be carried out."


class InvalidQuery(Problem, ValueError):
    """A query parameter is missing that the operation cannot do without, or has the wrong value."""

    kind = "invalid-query-parameters"
    sentence = "The query parameters are invalid."


class InvalidModelType(Problem, ValueError):
    """There is no block model of this type."""

    kind = "invalid-model-type"
    sentence = "There is no such model type."


class TooManyColumns(Problem, ValueError):
    """A block model would have more user columns than one can have."""

    kind = "too-many-columns"
    sentence = "A block model has at most 300 columns of its users."


class ColumnNotFound(Problem, LookupError):
    """A report names a column that the block model does not have."""

    kind = "column-not-found"
    sentence = "The block model has no such column."


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
    """A live workspace keeps at least one owner who is enabled."""

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


class ObjectPathTaken(Problem, FileExistsError):
    """Another object is where the reference object of a block model would be."""

    kind = "object-path-taken"
    sentence = "Another geoscience object already exists at this path."


class UploadNotExpected(Problem):
    """The end of an upload was announced for a job that waits for none."""

    kind = "upload-not-expected"
    sentence = "The job does not wait for an upload."


class VersionConflict(Problem):
    """Somebody else published a version first, and the two changes cannot both stand."""

    kind = "version-conflict"
    sentence = "The block model has a newer version than the one that this change began with."


class UpdateFailed(Problem, ValueError):
    """The file of an update cannot be applied. errors_blob: of a table of the rows that are wrong, where rows are."""

    kind = "update-failed"
    sentence = "The update cannot be applied."


class NoFreeName(Problem):
    """What is to be restored cannot have its name, nor any of the numbered ones."""

    kind = "no-free-name"
    sentence = "No name is free under which it could be restored."


class Conflict(Problem):
    """What is asked for cannot be done in the present state of the thing."""

    kind = "conflict"
    sentence = "The present state does not allow this."


class QuotaExceeded(Problem):
    """The storage limit leaves no room. Members: `limit` (null: none is set), `used`, `reserved`, `needed` in
    bytes.
    """

    kind = "quota-exceeded"
    sentence = "The storage quota does not have room for this."


class RateLimited(Problem):
    """Too many calls in this minute. Member: `retry_after`, in seconds, which goes out as `Retry-After` too."""

    kind = "rate-limited"
    sentence = "Too many calls in this minute."


class NotAvailable(Problem, NotImplementedError):
    """An operation that the API publishes and this server does not have."""

    kind = "not-available"
    sentence = "This operation is not available on this server."


class NotInstalled(Problem, NotImplementedError):
    """The operation takes a package that this installation was made without."""

    kind = "not-installed"
    sentence = "This server was installed without a package that the operation needs."


class StoreFailure(Problem, OSError):
    """The database or the blob store failed underneath a correct request."""

    kind = "store-failure"
    sentence = "A storage operation failed. Try again; the operator finds the cause in the log under the request id."


class InternalError(Problem):
    """A defect in the server."""

    kind = "internal"
    sentence = "A server error has occurred. The operator finds the cause in the log under the request id."
