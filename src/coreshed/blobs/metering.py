"""Telling metered purposes what arrives and what does not stay.

Charged is, at all times, what is staged and committed, and what the bodies on their way may add to it. Staged rows and
accounts may lie in two databases, so a crash can come between them: bytes are charged before they arrive and uncharged
after they have gone, so that it leaves too much charged and never too little. `stored_bytes` says what is right.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from coreshed.blobs import ledger, staged
from coreshed.blobs.links import Grant
from coreshed.blobs.model import Blob, BlobPurpose, Metered, Personal
from coreshed.blobs.receiving import Batch
from coreshed.blobs.refusals import BlobVanished
from coreshed.blobs.staged import NewBlock, StagedFile
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.problems import Problem

# Of a body of unannounced length: what is charged in one transaction, 10 ms of a fast network.
PORTION = 8 << 20
# How often a purpose hears of a body that is slow, whatever its length.
_STILL_NS = 5 * NANOSECONDS


class Meter:
    """What one body has been charged in bytes. replaced: bytes it takes the place of, which are charged already."""

    def __init__(self, metering: "Metering", grant: Grant, replaced: int) -> None:
        self.charged = 0
        self._metering = metering
        self._grant = grant
        self._replaced = replaced

    async def cover(self, size: int) -> None:
        """See to it that a body of `size` bytes is charged. Raises Refusal or Problem."""
        more = max(0, size - self._replaced - self.charged)
        await self._metering.charge(self._grant, more)
        self.charged += more

    async def portions(self, body: AsyncIterator[Batch], *, announced: bool) -> AsyncIterator[Batch]:
        """The same body, charged as it arrives; of one whose length was announced the purpose hears by the clock alone.

        Raises Refusal or Problem where no more of it is taken.
        """
        arrived = covered = 0
        told_ns = self._metering.now_ns()
        async for batch in body:
            arrived += sum(map(len, batch.pieces))
            slow = abs(self._metering.now_ns() - told_ns) >= _STILL_NS
            if slow or (not announced and arrived - covered >= PORTION):
                await self.cover(arrived)
                covered, told_ns = arrived, self._metering.now_ns()
            yield batch
        if arrived > covered and not announced:
            await self.cover(arrived)


class Metering:
    """The accounts of one installation's metered purposes; the other purposes cost nothing here."""

    def __init__(self, *, main: Database, staging: Database, clock: Clock, purposes: Mapping[str, BlobPurpose]) -> None:
        self._main = main
        self._staging = staging
        self._clock = clock
        self._purposes = purposes
        self._metered = {name: purpose for name, purpose in purposes.items() if isinstance(purpose, Metered)}
        self._personal = {name: purpose for name, purpose in purposes.items() if isinstance(purpose, Personal)}
        self._giving_back: set[asyncio.Future[None]] = set()

    def now_ns(self) -> int:
        """The present."""
        return self._clock.now_ns()

    def counts(self, blob: Blob) -> bool:
        """Whether the bytes of this blob are accounted for."""
        return blob.purpose in self._metered

    def writable(self, rows: Rows, grant: Grant) -> Blob:
        """The blob of a write link, if its purpose lets it be written. Raises BlobVanished or Problem."""
        blob = ledger.find(rows, grant.blob_id)
        if blob is None or blob.workspace_id != grant.workspace_id:
            raise BlobVanished
        self.judge(rows, grant, blob)
        return blob

    def judge(self, rows: Rows, grant: Grant, blob: Blob) -> None:
        """Let the purpose say whether the link may write. Raises Problem."""
        self._purposes[blob.purpose].may_write(rows, blob)
        personal = self._personal.get(blob.purpose)
        if personal is not None and grant.person:
            personal.may_still_write(rows, blob, grant.person)

    @asynccontextmanager
    async def body(self, grant: Grant, blob: Blob, *, length: int | None, replaced: int) -> AsyncIterator[Meter]:
        """Charge a body before it is received, and give that back where receiving it fails. Raises Refusal, Problem."""
        meter = Meter(self, grant, replaced)
        if not self.counts(blob):
            yield meter
            return
        await meter.cover(length or 0)
        try:
            yield meter
        except BaseException:
            await self.give_back(grant.blob_id, meter.charged)
            raise

    async def charge(self, grant: Grant, size: int) -> None:
        """Let the purpose account for bytes that arrive. Raises Refusal or Problem."""
        await self._main.change(self._charge, grant, size)

    def _charge(self, grant: Grant, size: int) -> None:
        with self._main.writing() as rows:
            blob = self.writable(rows, grant)
            if self.counts(blob):
                self._metered[blob.purpose].charge(rows, blob, size)

    async def give_back(self, blob_id: str, size: int) -> None:
        """Uncharge bytes, also when the request that asks for it is cancelled."""
        if size:
            task = asyncio.ensure_future(self._main.change(self._uncharge, blob_id, size))
            self._giving_back.add(task)
            task.add_done_callback(self._giving_back.discard)
            await asyncio.shield(task)

    def _uncharge(self, blob_id: str, size: int) -> None:
        with self._main.writing() as rows:
            self.change(rows, ledger.find(rows, blob_id), -size)

    def change(self, rows: Rows, blob: Blob | None, size: int) -> None:
        """Charge (or, negative, uncharge) bytes in the caller's transaction. Raises Problem."""
        purpose = None if blob is None else self._metered.get(blob.purpose)
        if purpose is None or blob is None or size == 0:
            return
        if size > 0:
            purpose.charge(rows, blob, size)
        else:
            purpose.uncharge(rows, blob, -size)

    def given_up(self, blob_id: str, files: Sequence[StagedFile]) -> None:
        """Uncharge staged blocks that count no more; the staging ledger knows already. Blocks."""
        if not files or not self._metered:
            return
        with self._main.writing() as rows:
            blob = ledger.find(rows, blob_id)
            if blob is not None and self.counts(blob):
                self.change(rows, blob, -self.counted(rows, blob_id, files))

    def landed(self, grant: Grant, block: NewBlock, superseded: Sequence[StagedFile], charged: int) -> None:
        """Settle an acknowledged block. Blocks. Raises Refusal or Problem, and then the block is staged no more."""
        if not superseded and charged == block.length:
            with self._main.reading() as rows:  # the upload may have ended while the block was on its way
                if self._still_open(rows, grant) is None:
                    return
        refused: Problem | BlobVanished | None = None
        try:
            with self._main.writing() as rows:
                refused = self._still_open(rows, grant)
                if refused is None:
                    freed = self.counted(rows, block.blob_id, superseded)
                    self.change(rows, ledger.find(rows, block.blob_id), block.length - freed - charged)
        except Problem as problem:
            refused = problem
        if refused is not None:
            self._unstage(block, superseded, charged)
            raise refused

    def _still_open(self, rows: Rows, grant: Grant) -> Problem | BlobVanished | None:
        try:
            self.writable(rows, grant)
        except (Problem, BlobVanished) as refused:
            return refused
        return None

    def _unstage(self, block: NewBlock, superseded: Sequence[StagedFile], charged: int) -> None:
        with self._staging.writing() as rows:
            mine = staged.supersede_file(rows, block.blob_id, block.token, self._clock.now_ns())
        with self._main.writing() as rows:
            # A block that does not count any more was uncharged, or published, by whoever saw to that.
            kept = 0 if mine else block.length
            freed = self.counted(rows, block.blob_id, superseded)
            self.change(rows, ledger.find(rows, block.blob_id), min(0, kept - freed - charged))

    @staticmethod
    def counted(rows: Rows, blob_id: str, files: Iterable[StagedFile]) -> int:
        """Bytes of staged files without those that a commit has published before it could forget their rows."""
        files = list(files)
        if not files:
            return 0
        named = ledger.extents(rows, blob_id).tokens | ledger.discarded(rows, blob_id)
        return sum(file.length for file in files if file.token not in named)

    def stored_bytes(self, rows: Rows, blob_ids: Collection[str]) -> dict[str, int]:
        """Blob id -> bytes that are staged and committed, by what the ledgers say; every id that was asked for.

        Bodies on their way are charged and not in it, so it mends an account only where none is.
        """
        # The staging ledger comes first: a block that a commit publishes meanwhile is then found in the manifest.
        with self._staging.reading() as staging_rows:
            blocks = staged.counting(staging_rows, blob_ids)
        found: dict[str, int] = {}
        for blob_id in blob_ids:
            blob = ledger.find(rows, blob_id)
            committed = 0 if blob is None or blob.generation == 0 else blob.size or 0
            found[blob_id] = committed + self.counted(rows, blob_id, blocks.get(blob_id, ()))
        return found
