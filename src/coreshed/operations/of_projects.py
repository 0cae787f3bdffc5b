"""projects.*: a project is a workspace; an admin of the one is an owner of the other."""

from typing import Annotated, Literal

import msgspec
from pydantic import Field

from coreshed.catalogue import ProjectChange
from coreshed.catalogue.wire import ProjectResponse
from coreshed.operations.bodies import Description, Input, Text
from coreshed.operations.registry import Call, Listed, operation
from coreshed.problems import Invalid
from coreshed.workspaces import AssignRole, Role

Name = Annotated[Text, Field(min_length=1, max_length=255)]
GcsRegion = Literal["australia-southeast1", "asia-southeast1", "us-west1", "europe-west1"]
_ROLES = {"admin": Role.OWNER, "editor": Role.EDITOR, "viewer": Role.VIEWER}


class ProjectCreate(Input):
    """A new project. `organization_id` says which of the caller's organizations it belongs to, if they have several."""

    name: Name
    description: Description | None = None
    gcs_region: GcsRegion = "australia-southeast1"
    organization_id: str | None = None


class ProjectList(Input):
    """Which projects; archived ones are left out unless they are asked for."""

    include_archived: bool = False


class ProjectGetInput(Input):
    """One project."""

    project_id: str


class ProjectUpdateInput(Input):
    """What shall change; what is null stays."""

    project_id: str
    name: Name | None = None
    description: Description | None = None
    is_archived: bool | None = None


class ProjectArchiveInput(ProjectUpdateInput):
    """`is_archived` false takes the project out of the archive again."""


class ProjectDeleteInput(Input):
    """The project to delete."""

    project_id: str


class ProjectDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How much storage is free again, in bytes."""

    project_id: str
    deleted: bool = True
    storage_freed_bytes: int = 0


class AddMemberInput(Input):
    """A member of the organization, and their role in the project: admin, editor or viewer."""

    project_id: str
    user_id: str
    role: str = "editor"


class UpdateMemberInput(Input):
    """A member of the project, and their new role: admin, editor or viewer."""

    project_id: str
    user_id: str
    role: str


class RemoveMemberInput(Input):
    """A member of the project."""

    project_id: str
    user_id: str


class MemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a project."""

    project_id: str
    user_id: str
    role: str


class RemoveMemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The member has no role any more."""

    ok: bool = True


@operation(
    "projects.create",
    scope="projects:write",
    side_effect="compute",
    summary="Create a project in the caller's organization.",
    produces=("project",),
    replayed=True,
)
def create(call: Call, body: ProjectCreate) -> ProjectResponse:
    """The caller becomes its admin. Names need not be unique. `gcs_region` is kept and answered, and means nothing."""
    made = call.rooms.catalogue.projects.create(
        caller=call.caller,
        name=body.name,
        description=body.description,
        region=body.gcs_region,
        organisation_id=body.organization_id,
    )
    return ProjectResponse.of(made)


@operation(
    "projects.list",
    scope="projects:read",
    also=("projects:write",),
    side_effect="read",
    summary="List the projects that the caller has a role in.",
    extension=True,
    raw=True,
)
def list_projects(call: Call, body: ProjectList) -> Listed[ProjectResponse]:
    """Every project of the caller's organizations, the newest first."""
    found = call.rooms.catalogue.projects.page(caller=call.caller, archived=body.include_archived)
    return Listed([ProjectResponse.of(each) for each in found], len(found))


@operation(
    "projects.get",
    scope="projects:read",
    also=("projects:write",),
    side_effect="read",
    summary="Get one project.",
    extension=True,
    refuses=("not-found", "workspace-gone"),
)
def get(call: Call, body: ProjectGetInput) -> ProjectResponse:
    """One project of which the caller is a member."""
    return ProjectResponse.of(call.rooms.catalogue.projects.get(caller=call.caller, project_id=body.project_id))


@operation(
    "projects.update",
    scope="projects:write",
    side_effect="compute",
    summary="Update a project's name, description or archive state (project admin).",
    produces=("project",),
)
def update(call: Call, body: ProjectUpdateInput) -> ProjectResponse:
    """What is null stays as it is; an empty description takes it away."""
    return _changed(call, body, body.is_archived)


@operation(
    "projects.archive",
    scope="projects:write",
    side_effect="compute",
    summary="Archive a project: it is left out of lists, and nothing in it can be changed (project admin).",
    produces=("project",),
)
def archive(call: Call, body: ProjectArchiveInput) -> ProjectResponse:
    """Reading goes on as before. `is_archived: false` undoes it."""
    return _changed(call, body, True if body.is_archived is None else body.is_archived)


@operation(
    "projects.delete",
    scope="projects:write",
    side_effect="destructive",
    summary="Delete a project and everything in it (project admin).",
    produces=("project",),
)
def delete(call: Call, body: ProjectDeleteInput) -> ProjectDeleteOutput:
    """Items and their files go for good. The workspace is deleted as workspaces are: an owner can restore it, empty
    of items.
    """
    freed = call.rooms.catalogue.projects.delete(caller=call.caller, project_id=body.project_id)
    return ProjectDeleteOutput(project_id=body.project_id.lower(), storage_freed_bytes=freed)


@operation(
    "projects.add_member",
    scope="projects:write",
    side_effect="compute",
    summary="Give a member of the organization a role in a project (project admin).",
)
def add_member(call: Call, body: AddMemberInput) -> MemberOutput:
    """Somebody who has a role gets this one in place of it."""
    return _assigned(call, body)


@operation(
    "projects.update_member",
    scope="projects:write",
    side_effect="compute",
    summary="Change a member's role in a project (project admin).",
)
def update_member(call: Call, body: UpdateMemberInput) -> MemberOutput:
    """The last admin stays one."""
    return _assigned(call, body)


@operation(
    "projects.remove_member",
    scope="projects:write",
    side_effect="destructive",
    summary="Take a member's role in a project away (project admin).",
)
def remove_member(call: Call, body: RemoveMemberInput) -> RemoveMemberOutput:
    """The last admin stays."""
    key = call.rooms.catalogue.projects.require_admin(caller=call.caller, project_id=body.project_id)
    call.rooms.workspaces.remove(caller=call.caller, workspace=key, user_id=body.user_id.lower())
    return RemoveMemberOutput()


def _changed(call: Call, body: ProjectUpdateInput, archived: bool | None) -> ProjectResponse:
    change = ProjectChange(name=body.name, description=body.description, is_archived=archived)
    changed = call.rooms.catalogue.projects.update(caller=call.caller, project_id=body.project_id, change=change)
    return ProjectResponse.of(changed)


def _assigned(call: Call, body: AddMemberInput | UpdateMemberInput) -> MemberOutput:
    if body.role not in _ROLES:
        raise Invalid(f"A role is one of {', '.join(_ROLES)}.", loc=["body", "role"])
    key = call.rooms.catalogue.projects.require_admin(caller=call.caller, project_id=body.project_id)
    asked = AssignRole(_ROLES[body.role].wire, user_id=body.user_id)
    user_id, _ = call.rooms.workspaces.assign(caller=call.caller, workspace=key, asked=asked)
    return MemberOutput(project_id=key.workspace_id, user_id=user_id, role=body.role)
