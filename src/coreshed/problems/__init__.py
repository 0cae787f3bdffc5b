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
    │                      InvalidQuery(ValueError)             Unprocessable(ValueError)
    ├── its content        SchemaViolation(ValueError)          InvalidDataKey(ValueError)
    │                      MissingData(LookupError)             WrongObjectType(ValueError)
    │                      InvalidModelType(ValueError)         TooManyColumns(ValueError)
    │                      ColumnNotFound(LookupError)
    ├── its moment         AlreadyExists(FileExistsError)       StaleVersion                LastOwner
    │                      NoUploadInProgress(ValueError)
    │                      LastAdministrator                    NotEmpty                    ParentDeleted
    │                      ObjectPathTaken(FileExistsError)     UploadNotExpected           VersionConflict
    │                      NoFreeName                           UpdateFailed(ValueError)     Conflict
    │                      QuotaExceeded                        RateLimited
    └── ourselves          StoreFailure(OSError)                InternalError
                           NotInstalled(NotImplementedError)    NotAvailable(NotImplementedError)
"""

from coreshed.problems.answers import ANSWERS, Answer, Api, answer
from coreshed.problems.kinds import (
    AlreadyExists,
    BadRequest,
    ColumnNotFound,
    Conflict,
    Gone,
    InsufficientRole,
    InsufficientScope,
    InternalError,
    Invalid,
    InvalidDataKey,
    InvalidFilter,
    InvalidModelType,
    InvalidOrder,
    InvalidPath,
    InvalidQuery,
    LastAdministrator,
    LastOwner,
    MethodNotAllowed,
    MissingCredentials,
    MissingData,
    NoFreeName,
    NotAvailable,
    NotEmpty,
    NotFound,
    NotInstalled,
    NotPermitted,
    NoUploadInProgress,
    ObjectPathTaken,
    ParentDeleted,
    Problem,
    QuotaExceeded,
    RateLimited,
    SchemaViolation,
    StaleVersion,
    StoreFailure,
    TooLarge,
    TooManyColumns,
    UnknownRoute,
    UnknownSchema,
    UnknownVersion,
    UnknownWorkspace,
    Unprocessable,
    UpdateFailed,
    UploadNotExpected,
    VersionConflict,
    WorkspaceGone,
    WrongObjectType,
)

__all__ = [
    "ANSWERS",
    "AlreadyExists",
    "Answer",
    "Api",
    "BadRequest",
    "ColumnNotFound",
    "Conflict",
    "Gone",
    "InsufficientRole",
    "InsufficientScope",
    "InternalError",
    "Invalid",
    "InvalidDataKey",
    "InvalidFilter",
    "InvalidModelType",
    "InvalidOrder",
    "InvalidPath",
    "InvalidQuery",
    "LastAdministrator",
    "LastOwner",
    "MethodNotAllowed",
    "MissingCredentials",
    "MissingData",
    "NoFreeName",
    "NoUploadInProgress",
    "NotAvailable",
    "NotEmpty",
    "NotFound",
    "NotInstalled",
    "NotPermitted",
    "ObjectPathTaken",
    "ParentDeleted",
    "Problem",
    "QuotaExceeded",
    "RateLimited",
    "SchemaViolation",
    "StaleVersion",
    "StoreFailure",
    "TooLarge",
    "TooManyColumns",
    "UnknownRoute",
    "UnknownSchema",
    "UnknownVersion",
    "UnknownWorkspace",
    "Unprocessable",
    "UpdateFailed",
    "UploadNotExpected",
    "VersionConflict",
    "WorkspaceGone",
    "WrongObjectType",
    "answer",
]
