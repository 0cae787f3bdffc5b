"""Files into upload sessions: many at once, gone on with after a cut, and published together when all are there."""

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from coreshed import upload_rules
from coreshed.client import operation_answers as answers
from coreshed.client import upload_calls
from coreshed.client.calls import Flow
from coreshed.client.crews import Outcome, each
from coreshed.client.errors import Conflict, CoreshedError, Invalid, Mismatch
from coreshed.client.plans import Item, walked
from coreshed.client.pushing import Site
from coreshed.client.transfers import blocks, whole
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter, Report
from coreshed.client.transfers.parallel import check_connections
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Digest, Source
from coreshed.client.transfers.upload import CONNECTIONS, Overtaken, Upload
from coreshed.client.upload_calls import Target

T = TypeVar("T")
Tell = Callable[[Outcome], None]
LocalPath = str | os.PathLike[str]
Paths = LocalPath | Sequence[LocalPath]
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A completed session. items: as the server describes those that it made or added to; files: in their order.

    sent, found: bytes sent now, and bytes that the server had of an earlier attempt.
    """

    upload_id: str
    items: list[dict[str, Any]]
    item_ids: list[str]
    files: tuple[Outcome, ...]

    @property
    def sent(self) -> int:
        """In bytes."""
        return sum(each.moved for each in self.files)

    @property
    def found(self) -> int:
        """In bytes."""
        return sum(each.found for each in self.files)


@dataclass(frozen=True, slots=True)
class Wish:
    """How files are to be sent. said: members of `uploads.complete`; those that are None are left to the server.

    resume: go on with a session of the same files that waits for the rest, and leave one to be gone on with.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    connections: int = CONNECTIONS
    resume: bool = True

    def __post_init__(self) -> None:
        """Raises Invalid."""
        check_connections(self.connections)
        for name, value in self.said.items():
            fault = "" if value is None else _FAULTS.get(name, upload_rules.json_fault)(value)
            if fault:
                raise Invalid(f"{name}: {fault}")


_FAULTS: Mapping[str, Callable[[Any], str]] = {
    "name": upload_rules.name_fault,
    "datetime": upload_rules.time_fault,
    "properties": upload_rules.object_fault,
    "user_metadata": upload_rules.object_fault,
}


class Unfinished(Exception):
    """Files failed, each of which has been told of; nothing was published.

    last: of the failures. begun: false where they were refused before there was a session.
    """

    def __init__(self, last: Exception, count: int, *, begun: bool) -> None:
        super().__init__(str(last))
        self.last, self.count, self.begun = last, count, begun


class Ground:
    """Where several sessions go: what the server says of it is asked once."""

    def __init__(self, site: Site, target: Target, wish: Wish, patience: Patience) -> None:
        self.site, self.target, self.wish, self.patience = site, target, wish, patience
        self._lock = threading.Lock()
        self._waiting: list[answers.UploadOutput] = []

    @classmethod
    def ask(
        cls,
        site: Site,
        wish: Wish,
        patience: Patience,
        *,
        project: str | None = None,
        collection: str | None = None,
        item: str | None = None,
        asset_key: str | None = None,
    ) -> "Ground":
        """Of names or ids. Raises NotFound, Ambiguous, Refused, Invalid, NotSignedIn, Unreachable."""
        fault = "" if asset_key is None else upload_rules.asset_key_fault(asset_key)
        if fault:
            raise Invalid(f"asset_key: {fault}")
        flow = upload_calls.target(site.session, project=project, collection=collection, item=item, asset_key=asset_key)
        made = cls(site, site.sender.run(flow, patience), wish, patience)
        if wish.resume:
            waiting = made.run(upload_calls.under_way(site.session, made.target.project_id))
            made._waiting = [each for each in waiting if made.target.fits(each)]
        return made

    def run(self, flow: Flow[T]) -> T:
        """Its result."""
        return self.site.sender.run(flow, self.patience)

    def waiting(self, files: Mapping[str, int]) -> answers.UploadDetail | None:
        """The newest session that waits for these files, sizes by name, and for no others; each is given once.

        One without files is left alone: whoever began it may be about to send others.
        """
        with self._lock:
            size = sum(files.values())
            for one in [each for each in self._waiting if (each.file_count, each.total_bytes) == (len(files), size)]:
                found = self.run(upload_calls.detail(self.site.session, one.id))
                there = {file.file_name: file.size_bytes for file in found.files}
                if there and all(name in files and kept in {None, files[name]} for name, kept in there.items()):
                    self._waiting.remove(one)
                    return found
        return None


