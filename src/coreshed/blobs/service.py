"""Blobs as the other rooms see them: names in a workspace, offered for upload, held while needed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from coreshed import ids
from coreshed.blobs import ledger
from coreshed.blobs.model import Blob
from coreshed.clock import Clock
from coreshed.database import Rows
from coreshed.problems import MissingData, StoreFailure


class Blobs:
    """Every method works in the caller's transaction on the main database."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def offer(self, rows: Rows, *, workspace_id: str, purpose: str, names: Sequence[str]) -> list[Blob]:
        """The blobs of these names, made where missing, one per name in the order given; names compare in lower case.

        Each is safe from collection for the offer protection from now on, and comes out of quarantine.
        """
        now_ns = self._clock.now_ns()
        wanted = sorted({name.lower() for name in names})
        found: dict[str, Blob] = {}
        # A purge may come between insert and lock; the second round then inserts anew.
        for _ in range(3):
            ledger.insert_missing(
                rows, [_new_blob(workspace_id, purpose, name, now_ns) for name in wanted if name not in found]
            )
            found = ledger.lock_named(rows, workspace_id, purpose, wanted)
            if len(found) == len(wanted):
                break
        else:
            raise StoreFailure
        ledger.renew_offer(rows, [blob.id for blob in found.values()], now_ns)
        return [replace(found[name.lower()], quarantined_ns=None) for name in names]

    def committed(self, rows: Rows, *, workspace_id: str, purpose: str, names: Collection[str]) -> dict[str, str]:
        """Lower-case name -> blob id of those that have content; the others, and those in quarantine, are absent."""
        return ledger.committed_named(rows, workspace_id, purpose, {name.lower() for name in names})

    def known(self, rows: Rows, *, workspace_id: str, purpose: str, names: Collection[str]) -> dict[str, str]:
        """Lower-case name -> blob id, with and without content; names of no blob are absent."""
        return ledger.ids_of(rows, workspace_id, purpose, names)

    def keep(self, rows: Rows, blob_id: str) -> bool:
        """Whether readers see the blob; it is then safe from collection for the offer protection from now on."""
        found = ledger.lock(rows, blob_id)
        if found is None or not found.committed:
            return False
        ledger.renew_offer(rows, [blob_id], self._clock.now_ns())
        return True

    @staticmethod
    def is_there(rows: Rows, blob_id: str) -> bool:
        """Whether the blob has content and has not been purged; in quarantine it is still there."""
        found = ledger.find(rows, blob_id)
        return found is not None and found.generation > 0

    @staticmethod
    def pin(rows: Rows, blob_ids: Iterable[str]) -> None:
        """Let no commit change these blobs before the transaction ends."""
        ledger.lock_all(rows, blob_ids)

    def hold(self, rows: Rows, *, blob_ids: Iterable[str], owner: str) -> None:
        """Keep blobs from collection until `release`. Raises MissingData naming those without content."""
        self.hold_each(rows, [(blob_id, owner) for blob_id in set(blob_ids)])

    @staticmethod
    def hold_each(rows: Rows, holds: Sequence[tuple[str, str]]) -> None:
        """`hold` for many owners at once; holds: pairs of a blob id and who holds it. Raises MissingData."""
        missing = ledger.hold(rows, holds)
        if missing:
            raise MissingData(missing=missing)

    def release(self, rows: Rows, *, owner: str) -> None:
        """Drop every hold of an owner."""
        ledger.release(rows, owner)

    def release_all(self, rows: Rows, owners: Iterable[str]) -> None:
        """Drop every hold of these owners."""
        ledger.release_all(rows, owners)

    def release_each(self, rows: Rows, blob_ids: Sequence[str], *, owner: str) -> None:
        """Drop an owner's holds of these blobs."""
        ledger.release(rows, owner, blob_ids)


def _new_blob(workspace_id: str, purpose: str, name: str, now_ns: int) -> dict[str, object]:
    return {
        "id": ids.new_id(),
        "workspace_id": workspace_id,
        "purpose": purpose,
        "name": name,
        "created_ns": now_ns,
        "last_offered_ns": now_ns,
        "generation": 0,
    }
