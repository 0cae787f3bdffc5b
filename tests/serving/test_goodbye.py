"""SIGTERM with TLS connections open whose clients say nothing more."""

import signal
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from tests.server import Server, own_loopback_host


def test_that_an_idle_tls_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", ["--tls", "auto", "--drain", "120"], host=own_loopback_host()).start()
    try:
        blob_url = server.instance.blob_url
        host = urlsplit(blob_url).hostname
        assert blob_url == f"https://{host}"
        trust = ssl.create_default_context(cafile=server.instance.ca_file)
        plain = socket.create_connection((host, 443), timeout=20)
        with trust.wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(b"GET /health_check HTTP/1.1\r\nHost: coreshed\r\n\r\n")
            answer = b""
            while not answer.endswith(b"pass"):
                piece = connection.recv(4096)
                assert piece, answer
                answer += piece
            server.signal(signal.SIGTERM)
            assert server.wait(15) == 0  # an eighth of the drain
    finally:
        server.stop()
