"""Items: what has been measured, drawn or computed, with the files that hold it."""

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from coreshed import ids
from coreshed.catalogue import asset_ledger, common, item_ledger, names, places, times
from coreshed.catalogue.ground import Ground, hold_of
from coreshed.catalogue.model import Box, Edge, Item, LifecycleState
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Conflict, Invalid, NotAvailable, NotFound
from coreshed.uploads import ledger as uploads
from coreshed.workspaces import Role


@dataclass(frozen=True, slots=True)
class NewItem:
    """What an item begins with. bbox, times: as they were sent, see `places.read_bbox` and `times.read`."""

    name: str
    type: str
    collection_id: str | None = None
    stac_id: str | None = None
    geometry: dict[str, Any] | None = None
    bbox: list[float] | None = None
    datetime: str | None = None
    start_datetime: str | None = None
    end_datetime: str | None = None
    cloud_cover: float | None = None
    gsd: float | None = None
    description: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    stac_extensions: list[str] = field(default_factory=list)
    order_id: str | None = None
    upload_id: str | None = None
    job_id: str | None = None
    duplicated_from_id: str | None = None


class Items:
    """The items of one installation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create(self, *, caller: Principal, project_id: str, new: NewItem) -> Item:
        """A new item without assets; takes an editor. Raises NotFound, Invalid, Conflict for a taken STAC id."""
        common.check_properties(new.properties)
        common.check_extensions(new.stac_extensions)
        common.check_gsd(new.gsd)
        with self._ground.database.writing() as rows:
            key = self._ground.project(rows, caller, project_id, Role.EDITOR)
            if new.upload_id is not None:
                self._require_session(rows, key, new.upload_id)
            return self.add(rows, caller, key, new)

    def _require_session(self, rows: Rows, workspace: WorkspaceKey, upload_id: str) -> None:
        # What is read of an item's files is noted in its session, which must not be that of others.
        session = uploads.find(rows, upload_id)
        if session is None or session.workspace_id != workspace.workspace_id:
            raise NotFound("The upload session was not found in this project.")

    def add(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, new: NewItem) -> Item:
        """`create` in the caller's transaction, permission being the caller's part."""
        item_id = ids.new_id()
        now_ns = self._ground.now_ns()
        if new.collection_id is not None:
            self._ground.collection_within(rows, workspace, new.collection_id)
        stac_id = self._ground.new_stac_id(rows, workspace, new.stac_id, names.stac_id(new.name, item_id))
        same = (
            "name", "type", "cloud_cover", "gsd", "description", "properties", "stac_extensions", "order_id",
            "upload_id", "job_id", "duplicated_from_id",
        )  # fmt: skip
        values = {
            "id": item_id,
            "organisation_id": workspace.organisation_id,
            "workspace_id": workspace.workspace_id,
            "collection_id": new.collection_id and new.collection_id.lower(),
            "stac_id": stac_id,
            "lifecycle_state": LifecycleState.ACTIVE.value,
            **_where(new.geometry, new.bbox),
            **_when(new.datetime, new.start_datetime, new.end_datetime, now_ns),
            **{name: getattr(new, name) for name in same},
            "created_ns": now_ns,
            "created_by": caller.user_id,
            "updated_ns": now_ns,
        }
        try:
            made = item_ledger.add(rows, values)
        except IntegrityError:
            raise Conflict(f"The project has an item of the STAC id {stac_id!r} already.") from None
        self._ground.record(rows, caller, workspace, "item.create", item_id, name=new.name, type=new.type)
        return made

    def get(self, *, caller: Principal, item_id: str) -> Item:
        """One item; takes a viewer."""
        with self._ground.database.reading() as rows:
            return self._ground.item(rows, caller, item_id, Role.VIEWER)

    def page(
        self,
        *,
        caller: Principal,
        project_id: str,
        collection_id: str | None,
        uncollected: bool,
        limit: int,
        offset: int,
    ) -> tuple[list[Item], int]:
        """One page of a project's items, the newest first, and how many match; takes a viewer. Raises NotFound."""
        with self._ground.database.reading() as rows:
            key = self._ground.project(rows, caller, project_id, Role.VIEWER)
            if collection_id is not None:
                collection_id = self._ground.collection_within(rows, key, collection_id).id
            return item_ledger.page(
                rows,
                key.workspace_id,
                collection_id=collection_id,
                uncollected=uncollected,
                limit=limit,
                offset=offset,
            )

    def page_of_collection(
        self, *, caller: Principal, collection_id: str, limit: int, offset: int
    ) -> tuple[list[Item], int]:
        """The same of a collection, whatever its project."""
        with self._ground.database.reading() as rows:
            found = self._ground.collection(rows, caller, collection_id, Role.VIEWER)
            return item_ledger.page(
                rows, found.workspace_id, collection_id=found.id, uncollected=False, limit=limit, offset=offset
            )

    def update(self, *, caller: Principal, item_id: str, values: dict[str, Any]) -> Item:
        """Change what is given, of NewItem's names and `lifecycle_state`; takes an editor.

        properties: merged, null removes one. collection_id: empty takes the item out of its collection. A bbox without
        a geometry becomes the geometry. Raises NotFound, Invalid.
        """
        common.check_properties(values.get("properties") or {})
        common.check_gsd(values.get("gsd"))
        with self._ground.database.writing() as rows:
            before = self._ground.item(rows, caller, item_id, Role.EDITOR, lock=True)
            changed = {**self._changed(rows, before, dict(values)), "updated_ns": self._ground.now_ns()}
            item_ledger.change(rows, before.id, changed)
            self._ground.record(rows, caller, before.workspace, "item.update", before.id, fields=sorted(values))
            return replace(before, **changed)

    def _changed(self, rows: Rows, before: Item, values: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        collection_id = values.pop("collection_id", None)
        if collection_id is not None:
            found = self._ground.collection_within(rows, before.workspace, collection_id) if collection_id else None
            changed["collection_id"] = found and found.id
        geometry, bbox = values.pop("geometry", None), values.pop("bbox", None)
        if geometry is not None or bbox is not None:
            changed |= _where(geometry, bbox)
        moment = values.pop("datetime", None)
        if moment is not None:
            at_ns = times.read(moment, "datetime")
            first, last = times.compared(at_ns, before.start_ns, before.end_ns, before.created_ns)
            changed |= {"datetime_ns": at_ns, "from_ns": first, "to_ns": last}
        state = values.get("lifecycle_state")
        if state == LifecycleState.DELETED:
            raise Invalid("items.delete deletes an item.", loc=["body", "lifecycle_state"])
        if state is not None:
            changed["archived_ns"] = self._ground.now_ns() if state == LifecycleState.ARCHIVED else None
        properties = values.pop("properties", None)
        if properties is not None:
            merged = {**before.properties, **properties}
            changed["properties"] = {name: value for name, value in merged.items() if value is not None}
            common.check_size(changed["properties"])
        return {**values, **changed}

    def delete(self, *, caller: Principal, item_id: str) -> int:
        """Delete an item softly, and its assets for good; takes an editor. Returns the bytes that are free again."""
        with self._ground.database.writing() as rows:
            found = self._ground.item(rows, caller, item_id, Role.EDITOR, lock=True)
            now_ns = self._ground.now_ns()
            ended = {"deleted_ns": now_ns, "updated_ns": now_ns, "lifecycle_state": LifecycleState.DELETED.value}
            item_ledger.change(rows, found.id, ended)
            held = asset_ledger.of_items(rows, [found.id]).get(found.id, [])
            freed = self._ground.remove_assets(rows, held)
            self._ground.record(
                rows, caller, found.workspace, "item.delete", found.id, assets=len(held), freed_bytes=freed
            )
        return freed

    def duplicate(
        self,
        *,
        caller: Principal,
        item_id: str,
        new_name: str | None,
        target_collection_id: str | None,
        target_project_id: str | None,
    ) -> Item:
        """A copy of an item with its assets, in its own project; their bytes are shared, and count again.

        Takes an editor. Raises NotFound, QuotaExceeded, NotAvailable for another project.
        """
        with self._ground.database.writing() as rows:
            # Locked, so that its content is not deleted meanwhile.
            found = self._ground.item(rows, caller, item_id, Role.EDITOR, lock=True)
            if target_project_id is not None and target_project_id.lower() != found.workspace_id:
                raise NotAvailable("Items are copied within their project on this server.")
            copy = self.add(rows, caller, found.workspace, _copied(found, new_name, target_collection_id))
            values = {name: getattr(found, name) for name in ("datetime_ns", "start_ns", "end_ns", "from_ns", "to_ns")}
            item_ledger.change(rows, copy.id, values)
            self._copy_assets(rows, found, copy)
            edge = Edge("item", found.id, "item", copy.id, "copied")
            self._ground.link(rows, caller, found.workspace, [edge])
            return replace(copy, **values)

    def _copy_assets(self, rows: Rows, found: Item, copy: Item) -> None:
        now_ns = self._ground.now_ns()
        copies = [
            replace(each, id=ids.new_id(), item_id=copy.id, created_ns=now_ns)
            for each in asset_ledger.of_items(rows, [found.id]).get(found.id, [])
        ]
        size = sum(each.size for each in copies if each.charged)
        self._ground.blobs.hold_each(rows, [(each.blob_id, hold_of(each.id)) for each in copies])
        self._ground.quota.add_used(rows, found.organisation_id, found.workspace_id, size)
        asset_ledger.add(rows, copies)


def _copied(found: Item, new_name: str | None, collection_id: str | None) -> NewItem:
    same = ("type", "geometry", "bbox", "cloud_cover", "gsd", "description", "properties", "stac_extensions")
    return NewItem(
        name=new_name or f"{found.name[: names.MAX_NAME - 7]} (copy)",
        collection_id=found.collection_id if collection_id is None else collection_id,
        duplicated_from_id=found.id,
        **{name: getattr(found, name) for name in same},
    )


def _where(geometry: dict[str, Any] | None, bbox: list[float] | None) -> dict[str, Any]:
    """Columns of a place: the box is the one given, else that of the geometry; the geometry else that of the box."""
    box: Box | None = None if bbox is None else places.read_bbox(bbox)
    if geometry is not None:
        own = places.read_geometry(geometry)
        box = box or own
    elif box is not None:
        geometry = places.polygon(box)
    return {"geometry": geometry, **columns_of(box)}


def columns_of(box: Box | None) -> dict[str, float | None]:
    """The four columns of a box."""
    if box is None:
        return dict.fromkeys(("min_x", "min_y", "max_x", "max_y"))
    return {"min_x": box.west, "min_y": box.south, "max_x": box.east, "max_y": box.north}


def _when(moment: str | None, start: str | None, end: str | None, now_ns: int) -> dict[str, int | None]:
    at_ns = times.read(moment, "datetime")
    start_ns, end_ns = times.read(start, "start_datetime"), times.read(end, "end_datetime")
    first, last = times.compared(at_ns, start_ns, end_ns, now_ns)
    return {"datetime_ns": at_ns, "start_ns": start_ns, "end_ns": end_ns, "from_ns": first, "to_ns": last}
