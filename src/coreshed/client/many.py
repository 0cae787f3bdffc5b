"""Many files at once: directories to folders and back, small files side by side, and one failure never the end."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from coreshed.client import file_calls
from coreshed.client.errors import Conflict, CoreshedError, NotSignedIn, Unreachable
from coreshed.client.model import File
from coreshed.client.plans import Item, Plan, key
from coreshed.client.pulling import pull as pull_one
from coreshed.client.pushing import Options, Site
from coreshed.client.pushing import push as push_one
from coreshed.client.transfers.blocks import MIB
from coreshed.client.transfers.meter import Progress
from coreshed.client.transfers.parallel import check_connections
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


# Up


def push(
    site: Site, plan: Plan, *, force: bool = False, connections: int = 4, progress: Report | None = None
) -> Iterator[Outcome]:
    """Send all, telling what became of each, in order. Raises NotSignedIn, Unreachable, which hold for the rest too."""
    check_connections(connections)
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
        run, patience = site.sender.run, Patience()
        files = run(file_calls.list_files(site.session), patience)
        pending = run(file_calls.pending(site.session), patience)
        return cls(*(frozenset(key(each.full_path) for each in found) for found in (files, pending)))

    def may_exist(self, path: str) -> bool:
        return self.files is None or key(path) in self.files

    def may_be_pending(self, path: str) -> bool:
        return self.pending is None or key(path) in self.pending


# Down


def pull(
    site: Site, plan: Plan, *, version: str | None = None, connections: int = 4, progress: Report | None = None
) -> Iterator[Outcome]:
    """Fetch all, telling what became of each, in order. Raises NotSignedIn, Unreachable, as push does."""
    check_connections(connections)

    def fetch(item: Item, alone: int, patience: Patience) -> Outcome:
        item.local.parent.mkdir(parents=True, exist_ok=True)
        if item.local.is_dir():
            raise Conflict(f"{item.local} is a directory.")
        report = _reporter(item.path, progress)
        assert item.asked is not None  # noqa: S101  (what has none has an error)
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
