"""A file that is still arriving: `NAME.part` with its bytes, `NAME.part.json` with what they are.

The second is written after the first is on disk, and is only a hint: the digest of the whole decides in the end.
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from coreshed.client.errors import Conflict
from coreshed.client.transfers.ranges import Span, merged

_SAVE_EVERY = 1.0  # seconds
_LONGEST_NAME = 255  # bytes, of most file systems


class Described(msgspec.Struct, frozen=True):
    """The content that a part is of; a part of other content is of no use."""

    version_id: str
    etag: str
    size: int


class _Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    content: Described
    done: list[tuple[int, int]]


class Part:
    """The open part of a file. May be written by several threads at once."""

    def __init__(self, target: Path, path: Path, descriptor: int, content: Described, done: list[Span]) -> None:
        self.done = done
        self._target, self._path, self._descriptor, self._content = target, path, descriptor, content
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._saved = time.monotonic()

    @classmethod
    @contextmanager
    def open(cls, target: Path, content: Described) -> Iterator["Part"]:
        """Make it, or go on with what is there of the same content. Raises Conflict where another process is at it."""
        path = part_path(target)
        _check_ours(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"Another program is downloading to {path}.") from None
            # A file that ends before its content does was made just now, or somebody cut it.
            whole = os.fstat(descriptor).st_size == content.size
            part = cls(target, path, descriptor, content, _known(_sidecar(path), content) if whole else [])
            part.save()
            os.ftruncate(descriptor, content.size)
            yield part
        finally:
            os.close(descriptor)

    def write(self, piece: memoryview, at: int) -> None:
        """Put bytes to their place. Raises OSError."""
        while piece:
            count = os.pwrite(self._descriptor, piece, at)
            piece, at = piece[count:], at + count

    def arrived(self, span: Span) -> None:
        """These bytes are there; now and then that is written down."""
        with self._lock:
            self.done = merged([*self.done, span])
        if time.monotonic() - self._saved > _SAVE_EVERY and self._saving.acquire(blocking=False):
            try:
                self.save()
            finally:
                self._saved = time.monotonic()
                self._saving.release()

    def save(self) -> None:
        """Write down what is there, after it is on disk."""
        with self._lock:
            done = [(span.start, span.stop) for span in self.done]
        os.fdatasync(self._descriptor)
        temporary = _sidecar(self._path).with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(_Sidecar(self._content, done)))
        temporary.replace(_sidecar(self._path))

    def restart(self) -> None:
        """Forget what is there."""
        with self._lock:
            self.done = []
        self.save()

    def sha256(self) -> str:
        """Of the whole part, lower-case hex."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with open(self._descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def finish(self) -> None:
        """The part becomes the file, whole and on disk, or nothing has changed. Raises OSError."""
        os.fsync(self._descriptor)
        self._path.replace(self._target)
        _sidecar(self._path).unlink(missing_ok=True)
        directory = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # not every file system syncs directories
                os.fsync(directory)
        finally:
            os.close(directory)

    def discard(self) -> None:
        """Remove it."""
        self._path.unlink(missing_ok=True)
        _sidecar(self._path).unlink(missing_ok=True)


def part_path(target: Path) -> Path:
    """Beside the target; a name that would be too long is shortened to a digest."""
    name = f"{target.name}.part"
    if len(os.fsencode(name)) + len(".json") > _LONGEST_NAME:
        name = f"{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:32]}.part"
    return target.with_name(name)


def _sidecar(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _check_ours(path: Path) -> None:
    """Raises Conflict where a file of somebody else has one of the two names."""
    sidecar = _sidecar(path)
    if path.exists() and not sidecar.exists() and (not path.is_file() or path.stat().st_size):
        raise Conflict(f"{path} is in the way, and no download has made it: move it away.")
    if sidecar.exists() and not path.exists() and _read(sidecar) is None:
        raise Conflict(f"{sidecar} is in the way, and no download has made it: move it away.")


def _read(path: Path) -> _Sidecar | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Sidecar)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _known(path: Path, content: Described) -> list[Span]:
    """What a sidecar says is there; nothing where it is missing, damaged, or about other content."""
    found = _read(path)
    if (
        found is None
        or found.content != content
        or any(not 0 <= start < stop <= content.size for start, stop in found.done)
    ):
        return []
    return merged(Span(start, stop) for start, stop in found.done)
