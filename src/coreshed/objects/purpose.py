"""Blobs that hold the arrays of geoscience objects."""

from coreshed.blobs import Blob, Overwrite, Purpose
from coreshed.database import Rows


class ObjectData:
    """Anybody with a link may write; the first content stays, and the same content may come again."""

    name: str = Purpose.OBJECT_DATA
    overwrite = Overwrite.IDEMPOTENT

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """A link is only given to editors, and what it names is in no state that forbids writing."""

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """Nothing refers to the data yet: the object that does is posted afterwards."""
