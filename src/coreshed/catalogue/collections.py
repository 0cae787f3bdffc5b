"""Collections: names under which the items of a project are gathered."""

from dataclasses import dataclass, replace
from typing import Any

from coreshed import ids
from coreshed.catalogue import ledger
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.model import Collection
from coreshed.catalogue.wire import CollectionResponse
from coreshed.identity import Principal
from coreshed.workspaces import Role


@dataclass(frozen=True, slots=True)
class NewCollection:
    """What a collection begins with."""

    name: str
    description: str | None = None
    color: str | None = None
    show_on_map: bool = True
    layer_order: int = 0


class Collections:
    """The collections of one installation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create(self, *, caller: Principal, project_id: str, new: NewCollection) -> CollectionResponse:
        """A new, empty collection; takes an editor. Names need not be unique."""
        now_ns = self._ground.now_ns()
        with self._ground.database.writing() as rows:
            key = self._ground.project(rows, caller, project_id, Role.EDITOR)
            made = Collection(
                id=ids.new_id(),
                organisation_id=key.organisation_id,
                workspace_id=key.workspace_id,
                name=new.name,
                description=new.description,
                color=new.color,
                show_on_map=new.show_on_map,
                layer_order=new.layer_order,
                auto_created=False,
                source_type=None,
                source_id=None,
                created_ns=now_ns,
                created_by=caller.user_id,
                updated_ns=now_ns,
                deleted_ns=None,
            )
            ledger.insert_collection(rows, made)
            self._ground.record(rows, caller, key, "collection.create", made.id, name=made.name)
        return CollectionResponse.of(made, 0)

    def page(self, *, caller: Principal, project_id: str) -> list[CollectionResponse]:
        """The collections of a project, in the order of their layers; takes a viewer."""
        with self._ground.database.reading() as rows:
            key = self._ground.project(rows, caller, project_id, Role.VIEWER)
            found = ledger.collections_of(rows, [key.workspace_id])
            counts = ledger.item_counts(rows, [each.id for each in found])
        return [CollectionResponse.of(each, counts.get(each.id, 0)) for each in found]

    def get(self, *, caller: Principal, project_id: str, collection_id: str) -> CollectionResponse:
        """One collection of a project; takes a viewer. Raises NotFound."""
        with self._ground.database.reading() as rows:
            key = self._ground.project(rows, caller, project_id, Role.VIEWER)
            found = self._ground.collection_within(rows, key, collection_id)
            return CollectionResponse.of(found, ledger.item_counts(rows, [found.id]).get(found.id, 0))

    def update(
        self, *, caller: Principal, project_id: str, collection_id: str, values: dict[str, Any]
    ) -> CollectionResponse:
        """Change what is given: name, description, color, show_on_map, layer_order; takes an editor."""
        with self._ground.database.writing() as rows:
            key = self._ground.project(rows, caller, project_id, Role.EDITOR)
            found = self._ground.collection_within(rows, key, collection_id)
            changed = {**values, "updated_ns": self._ground.now_ns()}
            ledger.change_collection(rows, found.id, **changed)
            self._ground.record(rows, caller, key, "collection.update", found.id, fields=sorted(values))
            return CollectionResponse.of(
                replace(found, **changed), ledger.item_counts(rows, [found.id]).get(found.id, 0)
            )

    def delete(self, *, caller: Principal, project_id: str, collection_id: str) -> str:
        """Delete a collection softly; its items stay, in none. Takes an admin. Returns its id. Raises NotFound."""
        with self._ground.database.writing() as rows:
            key = self._ground.project(rows, caller, project_id, Role.OWNER)
            found = self._ground.collection_within(rows, key, collection_id)
            now_ns = self._ground.now_ns()
            ledger.change_collection(rows, found.id, deleted_ns=now_ns, updated_ns=now_ns)
            ledger.unlink_items(rows, found.id, now_ns)
            self._ground.record(rows, caller, key, "collection.delete", found.id, name=found.name)
        return found.id
