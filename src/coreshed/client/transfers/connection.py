"""Connections to the host of a link, kept open between requests and between files."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from coreshed.client.errors import Invalid

TIMEOUT = 60.0
# Before it answers, a server may have to digest what it has not digested yet.
COMMIT_TIMEOUT = 900.0
_ANSWER_BYTES = 64 << 20
_CHUNK = 1 << 20

Broken = (OSError, http.client.HTTPException)


class NotOfTheLine(Exception):
    """Who takes a body failed, with an error that must not look like that of a connection: those are tried again."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. headers: names in lower case; body: empty where it was handed on piece by piece."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal, in Azure's words; empty where there is none."""
        return self.headers.get("x-ms-error-code", "")


# Of status and headers: takes the body piece by piece, or None to have it in the reply.
Taker = Callable[[Reply], Callable[[memoryview], None] | None]


class Connection:
    """One connection; after an error it is opened anew by the next request. For one thread at a time."""

    def __init__(self, origin: tuple[str, str], trust: ssl.SSLContext) -> None:
        scheme, netloc = origin
        parts = urlsplit(f"{scheme}://{netloc}")
        host = parts.hostname or ""
        self.origin = origin
        self._http: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=trust)
            if scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
        )

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Iterable[bytes | memoryview] = (),
        length: int | None = None,
        timeout: float = TIMEOUT,
        taker: Taker | None = None,
    ) -> Reply:
        """One request. length: of the body in bytes; taker: told status and headers, says who takes the body.

        Raises OSError or HTTPException; then nothing is known of what the server did.
        """
        try:
            return self._exchange(method, target, headers or {}, body, length, timeout, taker)
        except BaseException:
            self.close()
            raise

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Iterable[bytes | memoryview],
        length: int | None,
        timeout: float,
        taker: Taker | None,
    ) -> Reply:
        connection = self._http
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {"User-Agent": "coreshed-client", **headers}.items():
            connection.putheader(name, value)
        if length is not None:
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        connection.sock.settimeout(timeout)
        broken: OSError | None = None
        for piece in body:
            try:
                connection.send(piece)
            except OSError as error:
                broken = error  # a server that refuses early answers, and reads no further
                break
        try:
            response = connection.getresponse()
        except Broken:
            if broken is not None:
                raise broken from None
            raise
        reply = _received(response, taker)
        if broken is not None or response.will_close:
            self.close()
        return reply

    def close(self) -> None:
        """Close it."""
        self._http.close()

    def interrupt(self) -> None:
        """Let a thread that waits for this connection go on, with an error."""
        sock = self._http.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _received(response: http.client.HTTPResponse, taker: Taker | None) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    take = None if taker is None else taker(Reply(response.status, headers, b""))
    if take is None:
        return Reply(response.status, headers, response.read(_ANSWER_BYTES))
    buffer = memoryview(bytearray(_CHUNK))
    while count := response.readinto(buffer):
        try:
            take(buffer[:count])
        except OSError as error:
            raise NotOfTheLine(error) from error
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return Reply(response.status, headers, b"")


class Lines:
    """The open connections of a client, by host; may be used by several threads at once."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[Connection]] = {}
        self._closed = False

    @contextmanager
    def connection(self, url: str) -> Iterator[Connection]:
        """A connection to the host of a URL, given back afterwards."""
        found = self._take(origin_of(url))
        try:
            yield found
        finally:
            self._give_back(found)

    def _take(self, origin: tuple[str, str]) -> Connection:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else Connection(origin, self._trust)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.setdefault(connection.origin, []).append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle, and the others when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()


def origin_of(url: str) -> tuple[str, str]:
    """Scheme and host of a link, all that may be shown of it. Raises Invalid."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid("The server sent a link that is no URL.")
    return parts.scheme, parts.netloc.rpartition("@")[2]


def target_of(url: str, more: str = "") -> str:
    """Path and query of a link, with further parameters."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, more) if part)
    return f"{parts.path or '/'}?{query}" if query else parts.path or "/"
