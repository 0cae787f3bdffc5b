"""The answer of every service's `/<service>/health_check`: a plain word, or JSON where `full` asks for it.

That of `/healthz` is always JSON, with `ok` for `pass`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from sqlalchemy import text

from coreshed import __version__
from coreshed.database import Database
from coreshed.openapi import HEALTH
from coreshed.problems import StoreFailure
from coreshed.routing import Router
from coreshed.wire_common import boolean

# The name that orchestrators and clients of uploads look for, with an answer of its own.
HEALTHZ = "/healthz"
# The server's own, and one for each API; that of colormaps is `visualization`.
_EVO_PATHS = (
    "/health_check",
    "/blockmodel/health_check",
    "/file/health_check",
    "/folder/health_check",
    "/geoscience-object/health_check",
    "/workspace/health_check",
    "/visualization/health_check",
)
PATHS = (*_EVO_PATHS, HEALTHZ)


@get(list(_EVO_PATHS), operation_class=HEALTH)
async def health_check(
    request: Request[Any, Any, Any], database: NamedDependency[SkipValidation[Database]]
) -> Response[bytes]:
    """How the service is; needs no credential."""
    query = dict(request.query_params)
    status, content_type, body = health_answer(
        query, version=__version__, dependencies=await _dependencies(query, database)
    )
    return Response(body, status_code=status, media_type=content_type)


@get(HEALTHZ, operation_class=HEALTH)
async def healthz(
    request: Request[Any, Any, Any], database: NamedDependency[SkipValidation[Database]]
) -> Response[bytes]:
    """`{"status":"ok"}` once the server serves; needs no credential."""
    query = {**request.query_params, "full": "true"}
    status, content_type, body = health_answer(
        query, version=__version__, dependencies=await _dependencies(query, database)
    )
    found = msgspec.json.decode(body)
    if found["status"] == "pass":
        found["status"] = "ok"
    if not boolean(request.query_params.get("full"), "full"):
        found = {"status": found["status"]}
    return Response(msgspec.json.encode(found), status_code=status, media_type=content_type)


async def _dependencies(query: Mapping[str, str], database: Database) -> dict[str, bool]:
    return {"database": await _answers(database)} if asks_for_dependencies(query) else {}


async def _answers(database: Database) -> bool:
    try:
        return await database.run(database_answers, database)
    except StoreFailure:  # already the loop's own connection could not be made
        return False


def router(database: Database) -> Router:
    """The health checks over a database."""

    async def here() -> Database:
        return database

    return Router("/", route_handlers=[health_check, healthz], dependencies={"database": Provide(here)})


def asks_for_dependencies(query: Mapping[str, str]) -> bool:
    """True where the answer needs to know how the dependencies are; otherwise nothing has to be tried."""
    return bool(boolean(query.get("check_dependencies"), "check_dependencies") or _strict(query))


def database_answers(database: Database) -> bool:
    """Whether a statement gets through. Blocks: call it through `database.run`."""
    try:
        with database.reading() as rows:
            rows.execute(text("select 1"))
    except StoreFailure:
        return False
    return True


def health_answer(query: Mapping[str, str], *, version: str, dependencies: dict[str, bool]) -> tuple[int, str, bytes]:
    """HTTP status, content type and body.

    dependencies: what was tried, and whether it answered; empty where `asks_for_dependencies` is False. All down is
    `fail`, some down is `degraded`; 503 for the former and, with `strict`, for the latter. Raises Invalid for a flag
    that is not a boolean.
    """
    up = list(dependencies.values())
    status = "pass" if all(up) else "degraded" if any(up) else "fail"
    code = 503 if status == "fail" or (status == "degraded" and _strict(query)) else 200
    if not boolean(query.get("full"), "full"):
        return code, "text/plain", status.encode()
    body: dict[str, object] = {"status": status, "version": version}
    if dependencies:
        body["dependencies"] = {name: "pass" if answers else "fail" for name, answers in dependencies.items()}
    return code, "application/json", msgspec.json.encode(body)


def _strict(query: Mapping[str, str]) -> bool:
    return bool(boolean(query.get("strict"), "strict"))
