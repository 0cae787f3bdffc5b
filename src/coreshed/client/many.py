"""Many files at once: directories to folders and back, small files side by side, and one failure never the end."""

import os
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Any, TypeVar

from coreshed.client import file_calls
from coreshed.client.errors import Conflict, CoreshedError, Gone, Invalid, NotFound, NotSignedIn, Unreachable
from coreshed.client.model import File
from coreshed.client.pulling import pull as pull_one
from coreshed.client.pushing import Options, Site
from coreshed.client.pushing import push as push_one
from coreshed.client.transfers.blocks import MIB
from coreshed.client.transfers.meter import Progress
from coreshed.client.transfers.patience import Patience

T = TypeVar("T")
Report = Callable[[str, Progress], None]
# Larger files have all connections to themselves.
_LARGE = 64 * MIB
# From so many files on, two lists cost less than two questions for each.
_MANY = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. path: on the server; moved, found: bytes moved now, and bytes that were there."""

    path: str
    local: Path
    error: Exception | None = None
    unchanged: bool = False
    moved: int = 0
    found: int = 0
    sha256: str | None = None
    file: File | None = None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "path": self.path,
            "status": "unchanged" if self.unchanged else "done",
            "size": None if self.file is None else self.file.size,
            "moved": self.moved,
            "found": self.found,
            "sha256": self.sha256,
            "file_id": None if self.file is None else self.file.file_id,
            "version_id": None if self.file is None else self.file.version_id,
        }


@dataclass(frozen=True, slots=True)
class Item:
    """One file to move. error: why it is not even tried. asked: what names it on the server."""

    local: Path
    path: str
    size: int = 0
    error: Exception | None = None
    asked: str = ""


@dataclass(slots=True)
class Plan:
    """What is to be done, in order. skipped: local paths that are no files."""

    files: list[Item] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


def key(path: str) -> str:
    """The form under which the server compares paths."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path.strip("/")).casefold())


# Up


def plan_push(paths: Sequence[Path], folder: str, name: str | None) -> Plan:
    """Every file below these paths, in the order of their names, and where on the server it goes."""
    plan = Plan()
    for path in paths:
        target = "/".join(part for part in (folder.strip("/"), name or path.resolve().name) if part)
        try:
            _add(plan, path, target, path.stat())
        except OSError as error:
            plan.files.append(Item(path, target, error=error))
    seen: dict[str, Item] = {}
    for number, item in enumerate(plan.files):
        other = seen.setdefault(key(item.path), item)
        if other is not item:
            said = f"{other.local} has the same path on the server, where capital and small letters are the same."
            plan.files[number] = Item(item.local, item.path, error=Conflict(said))
    return plan


def _add(plan: Plan, path: Path, target: str, state: os.stat_result) -> None:
    if S_ISREG(state.st_mode):
        plan.files.append(Item(path, target, state.st_size))
    elif not S_ISDIR(state.st_mode):
        plan.skipped.append(path)
    else:
        for child in sorted(path.iterdir()):
            place = f"{target}/{child.name}"
            try:
                state = child.lstat()
                if S_ISLNK(state.st_mode):
                    plan.skipped.append(child)
                else:
                    _add(plan, child, place, state)
            except OSError as error:
                plan.files.append(Item(child, place, error=error))


def push(
    site: Site, plan: Plan, *, force: bool = False, connections: int = 4, progress: Report | None = None
) -> Iterator[Outcome]:
    """Send all, telling what became of each, in order. Raises NotSignedIn, Unreachable, which hold for the rest too."""
    known = _Known.ask(site, len(plan.files))

    def send(item: Item, alone: int, patience: Patience) -> Outcome:
        report = _reporter(item.path, progress)
        options = Options(force, alone, report, known.may_exist(item.path), known.may_be_pending(item.path))
        done = push_one(site, item.local, item.path, options, patience)
        return Outcome(
            item.path,
            item.local,
            unchanged=done.unchanged,
            moved=done.sent,
            found=done.found,
            sha256=done.sha256,
            file=done.file,
        )

    return _each(plan.files, send, connections)


@dataclass(frozen=True, slots=True)
class _Known:
    """Paths at which something is, and paths to which something is under way; None where nobody asked."""

    files: frozenset[str] | None = None
    pending: frozenset[str] | None = None

    @classmethod
    def ask(cls, site: Site, count: int) -> "_Known":
        if count < _MANY:
            return cls()
        run = site.sender.run
        files = frozenset(key(each.full_path) for each in run(file_calls.list_files(site.session)))
        return cls(files, frozenset(key(each.full_path) for each in run(file_calls.pending(site.session))))

    def may_exist(self, path: str) -> bool:
        return self.files is None or key(path) in self.files

    def may_be_pending(self, path: str) -> bool:
        return self.pending is None or key(path) in self.pending


# Down


def plan_pull(site: Site, wanted: Sequence[str], place: str, version: str | None) -> Plan:
    """Every file that is meant, and where it goes: never outside of `place`, and never two to one name.

    Raises CoreshedError where the server cannot be asked.
    """
    plan = Plan()
    destination = Path(place)
    into = destination.is_dir() or place.endswith("/") or len(wanted) > 1
    for each in wanted:
        plan.files += _meant(site, each, destination, version, into=into)
    taken: dict[str, str] = {}
    for number, item in enumerate(plan.files):
        error = item.error or _unsafe(item, destination) or _clash(item, taken)
        if error is not None:
            plan.files[number] = Item(item.local, item.path, error=error)
    return plan


