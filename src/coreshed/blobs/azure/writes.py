"""Put Block, Put Block List, Put Blob and Get Block List."""

import hashlib
from collections.abc import AsyncIterator
from functools import partial

from coreshed import ids
from coreshed.blobs.azure.reads import SHA256, content_headers
from coreshed.blobs.azure.wire import Answer, Request, block_list_xml, decode_base64, parse_block_list
from coreshed.blobs.commit import Commits
from coreshed.blobs.digests import Digests
from coreshed.blobs.links import Grant, Query
from coreshed.blobs.model import Blob
from coreshed.blobs.pools import Pools
from coreshed.blobs.receiving import Batch, Received
from coreshed.blobs.refusals import Refusal
from coreshed.blobs.uploads import Uploads
from coreshed.database import Database
from coreshed.settings import Settings


class Writes:
    """The verbs of a write link. Every success is 201 with an empty body: the Evo SDK fails on anything else."""

    def __init__(self, *, settings: Settings, main: Database, pools: Pools, uploads: Uploads, commits: Commits) -> None:
        self._settings = settings
        self._main = main
        self._pools = pools
        self.uploads = uploads
        self.commits = commits

    async def put(self, request: Request, grant: Grant, query: Query) -> Answer:
        """Dispatch by `comp`."""
        verbs = {"": self._put_blob, "block": self._put_block, "blocklist": self._put_block_list}
        if query.repeated & {"comp", "blockid"} or query.get("comp") not in verbs:
            raise Refusal("InvalidQueryParameterValue")
        return await verbs[query.get("comp")](request, grant, query)

    async def _put_block(self, request: Request, grant: Grant, query: Query) -> Answer:
        length = request.content_length()
        if length == 0:
            raise Refusal("InvalidHeaderValue", "A block is not empty.")
        block_id = decode_base64(query.get("blockid"))
        if block_id is None:
            raise Refusal("InvalidQueryParameterValue", "blockid is not base64.")
        await self.uploads.put_block(
            grant, block_id=block_id, length=length, md5=request.content_md5(), body=request.batches(length)
        )
        return Answer(201)

    async def _put_block_list(self, request: Request, grant: Grant, _query: Query) -> Answer:
        length = request.content_length()
        if length > self._settings.block_list_bytes:
            raise Refusal("RequestBodyTooLarge", f"A block list has at most {self._settings.block_list_bytes} bytes.")
        md5, expected = request.content_md5(), stated_sha256(request)
        absent = _only_if_absent(request)
        body = await request.whole_body(length)
        if md5 is not None and hashlib.md5(body, usedforsecurity=False).digest() != md5:
            raise Refusal("Md5Mismatch")
        listed = await self._pools.hashing(parse_block_list, body, limit=self._settings.block_limit)
        return _created(await self.commits.block_list(grant, listed, absent=absent, expected=expected))

    async def _put_blob(self, request: Request, grant: Grant, _query: Query) -> Answer:
        md5 = request.content_md5()
        return await self.put_blob(request, grant, Digests(["sha256"], None if md5 is None else {"md5": md5}))

    async def put_blob(self, request: Request, grant: Grant, digests: Digests) -> Answer:
        """A whole blob, of which `digests` are kept and judged. Raises Refusal or Problem."""
        if request.header("x-ms-blob-type").lower() not in {"", "blockblob"}:
            raise Refusal("UnsupportedHeader", "Only block blobs are kept here.")
        if "x-ms-copy-source" in request.headers:
            raise Refusal("UnsupportedHeader", "Copying from another URL is not offered.")
        check_whole(request)
        length = request.content_length()
        absent, expected = _only_if_absent(request), stated_sha256(request)
        _, blob = await self.whole(
            grant, length=length, body=request.batches(length), digests=digests, absent=absent, expected=expected
        )
        return _created(blob)

    async def whole(
        self,
        grant: Grant,
        *,
        length: int | None,
        body: AsyncIterator[Batch],
        digests: Digests,
        absent: bool,
        expected: str | None,
    ) -> tuple[Received, Blob]:
        """Store and publish a blob sent in one request. Raises Refusal or Problem."""
        publish = partial(self.commits.whole, grant, absent=absent, expected=expected)
        return await self.uploads.put_whole(
            grant, length=length, body=body, digests=digests, absent=absent, publish=publish
        )

    async def get_block_list(self, _request: Request, grant: Grant, query: Query) -> Answer:
        """Committed and staged blocks, as `blocklisttype` asks; staged ones are those of the link's session."""
        kind = query.get("blocklisttype").lower() or "committed"
        if kind not in {"committed", "uncommitted", "all"}:
            raise Refusal("InvalidQueryParameterValue", "blocklisttype is committed, uncommitted or all.")
        lists = await self._main.search(self.uploads.lists, grant)
        committed = [(block.id, block.length) for block in lists.committed.blocks if block.id]
        staged = [(block.block_id, block.length) for block in lists.staged.values()]
        headers = {"Content-Type": "application/xml"}
        if lists.blob is not None:
            headers |= {**content_headers(lists.blob), "x-ms-blob-content-length": str(lists.blob.size)}
        shown = (None if kind == "uncommitted" else committed, None if kind == "committed" else staged)
        return Answer(200, headers, block_list_xml(*shown))


def _created(blob: Blob) -> Answer:
    return Answer(201, content_headers(blob))


def check_whole(request: Request) -> None:
    """Refuse a part of a file: whoever sends one would find it to be all of the file. Raises Refusal."""
    if request.header("content-range"):
        raise Refusal("UnsupportedHeader", "A file is sent whole, or in blocks: Content-Range is not offered.")


def stated_sha256(request: Request) -> str | None:
    """The SHA-256 that the client states for the whole content, an extension: nothing else is ever published."""
    text = request.header(SHA256)
    if text and not ids.is_sha256(text):
        raise Refusal("InvalidHeaderValue", f"{SHA256} has 64 hexadecimal digits.")
    return text.lower() or None


def _only_if_absent(request: Request) -> bool:
    """`If-None-Match: *`, which azure-storage-blob sends unless told to overwrite."""
    return request.header("if-none-match") == "*"
