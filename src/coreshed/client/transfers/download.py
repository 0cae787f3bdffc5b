"""Fetching the content behind a link, in ranges on several connections."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from coreshed.client.errors import Mismatch
from coreshed.client.transfers.connection import Connection, Reply, target_of
from coreshed.client.transfers.link import Exchange, failure
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.parallel import in_parallel
from coreshed.client.transfers.part import Part
from coreshed.client.transfers.ranges import Span, missing

CONNECTIONS = 4
_STEP = 8 << 20
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_THERE = Reply(206, {}, b"")


@dataclass(frozen=True, slots=True)
class Content:
    """What a link leads to. size in bytes; sha256: lower-case hex, None where the server does not say."""

    size: int
    etag: str
    sha256: str | None


def examine(exchange: Exchange) -> Content:
    """What the link leads to. Raises CoreshedError."""

    def request(connection: Connection, url: str) -> Reply:
        return connection.send("HEAD", target_of(url))

    reply = exchange.ask(request)
    length = reply.headers.get("content-length", "")
    if reply.status != 200 or not length.isdecimal():
        raise failure(reply, exchange.link.current(), "HEAD")
    sha256 = reply.headers.get("x-coreshed-sha256", "").lower()
    return Content(int(length), reply.headers.get("etag", ""), sha256 if _SHA256.fullmatch(sha256) else None)


class Download:
    """One attempt to fill a part with what a link leads to."""

    def __init__(self, exchange: Exchange, content: Content, part: Part, meter: Meter) -> None:
        self._exchange, self._content, self._part, self._meter = exchange, content, part, meter

    def fetch(self, connections: int = CONNECTIONS) -> None:
        """Everything that is missing. Raises CoreshedError, OSError of the file."""
        spans = missing(self._part.done, self._content.size, _STEP)
        try:
            in_parallel(self._fetch_span, spans, connections, self._exchange.interrupt)
        except BaseException:
            with suppress(OSError):  # a full disk is told by what it broke, not by this hint
                self._part.save()
            raise

    def _fetch_span(self, span: Span) -> None:
        at = span.start

        def take(piece: memoryview) -> None:
            nonlocal at
            self._exchange.patience.check()
            if at + len(piece) > span.stop:
                raise Mismatch("The server sends more bytes than it announced.")
            self._part.write(piece, at)
            at += len(piece)
            self._exchange.patience.moved()
            self._meter.add(len(piece))

        def taker(reply: Reply) -> Callable[[memoryview], None] | None:
            if reply.status not in {200, 206}:
                return None
            self._check(reply, Span(at, span.stop))
            return take

        def request(connection: Connection, url: str) -> Reply:
            headers = {"Range": f"bytes={at}-{span.stop - 1}"}
            if self._content.etag:
                headers["If-Match"] = self._content.etag
            return connection.send("GET", target_of(url), headers=headers, taker=taker)

        try:
            reply = self._exchange.ask(request, settled=lambda: _THERE if at == span.stop else None)
        finally:
            if at > span.start:
                self._part.arrived(Span(span.start, at))
        if reply.status == 412:
            raise Mismatch("The content changed while it was downloaded.", status=412)
        if reply.status != 206:
            raise failure(reply, self._exchange.link.current(), "GET")

    def _check(self, reply: Reply, wanted: Span) -> None:
        found = _RANGE.fullmatch(reply.headers.get("content-range", ""))
        expected = (wanted.start, wanted.stop - 1, self._content.size)
        if reply.status != 206 or found is None or tuple(map(int, found.groups())) != expected:
            raise Mismatch("The server did not send the range that was asked for.", status=reply.status)
        if self._content.etag and reply.headers.get("etag", self._content.etag) != self._content.etag:
            raise Mismatch("The content changed while it was downloaded.", status=reply.status)
