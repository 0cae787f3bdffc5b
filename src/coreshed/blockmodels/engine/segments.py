"""Reading the files that hold the encoded columns: written once by a job (writing.py), never changed."""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from io import FileIO
from typing import Protocol

from coreshed.blobs.stores import FileKey, SupportsDescriptor
from coreshed.blobs.stores.local import read_fully
from coreshed.blockmodels.engine.maps import SegmentName, Stored

_OPEN_FILES = 64


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A finished segment: its length in bytes and the SHA-256 of its content in lower-case hex."""

    name: SegmentName
    size: int
    sha256: str


def key_of(name: SegmentName) -> FileKey:
    """Where the store keeps a segment."""
    return FileKey(name.job_id, name.token)


class Readable(Protocol):
    """As much of a Store as reading needs."""

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end of the file. Raises FileNotFoundError."""
        ...


class Segments:
    """Reading from the segments of a store. Safe for threads."""

    def __init__(self, store: Readable) -> None:
        self.store = store
        self._files: OrderedDict[SegmentName, FileIO] = OrderedDict()
        self._turn = threading.Lock()

    def read(self, stored: Stored) -> bytes:
        """The bytes of a chunk. Raises FileNotFoundError, and DamagedSegment where the segment is short."""
        chunk = stored.chunk
        data = self.read_range(stored.segment, chunk.offset, chunk.length)
        if len(data) != chunk.length:
            raise DamagedSegment(f"{key_of(stored.segment)} ends before byte {chunk.offset + chunk.length}.")
        return data

    def read_range(self, name: SegmentName, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end. Raises FileNotFoundError."""
        if not isinstance(self.store, SupportsDescriptor):
            return self.store.read(key_of(name), offset, length)
        with self.open(name) as file:
            return read_fully(file, offset, length)

    def open(self, name: SegmentName) -> FileIO:
        """The segment as a file of its own, which the caller closes; only stores that support descriptors have it."""
        with self._turn:
            known = self._files.get(name)
            if known is None:
                assert isinstance(self.store, SupportsDescriptor)  # noqa: S101  (asked before)
                known = self._files[name] = self.store.open(key_of(name))
                while len(self._files) > _OPEN_FILES:
                    self._files.popitem(last=False)[1].close()
            self._files.move_to_end(name)
            return FileIO(os.dup(known.fileno()), "r")

    def close(self) -> None:
        """Close every file; the store stays open."""
        with self._turn:
            while self._files:
                self._files.popitem()[1].close()


class DamagedSegment(Exception):
    """A segment is not what the map says of it."""
