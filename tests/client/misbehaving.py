"""A byte server that answers what a test tells it to: what real servers and the proxies before them do on bad days."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = BaseHTTPRequestHandler


@dataclass
class Site:
    """url: of its only content. asked: method and Range or `comp` of each request."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[Handler, int], None]) -> Iterator[Site]:
    """answer(handler, n): writes the answer to the n-th request, counted from 0."""
    lock = threading.Lock()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                number = len(site.asked)
                site.asked.append(f"{self.command} {self.headers.get('Range', '')}".strip())
            answer(self, number)

        do_HEAD = do_PUT = do_GET  # noqa: N815  (the names are the standard library's)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that hang up are expected."""

    http = Quiet(("127.0.0.1", 0), Answers)
    site = Site(f"http://127.0.0.1:{http.server_port}/blob/w/b?sig=SECRET")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def reply(handler: Handler, status: int, body: bytes = b"", **headers: str) -> None:
    """A whole answer; underscores in names become dashes."""
    handler.send_response(status)
    handler.send_header("Content-Length", headers.pop("length", str(len(body))))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def span_of(handler: Handler) -> tuple[int, int]:
    """First byte and end of the range that is asked for."""
    first, _, last = handler.headers["Range"].removeprefix("bytes=").partition("-")
    return int(first), int(last) + 1
