"""Documents and shorthands that several tests of this room share."""

from typing import Any
from uuid import uuid4

import httpx

from coreshed.app import Application
from coreshed.workspaces import Role
from tests.objects.conftest import Lab

TYPES = "https://seequent.com/error-codes/geoscienceobject/"
VARIOGRAM = "/objects/variogram/1.1.0/variogram.schema.json"
MESH = "/objects/triangle-mesh/2.1.0/triangle-mesh.schema.json"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def variogram(name: str = "vario", **members: Any) -> dict[str, Any]:
    """A valid variogram 1.1.0: no data, no place; `extensions` takes any JSON."""
    body = {"schema": VARIOGRAM, "uuid": None, "name": name, "sill": 1.0, "is_rotation_fixed": True, "structures": []}
    return body | members


def extended(**extensions: Any) -> dict[str, Any]:
    """A variogram with these free-form members."""
    return variogram(extensions=extensions)


async def listed(lab: Lab, *pairs: tuple[str, str], **query: str) -> list[str]:
    """Stems of the file names of a list, in its order."""
    answer = await lab.editor.get(f"{lab.root}/objects", params=[*pairs, *query.items()])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["count"] == len(body["objects"]) == body["total"]
    return [row["name"].removesuffix(".json") for row in body["objects"]]


async def found(lab: Lab, *pairs: tuple[str, str], **query: str) -> str:
    """The stems in alphabetical order, joined by spaces."""
    return " ".join(sorted(await listed(lab, *pairs, **query)))


async def update(lab: Lab, posted: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A further version of a posted object."""
    body = posted["object"] | members
    answer = await lab.editor.post(f"{lab.root}/objects/{posted['object_id']}", json=body)
    assert answer.status_code == 201, answer.text
    new: dict[str, Any] = answer.json()
    return new


async def delete(lab: Lab, posted: dict[str, Any]) -> None:
    """Soft-delete a posted object."""
    answer = await lab.editor.delete(f"{lab.root}/objects/{posted['object_id']}")
    assert (answer.status_code, answer.content) == (204, b"")


def second_workspace(application: Application, lab: Lab, *, crs: str = "", role: Role = Role.EDITOR) -> str:
    """Another workspace of the organisation, shared with the lab's editor; returns its id."""
    identity, workspaces = application.identity, application.workspaces
    owner = identity.acting_as(email="admin@localhost")
    with application.databases.main.writing() as rows:
        made = workspaces.create_first(
            rows, organisation_id=lab.organisation_id, owner_id=owner.user_id, name=f"other {uuid4().hex[:12]}"
        )
    members = {user.name: user.email for user, _ in _members(application, lab)}
    workspaces.assign_as_operator(workspace_id=made, email=members["Editor"] or "", role=role)
    if crs:
        set_crs(application, made, crs)
    return made


def _members(application: Application, lab: Lab) -> list[Any]:
    owner = application.identity.acting_as(email="admin@localhost")
    key = workspace_key(lab)
    return application.workspaces.members(caller=owner, workspace=key, user_id=None)


def set_crs(application: Application, workspace_id: str, crs: str) -> None:
    """Give a workspace a default coordinate system."""
    from coreshed.workspaces import ledger

    with application.databases.main.writing() as rows:
        ledger.change(rows, workspace_id, default_coordinate_system=crs)


def workspace_key(lab: Lab) -> Any:
    """The lab's workspace as services take it."""
    from coreshed.ids import WorkspaceKey

    return WorkspaceKey(lab.organisation_id, lab.workspace_id)


async def delete_workspace(lab: Lab) -> None:
    """Soft-delete the lab's workspace."""
    answer = await lab.clients["owner"].delete(f"/workspace/orgs/{lab.organisation_id}/workspaces/{lab.workspace_id}")
    assert answer.status_code in {200, 204}, answer.text


def error(answer: httpx.Response, status: int, suffix: str, title: str) -> dict[str, Any]:
    """Check status, type and title of an error answer and return its other members."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"].partition(";")[0] in {"application/json", "application/problem+json"}
    said = (answer.status_code, body.pop("status"), body.pop("type"), body.pop("title"))
    assert said == (status, status, TYPES + suffix, title), answer.text
    assert isinstance(body.pop("detail"), str)
    return body
