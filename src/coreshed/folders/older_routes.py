"""The folders of the first generation, which are part of the Workspace API: the same tree under other names."""

from typing import Any

from litestar import Response, delete, get, patch, post

from coreshed import ids
from coreshed.folders import listing, openapi, wire
from coreshed.folders.call import Ask, Here, Id, place_at, place_of
from coreshed.folders.service import Place
from coreshed.problems import BadRequest
from coreshed.wire_common import boolean
from coreshed.workspaces import read_body

ALL = "/workspace/orgs/{org_id:str}/workspaces/{workspace_id:str}/folders"
ONE = ALL + "/{folder_id:str}"
AT = ALL + "/path/{folders_path:path}"


@post(ALL, operation_class=openapi.OLDER_CREATE)
async def create_older_folder(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.OlderFolder:
    """A new folder in the root or in another one."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = read_body(await request.body(), wire.CreateFolder)
    created = await call.database.change(
        call.folders.create,
        caller=call.caller,
        workspace=key,
        name=asked.name,
        parent=wire.place(asked.parent_folder_id, asked.parent_folder_path) or Place(),
        validate_only=False,
    )
    return wire.older_folder(created)


@post(AT, operation_class=openapi.OLDER_PATH)
async def create_folders_on_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> Response[wire.OlderFolders]:
    """Every folder on a path, as far as it is not there yet."""
    key = ids.workspace_key(org_id, workspace_id)
    place = place_at(request)
    found, created = await call.database.change(
        call.folders.create_path, caller=call.caller, workspace=key, path=place.path or ""
    )
    body = wire.OlderFolders([wire.older_folder(each) for each in found])
    return Response(body, status_code=201 if created else 200)


@get(ONE, operation_class=openapi.OLDER_LIST)
async def get_older_folder(org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here) -> wire.OlderListing:
    """A folder and one page of those below it."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = listing.read_query(request.query_params, older=True)
    found = await call.database.search(
        call.folders.page, caller=call.caller, workspace=key, place=place_of(folder_id), asked=asked
    )
    return wire.older_listing(found, asked)


@get(AT, operation_class=openapi.OLDER_LIST)
async def get_older_folder_at_path(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.OlderListing:
    """The folder at a path and one page of those below it."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = listing.read_query(request.query_params, older=True)
    found = await call.database.search(
        call.folders.page, caller=call.caller, workspace=key, place=place_at(request), asked=asked
    )
    return wire.older_listing(found, asked)


@patch(ONE, operation_class=openapi.OLDER_MOVE)
async def move_older_folder(org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here) -> wire.OlderFolder:
    """Give a folder another parent."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    asked = read_body(await request.body(), wire.MoveFolder)
    parent = wire.place(asked.parent_folder_id, None)
    changed = await call.database.change(
        call.folders.update, caller=call.caller, workspace=key, folder_id=wanted, name=None, parent=parent
    )
    return wire.older_folder(changed)


@post(ONE, status_code=200, operation_class=openapi.OLDER_UPDATE)
async def rename_older_folder(
    org_id: Id, workspace_id: Id, folder_id: Id, request: Ask, call: Here
) -> wire.OlderFolder:
    """Give a folder another name, or with `deleted=false` undo its deletion."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    deleted = boolean(request.query_params.get("deleted") or None, "deleted")
    if deleted:
        raise BadRequest("To delete the folder, send DELETE.")
    if deleted is None:
        asked = read_body(await request.body(), wire.RenameFolder)
        changed = await call.database.change(
            call.folders.update, caller=call.caller, workspace=key, folder_id=wanted, name=asked.name, parent=None
        )
        return wire.older_folder(changed)
    restored = await call.database.change(call.folders.restore, caller=call.caller, workspace=key, folder_id=wanted)
    return wire.older_folder(restored.shown)


@delete(ONE)
async def delete_older_folder(org_id: Id, workspace_id: Id, folder_id: Id, call: Here) -> None:
    """Delete a folder and those below it softly."""
    key = ids.workspace_key(org_id, workspace_id)
    wanted = ids.read_id(folder_id, "folder_id")
    await call.database.change(call.folders.delete, caller=call.caller, workspace=key, folder_id=wanted)


HANDLERS: list[Any] = [
    create_older_folder,
    create_folders_on_path,
    get_older_folder,
    get_older_folder_at_path,
    move_older_folder,
    rename_older_folder,
    delete_older_folder,
]
