"""Requests and answers of the Azure dialect: headers, bodies, XML."""

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.parsers import expat
from xml.sax.saxutils import escape

from coreshed.blobs.commit import Listed, Source
from coreshed.blobs.links import Query, parse_query
from coreshed.blobs.receiving import Batch, gathered
from coreshed.blobs.refusals import Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

XML = '<?xml version="1.0" encoding="utf-8"?>'
_SOURCES = {source.value: source for source in Source}
_LENGTH = re.compile(r"[0-9]{1,18}")


# The ASGI extension of a server that hands out the buffers into which it receives.
BODY = "coreshed.body"


class Intake(Protocol):
    """A body that arrives in buffers: each with what gives it back, None after the last one.

    silence: seconds. Raises EOFError where the connection ends first, TimeoutError where nothing arrives for so long.
    """

    async def next(self, silence: float) -> tuple[memoryview, Callable[[], None]] | None: ...  # noqa: D102


# Of the announced length in bytes; None where the body is here already.
Take = Callable[[int], Intake | None]


class ClientGone(Exception):
    """The connection ended before the body did."""


class Request:
    """One ASGI request. Header names are lower case; of a repeated header the first counts."""

    def __init__(self, scope: Scope, receive: Receive, *, body_timeout: float) -> None:
        self.receive = receive
        self.method: str = scope["method"]
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.path = raw_path.decode("latin-1")
        self.headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
        self._query_string: bytes = scope.get("query_string", b"")
        self._timeout = body_timeout
        self._take: Take | None = scope.get("extensions", {}).get(BODY)

    def query(self) -> Query:
        """The decoded query. Raises Refusal."""
        return parse_query(self._query_string)

    def header(self, name: str) -> str:
        """A header, empty where absent."""
        return self.headers.get(name, "").strip()

    def content_length(self) -> int:
        """The announced length in bytes. Raises Refusal 411 where there is none, or a chunked body."""
        text = self.header("content-length")
        if "transfer-encoding" in self.headers or not text:
            raise Refusal("MissingContentLengthHeader")
        if not _LENGTH.fullmatch(text):
            raise Refusal("InvalidHeaderValue", "Content-Length is not a number.")
        return int(text)

    def length_if_known(self) -> int | None:
        """The announced length in bytes, None for a chunked body. Raises Refusal."""
        if "transfer-encoding" in self.headers or not self.header("content-length"):
            return None
        return self.content_length()

    def content_md5(self) -> bytes | None:
        """The announced MD5 of the body, 16 bytes. Raises Refusal."""
        text = self.header("content-md5")
        if not text:
            return None
        digest = decode_base64(text)
        if digest is None or len(digest) != 16:
            raise Refusal("InvalidHeaderValue", "Content-MD5 is not the base64 of 16 bytes.")
        return digest

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises ClientGone, and Refusal 408 after a silence."""
        more = True
        while more:
            try:
                async with asyncio.timeout(self._timeout):
                    message = await self.receive()
            except TimeoutError:
                raise Refusal("RequestTimeout") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            if chunk:
                yield chunk
            more = message.get("more_body", False)

    def batches(self, length: int | None) -> AsyncIterator[Batch]:
        """The body, of so many bytes as announced or (None) of unknown length, for who writes it. Raises as `body`."""
        intake = None if self._take is None or length is None else self._take(length)
        return gathered(self.body()) if intake is None else self._taken(intake)

    async def _taken(self, intake: Intake) -> AsyncIterator[Batch]:
        while True:
            try:
                piece = await intake.next(self._timeout)
            except TimeoutError:
                raise Refusal("RequestTimeout") from None
            except EOFError:
                raise ClientGone from None
            if piece is None:
                return
            yield Batch(piece[:1], piece[1])

    async def whole_body(self, length: int) -> bytes:
        """A short body in one piece, exactly as long as announced. Raises Refusal InvalidInput."""
        parts = bytearray()
        async for chunk in self.body():
            parts += chunk
            if len(parts) > length:
                break
        if len(parts) != length:
            raise Refusal("InvalidInput")
        return bytes(parts)


@dataclass(slots=True)
class Answer:
    """Status, headers and body; a streamed body states its length itself."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | AsyncGenerator[bytes, None] = b""

    async def send(self, receive: Receive, send: Send) -> None:
        """Write to the client; a client that has gone ends the reading."""
        if isinstance(self.body, bytes):
            if self.status != 304:
                self.headers.setdefault("Content-Length", str(len(self.body)))
            await send(self._start())
            await send({"type": "http.response.body", "body": self.body})
            return
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await send(self._start())
            async with aclosing(self.body) as chunks:
                async for chunk in chunks:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    def _start(self) -> Message:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        return {"type": "http.response.start", "status": self.status, "headers": headers}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def error_answer(refusal: Refusal, *, head: bool) -> Answer:
    """Azure's XML for a refusal; the answer to HEAD is headers alone."""
    detail = (
        f"<AuthenticationErrorDetail>{escape(refusal.detail)}</AuthenticationErrorDetail>" if refusal.detail else ""
    )
    if refusal.code != "AuthenticationFailed":
        detail = detail.replace("AuthenticationErrorDetail", "Detail")
    text = f"{XML}<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>{detail}</Error>"
    headers = {"x-ms-error-code": refusal.code, "Content-Type": "application/xml", **refusal.headers}
    return Answer(refusal.status, headers, b"" if head else text.encode())


