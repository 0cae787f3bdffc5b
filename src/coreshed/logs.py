"""Structured log lines on stderr, each with the id of the request it belongs to."""

import asyncio
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

if "rich" not in sys.modules:
    # structlog takes it, and pygments with it, for tracebacks in colour: 3 MB of every process, which shows none.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"]
else:
    import structlog

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_SIGNATURE = re.compile(r"([?&]sig=)[^&\s\"']*")


def request_id() -> str | None:
    """The id of the request being served here, None outside of requests."""
    return _request_id.get()


def enter_request(identifier: str) -> None:
    """Bind the id to this task and to the threads it hands work to."""
    _request_id.set(identifier)


def without_signature(url: str) -> str:
    """A signed URL as it may be logged."""
    return _SIGNATURE.sub(r"\1...", url)


def _add_request_id(_logger: Any, _method: str, entry: Any) -> Any:
    identifier = _request_id.get()
    if identifier is not None:
        entry.setdefault("request_id", identifier)
    return entry


def _hide_signatures(_logger: Any, _method: str, entry: Any) -> Any:
    for name, value in entry.items():
        if isinstance(value, str) and "sig=" in value:
            entry[name] = without_signature(value)
    return entry


def _encoded(entry: Any, **_options: Any) -> bytes:
    return msgspec.json.encode(entry, enc_hook=repr)


class _Request(msgspec.Struct):
    method: str
    path: str
    status: int
    ms: float
    request_id: str
    timestamp: str
    event: str = "request"
    level: str = "info"


_requests: structlog.BytesLogger | None = None
_pending: list[bytes] = []
_pending_of: asyncio.AbstractEventLoop | None = None  # the loop that will write them


def served(method: str, path: str, status: int, seconds: float) -> None:
    """The line of one request, made by hand: through structlog it costs as much as its JSON, six times over.

    The lines of all requests that one turn of the event loop serves leave in one write.
    """
    if _requests is not None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        shown = without_signature(path) if "sig=" in path else path
        line = _Request(method, shown, status, round(seconds * 1000, 2), _request_id.get() or "", now)
        _pending.append(msgspec.json.encode(line))
        global _pending_of
        loop = asyncio.get_running_loop()
        if _pending_of is not loop:
            _pending_of = loop
            loop.call_soon(flush)


def flush() -> None:
    """Write the lines of requests that wait for the end of their turn; a loop that has ended leaves some."""
    global _pending_of
    lines = b"\n".join(_pending)
    _pending.clear()
    _pending_of = None
    if _requests is not None and lines:
        _requests.msg(lines)


def configure(level: str) -> None:
    """Send our log lines and those of the libraries to stderr as JSON.

    Ours go there directly: a line on its way through the standard library's logging costs four times as much, which a
    server that writes one for every request would notice.
    """
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
    ]
    finish: list[Any] = [
        structlog.processors.format_exc_info,
        _hide_signatures,
    ]
    global _requests
    threshold: int = getattr(logging, level.upper())
    _requests = structlog.BytesLogger(sys.stderr.buffer) if threshold <= logging.INFO else None
    structlog.configure(
        processors=[*shared, *finish, structlog.processors.JSONRenderer(serializer=_encoded)],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=True,
    )
    _others(threshold, shared, finish)


def _others(threshold: int, shared: list[Any], finish: list[Any]) -> None:
    """The lines of libraries, which use the standard library's logging, in the same form."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *finish,
                structlog.processors.JSONRenderer(serializer=lambda entry, **_: _encoded(entry).decode()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(threshold)
    logging.getLogger("uvicorn.access").disabled = True
    for chatty in ("alembic", "uvicorn", "uvicorn.error", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def logger(name: str) -> Any:
    """A logger of this room."""
    return structlog.get_logger(name)
