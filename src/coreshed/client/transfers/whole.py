"""Sending a small file at once, and comparing what the server says that it got."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from coreshed.client.errors import Mismatch
from coreshed.client.transfers.blocks import MIB
from coreshed.client.transfers.connection import COMMIT_TIMEOUT, Connection, Reply, target_of
from coreshed.client.transfers.link import Exchange
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.patience import Patience
from coreshed.client.transfers.source import Source
from coreshed.client.transfers.upload import of_refusal

# Larger files go in blocks, of which only those are sent again that did not arrive.
LARGEST = 16 * MIB
_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Digests:
    """Of a whole file. sha256: lower-case hex."""

    sha256: str
    md5: bytes

    @classmethod
    def of(cls, source: Source, patience: Patience) -> "Digests":
        """Both in one reading. Raises SourceChanged, Stopped."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        for piece in source.pieces(0, source.size):
            patience.check()
            sha256.update(piece)
            md5.update(piece)
        return cls(sha256.hexdigest(), md5.digest())


def put(exchange: Exchange, source: Source, digests: Digests, meter: Meter) -> None:
    """The file by one PUT, stating its MD5. Raises Mismatch, SourceChanged, CoreshedError."""
    attempts = 0
    headers = {"Content-Type": _TYPE, "Content-MD5": base64.b64encode(digests.md5).decode()}

    def body() -> Iterable[memoryview]:
        for piece in source.pieces(0, source.size):
            exchange.patience.check()
            yield piece

    def request(connection: Connection, url: str) -> Reply:
        nonlocal attempts
        attempts += 1
        if attempts > 1:
            meter.again(source.size)
        target = target_of(url)
        return connection.send("PUT", target, headers=headers, body=body(), length=source.size, timeout=COMMIT_TIMEOUT)

    reply = exchange.ask(request)
    source.check()
    if reply.status not in {200, 201}:
        raise of_refusal(reply, exchange.link.current(), "PUT")
    got = reply.headers.get("etag", "").strip('"')
    if got != digests.md5.hex():
        raise Mismatch(f"The server got other bytes of {source.path} than were sent: it tells the MD5 {got or 'none'}.")
    exchange.patience.moved()
    meter.add(source.size)