def upload_paths(
    site: Site, paths: Paths, place: Mapping[str, str | None], wish: Wish, progress: Report | None, patience: Patience
) -> Uploaded:
    """What the clients' `upload` does. place: named arguments of `Ground.ask`. Raises what it raises, and OSError."""
    named = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    plan = walked([Path(path) for path in named])
    try:
        return upload(Ground.ask(site, wish, patience, **place), plan.files, progress=progress)
    except Unfinished as error:
        kept = "; the same call goes on with the rest" if wish.resume and error.begun else ""
        done = "published" if error.begun else "sent"
        error.last.add_note(f"{error.count} of {len(plan.files)} files failed, and nothing was {done}{kept}.")
        raise error.last from None


def upload(
    ground: Ground,
    items: Sequence[Item],
    *,
    tell: Tell | None = None,
    progress: Report | None = None,
    connections: int | None = None,
    patience: Patience | None = None,
) -> Uploaded:
    """One session with all of these files. tell: called with what became of each, in order.

    connections, patience: of one of several sessions; those of the ground where not given.
    Raises Unfinished where files failed, and CoreshedError where the session did.
    """
    refused = _refused(ground, items)
    for outcome in refused:
        if tell is not None:
            tell(outcome)
    _require_all(refused, begun=False)
    session = _Session(ground, items, progress, connections or ground.wish.connections, patience or ground.patience)
    try:
        return session.run(tell or (lambda _outcome: None))
    except BaseException as error:
        # Nobody goes on with a session that has no files.
        if not ground.wish.resume or not session.announced:
            session.give_up(error)
        raise


def _refused(ground: Ground, items: Sequence[Item]) -> list[Outcome]:
    """What is known to fail before anything is sent: then nothing is."""
    limits = ground.target.limits
    if not items:
        raise Invalid("There is no file to upload.")
    if len(items) > limits.max_files:
        raise Invalid(f"An upload has at most {limits.max_files} files, and these are {len(items)}.")
    found: list[Outcome] = []
    taken: dict[str, Item] = {}
    for item in items:
        error = item.error or _fault(item, taken.setdefault(item.path, item), limits.max_file_name_bytes)
        if error is not None:
            found.append(Outcome(item.path, item.local, error))
    return found


def _fault(item: Item, first: Item, longest: int) -> Exception | None:
    if first is not item:
        return Conflict(f"{first.local} has the same name in the upload.")
    fault = upload_rules.file_name_fault(item.path, longest)
    if fault:
        return Invalid(f"The name cannot be: {fault}")
    try:
        with Source.open(item.local):
            pass
    except (OSError, Invalid) as error:
        return error
    return None


def _require_all(outcomes: Sequence[Outcome], *, begun: bool) -> None:
    """Raises Unfinished."""
    failed = [outcome.error for outcome in outcomes if outcome.error is not None]
    if failed:
        raise Unfinished(failed[-1], len(failed), begun=begun)


