"""What a blob is, and what the room that owns it decides."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol, runtime_checkable

from coreshed.database import Rows


class Purpose(StrEnum):
    """What a blob is for; every purpose is registered by the room that owns it."""

    OBJECT_DATA = "object-data"
    FILE_VERSION = "file-version"
    BLOCK_UPDATE = "block-update"
    BLOCK_ANSWER = "block-answer"
    UPLOAD = "geopera-upload"
    THUMBNAIL = "thumbnail"


class Overwrite(Enum):
    """What a commit to a committed blob may do."""

    IDEMPOTENT = "idempotent"  # the same size and SHA-256 succeed, other content is a conflict
    ONCE = "once"  # the same block list succeeds, anything else is forbidden
    REPLACE = "replace"  # the last commit wins


@dataclass(frozen=True, slots=True)
class Blob:
    """A named sequence of bytes in a workspace.

    `size` (bytes), `sha256` (lower-case hex) and `committed_ns` are None before the first commit.
    """

    id: str
    workspace_id: str
    purpose: str
    name: str
    generation: int  # counts layouts: every commit and every coalescing makes the next one
    size: int | None
    sha256: str | None
    content_type: str | None
    committed_ns: int | None
    quarantined_ns: int | None = None

    @property
    def committed(self) -> bool:
        """True where readers see it: committed, and not set aside by collection."""
        return self.generation > 0 and self.quarantined_ns is None

    @property
    def etag(self) -> str:
        """A strong entity tag of the content alone, so that a repeated commit or a new layout keeps it."""
        return f'"{(self.sha256 or "")[:32]}"'


class BlobPurpose(Protocol):
    """The rules of one purpose. A refusal is a Problem."""

    @property
    def name(self) -> str:
        """The purpose this is about."""
        ...

    @property
    def overwrite(self) -> Overwrite:
        """What a second commit may do."""
        ...

    def may_write(self, rows: Rows, blob: Blob) -> None:
        """Raise a Problem to refuse blocks and commits."""
        ...

    def on_commit(self, rows: Rows, blob: Blob) -> None:
        """Take notice of new content, inside the transaction that publishes it."""
        ...


@runtime_checkable
class Personal(Protocol):
    """A purpose that asks whether the person whom a link was made for may still write."""

    def may_still_write(self, rows: Rows, blob: Blob, person: str) -> None:
        """Raise a Problem to refuse blocks and commits; asked after `may_write`. person: the id of a user."""
        ...

    def stored_by(self, rows: Rows, blob: Blob, person: str) -> None:
        """Whose link has brought new content, after `on_commit` in its transaction; empty where nobody was named."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A purpose that accounts for its bytes: at all times for those that are staged and committed, and for those that
    arrive. `rows` is a write transaction on the main database.
    """

    def charge(self, rows: Rows, blob: Blob, size: int, *, replaced: int = 0) -> None:
        """Account for `size` (>= 0) more bytes, before they are received; raise a Problem where there is no room.

        replaced: bytes that are uncharged as soon as these are there. Room for them may be lent, to one body at a time.
        Called after `may_write`, in its transaction: once before each body with what is known of its length, again
        for each portion of a body whose length is not announced, every half minute (with 0) while a body arrives, and
        in the commit where a block list names a block more than once.
        """
        ...

    def uncharge(self, rows: Rows, blob: Blob, size: int) -> None:
        """`size` (> 0) bytes did not stay. May come after the account was closed, and then changes nothing."""
        ...


@runtime_checkable
class Digested(Protocol):
    """A purpose that keeps the digests by which a client compares what it has sent."""

    def on_digests(self, rows: Rows, blob: Blob, md5: bytes | None, crc32c: bytes | None) -> None:
        """The MD5 (16 bytes) and CRC32C (4 bytes, big-endian) of new content, after `on_commit` in its transaction.

        md5 is None for content that came as a list of blocks.
        """
        ...
