"""Giving back the space of blobs that nobody needs: plan, quarantine, restore window, purge.

Only holds decide. A blob without one that was last offered long ago is set aside; readers no longer see it, a new
offer or `restore` brings it back. After the restore window its rows go, and once that is committed its files are due
for unlinking. Files that no row names at all, left by crashes, go after a day; rooms that keep files of their own in
the store register what names them.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Protocol

import msgspec

from coreshed.blobs import ledger, staged
from coreshed.blobs.stores import FileKey, Store, StoredFile
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.problems import NotFound
from coreshed.settings import Settings

_ORPHAN_NS = 86400 * NANOSECONDS
_BATCH = 200
_PAGE = 1000


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What collection did, or (dry run) would do. Blobs by id, orphans as `<blob id>.<token>`, bytes of the orphans."""

    dry_run: bool
    quarantined: list[str]
    purged: list[str]
    orphans: list[str]
    orphan_bytes: int


class NamedFiles(Protocol):
    """What a room that writes files of its own into the store knows of them. `blob_id` is the first part of a name."""

    def __call__(self, rows: Rows, blob_id: str, /) -> AbstractSet[int] | None:
        """Tokens of the files of this id that are needed; None for all, also those that are not written yet."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What collection finds."""

    quarantine: list[str]
    purge: list[str]
    orphans: list[StoredFile]


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection of one installation.

    also_named: asked in this order, so what passes from one to another (from a running job to the rows that it
    publishes) is asked of the one that lets go first.
    """

    main: Database
    staging: Database
    store: Store
    clock: Clock
    settings: Settings
    also_named: Sequence[NamedFiles] = ()

    def plan(self) -> Plan:
        """Read rows and the store's listing, change nothing."""
        with self.main.reading() as rows:
            quarantine = ledger.unheld(rows, self._offered_before())
            purge = ledger.quarantined(rows, self._quarantined_before())
        return Plan(quarantine, purge, list(self._orphans()))

    def collect(self, *, dry_run: bool) -> Report:
        """Plan and, unless `dry_run`, act: every step is checked again under its lock."""
        plan = self.plan()
        if dry_run:
            return _report(plan.quarantine, plan.purge, plan.orphans, dry_run=True)
        quarantined: list[str] = []
        for start in range(0, len(plan.quarantine), _BATCH):
            with self.main.writing() as rows:
                batch = plan.quarantine[start : start + _BATCH]
                quarantined += ledger.quarantine(rows, batch, self._offered_before(), self.clock.now_ns())
        purged = [blob_id for blob_id in plan.purge if self._purge(blob_id)]
        orphans = [file for file in plan.orphans if self._discard_orphan(file.key)]
        return _report(quarantined, purged, orphans, dry_run=False)

    def restore(self, blob_id: str) -> None:
        """Bring a blob back from quarantine and protect it anew. Raises NotFound."""
        with self.main.writing() as rows:
            if ledger.lock(rows, blob_id) is None:
                raise NotFound(f"There is no blob {blob_id}; what was purged cannot be restored.")
            ledger.renew_offer(rows, [blob_id], self.clock.now_ns())

    def _purge(self, blob_id: str) -> bool:
        with self.main.writing() as rows:
            blob = ledger.lock(rows, blob_id)
            if blob is None or blob.quarantined_ns is None or blob.quarantined_ns >= self._quarantined_before():
                return False
            if ledger.is_held(rows, blob_id):
                return False
            tokens = ledger.manifest(rows, blob_id).tokens
            ledger.forget_blob(rows, blob_id)
            ledger.discard(rows, blob_id, tokens, self.clock.now_ns() + ledger.DISCARD_DELAY_NS)
        return True

    def _orphans(self) -> Iterator[StoredFile]:
        before_ns = self.clock.now_ns() - _ORPHAN_NS
        old = (file for file in self.store.list() if file.modified_ns < before_ns)
        while page := sorted(islice(old, _PAGE), key=_blob_of):
            for blob_id, files in groupby(page, key=_blob_of):
                with self.main.reading() as rows:
                    named = self._named(rows, blob_id)
                if named is not None:
                    yield from (file for file in files if file.key.token not in named)

    def _named(self, rows: Rows, blob_id: str) -> set[int] | None:
        """Files of a blob that some row names; None for all.

        The staging ledger comes first: a commit moves names to the manifest.
        """
        with self.staging.reading() as staging_rows:
            named = staged.tokens(staging_rows, blob_id)
        for ask in self.also_named:
            found = ask(rows, blob_id)
            if found is None:
                return None
            named |= found
        return named | ledger.manifest(rows, blob_id).tokens | ledger.discarded(rows, blob_id)

    def _discard_orphan(self, key: FileKey) -> bool:
        with self.main.writing() as rows:
            ledger.lock(rows, key.blob_id)
            named = self._named(rows, key.blob_id)
            if named is None or key.token in named:
                return False
            ledger.discard(rows, key.blob_id, [key.token], self.clock.now_ns())
        return True

    def _offered_before(self) -> int:
        return self.clock.now_ns() - self.settings.offer_protection * NANOSECONDS

    def _quarantined_before(self) -> int:
        return self.clock.now_ns() - self.settings.restore_window * NANOSECONDS


def _blob_of(file: StoredFile) -> str:
    return file.key.blob_id


def _report(quarantined: list[str], purged: list[str], orphans: list[StoredFile], *, dry_run: bool) -> Report:
    return Report(
        dry_run=dry_run,
        quarantined=quarantined,
        purged=purged,
        orphans=[str(file.key) for file in orphans],
        orphan_bytes=sum(file.size for file in orphans),
    )


class HasCollection(Protocol):
    """A `BlobRoom`, as far as collection is concerned."""

    collection: Collection


def collect(room: "HasCollection", *, dry_run: bool) -> Report:
    """Collect the blobs of an open room; what the command line calls."""
    return room.collection.collect(dry_run=dry_run)
