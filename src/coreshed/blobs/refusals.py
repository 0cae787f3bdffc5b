"""Why the data plane says no, in Azure's words: the one table of codes, statuses and messages.

Refusal
└── BlobVanished   the blob was purged between the link and the request
"""

from collections.abc import Mapping
from typing import Any, ClassVar

# Azure's code -> (status, message). Clients match on the code; the digests, quotas and ends of uploads are ours.
ANSWERS: dict[str, tuple[int, str]] = {
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidBlobOrBlock": (400, "The specified blob or block content is invalid."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidXmlDocument": (400, "The specified XML is not syntactically valid."),
    "InvalidInput": (400, "The body is not as long as its Content-Length says."),
    "Md5Mismatch": (
        400,
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    ),
    "BlockListTooLong": (400, "The block list may not contain more blocks than this server accepts."),
    "UnsupportedHeader": (400, "One of the headers specified in the request is not supported."),
    "AuthenticationFailed": (
        403,
        "Server failed to authenticate the request. Ask for a new link: this one has expired or was changed.",
    ),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "AuthorizationFailure": (403, "This request is not authorized to perform this operation."),
    "ContentTypeMismatch": (403, "The Content-Type is not the one that the link was made for."),
    "UnauthorizedBlobOverwrite": (403, "This request is not authorized to perform blob overwrites."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support the specified HTTP verb."),
    "RequestTimeout": (408, "The body stopped arriving."),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "UploadEnded": (409, "The upload is over: it was completed, has failed or has expired. Begin another one."),
    "MissingContentLengthHeader": (
        411,
        "The Content-Length header was not specified. Chunked bodies are not accepted.",
    ),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
    "QuotaExceeded": (413, "The storage quota does not have room for this content."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InternalError": (500, "The server encountered an internal error. Please retry the request."),
    "Crc32cMismatch": (400, "The content does not have the CRC32C that was stated. Nothing was published."),
    "Sha256Mismatch": (400, "The content does not have the SHA-256 digest that was stated. Nothing was published."),
    "InsufficientStorage": (507, "The server has no room for this content. Ask its operator to free disk space."),
}

# Problems of the rooms (`coreshed.problems`) that a purpose raises from `may_write` or `on_commit`.
OF_PROBLEMS: dict[str, str] = {
    "not-found": "BlobNotFound",
    "gone": "BlobNotFound",
    "unknown-workspace": "BlobNotFound",
    "workspace-gone": "BlobNotFound",
    "not-permitted": "AuthorizationFailure",
    "insufficient-role": "AuthorizationFailure",
    "insufficient-scope": "AuthorizationFailure",
    "already-exists": "BlobAlreadyExists",
    "conflict": "UploadEnded",
    "quota-exceeded": "QuotaExceeded",
    "too-large": "RequestBodyTooLarge",
    "bad-request": "InvalidHeaderValue",
    "invalid": "InvalidHeaderValue",
}


class Refusal(Exception):
    """A request that is answered with an error; `code` is a key of `ANSWERS`, `detail` goes out as an extra element,
    `headers` beside the usual ones; `members` of the problem behind it are told where answers are JSON.
    """

    default: ClassVar[str] = "InternalError"

    def __init__(
        self,
        code: str | None = None,
        detail: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code or self.default
        self.status, self.message = ANSWERS[self.code]
        self.detail = detail
        self.headers = headers or {}
        self.members = members or {}
        super().__init__(detail or self.message)


class BlobVanished(Refusal, LookupError):
    """No such blob, or none that readers may see."""

    default = "BlobNotFound"
