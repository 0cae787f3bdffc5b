"""A local file as it is read for sending: by offsets, in pieces, and never in another state than at the beginning."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from coreshed.client.errors import Invalid, SourceChanged

_CHUNK = 1 << 20


@dataclass
class Source:
    """An open file. size in bytes and mtime_ns as they were when it was opened."""

    path: Path
    descriptor: int
    size: int
    mtime_ns: int

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["Source"]:
        """Open a regular file. Raises OSError, Invalid."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            state = os.fstat(descriptor)
            if not S_ISREG(state.st_mode):
                raise Invalid(f"{path} is not a regular file.")
            yield cls(path, descriptor, state.st_size, state.st_mtime_ns)
        finally:
            os.close(descriptor)

    def pieces(self, start: int, length: int) -> Iterator[memoryview]:
        """Bytes [start, start + length) in pieces of up to 1 MiB, each valid until the next.

        Raises SourceChanged, Invalid.
        """
        # Not mmap: a file that is cut short meanwhile would end the process with SIGBUS.
        buffer = memoryview(bytearray(min(_CHUNK, length)))
        stop = start + length
        while start < stop:
            try:
                count = os.preadv(self.descriptor, [buffer[: stop - start]], start)
            except OSError as error:  # must not look like a broken connection, which is tried again
                raise Invalid(f"{self.path} cannot be read: {error.strerror}.") from error
            if count == 0:
                raise self._changed()
            yield buffer[:count]
            start += count

    def check(self) -> None:
        """Raises SourceChanged where size or time of change are not those of the beginning."""
        state = os.fstat(self.descriptor)
        if (state.st_size, state.st_mtime_ns) != (self.size, self.mtime_ns):
            raise self._changed()

    def _changed(self) -> SourceChanged:
        return SourceChanged(f"{self.path} changed while it was read; nothing was published.")

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        """Of the whole file. check: called between pieces, may raise. Raises SourceChanged."""
        digest = hashlib.sha256()
        for piece in self.pieces(0, self.size):
            check()
            digest.update(piece)
        return digest.hexdigest()


class Digest:
    """The SHA-256 of a source, taken in a thread of its own beside the sending."""

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        self._source, self._check = source, check
        self._found: str | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="coreshed-sha256", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._source.sha256(self._check)
        except BaseException as error:  # noqa: BLE001  (told by result)
            self._failed = error

    def result(self) -> str:
        """Lower-case hex, when it is there. Raises what the reading raised."""
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        assert self._found is not None  # noqa: S101  (one of the two is set)
        return self._found

    def end(self) -> None:
        """Wait until the thread no longer reads."""
        self._thread.join()