class _Session:
    """One session and the files that go into it."""

    def __init__(
        self, ground: Ground, items: Sequence[Item], progress: Report | None, connections: int, patience: Patience
    ) -> None:
        self._ground, self._items, self._connections, self._patience = ground, items, connections, patience
        self._site, self._wish = ground.site, ground.wish
        self._meter = Meter(sum(item.size for item in items), progress)
        self._there: dict[str, answers.UploadedFile] = {}
        self._id: str | None = None
        self.announced = False  # true once the server knows of a file

    def run(self, tell: Tell) -> Uploaded:
        """Send what is missing, compare, complete."""
        self._id = self._opened()
        outcomes: list[Outcome] = []
        for outcome in each(self._items, self._send, self._connections, self._patience.attempt()):
            outcomes.append(outcome)
            tell(outcome)
        _require_all(outcomes, begun=True)
        self._compare(outcomes)
        said = {**self._wish.said, "files": [{"file_name": outcome.path} for outcome in outcomes]}
        done = self._ground.run(upload_calls.complete(self._site.session, self._id, said))
        # Who completed it first is answered: that may have been another client, with other files.
        self._compare(outcomes)
        return Uploaded(self._id, done.items, done.item_ids, tuple(outcomes))

    def give_up(self, error: BaseException) -> None:
        """Free what was reserved, and have removed what has arrived."""
        if self._id is not None:
            with contextlib.suppress(CoreshedError):
                flow = upload_calls.fail(self._site.session, self._id, str(error) or "interrupted")
                self._site.sender.run(flow)

    def _opened(self) -> str:
        sizes = {item.path: item.size for item in self._items}
        found = self._ground.waiting(sizes) if self._wish.resume else None
        if found is None:
            flow = upload_calls.initiate(
                self._site.session, self._ground.target, len(sizes), sum(sizes.values()), str(uuid4())
            )
            return self._ground.run(flow).id
        self._there = {file.file_name: file for file in found.files}
        self.announced = True
        return found.id

    def _compare(self, outcomes: Sequence[Outcome]) -> None:
        """Raises Mismatch where the server has other content than was sent, of any file."""
        assert self._id is not None  # noqa: S101  (it is open)
        found = self._ground.run(upload_calls.detail(self._site.session, self._id))
        there = {file.file_name: file.checksum_sha256 for file in found.files}
        for outcome in outcomes:
            if there.get(outcome.path) != outcome.sha256:
                said = f"The server has other content of {outcome.path!r} than was sent"
                raise Mismatch(f"{said}: somebody else has used the upload session {self._id}.")

    def _send(self, item: Item, connections: int, patience: Patience) -> Outcome:
        assert self._id is not None  # noqa: S101  (it is open)
        with Source.open(item.local) as source:
            meter = Meter(source.size, None, self._meter)
            work = _File(self, self._id, item, source, meter, patience)
            return work.small() if source.size <= whole.LARGEST else work.large(connections)

    def known(self, name: str) -> answers.UploadedFile | None:
        """What the server had of a file when the session was gone on with."""
        return self._there.get(name)

    def exchange(self, upload_id: str, name: str, patience: Patience) -> Exchange:
        """Requests to the link of a file."""

        def renewed() -> str:
            return self._site.sender.run(upload_calls.link(self._site.session, upload_id, name))

        first = self._site.sender.run(upload_calls.link(self._site.session, upload_id, name), patience)
        self.announced = True
        return Exchange(self._site.lines, Link(renewed, first), patience.attempt())


class _File:
    """One file on its way into a session."""

    def __init__(
        self, session: _Session, upload_id: str, item: Item, source: Source, meter: Meter, patience: Patience
    ) -> None:
        self._session, self._upload_id, self._item = session, upload_id, item
        self._source, self._meter, self._patience = source, meter, patience

    def small(self) -> Outcome:
        """By one PUT."""
        digests = whole.Digests.of(self._source, self._patience)
        if self._is_there(digests.sha256):
            return self._unchanged(digests.sha256)
        whole.put(self._exchange(), self._source, digests, self._meter)
        return self._sent(digests.sha256, 0)

    def large(self, connections: int) -> Outcome:
        """In blocks."""
        digest = Digest(self._source, self._patience.check)
        try:
            if self._has_size and self._is_there(digest.result()):
                return self._unchanged(digest.result())
            return self._sent(digest.result(), self._in_blocks(connections, digest))
        except BaseException:
            self._patience.stop()
            raise
        finally:
            digest.end()

    def _in_blocks(self, connections: int, digest: Digest) -> int:
        source = self._source
        planned = blocks.plan(source.size, source.mtime_ns)
        for attempt in range(_ATTEMPTS):
            sending = Upload(self._exchange(), source, self._meter, stating=True)
            known = self._session.known(self._item.path) is not None and attempt == 0
            try:
                return sending.finish(planned, sending.staged() if known else {}, connections, digest)
            except (Mismatch, Overtaken):
                # Another state of the file with the same size and time was half way there.
                source.check()
                if attempt == _ATTEMPTS - 1:
                    raise
                self._meter.restart()
        raise AssertionError

    @property
    def _has_size(self) -> bool:
        known = self._session.known(self._item.path)
        return known is not None and known.size_bytes == self._source.size

    def _is_there(self, sha256: str) -> bool:
        known = self._session.known(self._item.path)
        return known is not None and known.checksum_sha256 == sha256

    def _exchange(self) -> Exchange:
        return self._session.exchange(self._upload_id, self._item.path, self._patience)

    def _unchanged(self, sha256: str) -> Outcome:
        self._source.check()
        self._meter.found(self._source.size)
        return Outcome(self._item.path, self._item.local, unchanged=True, found=self._source.size, sha256=sha256)

    def _sent(self, sha256: str, found: int) -> Outcome:
        return Outcome(self._item.path, self._item.local, moved=self._meter.moved, found=found, sha256=sha256)
