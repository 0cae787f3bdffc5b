"""The routes of the Geoscience Object API."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, SkipValidation
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER, HTTP_304_NOT_MODIFIED

from coreshed import ids, paths
from coreshed.database import Database
from coreshed.identity import Principal
from coreshed.objects import filters, openapi, wire
from coreshed.objects.service import Objects, Upload
from coreshed.origins import Origins
from coreshed.problems import Invalid
from coreshed.routing import Router
from coreshed.wire_common import boolean

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with: who calls, the services, the database in whose threads they run, the origins.

    One dependency and not four: the framework resolves several in a task each, which costs more than the handler.
    """

    caller: Principal
    objects: Objects
    database: Database
    origins: Origins


Here: TypeAlias = NamedDependency[SkipValidation[Call]]
T = TypeVar("T")
_MARKER = b"/objects/path/"
_SHORT_QUERY = 512  # bytes
_GOT = ResponseSpec(wire.GotObject, generate_examples=False)
_POSTED = ResponseSpec(wire.PostedObject, generate_examples=False)


def _last(pairs: Sequence[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in reversed(pairs) if key == name), None)


@dataclass(frozen=True, slots=True)
class _ListQuery:
    """The query of a list. kept: what links to other pages repeat, encoded; permitted_only: of organisations."""

    asked: filters.ListRequest
    kept: str
    permitted_only: bool


def _list_query(request: Ask, *, organisation: bool) -> _ListQuery:
    text = request.scope["query_string"]
    return (_known_list_query if len(text) <= _SHORT_QUERY else _new_list_query)(text, organisation)


def _new_list_query(text: bytes, organisation: bool) -> _ListQuery:
    pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True)
    asked = filters.ListRequest(
        limit=filters.integer(_last(pairs, "limit"), "limit", default=5000, least=1, most=5000),
        offset=filters.integer(_last(pairs, "offset"), "offset", default=0, least=0, most=2**63 - 1),
        deleted=boolean(_last(pairs, "deleted"), "deleted") or False,
        groups=filters.parse_groups(pairs, organisation=organisation),
        orders=filters.parse_orders([value for key, value in pairs if key == "order_by"], organisation=organisation),
    )
    kept = urlencode([(key, value) for key, value in pairs if key not in {"limit", "offset"}])
    only = organisation and boolean(_last(pairs, "permitted_workspaces_only"), "permitted_workspaces_only")
    return _ListQuery(asked, kept, only or False)


# Who lists, lists again: reading the query anew costs a twentieth of the answer.
_known_list_query = lru_cache(maxsize=256)(_new_list_query)


def _page_links(request: Ask, origins: Origins, query: _ListQuery) -> wire.PageLinksOf:
    """Links to the neighbouring pages: the same query with another offset."""
    asked, kept = query.asked, query.kept
    start = f"{origins.public_url}{request.scope['path']}?{kept and kept + '&'}limit={asked.limit}&offset="

    def at(offset: int) -> str:
        return f"{start}{offset}"

    def links(total: int) -> wire.PageLinks:
        following = asked.offset + asked.limit
        return wire.PageLinks(
            next=at(following) if following < total else None,
            prev=at(max(0, asked.offset - asked.limit)) if asked.offset > 0 else None,
        )

    return links


async def _upload(request: Ask) -> Upload:
    return Upload(
        body=await request.body(),
        encoding=request.headers.get("content-encoding"),
        if_match=request.headers.get("if-match"),
    )


def _body(kind: type[T], body: bytes) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(str(error)) from error


def _object(answer: wire.PostedObject | wire.GotObject, status: int) -> Response[Any]:
    headers = {"ETag": f'"{answer.etag}"'}
    if status == HTTP_303_SEE_OTHER:
        headers["Location"] = answer.links.download
    return Response(answer, status_code=status, headers=headers, media_type=MediaType.JSON)


