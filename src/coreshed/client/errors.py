"""What can go wrong between a program and a server: one tree, each kind also the builtin a caller would catch.

CoreshedError
├── NotSignedIn    no credential, or one that has ended (401)
├── Refused        the role or the scope does not suffice (403)
├── NotFound       no such thing, or none that the caller may see (404)
├── Gone           deleted, and it can be restored (410)
├── Conflict       something else is in the way (409, 412)
├── Invalid        the request cannot be carried out as it is (400, 422 and other 4xx)
│   ├── Ambiguous  several organisations or workspaces fit
│   └── QuotaExceeded  the storage that is left does not suffice (402)
├── ServerFailed   the server failed, or its answer cannot be read (5xx)
├── Unreachable    nobody answers
├── Mismatch       the bytes are not those they should be
└── SourceChanged  a file changed while it was read
"""

from collections.abc import Mapping
from typing import Any

import msgspec

_DETAIL = 500


class CoreshedError(Exception):
    """A request that did not succeed. status, type, title, detail and request_id are None where there was no answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type_: str | None = None,
        title: str | None = None,
        detail: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.title = title
        self.detail = detail
        self.request_id = request_id


class NotSignedIn(CoreshedError, PermissionError):
    """There is no credential, or the server does not take it."""


class Refused(CoreshedError, PermissionError):
    """The caller's role or the credential's scope does not suffice."""


class NotFound(CoreshedError, LookupError):
    """There is no such thing, or none that the caller may see."""


class Gone(CoreshedError, LookupError):
    """It was deleted."""


class Conflict(CoreshedError, FileExistsError):
    """Something else is in the way."""


class Invalid(CoreshedError, ValueError):
    """What was asked for cannot be done as it was asked."""


class Ambiguous(Invalid):
    """Several organisations or workspaces fit; name one."""


class QuotaExceeded(Invalid):
    """The storage that is left to the organisation or the project does not suffice."""


class ServerFailed(CoreshedError, RuntimeError):
    """The server failed, or answered what nobody can read."""


class Unreachable(CoreshedError, ConnectionError):
    """Nobody answers at that address."""


class Mismatch(CoreshedError, ValueError):
    """Bytes that arrived are not the bytes that were sent."""


class SourceChanged(CoreshedError, RuntimeError):
    """A file changed while it was read; nothing was published."""


_BY_STATUS: dict[int, type[CoreshedError]] = {
    401: NotSignedIn,
    402: QuotaExceeded,
    403: Refused,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Conflict,
}


def of_answer(status: int, headers: Mapping[str, str], body: bytes, *, asked: str) -> CoreshedError:
    """The error that an answer is. asked: method and path, without a query: links carry their signature there."""
    problem = _problem(body)
    title, detail = _text(problem.get("title")), _text(_listed(problem.get("detail")))
    request_id = headers.get("x-request-id")
    said = " ".join(part for part in (title, detail) if part) or f"{asked} was answered with status {status}."
    known = f" (request id {request_id})" if request_id and status >= 500 else ""
    kind = _BY_STATUS.get(status) or (Invalid if 400 <= status < 500 else ServerFailed)
    return kind(
        said + known, status=status, type_=_text(problem.get("type")), title=title, detail=detail, request_id=request_id
    )


def _problem(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(detail: Any) -> Any:
    """A list of `{loc, msg, type}` as a sentence; anything else as it is."""
    if not isinstance(detail, list) or not all(isinstance(each, dict) for each in detail):
        return detail
    return "; ".join(
        ": ".join(part for part in (_place(each.get("loc")), str(each.get("msg"))) if part) for each in detail
    )


def _place(loc: Any) -> str:
    """Which member of the body is meant: `files.0.name`."""
    return ".".join(str(part) for part in loc[1:]) if isinstance(loc, list) else ""


def _text(value: Any) -> str | None:
    return value[:_DETAIL] if isinstance(value, str) and value else None
