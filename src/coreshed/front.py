"""What a process serves: which application answers below which path."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from coreshed import health, web
from coreshed.blobs import BlobPlane, StoragePlane
from coreshed.blockmodels.service import BlockModels
from coreshed.clock import Clock
from coreshed.colormaps import Colormaps
from coreshed.database import Database
from coreshed.edge import AsgiApp, Edge, Mount, Receive, Scope, Send
from coreshed.files import Files
from coreshed.folders import Folders
from coreshed.identity.issuer import Issuer
from coreshed.metrics import CONTENT_TYPE, Metrics
from coreshed.objects import Objects
from coreshed.operations import OperationsPlane, Rooms
from coreshed.origins import Origins
from coreshed.problems import Api, MethodNotAllowed, StoreFailure, UnknownRoute
from coreshed.settings import Settings
from coreshed.stac import Stac, StacPlane

__all__ = ["AsgiApp", "Front"]


class Front:
    """`whole` for one process that serves everything, `part` for one of several."""

    def __init__(
        self,
        *,
        settings: Settings,
        origins: Origins,
        database: Database,
        rooms: Rooms,
        issuer: Issuer,
        folders: Folders,
        objects: Objects,
        files: Files,
        colormaps: Colormaps,
        block_models: BlockModels,
        blobs: BlobPlane,
        storage: StoragePlane,
        metrics: Metrics,
        clock: Clock,
        stac: Stac,
    ) -> None:
        self._clock = clock
        self._settings, self._origins, self._metrics = settings, origins, metrics
        self._database, self._rooms, self._identity = database, rooms, rooms.identity
        self.apis = web.litestar(
            settings=settings,
            origins=origins,
            database=database,
            workspaces=rooms.workspaces,
            folders=folders,
            objects=objects,
            files=files,
            colormaps=colormaps,
            block_models=block_models,
            issuer=issuer,
        )
        self._stac = StacPlane(stac=stac, database=database, identity=rooms.identity)
        self._mounts = self._all_mounts(blobs, storage)
        self.whole: AsgiApp = self._edge(self._mounts)

    def part(self, only: str) -> AsgiApp:
        """What one process of a split installation serves, `api` or `blobs`; everything where `only` is empty."""
        if not only:
            return self.whole
        return self._edge([mount for mount in self._mounts if _serves(only, mount.prefix)])

    def _edge(self, mounts: Sequence[Mount]) -> Edge:
        enforced = self._settings.enforce_evo_scopes
        return Edge(mounts, identity=self._identity, metrics=self._metrics, enforce_scopes=enforced)

    def _all_mounts(self, blobs: BlobPlane, storage: StoragePlane) -> list[Mount]:
        apis: Any = self.apis  # the framework spells the ASGI types in its own way
        openapi = _document(lambda: web.openapi_document(self.apis))
        return [
            Mount("/blob", blobs, Api.SERVER, open=True),
            Mount("/storage", storage, Api.SERVER, open=True),
            Mount("/v1", self._operations(), Api.OPERATIONS, open=True, shared=True),
            Mount("/stac", self._stac, Api.STAC, open=True, shared=True),
            Mount("/geoscience-object", apis, Api.OBJECTS),
            Mount("/file", apis, Api.FILES),
            Mount("/workspace", apis, Api.WORKSPACES),
            Mount("/colormap", apis, Api.COLORMAPS),
            Mount("/blockmodel", apis, Api.BLOCKMODELS),
            Mount("/folder", apis, Api.FOLDERS),
            Mount("/workspace/evo/identity", apis, Api.DISCOVERY),
            Mount("/evo/identity", apis, Api.DISCOVERY),
            *(Mount(path, apis, web.api_of(path), open=True) for path in health.PATHS),
            *(Mount(path, apis, Api.SIGN_IN, open=True) for path in web.SIGN_IN_PREFIXES),
            Mount("/openapi.json", openapi, Api.SERVER, open=True, shared=True),
            Mount("/metrics", self._shown_metrics, Api.SERVER, open=True),
        ]

    def _operations(self) -> OperationsPlane:
        return OperationsPlane(
            rooms=self._rooms,
            database=self._database,
            identity=self._identity,
            clock=self._clock,
            origin=self._origins.public_url,
            rate_limit=self._settings.operations_rate_limit,
        )

    async def _shown_metrics(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed
        client = scope.get("client")
        if client is None or client[0] not in {"127.0.0.1", "::1"}:
            raise UnknownRoute
        with suppress(StoreFailure):  # what this process counts is of use without its database, too
            self._metrics.counted_jobs(*await self._database.search(self._rooms.jobs.census))
        await _send(send, 200, CONTENT_TYPE, self._metrics.text())


def _serves(only: str, prefix: str) -> bool:
    return (
        prefix != "/blob" if only == "api" else prefix in {"/blob", "/storage", "/health_check", "/healthz", "/metrics"}
    )


def _document(make: Callable[[], bytes]) -> AsgiApp:
    """A document that is made when it is first asked for: few installations ever are."""
    body = cache(make)

    async def serve(_scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(send, 200, "application/json", await asyncio.to_thread(body))

    return serve


async def _send(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers: list[Any] = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
