"""Request heads that would hold memory or a connection for ever."""

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlsplit

from coreshed.serving import http
from tests.server import Server
from tests.serving.conftest import StubServer


def connect(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def everything(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_that_a_head_without_end_is_refused(stub: StubServer) -> None:
    with connect(stub().start()) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * (http.HEAD_BYTES + 1))
        assert everything(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_that_what_is_no_http_is_refused_with_a_request_id(stub: StubServer) -> None:
    server = stub().start()
    with connect(server) as connection:
        connection.sendall(b"WHAT IS THIS\r\n\r\n")
        head, _, body = everything(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert json.loads(body)["status"] == 400
    (refused,) = [event for event in server.events if "reason" in event]
    assert f"x-request-id: {refused['request_id']}".encode() in head


def test_that_a_head_just_below_the_limit_is_served(stub: StubServer) -> None:
    with connect(stub().start()) as connection:
        filler = b"a" * (http.HEAD_BYTES - 100)
        connection.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\nX-Long: " + filler)
        connection.sendall(b"\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_that_a_body_does_not_count_as_head(stub: StubServer) -> None:
    size = 4 * http.HEAD_BYTES
    head = b"POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
    with connect(stub().start()) as connection:
        connection.sendall(head + b"a" * size)
        assert str(size).encode() in everything(connection)


def test_that_many_requests_on_one_connection_do_not_add_up(stub: StubServer) -> None:
    head = b"GET / HTTP/1.1\r\nX-Long: " + b"a" * (http.HEAD_BYTES // 2) + b"\r\n\r\n"
    with connect(stub().start()) as connection:
        for _ in range(4):
            connection.sendall(head)
            received = b""
            while b"0\r\n\r\n" not in received:
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200 OK\r\n")


class _Impatient(asyncio.SelectorEventLoop):
    """Runs at once what is due after HEAD_SECONDS."""

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        due = 0 if delay == http.HEAD_SECONDS else delay
        return super().call_later(due, callback, *args, context=context)


def test_that_a_silent_connection_is_closed() -> None:
    async def nothing(scope: object, receive: object, send: object) -> None: ...

    async def scenario() -> bytes:
        server = http.HttpServer(nothing, drain=1)
        listening = socket.create_server(("127.0.0.1", 0))
        address = listening.getsockname()
        task = asyncio.create_task(server.serve(sockets=[listening]))
        await server.serving.wait()
        reader, writer = await asyncio.open_connection(*address)
        received = await reader.read()
        writer.close()
        server.should_exit = True
        await task
        return received

    with asyncio.Runner(loop_factory=_Impatient) as runner:
        assert runner.run(scenario()) == b""
