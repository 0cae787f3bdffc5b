"""Bringing a file of the server to a local path: in one piece or not at all, going on where it stopped."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coreshed.client import file_calls
from coreshed.client.errors import Mismatch
from coreshed.client.file_calls import FileId, Located, Which
from coreshed.client.model import File
from coreshed.client.pushing import Site
from coreshed.client.transfers.download import CONNECTIONS, Content, Download, examine
from coreshed.client.transfers.link import Exchange, Link
from coreshed.client.transfers.meter import Meter, Report
from coreshed.client.transfers.parallel import check_connections
from coreshed.client.transfers.part import Described, Part
from coreshed.client.transfers.patience import Patience

_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of a file. sha256: of the bytes that arrived; verified: whether the server says the same.

    received, found: bytes that came now, and bytes that were there of an earlier attempt.
    """

    file: File
    local: Path
    sha256: str
    verified: bool
    unchanged: bool
    received: int = 0
    found: int = 0


def pull(
    site: Site,
    file: Which,
    local: Path,
    patience: Patience,
    *,
    version: str | None = None,
    connections: int = CONNECTIONS,
    progress: Report | None = None,
) -> Pulled:
    """Download a version of a file. Raises CoreshedError, OSError of the local file."""
    check_connections(connections)
    there = site.sender.run(file_calls.locate(site.session, file, version=version, deleted=True), patience)

    def renewed() -> str:
        flow = file_calls.locate(site.session, FileId(there.file_id), version=there.version_id, deleted=True)
        return site.sender.run(flow).download

    exchange = Exchange(site.lines, Link(renewed, there.download), patience)
    content = examine(exchange)
    meter = Meter(content.size, progress)
    known = _unchanged(local, content)
    if known is not None:
        meter.found(content.size)
        return Pulled(there.public(), local, known, verified=True, unchanged=True)
    described = Described(there.version_id, content.etag, content.size)
    fetch = _Fetch(there, local, content, exchange, meter, connections)
    with Part.open(local, described) as part:
        return fetch.into(part)


def fetch_link(
    site: Site, renew: Callable[[], str], local: Path, patience: Patience, *, name: str, progress: Report | None = None
) -> str:
    """The same for any link, of content that has a name; returns the SHA-256 of what arrived. Raises Mismatch."""
    exchange = Exchange(site.lines, Link(renew), patience)
    content = examine(exchange)
    meter = Meter(content.size, progress)
    with Part.open(local, Described(name, content.etag, content.size)) as part:
        return _fill(part, content, exchange, meter, CONNECTIONS)


@dataclass(frozen=True, slots=True)
class _Fetch:
    there: Located
    local: Path
    content: Content
    exchange: Exchange
    meter: Meter
    connections: int

    def into(self, part: Part) -> Pulled:
        found = sum(span.length for span in part.done)
        sha256 = _fill(part, self.content, self.exchange, self.meter, self.connections)
        verified = self.content.sha256 is not None
        return Pulled(
            self.there.public(),
            self.local,
            sha256,
            verified=verified,
            unchanged=False,
            received=self.meter.moved,
            found=found,
        )


def _fill(part: Part, content: Content, exchange: Exchange, meter: Meter, connections: int) -> str:
    """Fetch what is missing, check the whole, and let the part become the file."""
    for attempt in range(_ATTEMPTS):
        resumed = bool(part.done)
        meter.found(sum(span.length for span in part.done))
        Download(exchange, content, part, meter).fetch(connections)
        sha256 = part.sha256()
        if content.sha256 in {None, sha256}:
            part.finish()
            return sha256
        # What an earlier attempt left may have been damaged since; what came now should not be.
        part.restart()
        meter.restart()
        if not resumed or attempt == _ATTEMPTS - 1:
            break
    part.discard()
    raise Mismatch(f"The bytes that arrived have the SHA-256 {sha256} and should have {content.sha256}.")


def _unchanged(local: Path, content: Content) -> str | None:
    """The digest of the local file where it is the content already."""
    if content.sha256 is None or not local.is_file() or local.stat().st_size != content.size:
        return None
    with local.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return sha256 if sha256 == content.sha256 else None
