"""The routes of the Block Model API."""

from typing import Any

from litestar import MediaType, Response, delete, get, patch, post
from litestar.di import Provide
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from coreshed import ids
from coreshed.blockmodels import analysis_routes, openapi, report_routes, sql_routes
from coreshed.blockmodels.calls import ALL, ONE, ORGANISATION, Ask, Call, Here, Id, model_key
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.listing import list_query, page_of
from coreshed.blockmodels.service import BlockModels
from coreshed.blockmodels.wire import models as wire
from coreshed.blockmodels.wire import read
from coreshed.blockmodels.wire.queries import JobResponse, QueryCriteria, QueryResult
from coreshed.blockmodels.wire.updates import JobUrl, UpdateDataLite, UpdateWithUrl
from coreshed.blockmodels.wire.versions import (
    DeltaRequestData,
    DeltaResponseData,
    ListingVersion,
    Version,
    VersionWithChanges,
)
from coreshed.database import Database
from coreshed.identity import Principal
from coreshed.problems import Invalid, InvalidQuery
from coreshed.routing import Router
from coreshed.wire_common import boolean

_NULL: Any = b"null"
BODY_LIMIT = 4 << 20  # lineage has no bound of its own
JOB = ONE + "/jobs/{job_id:str}"
UPLOADED = JOB + "/uploaded"
BLOCKS = ONE + "/blocks"
VERSIONS = ONE + "/versions"
VERSION = VERSIONS + "/{version_uuid:str}"
DELTA = VERSION + "/delta"


@get(ORGANISATION + "/units")
async def list_units(org_id: Id, call: Here) -> list[wire.Unit]:
    """Every unit that columns can have."""
    organisation_id = ids.read_id(org_id, "org_id")
    return await call.database.run(
        call.block_models.models.units, caller=call.caller, organisation_id=organisation_id, client=call.client
    )


