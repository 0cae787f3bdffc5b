"""The room put together: what `app.py` opens, mounts and closes."""

from collections.abc import Mapping, Sequence

from coreshed.blobs.azure.app import BlobPlane
from coreshed.blobs.azure.writes import Writes
from coreshed.blobs.coalescing import Coalescing
from coreshed.blobs.collection import Collection, NamedFiles
from coreshed.blobs.commit import Commits
from coreshed.blobs.committer import GroupCommitter
from coreshed.blobs.contents import Contents
from coreshed.blobs.dropping import Dropping
from coreshed.blobs.hashing import Frontiers
from coreshed.blobs.home import check_home
from coreshed.blobs.links import Links
from coreshed.blobs.metering import Metering
from coreshed.blobs.model import BlobPurpose
from coreshed.blobs.pools import Pools
from coreshed.blobs.reading import Reader
from coreshed.blobs.retiring import Retiring
from coreshed.blobs.service import Blobs
from coreshed.blobs.signing import SigningKeys
from coreshed.blobs.storage import StorageLinks, StoragePlane
from coreshed.blobs.stores import LocalStore, MemoryStore, Store, open_store
from coreshed.blobs.sweeping import Sweeping
from coreshed.blobs.upkeep import Upkeep
from coreshed.blobs.uploads import Uploads
from coreshed.clock import Clock
from coreshed.database import Database
from coreshed.settings import Settings


class BlobRoom:
    """`blobs` and both kinds of links for the other rooms, `plane` and `storage` for the network, `upkeep` and
    `collection` for the operator.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        main: Database,
        staging: Database,
        clock: Clock,
        purposes: Sequence[BlobPurpose],
        blob_origin: str,
        upload_origin: str,
        store: Store,
        owns_store: bool,
        also_named: Sequence[NamedFiles] = (),
    ) -> None:
        rules = {purpose.name: purpose for purpose in purposes}
        self.store = store
        self._owns_store = owns_store
        self._pools = Pools(disk_threads=settings.disk_threads, hash_threads=settings.hash_threads)
        longest = max(settings.link_lifetime, settings.upload_link_lifetime)
        self._keys = SigningKeys(main=main, clock=clock, secret=settings.secret, link_lifetime=longest)
        self._committer = GroupCommitter(store=store, staging=staging, clock=clock)
        self.blobs = Blobs(clock=clock)
        self.contents = Contents(main, store, clock)
        self.metering = Metering(main=main, staging=staging, clock=clock, purposes=rules)
        self.links, self.storage_links = _links(self._keys, clock, blob_origin, upload_origin, settings)
        retiring = Retiring(main, staging, store, clock, self.metering)
        self._open_planes(settings, main, staging, clock, rules, retiring)
        self.collection = Collection(
            main=main, staging=staging, store=store, clock=clock, settings=settings, also_named=also_named
        )
        sweeping = Sweeping(main, staging, clock, retiring, settings.staged_block_lifetime)
        coalescing = Coalescing(main, store, clock, settings.disk_reserve)
        self.dropping = Dropping(main, staging, clock, self._pools, self.metering, sweeping)
        self.upkeep = Upkeep(sweeping, coalescing, self._keys, settings.signing_key_lifetime)

    def _open_planes(
        self,
        settings: Settings,
        main: Database,
        staging: Database,
        clock: Clock,
        rules: Mapping[str, BlobPurpose],
        retiring: Retiring,
    ) -> None:
        frontiers = Frontiers(store=self.store, pool=self._pools.hash)
        self.uploads = Uploads(
            settings=settings, main=main, staging=staging, store=self.store, clock=clock, pools=self._pools,
            committer=self._committer, frontiers=frontiers, purposes=rules, metering=self.metering, retiring=retiring,
        )  # fmt: skip
        commits = Commits(
            main=main, staging=staging, clock=clock, pools=self._pools, frontiers=frontiers, purposes=rules,
            metering=self.metering, retiring=retiring, verify_names=settings.verify_sha256_names,
        )  # fmt: skip
        reader = Reader(main=main, store=self.store, pools=self._pools, purposes=rules)
        writes = Writes(settings=settings, main=main, pools=self._pools, uploads=self.uploads, commits=commits)
        timeout = settings.body_timeout
        self.plane = BlobPlane(links=self.links, reader=reader, writes=writes, main=main, body_timeout=timeout)
        self.storage = StoragePlane(
            links=self.storage_links, reader=reader, writes=writes, main=main, body_timeout=timeout
        )

    @classmethod
    def open(
        cls,
        *,
        settings: Settings,
        main: Database,
        staging: Database,
        clock: Clock,
        purposes: Sequence[BlobPurpose],
        blob_origin: str,
        upload_origin: str = "",
        store: Store | None = None,
        also_named: Sequence[NamedFiles] = (),
    ) -> "BlobRoom":
        """Open the store that the settings name (or take `store`), make or load the signing keys, start the threads.

        Both databases are migrated. also_named: see Collection. upload_origin: of the links of uploads, where it is
        not that of the others. Raises BadSettings, OSError.
        """
        chosen = open_store(settings, clock) if store is None else store
        try:
            if store is None and isinstance(chosen, LocalStore | MemoryStore):
                check_home(main, chosen)
            return cls(
                settings=settings,
                main=main,
                staging=staging,
                clock=clock,
                purposes=purposes,
                blob_origin=blob_origin,
                upload_origin=upload_origin or blob_origin,
                store=chosen,
                owns_store=store is None,
                also_named=also_named,
            )
        except BaseException:
            if store is None:
                chosen.close()
            raise

    def close(self) -> None:
        """Acknowledge what is finished and wait for the threads. The databases and a store that was given stay open."""
        self._committer.close()
        self._pools.close()
        self._keys.close()
        if self._owns_store:
            self.store.close()


def _links(
    keys: SigningKeys, clock: Clock, blob_origin: str, upload_origin: str, settings: Settings
) -> tuple[Links, StorageLinks]:
    backdate, lifetime, longer = settings.link_backdate, settings.link_lifetime, settings.upload_link_lifetime
    return (
        Links(keys=keys, clock=clock, origin=blob_origin, lifetime=lifetime, backdate=backdate),
        StorageLinks(keys=keys, clock=clock, origin=upload_origin, lifetime=longer, backdate=backdate),
    )
