"""The ASGI application below /v1: one address, one operation, one answer.

It stands beside the framework because a registry needs no router, and because scope is judged before the body is read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any

import msgspec

from coreshed import logs
from coreshed.clock import Clock
from coreshed.database import Database
from coreshed.identity import Identity, Principal
from coreshed.operations.published import published
from coreshed.operations.rates import Rates
from coreshed.operations.registry import Call, Listed, Operation, Rooms, load
from coreshed.operations.replays import Replays
from coreshed.problems import (
    Api,
    InsufficientScope,
    InternalError,
    MethodNotAllowed,
    NotAvailable,
    Problem,
    UnknownRoute,
    answer,
)
from coreshed.wire_common import whole_body

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 16 << 20
_LONG = 64 << 10
# Operations that hash at a time: each takes 64 MiB and some 50 ms of a core, and no thread of the databases.
_HASHING = 2
_JSON = b"application/json"
_PROBLEM = b"application/problem+json"
_log = logs.logger("coreshed.operations")


class OperationsPlane:
    """`/v1/op/{operation_id}` and `/v1/{resource}/{action}`; both are POST and nothing else."""

    def __init__(
        self, *, rooms: Rooms, database: Database, identity: Identity, clock: Clock, origin: str, rate_limit: int = 0
    ) -> None:
        """rate_limit: calls of an organisation in a minute, 0 for no limit."""
        self._rooms = rooms
        self._database = database
        self._identity = identity
        self._replays = Replays(database, clock)
        self._rates = Rates(clock, of_organisation=rate_limit)
        self._origin = origin.rstrip("/")
        self._passwords = ThreadPoolExecutor(_HASHING, thread_name_prefix="share-passwords")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            status, body, more = await self._answer(scope, headers, receive)
        except Problem as problem:
            await _refuse(send, problem)
        except Exception:  # noqa: BLE001  (a defect is answered in the words of this API)
            _log.exception("operation_failed", path=scope["path"])
            await _refuse(send, InternalError())
        else:
            await _send(send, status, _JSON, body, more)

    async def _answer(
        self, scope: MutableMapping[str, Any], headers: dict[str, str], receive: Receive
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        if not addresses.cache_info().currsize:
            await asyncio.to_thread(addresses)  # the first call imports the input types
        operation = addresses().get(scope["path"])
        caller = None
        if operation is None or not operation.public:
            caller = await self._identity.principal(headers.get("authorization"), headers.get("x-api-key"))
            self._rates.count(caller)
        operation_id, scopes = _needed(scope["path"]) if operation is None else (operation.id, operation.scopes)
        if scope["method"] != "POST":
            raise MethodNotAllowed("Operations are called with POST.")
        if caller is not None:
            _require_scope(operation_id, scopes, caller)
        if operation is None:
            raise NotAvailable(f"The operation '{operation_id}' is not available on this server.")
        declared = headers.get("content-length", "")
        raw = await whole_body(receive, declared=declared, most=MAX_BODY, what="an operation")
        # What is long to read does not keep the others waiting.
        arguments = (
            await asyncio.to_thread(_arguments, operation, raw) if len(raw) > _LONG else _arguments(operation, raw)
        )
        client = scope.get("client")
        call = Call(caller, self._rooms, self._origin, headers, client[0] if client else "")  # type: ignore[arg-type]
        key = headers.get("idempotency-key") if operation.replayed else None
        if key is not None and caller is not None:
            return operation.status, await self._once(operation, call, arguments, key), []
        return operation.status, *_encoded(await self._run(operation, call, arguments))

    async def _run(self, operation: Operation, call: Call, arguments: list[Any]) -> Any:
        if operation.hashes:
            context = copy_context()  # the request id, for the log and the audit
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._passwords, lambda: context.run(operation.run, call, *arguments))
        run = self._database.search if operation.reads else self._database.change
        return await run(operation.run, call, *arguments)

    async def _once(self, operation: Operation, call: Call, arguments: list[Any], key: str) -> bytes:
        return await self._database.change(
            self._replays.once,
            caller=call.caller,
            operation_id=operation.id,
            key=key,
            status=operation.status,
            body=arguments[0] if arguments else None,
            act=lambda: _encoded(operation.run(call, *arguments))[0],
        )


@cache
def addresses() -> Mapping[str, Operation]:
    """Every operation by each of its two paths."""
    return {path: each for each in load().values() for path in each.paths}


def _needed(path: str) -> tuple[str, tuple[str, ...]]:
    """Id and scopes of the published operation of this address, which is not served. Raises UnknownRoute."""
    address = path.removeprefix("/v1/")
    operation_id = address.removeprefix("op/") if address.startswith("op/") else address.replace("/", ".")
    if operation_id in published() and path in {f"/v1/op/{operation_id}", "/v1/" + operation_id.replace(".", "/")}:
        scope = published()[operation_id]
        return operation_id, () if scope is None else (scope,)
    raise UnknownRoute("There is no such operation.")


def _arguments(operation: Operation, raw: bytes) -> list[Any]:
    if operation.body is None:
        return []
    # Validation comes with the first call, so that the server starts without it.
    from coreshed.operations import bodies

    return [bodies.read(operation.body, raw)]


def _require_scope(operation_id: str, scopes: Sequence[str], caller: Principal) -> None:
    """One of them will do; the first is the one that a refusal names."""
    if scopes and not any(caller.permits(each) for each in scopes):
        raise InsufficientScope(f"missing scope '{scopes[0]}' for '{operation_id}'")


def _encoded(found: Any) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    if isinstance(found, Listed):
        return msgspec.json.encode(found.items), [(b"x-total-count", str(found.total).encode())]
    return msgspec.json.encode(found), []


async def _refuse(send: Send, problem: Problem) -> None:
    status, members = answer(Api.OPERATIONS, None, problem)
    more: list[tuple[bytes, bytes]] = []
    kind = _PROBLEM
    if status == 401:
        more = [(b"www-authenticate", b"Bearer")]
    elif status == 429:
        more = [(b"retry-after", str(members["retry_after"]).encode())]
    elif status == 405:
        more = [(b"allow", b"POST")]
    elif status == 422:
        # The published Python client reads `detail` as a list here and fails on text.
        kind = _JSON
        loc = members.pop("loc", ["body"])
        errors = getattr(problem, "errors", None)
        members["detail"] = errors or [{"loc": loc, "msg": problem.detail, "type": "value_error"}]
    await _send(send, status, kind, msgspec.json.encode(members), more)


async def _send(send: Send, status: int, kind: bytes, body: bytes, more: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
