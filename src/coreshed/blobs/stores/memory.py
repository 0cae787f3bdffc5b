"""Files in memory: for tests and demonstrations. `crash` forgets what a power cut would."""

import errno
import threading
from collections.abc import Iterable, Iterator
from uuid import uuid4

from coreshed.blobs.stores.contract import FileKey, StoredFile
from coreshed.blobs.stores.local import check_length
from coreshed.clock import Clock, SystemClock


class MemoryWriter:
    """Bytes on their way into the dictionary."""

    __slots__ = ("_data", "_key", "_length", "_store")

    def __init__(self, store: "MemoryStore", key: FileKey, length: int | None) -> None:
        self._store = store
        self._key = key
        self._length = length
        self._data: bytearray | None = bytearray()

    def write(self, *pieces: bytes | memoryview) -> None:
        """Append all of the pieces, in order; raises OSError (ENOSPC) past the capacity."""
        if self._data is None:
            raise ValueError("the file is already finished or aborted")
        if sum(map(len, pieces)) + len(self._data) > self._store.free_bytes():
            raise OSError(errno.ENOSPC, "the memory store is full")
        for piece in pieces:
            self._data += piece

    def finish(self) -> None:
        """Show the file to readers."""
        if self._data is None:
            raise ValueError("the file is already finished or aborted")
        data, self._data = bytes(self._data), None
        check_length(len(data), self._length)
        self._store.put(self._key, data)

    def abort(self) -> None:
        """Forget the bytes."""
        self._data = None


class MemoryStore:
    """A dictionary of files; `capacity` in bytes."""

    def __init__(self, *, clock: Clock | None = None, capacity: int = 1 << 40) -> None:
        self._clock = clock or SystemClock()
        self._capacity = capacity
        self._files: dict[FileKey, tuple[bytes, int]] = {}
        self._unsettled: set[FileKey] = set()
        self._lock = threading.Lock()
        self.identity = str(uuid4())  # it is another store after every start

    def create(self, key: FileKey, length: int | None = None) -> MemoryWriter:
        """Begin a file."""
        if length is not None and length > self.free_bytes():
            raise OSError(errno.ENOSPC, "the memory store is full")
        return MemoryWriter(self, key, length)

    def put(self, key: FileKey, data: bytes) -> None:
        """A finished, not yet settled file."""
        with self._lock:
            self._files[key] = (data, self._clock.now_ns())
            self._unsettled.add(key)

    def settle(self, keys: Iterable[FileKey]) -> None:
        """Let the files survive `crash`."""
        with self._lock:
            self._unsettled.difference_update(keys)

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end of the file."""
        return self._content(key)[offset : offset + length]

    def size(self, key: FileKey) -> int:
        """Length in bytes."""
        return len(self._content(key))

    def delete(self, key: FileKey) -> None:
        """Drop; absent is fine."""
        with self._lock:
            self._files.pop(key, None)
            self._unsettled.discard(key)

    def list(self) -> Iterator[StoredFile]:
        """Every file at the moment of the call."""
        with self._lock:
            present = list(self._files.items())
        return iter([StoredFile(key, len(data), modified_ns) for key, (data, modified_ns) in present])

    def free_bytes(self) -> int:
        """Capacity less content."""
        with self._lock:
            return self._capacity - sum(len(data) for data, _ in self._files.values())

    def close(self) -> None:
        """Nothing to let go of."""

    def crash(self) -> None:
        """Lose every file whose name was not durable."""
        with self._lock:
            for key in self._unsettled:
                self._files.pop(key, None)
            self._unsettled.clear()

    def _content(self, key: FileKey) -> bytes:
        with self._lock:
            try:
                return self._files[key][0]
            except KeyError:
                raise FileNotFoundError(errno.ENOENT, "no such stored file", str(key)) from None
