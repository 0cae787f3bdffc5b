"""The first thing a request meets: its id, its log line and metrics, its credential, and the switch by path prefix.

The switch stands in front of the framework because the byte plane must never pass through it: a mounted application
would see a rewritten path. Credentials are read here because they are judged before any body.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from coreshed import logs
from coreshed.identity import Identity, grant_for, require
from coreshed.metrics import Metrics
from coreshed.problems import Api, InternalError, Problem, UnknownRoute, answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logs.logger(__name__)
_MAX_REQUEST_ID = 64
_NO_GZIP = re.compile(rb"gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", re.IGNORECASE)

_SHARED = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"retry-after, www-authenticate, x-request-id, x-total-count"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS, POST"),
    (b"access-control-allow-headers", b"accept, authorization, content-type, idempotency-key, x-api-key, x-request-id"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


@dataclass(frozen=True, slots=True)
class Mount:
    """Where requests go whose path starts with `prefix`; `open` needs no credential.

    shared: pages of any origin may call it; what they may do hangs on the credential they send, never on cookies.
    """

    prefix: str
    app: AsgiApp
    api: Api
    open: bool = False
    shared: bool = False


class Edge:
    """The outermost ASGI application."""

    def __init__(self, mounts: Sequence[Mount], *, identity: Identity, metrics: Metrics, enforce_scopes: bool) -> None:
        self._mounts = sorted(mounts, key=lambda mount: len(mount.prefix), reverse=True)
        self._identity = identity
        self._metrics = metrics
        self._enforce_scopes = enforce_scopes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        if _NO_GZIP.search(headers.get(b"accept-encoding", b"")):
            # The framework looks for the word alone.
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        request_id = _request_id(headers)
        logs.enter_request(request_id)
        mount = self._mount(scope["path"])
        answered = _Answered(send, request_id, shared=mount.shared)
        started = time.perf_counter()
        try:
            if mount.shared and scope["method"] == "OPTIONS":
                await answered({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
                await answered({"type": "http.response.body", "body": b""})
                return
            if not mount.open:
                await self._admit(scope, headers)
            await mount.app(scope, receive, answered)
        except Problem as problem:
            await answered.problem(mount.api, problem)
        except asyncio.CancelledError:
            # The drain is over. Raised further this would be a defect in the eyes of the HTTP server, which closes the
            # connection of an unfinished answer anyway.
            log.warning("request cut off by the end of the drain", method=scope["method"], path=scope["path"])
        except Exception:
            log.exception("request failed", method=scope["method"], path=scope["path"])
            if not answered.status:
                await answered.problem(mount.api, InternalError())
        finally:
            seconds = time.perf_counter() - started
            self._metrics.served(mount.api, scope["method"], answered.status, seconds)
            logs.served(scope["method"], scope["path"], answered.status, seconds)

    def _mount(self, path: str) -> Mount:
        for mount in self._mounts:
            if path == mount.prefix or path.startswith(mount.prefix + "/"):
                return mount
        return Mount("", _nowhere, Api.SERVER, open=True)

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Put the caller into the scope. Raises MissingCredentials, InsufficientScope."""
        caller = await self._identity.principal(
            authorization=_text(headers.get(b"authorization")), api_key=_text(headers.get(b"x-api-key"))
        )
        grant = grant_for(scope["method"], scope["path"])
        if grant is not None and self._enforce_scopes:
            require(caller, grant)
        scope["caller"] = caller


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


def _request_id(headers: dict[bytes, bytes]) -> str:
    """The caller's own id where it is short and harmless, else a new one."""
    given = (headers.get(b"x-request-id") or b"").decode("latin-1")
    return (
        given
        if 0 < len(given) <= _MAX_REQUEST_ID and given.replace("-", "").isalnum() and given.isascii()
        else uuid4().hex
    )


async def _nowhere(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise UnknownRoute


class _Answered:
    """`send`, with the request id on every answer and a memory of the status."""

    def __init__(self, send: Send, request_id: str, *, shared: bool) -> None:
        self._send = send
        self._headers = [(b"x-request-id", request_id.encode("ascii"))]
        if shared:
            self._headers += _SHARED
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._headers]
        await self._send(message)

    async def problem(self, api: Api, problem: Problem) -> None:
        if self.status:
            return
        status, members = answer(api, None, problem)
        body = msgspec.json.encode(members)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})
