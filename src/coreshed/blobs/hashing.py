"""Digests of blobs: while blocks arrive where their order can be told, else by reading them back at the commit.

Only the digest of the whole blob names data, so digests of single blocks are of no use. The Evo SDK's block id is the
byte offset in 32 decimal digits, and those of `coreshed push` begin with it in 16 hexadecimal ones; such blocks are
hashed in the order of their offsets as soon as there is no gap, from the page cache. The ids are a hint and nothing
else: the commit uses the digest only for the exact files it covers.
"""

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor

from coreshed.blobs.caching import let_go
from coreshed.blobs.digests import Digests, Found
from coreshed.blobs.manifest import Extent
from coreshed.blobs.model import BlobPurpose, Digested
from coreshed.blobs.stores import FileKey, Store, SupportsDescriptor

_OFFSET = re.compile(rb"[0-9]{32}")
_OFFSET_AND_MARK = re.compile(rb"[0-9a-f]{48}")
# Small enough to stay in a core's own cache between the copy from the page cache and the digest.
_READ = 512 << 10
_own = threading.local()
_PLAIN, _WITH_CRC = ("sha256",), ("sha256", "crc32c")
# Blocks that wait for an earlier one; beyond this the order of arrival has nothing to do with the ids.
_WAITING = 4096


def wanted_of(purpose: BlobPurpose) -> Collection[str]:
    """The names of the digests that a list of blocks gets: CRC32C costs 0.1 ms for each MiB, MD5 fifteen times that."""
    return _WITH_CRC if isinstance(purpose, Digested) else _PLAIN


def feed(digests: Digests, store: Store, blob_id: str, extents: Sequence[Extent], position: int = 0) -> None:
    """Add the bytes of extents, which begin at `position` of their blob, to digests; then memory lets go of them.

    Raises FileNotFoundError, and OSError where a file is short.
    """
    for extent in extents:
        key = FileKey(blob_id, extent.token)
        for data in _pieces(store, key, extent):
            if not data:
                raise OSError(f"stored file {key} is shorter than its ledger says")
            digests.update(data)
        let_go(store, blob_id, extent, position)
        position += extent.length


def _pieces(store: Store, key: FileKey, extent: Extent) -> Iterator[bytes | memoryview]:
    """The bytes of an extent, an empty piece where the file ends early. A piece holds until the next is asked for."""
    position = extent.offset
    if not isinstance(store, SupportsDescriptor):
        while position < extent.end:
            yield (data := store.read(key, position, min(_READ, extent.end - position)))
            position += len(data)
        return
    if not hasattr(_own, "buffer"):
        _own.buffer = memoryview(bytearray(_READ))
    with store.open(key) as file:
        while position < extent.end:
            room = _own.buffer[: min(_READ, extent.end - position)]
            count = os.preadv(file.fileno(), [room], position)
            yield room[:count]
            position += count


def offset_of(block_id: bytes) -> int | None:
    """The byte offset that an id states, None for any other id."""
    if _OFFSET.fullmatch(block_id):
        return int(block_id)
    return int(block_id[:16], 16) if _OFFSET_AND_MARK.fullmatch(block_id) else None


class Frontier:
    """The digest of one session's blocks from offset 0 up to the first gap."""

    def __init__(self, store: Store, blob_id: str, wanted: Collection[str]) -> None:
        self._store = store
        self._blob_id = blob_id
        self._wanted = wanted
        self._digests = Digests(wanted)
        self._chain: list[Extent] = []
        self._reached = 0
        self._waiting: dict[int, Extent] = {}
        self._running = False
        self._ended = False
        self._state = threading.Lock()
        self._hashing = threading.Lock()  # held while the digest lags behind the chain

    def landed(self, offset: int, block: Extent) -> bool:
        """Note a block; True where `advance` has to be called, once, in the hash pool."""
        with self._state:
            if self._ended:
                return False
            if offset < self._reached or len(self._waiting) >= _WAITING:
                # A block was sent again after it was hashed, or the offsets mean nothing.
                self._end()
                return False
            self._waiting[offset] = block
            start = not self._running and self._reached in self._waiting
            self._running |= start
            return start

    def advance(self) -> None:
        """Hash every block up to the next gap."""
        while True:
            with self._hashing:
                with self._state:
                    block = None if self._ended else self._waiting.pop(self._reached, None)
                    if block is None:
                        self._running = False
                        return
                    position = self._reached
                    self._reached += block.length
                try:
                    feed(self._digests, self._store, self._blob_id, [block], position)
                except OSError:
                    with self._state:
                        self._end()
                        self._chain.clear()
                        self._digests = Digests(self._wanted)
                        self._running = False
                    return
                self._chain.append(block)

    def result(self, extents: Sequence[Extent]) -> tuple[Digests, int]:
        """Digests and how many of `extents` they cover: all that is hashed, or nothing where the files differ."""
        with self._state:
            self._end()
        with self._hashing:
            if len(self._chain) <= len(extents) and all(
                mine == theirs for mine, theirs in zip(self._chain, extents, strict=False)
            ):
                return self._digests.copy(), len(self._chain)
        return Digests(self._wanted), 0

    def _end(self) -> None:
        self._ended = True
        self._waiting.clear()


class Frontiers:
    """The frontiers of the most recently active sessions."""

    def __init__(self, *, store: Store, pool: Executor, limit: int = 64) -> None:
        self._store = store
        self._pool = pool
        self._limit = limit
        self._frontiers: OrderedDict[tuple[str, str], Frontier] = OrderedDict()
        self._lock = threading.Lock()

    def landed(
        self,
        blob_id: str,
        session: str,
        block_id: bytes,
        token: int,
        length: int,
        wanted: Collection[str] = _PLAIN,
    ) -> None:
        """An acknowledged block, of content whose digests of these names will be asked for."""
        offset = offset_of(block_id)
        if offset is None:
            return
        with self._lock:
            frontier = self._frontiers.setdefault((blob_id, session), Frontier(self._store, blob_id, wanted))
            self._frontiers.move_to_end((blob_id, session))
            if len(self._frontiers) > self._limit:
                self._frontiers.popitem(last=False)
        if frontier.landed(offset, Extent(token, 0, length)):
            self._pool.submit(frontier.advance)

    def digests(self, blob_id: str, session: str, extents: Sequence[Extent], wanted: Collection[str] = _PLAIN) -> Found:
        """The digests of a blob; blocks, so it runs in the hash pool. Ends the session's frontier."""
        with self._lock:
            frontier = self._frontiers.pop((blob_id, session), None)
        digests, covered = (Digests(wanted), 0) if frontier is None else frontier.result(extents)
        position = sum(extent.length for extent in extents[:covered])
        feed(digests, self._store, blob_id, extents[covered:], position)
        return digests.found()
