"""Block models: creation, metadata, deletion and restoration, lists."""

from dataclasses import dataclass, replace
from typing import Any

from msgspec import UNSET

from coreshed import ids
from coreshed.blockmodels import crs, geometry, ledger, presentation, reference, titles, units
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.versions import CREATE_JOB, owner
from coreshed.blockmodels.units import UnitType
from coreshed.blockmodels.wire import models as wire
from coreshed.blockmodels.wire import refusal
from coreshed.blockmodels.wire.updates import UpdateColumns
from coreshed.blockmodels.wire.versions import ColumnChanges, Mapping, VersionChanges
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import Reference
from coreshed.problems import AlreadyExists, NoFreeName, NotPermitted, ObjectPathTaken
from coreshed.workspaces import Role

MOST_NUMBER = 999
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A page of a list. order: (field of `ledger.ORDERS`, descending)."""

    deleted: bool
    order: tuple[tuple[str, bool], ...]
    offset: int
    limit: int


class Models:
    """Block models of all workspaces."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # Reading

    def units(self, *, caller: Principal, organisation_id: str, client: Client) -> list[wire.Unit]:
        """The units that the client can read. Raises NotPermitted for an organisation that is not the caller's."""
        if organisation_id not in caller.organisation_roles:
            raise NotPermitted
        return presentation.shown_units(units.UNITS, client)

    def get(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, deleted: bool) -> wire.BlockModel:
        """A model; takes a viewer. deleted: also one that is deleted. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            find = self._ground.model if deleted else self._ground.live
            return self._shown(rows, find(rows, workspace, model_id))

    def page(self, *, caller: Principal, workspace: WorkspaceKey, asked: ListQuery) -> wire.Page[wire.BlockModel]:
        """Models of a workspace; takes a viewer."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            return self._page(rows, {workspace.workspace_id}, asked)

    def page_of_organisation(
        self, *, caller: Principal, organisation_id: str, asked: ListQuery
    ) -> wire.Page[wire.BlockModel]:
        """Models of every live workspace of the organisation that the caller may read. Raises NotPermitted."""
        with self._ground.database.reading() as rows:
            seen = self._ground.workspaces.accessible(rows, caller=caller, organisation_id=organisation_id)
            return self._page(rows, set(seen), asked)

    def _page(self, rows: Rows, workspace_ids: set[str], asked: ListQuery) -> wire.Page[wire.BlockModel]:
        found, total = ledger.page_of_models(
            rows,
            workspace_ids,
            deleted=asked.deleted,
            order=asked.order,
            limit=asked.limit,
            offset=asked.offset,
        )
        users = self._ground.users(rows, presentation.people_of(found))
        results = [presentation.block_model(each, users) for each in found]
        return wire.Page(len(results), asked.limit, asked.offset, total, results)

    def _shown(self, rows: Rows, model: StoredModel) -> wire.BlockModel:
        return presentation.block_model(model, self._ground.users(rows, presentation.people_of([model])))

    # Creation

    def create(self, *, caller: Principal, workspace: WorkspaceKey, asked: wire.CreateData) -> wire.BlockModelAndJobURL:
        """A new model, its reference object and its first version, which has no data; takes an editor.

        All of it is there when this returns, so the job of the answer is complete. Raises Invalid, AlreadyExists for
        the name, ObjectPathTaken.
        """
        _check_metadata(asked.coordinate_reference_system, asked.size_unit_id)
        new, first = self._new(caller, workspace, asked)
        document = reference.document(new, first.version_uuid, first.mapping)
        with self._ground.database.reading() as rows:
            access = self._ground.require(rows, caller, workspace, Role.EDITOR)
        self._ground.references.warm(document, access.default_coordinate_system)
        with self._ground.database.writing() as rows:
            self._ground.references.lock(rows, workspace)
            access = self._ground.require(rows, caller, workspace, Role.EDITOR)
            self._require_free(rows, workspace, new.name)
            made = self._create_object(rows, new, asked.object_path, document, access.default_coordinate_system)
            ledger.add_model(rows, new)
            ledger.add_version(rows, replace(first, geoscience_version_id=made.version_id))
            self._ground.blocks.create(rows, new, job_id=first.job_id)
            self._ground.jobs.create_complete(
                rows,
                kind=CREATE_JOB,
                owner=owner(new.id),
                result=first.version_uuid.encode(),
                job_id=first.job_id,
                principal_id=caller.user_id,
                workspace_id=workspace.workspace_id,
            )
            self._ground.audit(rows, caller.user_id, new, "block-model.create", name=new.name, path=made.path)
            users = self._ground.users(rows, {caller.user_id})
        return presentation.created(new, users, presentation.job_url(self._ground.public_url, new, first.job_id))

    def _create_object(
        self, rows: Rows, new: StoredModel, folder: str | None, document: dict[str, Any], coordinate_system: str
    ) -> Reference:
        try:
            return self._ground.references.create(
                rows,
                workspace=new.workspace,
                actor_id=new.created_by,
                object_id=new.object_id,
                path=reference.path(folder, new.name),
                document=document,
                coordinate_system=coordinate_system,
            )
        except AlreadyExists as error:
            raise ObjectPathTaken from error

    def _new(
        self, caller: Principal, workspace: WorkspaceKey, asked: wire.CreateData
    ) -> tuple[StoredModel, StoredVersion]:
        """The rows to be."""
        shape = geometry.geometry_of(asked.model_origin, asked.block_rotation, asked.size_options)
        kind = geometry.kind_of(asked.size_options)
        now_ns = self._ground.clock.now_ns()
        model = StoredModel(
            id=ids.new_id(),
            organisation_id=workspace.organisation_id,
            workspace_id=workspace.workspace_id,
            name=wire.read_name(asked.name, "name"),
            description=asked.description,
            kind=kind,
            geometry=shape,
            coordinate_reference_system=asked.coordinate_reference_system,
            size_unit_id=asked.size_unit_id,
            fill_subblocks=asked.fill_subblocks,
            object_id=ids.new_id(),
            version_id=1,
            created_ns=now_ns,
            created_by=caller.user_id,
            updated_ns=now_ns,
            updated_by=caller.user_id,
            deleted_ns=None,
            deleted_by=None,
        )
        return model, _first_version(model, asked.comment or "")

    def _require_free(self, rows: Rows, workspace: WorkspaceKey, name: str) -> None:
        if ledger.names_among(rows, workspace.workspace_id, [name]):
            raise AlreadyExists(f"A block model named {name!r} already exists in this workspace.")

    # Metadata

    def update(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: wire.UpdateBlockModel
    ) -> wire.BlockModel:
        """Other metadata, without a new version; takes an editor. The reference object follows.

        A new name becomes the object's file name too, unless another object has that. Raises Invalid, NotFound, Gone,
        AlreadyExists.
        """
        changes = _changes(asked)
        self._warm(caller, workspace, model_id, changes)
        with self._ground.database.writing() as rows:
            self._ground.references.lock(rows, workspace)
            access = self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.live(rows, workspace, model_id, lock=True)
            changes = {name: value for name, value in changes.items() if getattr(model, name) != value}
            if not changes:
                return self._shown(rows, model)
            if "name" in changes:
                self._require_free(rows, workspace, changes["name"])
            renamed, changed = "name" in changes, sorted(changes)
            changes |= {"updated_ns": self._ground.clock.now_ns(), "updated_by": caller.user_id}
            ledger.change_model(rows, model_id, **changes)
            model = replace(model, **changes)
            self._refer(rows, caller, model, access.default_coordinate_system, renamed=renamed)
            self._ground.audit(rows, caller.user_id, model, "block-model.update", name=model.name, changed=changed)
            return self._shown(rows, model)

    def _warm(self, caller: Principal, workspace: WorkspaceKey, model_id: str, changes: dict[str, Any]) -> None:
        with self._ground.database.reading() as rows:
            access = self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = replace(self._ground.live(rows, workspace, model_id), **changes)
            document = self._document(rows, model)
        self._ground.references.warm(document, access.default_coordinate_system)

    def _document(self, rows: Rows, model: StoredModel) -> dict[str, Any]:
        newest = ledger.find_version(rows, model.id, model.version_id)
        assert newest is not None  # noqa: S101  (no model is without a version)
        return reference.document(model, newest.version_uuid, newest.mapping)

    def _refer(
        self, rows: Rows, caller: Principal, model: StoredModel, coordinate_system: str, *, renamed: bool
    ) -> None:
        """Have the reference object say what the model now says."""
        self._ground.references.replace(
            rows,
            workspace=model.workspace,
            actor_id=caller.user_id,
            object_id=model.object_id,
            document=self._document(rows, model),
            coordinate_system=coordinate_system,
            file_name=reference.file_name(model.name) if renamed else None,
        )

    # Deletion

    def delete(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str) -> None:
        """Delete a model and its reference object, softly; a second time changes nothing; takes an editor."""
        with self._ground.database.writing() as rows:
            self._ground.references.lock(rows, workspace)
            self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.model(rows, workspace, model_id, lock=True)
            if model.deleted_ns is not None:
                return
            now_ns = self._ground.clock.now_ns()
            ledger.change_model(rows, model_id, deleted_ns=now_ns, deleted_by=caller.user_id)
            self._ground.references.delete(
                rows, workspace=workspace, actor_id=caller.user_id, object_id=model.object_id
            )
            self._ground.audit(rows, caller.user_id, model, "block-model.delete", name=model.name)

    def restore(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str) -> wire.BlockModel:
        """Undo a deletion; where the name is taken the model becomes `Name (1)`; takes an editor.

        A model that lives stays as it is. Raises NotFound, NoFreeName.
        """
        with self._ground.database.writing() as rows:
            self._ground.references.lock(rows, workspace)
            access = self._ground.require(rows, caller, workspace, Role.EDITOR)
            model = self._ground.model(rows, workspace, model_id, lock=True)
            if model.deleted_ns is None:
                return self._shown(rows, model)
            name = self._free_name(rows, workspace, model.name)
            changes: dict[str, Any] = {"name": name, "deleted_ns": None, "deleted_by": None}
            renamed = name != model.name
            if renamed:
                changes |= {"updated_ns": self._ground.clock.now_ns(), "updated_by": caller.user_id}
            ledger.change_model(rows, model_id, **changes)
            model = replace(model, **changes)
            self._ground.references.restore(
                rows,
                workspace=workspace,
                actor_id=caller.user_id,
                object_id=model.object_id,
                file_name=reference.file_name(name) if renamed else None,
            )
            self._bring_into_step(rows, caller, model, access.default_coordinate_system)
            self._ground.audit(rows, caller.user_id, model, "block-model.restore", name=name)
            return self._shown(rows, model)

    def _bring_into_step(self, rows: Rows, caller: Principal, model: StoredModel, coordinate_system: str) -> None:
        """The reference object may have been deleted by itself, before the model's last versions or its last name."""
        found = self._ground.references.find(rows, model.workspace, model.object_id)
        if found is None:
            return
        shown = {name: value for name, value in found.document.items() if name != "uuid"}
        if shown != self._document(rows, model):
            self._refer(rows, caller, model, coordinate_system, renamed=shown.get("name") != model.name)

    def _free_name(self, rows: Rows, workspace: WorkspaceKey, name: str) -> str:
        """The name itself where it is free, else `Name (n)` with the first free n. Raises NoFreeName."""
        for start in range(0, MOST_NUMBER + 1, _AT_ONCE):
            wanted = [numbered(name, n) for n in range(start, min(start + _AT_ONCE, MOST_NUMBER + 1))]
            taken = ledger.names_among(rows, workspace.workspace_id, wanted)
            free = next((each for each in wanted if each not in taken), None)
            if free is not None:
                return free
        raise NoFreeName


