"""What completing an upload creates: one item of all its files, or more assets of an item that is there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coreshed import ids
from coreshed.catalogue import asset_ledger, common, item_ledger, ledger, names
from coreshed.catalogue.ground import Ground, hold_of
from coreshed.catalogue.items import Items, NewItem
from coreshed.catalogue.model import Asset, Edge, Item
from coreshed.catalogue.wire import ItemResponse
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Invalid, NotFound
from coreshed.uploads.model import UploadSession
from coreshed.uploads.port import Described, Ingested, StoredUpload


class Archive:
    """Which projects are archived (`uploads.port.Archive`)."""

    def is_archived(self, rows: Rows, workspace_id: str) -> bool:
        """Whether the project is archived."""
        return ledger.is_archived(rows, workspace_id)


class CatalogueIngest(Archive):
    """The catalogue, as upload sessions see it (`uploads.port.Ingest`)."""

    def __init__(self, ground: Ground, items: Items) -> None:
        self._ground = ground
        self._items = items

    def check_target(
        self, rows: Rows, *, workspace: WorkspaceKey, collection_id: str | None, item_id: str | None
    ) -> None:
        """Raises NotFound for a target that is not in the project, Invalid for an item outside the collection."""
        collection = None
        if collection_id is not None:
            collection = self._ground.collection_within(rows, workspace, collection_id)
        if item_id is not None:
            item = self._item_within(rows, workspace, item_id)
            if collection is not None and item.collection_id != collection.id:
                raise Invalid("The item is not in the collection.", loc=["body", "target_item_id"])

    def pin_target(self, rows: Rows, session: UploadSession) -> None:
        """Lock the item that a session adds to, if it is there."""
        if session.target_item_id is not None:
            item_ledger.find(rows, session.target_item_id.lower(), lock=True)

    def ingest(
        self,
        rows: Rows,
        *,
        caller: Principal,
        session: UploadSession,
        files: Sequence[StoredUpload],
        said: Described,
    ) -> Ingested:
        """Make the item, or take the one that the session names, and give it the files.

        Of what is said of an item that is there the properties alone count.

        Raises NotFound for a target that has gone since, Conflict for an asset key that was asked for and is taken,
        Invalid for properties that STAC has otherwise.
        """
        common.check_properties(said.properties)
        workspace = session.workspace
        self.check_target(
            rows, workspace=workspace, collection_id=session.target_collection_id, item_id=session.target_item_id
        )
        file_names = [each.file_name for each in files]
        if session.target_item_id is None:
            item = self._items.add(rows, caller, workspace, _new_item(session, file_names, said))
        else:
            item = self._item_within(rows, workspace, session.target_item_id, lock=True)
        made = self._assets(rows, session, item, files)
        asset_ledger.add(rows, made)
        self._ground.blobs.hold_each(rows, [(asset.blob_id, hold_of(asset.id)) for asset in made])
        if session.target_item_id is not None:
            item = self._extended(rows, item, said)
            self._ground.record(rows, caller, workspace, "item.extend", item.id, assets=len(made), upload_id=session.id)
        self._ground.link(rows, caller, workspace, _edges(session.id, item, made))
        return Ingested(item_ids=(item.id,), asset_ids=tuple(each.id for each in made), items=(ItemResponse.of(item),))

    def _extended(self, rows: Rows, item: Item, said: Described) -> Item:
        """The item that was there, with the properties said merged into its own; null removes one."""
        merged = {name: value for name, value in {**item.properties, **said.properties}.items() if value is not None}
        common.check_size(merged)
        changed: dict[str, Any] = {"properties": merged, "updated_ns": self._ground.now_ns()}
        item_ledger.change(rows, item.id, changed)
        return replace(item, **changed)

    def describe(self, rows: Rows, session: UploadSession) -> Ingested:
        """What a completed session became; `items` are those that are still there."""
        found = {each.id: each for each in item_ledger.of_ids(rows, session.item_ids)}
        items = tuple(ItemResponse.of(found[each]) for each in session.item_ids if each in found)
        return Ingested(item_ids=session.item_ids, asset_ids=session.asset_ids, items=items)

    def _item_within(self, rows: Rows, workspace: WorkspaceKey, item_id: str, *, lock: bool = False) -> Item:
        found = item_ledger.find(rows, item_id.lower(), lock=lock) if ids.is_uuid(item_id) else None
        if found is None or found.deleted_ns is not None or found.workspace_id != workspace.workspace_id:
            raise NotFound("The item was not found in this project.")
        return found

    def _assets(self, rows: Rows, session: UploadSession, item: Item, files: Sequence[StoredUpload]) -> list[Asset]:
        present = asset_ledger.of_items(rows, [item.id]).get(item.id, [])
        named = [names.Named(each.file_name, each.asset_key, each.roles) for each in files]
        placed = names.place(named, session.asset_key, {each.key for each in present})
        first = max((each.no for each in present), default=-1) + 1
        now_ns = self._ground.now_ns()
        return [
            _asset(session, item, file, place, no, now_ns)
            for no, (file, place) in enumerate(zip(files, placed, strict=True), first)
        ]


def _new_item(session: UploadSession, file_names: Sequence[str], said: Described) -> NewItem:
    name = names.visible(said.name or "")[: names.MAX_NAME] or names.item_name(file_names)
    return NewItem(
        name=name,
        type=names.item_type(file_names).value,
        collection_id=session.target_collection_id,
        datetime=said.datetime,
        start_datetime=said.start_datetime,
        end_datetime=said.end_datetime,
        description=said.description,
        properties={key: value for key, value in said.properties.items() if value is not None},
        upload_id=session.id,
    )


def _asset(session: UploadSession, item: Item, file: StoredUpload, place: names.Placed, no: int, now_ns: int) -> Asset:
    return Asset(
        id=ids.new_id(),
        organisation_id=session.organisation_id,
        workspace_id=session.workspace_id,
        item_id=item.id,
        no=no,
        key=place.key,
        title=names.visible(names.base(file.file_name)) or None,
        file_name=file.file_name,
        object_path=file.object_path,
        blob_id=file.blob_id,
        blob_workspace_id=session.workspace_id,
        media_type=names.media_type(file.file_name, file.content_type),
        roles=list(place.roles),
        size=file.size,
        sha256=file.sha256,
        md5=file.md5,
        crc32c=file.crc32c,
        is_categorical=session.is_categorical,
        band_names=list(file.band_names) or None,
        metadata={},
        charged=True,
        upload_id=session.id,
        created_ns=now_ns,
    )


def _edges(upload_id: str, item: Item, made: Sequence[Asset]) -> list[Edge]:
    return [
        Edge("upload", upload_id, "item", item.id, "ingested"),
        *(Edge("upload", upload_id, "asset", each.id, "uploaded") for each in made),
        *(Edge("item", item.id, "asset", each.id, "contains") for each in made),
    ]
