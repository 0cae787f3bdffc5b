"""projects.*: a project is a workspace."""

import msgspec

from coreshed.clock import iso_microseconds
from coreshed.operations.bodies import Input
from coreshed.operations.registry import Call, Listed, operation
from coreshed.workspaces import Described, ListQuery

_ALL = ListQuery(
    limit=None,
    offset=0,
    order=(("created_at", True),),
    deleted=False,
    name_key=None,
    created_by=None,
    user_id=None,
    created_at=(),
    updated_at=(),
)


class ProjectList(Input):
    """Nothing is asked for but what the caller may see."""


class ProjectResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A project. Times are RFC 3339 in UTC."""

    id: str
    organization_id: str
    name: str
    description: str | None
    is_archived: bool
    created_at: str
    updated_at: str


@operation(
    "projects.list",
    scope="projects:read",
    side_effect="read",
    summary="List the projects that the caller has a role in.",
    extension=True,
    raw=True,
)
def list_projects(call: Call, body: ProjectList) -> Listed[ProjectResponse]:  # noqa: ARG001  (no field yet)
    """Every project of the caller's organisations, the newest first."""
    found: list[Described] = []
    for organisation_id in sorted(call.caller.organisation_roles):
        page, _ = call.rooms.workspaces.page(caller=call.caller, organisation_id=organisation_id, asked=_ALL)
        found += page
    return Listed([_project(each) for each in found], len(found))


def _project(described: Described) -> ProjectResponse:
    workspace = described.workspace
    return ProjectResponse(
        id=workspace.id,
        organization_id=workspace.organisation_id,
        name=workspace.name,
        description=workspace.description or None,
        is_archived=workspace.deleted_ns is not None,
        created_at=iso_microseconds(workspace.created_ns),
        updated_at=iso_microseconds(workspace.updated_ns),
    )
