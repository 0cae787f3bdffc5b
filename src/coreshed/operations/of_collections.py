"""collections.*: names under which the items of a project are gathered."""

from typing import Annotated

import msgspec
from pydantic import Field

from coreshed.catalogue import NewCollection
from coreshed.catalogue.wire import CollectionResponse
from coreshed.operations.bodies import Description, Input, Integer, Label, Text
from coreshed.operations.registry import Call, Listed, operation

Name = Annotated[Text, Field(min_length=1, max_length=255)]
Layer = Annotated[Integer, Field(ge=-(2**31), lt=2**31)]


class CollectionCreateInput(Input):
    """A new collection. `color`, `show_on_map`, `layer_order`: kept for those who draw maps."""

    project_id: str
    name: Name
    description: Description | None = None
    color: Label | None = None
    show_on_map: bool = True
    layer_order: Layer = 0


class CollectionsListInput(Input):
    """Whose collections."""

    project_id: str


class CollectionsGetInput(Input):
    """Which collection of the project."""

    project_id: str
    collection_id: str


class CollectionUpdateInput(Input):
    """What shall change; what is null stays."""

    project_id: str
    collection_id: str
    name: Name | None = None
    description: Description | None = None
    color: Label | None = None
    show_on_map: bool | None = None
    layer_order: Layer | None = None


class CollectionDeleteInput(CollectionsGetInput):
    """Which collection of the project to delete."""


class CollectionDeleteOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The collection is deleted."""

    id: str
    ok: bool = True


@operation(
    "collections.create",
    scope="collections:write",
    side_effect="compute",
    summary="Create a collection within a project (editor or admin).",
    produces=("collection",),
    replayed=True,
)
def create(call: Call, body: CollectionCreateInput) -> CollectionResponse:
    """An empty collection."""
    new = NewCollection(body.name, body.description, body.color, body.show_on_map, body.layer_order)
    return call.rooms.catalogue.collections.create(caller=call.caller, project_id=body.project_id, new=new)


@operation(
    "collections.list",
    scope="collections:read",
    side_effect="read",
    summary="List a project's collections, with how many items each has.",
    raw=True,
)
def list_collections(call: Call, body: CollectionsListInput) -> Listed[CollectionResponse]:
    """In the order of their layers, then the oldest first."""
    found = call.rooms.catalogue.collections.page(caller=call.caller, project_id=body.project_id)
    return Listed(found, len(found))


@operation(
    "collections.get",
    scope="collections:read",
    side_effect="read",
    summary="Get one collection of a project.",
    raw=True,
)
def get(call: Call, body: CollectionsGetInput) -> CollectionResponse:
    """One collection."""
    return call.rooms.catalogue.collections.get(
        caller=call.caller, project_id=body.project_id, collection_id=body.collection_id
    )


@operation(
    "collections.update",
    scope="collections:write",
    side_effect="compute",
    summary="Update a collection (editor or admin).",
    produces=("collection",),
)
def update(call: Call, body: CollectionUpdateInput) -> CollectionResponse:
    """What is null stays as it is."""
    values = body.model_dump(exclude={"project_id", "collection_id"}, exclude_none=True)
    return call.rooms.catalogue.collections.update(
        caller=call.caller, project_id=body.project_id, collection_id=body.collection_id, values=values
    )


@operation(
    "collections.delete",
    scope="collections:write",
    side_effect="destructive",
    summary="Delete a collection; its items stay, in none (project admin).",
    produces=("collection",),
)
def delete(call: Call, body: CollectionDeleteInput) -> CollectionDeleteOutput:
    """Nothing that items hold is deleted."""
    deleted = call.rooms.catalogue.collections.delete(
        caller=call.caller, project_id=body.project_id, collection_id=body.collection_id
    )
    return CollectionDeleteOutput(id=deleted)
