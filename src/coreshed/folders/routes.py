"""The Folder API of the second generation, under `/folder/instances`."""

from typing import Any

from litestar import Response, delete, get, patch, post
from litestar.di import Provide

from coreshed import ids
from coreshed.database import Database
from coreshed.folders import listing, older_routes, openapi, wire
from coreshed.folders.call import Ask, Call, Here, Id, place_at, place_of
from coreshed.folders.service import Folders, Place
from coreshed.origins import Origins
from coreshed.problems import BadRequest, UnknownRoute
from coreshed.routing import Router
from coreshed.wire_common import boolean
from coreshed.workspaces import read_body

BODY_LIMIT = 1 << 20
ALL = "/folder/instances/{org_id:str}/workspaces/{workspace_id:str}/folders"
ONE = ALL + "/{folder_id:str}"
# Evo SDK 0.5.29 sends the name of a parameter in place of its value.
_UNFILLED = "path{folder_path}"


@get(ALL, operation_class=openapi.LIST)
async def list_folders(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.FolderList:
    """A folder and one page of those below it."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = listing.read_query(request.query_params)
    query = request.query_params
    folder_id = query.get("folder_id") or None
    place = Place(None if folder_id is None else ids.read_id(folder_id, "folder_id"), query.get("path") or None)
    found = await call.database.search(call.folders.page, caller=call.caller, workspace=key, place=place, asked=asked)
    return wire.listing(found, asked)


@get(f"{ALL}/summary", operation_class=openapi.SUMMARY)
async def summarise_folders(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.FolderSummary:
    """Ids and paths of the workspace's folders."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = listing.read_query(request.query_params)
    found = await call.database.search(call.folders.page, caller=call.caller, workspace=key, place=Place(), asked=asked)
    return wire.summary(found, asked)


@post(ALL, operation_class=openapi.CREATE)
async def create_folder(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> Response[wire.Folder]:
    """A new folder in the root or in another one."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = read_body(await request.body(), wire.CreateFolder)
    only = bool(asked.validate_only)
    created = await call.database.change(
        call.folders.create,
        caller=call.caller,
        workspace=key,
        name=asked.name,
        parent=wire.place(asked.parent_folder_id, asked.parent_folder_path) or Place(),
        validate_only=only,
    )
    return Response(wire.folder(created), status_code=200 if only else 201)


@get(ONE, operation_class=openapi.GET)
async def get_folder(org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here) -> wire.Folder:
    """A live folder, or with `deleted=true` a deleted one."""
    if folder_id == _UNFILLED:
        raise UnknownRoute
    key = ids.workspace_key(org_id, workspace_id)
    deleted = listing.read_deleted(request.query_params)
    found = await call.database.run(
        call.folders.get, caller=call.caller, workspace=key, place=place_of(folder_id), deleted=deleted
    )
    return wire.folder(found)


@get(ALL + "/path/{folder_path:path}", operation_class=openapi.GET)
async def get_folder_at_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Folder:
    """The live folder at a path, or with `deleted=true` the one that was deleted last."""
    key = ids.workspace_key(org_id, workspace_id)
    deleted = listing.read_deleted(request.query_params)
    found = await call.database.run(
        call.folders.get, caller=call.caller, workspace=key, place=place_at(request), deleted=deleted
    )
    return wire.folder(found)


@patch(ONE, operation_class=openapi.UPDATE)
async def update_folder(org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here) -> wire.Folder:
    """Give a folder another name, another parent, or both."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    asked = read_body(await request.body(), wire.UpdateFolder)
    changed = await call.database.change(
        call.folders.update,
        caller=call.caller,
        workspace=key,
        folder_id=wanted,
        name=asked.name,
        parent=wire.place(asked.parent_folder_id, asked.parent_folder_path),
    )
    return wire.folder(changed)


@post(ONE, operation_class=openapi.RESTORE)
async def restore_folder(
    org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here
) -> Response[wire.Folder]:
    """Undo a deletion: 200, or 303 where the folder came back under another name."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    if boolean(request.query_params.get("deleted") or None, "deleted") is not False:
        raise BadRequest("To restore the folder, send deleted=false in the query.")
    restored = await call.database.change(call.folders.restore, caller=call.caller, workspace=key, folder_id=wanted)
    body = wire.folder(restored.shown)
    if not restored.renamed:
        return Response(body, status_code=200)
    location = f"{call.origins.public_url}{ALL}/{wanted}".replace("{org_id:str}", key.organisation_id)
    return Response(
        body, status_code=303, headers={"Location": location.replace("{workspace_id:str}", key.workspace_id)}
    )


@delete(ONE)
async def delete_folder(org_id: Id, workspace_id: Id, folder_id: Id, call: Here) -> None:
    """Delete a folder and those below it softly."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    await call.database.change(call.folders.delete, caller=call.caller, workspace=key, folder_id=wanted)


HANDLERS: list[Any] = [
    list_folders,
    summarise_folders,
    create_folder,
    get_folder,
    get_folder_at_path,
    update_folder,
    restore_folder,
    delete_folder,
]


def router(*, folders: Folders, database: Database, origins: Origins) -> Router:
    """Both generations, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        return Call(request.scope["caller"], folders, database, origins)  # type: ignore[typeddict-item]

    return Router(
        "/",
        dependencies={"call": Provide(call)},
        route_handlers=[*HANDLERS, *older_routes.HANDLERS],
        request_max_body_size=BODY_LIMIT,
    )
