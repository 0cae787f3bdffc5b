"""The routes of the File API, version 2."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, SkipValidation
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER

from coreshed import ids
from coreshed.database import Database
from coreshed.files import listing, openapi, presentation, wire
from coreshed.files.service import Files
from coreshed.identity import Principal
from coreshed.origins import Origins
from coreshed.problems import BadRequest, Invalid
from coreshed.routing import Router
from coreshed.wire_common import boolean

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]
_MAX_VERSION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. One dependency and not four: the framework resolves several in a task each."""

    caller: Principal
    files: Files
    database: Database
    origins: Origins


Here: TypeAlias = NamedDependency[SkipValidation[Call]]
ALL = "/orgs/{org_id:str}/workspaces/{workspace_id:str}/files"
ONE = ALL + "/{file_id:str}"
AT = ALL + "/path/{file_path:path}"
UNFINISHED = "/orgs/{org_id:str}/workspaces/{workspace_id:str}/uploads"
# Database failures of these have a type of their own; reads answer like a bad gateway.
_METADATA = {"group": "metadata"}
_UPLOAD = ResponseSpec(wire.UploadFile, generate_examples=False)
_MOVED = ResponseSpec(wire.DownloadFile, generate_examples=False)


def _version(request: Ask) -> int | None:
    """`version_id` as the SDK sends it, or `version` as the vendor's guide calls it. Raises Invalid."""
    query = request.query_params
    text = query.get("version_id") or query.get("version")
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,19}", text) is None or not 0 < int(text) <= _MAX_VERSION:
        raise Invalid(f"version_id: {text[:40]!r} is not the id of a version.")
    return int(text)


def _flag(request: Ask, name: str) -> bool | None:
    return boolean(request.query_params.get(name) or None, name)


@get(ALL, opt=_METADATA, operation_class=openapi.LIST)
async def list_files(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.ListFiles:
    """Files of a workspace at their newest version, filtered and in order."""
    workspace = ids.workspace_key(org_id, workspace_id)
    pairs = list(request.query_params.multi_items())
    asked = listing.read_query(pairs)
    found, total = await call.database.search(call.files.page, caller=call.caller, workspace=workspace, asked=asked)
    url = presentation.files_root(call.origins.public_url, workspace)
    links = _page_links(url, pairs, asked, total)
    return wire.ListFiles(len(found), total, asked.limit, asked.offset, found, links)


def _page_links(url: str, pairs: Sequence[tuple[str, str]], asked: listing.ListQuery, total: int) -> wire.PageLinks:
    kept = urlencode([pair for pair in pairs if pair[0] not in {"limit", "offset"}])
    start = f"{url}?{kept and kept + '&'}limit={asked.limit}&offset="
    following = asked.offset + asked.limit
    return wire.PageLinks(
        self=f"{start}{asked.offset}",
        next=f"{start}{following}" if following < total else None,
        prev=f"{start}{max(0, asked.offset - asked.limit)}" if asked.offset > 0 else None,
    )


@get(UNFINISHED, opt=_METADATA, operation_class=openapi.UNFINISHED)
async def list_uploads(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Uploads:
    """Uploads that wait for the rest of their blocks, of a path or of the whole workspace: an extension."""
    return await call.database.search(
        call.files.unfinished,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        path=request.query_params.get("path") or None,
    )


@get(ONE, operation_class=openapi.GET_BY_ID)
async def get_file(org_id: Id, workspace_id: Id, file_id: Id, request: Ask, call: Here) -> wire.DownloadFile:
    """A file by its id, at its newest or a named version."""
    return await call.database.search(
        call.files.get_by_id,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        file_id=ids.read_id(file_id, "file_id"),
        version_id=_version(request),
        with_versions=_flag(request, "include_versions") or False,
        deleted=_flag(request, "deleted") or False,
    )


@get(AT, operation_class=openapi.GET_AT_PATH)
async def get_file_at_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.DownloadFile:
    """The live file at a path, at its newest or a named version."""
    return await call.database.search(
        call.files.get_at_path,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        raw_path=request.scope["raw_path"],
        version_id=_version(request),
        with_versions=_flag(request, "include_versions") or False,
    )


@put(AT, status_code=200, opt=_METADATA, operation_class=openapi.UPLOAD_TO_PATH)
async def upload_to_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.UploadFile:
    """A link to upload a new file or version to, or with `version_id` to go on with an upload."""
    return await call.database.change(
        call.files.upload_to_path,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        raw_path=request.scope["raw_path"],
        version_id=_version(request),
    )


@put(ONE, status_code=200, opt=_METADATA, operation_class=openapi.UPLOAD_TO_ID, responses={200: _UPLOAD, 303: _MOVED})
async def update_file(org_id: Id, workspace_id: Id, file_id: Id, request: Ask, call: Here) -> Response[Any]:
    """A link to upload a new version to, or with `deleted=false` the undoing of a deletion."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(file_id, "file_id")
    deleted = _flag(request, "deleted")
    if deleted:
        raise BadRequest("To delete the file, use DELETE; to restore it, send deleted=false.")
    if deleted is None:
        version_id = _version(request)
        link = await call.database.change(
            call.files.upload_to_id,
            caller=call.caller,
            workspace=workspace,
            file_id=identifier,
            version_id=version_id,
        )
        return Response(link, media_type=MediaType.JSON)
    restored = await call.database.change(
        call.files.restore, caller=call.caller, workspace=workspace, file_id=identifier
    )
    if restored is None:
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    headers = {"Location": restored.self}
    return Response(restored, status_code=HTTP_303_SEE_OTHER, headers=headers, media_type=MediaType.JSON)


@delete(ONE, opt=_METADATA)
async def delete_file(org_id: Id, workspace_id: Id, file_id: Id, call: Here) -> None:
    """Delete a file with all its versions, softly."""
    await call.database.change(
        call.files.delete_by_id,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        file_id=ids.read_id(file_id, "file_id"),
    )


@delete(AT, opt=_METADATA)
async def delete_file_at_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> None:
    """Delete the file at a path with all its versions, softly."""
    await call.database.change(
        call.files.delete_at_path,
        caller=call.caller,
        workspace=ids.workspace_key(org_id, workspace_id),
        raw_path=request.scope["raw_path"],
    )


def router(*, files: Files, database: Database, origins: Origins) -> Router:
    """Every route of this room, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        return Call(request.scope["caller"], files, database, origins)  # type: ignore[typeddict-item]

    return Router(
        "/file/v2",
        dependencies={"call": Provide(call)},
        route_handlers=[
            list_files,
            list_uploads,
            get_file,
            get_file_at_path,
            upload_to_path,
            update_file,
            delete_file,
            delete_file_at_path,
        ],
    )
