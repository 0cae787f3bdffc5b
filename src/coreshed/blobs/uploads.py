"""Taking bytes in: who may send, where blocks go, when they are acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from coreshed import ids
from coreshed.blobs import ledger, staged
from coreshed.blobs.committer import GroupCommitter
from coreshed.blobs.digests import Digests
from coreshed.blobs.hashing import Frontiers, wanted_of
from coreshed.blobs.links import Grant
from coreshed.blobs.manifest import Manifest
from coreshed.blobs.metering import PORTION, Meter, Metering
from coreshed.blobs.model import Blob, BlobPurpose, Overwrite
from coreshed.blobs.pools import Pools
from coreshed.blobs.receiving import Batch, Received, receive
from coreshed.blobs.refusals import Refusal
from coreshed.blobs.retiring import Retiring
from coreshed.blobs.signing import upload_session
from coreshed.blobs.staged import NewBlock, StagedBlock, StagedFile
from coreshed.blobs.stores import FileKey, Store
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database
from coreshed.settings import Settings

# Azure's limit; the Evo SDK sends 32.
_ID_BYTES = 64


@dataclass(frozen=True, slots=True)
class BlockLists:
    """What Get Block List shows. `blob` is None before the first commit."""

    blob: Blob | None
    committed: Manifest
    staged: Mapping[bytes, StagedBlock]


@dataclass(frozen=True, slots=True)
class _Admitted:
    """What may be received. in_the_way: an abandoned upload is; replaced: bytes of the block that it will replace."""

    blob: Blob
    in_the_way: bool
    replaced: int


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
        metering: Metering,
        retiring: Retiring,
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
        self._metering = metering
        self._retiring = retiring

    async def put_block(
        self, grant: Grant, *, block_id: bytes, length: int, md5: bytes | None, body: AsyncIterator[Batch]
    ) -> None:
        """Stage one block of `length` bytes; when this returns it survives a power cut. Raises Refusal or Problem."""
        if not 0 < len(block_id) <= _ID_BYTES:
            raise Refusal("InvalidQueryParameterValue", f"A block id has 1 to {_ID_BYTES} bytes.")
        admitted = await self._main.run(self._admit_block, grant, block_id, length)
        if admitted.in_the_way:
            await self._staging.change(self._give_up, grant)
        key = FileKey(grant.blob_id, ids.new_token())
        digests = Digests() if md5 is None else Digests(expected={"md5": md5})
        counts = self._metering.counts(admitted.blob)
        async with self._metering.body(grant, admitted.blob, length=length, replaced=admitted.replaced) as meter:
            if counts:
                body = meter.portions(body, announced=True)
            await self._received(body, key, length, digests, meter)
            block = NewBlock(grant.blob_id, grant.session, block_id, key.token, length)
            await self._metering.finish(self._acknowledged(grant, key, block, meter.take() if counts else None))
        wanted = wanted_of(self._purposes[admitted.blob.purpose])
        self._frontiers.landed(grant.blob_id, grant.session, block_id, key.token, length, wanted)

    async def _acknowledged(self, grant: Grant, key: FileKey, block: NewBlock, charged: int | None) -> None:
        """Stage a block whose file is finished, and settle it where it was charged. Raises StoreFailure, Problem."""
        superseded = await self._settled(key, block, charged)
        if charged is None:
            return
        refused = await self._main.run(self._metering.refusal, grant)  # the upload may have ended meanwhile
        if refused is not None:
            superseded = [*superseded, *await self._staging.change(self._withdrawn, block)]
        if superseded:
            await self._pools.on_disk(self._retiring.retire, block.blob_id, superseded)
        if refused is not None:
            raise refused

    async def _settled(self, key: FileKey, block: NewBlock | None, charged: int | None) -> list[StagedFile]:
        """Make a finished file, and its row, durable; where that fails a charged file is withdrawn."""
        try:
            return await asyncio.wrap_future(self._committer.submit(key, block))
        except Exception:
            if charged is not None:
                if block is not None:  # the row may be there although its answer was lost
                    await self._staging.change(self._withdrawn, block)
                await self._pools.on_disk(self._retiring.refused, key, charged)
            raise

    def _withdrawn(self, block: NewBlock) -> list[StagedFile]:
        with self._staging.writing() as rows:
            return staged.supersede_file(rows, block.blob_id, block.token, self._clock.now_ns())

    async def put_whole(
        self,
        grant: Grant,
        *,
        length: int | None,
        body: AsyncIterator[Batch],
        digests: Digests,
        absent: bool,
        publish: Callable[[Received], Coroutine[Any, Any, Blob]],
    ) -> tuple[Received, Blob]:
        """Store a blob sent in one request, of so many bytes or (None) of as many as come. Raises Refusal or Problem.

        `publish` makes the file the content of the blob, or sees to it that it goes. `absent`: refuse where the blob
        has content.
        """
        blob = await self._main.run(self._admit_whole, grant, length or 0, absent)
        key = FileKey(grant.blob_id, ids.new_token())
        replaced = blob.size or 0 if blob.generation else 0
        async with self._metering.body(grant, blob, length=length, replaced=replaced) as meter:
            size = 0
            if length is None:
                body = meter.portions(self._limited(body), announced=False)
            elif self._metering.counts(blob):
                body = meter.portions(body, announced=True)
            if length == 0:
                digests.check()
            else:
                size = await self._received(body, key, length, digests, meter)
            received = Received(key.token if size else None, size, digests.found(), meter.take())
            return await self._metering.finish(self._stored(key, received, publish))

    async def _received(
        self, body: AsyncIterator[Batch], key: FileKey, length: int | None, digests: Digests, meter: Meter
    ) -> int:
        return await receive(
            body, key=key, length=length, store=self._store, pools=self._pools, digests=digests,
            aborting=meter.aborting,
        )  # fmt: skip

    async def _stored(
        self, key: FileKey, received: Received, publish: Callable[[Received], Coroutine[Any, Any, Blob]]
    ) -> tuple[Received, Blob]:
        if received.token is not None:
            await self._settled(key, None, received.charged)
        return received, await publish(received)

    async def _limited(self, body: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        """A body of unannounced length, as far as it is not too long and the disk has room."""
        size = checked = 0
        async for batch in body:
            size += sum(map(len, batch.pieces))
            if size - checked >= PORTION or size > self._settings.upload_bytes:
                self._check_size(size, self._settings.upload_bytes, more=0)
                checked = size
            yield batch

    def lists(self, grant: Grant) -> BlockLists:
        """The blocks of a blob as this session sees them. Raises BlobVanished."""
        # In the order of a commit's plan: a block on its way from one ledger to the other is shown.
        with self._staging.reading() as rows:
            blocks = staged.session_blocks(rows, grant.blob_id, grant.session)
        with self._main.reading() as rows:
            blob = self._metering.writable(rows, grant)
            content = ledger.manifest(rows, blob.id) if blob.committed else Manifest()
        return BlockLists(blob if blob.committed else None, content, blocks)

    def discard(self, *, blob_id: str, principal_id: str) -> None:
        """Give up what a principal has staged for a blob; the files go with a later sweep."""
        self._supersede(blob_id, upload_session(principal_id, blob_id))

    def staged(self, blob_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """Blob id -> number and bytes of the blocks that are staged for it; blobs without any are absent."""
        with self._staging.reading() as rows:
            return staged.totals(rows, blob_ids)

    def _admit_block(self, grant: Grant, block_id: bytes, length: int) -> _Admitted:
        """Everything that can be refused before the body is read."""
        with self._main.reading() as rows:
            blob = self._metering.writable(rows, grant)
            if blob.generation > 0 and self._purposes[blob.purpose].overwrite is Overwrite.ONCE:
                raise Refusal("UnauthorizedBlobOverwrite")
        with self._staging.reading() as rows:
            expected = staged.id_length(rows, grant.blob_id, grant.session)
            other = expected is not None and expected != len(block_id)
            newest_ns = staged.newest_ns(rows, grant.blob_id, grant.session) if other else 0
            replaced = (
                staged.length_of(rows, grant.blob_id, grant.session, block_id) if self._metering.counts(blob) else 0
            )
        if other and newest_ns > self._clock.now_ns() - self._settings.link_lifetime * NANOSECONDS:
            raise Refusal("InvalidBlobOrBlock", "The ids of a blob's blocks must all have the same length.")
        self._check_size(length, self._settings.block_bytes, more=length)
        return _Admitted(blob, other, replaced)

    def _give_up(self, grant: Grant) -> None:
        """Another client of the same principal, with ids of another length, was at it longer ago than a link lives."""
        self._supersede(grant.blob_id, grant.session)

    def _supersede(self, blob_id: str, session: str) -> None:
        with self._staging.writing() as rows:
            given_up = staged.supersede(rows, blob_id, session, self._clock.now_ns())
        self._retiring.retire(blob_id, given_up)

    def _admit_whole(self, grant: Grant, length: int, absent: bool) -> Blob:
        with self._main.reading() as rows:
            blob = self._metering.writable(rows, grant)
        if absent and blob.committed:
            raise Refusal("BlobAlreadyExists")
        limit = self._settings.upload_bytes if self._metering.counts(blob) else self._settings.put_bytes
        self._check_size(length, limit, more=length)
        return blob

    def _check_size(self, length: int, limit: int, *, more: int) -> None:
        """more: those bytes of the length that are not on the disk yet."""
        if length > limit:
            raise Refusal("RequestBodyTooLarge", f"At most {limit} bytes are accepted in one request.")
        if self._store.free_bytes() < more + self._settings.disk_reserve:
            raise Refusal("InsufficientStorage")
