"""What a store of bytes has to do. `coreshed.testing.StoreSuite` proves it.

A stored file is written once and never changed. Its life: `create`, `write`..., `finish` (content is durable and can be
read), `settle` (its name is durable too), `delete`. Only what is settled may be acknowledged to anybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class FileKey:
    """The name of a stored file: the blob it was written for (canonical UUID text) and 63 random bits."""

    blob_id: str
    token: int

    def __str__(self) -> str:
        return f"{self.blob_id}.{self.token:016x}"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One entry of a listing; `size` in bytes."""

    key: FileKey
    size: int
    modified_ns: int


class Writer(Protocol):
    """A file in the making. Not thread-safe: one call at a time, from any thread."""

    def write(self, *pieces: bytes | memoryview) -> None:
        """Append all of the pieces, in order. Raises OSError."""
        ...

    def finish(self) -> None:
        """Make the content durable and the file readable. Raises OSError; the file is then gone, never retried."""
        ...

    def abort(self) -> None:
        """Forget the file. Does nothing after `finish` or a second time."""
        ...


class Store(Protocol):
    """Files by key. Every method may block, so none is called on the event loop."""

    def create(self, key: FileKey, length: int | None = None) -> Writer:
        """Begin a file; a known `length` (bytes) is checked at the end. Raises OSError."""
        ...

    def settle(self, keys: Iterable[FileKey]) -> None:
        """Make the names of finished files durable, in one go for all of them. Raises OSError."""
        ...

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end of the file. Raises FileNotFoundError."""
        ...

    def size(self, key: FileKey) -> int:
        """Length in bytes. Raises FileNotFoundError."""
        ...

    def delete(self, key: FileKey) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def list(self) -> Iterator[StoredFile]:
        """Every finished file, in no order; files that come or go meanwhile may be missed."""
        ...

    def free_bytes(self) -> int:
        """Room for new files."""
        ...

    def close(self) -> None:
        """Let go of the store; unfinished files are forgotten."""
        ...


@runtime_checkable
class SupportsDescriptor(Protocol):
    """A store whose files the kernel can read; downloads then come straight from the page cache."""

    def open(self, key: FileKey) -> FileIO:
        """An unbuffered file open for reading; survives `delete`. Raises FileNotFoundError."""
        ...
