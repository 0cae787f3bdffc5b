"""Dropping what an upload has brought, staged and committed, when it comes to nothing.

1. in the caller's transaction: the content goes, its files are due for unlinking, its bytes are uncharged
2. once that is committed: the staged rows of all sessions go
3. in a transaction of its own: their files are due as well, their bytes uncharged
4. the files go

After a crash between 1 and 2 the staged blocks go when they have been idle for long; one between 2 and 3 leaves files
that no row names, which collection finds. Of many blobs those beyond the first portion go later, and after a crash
before that with collection, as nobody holds them.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from coreshed import logs
from coreshed.blobs import ledger, staged
from coreshed.blobs.metering import Metering
from coreshed.blobs.pools import Pools
from coreshed.blobs.sweeping import Sweeping
from coreshed.clock import Clock
from coreshed.database import Database, Rows, after_commit

_log = logs.logger("coreshed.blobs")
_PORTION = 200  # blobs in one transaction


@dataclass(frozen=True, slots=True)
class Dropping:
    """The dropping of blobs of one installation."""

    main: Database
    staging: Database
    clock: Clock
    pools: Pools
    metering: Metering
    sweeping: Sweeping

    def drop(self, rows: Rows, blob_ids: Iterable[str], *, readers: bool = False) -> None:
        """Empty blobs; their rows stay, so that their purpose still says why nothing can be written.

        Of many, the first go in the caller's transaction and the others in short ones right after it. A blob that
        somebody holds keeps its content. The purpose must refuse writing from this transaction on. The caller has
        locked these blobs already, or nothing that comes after blobs (docs/decisions/027). May be repeated.

        readers: somebody may be reading them, so that their files go an hour later.
        """
        ordered = sorted(set(blob_ids))
        first, others = ordered[:_PORTION], ordered[_PORTION:]
        self._empty(rows, first, readers)
        after_commit(rows, partial(self._dropped, first))
        self.drop_after(rows, others, readers=readers)

    def drop_after(self, rows: Rows, blob_ids: Collection[str], *, readers: bool = False) -> None:
        """`drop` once the caller's transaction is committed, for blobs that it could not lock in time."""
        if blob_ids:
            after_commit(rows, partial(self._submit, sorted(set(blob_ids)), readers))

    def _submit(self, blob_ids: Sequence[str], readers: bool) -> None:
        with suppress(RuntimeError):  # the server stops: collection finds them
            self.pools.disk.submit(self._go_on, blob_ids, readers)

    def _go_on(self, blob_ids: Sequence[str], readers: bool) -> None:
        """One portion; what else the disk is asked for takes its turn before the next."""
        first, others = blob_ids[:_PORTION], blob_ids[_PORTION:]
        try:
            with self.main.writing() as rows:
                self._empty(rows, first, readers)
        except Exception:  # noqa: BLE001  (nobody waits for this; collection finds them)
            _log.exception("blobs_left")
        self._dropped(first)
        if others:
            self._submit(others, readers)

    def _empty(self, rows: Rows, blob_ids: Sequence[str], readers: bool) -> None:
        there = [blob for blob in ledger.lock_all(rows, blob_ids) if blob.generation > 0]
        # Asked once all are locked: holds wait for the lock.
        held = ledger.held_among(rows, [blob.id for blob in there])
        gone = {blob.id: blob for blob in there if blob.id not in held}
        files = [(id_, token) for id_, content in ledger.all_extents(rows, gone).items() for token in content.tokens]
        delay_ns = ledger.DISCARD_DELAY_NS if readers else 0
        ledger.discard_all(rows, files, self.clock.now_ns() + delay_ns)
        ledger.forget_content(rows, gone)
        for blob in gone.values():
            self.metering.change(rows, blob, -(blob.size or 0))

    def _dropped(self, blob_ids: Sequence[str]) -> None:
        try:
            self._drop_staged(blob_ids)
            self.pools.disk.submit(self.sweeping.unlink_due)
        except Exception:  # noqa: BLE001  (the transaction is over; what is left here, upkeep and collection find)
            _log.exception("staged_blocks_left")

    def _drop_staged(self, blob_ids: Sequence[str]) -> None:
        with self.staging.writing() as rows:
            files = staged.take_all(rows, blob_ids)
        if not files:
            return
        with self.main.writing() as rows:
            blobs = ledger.lock_all(rows, files)
            sizes = {blob.id: self.metering.counted(rows, blob.id, files[blob.id]) for blob in blobs}
            named = {blob_id: content.tokens for blob_id, content in ledger.all_extents(rows, files).items()}
            tokens = {blob_id: {file.token for file in each} for blob_id, each in files.items()}
            due = [(blob_id, token) for blob_id in files for token in tokens[blob_id] - named.get(blob_id, set())]
            ledger.discard_all(rows, due, self.clock.now_ns())
            for blob in blobs:
                self.metering.change(rows, blob, -sizes[blob.id])
