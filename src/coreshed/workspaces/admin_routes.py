"""What administrators of an organisation do over HTTP."""

from litestar import Response, delete, get, post

from coreshed import clock, ids
from coreshed.wire_common import boolean
from coreshed.workspaces import admin_wire, listing, openapi, wire
from coreshed.workspaces.administration import Assignment
from coreshed.workspaces.call import Ask, Call, Here, Id, fields
from coreshed.workspaces.ground import Described
from coreshed.workspaces.roles import Role
from coreshed.workspaces.thumbnail_routes import picture

ADMIN = "/workspace/admin/orgs/{org_id:str}"
ALL = f"{ADMIN}/workspaces"
ONE = f"{ALL}/{{workspace_id:str}}"
USERS = f"{ONE}/users"


def _url(call: Call, organisation_id: str, tail: str = "workspaces") -> str:
    return f"{call.origins.public_url}/workspace/admin/orgs/{organisation_id}/{tail}"


def _answer(found: Described, call: Call) -> wire.Workspace:
    """With links that administrators may follow without a role."""
    link = f"{_url(call, found.workspace.organisation_id)}/{found.workspace.id}"
    return wire.Workspace(**fields(found, link), current_user_role=found.role.wire if found.role else None)


@get(ALL, operation_class=openapi.LIST)
async def list_all_workspaces(org_id: Id, request: Ask, call: Here) -> wire.WorkspaceList:
    """One page of all workspaces of the organisation."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = listing.read_query(request.query_params, default_limit=listing.DEFAULT_LIMIT)
    found, total = await call.database.search(
        call.workspaces.administration.page, caller=call.caller, organisation_id=organisation_id, asked=asked
    )
    here = _url(call, organisation_id)
    links = listing.page_links(here, request.query_params, asked, count=len(found), total=total)
    return wire.WorkspaceList(links, [_answer(each, call) for each in found])


@get(f"{ADMIN}/users/{{user_id:str}}/workspaces", operation_class=openapi.LIST)
async def list_workspaces_of_user(org_id: Id, user_id: Id, request: Ask, call: Here) -> admin_wire.UserWorkspaceList:
    """One page of the workspaces in which a member has a role."""
    organisation_id, member_id = ids.read_id(org_id, "org_id"), ids.read_id(user_id, "user_id")
    asked = listing.read_query(request.query_params, default_limit=listing.DEFAULT_LIMIT)
    found, total = await call.database.search(
        call.workspaces.administration.page_of_user,
        caller=call.caller,
        organisation_id=organisation_id,
        user_id=member_id,
        asked=asked,
    )
    here = _url(call, organisation_id, f"users/{member_id}/workspaces")
    links = listing.page_links(here, request.query_params, asked, count=len(found), total=total)
    results = [
        admin_wire.UserWorkspace(
            **fields(each, f"{_url(call, organisation_id)}/{each.workspace.id}"),
            user_role=each.role.wire if each.role else "",
        )
        for each in found
    ]
    return admin_wire.UserWorkspaceList(links, results)


@get(ONE, operation_class=openapi.GET)
async def get_any_workspace(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Workspace:
    """Any live workspace of the organisation, or with `deleted=true` a deleted one."""
    key = ids.workspace_key(org_id, workspace_id)
    deleted = boolean(request.query_params.get("deleted") or None, "deleted") or False
    found = await call.database.run(
        call.workspaces.administration.get, caller=call.caller, workspace=key, deleted=deleted
    )
    return _answer(found, call)


@get(f"{ONE}/thumbnail", media_type="image/png", opt={"skip_compression": True})
async def get_any_thumbnail(org_id: Id, workspace_id: Id, call: Here) -> Response[bytes]:
    """The picture of any workspace of the organisation."""
    key = ids.workspace_key(org_id, workspace_id)
    return picture(
        await call.database.search(call.workspaces.administration.thumbnail, caller=call.caller, workspace=key)
    )


@get(USERS, operation_class=openapi.MEMBERS)
async def list_members_of_any(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.MemberList:
    """Who has a role in any workspace of the organisation."""
    key = ids.workspace_key(org_id, workspace_id)
    user_id = listing.read_user_filter(request.query_params)
    found = await call.database.search(
        call.workspaces.administration.members, caller=call.caller, workspace=key, user_id=user_id
    )
    return wire.MemberList([wire.Member(user.id, role.wire, user.name, user.email) for user, role in found])


@post(USERS, operation_class=openapi.ASSIGN)
async def assign_role_in_any(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.UserRole:
    """Give a member a role in any workspace of the organisation."""
    key = ids.workspace_key(org_id, workspace_id)
    asked = wire.read(await request.body(), wire.AssignRole)
    role, user_id = Role.read(asked.role), wire.named_user(asked)
    given = await call.database.change(
        call.workspaces.administration.assign,
        caller=call.caller,
        workspace=key,
        user_id=user_id,
        email=asked.email,
        role=role,
    )
    return wire.UserRole(given, role.wire)


@delete(USERS + "/{user_id:str}")
async def remove_member_of_any(org_id: Id, workspace_id: Id, user_id: Id, call: Here) -> None:
    """Take a user's role in any workspace of the organisation away."""
    key = ids.workspace_key(org_id, workspace_id)
    member_id = ids.read_id(user_id, "user_id")
    await call.database.change(
        call.workspaces.administration.remove, caller=call.caller, workspace=key, user_id=member_id
    )


