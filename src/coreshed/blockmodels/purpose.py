"""Blobs of block models: uploads of updates, and answers."""

from coreshed.blobs import Blob, Overwrite, Purpose
from coreshed.database import Rows
from coreshed.jobs import Jobs, State
from coreshed.problems import Gone, NotPermitted
from coreshed.workspaces import Workspaces


class UpdateFile:
    """The file of an update, named by its job: the last upload counts until the job is told to run."""

    name: str = Purpose.BLOCK_UPDATE
    overwrite = Overwrite.REPLACE

    def __init__(self, workspaces: Workspaces, jobs: Jobs) -> None:
        self._workspaces = workspaces
        self._jobs = jobs

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """Editors alone get links. Raises WorkspaceGone, Gone once the job runs or has ended."""
        self._workspaces.require_live(rows, blob.workspace_id)
        if self._jobs.get(rows, blob.name).state is not State.WAITING_FOR_UPLOAD:
            raise Gone("The upload is over: its job does not wait for it any more.")

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """The worker looks for the file when the job runs."""


class Answer:
    """What the server writes for a query; nobody else does."""

    name: str = Purpose.BLOCK_ANSWER
    overwrite = Overwrite.ONCE

    def may_write(self, rows: Rows, blob: Blob) -> None:  # noqa: ARG002
        """Raises NotPermitted: no link to write with is ever given out."""
        raise NotPermitted

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """Never called."""
