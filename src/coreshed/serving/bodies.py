"""Large request bodies, from the socket straight into the buffers of whoever takes them.

On the common way every byte of a body is copied four times between the socket and the application: by the transport,
by the parser, by uvicorn's buffer and by its message. An application that finds `EXTENSION` in its scope may take the
body of its request instead; what still arrives is then received into buffers that it is handed as they fill.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

EXTENSION = "coreshed.body"
# A buffer is as large as what its predecessor proved the client to send, so that a connection that only announces a
# large body holds little memory.
_FIRST, _LARGEST = 128 << 10, 1 << 20
_BUFFERS = 2  # one fills while the other one is written
SCRATCH = 256 << 10


class Lane(Protocol):
    """The connection below an intake: told when to stop and to go on, and when the body is complete."""

    def pause(self) -> None: ...  # noqa: D102
    def resume(self) -> None: ...  # noqa: D102
    def taken(self) -> None: ...  # noqa: D102


class Intake:
    """One body. length: its bytes; begun: those of it that are here already, fewer."""

    def __init__(self, lane: Lane, length: int, begun: bytes | bytearray, loop: asyncio.AbstractEventLoop) -> None:
        self._lane, self._loop = lane, loop
        self._left = length  # to be put into buffers
        self._size = _FIRST
        self._held = 0  # buffers that are full or in the hands of the application
        self._buffer = self._new(length)
        self._filled = 0
        self._full: deque[memoryview] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._heard = loop.time()
        self._over = self._dropped = False
        rest = memoryview(begun)
        while rest:
            part = rest[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._placed(len(part))
            rest = rest[len(part) :]

    def room(self, scratch: memoryview) -> memoryview:
        """Where the transport puts what comes next, never empty and never more than belongs to the body."""
        if self._dropped:
            return scratch[: self._left]
        return self._buffer[self._filled :]

    def arrived(self, count: int) -> None:
        """So many bytes are in the room now."""
        self._heard = self._loop.time()
        self._placed(count)
        if self._left == 0:
            self._lane.taken()

    def lost(self) -> None:
        """The connection ended; what is here of the body is of no use."""
        self._over = True
        self._full.clear()
        self._buffer = memoryview(b"")
        self._wake()

    def drop(self) -> None:
        """The request is answered: what still comes of its body is of no use."""
        self._dropped = True
        self._full.clear()
        self._lane.resume()

    async def next(self, silence: float) -> tuple[memoryview, Callable[[], None]] | None:
        """The next piece and what gives its buffer back, or None after the last one.

        silence: seconds. Raises EOFError where the connection ends first, TimeoutError after that long without a byte.
        """
        while not self._full:
            if self._over:
                raise EOFError
            if self._left == 0:
                return None
            await self._wait(silence)
        return self._full.popleft(), self._give_back

    async def _wait(self, silence: float) -> None:
        self._waiting = self._loop.create_future()
        left = self._heard + silence - self._loop.time()
        try:
            async with asyncio.timeout(max(left, 0)):
                await self._waiting
        except TimeoutError:
            if self._loop.time() - self._heard >= silence:
                raise
        finally:
            self._waiting = None

    def _placed(self, count: int) -> None:
        """Count, and hand a full buffer to the application."""
        self._left -= count
        if self._dropped:
            return
        self._filled += count
        if self._filled < len(self._buffer) and self._left:
            return
        self._full.append(self._buffer[: self._filled])
        self._held += 1
        self._filled = 0
        self._wake()
        if self._left:
            self._size = min(self._size * 2, _LARGEST)
            self._buffer = self._new(self._left)
            if self._held >= _BUFFERS:
                self._lane.pause()

    def _give_back(self) -> None:
        self._held -= 1
        if self._held < _BUFFERS and self._left:
            self._lane.resume()

    def _new(self, wanted: int) -> memoryview:
        return memoryview(bytearray(min(self._size, wanted)))

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Wire(asyncio.BufferedProtocol):
    """What a transport talks to: it receives into the intake where there is one, else for the parser.

    scratch: shared by all connections of a loop, since a transport fills and reports without a break.
    """

    def __init__(self, http: Any, scratch: memoryview) -> None:
        self._http, self._scratch = http, scratch

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self._http.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._http.connection_lost(exc)

    def eof_received(self) -> None:  # noqa: D102
        self._http.eof_received()

    def pause_writing(self) -> None:  # noqa: D102
        self._http.pause_writing()

    def resume_writing(self) -> None:  # noqa: D102
        self._http.resume_writing()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Room for what comes next."""
        intake: Intake | None = self._http.intake
        return self._scratch if intake is None else intake.room(self._scratch)

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        intake: Intake | None = self._http.intake
        if intake is None:
            self._http.data_received(bytes(self._scratch[:nbytes]))
        else:
            intake.arrived(nbytes)
