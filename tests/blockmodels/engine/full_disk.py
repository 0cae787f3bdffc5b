"""A store on a disk that is full after so many bytes."""

import errno
from collections.abc import Callable

from coreshed.blobs.stores import FileKey, LocalStore, Writer


class FullWriter:
    def __init__(self, inner: Writer, take: Callable[[int], None]) -> None:
        self._inner, self._take = inner, take

    def write(self, *pieces: bytes | memoryview) -> None:
        self._take(sum(map(len, pieces)))
        self._inner.write(*pieces)

    def finish(self) -> None:
        self._inner.finish()

    def abort(self) -> None:
        self._inner.abort()


class FullDisk(LocalStore):
    """room: bytes that can still be written."""

    room = 1 << 40

    def create(self, key: FileKey, length: int | None = None) -> FullWriter:  # type: ignore[override]
        return FullWriter(super().create(key, length), self._take)

    def _take(self, count: int) -> None:
        self.room -= count
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    def unfinished(self) -> list[str]:
        """Temporary files."""
        return [path.name for path in self.root.glob("incoming/*/*") if path.name != "lock"]
