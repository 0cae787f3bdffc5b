"""Telling metered purposes what arrives and what does not stay.

Charged is, at all times, what is on the disk and what the bodies on their way may add to it: bytes are charged in full
before they arrive, and uncharged after their files have gone (`retiring`). Staged rows and accounts may lie in two
databases, so a crash can come between them; it leaves too much charged and never too little. `stored_bytes` says what
is right.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from coreshed.blobs import ledger, staged
from coreshed.blobs.links import Grant
from coreshed.blobs.model import Blob, BlobPurpose, Metered, Personal
from coreshed.blobs.receiving import Batch
from coreshed.blobs.refusals import BlobVanished, Refusal
from coreshed.blobs.staged import StagedFile
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.problems import Problem

T = TypeVar("T")
# Of a body of unannounced length: what is charged in one transaction, 10 ms of a fast network.
PORTION = 8 << 20
# How often a purpose hears of a body that is slow, whatever its length; and of one of which nothing has gathered yet.
_STILL_NS = 5 * NANOSECONDS
_PULSE_SECONDS = 30.0


class Meter:
    """What one body has been charged in bytes. replaced: bytes that go once it is there, see `Metered.charge`."""

    def __init__(self, metering: "Metering", grant: Grant, replaced: int) -> None:
        self.charged = 0
        self._metering = metering
        self._grant = grant
        self._replaced = replaced
        self._charging: asyncio.Future[None] | None = None
        self._aborting: Future[None] | None = None

    async def cover(self, size: int) -> None:
        """See to it that a body of `size` bytes is charged. Raises Refusal or Problem."""
        # Who is cancelled meanwhile does not know whether it was charged, and `take_back` waits for that.
        self._charging = asyncio.ensure_future(self._charge(max(0, size - self.charged)))
        await asyncio.shield(self._charging)

    async def _charge(self, more: int) -> None:
        await self._metering.charge(self._grant, more, self._replaced)
        self._replaced = 0
        self.charged += more

    def take(self) -> int:
        """What has been charged, which the caller answers for from now on."""
        charged, self.charged = self.charged, 0
        return charged

    def aborting(self, done: Future[None]) -> None:
        """The file is on its way from the disk."""
        self._aborting = done

    async def take_back(self) -> int:
        """`take`, once what is being charged is charged or refused, and the file has gone."""
        if self._charging is not None:
            with suppress(Refusal, Problem):
                await self._charging
        if self._aborting is not None:
            with suppress(OSError):
                await asyncio.wrap_future(self._aborting)
        return self.take()

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
        self._finishing: set[asyncio.Future[Any]] = set()

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
        """Charge a body before it is received, and give that back where receiving it fails. Raises Refusal, Problem.

        replaced: bytes that go once it is there. What the caller has taken from the meter is not given back.
        """
        meter = Meter(self, grant, replaced)
        if not self.counts(blob):
            yield meter
            return
        pulse = asyncio.ensure_future(self._pulse(grant))
        try:
            # Of an unknown length: what is replaced is the best guess, and room that is lent is lent once.
            await meter.cover(replaced if length is None else length)
            yield meter
        except BaseException:
            await self.finish(self._given_back(grant.blob_id, meter))
            raise
        finally:
            pulse.cancel()

    async def _pulse(self, grant: Grant) -> None:
        """Say that a body is on its way, also while nothing comes or its file is being made durable."""
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            with suppress(Refusal, Problem):
                await self.charge(grant, 0, 0)

    async def _given_back(self, blob_id: str, meter: Meter) -> None:
        size = await meter.take_back()
        if size:
            await self._main.change(self.uncharge, blob_id, size)

    async def finish(self, steps: Coroutine[Any, Any, T]) -> T:
        """Do these steps, to their end also where the request that asks for it is cancelled."""
        task = asyncio.ensure_future(steps)
        self._finishing.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: "asyncio.Future[Any]") -> None:
        self._finishing.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it

    async def charge(self, grant: Grant, size: int, replaced: int) -> None:
        """Let the purpose account for bytes that arrive. Raises Refusal or Problem."""
        await self._main.change(self._charge, grant, size, replaced)

    def _charge(self, grant: Grant, size: int, replaced: int) -> None:
        with self._main.writing() as rows:
            blob = self.writable(rows, grant)
            if self.counts(blob):
                self._metered[blob.purpose].charge(rows, blob, size, replaced=replaced)

    def uncharge(self, blob_id: str, size: int) -> None:
        """`change` in a transaction of its own. Blocks."""
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

    def refusal(self, grant: Grant) -> Problem | BlobVanished | None:
        """Why the link may not write any more, None while it may."""
        with self._main.reading() as rows:
            try:
                self.writable(rows, grant)
            except (Problem, BlobVanished) as refused:
                return refused
        return None

    def told(self, rows: Rows, grant: Grant, blob: Blob) -> None:
        """Content of this link has been published."""
        personal = self._personal.get(blob.purpose)
        if personal is not None:
            personal.stored_by(rows, blob, grant.person)

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
            blocks = staged.remaining(staging_rows, blob_ids)
        found = dict.fromkeys(blob_ids, 0) | ledger.committed_sizes(rows, blob_ids)
        for blob_id, files in blocks.items():
            found[blob_id] += self.counted(rows, blob_id, files)
        return found
