"""What the handlers of this room have in common: who calls, what they work with, and how a workspace is shown."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from coreshed import clock
from coreshed.database import Database
from coreshed.identity import Principal
from coreshed.origins import Origins
from coreshed.wire_common import BoundingBox
from coreshed.workspaces import wire
from coreshed.workspaces.ground import Described
from coreshed.workspaces.service import Workspaces

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. One dependency and not four: the framework resolves several in a task each."""

    caller: Principal
    workspaces: Workspaces
    database: Database
    origins: Origins


Here: TypeAlias = NamedDependency[SkipValidation[Call]]

ORGANISATION = "/workspace/orgs/{org_id:str}"
ALL = f"{ORGANISATION}/workspaces"
ONE = ALL + "/{workspace_id:str}"


def url(origins: Origins, organisation_id: str, workspace_id: str | None = None) -> str:
    """Absolute, of the organisation's workspaces or of one."""
    all_ = f"{origins.public_url}/workspace/orgs/{organisation_id}/workspaces"
    return all_ if workspace_id is None else f"{all_}/{workspace_id}"


def answer(found: Described, origins: Origins) -> wire.Workspace:
    """A workspace as its members see it."""
    link = url(origins, found.workspace.organisation_id, found.workspace.id)
    return wire.Workspace(**fields(found, link), current_user_role=found.role.wire if found.role else None)


def fields(found: Described, link: str) -> dict[str, Any]:
    """What every form of a workspace has; link: its own URL, under which its picture is as well."""
    workspace = found.workspace
    box = workspace.bounding_box
    return {
        "id": workspace.id,
        "name": workspace.name,
        "description": workspace.description,
        "bounding_box": None if box is None else msgspec.json.decode(box, type=BoundingBox),
        "default_coordinate_system": workspace.default_coordinate_system,
        "labels": msgspec.json.decode(workspace.labels, type=list[str]),
        "ml_enabled": workspace.ml_enabled,
        "created_at": clock.iso_microseconds(workspace.created_ns),
        "created_by": found.created_by,
        "updated_at": clock.iso_microseconds(workspace.updated_ns),
        "updated_by": found.updated_by,
        "self_link": link,
        "thumbnail_link": f"{link}/thumbnail" if workspace.has_thumbnail else None,
    }
