"""The JSON APIs as one Litestar application, with the framework's own opinions about errors taken away."""

from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler, Method
from litestar.utils.path import normalize_path

from coreshed import __version__, health, logs, openapi
from coreshed.blockmodels import routes as block_model_routes
from coreshed.blockmodels.service import BlockModels
from coreshed.colormaps import Colormaps
from coreshed.colormaps import routes as colormap_routes
from coreshed.database import Database
from coreshed.files import Files
from coreshed.files import routes as file_routes
from coreshed.folders import Folders
from coreshed.folders import routes as folder_routes
from coreshed.identity.issuer import Issuer, page_routes
from coreshed.identity.issuer import routes as issuer_routes
from coreshed.objects import Objects
from coreshed.objects import routes as object_routes
from coreshed.origins import Origins
from coreshed.problems import (
    Api,
    BadRequest,
    InternalError,
    Invalid,
    MethodNotAllowed,
    Problem,
    TooLarge,
    UnknownRoute,
    answer,
)
from coreshed.settings import Settings
from coreshed.workspaces import Workspaces
from coreshed.workspaces import routes as workspace_routes

log = logs.logger(__name__)
# An answer smaller than this grows under gzip.
_WORTH_COMPRESSING = 256
SIGN_IN_PREFIXES = ("/connect", "/.well-known", "/realms/public", "/device")
# The framework has no exception of its own for it.
_CLIENT_GONE = "client disconnected prematurely"
_API_OF: tuple[tuple[tuple[str, ...], Api], ...] = (
    (("/geoscience-object",), Api.OBJECTS),
    (("/blockmodel",), Api.BLOCKMODELS),
    (("/file",), Api.FILES),
    (("/folder",), Api.FOLDERS),
    (("/colormap", "/visualization"), Api.COLORMAPS),
    (("/workspace",), Api.WORKSPACES),
    (SIGN_IN_PREFIXES, Api.SIGN_IN),
)
_METHODS: tuple[Method, ...] = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_BY_STATUS: dict[int, type[Problem]] = {
    404: UnknownRoute,
    405: MethodNotAllowed,
    413: TooLarge,
    422: Invalid,
    400: Invalid,
}


def api_of(path: str) -> Api:
    """The API that a path belongs to."""
    if "/evo/identity/" in path:
        return Api.DISCOVERY
    return next((api for prefixes, api in _API_OF if path.startswith(prefixes)), Api.SERVER)


def _respond(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    handler: Any = request.scope.get("route_handler")
    group = None if handler is None else handler.opt.get("group")
    status, members = answer(api_of(request.scope["path"]), group, problem)
    return Response(members, status_code=status, media_type=MediaType.JSON)


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    if error.detail == _CLIENT_GONE:
        return _respond(request, BadRequest("The connection ended before the body did."))
    if error.status_code >= 500:
        return _on_defect(request, error)
    kind = _BY_STATUS.get(error.status_code, BadRequest)
    known = kind in {UnknownRoute, MethodNotAllowed, TooLarge}
    answered = _respond(request, kind() if known else kind(error.detail))
    if kind is MethodNotAllowed:
        answered.headers["Allow"] = ", ".join(_allowed(request))
    return answered


def _allowed(request: Request[Any, Any, Any]) -> list[str]:
    """The methods that the path has; the router is asked for each, because it names none when it refuses one."""
    path = normalize_path(request.scope["path"])
    found: list[str] = []
    for method in _METHODS:
        try:
            request.app.asgi_router.handle_routing(path=path, method=method)
        except HTTPException:
            continue
        found.append(method)
    return found


def _on_recursion(request: Request[Any, Any, Any], _error: RecursionError) -> Response[dict[str, Any]]:
    return _respond(request, Invalid("The JSON is nested too deeply."))


def _on_defect(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    log.error("request failed", method=request.method, path=request.scope["path"], exc_info=error)
    return _respond(request, InternalError())


def litestar(
    *,
    settings: Settings,
    origins: Origins,
    database: Database,
    workspaces: Workspaces,
    folders: Folders,
    objects: Objects,
    files: Files,
    colormaps: Colormaps,
    block_models: BlockModels,
    issuer: Issuer,
) -> Litestar:
    """The application over the given services."""
    routers: list[ControllerRouterHandler] = [
        object_routes.router(objects=objects, database=database, origins=origins),
        workspace_routes.router(workspaces=workspaces, database=database, origins=origins),
        file_routes.router(files=files, database=database, origins=origins),
        block_model_routes.router(block_models=block_models, database=database),
        colormap_routes.router(colormaps=colormaps, database=database, origins=origins),
        issuer_routes.router(issuer=issuer, database=database),
        page_routes.router(issuer=issuer, database=database),
        folder_routes.router(folders=folders, database=database, origins=origins),
        health.router(database),
    ]
    return Litestar(
        route_handlers=routers,
        exception_handlers={
            Problem: _respond,
            HTTPException: _on_http,
            RecursionError: _on_recursion,
            msgspec.ValidationError: _on_http_validation,
            Exception: _on_defect,
        },
        compression_config=CompressionConfig(backend="gzip", minimum_size=_WORTH_COMPRESSING, gzip_compress_level=4),
        request_max_body_size=settings.document_bytes + 1024,
        openapi_config=OpenAPIConfig(title="Coreshed", version=__version__),
        logging_config=None,
        debug=False,
    )


def _on_http_validation(request: Request[Any, Any, Any], error: msgspec.ValidationError) -> Response[dict[str, Any]]:
    return _respond(request, Invalid(str(error)))


def openapi_document(application: Litestar) -> bytes:
    """The OpenAPI document of every JSON route and of every operation."""
    # It takes pydantic, which the server starts without.
    from coreshed.operations import document

    made = openapi.finished(application.openapi_schema.to_schema(), is_open=health.PATHS.__contains__)
    return msgspec.json.encode(document.extended(made))
