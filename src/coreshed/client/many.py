"""Many files at once: directories to folders and back, small files side by side, and one failure never the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coreshed.client import file_calls
from coreshed.client.crews import Outcome, each
from coreshed.client.errors import Conflict
from coreshed.client.plans import Item, Plan, key
from coreshed.client.pulling import pull as pull_one
from coreshed.client.pushing import Options, Site
from coreshed.client.pushing import push as push_one
from coreshed.client.transfers.meter import Progress
from coreshed.client.transfers.parallel import check_connections
from coreshed.client.transfers.patience import Patience

Report = Callable[[str, Progress], None]
# From so many files on, two lists cost less than two questions for each.
_MANY = 4


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

    return each(plan.files, send, connections)


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

    return each(plan.files, fetch, connections)


# Both


def _reporter(name: str, progress: Report | None) -> Callable[[Progress], None] | None:
    return None if progress is None else lambda found: progress(name, found)
