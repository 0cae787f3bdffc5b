"""Tidying the staging ledger and unlinking files that nothing names any more.

A file is unlinked in two steps. First its row in the staging ledger goes and a row in `blob_discards` comes, under the
lock of the blob's row, where a commit would publish it: either the commit is first, and the manifest names the file, or
it is second, and finds the row gone. Later, when it is due, the file goes, and after that the row in `blob_discards`.
"""

from dataclasses import dataclass
from itertools import groupby

from coreshed.blobs import ledger, staged
from coreshed.blobs.retiring import Retiring
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database

# How long a superseded block stays for commits that read the ledger before.
_SUPERSEDED_NS = 3600 * NANOSECONDS
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Sweeping:
    """The tidying of one installation."""

    main: Database
    staging: Database
    clock: Clock
    retiring: Retiring
    staged_block_lifetime: int  # seconds

    def sweep(self) -> int:
        """Give up idle sessions and discard what was superseded an hour ago; the number of files discarded."""
        now_ns = self.clock.now_ns()
        with self.staging.reading() as rows:
            idle = staged.idle_sessions(rows, now_ns - self.staged_block_lifetime * NANOSECONDS)
        for blob_id, session in idle:
            with self.staging.writing() as rows:
                given_up = staged.supersede(rows, blob_id, session, now_ns)
            self.retiring.retire(blob_id, given_up)
        with self.staging.reading() as rows:
            blob_ids = staged.superseded_blobs(rows, now_ns - _SUPERSEDED_NS)
        return sum(self._discard_superseded(blob_id, now_ns) for blob_id in blob_ids)

    def _discard_superseded(self, blob_id: str, now_ns: int) -> int:
        with self.staging.reading() as staging_rows:
            files = staged.superseded_before(staging_rows, blob_id, now_ns - _SUPERSEDED_NS)
        self.retiring.retire(blob_id, files)
        with self.main.writing() as rows:
            ledger.lock(rows, blob_id)
            named = ledger.manifest(rows, blob_id).tokens
            with self.staging.writing() as staging_rows:
                rest = {file.token for file in staged.take(staging_rows, blob_id, [file.token for file in files])}
            ledger.discard(rows, blob_id, rest - named, now_ns)
        return len({file.token for file in files} - named)

    def unlink_due(self) -> int:
        """Unlink the files whose time has come; how many."""
        count = 0
        while batch := self._due():
            for blob_id, entries in groupby(batch, key=lambda entry: entry[0]):
                tokens = [token for _, token in entries]
                self.retiring.unlink(blob_id, tokens)
                count += len(tokens)
        return count

    def _due(self) -> list[tuple[str, int]]:
        with self.main.reading() as rows:
            return sorted(ledger.due(rows, self.clock.now_ns(), _BATCH))
