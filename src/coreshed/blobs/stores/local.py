"""Files on a local disk.

    ROOT/<first 2 of blob id>/<blob id>.<token as 16 hex>      finished files
    ROOT/incoming/<process>/<same name>                        files in the making

The temporary directory of a process is locked while it lives; whoever finds one that it can lock owns a dead process's
leavings and removes them.
"""

import errno
import fcntl
import os
import re
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from itertools import islice
from pathlib import Path
from uuid import uuid4

from coreshed.blobs.stores.contract import FileKey, StoredFile
from coreshed.blobs.stores.durability import sync_content, sync_directory

_SHARDS = [f"{number:02x}" for number in range(256)]
IDENTITY_FILE = "store-id"
_PIECES = 512  # in one call; Linux takes 1024
_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{16})")


class LocalWriter:
    """A temporary file that `finish` renames into place."""

    __slots__ = ("_descriptor", "_final", "_length", "_temporary", "_written")

    def __init__(self, temporary: Path, final: Path, length: int | None) -> None:
        self._temporary = temporary
        self._final = final
        self._length = length
        self._written = 0
        # No space is reserved: writing into reserved space costs two to three times the processor time (measured on
        # ext4), and a full disk shows at the write as well.
        self._descriptor: int | None = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, *pieces: bytes | memoryview) -> None:
        """Append all of the pieces, in order. Raises OSError."""
        rest = deque(memoryview(piece) for piece in pieces)
        while rest:
            count = os.writev(self._open_descriptor(), list(islice(rest, _PIECES)))
            self._written += count
            while rest and count >= len(rest[0]):
                count -= len(rest.popleft())
            if count:
                rest[0] = rest[0][count:]

    def finish(self) -> None:
        """Sync, close, rename. Raises OSError, after which nothing is left."""
        try:
            check_length(self._written, self._length)
            sync_content(self._open_descriptor())
            self._close()
            self._into_place()
        except OSError:
            self._temporary.unlink(missing_ok=True)
            self._close()
            raise

    def _into_place(self) -> None:
        """Rename; the first file of a shard makes its directory, whose name `settle` makes durable."""
        try:
            self._temporary.rename(self._final)
        except FileNotFoundError:
            self._final.parent.mkdir(exist_ok=True)
            self._temporary.rename(self._final)

    def abort(self) -> None:
        """Remove the temporary file; nothing after `finish`."""
        if self._descriptor is not None:
            self._temporary.unlink(missing_ok=True)
            self._close()

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise ValueError("the file is already finished or aborted")
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


class LocalStore:
    """The store of one node, on one file system."""

    def __init__(self, root: Path) -> None:
        self._root = root
        incoming = root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        self._durable = {root / shard for shard in _SHARDS if (root / shard).is_dir()}
        sync_directory(root)
        sync_directory(root.parent)
        _remove_leavings(incoming)
        self.root = root
        self.identity = _identity(root / IDENTITY_FILE)
        self._incoming, self._lock = _own_directory(incoming)

    def create(self, key: FileKey, length: int | None = None) -> LocalWriter:
        """Begin a file beside the others, under a name no listing shows."""
        return LocalWriter(self._incoming / str(key), self._path(key), length)

    def settle(self, keys: Iterable[FileKey]) -> None:
        """Sync every directory concerned, once.

        A shard may have been made by another thread or process that has not settled anything in it yet, so whoever has
        not seen it durable syncs the directory that names it.
        """
        shards = {self._path(key).parent for key in keys}
        if shards - self._durable:
            sync_directory(self._root)
            self._durable |= shards
        for directory in sorted(shards):
            sync_directory(directory)

    def read(self, key: FileKey, offset: int, length: int) -> bytes:
        """Bytes [offset, offset + length), fewer at the end of the file."""
        with self.open(key) as file:
            return read_fully(file, offset, length)

    def open(self, key: FileKey) -> FileIO:
        """The file itself, unbuffered."""
        return FileIO(self._path(key), "r")

    def size(self, key: FileKey) -> int:
        """Length in bytes."""
        return self._path(key).stat().st_size

    def delete(self, key: FileKey) -> None:
        """Unlink; absent is fine."""
        self._path(key).unlink(missing_ok=True)

    def list(self) -> Iterator[StoredFile]:
        """Walk the shards; strangers' files are passed over."""
        for shard in _SHARDS:
            try:
                with os.scandir(self._root / shard) as found:
                    entries = list(found)  # whoever stops listening half-way leaves no directory open
            except FileNotFoundError:
                continue
            yield from filter(None, map(_stored_file, entries))

    def free_bytes(self) -> int:
        """What the file system leaves to an unprivileged process."""
        state = os.statvfs(self._root)
        return state.f_bavail * state.f_frsize

    def close(self) -> None:
        """Remove this process's temporary directory and its lock."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._lock.close()

    def _path(self, key: FileKey) -> Path:
        return self._root / key.blob_id[:2] / str(key)


def check_length(written: int, announced: int | None) -> None:
    """Raise OSError (EIO) where a file is not as long as was announced."""
    if announced is not None and written != announced:
        raise OSError(errno.EIO, f"{written} bytes written where {announced} were announced")


def read_fully(file: FileIO, offset: int, length: int) -> bytes:
    """Bytes [offset, offset + length), fewer only at the end of the file: one read may stop early."""
    data = os.pread(file.fileno(), length, offset)
    while len(data) < length:
        more = os.pread(file.fileno(), length - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def _stored_file(entry: "os.DirEntry[str]") -> StoredFile | None:
    parts = _NAME.fullmatch(entry.name)
    if parts is None:
        return None
    try:
        state = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return StoredFile(FileKey(parts[1], int(parts[2], 16)), state.st_size, state.st_mtime_ns)


def _identity(file: Path) -> str:
    """What tells this store from any other: made once, whoever opens it first."""
    if not file.exists():
        mine = file.with_name(f".{file.name}.{uuid4().hex}")
        with mine.open("w") as written:
            written.write(f"{uuid4()}\n")
            written.flush()
            sync_content(written.fileno())
        with suppress(FileExistsError):
            os.link(mine, file)
        mine.unlink()
        sync_directory(file.parent)
    return file.read_text().strip()


def _own_directory(incoming: Path) -> tuple[Path, FileIO]:
    """A new temporary directory and the lock that marks it as alive.

    The lock is taken before the directory can be found under its final name, so that nobody takes it for a leaving.
    """
    name = uuid4().hex
    hidden = incoming / f".{name}"
    hidden.mkdir()
    lock = FileIO(hidden / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    hidden.rename(incoming / name)
    return incoming / name, lock


def _remove_leavings(incoming: Path) -> None:
    for directory in incoming.glob("[!.]*"):
        try:
            with FileIO(directory / "lock", "r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
        except OSError:
            continue  # alive, or just gone