def decode_base64(text: str) -> bytes | None:
    """Strict base64; None where it is none. A blank stands for the `+` that a careless client did not escape."""
    try:
        return base64.b64decode(text.replace(" ", "+"), validate=True)
    except (binascii.Error, ValueError):
        return None


class _BlockListParser:
    """A block list, event by event; stops at the first thing that does not belong there."""

    def __init__(self, limit: int) -> None:
        self.listed: list[Listed] = []
        self._limit = limit
        self._depth = 0
        self._text: list[str] = []

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name == "BlockList":
            return
        if self._depth != 2 or name not in _SOURCES:
            raise Refusal("InvalidXmlDocument", f"Unexpected element {name[:40]!r}.")
        if len(self.listed) >= self._limit:
            raise Refusal("BlockListTooLong", f"At most {self._limit} blocks are accepted.")
        self._text = []

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 1:
            block_id = decode_base64("".join(self._text).strip())
            if not block_id:
                raise Refusal("InvalidBlockList", "A block id is not base64.")
            self.listed.append(Listed(_SOURCES[name], block_id))

    def text(self, data: str) -> None:
        self._text.append(data)


def parse_block_list(body: bytes, *, limit: int) -> list[Listed]:
    """The entries of a Put Block List body, in order. Raises Refusal.

    Nothing that begins with `<!` belongs into one: with document types go entities and their expansion. Expat takes
    UTF-16 for what it looks like, whatever encoding it is told; a zero byte gives that spelling of `<!` away.
    """
    if b"<!" in body or b"\0" in body:
        raise Refusal("InvalidXmlDocument", "Document types, comments, CDATA and UTF-16 are not accepted.")
    content = _BlockListParser(limit)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = content.start
    parser.EndElementHandler = content.end
    parser.CharacterDataHandler = content.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Refusal("InvalidXmlDocument", str(error)) from None
    return content.listed


def block_list_xml(committed: Iterable[tuple[bytes, int]] | None, staged: Iterable[tuple[bytes, int]] | None) -> bytes:
    """The answer of Get Block List; None leaves a list out."""
    lists = [("CommittedBlocks", committed), ("UncommittedBlocks", staged)]
    parts = [f"<{name}>{_blocks(blocks)}</{name}>" for name, blocks in lists if blocks is not None]
    return f"{XML}<BlockList>{''.join(parts)}</BlockList>".encode()


def _blocks(blocks: Iterable[tuple[bytes, int]]) -> str:
    return "".join(
        f"<Block><Name>{base64.b64encode(block_id).decode()}</Name><Size>{length}</Size></Block>"
        for block_id, length in blocks
    )
