"""The ASGI application below /stac: reads, the query or the body, one service call, one document.

It stands beside the framework because ids of items may hold anything, slashes among it, and a router decodes first.
"""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec

from coreshed import logs
from coreshed.catalogue.features import Json, collection_address, link
from coreshed.database import Database
from coreshed.identity import Identity, Principal, require
from coreshed.problems import (
    Api,
    InternalError,
    MethodNotAllowed,
    Problem,
    UnknownRoute,
    answer,
)
from coreshed.stac import documents, openapi, queries
from coreshed.stac.documents import GEOJSON, JSON
from coreshed.stac.queries import Asked
from coreshed.stac.service import Page, Stac
from coreshed.wire_common import whole_body

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 1 << 20
GRANT = "items:read"
_log = logs.logger("coreshed.stac")


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    kind: str = JSON
    status: int = 200
    location: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """steps: of the path below /stac, decoded."""

    method: str
    steps: tuple[str, ...]
    query: bytes
    headers: dict[str, str]
    receive: Receive


class StacPlane:
    """STAC API 1.0. The landing page and what describes the API are for everybody; the rest takes a credential."""

    def __init__(self, *, stac: Stac, database: Database, identity: Identity) -> None:
        self._stac = stac
        self._database = database
        self._identity = identity

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _Request(
            method="GET" if scope["method"] == "HEAD" else scope["method"],
            steps=_steps(scope),
            query=scope["query_string"],
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            receive=receive,
        )
        try:
            found = await self._answer(request)
        except Problem as problem:
            found, more = _refusal(problem)
        except Exception:  # noqa: BLE001  (a defect is answered in the words of this API)
            _log.exception("stac_failed", path=scope["path"])
            found, more = _refusal(InternalError())
        else:
            more = []
        await _send(send, found, more, without_body=scope["method"] == "HEAD")

    async def _answer(self, request: _Request) -> _Answer:
        described = self._described(request.steps)
        if described is not None:
            _require_get(request)
            return described
        caller = await self._caller(request.headers)
        require(caller, GRANT)
        if request.steps == ("search",):
            return await self._search(request, caller)
        _require_get(request)
        return await self._read(request, caller)

    def _described(self, steps: tuple[str, ...]) -> _Answer | None:
        """What needs no credential."""
        root = self._stac.root
        match steps:
            case ():
                return _Answer(msgspec.json.encode(documents.landing_page(root)))
            case ("conformance",):
                return _Answer(msgspec.json.encode({"conformsTo": documents.CONFORMANCE}))
            case ("api",):
                return _Answer(msgspec.json.encode(openapi.document(root)), documents.OPENAPI)
        return None

    async def _caller(self, headers: dict[str, str]) -> Principal:
        authorization = headers.get("authorization")
        return await self._identity.principal(_of_basic(authorization), headers.get("x-api-key"))

    async def _read(self, request: _Request, caller: Principal) -> _Answer:
        stac, run, root = self._stac, self._database.search, self._stac.root
        match request.steps:
            case ("collections",):
                found = await run(lambda: stac.collections(caller=caller))
                links = [link("self", f"{root}/collections"), link("root", root)]
                return _Answer(msgspec.json.encode({"collections": found, "links": links}))
            case ("collections", collection_id):
                one = await run(lambda: stac.collection(caller=caller, collection_id=collection_id))
                return _Answer(msgspec.json.encode(one))
            case ("collections", collection_id, "items"):
                return await self._items(request, caller, collection_id)
            case ("collections", collection_id, "items", stac_id):
                one = await run(lambda: stac.item(caller=caller, collection_id=collection_id, stac_id=stac_id))
                return _Answer(msgspec.json.encode(one), GEOJSON)
            case ("collections", collection_id, "items", stac_id, "assets", key):
                to = await run(
                    lambda: stac.asset_link(caller=caller, collection_id=collection_id, stac_id=stac_id, key=key)
                )
                return _Answer(b"", status=307, location=to)
        raise UnknownRoute("There is nothing at this address.")

    async def _items(self, request: _Request, caller: Principal, collection_id: str) -> _Answer:
        asked = await _asked(queries.of_query_string, request.query)
        here = f"{collection_address(self._stac.root, collection_id)}/items"
        parent = collection_address(self._stac.root, collection_id)
        beside = [link("parent", parent), link("collection", parent)]
        return await self._database.search(
            lambda: self._features(
                self._stac.search(caller=caller, asked=asked, within=collection_id), asked, here, beside
            )
        )

    async def _search(self, request: _Request, caller: Principal) -> _Answer:
        here = f"{self._stac.root}/search"
        if request.method == "POST":
            declared = request.headers.get("content-length", "")
            raw = await whole_body(request.receive, declared=declared, most=MAX_BODY, what="a search")
            asked = await _asked(queries.of_body, raw)
        elif request.method == "GET":
            asked = await _asked(queries.of_query_string, request.query)
        else:
            raise MethodNotAllowed("Searches are sent with GET or POST.")
        posted = request.method == "POST"
        return await self._database.search(
            lambda: self._features(self._stac.search(caller=caller, asked=asked), asked, here, [], posted=posted)
        )

    def _features(self, page: Page, asked: Asked, here: str, beside: list[Json], *, posted: bool = False) -> _Answer:
        links = [link("self", here if posted else _with(here, asked.said), GEOJSON), link("root", self._stac.root)]
        if page.next_token is not None:
            token = {"token": page.next_token}
            if posted:
                links.append(link("next", here, GEOJSON, method="POST", body=token, merge=True))
            else:
                links.append(link("next", _with(here, {**asked.said, **token}), GEOJSON, method="GET"))
        document: Json = {
            "type": "FeatureCollection",
            "features": page.items,
            "links": [*links, *beside],
            "numberReturned": len(page.items),
        }
        if page.matched is not None:
            document["numberMatched"] = page.matched
        return _Answer(msgspec.json.encode(document), GEOJSON)


