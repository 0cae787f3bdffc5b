"""Workspaces, members, discovery and health over HTTP."""

from litestar import Response, delete, get, patch, post
from litestar.di import Provide

from coreshed import ids
from coreshed.database import Database
from coreshed.origins import Origins
from coreshed.problems import BadRequest
from coreshed.routing import Router
from coreshed.wire_common import boolean
from coreshed.workspaces import (
    admin_routes,
    coordinate_systems,
    listing,
    openapi,
    people_routes,
    reference_routes,
    thumbnail_routes,
    wire,
)
from coreshed.workspaces.call import ALL, ONE, Ask, Call, Here, Id, answer, url
from coreshed.workspaces.offloop import COORDINATE_SYSTEMS, off_loop
from coreshed.workspaces.service import Workspaces

BODY_LIMIT = 1 << 20  # a workspace is small: its longest field is a WKT coordinate system
USERS = ONE + "/users"
DISCOVERY = (
    "/evo/identity/v1/discovery",
    "/evo/identity/v2/discovery",
    "/workspace/evo/identity/v1/discovery",
    "/workspace/evo/identity/v2/discovery",
)
_RENAMED = "https://seequent.com/error-codes/workspace/renamed"


@get(ALL, operation_class=openapi.LIST)
async def list_workspaces(org_id: Id, request: Ask, call: Here) -> wire.WorkspaceList:
    """One page of the workspaces in which the caller has a role."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = listing.read_query(request.query_params, default_limit=listing.DEFAULT_LIMIT)
    found, total = await call.database.search(
        call.workspaces.page, caller=call.caller, organisation_id=organisation_id, asked=asked
    )
    here = url(call.origins, organisation_id)
    links = listing.page_links(here, request.query_params, asked, count=len(found), total=total)
    return wire.WorkspaceList(links, [answer(each, call.origins) for each in found])


@get(ALL + "/summary", operation_class=openapi.SUMMARY)
async def summarise_workspaces(org_id: Id, request: Ask, call: Here) -> wire.SummaryList:
    """Ids and names; without a limit all of them, because the Evo SDK then takes the total for the page size."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = listing.read_query(request.query_params, default_limit=None)
    found, total = await call.database.search(
        call.workspaces.page, caller=call.caller, organisation_id=organisation_id, asked=asked
    )
    here = url(call.origins, organisation_id) + "/summary"
    links = listing.page_links(here, request.query_params, asked, count=len(found), total=total)
    return wire.SummaryList(links, [wire.WorkspaceSummary(each.workspace.id, each.workspace.name) for each in found])


@post(ALL, operation_class=openapi.CREATE)
async def create_workspace(org_id: Id, request: Ask, call: Here) -> wire.Workspace:
    """A new workspace, owned by the caller."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = wire.read(await request.body(), wire.CreateWorkspace)
    if asked.default_coordinate_system:
        check, text = call.workspaces.reference.check_system_of_new, asked.default_coordinate_system
        await off_loop(COORDINATE_SYSTEMS, check, caller=call.caller, organisation_id=organisation_id, text=text)
    created = await call.database.change(
        call.workspaces.create, caller=call.caller, organisation_id=organisation_id, asked=asked
    )
    return answer(created, call.origins)


@get(ONE, operation_class=openapi.GET)
async def get_workspace(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Workspace:
    """A live workspace, or with `deleted=true` a deleted one."""
    key = ids.workspace_key(org_id, workspace_id)
    deleted = boolean(request.query_params.get("deleted") or None, "deleted") or False
    found = await call.database.run(call.workspaces.get, caller=call.caller, workspace=key, deleted=deleted)
    return answer(found, call.origins)


@patch(ONE, operation_class=openapi.UPDATE)
async def update_workspace(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Workspace:
    """Change the fields that the body has."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = wire.read(await request.body(), wire.UpdateWorkspace)
    text = asked.default_coordinate_system
    if isinstance(text, str) and text:
        present = await call.database.run(call.workspaces.reference.system_to_change, caller=call.caller, workspace=key)
        if text != present:  # who sends back what they have read is not judged
            await off_loop(COORDINATE_SYSTEMS, coordinate_systems.check, text)
    changed = await call.database.change(call.workspaces.update, caller=call.caller, workspace=key, asked=asked)
    return answer(changed, call.origins)


