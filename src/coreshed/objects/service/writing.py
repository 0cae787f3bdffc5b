"""How a checked document becomes a version of an object, wherever it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coreshed import geo, paths
from coreshed.database import Rows
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, ledger
from coreshed.objects.ledger import NewVersion, StoredObject
from coreshed.objects.service.ground import Ground


@dataclass(frozen=True, slots=True)
class Target:
    """Where a write goes: the object it continues (None: a new one) and the path it ends at."""

    stored: StoredObject | None
    path: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a document becomes in the database, made before the transaction: it may take a second."""

    schema_id: str
    coordinate_system: str  # the workspace's, which a document without one of its own falls back to
    packed: bytes
    box: geo.Rectangle | None
    box_from_workspace_crs: bool
    properties: list[documents.Property]
    complete: bool

    @classmethod
    def of(cls, document: dict[str, Any], coordinate_system: str) -> "Content":
        """Of a valid document that has its `uuid`."""
        crs = geo.object_crs(document)
        fallback = None if crs is not None else geo.workspace_crs(coordinate_system)
        box = geo.bounding_rectangle(document, crs if crs is not None else fallback)
        found, complete = documents.properties(document)
        packed = documents.pack(document)
        return cls(document["schema"], coordinate_system, packed, box, box is not None and crs is None, found, complete)


def write(
    ground: Ground,
    rows: Rows,
    workspace: WorkspaceKey,
    actor_id: str,
    object_id: str,
    target: Target,
    content: Content,
    data: Sequence[tuple[str, str]] = (),
) -> NewVersion:
    """Store the version with its data references (name, blob id), holds and audit row; the paths are locked."""
    now = ground.clock.now_ns()
    new = NewVersion(
        version_id=now if target.stored is None else max(now, target.stored.version_id + 1),
        created_by=actor_id,
        schema_id=content.schema_id,
        document=content.packed,
        box=content.box,
        box_from_workspace_crs=content.box_from_workspace_crs,
        properties=content.properties,
        unindexed=not content.complete,
        data=data,
    )
    key = paths.key(target.path)
    if target.stored is None:
        ledger.create(rows, workspace, object_id, target.path, key, new)
    else:
        ledger.replace(rows, target.stored, target.path, key, new)
    ground.blobs.hold(rows, blob_ids={blob_id for _, blob_id in data}, owner=f"object:{object_id}")
    action = "object.create" if target.stored is None else "object.version"
    ground.audit(rows, actor_id, workspace, object_id, action, path=target.path, version_id=str(new.version_id))
    return new
