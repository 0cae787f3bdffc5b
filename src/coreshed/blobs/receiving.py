"""From the socket to a finished file: batches of about 1 MiB, one on its way to the disk while the next one gathers."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from coreshed.blobs.digests import Digests, Found
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

    def __init__(self, store: Store, key: FileKey, length: int | None) -> None:
        self._store = store
        self._key = key
        self._length = length
        self._writer: Writer | None = None
        self._ended = False
        self._lock = threading.Lock()

    def write(self, *pieces: bytes | memoryview, last: bool) -> None:
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


def _nothing() -> None:
    """What belongs to nobody else need not be given back."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive bytes of a body. free: called when they are no longer needed."""

    pieces: Sequence[bytes | memoryview]
    free: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Received:
    """A body on the disk, not yet published. charged: bytes, of a metered purpose; token: None for no bytes."""

    token: int | None
    length: int
    digests: Found
    charged: int


async def gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[Batch]:
    """Chunks of any size as batches of about 1 MiB."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size >= BATCH or len(pieces) >= _PIECES:
            yield Batch(pieces)
            pieces, size = [], 0
    if pieces:
        yield Batch(pieces)


async def receive(
    body: AsyncIterator[Batch],
    *,
    key: FileKey,
    length: int | None,
    store: Store,
    pools: Pools,
    digests: Digests,
    aborting: Callable[[Future[None]], None],
) -> int:
    """Write exactly `length` bytes (> 0; None: as many as come) to a finished, not yet settled file; how many it has.

    No file is made of no bytes.

    Raises Refusal (InvalidInput, Md5Mismatch, InsufficientStorage), OSError, and whatever ends the body early; then no
    file is left, once what `aborting` is told of has ended.
    """
    file = _File(store, key, length)
    writing: set[asyncio.Future[None]] = set()
    try:
        last, received = await _batches(body, file, length, pools, digests, writing)
        if digests:
            await pools.hashing(digests.update, *last.pieces)
            digests.check()
        if received:
            await pools.on_disk(file.write, *last.pieces, last=True)
        last.free()
    except BaseException as error:
        for task in writing:
            task.cancel()
        # Not awaited: a cancelled request must not wait for the disk, and the lock keeps the order.
        aborting(pools.disk.submit(file.abort))
        if isinstance(error, OSError) and no_room(error):
            raise Refusal("InsufficientStorage") from error
        raise
    return received


async def _batches(
    body: AsyncIterator[Batch],
    file: _File,
    length: int | None,
    pools: Pools,
    digests: Digests,
    writing: set["asyncio.Future[None]"],
) -> tuple[Batch, int]:
    """Send batches on their way, at most one at a time (it is in `writing`).

    The last one of an announced length comes back, an empty one else; and how many bytes all of them have.
    """
    received = 0
    batch = Batch(())
    async for batch in body:
        received += sum(map(len, batch.pieces))
        if length is not None and received > length:
            raise Refusal("InvalidInput")
        await _ended(writing)
        if received != length:
            writing.add(asyncio.ensure_future(_store(batch, file, pools, digests)))
    if length is None:
        await _ended(writing)
        return Batch(()), received
    if received != length:
        raise Refusal("InvalidInput")
    return batch, received


async def _ended(writing: set["asyncio.Future[None]"]) -> None:
    while writing:
        await writing.pop()


async def _store(batch: Batch, file: _File, pools: Pools, digests: Digests) -> None:
    writing = pools.on_disk(file.write, *batch.pieces, last=False)
    if digests:
        await asyncio.gather(writing, pools.hashing(digests.update, *batch.pieces))
    else:
        await writing
    batch.free()
