"""Bodies that the application takes in buffers: on both event loops, with and without TLS, over real sockets."""

import asyncio
import gc
import hashlib
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from coreshed.clock import SystemClock
from coreshed.serving.bodies import EXTENSION, Intake
from coreshed.serving.http import HttpServer
from coreshed.serving.tls import ServerCertificate

_SILENCE = 0.5


async def _answer(send: Any, text: str) -> None:
    body = text.encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """`/whole` takes and digests the body, `/common` only digests it, `/half` takes a piece; others answer at once."""
    length = int(dict(scope["headers"]).get(b"content-length", b"0"))
    take = scope.get("extensions", {}).get(EXTENSION)
    intake = take(length) if take and scope["path"] in {"/whole", "/half"} else None
    digest, pieces = hashlib.sha256(), 0
    if intake is None:
        more = scope["path"] in {"/whole", "/common"}
        while more:
            message = await receive()
            digest.update(message.get("body", b""))
            more = message.get("more_body", False)
        await _answer(send, f"{digest.hexdigest()} {pieces}")
        return
    try:
        while (piece := await intake.next(_SILENCE)) is not None:
            view, free = piece
            pieces += 1
            digest.update(view)
            if scope["path"] == "/half":
                break
            if pieces % 3 == 0:
                await asyncio.sleep(0.001)
            free()
    except (TimeoutError, EOFError) as error:
        _ended.append(type(error))
    await _answer(send, f"{digest.hexdigest()} {pieces}")


_ended: list[type] = []
Loops = Callable[[], asyncio.AbstractEventLoop]


