"""Stages, soft deletion and restoration."""

import re

from coreshed import ids, paths
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import ledger, wire
from coreshed.objects.ledger import StoredObject
from coreshed.objects.service.ground import Ground
from coreshed.objects.service.reading import Reading, version_number
from coreshed.objects.stages import STAGES
from coreshed.problems import Invalid, NotFound, UnknownVersion
from coreshed.workspaces import Role


class Lifecycle:
    """What happens to an object after it is published."""

    def __init__(self, ground: Ground, reading: Reading) -> None:
        self.ground = ground
        self.reading = reading

    def set_stage(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        object_id: str,
        version: str | None,
        change: wire.StageChange,
    ) -> None:
        """Give one version a stage or take it away; creates no version and leaves `modified_*` alone."""
        stage_id = change.stage_id
        if isinstance(stage_id, str):
            stage_id = ids.read_id(stage_id, "stage_id")
            if stage_id not in STAGES:
                raise Invalid(f"stage_id: {stage_id} is not a stage of this organisation.")
        if version is not None and not re.fullmatch(r"[+-]?[0-9]+", version.strip()):
            raise Invalid(f"version_id: {version[:40]!r} is not a whole number.")
        with self.ground.database.writing() as rows:
            self.ground.require(rows, caller, workspace, Role.EDITOR)
            stored = self.ground.live(rows, workspace, object_id, lock=True)
            version_id = stored.version_id if version is None else version_number(version.strip())
            if version_id is None or not ledger.versions(rows, stored.no, [version_id]):
                raise UnknownVersion
            if isinstance(stage_id, str) or stage_id is None:
                ledger.set_stage(rows, stored, version_id, stage_id)
                self.ground.audit(
                    rows,
                    caller.user_id,
                    workspace,
                    object_id,
                    "object.stage",
                    version_id=str(version_id),
                    stage_id=stage_id,
                )

    def delete_by_id(self, *, caller: Principal, workspace: WorkspaceKey, object_id: str) -> None:
        """Soft-delete: the path becomes free, versions and data stay."""
        with self.ground.database.writing() as rows:
            self.ground.require(rows, caller, workspace, Role.EDITOR)
            delete(
                self.ground, rows, workspace, caller.user_id, self.ground.live(rows, workspace, object_id, lock=True)
            )

    def delete_by_path(self, *, caller: Principal, workspace: WorkspaceKey, tail: str) -> None:
        """Soft-delete the live object at a path."""
        with self.ground.database.writing() as rows:
            # Nobody moves the object between its being found and deleted.
            ledger.lock_workspace(rows, workspace.workspace_id)
            self.ground.require(rows, caller, workspace, Role.EDITOR)
            stored = ledger.by_path(rows, workspace, paths.key(paths.normalise(tail)))
            if stored is None:
                raise NotFound("The object was not found in this workspace.")
            delete(
                self.ground, rows, workspace, caller.user_id, self.ground.live(rows, workspace, stored.id, lock=True)
            )

    def restore(self, *, caller: Principal, workspace: WorkspaceKey, object_id: str) -> wire.PostedObject | None:
        """Undo a deletion; the answer is the object where it had to take another name, None where it kept its own."""
        with self.ground.database.writing() as rows:
            ledger.lock_workspace(rows, workspace.workspace_id)
            self.ground.require(rows, caller, workspace, Role.EDITOR)
            stored = ledger.by_id(rows, workspace, object_id, lock=True)
            if stored is None:
                raise NotFound("The object was not found in this workspace.", object_id=object_id)
            if stored.deleted_ns is None:
                return None
            path = free_path(rows, workspace, stored.path)
            ledger.set_deleted(rows, stored, deleted_ns=None, by=None, path=path, path_key=paths.key(path))
            self.ground.audit(rows, caller.user_id, workspace, object_id, "object.restore", path=path)
            if path == stored.path:
                return None
            restored = ledger.by_id(rows, workspace, object_id)
            assert restored is not None  # noqa: S101  (locked above)
            return self.reading.posted(rows, workspace, restored)


def delete(ground: Ground, rows: Rows, workspace: WorkspaceKey, actor_id: str, stored: StoredObject) -> None:
    """Soft-delete a live object that is locked."""
    now = ground.clock.now_ns()
    key = paths.key(stored.path)
    ledger.set_deleted(rows, stored, deleted_ns=now, by=actor_id, path=stored.path, path_key=key)
    ground.audit(rows, actor_id, workspace, stored.id, "object.delete", path=stored.path)


def free_path(rows: Rows, workspace: WorkspaceKey, path: str) -> str:
    """The path itself where it is free, else `stem (N).json` with the first free N, its stem cut where it must be."""
    start = 0
    while True:
        names = [paths.numbered(path, n) if n else path for n in range(start, start + 100)]
        taken = ledger.occupied(rows, workspace, [paths.key(name) for name in names])
        free = next((name for name in names if paths.key(name) not in taken), None)
        if free is not None:
            return free
        start += 100