def _with(address: str, parameters: Any) -> str:
    return f"{address}?{urlencode(parameters)}" if parameters else address


def _steps(scope: MutableMapping[str, Any]) -> tuple[str, ...]:
    """The path below /stac, cut before it is decoded; a final slash is none."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("ascii", "replace").removeprefix("/stac").removeprefix("/").removesuffix("/")
    return tuple(unquote(step) for step in path.split("/")) if path else ()


def _of_basic(authorization: str | None) -> str | None:
    """The header with a key for a password (or for a name without one) as one with a bearer's: for QGIS and GDAL."""
    if authorization is None or authorization[:6].lower() != "basic ":
        return authorization
    try:
        name, _, password = base64.b64decode(authorization[6:].strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return authorization
    return f"Bearer {password or name}"


def _require_get(request: _Request) -> None:
    if request.method != "GET":
        raise MethodNotAllowed("This address is read with GET.")


async def _asked(read: Callable[[bytes], Asked], raw: bytes) -> Asked:
    """What a search asks. A shape of many corners is read beside the loop."""
    return await asyncio.to_thread(read, raw) if b"intersects" in raw else read(raw)


def _refusal(problem: Problem) -> tuple[_Answer, list[tuple[bytes, bytes]]]:
    """In the words of OGC API: a code for programs and a description for people."""
    status, members = answer(Api.STAC, None, problem)
    body = msgspec.json.encode({"code": members["title"], "description": members["detail"]})
    more = [(b"www-authenticate", b'Bearer, Basic realm="Coreshed"')] if status == 401 else []
    if status == 405:
        more = [(b"allow", b"GET, HEAD, POST" if "POST" in problem.detail else b"GET, HEAD")]
    return _Answer(body, status=status), more


async def _send(send: Send, found: _Answer, more: list[tuple[bytes, bytes]], *, without_body: bool) -> None:
    headers = [(b"content-type", found.kind.encode()), (b"content-length", str(len(found.body)).encode()), *more]
    if found.location:
        headers += [(b"location", found.location.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if without_body else found.body})
