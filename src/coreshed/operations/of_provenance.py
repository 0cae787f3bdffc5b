"""provenance.get and items.lineage: what came from what."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from coreshed.operations.bodies import Input, Integer
from coreshed.operations.registry import Call, operation


class LineageGetInput(Input):
    """Where to begin, and whether to go to ancestors (`up`), descendants (`down`) or both."""

    entity_type: Literal["item", "order", "processing_job", "collection", "project", "upload", "asset"]
    entity_id: str
    direction: Literal["up", "down", "both"] = "up"
    max_depth: Annotated[Integer, Field(ge=1, le=50)] = 20


class ItemLineageInput(Input):
    """Which item."""

    item_id: str


class LineageEdge(msgspec.Struct, frozen=True, kw_only=True):
    """`dst` came from `src`; `depth` is the distance from the root, from 1."""

    depth: int
    src_type: str
    src_id: str
    dst_type: str
    dst_id: str
    relation: str
    invocation_id: str | None


class LineageNode(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the walk met; the root has depth 0."""

    entity_type: str
    entity_id: str
    depth: int


class LineageGetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A graph."""

    root: dict[str, str]
    direction: str
    edges: list[LineageEdge]
    nodes: list[LineageNode]


@operation(
    "provenance.get",
    scope="provenance:read",
    side_effect="read",
    summary="Walk to what an entity came from, or what came from it.",
)
def get(call: Call, body: LineageGetInput) -> LineageGetOutput:
    """Of an item: the upload that it came with, its files, its copies. What has been deleted stays in the graph."""
    return _walked(call, body.entity_type, body.entity_id, body.direction, body.max_depth)


@operation(
    "items.lineage",
    scope="items:read",
    side_effect="read",
    summary="Get what an item came from and what came from it.",
    raw=True,
)
def of_item(call: Call, body: ItemLineageInput) -> LineageGetOutput:
    """As `provenance.get` in both directions."""
    return _walked(call, "item", body.item_id, "both", 20)


def _walked(call: Call, entity_type: str, entity_id: str, direction: Any, max_depth: int) -> LineageGetOutput:
    found = call.rooms.catalogue.lineage.walk(
        caller=call.caller,
        entity_type=entity_type,
        entity_id=entity_id,
        up=direction in {"up", "both"},
        down=direction in {"down", "both"},
        max_depth=max_depth,
    )
    same = ("src_type", "src_id", "dst_type", "dst_id", "relation", "invocation_id")
    return LineageGetOutput(
        root={"entity_type": entity_type, "entity_id": entity_id},
        direction=direction,
        edges=[LineageEdge(depth=depth, **{name: getattr(edge, name) for name in same}) for depth, edge in found.edges],
        nodes=[
            LineageNode(entity_type=kind, entity_id=each, depth=depth) for (kind, each), depth in found.nodes.items()
        ],
    )