def _meant(site: Site, wanted: str, destination: Path, version: str | None, *, into: bool) -> list[Item]:
    """The file of this path or id, or the files of this folder."""
    if wanted.strip("/"):
        try:
            file = site.sender.run(file_calls.locate(site.session, wanted, version=version, deleted=True)).public()
        except (NotFound, Gone, Invalid) as error:
            if file_calls.is_id(wanted) or version is not None:
                return [Item(destination, wanted, error=error)]
        else:
            local = _inside(destination, file.name) if into else destination
            return [Item(local, file.full_path, file.size, asked=file.file_id)]
    folder = wanted.strip("/")
    start = len(folder) + 1 if folder else 0
    above = folder.rpartition("/")[0]
    cut = len(above) + 1 if above else 0
    found = [
        each
        for each in site.sender.run(file_calls.list_files(site.session))
        if not folder or key(each.full_path[:start]) == key(folder)
    ]
    if not found and folder:
        return [Item(destination, wanted, error=NotFound(f"There is no file or folder {wanted!r}."))]
    ordered = sorted(found, key=lambda each: each.full_path)
    return [
        Item(_inside(destination, each.full_path[cut:]), each.full_path, each.size, asked=each.file_id)
        for each in ordered
    ]


def _inside(destination: Path, relative: str) -> Path:
    """The place of a remote path below a directory; what leads out of it is found by `_unsafe`."""
    return Path(f"{destination}/{relative}")


def _unsafe(item: Item, destination: Path) -> Exception | None:
    """Why a remote name may not be used here."""
    parts = item.path.split("/")
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        return Invalid(f"{item.path!r} is no path that can be written below {destination}.")
    root = os.path.realpath(destination)
    parent = os.path.realpath(item.local.parent)
    if item.local != destination and os.path.commonpath([root, parent]) != root:
        return Invalid(f"A symbolic link leads from {item.local.parent} out of {destination}.")
    return None


def _clash(item: Item, taken: dict[str, str]) -> Exception | None:
    """Two names that differ in case alone, or one file twice; on many disks they are one file."""
    text = ""
    for part in item.local.parts:
        text = f"{text}/{part}"
        other = taken.setdefault(key(text), text)
        if other != text:
            return Conflict(f"{text.lstrip('/')} and {other.lstrip('/')} differ in capital letters alone.")
    again = taken.setdefault(f"file {item.local}", item.asked)
    return None if again == item.asked else Conflict(f"Another file goes to {item.local} already.")


def pull(
    site: Site, plan: Plan, *, version: str | None = None, connections: int = 4, progress: Report | None = None
) -> Iterator[Outcome]:
    """Fetch all, telling what became of each, in order. Raises NotSignedIn, Unreachable, as push does."""

    def fetch(item: Item, alone: int, patience: Patience) -> Outcome:
        item.local.parent.mkdir(parents=True, exist_ok=True)
        if item.local.is_dir():
            raise Conflict(f"{item.local} is a directory.")
        report = _reporter(item.path, progress)
        done = pull_one(site, item.asked, item.local, patience, version=version, connections=alone, progress=report)
        return Outcome(
            item.path,
            item.local,
            unchanged=done.unchanged,
            moved=done.received,
            found=done.found,
            sha256=done.sha256,
            file=done.file,
        )

    return _each(plan.files, fetch, connections)


# Both


def _reporter(name: str, progress: Report | None) -> Callable[[Progress], None] | None:
    return None if progress is None else lambda found: progress(name, found)


def _each(items: Sequence[Item], work: Callable[[Item, int, Patience], Outcome], connections: int) -> Iterator[Outcome]:
    """What became of each item, in order: large ones alone on all connections, runs of small ones side by side."""
    crew = _Crew(work)
    try:
        with ThreadPoolExecutor(connections, "coreshed-file") as pool:
            for large, run in groupby(items, key=lambda item: item.size > _LARGE):
                if large:
                    yield from (crew.outcome(item, connections) for item in run)
                else:
                    yield from _side_by_side(pool, crew, list(run))
    finally:
        crew.stop()


def _side_by_side(pool: ThreadPoolExecutor, crew: "_Crew", items: Iterable[Item]) -> Iterator[Outcome]:
    running: list[Future[Outcome]] = [pool.submit(crew.outcome, item, 1) for item in items]
    try:
        for future in running:
            yield future.result()
    except BaseException:
        for future in running:
            future.cancel()
        crew.stop()
        raise


class _Crew:
    """Does the work for items and can be told to stop all of it."""

    def __init__(self, work: Callable[[Item, int, Patience], Outcome]) -> None:
        self._work = work
        self._running: set[Patience] = set()
        self._lock = threading.Lock()

    def outcome(self, item: Item, connections: int) -> Outcome:
        """Of one item; its own failure is an outcome. Raises NotSignedIn, Unreachable."""
        if item.error is not None:
            return Outcome(item.path, item.local, item.error)
        patience = Patience()
        with self._lock:
            self._running.add(patience)
        try:
            return self._work(item, connections, patience)
        except (NotSignedIn, Unreachable):
            raise
        except (CoreshedError, OSError) as error:
            return Outcome(item.path, item.local, error)
        finally:
            with self._lock:
                self._running.discard(patience)

    def stop(self) -> None:
        """End what is under way."""
        with self._lock:
            for patience in self._running:
                patience.stop()
