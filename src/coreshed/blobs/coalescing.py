"""Rewriting blobs that lie in many small files into few large ones. Content, blocks and entity tag stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coreshed import ids, logs
from coreshed.blobs import ledger
from coreshed.blobs.caching import let_go
from coreshed.blobs.manifest import Extent, Manifest
from coreshed.blobs.stores import FileKey, Store
from coreshed.clock import Clock
from coreshed.database import Database

_MANY = 64
_SMALL = 8 << 20
_FILE = 64 << 20
_COPY = 4 << 20
_log = logs.logger("coreshed.blobs")


def worth_coalescing(manifest: Manifest) -> bool:
    """More than 64 extents of less than 8 MiB on average."""
    return len(manifest.extents) > _MANY and manifest.size < _SMALL * len(manifest.extents)


def plan(manifest: Manifest) -> list[list[Extent]]:
    """The extents of each new file of at most 64 MiB; an extent that is larger gets a file of its own. Pure."""
    groups: list[list[Extent]] = []
    filled = _FILE
    for extent in manifest.extents:
        if filled + extent.length > _FILE:
            groups.append([])
            filled = 0
        groups[-1].append(extent)
        filled += extent.length
    return groups


@dataclass(frozen=True, slots=True)
class Coalescing:
    """The background rewriting of one installation."""

    main: Database
    store: Store
    clock: Clock
    reserve: int  # bytes of free space to leave alone

    def round(self, limit: int = 8) -> int:
        """Rewrite up to `limit` blobs; how many were. One that cannot be read does not hold up the others."""
        with self.main.reading() as rows:
            candidates = ledger.uncoalesced(rows, limit)
        done = 0
        for blob_id in candidates:
            try:
                done += self._coalesce(blob_id)
            except OSError as error:
                _log.error("blob_not_coalesced", blob_id=blob_id, error=repr(error))
        return done

    def _coalesce(self, blob_id: str) -> bool:
        with self.main.reading() as rows:
            blob, seen = ledger.find(rows, blob_id), ledger.manifest(rows, blob_id)
        if blob is None or self.store.free_bytes() < seen.size + self.reserve:
            return False
        groups = plan(seen) if worth_coalescing(seen) else [[extent] for extent in seen.extents]
        keys = [FileKey(blob_id, ids.new_token()) for group in groups if len(group) > 1]
        try:
            new = Manifest(seen.blocks, list(self._rewritten(groups, iter(keys))))
            self.store.settle(keys)
        except BaseException:
            self._delete(keys)
            raise
        # Where this raises, the transaction may have been committed all the same: the files then stay for collection.
        published = self._publish(blob_id, blob.generation, seen, new)
        if not published:
            self._delete(keys)
        return published and bool(keys)

    def _delete(self, keys: Sequence[FileKey]) -> None:
        for key in keys:
            self.store.delete(key)

    def _rewritten(self, groups: Sequence[Sequence[Extent]], keys: Iterator[FileKey]) -> Iterator[Extent]:
        position = 0
        for group in groups:
            length = sum(extent.length for extent in group)
            position += length
            if len(group) == 1:
                yield group[0]
                continue
            key = next(keys)
            writer = self.store.create(key, length)
            try:
                for data in self._content(key.blob_id, group):
                    writer.write(data)
                writer.finish()
            finally:
                writer.abort()
            for extent in (written := Extent(key.token, 0, length), *group):
                let_go(self.store, key.blob_id, extent, position - length)
            yield written

    def _content(self, blob_id: str, group: Sequence[Extent]) -> Iterator[bytes]:
        for extent in group:
            for position in range(extent.offset, extent.end, _COPY):
                yield self.store.read(FileKey(blob_id, extent.token), position, min(_COPY, extent.end - position))

    def _publish(self, blob_id: str, generation: int, seen: Manifest, new: Manifest) -> bool:
        """Swap the layout if the blob is still at `generation`."""
        with self.main.writing() as rows:
            blob = ledger.lock(rows, blob_id)
            if blob is None or blob.generation != generation:
                return False
            ledger.update_blob(rows, blob_id, generation=generation + 1)
            ledger.put_manifest(rows, blob_id, generation + 1, new, coalesced=True)
            ledger.discard(rows, blob_id, seen.tokens - new.tokens, self.clock.now_ns() + ledger.DISCARD_DELAY_NS)
        return True
