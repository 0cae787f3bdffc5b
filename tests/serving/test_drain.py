"""SIGTERM: what runs is finished, nothing new begins, and the limit holds."""

import json
import signal
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from tests.server import Server
from tests.serving.conftest import StubServer

_HEAD = b"POST /echo HTTP/1.1\r\nHost: coreshed\r\nContent-Length: 10\r\n\r\n"


def connect(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    received = b""
    while mark not in received:
        piece = connection.recv(4096)
        assert piece, f"the connection ended after {received!r}"
        received += piece
    return received


def wait_for_log(server: Server, event: str) -> None:
    """Until the server has logged the event."""
    while not any(json.loads(line)["event"] == event for line in server.log.splitlines() if line.startswith("{")):
        assert server.running, server.log


def accepts(server: Server) -> bool:
    try:
        with suppress(ConnectionResetError):  # queued when the socket was closed
            connect(server).close()
    except ConnectionRefusedError:
        return False
    return True


def begun(server: Server) -> socket.socket:
    """A request that the application is in the middle of."""
    connection = connect(server)
    connection.sendall(_HEAD + b"hello")
    read_until(connection, b"begun ")
    return connection


def test_that_a_running_request_is_finished_and_the_exit_code_is_0(stub: StubServer) -> None:
    server = stub().start()
    with begun(server) as connection:
        server.signal(signal.SIGTERM)
        wait_for_log(server, "draining")
        connection.sendall(b"world")
        assert read_until(connection, b"0\r\n\r\n").endswith(b"10\r\n0\r\n\r\n")
    assert server.wait() == 0
    assert (server.data_dir / "closed").exists()


def test_that_an_idle_connection_is_closed_at_once(stub: StubServer) -> None:
    server = stub("--drain", "60").start()
    with connect(server) as connection:
        connection.sendall(b"GET /health_check HTTP/1.1\r\nHost: coreshed\r\n\r\n")
        read_until(connection, b"0\r\n\r\n")
        server.signal(signal.SIGINT)
        assert connection.recv(1) == b""
    assert server.wait() == 0


def test_that_new_connections_are_refused_while_a_request_still_runs(stub: StubServer) -> None:
    server = stub().start()
    with begun(server) as running:
        server.signal(signal.SIGTERM)
        while accepts(server):  # the test's time limit is the end of this
            pass
        assert server.running
        running.sendall(b"world")
        read_until(running, b"0\r\n\r\n")
    assert server.wait() == 0


def test_that_a_request_longer_than_the_limit_does_not_hold_the_exit(stub: StubServer) -> None:
    server = stub("--drain", "1").start()
    with begun(server):
        server.signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_that_a_second_signal_ends_it_at_once(stub: StubServer) -> None:
    server = stub("--drain", "3600").start()
    with begun(server):
        server.signal(signal.SIGTERM)
        wait_for_log(server, "draining")
        server.signal(signal.SIGTERM)
        assert server.wait(20) == 128 + signal.SIGTERM
