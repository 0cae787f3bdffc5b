"""Files that nothing names any more go, and after that their bytes are uncharged.

1. under the lock of the blob's row the row in the staging ledger goes and one in `blob_discards` comes
2. the file goes, and then the row in `blob_discards`
3. the purpose hears that the bytes are gone

A crash in between leaves too much charged, which is mended once no body is on its way (`Metering.stored_bytes`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from coreshed.blobs import ledger, staged
from coreshed.blobs.metering import Metering
from coreshed.blobs.staged import StagedFile
from coreshed.blobs.stores import FileKey, Store
from coreshed.clock import Clock
from coreshed.database import Database


@dataclass(frozen=True, slots=True)
class Retiring:
    """The last way of the files of one installation. Every method blocks, on databases and disk."""

    main: Database
    staging: Database
    store: Store
    clock: Clock
    metering: Metering

    def unlink(self, blob_id: str, tokens: Collection[int]) -> None:
        """Unlink files that are in `blob_discards`."""
        # A crash may have left staged rows of files that were published and then replaced.
        with self.staging.writing() as rows:
            staged.forget_tokens(rows, blob_id, tokens)
        for token in tokens:
            self.store.delete(FileKey(blob_id, token))
        with self.main.writing() as rows:
            ledger.forget_discards(rows, blob_id, tokens)

    def retire(self, blob_id: str, files: Sequence[StagedFile]) -> None:
        """Files of superseded blocks: unlinked and uncharged now where they cost, by a later sweep where they do not.

        Each is uncharged once, however many ask for it; one that is published is left alone.
        """
        if not files:
            return
        with self.main.writing() as rows:
            blob = ledger.lock(rows, blob_id)
            if blob is None or not self.metering.counts(blob):
                return
            with self.staging.writing() as staging_rows:
                taken = staged.take(staging_rows, blob_id, [file.token for file in files])
            size = self.metering.counted(rows, blob_id, taken)
            gone = {file.token for file in taken} - ledger.extents(rows, blob_id).tokens
            ledger.discard(rows, blob_id, gone, self.clock.now_ns())
        self.replaced(blob_id, gone, size)

    def refused(self, key: FileKey, charged: int) -> None:
        """A file that is finished and comes to nothing, unless it is published all the same."""
        with self.main.writing() as rows:
            ledger.lock(rows, key.blob_id)
            if key.token in ledger.extents(rows, key.blob_id).tokens:
                return
            ledger.discard(rows, key.blob_id, [key.token], self.clock.now_ns())
        self.replaced(key.blob_id, [key.token], charged)

    def replaced(self, blob_id: str, tokens: Collection[int], size: int) -> None:
        """Files that are in `blob_discards`, of metered content: unlinked, and then `size` bytes are uncharged."""
        if tokens:
            self.unlink(blob_id, tokens)
        if size:
            self.metering.uncharge(blob_id, size)
