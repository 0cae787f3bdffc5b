"""GET and HEAD of a blob."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from coreshed.blobs.azure.conditions import ByteRange, http_date, not_modified, parse_range, range_applies
from coreshed.blobs.azure.wire import Answer, Request
from coreshed.blobs.links import Grant
from coreshed.blobs.model import Blob
from coreshed.blobs.reading import Opened, Reader
from coreshed.blobs.refusals import Refusal

# An extension; Azure has no header for the digest of a blob of many blocks.
SHA256 = "x-coreshed-sha256"


def content_headers(blob: Blob) -> dict[str, str]:
    """What identifies the content of a committed blob."""
    return {"ETag": blob.etag, "Last-Modified": http_date(blob.committed_ns or 0)}


async def get_blob(reader: Reader, request: Request, grant: Grant) -> Answer:
    """The blob, a range of it, or (HEAD) its headers. Raises Refusal."""
    opened = await reader.open(grant.workspace_id, grant.blob_id)
    blob = opened.blob
    modified_ns = blob.committed_ns or 0
    if not_modified(request.header, etag=blob.etag, modified_ns=modified_ns):
        return Answer(304, content_headers(blob))
    headers = _headers(opened, grant)
    wanted = _range(request, opened) if request.method == "GET" else None
    whole = ByteRange(0, opened.size)
    part = wanted or whole
    headers["Content-Length"] = str(part.stop - part.start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{opened.size}"
    if request.method == "HEAD" or part.start == part.stop:
        return Answer(200, headers)
    body = reader.body(opened, part.start, part.stop)
    # The first chunk is here before the status is sent, so that a missing file can still be told.
    return Answer(200 if wanted is None else 206, headers, _resumed(await anext(body), body))


async def _resumed(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


def _range(request: Request, opened: Opened) -> ByteRange | None:
    # azure-storage-blob sends x-ms-range; where both are there, Azure takes that one.
    text = request.header("x-ms-range") or request.header("range")
    if not text:
        return None
    modified_ns = opened.blob.committed_ns or 0
    if not range_applies(request.header("if-range"), etag=opened.blob.etag, modified_ns=modified_ns):
        return None
    try:
        return parse_range(text, opened.size)
    except Refusal as refusal:
        raise Refusal(refusal.code, headers={"Content-Range": f"bytes */{opened.size}"}) from None


def _headers(opened: Opened, grant: Grant) -> dict[str, str]:
    """Stored content is hostile: never rendered, never sniffed, never given an origin."""
    return {
        **content_headers(opened.blob),
        SHA256: opened.blob.sha256 or "",
        "Content-Type": grant.content_type or "application/octet-stream",
        "Content-Disposition": grant.disposition or "attachment",
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "Content-Security-Policy": "sandbox",
    }
