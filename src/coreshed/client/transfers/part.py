"""A file that is still arriving: a hidden file with its bytes, and beside it a journal of which of them are there.

The journal is one line that says what the bytes are of, and then one line each time with all that has arrived. A line
is written after its bytes are on disk, and is only a hint: the digest of the whole decides in the end. That a download
has made the two files is known by that first line, never by their names.
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Literal

import msgspec

from coreshed.client.errors import Conflict
from coreshed.client.transfers.ranges import Span, merged

_SAVE_EVERY = 1.0  # seconds
_LONGEST_NAME = 255  # bytes, of most file systems
_LONGEST_HEADER = 1 << 16
_PART, _JOURNAL = ".coreshed-part", ".coreshed-part.json"


class Described(msgspec.Struct, frozen=True):
    """The content that a part is of; a part of other content is of no use."""

    version_id: str
    etag: str
    size: int


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag="coreshed part"):
    """The first line of a journal. target: digest of the name that the file is to take."""

    version: Literal[1]
    target: str
    content: Described


class Part:
    """The open part of a file. May be written by several threads at once."""

    _journal: "_Journal"

    def __init__(self, target: Path, descriptor: int) -> None:
        self.done: list[Span] = []
        self._target, self._descriptor = target, descriptor
        self._path, self._journal_path = part_names(target)
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._saved = time.monotonic()

    @classmethod
    @contextmanager
    def open(cls, target: Path, content: Described) -> Iterator["Part"]:
        """Make it, or go on with what is there of the same content; nothing is left of one that got no bytes.

        Raises Conflict where another process is at it, or where a file that no download has made has its name.
        """
        path, journal_path = part_names(target)
        _check_ours(target)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            _lock(descriptor, path)
            part = cls(target, descriptor)
            try:
                with _Journal.open(journal_path, _Header(1, _digest(target), content)) as journal:
                    part._begin(journal, content)
                    yield part
            except BaseException:
                if not part.done:
                    part.discard()
                raise
        finally:
            os.close(descriptor)

    def _begin(self, journal: "_Journal", content: Described) -> None:
        self._journal = journal
        # A file that ends before its content does was made just now, or somebody cut it.
        if journal.same and os.fstat(self._descriptor).st_size == content.size:
            self.done = journal.done
            return
        # In this order: who finds the two after a kill at any moment can tell that they are a download's.
        os.ftruncate(self._descriptor, 0)
        journal.begin()
        os.ftruncate(self._descriptor, content.size)

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
            done = list(self.done)
        os.fdatasync(self._descriptor)
        self._journal.add(done)

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
        """The part becomes the file, whole and on disk, or nothing has changed. Raises OSError, Conflict."""
        os.fsync(self._descriptor)
        if not _leads_to(self._path, self._descriptor):
            raise Conflict(f"{self._path} was moved or replaced while it was downloaded; do it again.")
        self._path.replace(self._target)
        self._journal_path.unlink(missing_ok=True)
        directory = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # not every file system syncs directories
                os.fsync(directory)
        finally:
            os.close(directory)

    def discard(self) -> None:
        """Remove it."""
        if _leads_to(self._path, self._descriptor):
            self._path.unlink(missing_ok=True)
            self._journal_path.unlink(missing_ok=True)


class _Journal:
    """The open journal of a part, whose lock is held. same: whether it was about this content; done: what it said."""

    def __init__(self, descriptor: int, header: _Header) -> None:
        self._descriptor, self._header = descriptor, header
        with open(descriptor, "rb", closefd=False) as file:
            found, lines = _header(file.readline(_LONGEST_HEADER)), file.readlines()
        self.same = found == header
        self.done: list[Span] = []
        for line in lines:
            said = _spans(line, header.content.size)
            self.done = self.done if said is None else said
        # A last line that was cut must not become the beginning of the next one.
        if lines and not lines[-1].endswith(b"\n"):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(lines[-1]))

    @classmethod
    @contextmanager
    def open(cls, path: Path, header: _Header) -> Iterator["_Journal"]:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o666)
        try:
            yield cls(descriptor, header)
        finally:
            os.close(descriptor)

    def begin(self) -> None:
        """Nothing is there."""
        os.ftruncate(self._descriptor, 0)
        self._append(msgspec.json.encode(self._header))

    def add(self, done: list[Span]) -> None:
        """All that is there by now."""
        self._append(msgspec.json.encode([(span.start, span.stop) for span in done]))
        os.fdatasync(self._descriptor)

    def _append(self, line: bytes) -> None:
        length = os.fstat(self._descriptor).st_size
        content = line + b"\n"
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError:
            os.ftruncate(self._descriptor, length)
            raise


def part_names(target: Path) -> tuple[Path, Path]:
    """Where the bytes and the journal of a file that is to become `target` are: hidden, beside it.

    Two targets have other names: the digest is of the whole name, of which long ones are shown in part.
    """
    room = _LONGEST_NAME - len(f"..{_digest(target)}{_JOURNAL}")
    shown = os.fsencode(target.name)[:room].decode("utf-8", "ignore")
    stem = f".{shown}.{_digest(target)}"
    return target.parent / f"{stem}{_PART}", target.parent / f"{stem}{_JOURNAL}"


def _digest(target: Path) -> str:
    return hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"Another program is downloading to {path}.") from None
    # Who had the lock before may have finished: then this is the finished file, and not to be written.
    if not _leads_to(path, descriptor):
        raise Conflict(f"Another program has just downloaded to {path}.")


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _check_ours(target: Path) -> None:
    """Raises Conflict where a file that no download of this target has made has one of the two names.

    Empty files hold nothing of anybody: a download that was killed in its first moments leaves them.
    """
    path, journal = part_names(target)
    sizes = {each: _size(each) for each in (path, journal)}
    found = None
    if sizes[journal]:
        with journal.open("rb") as file:
            found = _header(file.readline(_LONGEST_HEADER))
        if found is None or found.target != _digest(target):
            raise Conflict(f"{journal} is in the way, and no download has made it: move it away.")
    if sizes[path] and found is None:
        raise Conflict(f"{path} is in the way, and no download has made it: move it away.")


def _size(path: Path) -> int:
    """In bytes, 0 where there is nothing. Raises Conflict where it is no regular file."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return 0
    if not S_ISREG(state.st_mode):
        raise Conflict(f"{path} is in the way, and no download has made it: move it away.")
    return state.st_size


def _header(line: bytes) -> _Header | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(line, type=_Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _spans(line: bytes, size: int) -> list[Span] | None:
    """What a line says is there; None where it is damaged."""
    try:
        found = msgspec.json.decode(line, type=list[tuple[int, int]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if any(not 0 <= start < stop <= size for start, stop in found):
        return None
    return merged(Span(start, stop) for start, stop in found)
