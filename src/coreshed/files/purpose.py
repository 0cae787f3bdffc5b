"""The content of file versions: written once, visible from its commit on."""

from coreshed import audit, paths
from coreshed.blobs import Blob, Blobs, Overwrite, Purpose
from coreshed.clock import Clock
from coreshed.database import Rows
from coreshed.files import ledger
from coreshed.files.ledger import StoredFile, StoredVersion
from coreshed.folders import Folders
from coreshed.ids import WorkspaceKey
from coreshed.problems import Gone, NotFound
from coreshed.workspaces import Workspaces


def blob_name(file_id: str, version_id: int) -> str:
    """The name of a version's content among the blobs of its workspace."""
    return f"{file_id}.{version_id}"


class FileContent:
    """A version keeps its first content for ever; the same block list may come again."""

    name: str = Purpose.FILE_VERSION
    overwrite = Overwrite.ONCE

    def __init__(self, workspaces: Workspaces, folders: Folders, clock: Clock) -> None:
        self._workspaces = workspaces
        self._folders = folders
        self._clock = clock
        self._blobs = Blobs(clock=clock)

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """Editors alone get links; workspace or file may be gone since. Raises WorkspaceGone, NotFound, Gone."""
        self._workspaces.require_live(rows, blob.workspace_id)
        file, _ = self._find(rows, blob, lock=False)
        if file.deleted_ns is not None:
            raise Gone("The requested file has been deleted.")

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """From here on the version is there for everybody, and so are the folders of its path."""
        file, version = self._find(rows, blob, lock=True)
        if version.committed_ns is not None:
            return  # the same content, committed again
        now_ns = self._clock.now_ns()
        workspace = WorkspaceKey(self._workspaces.organisation_of(rows, blob.workspace_id), blob.workspace_id)
        folder = paths.folder(file.path)
        self._folders.ensure(rows, workspace=workspace, actor_id=version.created_by, path=folder)
        ledger.give_content(rows, file, version, blob_id=blob.id, size=blob.size or 0, at_ns=now_ns)
        self._blobs.hold(rows, blob_ids=[blob.id], owner=f"file:{file.id}")
        audit.record(
            rows,
            at_ns=now_ns,
            actor_id=version.created_by,
            action="file.version",
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            target_id=file.id,
            path=file.path,
            version_id=str(version.version_id),
            size=blob.size,
        )

    def _find(self, rows: Rows, blob: Blob, *, lock: bool) -> tuple[StoredFile, StoredVersion]:
        file_id, _, version_id = blob.name.partition(".")
        file = ledger.by_id(rows, WorkspaceKey("", blob.workspace_id), file_id, lock=lock)
        version = None if file is None else ledger.version(rows, file.no, int(version_id))
        if file is None or version is None:
            raise NotFound("The upload was given up.")
        return file, version
