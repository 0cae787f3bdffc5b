"""The catalogue as the rest of the server sees it."""

from collections.abc import Mapping

from coreshed.blobs import Blobs, Dropping
from coreshed.blobs.storage import StorageLinks
from coreshed.catalogue import asset_ledger
from coreshed.catalogue.assets import Assets
from coreshed.catalogue.collections import Collections
from coreshed.catalogue.enriching import Enriching, Enrichment
from coreshed.catalogue.finding import Finding
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.ingest import CatalogueIngest
from coreshed.catalogue.items import Items
from coreshed.catalogue.lineage import Lineage
from coreshed.catalogue.projects import Projects
from coreshed.catalogue.searching import Found, Searching, SearchQuery
from coreshed.catalogue.shares import Shares
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.quota import Quota
from coreshed.workspaces import Workspaces


class Catalogue:
    """One installation's projects, collections, items and assets.

    `ingest` is what upload sessions call; `searching` and `enriching` work in the transactions of their callers.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        workspaces: Workspaces,
        quota: Quota,
        blobs: Blobs,
        dropping: Dropping,
        links: StorageLinks,
        link_lifetime: int,
    ) -> None:
        self.ground = Ground(database, clock, workspaces, quota, blobs, dropping, links, link_lifetime)
        self.projects = Projects(self.ground)
        self.collections = Collections(self.ground)
        self.items = Items(self.ground)
        self.assets = Assets(self.ground)
        self.lineage = Lineage(self.ground)
        self.shares = Shares(self.ground, self.assets)
        self.ingest = CatalogueIngest(self.ground, self.items)
        self.finding = Finding(self.ground, self.assets)
        self.searching = Searching(self.ground)
        self.enriching = Enriching(self.ground)

    def enrich(self, rows: Rows, item_id: str, found: Enrichment) -> None:
        """Store what was found out about an item. Raises NotFound."""
        self.enriching.enrich(rows, item_id, found)

    def search(self, rows: Rows, query: SearchQuery) -> Found:
        """One page of items. Raises BadRequest for a token that is none."""
        return self.searching.search(rows, query)

    @staticmethod
    def measure(rows: Rows, organisation_id: str) -> Mapping[str, int]:
        """Bytes that count as used storage, by project: what the accounts are recounted with."""
        return asset_ledger.paid_bytes(rows, organisation_id)
