"""The ASGI application behind `/blob/`: one signed URL, one verb, one answer."""

import re
from typing import ClassVar
from uuid import uuid4

from coreshed import logs
from coreshed.blobs.azure.reads import get_blob
from coreshed.blobs.azure.wire import Answer, ClientGone, Receive, Request, Scope, Send, error_answer
from coreshed.blobs.azure.writes import Writes
from coreshed.blobs.links import Grant, Query, SignedLinks
from coreshed.blobs.reading import Reader
from coreshed.blobs.receiving import no_room
from coreshed.blobs.refusals import OF_PROBLEMS, Refusal
from coreshed.database import Database
from coreshed.problems import Problem

_VERSION = "2024-11-04"
_METHODS = "GET, HEAD, PUT, OPTIONS"
_EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, Content-Type, ETag, Last-Modified, "
    "x-coreshed-sha256, "
    "x-ms-blob-content-length, x-ms-blob-type, x-ms-error-code, x-ms-request-id, x-ms-version"
)
_HEADER_NAMES = re.compile(r"[A-Za-z0-9_, -]{1,2000}")
_log = logs.logger("coreshed.blobs")


class BlobPlane:
    """Raw ASGI: no router, no framework, nothing that decodes paths or limits bodies behind our back."""

    exposed: ClassVar[str] = _EXPOSED  # to scripts of other origins

    def __init__(
        self, *, links: SignedLinks, reader: Reader, writes: Writes, main: Database, body_timeout: float
    ) -> None:
        self._links = links
        self._reader = reader
        self.writes = writes
        self._main = main
        self._body_timeout = body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; the signature is the only authority, other credentials are ignored."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive, body_timeout=self._body_timeout)
        try:
            answer = await self._answer(request)
        except ClientGone:
            _log.info("upload_aborted", path=request.path)
            return
        answer.headers |= {
            "x-ms-request-id": logs.request_id() or str(uuid4()),
            "x-ms-version": _VERSION,
            "X-Content-Type-Options": "nosniff",
        }
        if request.header("origin"):
            answer.headers |= {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": self.exposed}
        await answer.send(receive, send)

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._dispatch(request)
        except Refusal as refusal:
            return self.refused(request, refusal)
        except Problem as problem:
            if problem.kind not in OF_PROBLEMS:
                _log.error("blob_request_failed", path=request.path, kind=problem.kind, error=repr(problem.__cause__))
                return self.refused(request, Refusal())
            code = OF_PROBLEMS[problem.kind]
            return self.refused(request, Refusal(code, problem.detail, members=problem.members))
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001  (a defect must not reach the client as a traceback)
            if isinstance(error, OSError) and no_room(error):
                return self.refused(request, Refusal("InsufficientStorage"))
            _log.exception("blob_request_failed", path=request.path)
            return self.refused(request, Refusal())

    def refused(self, request: Request, refusal: Refusal) -> Answer:
        """The answer to a request that is refused."""
        return error_answer(refusal, head=request.method == "HEAD")

    async def put(self, request: Request, grant: Grant, query: Query) -> Answer:
        """The answer to a PUT with a write link. Raises Refusal or Problem."""
        return await self.writes.put(request, grant, query)

    async def _dispatch(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return _preflight(request)
        query = request.query()
        if self._links.key_is_unknown(query):
            await self._main.run(self._links.refresh_keys)
        grant = self._links.verify(request.path, query)
        if request.method not in {"GET", "HEAD", "PUT", "DELETE"}:
            raise Refusal("UnsupportedHttpVerb")
        return await (self._write(request, grant, query) if grant.writes else self._read(request, grant, query))

    async def _read(self, request: Request, grant: Grant, query: Query) -> Answer:
        if request.method not in {"GET", "HEAD"} or query.get("comp") == "blocklist":
            raise Refusal("AuthorizationPermissionMismatch")
        if query.get("comp"):
            raise Refusal("InvalidQueryParameterValue")
        return await get_blob(self._reader, request, grant)

    async def _write(self, request: Request, grant: Grant, query: Query) -> Answer:
        if request.method == "PUT":
            return await self.put(request, grant, query)
        if request.method == "GET" and query.get("comp") == "blocklist":
            return await self.writes.get_block_list(request, grant, query)
        raise Refusal("AuthorizationPermissionMismatch")


def _preflight(request: Request) -> Answer:
    """CORS: any page may use a link that it was given."""
    asked = request.header("access-control-request-headers")
    return Answer(
        200,
        {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": asked if _HEADER_NAMES.fullmatch(asked) else "*",
            "Access-Control-Max-Age": "86400",
            "Allow": _METHODS,
        },
    )
