"""Where things came from: a graph of upload sessions, items, assets and collections, walked from any of them."""

import re
from dataclasses import dataclass

from coreshed.catalogue import asset_ledger, item_ledger, ledger
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.model import Edge
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound
from coreshed.workspaces import Role

_MOST_EDGES = 10_000
_NODE = re.compile(r"[0-9A-Za-z_\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk found. edges: each with its distance from the root, from 1; nodes: (type, id) -> distance, root 0."""

    edges: list[tuple[int, Edge]]
    nodes: dict[tuple[str, str], int]


class Lineage:
    """The provenance of one installation's things."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def walk(
        self, *, caller: Principal, entity_type: str, entity_id: str, up: bool, down: bool, max_depth: int
    ) -> Walked:
        """Ancestors (up) and descendants (down) of a thing; takes a viewer of its project. Raises NotFound."""
        with self._ground.database.reading() as rows:
            key = self._place(rows, caller, entity_type, entity_id)
            root = (entity_type, entity_id.lower())
            edges: list[tuple[int, Edge]] = []
            nodes = {root: 0}
            for upwards in [each for each, wanted in ((True, up), (False, down)) if wanted]:
                self._follow(rows, key, root, upwards, max_depth, edges, nodes)
        return Walked(edges, nodes)

    def _follow(
        self,
        rows: Rows,
        workspace: WorkspaceKey,
        root: tuple[str, str],
        up: bool,
        max_depth: int,
        edges: list[tuple[int, Edge]],
        nodes: dict[tuple[str, str], int],
    ) -> None:
        seen, front = {root}, {root}
        for depth in range(1, max_depth + 1):
            room = _MOST_EDGES - len(edges)
            found = asset_ledger.edges(rows, workspace.workspace_id, [each[1] for each in front], up=up, limit=room)
            beyond = set()
            for edge in found:
                near, far = (edge.dst_type, edge.dst_id), (edge.src_type, edge.src_id)
                if not up:
                    near, far = far, near
                if near in front:
                    edges.append((depth, edge))
                    nodes.setdefault(far, depth)
                    beyond.add(far)
            front = beyond - seen
            seen |= front
            if not front:
                return

    def _place(self, rows: Rows, caller: Principal, entity_type: str, entity_id: str) -> WorkspaceKey:
        """The project of a thing, live or deleted: provenance outlives what it is about."""
        missing = f"The {entity_type} was not found."
        if entity_type == "project":
            return self._ground.project(rows, caller, entity_id, Role.VIEWER)
        found = self._stored(rows, entity_type, entity_id.lower()) if _NODE.fullmatch(entity_id) else None
        if found is None:
            raise NotFound(missing)
        self._ground.require(rows, caller, found, Role.VIEWER, unknown=missing)
        return found

    def _stored(self, rows: Rows, entity_type: str, entity_id: str) -> WorkspaceKey | None:
        if entity_type == "item":
            item = item_ledger.find(rows, entity_id)
            return None if item is None else item.workspace
        if entity_type == "collection":
            found = ledger.find_collection(rows, entity_id)
            return None if found is None else WorkspaceKey(found.organisation_id, found.workspace_id)
        project_id = asset_ledger.project_of_node(rows, entity_type, entity_id)
        if project_id is None:
            return None
        return WorkspaceKey(self._ground.workspaces.organisation_of(rows, project_id), project_id)
