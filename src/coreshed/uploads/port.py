"""What completing an upload creates: stated here, done by the catalogue.

    upload session -> complete -> Ingest.ingest -> items and assets

Every method works in the transaction of the caller. Whoever ingests answers for the bytes from then on: it holds the
blobs, and it frees their size from the quota when they are deleted. Charging them is the session's part.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.uploads.model import UploadSession


class StoredUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that has arrived, committed and measured.

    file_name: with its folders, `tiles/a.tif`. size: bytes. sha256: lower-case hex. md5, crc32c: 16 and 4 bytes,
    big-endian, None where they were not computed. asset_key, roles, band_names: what the client said of this file when
    it completed; None and empty where it said nothing.
    """

    file_name: str
    object_path: str
    blob_id: str
    content_type: str
    size: int
    sha256: str
    md5: bytes | None = None
    crc32c: bytes | None = None
    asset_key: str | None = None
    roles: tuple[str, ...] = ()
    band_names: tuple[str, ...] = ()


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the client said of the item when it completed.

    name: None: the stem of the first file. Times are RFC 3339 as they were given; the three are checked to be times.
    properties: merged into those of the item; a JSON object. For an item that is there they alone count, and null
    removes one.
    """

    name: str | None = None
    description: str | None = None
    datetime: str | None = None
    start_datetime: str | None = None
    end_datetime: str | None = None
    properties: dict[str, Any] = {}


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What a session became. `items` are as the catalogue's own operations answer them, in the order of `item_ids`."""

    item_ids: tuple[str, ...] = ()
    asset_ids: tuple[str, ...] = ()
    items: tuple[Any, ...] = ()


class Archive(Protocol):
    """What knows of projects that take nothing for the time being."""

    def is_archived(self, rows: Rows, workspace_id: str) -> bool:
        """Whether the project is archived."""
        ...


class Ingest(Archive, Protocol):
    """The catalogue, as upload sessions see it."""

    def check_target(
        self, rows: Rows, *, workspace: WorkspaceKey, collection_id: str | None, item_id: str | None
    ) -> None:
        """What a session wants to be added to: its project, a collection or an item of it, or both.

        Raises NotFound for a target that is not in the workspace, Invalid
        with `loc` for an item outside the collection.
        """
        ...

    def pin_target(self, rows: Rows, session: UploadSession) -> None:
        """Let nobody change the item that a session adds to, before the transaction locks anything else."""
        ...

    def ingest(
        self,
        rows: Rows,
        *,
        caller: Principal,
        session: UploadSession,
        files: Sequence[StoredUpload],
        said: Described,
    ) -> Ingested:
        """Make items and assets of at least one file, in the order of upload; with provenance and audit.

        The targets of the session, its `asset_key` (of the first file) and `is_categorical` are as they were given at
        initiate; targets may have gone since. Raises NotFound, Conflict for an asset key that is taken.
        """
        ...

    def describe(self, rows: Rows, session: UploadSession) -> Ingested:
        """What a completed session became, for those who complete it again; what has been deleted since is absent
        from `items`.
        """
        ...
