"""Giving bytes out: which blob, which files, and how they reach the socket.

A file of the local store is read on the event loop as long as the page cache has it (RWF_NOWAIT says so without
waiting), else in the disk pool. At most one chunk is under way, so a reader that stalls costs one chunk of memory.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from io import FileIO

from coreshed.blobs import ledger
from coreshed.blobs.manifest import Extent, Manifest
from coreshed.blobs.model import Blob, BlobPurpose, Overwrite
from coreshed.blobs.pools import Pools
from coreshed.blobs.refusals import BlobVanished
from coreshed.blobs.stores import FileKey, Store, SupportsDescriptor
from coreshed.blobs.stores.local import read_fully
from coreshed.database import Database

CHUNK = 256 << 10
# Extents in the cache; about 150 bytes each.
_CACHED = 400_000
_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)


@dataclass(frozen=True, slots=True)
class Opened:
    """A committed blob and its layout, without the names of its blocks."""

    blob: Blob
    manifest: Manifest

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.manifest.size


class Reader:
    """Reads of committed blobs."""

    def __init__(self, *, main: Database, store: Store, pools: Pools, purposes: Mapping[str, BlobPurpose]) -> None:
        self._main = main
        self._store = store
        self._pools = pools
        self._purposes = purposes
        self._cache: OrderedDict[str, Opened] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    async def open(self, workspace_id: str, blob_id: str) -> Opened:
        """A committed blob. Raises BlobVanished."""
        with self._lock:
            opened = self._cache.get(blob_id)
            if opened is not None:
                self._cache.move_to_end(blob_id)
        if opened is None:
            opened = await self._main.search(self._load, blob_id)
        if opened.blob.workspace_id != workspace_id:
            raise BlobVanished
        return opened

    async def body(self, opened: Opened, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """Bytes [start, stop) in chunks.

        Coalescing may unlink a file under a cached layout: the layout is then read again and, for the same content, the
        body goes on where it was. Raises FileNotFoundError where that does not help.
        """
        position = start
        reloaded = False
        while position < stop:
            try:
                for extent in opened.manifest.walk(position, stop):
                    async with aclosing(self._extent(FileKey(opened.blob.id, extent.token), extent)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                            position += len(chunk)
                            reloaded = False
            except FileNotFoundError:
                if reloaded:
                    raise
                reloaded = True
                fresh = await self._main.search(self._load, opened.blob.id)
                if fresh.blob.sha256 != opened.blob.sha256:
                    raise
                opened = fresh

    def _load(self, blob_id: str) -> Opened:
        with self._main.reading() as rows:
            blob = ledger.find(rows, blob_id)
            manifest = ledger.extents(rows, blob_id)
        if blob is None or not blob.committed:
            self._forget(blob_id)
            raise BlobVanished
        opened = Opened(blob, manifest)
        if self._purposes[blob.purpose].overwrite is not Overwrite.REPLACE:
            self._remember(opened)
        return opened

    def _remember(self, opened: Opened) -> None:
        self._forget(opened.blob.id)
        with self._lock:
            self._cache[opened.blob.id] = opened
            self._weight += _weight(opened)
            while self._weight > _CACHED and len(self._cache) > 1:
                _, oldest = self._cache.popitem(last=False)
                self._weight -= _weight(oldest)

    def _forget(self, blob_id: str) -> None:
        with self._lock:
            known = self._cache.pop(blob_id, None)
            if known is not None:
                self._weight -= _weight(known)

    def _extent(self, key: FileKey, extent: Extent) -> AsyncGenerator[bytes, None]:
        if isinstance(self._store, SupportsDescriptor):
            return self._from_file(self._store, key, extent)
        return self._from_store(key, extent)

    async def _from_store(self, key: FileKey, extent: Extent) -> AsyncGenerator[bytes, None]:
        for position in range(extent.offset, extent.end, CHUNK):
            length = min(CHUNK, extent.end - position)
            yield _complete(await self._pools.on_disk(self._store.read, key, position, length), length)

    async def _from_file(self, store: SupportsDescriptor, key: FileKey, extent: Extent) -> AsyncGenerator[bytes, None]:
        # Opening may wait for the disk as well, so the first chunk comes along with it.
        file, chunk = await self._pools.on_disk(_open_and_read, store, key, extent.offset, min(CHUNK, extent.length))
        with file:
            yield chunk
            position = extent.offset + len(chunk)
            while position < extent.end:
                length = min(CHUNK, extent.end - position)
                cached = _from_page_cache(file, position, length)
                if cached is None:
                    cached = _complete(await self._pools.on_disk(read_fully, file, position, length), length)
                yield cached
                position += len(cached)


def _weight(opened: Opened) -> int:
    return len(opened.manifest.extents) + 10


def _complete(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise OSError(f"a stored file ends {length - len(data)} bytes early")
    return data


def _open_and_read(store: SupportsDescriptor, key: FileKey, offset: int, length: int) -> tuple[FileIO, bytes]:
    file = store.open(key)
    try:
        return file, _complete(read_fully(file, offset, length), length)
    except OSError:
        file.close()
        raise


def _from_page_cache(file: FileIO, position: int, length: int) -> bytes | None:
    """Up to `length` bytes without waiting; None where the first of them is not in memory."""
    if _NOWAIT is None:
        return None
    buffer = bytearray(length)
    try:
        count = os.preadv(file.fileno(), [buffer], position, _NOWAIT)
    except OSError:  # EAGAIN: not cached; EOPNOTSUPP: the file system cannot tell
        return None
    if count == 0:
        return None
    return buffer if count == length else buffer[:count]  # type: ignore[return-value]
