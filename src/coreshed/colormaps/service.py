"""The rules of colormaps: viewers read, editors add, and nothing changes afterwards."""

from collections.abc import Mapping, Sequence

import msgspec

from coreshed import audit, ids
from coreshed.clock import Clock
from coreshed.colormaps import ledger, wire
from coreshed.colormaps.ledger import Association, Colormap
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import Objects
from coreshed.problems import NotFound
from coreshed.workspaces import Role, Workspaces


class Colormaps:
    """The colormaps of one installation.

    Every call raises UnknownWorkspace, WorkspaceGone and InsufficientRole as `Workspaces.require_role` does.
    """

    def __init__(self, database: Database, clock: Clock, workspaces: Workspaces, objects: Objects) -> None:
        self._database = database
        self._clock = clock
        self._workspaces = workspaces
        self._objects = objects

    def create(self, *, caller: Principal, workspace: WorkspaceKey, asked: wire.NewColormap) -> Colormap:
        """A new colormap; takes an editor. Names may repeat. Raises Invalid."""
        kind, content = wire.content(asked)
        new = Colormap(
            id=ids.new_id(),
            workspace_id=workspace.workspace_id,
            kind=kind,
            name=asked.name,
            content=msgspec.json.encode(content).decode(),
            created_ns=self._clock.now_ns(),
            created_by=caller.user_id,
        )
        with self._database.writing() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            ledger.insert_colormap(rows, new)
            self._record(rows, caller, workspace, "colormap.create", {new.id: {"name": new.name, "kind": kind}})
        return new

    def get(self, *, caller: Principal, workspace: WorkspaceKey, colormap_id: str) -> Colormap:
        """A colormap; takes a viewer. Raises NotFound."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            found = ledger.colormap(rows, workspace.workspace_id, colormap_id)
        if found is None:
            raise NotFound("The colormap was not found in this workspace.")
        return found

    def of_workspace(self, *, caller: Principal, workspace: WorkspaceKey) -> list[Colormap]:
        """Every colormap of the workspace, oldest first; takes a viewer."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            return ledger.colormaps_of(rows, workspace.workspace_id)

    def metadata(self, *, caller: Principal, workspace: WorkspaceKey) -> wire.WorkspaceMetadata:
        """What is kept of the workspace's objects beside associations: nothing; takes a viewer."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
        return wire.WorkspaceMetadata(workspace.workspace_id)

    def associate(
        self, *, caller: Principal, workspace: WorkspaceKey, object_id: str, pairs: Sequence[tuple[str, str]]
    ) -> list[Association]:
        """Give attributes of an object their colormaps, all of them or none, in the order given; takes an editor.

        pairs: (attribute id, colormap id). Raises NotFound for an object or a colormap that the workspace has not.
        """
        with self._database.writing() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.EDITOR)
            self._objects.reading.require_live(rows, workspace=workspace, object_id=object_id)
            wanted = {colormap_id for _, colormap_id in pairs}
            missing = wanted - ledger.known(rows, workspace.workspace_id, wanted)
            if missing:
                raise NotFound(f"The workspace has no colormap {min(missing)}.")
            now_ns = self._clock.now_ns()
            new = [
                Association(
                    ids.new_id(), workspace.workspace_id, object_id, attribute_id, colormap_id, now_ns, caller.user_id
                )
                for attribute_id, colormap_id in pairs
            ]
            ledger.insert_associations(rows, new)
            told = ("object_id", "attribute_id", "colormap_id")
            targets: dict[str | None, dict[str, str]] = {
                each.id: {name: getattr(each, name) for name in told} for each in new
            }
            self._record(rows, caller, workspace, "association.create", targets)
        return new

    def association(
        self, *, caller: Principal, workspace: WorkspaceKey, object_id: str, association_id: str
    ) -> Association:
        """One association of an object; takes a viewer. Raises NotFound."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            self._objects.reading.require_live(rows, workspace=workspace, object_id=object_id)
            found = ledger.association(rows, workspace.workspace_id, object_id, association_id)
        if found is None:
            raise NotFound("The object has no such association.")
        return found

    def associations(self, *, caller: Principal, workspace: WorkspaceKey, object_id: str) -> list[Association]:
        """Every association of an object, oldest first; takes a viewer. Raises NotFound."""
        with self._database.reading() as rows:
            self._workspaces.require_role(rows, caller=caller, workspace=workspace, at_least=Role.VIEWER)
            self._objects.reading.require_live(rows, workspace=workspace, object_id=object_id)
            return ledger.associations_of(rows, workspace.workspace_id, object_id)

    def _record(
        self,
        rows: Rows,
        caller: Principal,
        workspace: WorkspaceKey,
        action: str,
        targets: Mapping[str | None, Mapping[str, str]],
    ) -> None:
        audit.record_each(
            rows,
            targets,
            at_ns=self._clock.now_ns(),
            actor_id=caller.user_id,
            action=action,
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
        )
