"""From the socket to a finished file: batches of about 1 MiB, one on its way to the disk while the next one gathers."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

from coreshed.blobs.pools import Pools
from coreshed.blobs.refusals import Refusal
from coreshed.blobs.stores import FileKey, Store, Writer

# Below 256 KiB the hop to the thread costs more than the write; above 4 MiB nothing is gained.
BATCH = 1 << 20
_PIECES = 1024  # a client that sends byte by byte shall not fill the memory with them
_FULL = {errno.ENOSPC, errno.EDQUOT}


def no_room(error: OSError) -> bool:
    """True where the disk or the quota of the operating system is full."""
    return error.errno in _FULL


class _File:
    """A writer whose calls come one at a time even when the request that makes them is cancelled in between."""

    def __init__(self, store: Store, key: FileKey, length: int) -> None:
        self._store = store
        self._key = key
        self._length = length
        self._writer: Writer | None = None
        self._ended = False
        self._lock = threading.Lock()

    def write(self, *pieces: bytes, last: bool) -> None:
        """Append, and finish with the last batch; a small body thus costs one hop."""
        with self._lock:
            if self._ended:
                return
            if self._writer is None:
                self._writer = self._store.create(self._key, self._length)
            self._writer.write(*pieces)
            if last:
                self._ended = True
                self._writer.finish()

    def abort(self) -> None:
        """Forget the file unless it is finished."""
        with self._lock:
            self._ended = True
            if self._writer is not None:
                self._writer.abort()


async def receive(
    body: AsyncIterator[bytes], *, key: FileKey, length: int, store: Store, pools: Pools, digests: "Digests"
) -> None:
    """Write exactly `length` bytes (> 0) to a finished, not yet settled file.

    Raises Refusal (InvalidInput, Md5Mismatch, InsufficientStorage), OSError, and whatever ends the body early; then no
    file is left.
    """
    file = _File(store, key, length)
    writing: set[asyncio.Future[None]] = set()
    try:
        last = await _batches(body, file, length, pools, digests, writing)
        if digests:
            await pools.hashing(digests.update, *last)
            digests.check()
        await pools.on_disk(file.write, *last, last=True)
    except BaseException as error:
        for task in writing:
            task.cancel()
        # Not awaited: a cancelled request must not wait for the disk, and the lock keeps the order.
        pools.disk.submit(file.abort)
        if isinstance(error, OSError) and no_room(error):
            raise Refusal("InsufficientStorage") from error
        raise


async def _batches(
    body: AsyncIterator[bytes],
    file: _File,
    length: int,
    pools: Pools,
    digests: "Digests",
    writing: set["asyncio.Future[None]"],
) -> list[bytes]:
    """Send full batches on their way, at most one at a time (it is in `writing`); the rest comes back."""
    received = 0
    batch: list[bytes] = []
    gathered = 0
    async for chunk in body:
        received += len(chunk)
        if received > length:
            raise Refusal("InvalidInput")
        batch.append(chunk)
        gathered += len(chunk)
        if (gathered >= BATCH or len(batch) >= _PIECES) and received < length:
            await _ended(writing)
            writing.add(asyncio.ensure_future(_store(batch, file, pools, digests)))
            batch, gathered = [], 0
    await _ended(writing)
    if received != length:
        raise Refusal("InvalidInput")
    return batch


async def _ended(writing: set["asyncio.Future[None]"]) -> None:
    while writing:
        await writing.pop()


async def _store(batch: Sequence[bytes], file: _File, pools: Pools, digests: "Digests") -> None:
    if digests:
        await asyncio.gather(pools.on_disk(file.write, *batch, last=False), pools.hashing(digests.update, *batch))
    else:
        await pools.on_disk(file.write, *batch, last=False)


class Digests:
    """What is computed over a body on its way; false where there is nothing to compute."""

    def __init__(self, *, sha256: Any = None, md5: Any = None, expected_md5: bytes = b"") -> None:
        self._active = [digest for digest in (sha256, md5) if digest is not None]
        self._md5 = md5
        self._expected = expected_md5

    def __bool__(self) -> bool:
        return bool(self._active)

    def update(self, *pieces: bytes) -> None:
        """Add bytes."""
        for digest in self._active:
            for piece in pieces:
                digest.update(piece)

    def check(self) -> None:
        """Raise Refusal where the body is not what its Content-MD5 says."""
        if self._md5 is not None and self._md5.digest() != self._expected:
            raise Refusal("Md5Mismatch")