def numbered(name: str, number: int) -> str:
    """`Name (2)` of `Name` and 2, of 0 the name itself; the end of a long name gives way."""
    if not number:
        return name
    suffix = f" ({number})"
    return name[: wire.MOST_NAME - len(suffix)] + suffix


def _check_metadata(system: str | None, size_unit_id: str | None) -> None:
    if system is not None:
        crs.check(system, "coordinate_reference_system")
    if size_unit_id is not None:
        unit = units.find(size_unit_id)
        if unit is None or unit.type is not UnitType.LENGTH:
            raise refusal(f"{size_unit_id[:40]!r} is not the id of a unit of length.", "size_unit_id")


def _changes(asked: wire.UpdateBlockModel) -> dict[str, Any]:
    """New values by the name of the column. Raises Invalid."""
    members = ("name", "description", "coordinate_reference_system", "size_unit_id", "fill_subblocks")
    found = {name: getattr(asked, name) for name in members if getattr(asked, name) is not UNSET}
    if "name" in found:
        found["name"] = wire.read_name(found["name"], "name")
    _check_metadata(found.get("coordinate_reference_system"), found.get("size_unit_id"))
    return found


def _first_version(model: StoredModel, comment: str) -> StoredVersion:
    return StoredVersion(
        model_id=model.id,
        version_id=1,
        version_uuid=ids.new_id(),
        parent_version_id=0,
        base_version_id=None,
        bbox=None,
        comment=comment,
        created_ns=model.created_ns,
        created_by=model.created_by,
        job_id=ids.new_id(),
        geoscience_version_id=None,
        mapping=Mapping(titles.system_columns(model.kind)),
        changes=VersionChanges(ColumnChanges(), geometry.total_of_parents(model.geometry)),
        column_changes=UpdateColumns([], [], [], [], []),
    )
