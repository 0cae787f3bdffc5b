"""Assets: the files of items, and links to their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from coreshed import ids
from coreshed.catalogue import asset_ledger, item_ledger, names
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.model import Asset, Item
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound
from coreshed.workspaces import Role

# Ids in one row of the audit (docs/decisions/026).
_MOST_NOTED = 100


@dataclass(frozen=True, slots=True)
class Download:
    """A link to the bytes of an asset; `expires_at` is RFC 3339."""

    url: str
    expires_at: str
    asset: Asset


class Assets:
    """The assets of one installation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def of_item(self, *, caller: Principal, item_id: str) -> list[Asset]:
        """The assets of an item, in their order; takes a viewer."""
        with self._ground.database.reading() as rows:
            found = self._ground.item(rows, caller, item_id, Role.VIEWER)
            return asset_ledger.of_items(rows, [found.id]).get(found.id, [])

    def download(self, *, caller: Principal, item_id: str, asset_id: str) -> Download:
        """A link to an asset's bytes, which the audit remembers; takes a viewer. Raises NotFound."""
        with self._ground.database.writing() as rows:
            item = self._ground.item(rows, caller, item_id, Role.VIEWER)
            found = self._of(rows, item, asset_id)
            self._ground.record(rows, caller, item.workspace, "asset.download", found.id, item_id=item.id)
        return self.link(found)

    def note_links(self, *, caller: Principal, assets: Sequence[Asset]) -> None:
        """Have the audit remember an answer that links to the bytes of files: one row for each of their projects."""
        by_project: dict[WorkspaceKey, list[str]] = {}
        for each in assets:
            by_project.setdefault(WorkspaceKey(each.organisation_id, each.workspace_id), []).append(each.id)
        if not by_project:
            return
        with self._ground.database.writing() as rows:
            for project, found in by_project.items():
                detail = {"assets": len(found), "asset_ids": found[:_MOST_NOTED]}
                self._ground.record(rows, caller, project, "asset.links", project.workspace_id, **detail)

    def link(self, asset: Asset) -> Download:
        """A link to bytes that somebody may read."""
        url = self.address(asset)
        return Download(url, parse_qs(urlsplit(url).query)["se"][0], asset)

    def address(self, asset: Asset) -> str:
        """The signed URL of the same. The answer is an attachment of the file's name.

        It lies where uploads go, at the public URL: byte links of other rooms may be of another origin, whose
        certificate a client that has come without TLS does not trust.
        """
        name = names.segment(asset.file_name, asset.key)
        kind = asset.media_type if asset.media_type.isascii() and asset.media_type.isprintable() else None
        return self._ground.links.read(
            workspace_id=asset.blob_workspace_id,
            blob_id=asset.blob_id,
            # Not its own object path: libraries choose a reader by the ending, and names may be a stranger's.
            object_path=f"{asset.blob_workspace_id}/assets/{asset.id}/{name}",
            lifetime=self._ground.link_lifetime,
            file_name=name,
            content_type=kind,
        )

    def delete(self, *, caller: Principal, item_id: str, asset_id: str) -> Asset:
        """Delete an asset for good; takes an editor. The item stays, be it without assets. Raises NotFound."""
        with self._ground.database.writing() as rows:
            item = self._ground.item(rows, caller, item_id, Role.EDITOR, lock=True)
            found = self._of(rows, item, asset_id)
            self._ground.remove_assets(rows, [found])
            item_ledger.change(rows, item.id, {"updated_ns": self._ground.now_ns()})
            self._ground.record(
                rows, caller, item.workspace, "asset.delete", found.id, item_id=item.id, key=found.key, size=found.size
            )
        return found

    def name_bands(self, *, caller: Principal, item_id: str, asset_id: str, band_names: list[str]) -> Asset:
        """Name the bands of a raster, in the order of the file; takes an editor. Raises NotFound."""
        with self._ground.database.writing() as rows:
            item = self._ground.item(rows, caller, item_id, Role.EDITOR, lock=True)
            found = self._of(rows, item, asset_id)
            asset_ledger.change(rows, found.id, {"band_names": band_names})
            item_ledger.change(rows, item.id, {"updated_ns": self._ground.now_ns()})
            self._ground.record(rows, caller, item.workspace, "asset.update", found.id, item_id=item.id)
        return replace(found, band_names=band_names)

    def _of(self, rows: Rows, item: Item, asset_id: str) -> Asset:
        found = asset_ledger.find(rows, asset_id.lower()) if ids.is_uuid(asset_id) else None
        if found is None or found.item_id != item.id:
            raise NotFound("The asset was not found in this item.")
        return found
