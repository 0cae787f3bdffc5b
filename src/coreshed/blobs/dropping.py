"""Dropping what an upload has brought, staged and committed, when it comes to nothing.

1. in the caller's transaction: the content goes, its files are due for unlinking, its bytes are uncharged
2. once that is committed: the staged rows of all sessions go
3. in a transaction of its own: their files are due as well, their bytes uncharged
4. the files go

After a crash between 1 and 2 the staged blocks go when they have been idle for long; one between 2 and 3 leaves files
that no row names, which collection finds.
"""

from collections.abc import Collection
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


@dataclass(frozen=True, slots=True)
class Dropping:
    """The dropping of blobs of one installation."""

    main: Database
    staging: Database
    clock: Clock
    pools: Pools
    metering: Metering
    sweeping: Sweeping

    def drop(self, rows: Rows, blob_ids: Collection[str]) -> None:
        """Empty blobs; their rows stay, so that their purpose still says why nothing can be written.

        A blob that somebody holds keeps its content. The purpose must refuse writing from this transaction on. Commits
        lock the blob before what it belongs to; whoever locks that as well calls this first. May be repeated.
        """
        for blob_id in sorted(blob_ids):
            blob = ledger.lock(rows, blob_id)
            if blob is None or blob.generation == 0 or ledger.is_held(rows, blob_id):
                continue
            ledger.discard(rows, blob_id, ledger.extents(rows, blob_id).tokens, self.clock.now_ns())
            ledger.forget_content(rows, blob_id)
            self.metering.change(rows, blob, -(blob.size or 0))
        after_commit(rows, partial(self._dropped, tuple(blob_ids)))

    def _dropped(self, blob_ids: Collection[str]) -> None:
        try:
            for blob_id in blob_ids:
                self._drop_staged(blob_id)
            self.pools.disk.submit(self.sweeping.unlink_due)
        except Exception:  # noqa: BLE001  (the transaction is over; what is left here, upkeep and collection find)
            _log.exception("staged_blocks_left")

    def _drop_staged(self, blob_id: str) -> None:
        with self.staging.writing() as rows:
            tokens, counting = staged.take_all(rows, blob_id)
        if not tokens:
            return
        with self.main.writing() as rows:
            blob = ledger.lock(rows, blob_id)
            size = self.metering.counted(rows, blob_id, counting)
            ledger.discard(rows, blob_id, tokens - ledger.extents(rows, blob_id).tokens, self.clock.now_ns())
            self.metering.change(rows, blob, -size)