@post(ALL, status_code=201, operation_class=openapi.CREATE)
async def create_model(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.BlockModelAndJobURL:
    """Create a block model."""
    workspace = ids.workspace_key(org_id, workspace_id)
    asked = read(await request.body(), wire.CreateData)
    return await call.database.change(
        call.block_models.models.create, caller=call.caller, workspace=workspace, asked=asked
    )


@get(ALL, operation_class=openapi.LIST)
async def list_models(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Page[wire.BlockModel]:
    """Block models of a workspace."""
    return await call.database.search(
        call.block_models.models.page,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        asked=list_query(request.query_params),
    )


@get(ORGANISATION + "/block-models", operation_class=openapi.LIST)
async def list_models_of_organisation(org_id: Id, request: Ask, call: Here) -> wire.Page[wire.BlockModel]:
    """Block models of every workspace of an organisation that the caller may read."""
    return await call.database.search(
        call.block_models.models.page_of_organisation,
        caller=call.caller,
        organisation_id=ids.read_id(org_id, "org_id"),
        asked=list_query(request.query_params),
    )


@get(ONE, operation_class=openapi.GET)
async def get_model(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> wire.BlockModel:
    """A block model."""
    return await call.database.search(
        call.block_models.models.get,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        deleted=boolean(request.query_params.get("deleted"), "deleted") or False,
    )


@patch(ONE, status_code=200, operation_class=openapi.UPDATE)
async def update_model(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> wire.BlockModel:
    """Other metadata of a block model, without a new version."""
    workspace, model_id = ids.workspace_key(org_id, workspace_id), model_key(bm_id)
    asked = read(await request.body(), wire.UpdateBlockModel)
    return await call.database.change(
        call.block_models.models.update, caller=call.caller, workspace=workspace, model_id=model_id, asked=asked
    )


@delete(ONE)
async def delete_model(org_id: Id, workspace_id: Id, bm_id: Id, call: Here) -> None:
    """Delete a block model, softly."""
    await call.database.change(
        call.block_models.models.delete,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
    )


@post(ONE, status_code=202, operation_class=openapi.RESTORE)
async def restore_model(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> wire.BlockModel:
    """Undo the deletion of a block model."""
    workspace, model_id = ids.workspace_key(org_id, workspace_id), model_key(bm_id)
    if request.query_params.get("deleted", "").strip().lower() not in {"false", "0"}:
        raise InvalidQuery("To restore a block model, send deleted=false.")
    return await call.database.change(
        call.block_models.models.restore, caller=call.caller, workspace=workspace, model_id=model_id
    )


@patch(BLOCKS, status_code=202, operation_class=openapi.UPDATE_BLOCKS)
async def update_blocks(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> UpdateWithUrl:
    """Begin an update of columns and blocks; its job waits until its upload is announced."""
    workspace, model_id = ids.workspace_key(org_id, workspace_id), model_key(bm_id)
    asked = read(await request.body(), UpdateDataLite)
    return await call.database.change(
        call.block_models.updates.begin,
        caller=call.caller,
        workspace=workspace,
        model_id=model_id,
        asked=asked,
        client=call.client,
    )


@post(UPLOADED, status_code=201)
async def announce_upload(org_id: Id, workspace_id: Id, bm_id: Id, job_id: Id, call: Here) -> JobUrl:
    """Let the job of an update run."""
    return await call.database.change(
        call.block_models.updates.uploaded,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        job_id=ids.read_id(job_id, "job_id"),
    )


@post(BLOCKS, status_code=200, operation_class=openapi.QUERY)
async def query_blocks(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> QueryResult:
    """Begin a query of a version; its job writes a file."""
    workspace, model_id = ids.workspace_key(org_id, workspace_id), model_key(bm_id)
    asked = read(await request.body(), QueryCriteria)
    return await call.database.change(
        call.block_models.queries.begin, caller=call.caller, workspace=workspace, model_id=model_id, asked=asked
    )


@get(JOB)
async def get_job(org_id: Id, workspace_id: Id, bm_id: Id, job_id: Id, call: Here) -> JobResponse:
    """How a job is, and with what it ended."""
    return await call.database.search(
        call.block_models.progress.get,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        job_id=ids.read_id(job_id, "job_id"),
    )


@get(VERSIONS, operation_class=openapi.VERSIONS)
async def list_versions(
    org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here
) -> wire.PageWithUnits[ListingVersion]:
    """Versions of a block model, the newest first."""
    wanted = request.query_params.get("filter") or None
    if wanted not in {None, "latest"}:
        raise Invalid(f"filter: {wanted[:40]!r} is not 'latest'.")
    offset, limit = page_of(request.query_params)
    return await call.database.search(
        call.block_models.versions.page,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        latest=wanted is not None,
        offset=offset,
        limit=limit,
        client=call.client,
    )


@get(VERSION, operation_class=openapi.VERSION)
async def get_version(
    org_id: Id, workspace_id: Id, bm_id: Id, version_uuid: Id, request: Ask, call: Here
) -> Version | VersionWithChanges:
    """One version of a block model."""
    return await call.database.search(
        call.block_models.versions.get,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        version_uuid=ids.read_id(version_uuid, "version_uuid"),
        with_changes=boolean(request.query_params.get("include_changes"), "include_changes") or False,
    )


@post(DELTA, status_code=200, operation_class=openapi.DELTA)
async def get_delta(
    org_id: Id, workspace_id: Id, bm_id: Id, version_uuid: Id, request: Ask, call: Here
) -> Response[DeltaResponseData | None]:
    """What later versions of a block model have changed."""
    asked = read(await request.body(), DeltaRequestData)
    found = await call.database.search(
        call.block_models.deltas.between,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        model_id=model_key(bm_id),
        version_uuid=ids.read_id(version_uuid, "version_uuid"),
        asked=asked,
    )
    if found is None:
        return Response(None, status_code=HTTP_304_NOT_MODIFIED)
    # Clients decode a body whatever it is: the four bytes `null` where no details are asked for.
    return Response(found if asked.verbose else _NULL, media_type=MediaType.JSON)


HANDLERS = [
    list_units,
    create_model,
    list_models,
    list_models_of_organisation,
    get_model,
    update_model,
    delete_model,
    restore_model,
    update_blocks,
    announce_upload,
    query_blocks,
    get_job,
    list_versions,
    get_version,
    get_delta,
]


def router(*, block_models: BlockModels, database: Database) -> Router:
    """Everything under `/blockmodel`, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        caller: Principal = request.scope["caller"]  # type: ignore[typeddict-item]
        return Call(caller, block_models, database, Client.of(request.headers.get("evo-sdk-source")))

    return Router(
        "/blockmodel",
        route_handlers=[
            *HANDLERS,
            *report_routes.HANDLERS,
            *analysis_routes.HANDLERS,
            *sql_routes.HANDLERS,
        ],
        dependencies={"call": Provide(call)},
        request_max_body_size=BODY_LIMIT,
    )
