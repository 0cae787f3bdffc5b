"""Colormaps and associations over HTTP."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation

from coreshed import clock, ids
from coreshed.colormaps import ledger, openapi, wire
from coreshed.colormaps.service import Colormaps
from coreshed.database import Database
from coreshed.identity import Principal
from coreshed.origins import Origins
from coreshed.routing import Router

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. One dependency and not four: the framework resolves several in a task each."""

    caller: Principal
    colormaps: Colormaps
    database: Database
    origins: Origins


Here: TypeAlias = NamedDependency[SkipValidation[Call]]

BODY_LIMIT = 2 << 20  # the most colours there may be, each with a label of some 100 bytes
WORKSPACE = "/orgs/{org_id:str}/workspaces/{workspace_id:str}"
ALL = WORKSPACE + "/colormaps"
OF_OBJECT = WORKSPACE + "/objects/{object_id:str}/associations"


def _root(origins: Origins, workspace: ids.WorkspaceKey) -> str:
    return f"{origins.public_url}/colormap/orgs/{workspace.organisation_id}/workspaces/{workspace.workspace_id}"


def _colormap(found: ledger.Colormap, root: str) -> wire.Colormap:
    # The stored arrays go out as they are, without becoming numbers on the way.
    members: dict[str, Any] = msgspec.json.decode(found.content, type=dict[str, msgspec.Raw])
    kind: Any = found.kind
    at = clock.iso_microseconds(found.created_ns)
    return wire.Colormap(
        id=found.id,
        name=found.name,
        schema=kind,
        created_at=at,
        created_by=found.created_by,
        modified_at=at,
        modified_by=found.created_by,
        self_link=f"{root}/colormaps/{found.id}",
        **members,
    )


def _association(found: ledger.Association, root: str) -> wire.Association:
    at = clock.iso_microseconds(found.created_ns)
    return wire.Association(
        id=found.id,
        attribute_id=found.attribute_id,
        colormap_id=found.colormap_id,
        colormap_uri=f"{root}/colormaps/{found.colormap_id}",
        self_link=f"{root}/objects/{found.object_id}/associations/{found.id}",
        workspace_id=found.workspace_id,
        created_at=at,
        created_by=found.created_by,
        modified_at=at,
        modified_by=found.created_by,
    )


@post(ALL, operation_class=openapi.CREATE)
async def create_colormap(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> wire.Colormap:
    """A new continuous, discrete or category colormap; names may repeat."""
    workspace = ids.workspace_key(org_id, workspace_id)
    asked = wire.read(await request.body(), wire.NewColormap)
    created = await call.database.change(call.colormaps.create, caller=call.caller, workspace=workspace, asked=asked)
    return _colormap(created, _root(call.origins, workspace))


@get(ALL)
async def list_colormaps(org_id: Id, workspace_id: Id, call: Here) -> wire.ColormapList:
    """Every colormap of a workspace, oldest first."""
    workspace = ids.workspace_key(org_id, workspace_id)
    found = await call.database.search(call.colormaps.of_workspace, caller=call.caller, workspace=workspace)
    root = _root(call.origins, workspace)
    return wire.ColormapList([_colormap(each, root) for each in found])


@get(ALL + "/{colormap_id:str}")
async def get_colormap(org_id: Id, workspace_id: Id, colormap_id: Id, call: Here) -> wire.Colormap:
    """A colormap."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(colormap_id, "colormap_id")
    found = await call.database.run(call.colormaps.get, caller=call.caller, workspace=workspace, colormap_id=identifier)
    return _colormap(found, _root(call.origins, workspace))


@post(OF_OBJECT, status_code=200, operation_class=openapi.ASSOCIATE)
async def associate(org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here) -> wire.Association:
    """Give an attribute of an object a colormap."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    pairs = wire.pairs([wire.read(await request.body(), wire.NewAssociation)])
    (made,) = await call.database.change(
        call.colormaps.associate, caller=call.caller, workspace=workspace, object_id=identifier, pairs=pairs
    )
    return _association(made, _root(call.origins, workspace))


@post(OF_OBJECT + "/batch", status_code=200, operation_class=openapi.ASSOCIATE_SEVERAL)
async def associate_several(
    org_id: Id, workspace_id: Id, object_id: Id, request: Ask, call: Here
) -> wire.AssociationList:
    """Give attributes of an object their colormaps: all of them or none."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    pairs = wire.pairs(wire.read(await request.body(), wire.NewAssociations).associations, "associations")
    made = await call.database.change(
        call.colormaps.associate, caller=call.caller, workspace=workspace, object_id=identifier, pairs=pairs
    )
    root = _root(call.origins, workspace)
    return wire.AssociationList([_association(each, root) for each in made])


@get(OF_OBJECT)
async def list_associations(org_id: Id, workspace_id: Id, object_id: Id, call: Here) -> wire.AssociationList:
    """Every association of an object, oldest first."""
    workspace = ids.workspace_key(org_id, workspace_id)
    identifier = ids.read_id(object_id, "object_id")
    found = await call.database.search(
        call.colormaps.associations, caller=call.caller, workspace=workspace, object_id=identifier
    )
    root = _root(call.origins, workspace)
    return wire.AssociationList([_association(each, root) for each in found])


@get(OF_OBJECT + "/{association_id:str}")
async def get_association(
    org_id: Id, workspace_id: Id, object_id: Id, association_id: Id, call: Here
) -> wire.Association:
    """An association of an object."""
    workspace = ids.workspace_key(org_id, workspace_id)
    found = await call.database.run(
        call.colormaps.association,
        caller=call.caller,
        workspace=workspace,
        object_id=ids.read_id(object_id, "object_id"),
        association_id=ids.read_id(association_id, "association_id"),
    )
    return _association(found, _root(call.origins, workspace))


@get(WORKSPACE + "/metadata")
async def workspace_metadata(org_id: Id, workspace_id: Id, call: Here) -> wire.WorkspaceMetadata:
    """What is kept of a workspace's objects beside associations: nothing yet."""
    workspace = ids.workspace_key(org_id, workspace_id)
    return await call.database.run(call.colormaps.metadata, caller=call.caller, workspace=workspace)


def router(*, colormaps: Colormaps, database: Database, origins: Origins) -> Router:
    """Everything under `/colormap`, over the given services."""

    async def call(request: Ask) -> Call:
        # The edge puts the caller into the scope.
        return Call(request.scope["caller"], colormaps, database, origins)  # type: ignore[typeddict-item]

    return Router(
        "/colormap",
        dependencies={"call": Provide(call)},
        route_handlers=[
            create_colormap,
            list_colormaps,
            get_colormap,
            associate,
            associate_several,
            list_associations,
            get_association,
            workspace_metadata,
        ],
        request_max_body_size=BODY_LIMIT,
    )