@contextmanager
def _served(loops: Loops, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server in a thread; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(_app, drain=5, context=context)

    def run() -> None:
        with asyncio.Runner(loop_factory=loops) as runner:
            runner.run(server.serve(sockets=[listening]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module", params=[asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loops(request: pytest.FixtureRequest) -> Loops:
    found: Loops = request.param
    return found


@pytest.fixture(scope="module", params=["plain", "tls"])
def dial(
    request: pytest.FixtureRequest, loops: Loops, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], socket.socket]]:
    """Opens a connection to a running server."""
    context, trust = None, None
    if request.param == "tls":
        certificate = ServerCertificate.of_authority(tmp_path_factory.mktemp("tls"), ("127.0.0.1",), SystemClock())
        assert certificate.authority is not None
        context, trust = certificate.context, ssl.create_default_context(cafile=certificate.authority.bundle)
    with _served(loops, context) as port:

        def connect() -> socket.socket:
            plain = socket.create_connection(("127.0.0.1", port), timeout=30)
            return plain if trust is None else trust.wrap_socket(plain, server_hostname="127.0.0.1")

        yield connect


def _head(path: str, length: int, *more: str) -> bytes:
    lines = (f"PUT {path} HTTP/1.1", "Host: here", f"Content-Length: {length}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def _reply(connection: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        assert piece
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(length - len(body))
    assert len(body) == length, "bytes after the answer"
    return body.decode()


def _content(length: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(length)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_that_every_byte_arrives_in_order(dial: Callable[[], socket.socket], data: st.DataObject) -> None:
    """Bodies of any length in pieces of any size, one after the other on one connection, a GET in between."""
    with dial() as connection:
        for _ in range(data.draw(st.integers(1, 3))):
            length = data.draw(st.integers(1, 3_000_000))
            content = _content(length)
            sent = _head("/whole", length) + content
            cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
            for start, stop in zip((0, *cuts), (*cuts, len(sent)), strict=True):
                connection.sendall(sent[start:stop])
            assert _reply(connection).split()[0] == hashlib.sha256(content).hexdigest()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert _reply(connection)


def test_that_the_body_really_is_taken_in_buffers(dial: Callable[[], socket.socket]) -> None:
    with dial() as connection:
        connection.sendall(_head("/whole", 4 << 20))
        connection.sendall(_content(4 << 20))
        assert 4 <= int(_reply(connection).split()[1]) <= 8


def test_that_an_early_answer_leaves_the_connection_usable(dial: Callable[[], socket.socket]) -> None:
    with dial() as connection:
        sending = threading.Thread(target=connection.sendall, args=(_head("/half", 5 << 20) + _content(5 << 20),))
        sending.start()
        assert _reply(connection).split()[1] == "1"
        sending.join()
        connection.sendall(_head("/whole", 3) + b"abc")
        assert _reply(connection).split()[0] == hashlib.sha256(b"abc").hexdigest()


def test_that_the_next_request_may_come_with_the_end_of_a_body(dial: Callable[[], socket.socket]) -> None:
    first, second = _content(700_000, 1), _content(300_000, 2)
    with dial() as connection:
        connection.sendall(
            _head("/whole", len(first)) + first + _head("/whole", len(second)) + second[: len(second) // 2]
        )
        assert _reply(connection).split()[0] == hashlib.sha256(first).hexdigest()
        connection.sendall(second[len(second) // 2 :])
        assert _reply(connection).split()[0] == hashlib.sha256(second).hexdigest()


def test_that_a_client_is_told_to_continue(dial: Callable[[], socket.socket]) -> None:
    with dial() as connection:
        connection.sendall(_head("/whole", 200_000, "Expect: 100-continue"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        content = _content(200_000)
        connection.sendall(content)
        assert _reply(connection).split()[0] == hashlib.sha256(content).hexdigest()


def test_that_silence_and_a_lost_connection_end_the_body(dial: Callable[[], socket.socket]) -> None:
    _ended.clear()
    with dial() as connection:
        connection.sendall(_head("/whole", 200_000) + b"x")
        assert _reply(connection)
        assert _ended == [TimeoutError]
    with dial() as connection:
        connection.sendall(_head("/whole", 200_000) + b"x")
    for _ in range(200):
        if len(_ended) == 2:
            break
        threading.Event().wait(0.05)
    assert _ended == [TimeoutError, EOFError]


def test_that_a_slow_but_steady_client_is_heard_out(dial: Callable[[], socket.socket]) -> None:
    """The limit is for silence; a buffer may take longer than that to fill."""
    content = _content(9)
    with dial() as connection:
        connection.sendall(_head("/whole", 9))
        for byte in content:
            threading.Event().wait(_SILENCE / 3)
            connection.sendall(bytes([byte]))
        assert _reply(connection).split()[0] == hashlib.sha256(content).hexdigest()


def test_that_an_upgrade_that_nobody_offers_leaves_the_body_alone(dial: Callable[[], socket.socket]) -> None:
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    content = _content(300_000)
    with dial() as connection:
        for path in ("/whole", "/common"):
            for cut in (1, 120, 100_000):
                sent = _head(path, len(content), *upgrade) + content
                connection.sendall(sent[:-cut])
                connection.sendall(sent[-cut:])
                assert _reply(connection).split()[0] == hashlib.sha256(content).hexdigest()
        chunked = "Transfer-Encoding: chunked"
        lines = ("PUT /common HTTP/1.1", "Host: here", chunked, *upgrade, "", "3", "abc", "0", "", "")
        connection.sendall("\r\n".join(lines).encode())
        assert _reply(connection).split()[0] == hashlib.sha256(b"abc").hexdigest()
        connection.sendall("\r\n".join(("GET / HTTP/1.1", "Host: here", *upgrade, "", "")).encode())
        assert _reply(connection)


def test_that_an_upgrade_with_a_body_of_unknown_length_is_refused(dial: Callable[[], socket.socket]) -> None:
    lines = ("PUT /common HTTP/1.1", "Host: here", "Connection: Upgrade", "Upgrade: h2c", "Transfer-Encoding: gzip")
    with dial() as connection:
        connection.sendall("\r\n".join((*lines, "", "abc")).encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_that_what_is_no_http_is_refused_after_the_answer_to_what_came_before(
    dial: Callable[[], socket.socket],
) -> None:
    content = _content(500_000)
    with dial() as connection:
        connection.sendall(_head("/whole", len(content)) + content + b"WHAT IS THIS\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    first, _, second = received.partition(b"HTTP/1.1 400 Bad Request\r\n")
    assert hashlib.sha256(content).hexdigest().encode() in first
    assert b'"status":400' in second


def test_that_a_lost_body_gives_its_memory_back_at_once(dial: Callable[[], socket.socket]) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            with dial() as connection:
                connection.sendall(_head("/whole", 4 << 20) + bytes(700_000))
                threading.Event().wait(0.1)
        for _ in range(100):
            left = sum(isinstance(each, Intake) for each in gc.get_objects())
            if not left:
                break
            threading.Event().wait(0.05)
        assert left == 0
    finally:
        gc.enable()


class _Lane:
    paused = False
    complete = 0

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def taken(self) -> None:
        self.complete += 1


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 2_800_000), data=st.data())
def test_the_buffers_of_an_intake(length: int, data: st.DataObject) -> None:
    """Whatever the order of arriving, taking and giving back: nothing lost, memory bounded, no one waits for ever."""
    with asyncio.Runner() as runner:
        runner.run(_steps(length, data))


async def _steps(length: int, data: st.DataObject) -> None:
    lane, content = _Lane(), _content(length)
    begun = data.draw(st.integers(0, min(length - 1, 300_000)))
    intake = Intake(lane, length, content[:begun], asyncio.get_running_loop())
    received, arrived, held = bytearray(), begun, []
    while len(received) < length:
        can_arrive = arrived < length and not lane.paused
        if can_arrive and (not held or data.draw(st.booleans())):
            room = intake.room(memoryview(b""))
            assert 0 < len(room) <= length - arrived
            count = data.draw(st.integers(1, len(room)) if data.draw(st.booleans()) else st.just(len(room)))
            room[:count] = content[arrived : arrived + count]
            arrived += count
            intake.arrived(count)
        try:
            piece = await intake.next(0)
        except TimeoutError:
            assert arrived < length, "all is there"
        else:
            assert piece is not None
            received += piece[0]
            held.append(piece)
            assert sum(len(view) for view, _ in held) <= 3 << 20
        if held and (lane.paused or arrived == length or data.draw(st.booleans())):
            held.pop(0)[1]()
    assert received == content
    assert lane.complete == 1
    assert await intake.next(0) is None
