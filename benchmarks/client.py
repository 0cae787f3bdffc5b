"""A minimal HTTP/1.1 client, the same for every server: plain sockets, sendfile up, one scratch buffer down."""

import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
_SCRATCH = 1 << 20
_LIMIT_SECONDS = 120.0


class Unexpected(Exception):
    """A server answered something else than the benchmark needs; its figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers (lower-case names); `length`: bytes of body received; `body` only where it was kept."""

    status: int
    headers: dict[str, str]
    length: int = 0
    body: bytes = b""

    def expect(self, status: int) -> "Answer":
        """Itself. Raises Unexpected for any other status."""
        if self.status != status:
            raise Unexpected(f"status {self.status} where {status} was expected: {self.body[:300]!r}")
        return self


def origin_of(url: str) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def target_of(url: str, more: str = "") -> str:
    """Path and query, with `more` (`comp=block`) added to the query."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, more) if part)
    return parts.path + (f"?{query}" if query else "")


class Connection:
    """One keep-alive connection."""

    def __init__(self, origin: tuple[str, int]) -> None:
        self._host = f"{origin[0]}:{origin[1]}"
        self._socket = socket.create_connection(origin)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A timeout of Python's would make the socket non-blocking, which sendfile does not wait for.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(_LIMIT_SECONDS), 0))
        self._scratch = memoryview(bytearray(_SCRATCH))

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def ask(self, method: str, target: str, headers: Iterable[str] = (), body: bytes = b"") -> Answer:
        """One request with a short body, the answer's body kept."""
        self._socket.sendall(self.head(method, target, headers, len(body)) + body)
        kept = bytearray()
        answer = self._answer(method, kept.extend)
        return Answer(answer.status, answer.headers, len(kept), bytes(kept))

    def send_file(
        self, method: str, target: str, headers: Iterable[str], file: int, offset: int, length: int
    ) -> Answer:
        """Bytes [offset, offset + length) of an open file as the body."""
        self._socket.sendall(self.head(method, target, headers, length), socket.MSG_MORE)
        end = offset + length
        while offset < end:
            offset += os.sendfile(self._socket.fileno(), file, offset, end - offset)
        kept = bytearray()
        answer = self._answer(method, kept.extend)
        return Answer(answer.status, answer.headers, len(kept), bytes(kept))

    def fetch(
        self, target: str, headers: Iterable[str] = (), keep: Callable[[memoryview], object] | None = None
    ) -> Answer:
        """GET; the body goes through the scratch buffer to `keep`, or nowhere."""
        self._socket.sendall(self.head("GET", target, headers, 0))
        return self._answer("GET", keep)

    def begin(self, target: str) -> Answer:
        """GET, and read the head of the answer alone: a reader that stalls."""
        self._socket.sendall(self.head("GET", target, (), 0))
        status, headers, _ = self._head()
        return Answer(status, headers)

    def head(self, method: str, target: str, headers: Iterable[str], length: int) -> bytes:
        """The head of a request."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", *headers]
        if length or method not in {"GET", "HEAD"}:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _head(self) -> tuple[int, dict[str, str], memoryview]:
        filled = 0
        while True:
            count = self._socket.recv_into(self._scratch[filled:])
            if count == 0:
                raise Unexpected("the connection was closed before the answer")
            filled += count
            end = bytes(self._scratch[: min(filled, 16384)]).find(b"\r\n\r\n")
            if end >= 0:
                break
        first, *lines = bytes(self._scratch[:end]).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return int(first.split()[1]), headers, self._scratch[end + 4 : filled]

    def _answer(self, method: str, keep: Callable[[memoryview], object] | None) -> Answer:
        status, headers, begun = self._head()
        length = 0 if method == "HEAD" or status in {204, 304} else int(headers.get("content-length", "-1"))
        if length < 0:
            raise Unexpected(f"an answer without Content-Length (status {status})")
        received = len(begun)
        if received and keep is not None:
            keep(begun)
        while received < length:
            count = self._socket.recv_into(self._scratch, min(_SCRATCH, length - received))
            if count == 0:
                raise Unexpected(f"the body ended after {received} of {length} bytes")
            if keep is not None:
                keep(self._scratch[:count])
            received += count
        return Answer(status, headers, received)


def parallel(
    origin: tuple[str, int], connections: int, jobs: Sequence[T], do: Callable[[Connection, T], None]
) -> float:
    """Every job once, on so many connections with a thread each; seconds from the first request to the last answer."""
    waiting: SimpleQueue[T] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    start = threading.Barrier(connections + 1)

    def work() -> None:
        connection = Connection(origin)
        start.wait(_LIMIT_SECONDS)
        try:
            while True:
                do(connection, waiting.get_nowait())
        except Empty:
            return
        finally:
            connection.close()

    with ThreadPoolExecutor(connections) as threads:
        running = [threads.submit(work) for _ in range(connections)]
        start.wait(_LIMIT_SECONDS)
        began = time.perf_counter()
        for each in running:
            each.result()
        return time.perf_counter() - began


def closed_loop(
    origin: tuple[str, int], connections: int, requests: Sequence[bytes], count: int, *, seconds: float = 30.0
) -> list[float]:
    """Latencies in seconds of `count` requests, each connection sending its next one when it has its answer.

    Requests are whole heads, taken in turn. One thread, so that the client costs the server as little as it can.
    Raises Unexpected for any status but 200 and after `seconds`.
    """
    selector = selectors.DefaultSelector()
    scratch = bytearray(_SCRATCH)
    latencies: list[float] = []
    sent = 0
    for _ in range(connections):
        peer = socket.create_connection(origin)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        state = [0.0, 0, 0]  # when it was sent, bytes received, bytes to expect
        selector.register(peer, selectors.EVENT_READ, state)
        peer.sendall(requests[sent % len(requests)])
        state[0] = time.perf_counter()
        sent += 1
    deadline = time.perf_counter() + seconds
    try:
        while len(latencies) < count:
            if time.perf_counter() > deadline:
                raise Unexpected(f"{len(latencies)} of {count} answers after {seconds} s")
            for key, _ in selector.select(1.0):
                peer, state = key.fileobj, key.data  # type: ignore[assignment]
                received = peer.recv_into(scratch)
                if state[1] == 0:
                    state[2] = _expected(scratch, received)
                state[1] += received
                if state[1] < state[2]:
                    continue
                now = time.perf_counter()
                latencies.append(now - state[0])
                state[0], state[1] = now, 0
                peer.sendall(requests[sent % len(requests)])
                sent += 1
    finally:
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        selector.close()
    return latencies


def _expected(scratch: bytearray, received: int) -> int:
    """Length of head and body of the answer that begins in `scratch`."""
    end = scratch.find(b"\r\n\r\n", 0, received)
    head = bytes(scratch[: max(end, 0)]).lower()
    if end < 0 or not head.startswith(b"http/1.1 200"):
        raise Unexpected(f"not an answer with status 200: {bytes(scratch[:300])!r}")
    return end + 4 + int(head.split(b"content-length:")[1].split(b"\r\n")[0])
