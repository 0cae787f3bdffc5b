"""What has been uploaded: projects, collections, items and their assets, where they came from, who may see them."""

from coreshed.catalogue.assets import Download
from coreshed.catalogue.collections import NewCollection
from coreshed.catalogue.common import MOST_JSON
from coreshed.catalogue.enriching import AssetFacts, Enrichment, Thumbnail
from coreshed.catalogue.ingest import Archive
from coreshed.catalogue.item_ledger import Extent, Wanted
from coreshed.catalogue.items import NewItem
from coreshed.catalogue.model import Asset, Box, Collection, Edge, Item, ItemType, LifecycleState, Project
from coreshed.catalogue.projects import REGIONS, ProjectChange
from coreshed.catalogue.searching import Found, SearchQuery
from coreshed.catalogue.service import Catalogue

__all__ = [
    "MOST_JSON",
    "REGIONS",
    "Archive",
    "Asset",
    "AssetFacts",
    "Box",
    "Catalogue",
    "Collection",
    "Download",
    "Edge",
    "Enrichment",
    "Extent",
    "Found",
    "Item",
    "ItemType",
    "LifecycleState",
    "NewCollection",
    "NewItem",
    "Project",
    "ProjectChange",
    "SearchQuery",
    "Thumbnail",
    "Wanted",
]
