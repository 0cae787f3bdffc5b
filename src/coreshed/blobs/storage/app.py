"""The ASGI application behind `/storage/`: a plain PUT as to a bucket, or the block verbs as under `/blob/`."""

from http import HTTPStatus
from typing import ClassVar

import msgspec

from coreshed.blobs.azure.app import BlobPlane
from coreshed.blobs.azure.wire import Answer, Request
from coreshed.blobs.azure.writes import check_whole, stated_sha256
from coreshed.blobs.digests import Digests
from coreshed.blobs.links import Grant, Query
from coreshed.blobs.refusals import Refusal
from coreshed.blobs.storage.hashes import goog_hash, stated_digests

_UNSAID = "application/octet-stream"


class StoragePlane(BlobPlane):
    """One URL for two kinds of clients: those that speak Azure's dialect say so with `comp` or an `x-ms-` header."""

    exposed: ClassVar[str] = f"{BlobPlane.exposed}, x-goog-hash"

    def refused(self, request: Request, refusal: Refusal) -> Answer:
        """A problem (RFC 9457), in XML for clients of the block verbs; the code is in `x-ms-error-code` either way."""
        if _speaks_azure(request):
            return super().refused(request, refusal)
        body = {
            "type": "about:blank",
            "title": HTTPStatus(refusal.status).phrase,
            "status": refusal.status,
            "detail": refusal.detail or refusal.message,
            "code": refusal.code,
            **refusal.members,
        }
        headers = {
            "Content-Type": "application/problem+json", "x-ms-error-code": refusal.code, **refusal.headers
        }  # fmt: skip
        return Answer(refusal.status, headers, b"" if request.method == "HEAD" else msgspec.json.encode(body))

    async def put(self, request: Request, grant: Grant, query: Query) -> Answer:
        """A whole file, 200 with its digests; or one of the block verbs. Raises Refusal or Problem."""
        if query.get("comp"):
            _check_azure_content_type(request, grant, whole=False)
            return await super().put(request, grant, query)
        digests = Digests(["sha256", "md5", "crc32c"], stated_digests(request))
        if request.header("x-ms-blob-type"):
            _check_azure_content_type(request, grant, whole=True)
            return await self.writes.put_blob(request, grant, digests)
        _check_content_type(request, grant)
        check_whole(request)
        expected, length = stated_sha256(request), request.length_if_known()
        received, _ = await self.writes.whole(
            grant, length=length, body=request.batches(length), digests=digests, absent=False, expected=expected
        )
        md5, crc32c = received.digests.md5 or b"", received.digests.crc32c or b""
        return Answer(200, {"ETag": f'"{md5.hex()}"', "x-goog-hash": goog_hash(md5=md5, crc32c=crc32c)})


def _speaks_azure(request: Request) -> bool:
    if request.headers.keys() & {"x-ms-version", "x-ms-blob-type"}:
        return True
    try:
        return "comp" in request.query().values
    except Refusal:
        return False


def _check_content_type(request: Request, grant: Grant) -> None:
    """The type that the link was made for is part of its signature. Raises Refusal."""
    sent = request.header("content-type") or _UNSAID
    if sent.lower() != (grant.content_type or _UNSAID).lower():
        raise Refusal("ContentTypeMismatch", f"Send it as Content-Type: {grant.content_type or _UNSAID}.")


def _check_azure_content_type(request: Request, grant: Grant, *, whole: bool) -> None:
    """The same for the block verbs, whose clients say `application/octet-stream` where nobody told them a type.

    The Content-Type of a block or of a list of blocks is that of its own body. Raises Refusal.
    """
    said = {request.header("x-ms-blob-content-type").lower()}
    if whole:
        said.add(request.header("content-type").lower())
    wanted = grant.content_type or _UNSAID
    if said - {"", _UNSAID, wanted.lower()}:
        raise Refusal("ContentTypeMismatch", f"Send it as Content-Type: {wanted}.")