@delete(ONE)
async def delete_workspace(org_id: Id, workspace_id: Id, call: Here) -> None:
    """Delete softly."""
    await call.database.change(
        call.workspaces.delete, caller=call.caller, workspace=ids.workspace_key(org_id, workspace_id)
    )


@post(ONE, operation_class=openapi.RESTORE)
async def restore_workspace(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> Response[wire.Moved | None]:
    """Undo a deletion: 204, or 303 where the workspace came back under another name."""
    key = ids.workspace_key(org_id, workspace_id)
    if boolean(request.query_params.get("deleted") or None, "deleted") is not False:
        raise BadRequest("To restore the workspace, send deleted=false in the query.")
    restored = await call.database.change(call.workspaces.restore, caller=call.caller, workspace=key)
    if not restored.renamed:
        return Response(None, status_code=204)
    detail = f"The name was taken; the workspace is now called {restored.name!r}."
    body = wire.Moved(_RENAMED, "Workspace restored under another name.", 303, detail)
    location = url(call.origins, key.organisation_id, key.workspace_id)
    return Response(body, status_code=303, headers={"Location": location})


@get(ONE + "/current-user-role")
async def current_user_role(org_id: Id, workspace_id: Id, call: Here) -> wire.UserRole:
    """The caller's own role."""
    key = ids.workspace_key(org_id, workspace_id)
    role = await call.database.run(call.workspaces.role, caller=call.caller, workspace=key)
    return wire.UserRole(call.caller.user_id, role.wire)


@get(USERS, operation_class=openapi.MEMBERS)
async def list_members(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.MemberList:
    """Who has a role in the workspace."""
    key = ids.workspace_key(org_id, workspace_id)
    user_id = listing.read_user_filter(request.query_params)
    found = await call.database.search(call.workspaces.members, caller=call.caller, workspace=key, user_id=user_id)
    return wire.MemberList([wire.Member(user.id, role.wire, user.name, user.email) for user, role in found])


@post(USERS, operation_class=openapi.ASSIGN)
async def assign_role(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.UserRole:
    """Give a user a role in place of the one they may have."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = wire.read(await request.body(), wire.AssignRole)
    user_id, role = await call.database.change(call.workspaces.assign, caller=call.caller, workspace=key, asked=asked)
    return wire.UserRole(user_id, role.wire)


@delete(USERS + "/{user_id:str}")
async def remove_member(org_id: Id, workspace_id: Id, user_id: Id, call: Here) -> None:
    """Take a user's role away."""
    key = ids.workspace_key(org_id, workspace_id)
    member_id = ids.read_id(user_id, "user_id")
    await call.database.change(call.workspaces.remove, caller=call.caller, workspace=key, user_id=member_id)


@get(list(DISCOVERY), operation_class=openapi.DISCOVER)
async def discover(request: Ask, call: Here) -> wire.DiscoveryAnswer:
    """The organisations, hubs and services that the caller reaches."""
    services = request.query_params.getall("service", [])
    origin = call.origins.public_url
    return await call.database.run(
        call.workspaces.reference.discover, caller=call.caller, services=services, public_url=origin
    )


def router(*, workspaces: Workspaces, database: Database, origins: Origins) -> Router:
    """Every route of this room, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        return Call(request.scope["caller"], workspaces, database, origins)  # type: ignore[typeddict-item]

    return Router(
        "/",
        dependencies={"call": Provide(call)},
        route_handlers=[
            list_workspaces,
            summarise_workspaces,
            create_workspace,
            get_workspace,
            update_workspace,
            delete_workspace,
            restore_workspace,
            current_user_role,
            list_members,
            assign_role,
            remove_member,
            discover,
            *thumbnail_routes.HANDLERS,
            *people_routes.HANDLERS,
            *admin_routes.HANDLERS,
            *reference_routes.HANDLERS,
        ],
        request_max_body_size=BODY_LIMIT,
    )
