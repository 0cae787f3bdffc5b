"""Taking bytes in: who may send, where blocks go, when they are acknowledged."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass

from coreshed import ids
from coreshed.blobs import ledger, staged
from coreshed.blobs.committer import GroupCommitter
from coreshed.blobs.hashing import Frontiers
from coreshed.blobs.links import Grant
from coreshed.blobs.manifest import Manifest
from coreshed.blobs.model import Blob, BlobPurpose, Overwrite
from coreshed.blobs.pools import Pools
from coreshed.blobs.receiving import Batch, Digests, receive
from coreshed.blobs.refusals import BlobVanished, Refusal
from coreshed.blobs.signing import upload_session
from coreshed.blobs.staged import NewBlock, StagedBlock
from coreshed.blobs.stores import FileKey, Store
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.settings import Settings

# Azure's limit; the Evo SDK sends 32.
_ID_BYTES = 64


@dataclass(frozen=True, slots=True)
class BlockLists:
    """What Get Block List shows. `blob` is None before the first commit."""

    blob: Blob | None
    committed: Manifest
    staged: Mapping[bytes, StagedBlock]


class Uploads:
    """Admission, staging and discarding of blocks."""

    def __init__(
        self,
        *,
        settings: Settings,
        main: Database,
        staging: Database,
        store: Store,
        clock: Clock,
        pools: Pools,
        committer: GroupCommitter,
        frontiers: Frontiers,
        purposes: Mapping[str, BlobPurpose],
    ) -> None:
        self._settings = settings
        self._main = main
        self._staging = staging
        self._store = store
        self._clock = clock
        self._pools = pools
        self._committer = committer
        self._frontiers = frontiers
        self._purposes = purposes

    async def put_block(
        self, grant: Grant, *, block_id: bytes, length: int, md5: bytes | None, body: AsyncIterator[Batch]
    ) -> None:
        """Stage one block of `length` bytes; when this returns it survives a power cut. Raises Refusal or Problem."""
        if not 0 < len(block_id) <= _ID_BYTES:
            raise Refusal("InvalidQueryParameterValue", f"A block id has 1 to {_ID_BYTES} bytes.")
        if await self._main.run(self._admit_block, grant, block_id, length):
            await self._staging.change(self._give_up, grant)
        key = FileKey(grant.blob_id, ids.new_token())
        digests = Digests() if md5 is None else Digests(md5=_md5(), expected_md5=md5)
        await receive(body, key=key, length=length, store=self._store, pools=self._pools, digests=digests)
        block = NewBlock(grant.blob_id, grant.session, block_id, key.token, length)
        await asyncio.wrap_future(self._committer.submit(key, block))
        self._frontiers.landed(grant.blob_id, grant.session, block_id, key.token, length)

    async def put_whole(
        self, grant: Grant, *, length: int, md5: bytes | None, body: AsyncIterator[Batch], absent: bool
    ) -> tuple[int | None, str]:
        """Store a blob sent in one request: (token of its durable file, SHA-256); no file for no bytes.

        Nothing is published: that is the commit's part. `absent`: refuse where the blob has content.
        """
        await self._main.run(self._admit_whole, grant, length, absent)
        sha256 = hashlib.sha256()
        digests = Digests(sha256=sha256) if md5 is None else Digests(sha256=sha256, md5=_md5(), expected_md5=md5)
        if length == 0:
            digests.check()
            return None, sha256.hexdigest()
        key = FileKey(grant.blob_id, ids.new_token())
        await receive(body, key=key, length=length, store=self._store, pools=self._pools, digests=digests)
        await asyncio.wrap_future(self._committer.submit(key, None))
        return key.token, sha256.hexdigest()

    def lists(self, grant: Grant) -> BlockLists:
        """The blocks of a blob as this session sees them. Raises BlobVanished."""
        # In the order of a commit's plan: a block on its way from one ledger to the other is shown.
        with self._staging.reading() as rows:
            blocks = staged.session_blocks(rows, grant.blob_id, grant.session)
        with self._main.reading() as rows:
            blob = self.writable(rows, grant)
            content = ledger.manifest(rows, blob.id) if blob.committed else Manifest()
        return BlockLists(blob if blob.committed else None, content, blocks)

    def discard(self, *, blob_id: str, principal_id: str) -> None:
        """Give up what a principal has staged for a blob; the files go with a later sweep."""
        with self._staging.writing() as rows:
            staged.supersede(rows, blob_id, upload_session(principal_id, blob_id), self._clock.now_ns())

    def staged(self, blob_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """Blob id -> number and bytes of the blocks that are staged for it; blobs without any are absent."""
        with self._staging.reading() as rows:
            return staged.totals(rows, blob_ids)

    def writable(self, rows: Rows, grant: Grant) -> Blob:
        """The blob of a write link, if its purpose lets it be written. Raises BlobVanished or Problem."""
        blob = ledger.find(rows, grant.blob_id)
        if blob is None or blob.workspace_id != grant.workspace_id:
            raise BlobVanished
        self._purposes[blob.purpose].may_write(rows, blob)
        return blob

    def _admit_block(self, grant: Grant, block_id: bytes, length: int) -> bool:
        """Everything that can be refused before the body is read; True where an abandoned upload is in the way."""
        with self._main.reading() as rows:
            blob = self.writable(rows, grant)
            if blob.generation > 0 and self._purposes[blob.purpose].overwrite is Overwrite.ONCE:
                raise Refusal("UnauthorizedBlobOverwrite")
        with self._staging.reading() as rows:
            expected = staged.id_length(rows, grant.blob_id, grant.session)
            other = expected is not None and expected != len(block_id)
            newest_ns = staged.newest_ns(rows, grant.blob_id, grant.session) if other else 0
        if other and newest_ns > self._clock.now_ns() - self._settings.link_lifetime * NANOSECONDS:
            raise Refusal("InvalidBlobOrBlock", "The ids of a blob's blocks must all have the same length.")
        self._check_size(length, self._settings.block_bytes)
        return other

    def _give_up(self, grant: Grant) -> None:
        """Another client of the same principal, with ids of another length, was at it longer ago than a link lives."""
        with self._staging.writing() as rows:
            staged.supersede(rows, grant.blob_id, grant.session, self._clock.now_ns())

    def _admit_whole(self, grant: Grant, length: int, absent: bool) -> None:
        with self._main.reading() as rows:
            blob = self.writable(rows, grant)
        if absent and blob.committed:
            raise Refusal("BlobAlreadyExists")
        self._check_size(length, self._settings.put_bytes)

    def _check_size(self, length: int, limit: int) -> None:
        if length > limit:
            raise Refusal("RequestBodyTooLarge", f"At most {limit} bytes are accepted in one request.")
        if self._store.free_bytes() < length + self._settings.disk_reserve:
            raise Refusal("InsufficientStorage")


def _md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)
