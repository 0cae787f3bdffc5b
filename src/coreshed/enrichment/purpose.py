"""Blobs that this room makes."""

from coreshed.blobs import Blob, Overwrite, Purpose
from coreshed.database import Rows
from coreshed.problems import NotPermitted


class Thumbnails:
    """Pictures that the server draws; nobody else writes them."""

    name: str = Purpose.THUMBNAIL
    overwrite = Overwrite.ONCE

    def may_write(self, rows: Rows, blob: Blob) -> None:  # noqa: ARG002
        """Raises NotPermitted: no link to write with is ever given out."""
        raise NotPermitted

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """Never called."""
