"""The HTTP/1.1 server of one listener: uvicorn with httptools, and the limits that httptools leaves open."""

import asyncio
import math
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4
from weakref import ref

import httptools
import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from coreshed import logs
from coreshed.problems import Api, BadRequest, answer
from coreshed.serving.bodies import EXTENSION, SCRATCH, Intake, Wire

log = logs.logger(__name__)

HEAD_BYTES = 64 << 10
HEAD_SECONDS = 60.0
# A TLS client that idles in a pool never answers our close_notify, for which asyncio would wait 30 s: longer than the
# drain. So much later, and once everything is written, the connection is dropped.
GOODBYE_SECONDS = 2.0
# Longer than the 60 s after which common proxies and connection pools drop an idle connection themselves.
KEEP_ALIVE_SECONDS = 75

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class BoundedHttp(HttpToolsProtocol):
    """Gives up on a request head that is longer than HEAD_BYTES or takes longer than HEAD_SECONDS to arrive.

    The body of a PUT may be taken by the application, see `coreshed.serving.bodies`.
    """

    intake: Intake | None = None
    _head_bytes = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None
    _draining = False
    _deaf = _upgrading = False
    _refusal = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first head: a connection that says nothing is closed."""
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and end a body that does not come."""
        if self.intake is not None:
            self.intake.lost()
            self.intake = None  # else both would wait for the collector of cycles, with their buffers
        super().connection_lost(exc)
        self._unwatch_head()

    def shutdown(self) -> None:
        """Close now if idle, else after the answer; either way the client's goodbye is not waited for."""
        self._draining = True
        super().shutdown()
        self._hang_up()

    def on_response_complete(self) -> None:
        """While draining this was the last answer."""
        if self.intake is not None:
            self.intake.drop()
        super().on_response_complete()
        if self._refusal and self.cycle.response_complete and not self.transport.is_closing():
            self._refuse(self._refusal)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._draining and self.transport.is_closing():
            self.loop.call_later(GOODBYE_SECONDS, self._abort_once_sent)

    def _abort_once_sent(self) -> None:
        """A slow reader still gets the tail of its answer; the drain as a whole is the limit."""
        if self.transport.get_write_buffer_size() > 0:
            self.loop.call_later(GOODBYE_SECONDS, self._abort_once_sent)
        else:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A new head begins."""
        if not self._deaf:
            super().on_message_begin()
            self._in_head, self._head_bytes = True, 0

    def on_url(self, url: bytes) -> None:
        """Part of a head."""
        if not self._deaf:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Part of a head."""
        if not self._deaf:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is here; what follows is body, whose pace the application watches."""
        if self._deaf:
            return
        self._in_head = False
        self._upgrading = self.parser.should_upgrade()
        extensions: dict[Any, Any] = {}
        if self.parser.get_method() == b"PUT":
            self.scope["extensions"] = extensions
        super().on_headers_complete()
        extensions[EXTENSION] = _Offer(ref(self), ref(self.cycle))

    def on_message_complete(self) -> None:
        """The body is complete, unless the parser believes that something else than HTTP follows the head."""
        if not self._upgrading:
            super().on_message_complete()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Nothing else is spoken here, so the body follows all the same: another parser is told how long it is."""
        self._upgrading = False
        framing = [pair for pair in self.headers if pair[0] in {b"content-length", b"transfer-encoding"}]
        lines = [b"POST / HTTP/1.1", *(name + b": " + value for name, value in framing), b"", b""]
        self._new_parser()
        self._deaf = True
        try:
            self.parser.feed_data(b"\r\n".join(lines))
        finally:
            self._deaf = False
        if rest:
            self._feed(rest)

    def _new_parser(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def take(self, cycle: RequestResponseCycle, length: int) -> Intake | None:
        """The body of a request, of so many bytes; None where all of it is here, or it has another fate."""
        done = not cycle.more_body or cycle.disconnected or cycle.response_complete
        if done or cycle is not self.cycle or self.intake is not None or len(cycle.body) >= length:
            return None
        if cycle.waiting_for_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        begun, cycle.body = cycle.body, bytearray()
        self.resume()
        self.intake = Intake(self, length, begun, self.loop)
        return self.intake

    def pause(self) -> None:
        """Receive nothing for now."""
        self.flow.pause_reading()

    def resume(self) -> None:
        """Go on receiving."""
        self.flow.resume_reading()

    def taken(self) -> None:
        """The body is complete; the parser, which knows nothing of it, makes room for one that expects a head."""
        self.intake = None
        self._new_parser()
        self.on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head. A head that came in one piece costs no timer."""
        self._unset_keepalive_if_required()
        self._feed(data)
        if not self._in_head:
            self._unwatch_head()
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request head is too long.")
            return
        previous = cast("RequestResponseCycle | None", self.cycle)  # uvicorn's annotation leaves out the None
        if previous is None or previous.response_complete:
            self._watch_head()  # a pipelined head may wait for the answer before it

    def _feed(self, data: bytes) -> None:
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused, after the answers to what came before it."""
        previous = cast("RequestResponseCycle | None", self.cycle)
        if previous is not None and not previous.response_complete and not previous.more_body:
            self._refusal = msg
            self.pause()
        else:
            self._refuse(msg)

    def _refuse(self, msg: str) -> None:
        """As everything else is refused: a problem with the request id that the log has."""
        request_id = uuid4().hex
        log.warning("request refused before it was read", reason=msg, request_id=request_id)
        body = msgspec.json.encode(answer(Api.SERVER, None, BadRequest(msg))[1])
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def _watch_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


@dataclass(frozen=True, slots=True)
class _Offer:
    """The extension, in the scope of a request. Holds neither connection nor request, which hold the scope."""

    http: ref[BoundedHttp]
    cycle: ref[RequestResponseCycle]

    def __call__(self, length: int) -> Intake | None:
        """The request's body of so many bytes, None where it is not to be had."""
        http, cycle = self.http(), self.cycle()
        return None if http is None or cycle is None else http.take(cycle, length)


class HttpServer(uvicorn.Server):
    """Serves one bound socket; signals are the caller's business."""

    def __init__(self, app: AsgiApp, *, drain: float, context: ssl.SSLContext | None = None) -> None:
        self._scratch = memoryview(bytearray(SCRATCH))
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("Any", self._protocol),
                ws="none",
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=math.ceil(drain),
                # limit_concurrency stays unset: it answers 503, which the Evo SDK takes for a fatal error.
                ssl_context_factory=None if context is None else lambda _config, _default: context,
            )
        )
        self.serving = asyncio.Event()

    def _protocol(self, **of_uvicorn: Any) -> Wire:
        return Wire(BoundedHttp(**of_uvicorn), self._scratch)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the process's signal handlers alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say so."""
        await super().startup(sockets)
        self.serving.set()