@post(f"{ADMIN}/action/bulk_assign_roles", status_code=200, operation_class=openapi.ASSIGN_MANY)
async def assign_roles(org_id: Id, request: Ask, call: Here) -> admin_wire.AssignRoles:
    """Give up to 100 roles at once: all of them or none."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = wire.read(await request.body(), admin_wire.AssignRoles)
    wanted = [
        Assignment(
            ids.read_id(each.workspace_id, "workspace_id"), ids.read_id(each.user_id, "user_id"), Role.read(each.role)
        )
        for each in asked.role_assignments
    ]
    await call.database.change(
        call.workspaces.administration.assign_many, caller=call.caller, organisation_id=organisation_id, wanted=wanted
    )
    return asked


@post(f"{ADMIN}/action/update_ml_enablement", status_code=200, operation_class=openapi.ENABLE_ML)
async def enable_ml(org_id: Id, request: Ask, call: Here) -> admin_wire.EnableMl:
    """Say of up to 100 workspaces whether machine learning may use them: all of them or none."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = wire.read(await request.body(), admin_wire.EnableMl)
    wanted = [(ids.read_id(each.workspace_id, "workspace_id"), each.ml_enabled) for each in asked.ml_enablements]
    await call.database.change(
        call.workspaces.administration.enable_ml, caller=call.caller, organisation_id=organisation_id, wanted=wanted
    )
    return asked


@get(f"{ADMIN}/settings")
async def get_settings(org_id: Id, call: Here) -> admin_wire.OrganisationSettings:
    """What holds for the whole organisation: machine learning is a matter of each workspace."""
    organisation_id = ids.read_id(org_id, "org_id")
    created_ns = await call.database.run(
        call.workspaces.administration.created_ns, caller=call.caller, organisation_id=organisation_id
    )
    return admin_wire.OrganisationSettings(
        organisation_id, admin_wire.SettingsOfOrganisation(), clock.iso_microseconds(created_ns)
    )


@get(f"{ADMIN}/audit", operation_class=openapi.AUDIT)
async def list_audit(org_id: Id, request: Ask, call: Here) -> admin_wire.AuditPage:
    """Who has changed what in the organisation, the newest first."""
    organisation_id = ids.read_id(org_id, "org_id")
    wanted = listing.read_audit_query(request.query_params)
    found, more = await call.database.search(
        call.workspaces.administration.audit, caller=call.caller, organisation_id=organisation_id, wanted=wanted
    )
    events = [admin_wire.audit_event(event, actor) for event, actor in found]
    here = _url(call, organisation_id, "audit")
    older = listing.audit_link(here, request.query_params, before=events[-1].no) if more else None
    return admin_wire.AuditPage(admin_wire.OlderEvents(older), events)


HANDLERS = [
    list_all_workspaces,
    list_workspaces_of_user,
    get_any_workspace,
    get_any_thumbnail,
    list_members_of_any,
    assign_role_in_any,
    remove_member_of_any,
    assign_roles,
    enable_ml,
    get_settings,
    list_audit,
]
