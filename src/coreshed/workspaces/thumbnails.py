"""The pictures of workspaces."""

from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound
from coreshed.workspaces import ledger
from coreshed.workspaces.ground import Ground
from coreshed.workspaces.ledger import Thumbnail
from coreshed.workspaces.roles import Role

_NONE = "The workspace has no thumbnail."


class Thumbnails:
    """One picture per workspace at most."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def get(self, *, caller: Principal, workspace: WorkspaceKey) -> Thumbnail:
        """The picture; takes a viewer. Raises NotFound."""
        with self._ground.database.reading() as rows:
            self._ground.require_role(rows, caller, workspace, Role.VIEWER)
            found = ledger.thumbnail(rows, workspace.workspace_id)
        if found is None:
            raise NotFound(_NONE)
        return found

    def require_editor(self, *, caller: Principal, workspace: WorkspaceKey) -> None:
        """What `put` asks for, before anything is decoded for somebody who may not put it."""
        with self._ground.database.reading() as rows:
            self._ground.require_role(rows, caller, workspace, Role.EDITOR)

    def put(self, *, caller: Principal, workspace: WorkspaceKey, picture: Thumbnail) -> None:
        """Give the workspace a checked picture in place of the one it may have; takes an editor."""
        with self._ground.database.writing() as rows:
            self._ground.require_role(rows, caller, workspace, Role.EDITOR)
            ledger.set_thumbnail(rows, workspace.workspace_id, picture)
            size = len(picture.content)
            self._ground.record(
                rows, caller.user_id, workspace, "workspace.thumbnail", media_type=picture.media_type, bytes=size
            )

    def delete(self, *, caller: Principal, workspace: WorkspaceKey) -> None:
        """Take the picture away; takes an editor. Raises NotFound where there is none."""
        with self._ground.database.writing() as rows:
            self._ground.require_role(rows, caller, workspace, Role.EDITOR)
            if not ledger.remove_thumbnail(rows, workspace.workspace_id):
                raise NotFound(_NONE)
            self._ground.record(rows, caller.user_id, workspace, "workspace.thumbnail", media_type=None)