@put(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/data",
    status_code=200,
    opt={"group": "data"},
    operation_class=openapi.OFFER_DATA,
)
async def offer_data(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> list[wire.DataUpload]:
    """Upload links for data that is not stored yet."""
    workspace = ids.workspace_key(org_id, workspace_id)
    names = [item.name for item in _body(list[wire.DataName], await request.body())]
    return await call.database.change(
        call.objects.publishing.offer_data, caller=call.caller, workspace=workspace, names=names
    )


@post(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/path/{object_path:path}",
    status_code=201,
    operation_class=openapi.POST,
)
async def post_at_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> Response[wire.PostedObject]:
    """Create an object at a path, or add a version to the object that the body names, moving it there."""
    workspace = ids.workspace_key(org_id, workspace_id)
    tail = paths.raw_tail(request.scope["raw_path"], _MARKER)
    posted = await call.database.change(
        call.objects.publishing.post_at_path,
        caller=call.caller,
        workspace=workspace,
        tail=tail,
        upload=await _upload(request),
    )
    return _object(posted, 201)


@post(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/{object_id:str}",
    status_code=201,
    operation_class=openapi.POST_BY_ID,
    responses={201: _POSTED, 303: _POSTED},
)
async def post_by_id(org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here) -> Response[Any]:
    """A new version of an object; with `deleted=false` and no body, undo its deletion."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    deleted = boolean(request.query_params.get("deleted"), "deleted")
    upload = await _upload(request)
    empty = upload.body.strip() in {b"", b"null"}
    if deleted is None and not empty:
        posted = await call.database.change(
            call.objects.publishing.post_by_id,
            caller=call.caller,
            workspace=workspace,
            object_id=identifier,
            upload=upload,
        )
        return _object(posted, 201)
    if deleted is not False or not empty:
        raise Invalid("Send an object to update it, or deleted=false without an object body to restore it.")
    restored = await call.database.change(
        call.objects.lifecycle.restore, caller=call.caller, workspace=workspace, object_id=identifier
    )
    return (
        Response(None, status_code=HTTP_204_NO_CONTENT) if restored is None else _object(restored, HTTP_303_SEE_OTHER)
    )


@get(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/{object_id:str}",
    operation_class=openapi.GET_BY_ID,
    responses={200: _GOT},
)
async def get_by_id(org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here) -> Response[Any]:
    """An object by its id, at its newest or a named version; with `deleted=true` only a deleted one."""
    query = request.query_params
    got = await call.database.search(
        call.objects.reading.get_by_id,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        object_id=ids.read_id(object_id, "object_id"),
        version=query.get("version"),
        include_versions=boolean(query.get("include_versions"), "include_versions") or False,
        deleted=boolean(query.get("deleted"), "deleted") or False,
        if_none_match=request.headers.get("if-none-match"),
    )
    return Response(None, status_code=HTTP_304_NOT_MODIFIED) if got is None else _object(got, 200)


@get(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/path/{object_path:path}",
    operation_class=openapi.GET_BY_PATH,
    responses={200: _GOT},
)
async def get_by_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> Response[Any]:
    """The live object at a path."""
    query = request.query_params
    got = await call.database.search(
        call.objects.reading.get_by_path,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        tail=paths.raw_tail(request.scope["raw_path"], _MARKER),
        version=query.get("version"),
        include_versions=boolean(query.get("include_versions"), "include_versions") or False,
        if_none_match=request.headers.get("if-none-match"),
    )
    return Response(None, status_code=HTTP_304_NOT_MODIFIED) if got is None else _object(got, 200)


@delete("/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/{object_id:str}")
async def delete_by_id(org_id: Id, workspace_id: Id, object_id: Id, call: Here) -> None:
    """Soft-delete an object."""
    await call.database.change(
        call.objects.lifecycle.delete_by_id,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        object_id=ids.read_id(object_id, "object_id"),
    )


@delete("/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/path/{object_path:path}")
async def delete_by_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> None:
    """Soft-delete the live object at a path."""
    await call.database.change(
        call.objects.lifecycle.delete_by_path,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        tail=paths.raw_tail(request.scope["raw_path"], _MARKER),
    )


@get("/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects", opt={"group": "list"}, operation_class=openapi.LIST)
async def list_workspace(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.ObjectList:
    """Objects of a workspace at their newest version, filtered and in order."""
    workspace = ids.workspace_key(org_id, workspace_id)
    query = _list_query(request, organisation=False)
    lane = call.database.run if query.asked.short else call.database.search
    return await lane(
        call.objects.listing.workspace,
        caller=call.caller,
        workspace=workspace,
        request=query.asked,
        links=_page_links(request, call.origins, query),
    )


@get("/orgs/{org_id:str}/objects", opt={"group": "list"}, operation_class=openapi.LIST_ORGANISATION)
async def list_organisation(org_id: Id, request: Ask, call: Here) -> wire.OrgObjectList:
    """Objects of every workspace of an organisation that the caller may see."""
    organisation_id = ids.read_id(org_id, "org_id")
    query = _list_query(request, organisation=True)
    return await call.database.search(
        call.objects.listing.organisation,
        caller=call.caller,
        organisation_id=organisation_id,
        permitted_only=query.permitted_only,
        request=query.asked,
        links=_page_links(request, call.origins, query),
    )


@patch(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects",
    status_code=200,
    opt={"group": "list"},
    operation_class=openapi.LATEST_VERSIONS,
)
async def latest_versions(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> list[wire.LatestVersion]:
    """Newest version id of each object asked for, in the order asked."""
    workspace = ids.workspace_key(org_id, workspace_id)
    wanted = _body(list[str], await request.body())
    return await call.database.search(
        call.objects.reading.latest_versions, caller=call.caller, workspace=workspace, object_ids=wanted
    )


@post(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/{object_id:str}/versions",
    status_code=200,
    operation_class=openapi.NAMED_VERSIONS,
)
async def named_versions(org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here) -> wire.Versions:
    """The named versions of an object."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    wanted = _body(wire.VersionNames, await request.body()).version_ids
    return await call.database.search(
        call.objects.reading.named_versions,
        caller=call.caller,
        workspace=workspace,
        object_id=identifier,
        version_ids=wanted,
    )


@patch(
    "/orgs/{org_id:str}/workspaces/{workspace_id:str}/objects/{object_id:str}/metadata",
    status_code=204,
    opt={"group": "metadata"},
    operation_class=openapi.SET_STAGE,
)
async def set_stage(org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here) -> None:
    """Give a version a stage, or take it away."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    change = _body(wire.StageChange, await request.body())
    await call.database.change(
        call.objects.lifecycle.set_stage,
        caller=call.caller,
        workspace=workspace,
        object_id=identifier,
        version=request.query_params.get("version_id"),
        change=change,
    )


@get("/orgs/{org_id:str}/stages", opt={"group": "metadata"})
async def list_stages(org_id: Id, call: Here) -> wire.Stages:
    """The stages of the organisation."""
    organisation_id = ids.read_id(org_id, "org_id")
    return await call.database.run(call.objects.reading.stages, caller=call.caller, organisation_id=organisation_id)


HANDLERS = [
    offer_data,
    post_at_path,
    post_by_id,
    get_by_id,
    get_by_path,
    delete_by_id,
    delete_by_path,
    list_workspace,
    list_organisation,
    latest_versions,
    named_versions,
    set_stage,
    list_stages,
]


def router(*, objects: Objects, database: Database, origins: Origins) -> Router:
    """Everything under `/geoscience-object`, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        return Call(request.scope["caller"], objects, database, origins)  # type: ignore[typeddict-item]

    return Router("/geoscience-object", route_handlers=HANDLERS, dependencies={"call": Provide(call)})
