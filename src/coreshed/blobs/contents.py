"""Blobs that the server itself reads and writes, in threads of its own; no link and no network is involved."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from coreshed import ids
from coreshed.blobs import ledger
from coreshed.blobs.manifest import Extent, Manifest, compose
from coreshed.blobs.refusals import BlobVanished
from coreshed.blobs.stores import FileKey, Store, Writer
from coreshed.clock import Clock
from coreshed.database import Database, Rows


class BlobFile(io.RawIOBase):
    """A committed blob as a file to read from. Not safe for threads: each opens its own."""

    def __init__(self, store: Store, blob_id: str, manifest: Manifest) -> None:
        self._store = store
        self._blob_id = blob_id
        self._manifest = manifest
        self._position = 0

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._manifest.size

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, also behind the end; returns it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the blob goes; returns how many bytes that are. Raises FileNotFoundError."""
        target = memoryview(buffer).cast("B")
        stop = min(self._position + len(target), self.size)
        filled = 0
        for extent in self._manifest.walk(min(self._position, stop), stop):
            data = self._store.read(FileKey(self._blob_id, extent.token), extent.offset, extent.length)
            if len(data) != extent.length:
                raise OSError(f"{self._blob_id}.{extent.token:016x} is shorter than its blob says")
            target[filled : filled + len(data)] = data
            filled += len(data)
        self._position += filled
        return filled


@dataclass
class BlobWriter:
    """A new blob in the making; nobody knows of it before `Contents.publish`. Not safe for threads."""

    blob_id: str
    key: FileKey
    writer: Writer
    size: int = 0
    digest: Any = field(default_factory=sha256)

    def write(self, data: bytes | memoryview) -> None:
        """Append. Raises OSError."""
        self.writer.write(data)
        self.digest.update(data)
        self.size += len(data)


@dataclass(frozen=True, slots=True)
class Contents:
    """The bytes of blobs, for those who work in the server."""

    main: Database
    store: Store
    clock: Clock

    def open(self, blob_id: str) -> BlobFile:
        """A committed blob. Raises BlobVanished."""
        with self.main.reading() as rows:
            blob = ledger.find(rows, blob_id)
            manifest = ledger.extents(rows, blob_id)
        if blob is None or not blob.committed:
            raise BlobVanished
        return BlobFile(self.store, blob_id, manifest)

    @contextmanager
    def writing(self) -> Iterator[BlobWriter]:
        """A new blob, durable after the block, of which nothing is left where the block raises. Raises OSError."""
        key = FileKey(ids.new_id(), ids.new_token())
        writer = self.store.create(key)
        try:
            yield BlobWriter(key.blob_id, key, writer)
            writer.finish()
        except BaseException:
            writer.abort()
            raise
        self.store.settle([key])

    def publish(self, rows: Rows, made: BlobWriter, *, workspace_id: str, purpose: str, name: str) -> None:
        """Let readers see a finished blob from the end of the caller's transaction on.

        name: in lower case, and not yet taken in the workspace for this purpose. The blob is safe from collection for
        the offer protection, longer where somebody holds it. Raises IntegrityError for a name that is taken.
        """
        now_ns = self.clock.now_ns()
        extents = [Extent(made.key.token, 0, made.size)] if made.size else []
        values = {
            "id": made.blob_id,
            "workspace_id": workspace_id,
            "purpose": purpose,
            "name": name,
            "created_ns": now_ns,
            "last_offered_ns": now_ns,
            "generation": 1,
            "size": made.size,
            "sha256": made.digest.hexdigest(),
            "committed_ns": now_ns,
        }
        ledger.insert(rows, values)
        ledger.put_manifest(rows, made.blob_id, 1, compose([(b"", extents)]), coalesced=True)

    def drop(self, rows: Rows, blob_id: str) -> None:
        """Forget a blob that nobody holds and nobody needs, in the caller's transaction; its bytes go soon after."""
        if ledger.lock(rows, blob_id) is None:
            return
        tokens = ledger.manifest(rows, blob_id).tokens
        ledger.forget_blob(rows, blob_id)
        ledger.discard(rows, blob_id, tokens, self.clock.now_ns() + ledger.DISCARD_DELAY_NS)
