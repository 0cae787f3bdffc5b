"""Bringing a local file to a path: what is there already is not sent, what was begun is gone on with."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from coreshed.client import file_calls
from coreshed.client.calls import Flow
from coreshed.client.errors import Mismatch, NotFound, ServerFailed
from coreshed.client.file_calls import FileId, Located, Offered
from coreshed.client.model import File
from coreshed.client.session import Session
from coreshed.client.transfers import blocks, download
from coreshed.client.transfers.connection import Lines
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter, Report
from coreshed.client.transfers.parallel import check_connections
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Digest, Source
from coreshed.client.transfers.upload import CONNECTIONS, Overtaken, Upload

if TYPE_CHECKING:
    from coreshed.client.senders import Sender

T = TypeVar("T")
_ATTEMPTS = 3
_SHOWN_AFTER = 30  # attempts, a second apart, on servers that publish later than they answer
_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Site:
    """What moving files needs: who asks, where, and over which connections."""

    sender: "Sender"
    session: Session
    lines: Lines


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a file. sent, found: bytes sent now, and bytes that the server had of an earlier attempt."""

    file: File
    sha256: str
    unchanged: bool
    sent: int = 0
    found: int = 0
    sent_again: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """force: send also what is there. before: whether anything may be at the path, or half way to it."""

    force: bool = False
    connections: int = CONNECTIONS
    progress: Report | None = None
    may_exist: bool = True
    may_be_pending: bool = True

    def __post_init__(self) -> None:
        """Raises Invalid."""
        check_connections(self.connections)


def push(site: Site, local: Path, path: str, options: Options, patience: Patience) -> Pushed:
    """Upload a file as a new version. Raises CoreshedError, OSError of the file."""
    with Source.open(local) as source:
        work = _Push(site, source, path, options, patience)
        digest = Digest(source, patience.check)
        try:
            return work.run(digest)
        except BaseException:
            patience.stop()
            raise
        finally:
            digest.end()


class _Push:
    def __init__(self, site: Site, source: Source, path: str, options: Options, patience: Patience) -> None:
        self._site, self._source, self._path = site, source, path
        self._options, self._patience = options, patience
        self._meter = Meter(source.size, options.progress)
        self._blocks = blocks.plan(source.size, source.mtime_ns)
        self._mark = blocks.fingerprint(source.size, source.mtime_ns)

    def run(self, digest: Digest) -> Pushed:
        there = self._ask(file_calls.newest(self._site.session, self._path)) if self._looks else None
        if there is not None and self._is_there(there, digest):
            self._source.check()
            self._meter.found(self._source.size)
            return Pushed(there.public(), digest.result(), unchanged=True)
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(digest, fresh=attempt > 0)
            except (Mismatch, Overtaken):
                # Another state of the file with the same size and time was half way there, or somebody else finished.
                self._source.check()
                if attempt == _ATTEMPTS - 1:
                    raise
                self._meter.restart()
        raise AssertionError

    @property
    def _looks(self) -> bool:
        return self._options.may_exist and not self._options.force

    def _is_there(self, there: Located, digest: Digest) -> bool:
        if there.size != self._source.size:
            return False
        exchange = self._exchange(Link(lambda: self._relocated(there), there.download))
        return download.examine(exchange).sha256 == digest.result()

    def _relocated(self, there: Located) -> str:
        flow = file_calls.locate(self._site.session, FileId(there.file_id), version=there.version_id)
        return self._site.sender.run(flow).download

    def _exchange(self, link: Link) -> Exchange:
        return Exchange(self._site.lines, link, self._patience.attempt())

    def _attempt(self, digest: Digest, *, fresh: bool) -> Pushed:
        offered, staged = (None if fresh else self._resumable()) or (self._begin(), {})
        upload = self._upload_to(offered)
        found = upload.finish(self._blocks, staged, self._options.connections, digest)
        file = self._published(offered)
        meter = self._meter
        return Pushed(
            file, digest.result(), unchanged=False, sent=meter.moved, found=found, sent_again=meter.sent_again
        )

    def _begin(self) -> Offered:
        return self._ask(file_calls.begin(self._site.session, self._path))

    def _upload_to(self, offered: Offered) -> Upload:
        def renewed() -> str:
            flow = file_calls.go_on(self._site.session, offered.file_id, offered.version_id)
            return self._site.sender.run(flow).upload

        return Upload(self._exchange(Link(renewed, offered.upload)), self._source, self._meter)

    def _resumable(self) -> tuple[Offered, dict[bytes, int]] | None:
        """The newest unfinished upload of this state of the file, and what the server has of it.

        One without blocks is left alone: nothing is gained by it, and somebody else may be about to use it.
        """
        if not self._options.may_be_pending or not self._blocks:
            return None
        for each in self._ask(file_calls.pending(self._site.session, self._path))[:_CANDIDATES]:
            try:
                offered = self._ask(file_calls.go_on(self._site.session, each.file_id, each.version_id))
            except Overtaken:
                continue
            staged = self._upload_to(offered).staged()
            if staged and blocks.carries(staged, self._mark):
                return offered, staged
        return None

    def _published(self, offered: Offered) -> File:
        """The file as it is now. A server may take its time between the commit and showing the version."""
        for _ in range(_SHOWN_AFTER):
            try:
                there = FileId(offered.file_id)
                file = self._ask(file_calls.get(self._site.session, there, version=offered.version_id))
            except NotFound:
                time.sleep(1)
                continue
            if file.size != self._source.size:
                raise Mismatch(f"The server has {file.size} bytes of {self._path}, and {self._source.size} were sent.")
            return file
        raise ServerFailed(f"The server took {self._path} and does not show it.")

    def _ask(self, flow: Flow[T]) -> T:
        return self._site.sender.run(flow, self._patience)
