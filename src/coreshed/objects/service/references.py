"""Objects that another room keeps in step with something of its own, in that room's transactions.

Such an object is an ordinary object: it has a path, versions and audit rows, and people may move or delete it. Whoever
calls these methods has checked the permission, and takes the workspace's paths with `lock` before any lock of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from coreshed import paths
from coreshed.database import Rows
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, ledger, schemas
from coreshed.objects.service.ground import Ground
from coreshed.objects.service.lifecycle import delete, free_path
from coreshed.objects.service.writing import Content, Target, write
from coreshed.problems import AlreadyExists

_NIL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an object is and what its newest version is. path: without a leading slash."""

    object_id: str
    version_id: str
    path: str


@dataclass(frozen=True, slots=True)
class FoundObject:
    """The newest version of a live object. blobs: data reference as the document spells it -> id of its blob."""

    schema: str
    document: dict[str, Any]
    blobs: Mapping[str, str]


class References:
    """Find, create, replace, delete and restore an object within a transaction of the caller's."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def lock(self, rows: Rows, workspace: WorkspaceKey) -> None:
        """Keep others from changing paths of the workspace until the transaction ends."""
        ledger.lock_workspace(rows, workspace.workspace_id)

    def find(self, rows: Rows, workspace: WorkspaceKey, object_id: str) -> FoundObject | None:
        """An object of anybody's at its newest version; None where the workspace has no such live one."""
        stored = ledger.by_id(rows, workspace, object_id)
        if stored is None or stored.deleted_ns is not None:
            return None
        version = ledger.version(rows, stored.no, stored.version_id)
        if version is None or version.document is None:
            return None
        document = msgspec.json.decode(documents.unpack(version.document))
        return FoundObject(stored.schema_id, document, dict(ledger.data_of(rows, stored.no, stored.version_id)))

    def warm(self, document: dict[str, Any], coordinate_system: str) -> None:
        """Load what a document of this kind takes, so that no transaction waits for it."""
        self._content(document | {"uuid": _NIL}, coordinate_system)

    def create(
        self,
        rows: Rows,
        *,
        workspace: WorkspaceKey,
        actor_id: str,
        object_id: str,
        path: str,
        document: dict[str, Any],
        coordinate_system: str,
    ) -> Reference:
        """A new object at a path. coordinate_system: the workspace's. Raises InvalidPath, AlreadyExists."""
        path = paths.normalise(path)
        if ledger.by_path(rows, workspace, paths.key(path)) is not None:
            raise AlreadyExists("An object already exists at this path.")
        return self._write(rows, workspace, actor_id, object_id, Target(None, path), document, coordinate_system)

    def replace(
        self,
        rows: Rows,
        *,
        workspace: WorkspaceKey,
        actor_id: str,
        object_id: str,
        document: dict[str, Any],
        coordinate_system: str,
        file_name: str | None = None,
    ) -> Reference | None:
        """A further version; None where the object has been deleted. file_name: its new one, unless that is taken."""
        stored = ledger.by_id(rows, workspace, object_id, lock=True)
        if stored is None or stored.deleted_ns is not None:
            return None
        path = stored.path if file_name is None else _beside(stored.path, file_name)
        holder = ledger.by_path(rows, workspace, paths.key(path))
        if holder is not None and holder.no != stored.no:
            path = stored.path
        return self._write(rows, workspace, actor_id, object_id, Target(stored, path), document, coordinate_system)

    def delete(self, rows: Rows, *, workspace: WorkspaceKey, actor_id: str, object_id: str) -> None:
        """Soft-delete the object where it lives."""
        stored = ledger.by_id(rows, workspace, object_id, lock=True)
        if stored is not None and stored.deleted_ns is None:
            delete(self._ground, rows, workspace, actor_id, stored)

    def restore(
        self, rows: Rows, *, workspace: WorkspaceKey, actor_id: str, object_id: str, file_name: str | None = None
    ) -> None:
        """Undo its deletion, at its path or a numbered one; where it lives, nothing. file_name: as in `replace`."""
        stored = ledger.by_id(rows, workspace, object_id, lock=True)
        if stored is None or stored.deleted_ns is None:
            return
        path = free_path(rows, workspace, stored.path if file_name is None else _beside(stored.path, file_name))
        ledger.set_deleted(rows, stored, deleted_ns=None, by=None, path=path, path_key=paths.key(path))
        self._ground.audit(rows, actor_id, workspace, object_id, "object.restore", path=path)

    def _write(
        self,
        rows: Rows,
        workspace: WorkspaceKey,
        actor_id: str,
        object_id: str,
        target: Target,
        document: dict[str, Any],
        coordinate_system: str,
    ) -> Reference:
        content = self._content(document | {"uuid": object_id}, coordinate_system)
        new = write(self._ground, rows, workspace, actor_id, object_id, target, content)
        return Reference(object_id, str(new.version_id), target.path)

    @staticmethod
    def _content(document: dict[str, Any], coordinate_system: str) -> Content:
        schemas.validate(document)
        return Content.of(document, coordinate_system)


def _beside(path: str, file_name: str) -> str:
    """Another file name in the same folder."""
    return paths.normalise(f"{path.rpartition('/')[0]}/{file_name}")
