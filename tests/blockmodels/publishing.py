"""Further versions, as a job of an update publishes them, but without its file."""

from dataclasses import replace
from typing import Any

from coreshed.blockmodels import ledger
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Draft, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.ledger import StoredVersion
from coreshed.blockmodels.service import BlockModels, Publication
from coreshed.blockmodels.wire.geometry import BBox, IntRange
from coreshed.blockmodels.wire.updates import Rename, UpdateColumns
from coreshed.blockmodels.wire.versions import Column, ColumnChanges, ColumnRename, Mapping, VersionChanges
from coreshed.database import Database
from coreshed.ids import WorkspaceKey, new_id
from tests.blockmodels.conftest import Quarry

CU = Column("11111111-1111-4111-8111-111111111111", "Cu", "Float64", unit_id="%[mass]", tags={"lab": "ALS"})
GEOLOGY = Column("22222222-2222-4222-8222-222222222222", "Geology", "Utf8")
BOX = BBox(IntRange(0, 47), IntRange(0, 67), IntRange(0, 38))


def services(quarry: Quarry) -> tuple[BlockModels, Database]:
    """What a worker has."""
    return quarry.lab.application.block_models, quarry.lab.application.databases.main


def key(quarry: Quarry) -> WorkspaceKey:
    """The workspace."""
    return WorkspaceKey(quarry.lab.organisation_id, quarry.lab.workspace_id)


def newest(quarry: Quarry, model_id: str) -> StoredVersion:
    """The newest version as it is stored."""
    _, database = services(quarry)
    with database.reading() as rows:
        found, _ = ledger.page_of_versions(rows, model_id, limit=1, offset=0)
    return found[0]


def drafted(quarry: Quarry, before: StoredVersion, change: Change, box: IndexBox | None) -> Draft:
    """What the engine makes of a change without a file, said to touch these blocks."""
    store = services(quarry)[0].ground.blocks.store
    return replace(store.draft(store.snapshot(before.model_id, before.version_id), change), box=box)


def publication(quarry: Quarry, before: StoredVersion, *added: Column, **changes: Any) -> Publication:
    """One version more, with further columns."""
    written = tuple(Written(each.col_id, each.title, DataType(each.data_type), None) for each in added)
    box = IndexBox((0, 47), (0, 67), (0, 38))
    new = Publication(
        version_uuid=new_id(),
        base_version_id=before.version_id,
        mapping=Mapping((*before.mapping.columns, *added), before.mapping.groups),
        changes=VersionChanges(
            ColumnChanges(new=[each.title for each in added]), 130560, blocks_uploaded=96013, update_type="merge"
        ),
        column_changes=UpdateColumns(list(added), [], [], [], []),
        draft=drafted(quarry, before, Change(new=written), box),
        comment="more",
        job_id=new_id(),
        actor_id=before.created_by,
    )
    return replace(new, **changes)


def publish(quarry: Quarry, model_id: str, new: Publication, *, after: int) -> StoredVersion:
    """Publish in a transaction of its own."""
    block_models, database = services(quarry)
    with database.writing() as rows:
        return block_models.versions.publish(rows, workspace=key(quarry), model_id=model_id, after=after, new=new)


def rename(quarry: Quarry, before: StoredVersion, column: Column, title: str) -> Publication:
    """A version in which only a title changed."""
    columns = tuple(
        Column(each.col_id, title, each.data_type, each.unit_id) if each.col_id == column.col_id else each
        for each in before.mapping.columns
    )
    changes = VersionChanges(ColumnChanges(renamed=[ColumnRename(column.title, title)]), 130560)
    return publication(
        quarry,
        before,
        mapping=Mapping(columns),
        changes=changes,
        column_changes=UpdateColumns([], [], [], [Rename(column.col_id, title)], []),
        draft=drafted(quarry, before, Change(renamed={column.col_id: title}), None),
    )
