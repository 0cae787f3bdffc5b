"""Whether a project takes uploads; asked for those who come with a role and for those who come with a link."""

from coreshed.database import Rows
from coreshed.problems import Conflict, WorkspaceGone
from coreshed.uploads.port import Archive
from coreshed.workspaces import Workspaces


def require_open(rows: Rows, workspaces: Workspaces, archive: Archive, workspace_id: str) -> None:
    """Raise WorkspaceGone for a project that is deleted, Conflict for one that is archived: neither takes uploads."""
    try:
        workspaces.require_live(rows, workspace_id)
    except WorkspaceGone:
        raise WorkspaceGone("The project is deleted.") from None
    if archive.is_archived(rows, workspace_id):
        raise Conflict("The project is archived. Unarchive it to upload to it.")
