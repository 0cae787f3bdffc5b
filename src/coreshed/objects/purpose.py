"""Blobs that hold the arrays of geoscience objects."""

from coreshed.blobs import Blob, Overwrite, Purpose
from coreshed.database import Rows
from coreshed.workspaces import Workspaces


class ObjectData:
    """Anybody with a link may write; the first content stays, and the same content may come again."""

    name: str = Purpose.OBJECT_DATA
    overwrite = Overwrite.IDEMPOTENT

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """A link is only given to editors; the workspace may have been deleted since. Raises WorkspaceGone."""
        self._workspaces.require_live(rows, blob.workspace_id)

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """Nothing refers to the data yet: the object that does is posted afterwards."""
