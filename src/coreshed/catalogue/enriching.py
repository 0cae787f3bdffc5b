"""What is found out about items after they were made, by whoever reads their files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coreshed import audit, ids
from coreshed.catalogue import asset_ledger, item_ledger, places, times
from coreshed.catalogue.ground import Ground, hold_of
from coreshed.catalogue.items import columns_of
from coreshed.catalogue.model import Asset, Box, Item
from coreshed.database import Rows
from coreshed.problems import NotFound

THUMBNAIL = "thumbnail"
# What the files say of themselves, whatever anybody has said before; all else that is known of an item stays.
_MEASURED = ("proj:", "raster:", "table:", "vector:", "file:", "bands")


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What one file says of itself. metadata: members of its STAC asset; media_type, band_names: None: as they are."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    media_type: str | None = None
    band_names: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture that the server has made and published as a blob of the item's workspace. size: bytes."""

    blob_id: str
    size: int
    sha256: str
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What was found out; None and empty leave things as they are.

    geometry: GeoJSON in WGS 84; box: without one that of the geometry. datetime_ns, start_ns, end_ns: for an item of
    which no time is known. properties: of STAC. by_asset: by asset id. actor_id: who uploaded.
    """

    geometry: dict[str, Any] | None = None
    box: Box | None = None
    datetime_ns: int | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    gsd: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    stac_extensions: tuple[str, ...] = ()
    by_asset: Mapping[str, AssetFacts] = field(default_factory=dict)
    thumbnail: Thumbnail | None = None
    actor_id: str = "enrichment"


class Enriching:
    """Adds what was found out to items, in the transaction of whoever did; the same facts may come twice."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def of_item(self, rows: Rows, item_id: str) -> tuple[Item, list[Asset]]:
        """A live item and its assets. Raises NotFound."""
        found = item_ledger.find(rows, item_id)
        if found is None or found.deleted_ns is not None:
            raise NotFound("The item was not found.")
        return found, asset_ledger.of_items(rows, [item_id]).get(item_id, [])

    def enrich(self, rows: Rows, item_id: str, found: Enrichment) -> None:
        """Store what was found out. Where the user has given a place or a time, theirs stays.

        Assets that have gone are passed over. Raises NotFound for an item that has.
        """
        item = item_ledger.find(rows, item_id, lock=True)
        if item is None or item.deleted_ns is not None:
            raise NotFound("The item was not found.")
        values = {**_place(item, found), **_time(item, found), **_facts(item, found)}
        item_ledger.change(rows, item.id, {**values, "updated_ns": self._ground.now_ns()})
        present = {each.id: each for each in asset_ledger.of_items(rows, [item.id]).get(item.id, [])}
        for asset_id, facts in found.by_asset.items():
            if asset_id in present:
                asset_ledger.change(rows, asset_id, _of_asset(present[asset_id], facts))
        if found.thumbnail is not None:
            self._put_thumbnail(rows, item, list(present.values()), found.thumbnail)
        audit.record(
            rows,
            at_ns=self._ground.clock.now_ns(),
            actor_id=found.actor_id,
            action="item.enrich",
            organisation_id=item.organisation_id,
            workspace_id=item.workspace_id,
            target_id=item.id,
            fields=sorted(values),
        )

    def _put_thumbnail(self, rows: Rows, item: Item, present: list[Asset], made: Thumbnail) -> None:
        """In place of the one that the server made before; one that was uploaded stays beside it."""
        self._ground.remove_assets(rows, [each for each in present if not each.charged and each.key == THUMBNAIL])
        if any(each.charged and each.key == THUMBNAIL for each in present):
            return
        asset = Asset(
            id=ids.new_id(),
            organisation_id=item.organisation_id,
            workspace_id=item.workspace_id,
            item_id=item.id,
            no=max((each.no for each in present), default=-1) + 1,
            key=THUMBNAIL,
            title="Thumbnail",
            file_name=f"thumbnail.{made.media_type.rpartition('/')[2]}",
            object_path=f"{item.workspace_id}/items/{item.id}/thumbnail",
            blob_id=made.blob_id,
            blob_workspace_id=item.workspace_id,
            media_type=made.media_type,
            roles=["thumbnail"],
            size=made.size,
            sha256=made.sha256,
            md5=None,
            crc32c=None,
            is_categorical=False,
            band_names=None,
            metadata={},
            charged=False,
            upload_id=None,
            created_ns=self._ground.now_ns(),
        )
        asset_ledger.add(rows, [asset])
        self._ground.blobs.hold(rows, blob_ids=[asset.blob_id], owner=hold_of(asset.id))


def _place(item: Item, found: Enrichment) -> dict[str, Any]:
    if item.geometry is not None or (found.geometry is None and found.box is None):
        return {}
    box = found.box
    if box is None and found.geometry is not None:
        box = places.read_geometry(found.geometry)
    geometry = found.geometry or (box and places.polygon(box))
    return {"geometry": geometry, **columns_of(box)}


def _time(item: Item, found: Enrichment) -> dict[str, Any]:
    known = (item.datetime_ns, item.start_ns, item.end_ns)
    given = (found.datetime_ns, found.start_ns, found.end_ns)
    if any(each is not None for each in known) or all(each is None for each in given):
        return {}
    first, last = times.compared(*given, item.created_ns)
    return {
        "datetime_ns": found.datetime_ns,
        "start_ns": found.start_ns,
        "end_ns": found.end_ns,
        "from_ns": first,
        "to_ns": last,
    }


def _facts(item: Item, found: Enrichment) -> dict[str, Any]:
    measured = {name: value for name, value in found.properties.items() if name.startswith(_MEASURED)}
    values: dict[str, Any] = {"properties": {**found.properties, **item.properties, **measured}}
    values["stac_extensions"] = sorted({*item.stac_extensions, *found.stac_extensions})
    if item.gsd is None and found.gsd is not None:
        values["gsd"] = found.gsd
    return values


def _of_asset(asset: Asset, facts: AssetFacts) -> dict[str, Any]:
    values: dict[str, Any] = {"metadata": {**asset.metadata, **facts.metadata}}
    if facts.media_type is not None:
        values["media_type"] = facts.media_type
    if facts.band_names is not None and asset.band_names is None:
        values["band_names"] = facts.band_names
    return values
