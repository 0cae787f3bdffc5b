"""Running updates: from the uploaded file to the next version."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from coreshed.blobs import Contents, Purpose
from coreshed.blobs.refusals import BlobVanished
from coreshed.blockmodels import ledger, orders
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile, VersionMoved
from coreshed.blockmodels.engine.geometry_columns import geometry_types
from coreshed.blockmodels.engine.grid import Grid
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.orders import UpdateOrder
from coreshed.blockmodels.rebasing import rebase
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.versions import Publication, Versions
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.wire.versions import Column, Mapping, VersionChanges
from coreshed.blockmodels.work.compacting import CompactWork, is_due
from coreshed.blockmodels.work.files import bad_rows_file, keys_of, open_upload, with_keys
from coreshed.jobs import Claim, JobContext
from coreshed.problems import NotFound, UpdateFailed, VersionConflict


@dataclass(frozen=True)
class UpdateWork:
    """What a worker does for an update."""

    ground: Ground
    versions: Versions

    def run(self, claim: Claim, context: JobContext) -> None:
        """Publish the next version. Raises UpdateFailed, VersionConflict, NotFound, Gone."""
        order = orders.decode(claim.input, UpdateOrder)
        model = self._model(claim)
        base = self.ground.blocks.store.snapshot(model.id, model.version_id)
        mapping = self._mapping(model, order, base)
        context.check()
        draft = self._draft(claim, model, order, base, mapping)
        context.check()
        self.versions.warm(model)
        self._publish(claim, model, order, mapping, draft)
        if is_due(self.ground.blocks.store.snapshot(model.id)):
            CompactWork(self.ground).request(model.id)

    def _model(self, claim: Claim) -> StoredModel:
        with self.ground.database.reading() as rows:
            found = ledger.find_model(rows, claim.owner.partition(":")[2], None)
        if found is None:
            raise NotFound
        return found

    def _mapping(self, model: StoredModel, order: UpdateOrder, newest: Snapshot) -> Mapping:
        """The columns of the version to be made, also where the model has moved on. Raises VersionConflict."""
        if model.version_id == order.base_version_id:
            return order.change.mapping
        with self.ground.database.reading() as rows:
            stored = [ledger.find_version(rows, model.id, each) for each in (order.base_version_id, model.version_id)]
        before, after = (each.mapping for each in stored if each is not None)
        old = self.ground.blocks.store.snapshot(model.id, order.base_version_id)
        maps = {each.id: each.map for each in old.manifest.columns}
        moved = {each.id for each in newest.manifest.columns if maps.get(each.id, each.map) != each.map}
        divided = old.manifest.layout != newest.manifest.layout
        return rebase(order.change, before, after, moved=moved, divided=divided)

    def _draft(self, claim: Claim, model: StoredModel, order: UpdateOrder, base: Snapshot, mapping: Mapping) -> Draft:
        if order.blob_id is None:
            return self.ground.blocks.store.draft(base, engine_change(order, mapping, {}))
        try:
            with TemporaryDirectory(prefix="update-", dir=self.ground.blocks.scratch) as scratch:
                return self._from_file(claim, order, base, mapping, Path(scratch))
        except BlobVanished as error:
            raise UpdateFailed(f"Update file of job {claim.id} not found.") from error
        except BadFile as error:
            raise UpdateFailed(str(error)) from error
        except BadBlocks as error:
            blob_id = self._keep(model, claim, bad_rows_file(error.rows))
            raise UpdateFailed(str(error), errors_blob=blob_id) from error

    def _from_file(self, claim: Claim, order: UpdateOrder, base: Snapshot, mapping: Mapping, scratch: Path) -> Draft:
        """Raises BlobVanished, BadFile, BadBlocks."""
        grid, named = base.header.grid, names_in_file(order)
        names = source_names(order, mapping, named)
        columns = file_columns(grid, mapping, named, names)
        source = open_upload(self.ground.contents, order, grid, columns, scratch)
        keys = keys_of(grid, source, named)
        change = engine_change(order, mapping, names)
        blocks = self.ground.blocks.store
        try:
            return blocks.draft(base, change, source, keys, job_id=claim.id, first_token=claim.attempt << 32)
        except BadBlocks as error:
            error.rows = with_keys(error.rows, source, keys)
            raise

    def _keep(self, model: StoredModel, claim: Claim, content: bytes) -> str:
        """A file for whoever reads the job; returns its blob's id."""
        contents: Contents = self.ground.contents
        with contents.writing() as made:
            made.write(content)
        with self.ground.database.writing() as rows:
            name = f"{claim.id}.{claim.attempt}.rows"
            contents.publish(rows, made, workspace_id=model.workspace_id, purpose=Purpose.BLOCK_ANSWER, name=name)
        return made.blob_id

    def _publish(self, claim: Claim, model: StoredModel, order: UpdateOrder, mapping: Mapping, draft: Draft) -> None:
        change = order.change
        new = Publication(
            version_uuid=order.version_uuid,
            base_version_id=draft.base_version,
            mapping=mapping,
            changes=VersionChanges(
                change.summary,
                total_blocks=draft.manifest.rows,
                blocks_uploaded=draft.blocks_uploaded,
                update_type=None if draft.blocks_uploaded is None else change.update_type,
            ),
            # Columns that became null by the policy of their group have changed as much as those of the file.
            column_changes=replace(change.columns, update=[*change.columns.update, *change.set_null]),
            draft=draft,
            comment=order.comment,
            job_id=claim.id,
            actor_id=claim.principal_id or "",
        )
        try:
            with self.ground.database.writing() as rows:
                self.versions.publish(
                    rows, workspace=model.workspace, model_id=model.id, after=draft.base_version, new=new
                )
                if order.blob_id is not None:
                    self.ground.contents.drop(rows, order.blob_id)
                self.ground.jobs.complete(rows, claim, order.version_uuid.encode())
        except VersionMoved as error:
            raise VersionConflict from error


def engine_change(order: UpdateOrder, mapping: Mapping, names: dict[str, str]) -> Change:
    """What the engine is to do. names: column id -> column of the file."""
    change = order.change
    columns = {each.col_id: each for each in mapping.columns}
    retitled = {*(each.col_id for each in change.columns.rename), *(e.col_id for e in change.columns.update_metadata)}

    def written(column: Column) -> Written:
        return Written(column.col_id, column.title, DataType(column.data_type), names.get(column.col_id))

    return Change(
        new=tuple(written(each) for each in change.columns.new),
        updated=tuple(written(columns[each]) for each in (*change.columns.update, *change.set_null)),
        deleted=frozenset(change.columns.delete),
        renamed={each: columns[each].title for each in retitled},
        update_type=UpdateType(change.update_type),
        geometry_change=bool(change.geometry_change),
        fill_subblocks=change.fill_subblocks,
    )


def names_in_file(order: UpdateOrder) -> dict[str, str]:
    """Title -> what the column is called in the file, of those whose names differ."""
    options = order.input_options
    return {} if options is None else {title: name for name, title in options.titles().items()}


def source_names(order: UpdateOrder, mapping: Mapping, named: dict[str, str]) -> dict[str, str]:
    """Column id -> what the column is called in the file: its qualified title, unless the options say otherwise."""
    titles = Titles(mapping, order.separator)
    wanted = {*(each.col_id for each in order.change.columns.new), *order.change.columns.update}
    found = {each.col_id: titles.of(each) for each in titles.user_columns if each.col_id in wanted}
    return {column_id: named.get(title, title) for column_id, title in found.items()}


def file_columns(grid: Grid, mapping: Mapping, named: dict[str, str], names: dict[str, str]) -> dict[str, DataType]:
    """What is announced, by its name in the file: values, and columns that name blocks under another name."""
    types = {each.col_id: DataType(each.data_type) for each in mapping.columns}
    keys = {named[title]: kind for title, kind in geometry_types(grid.kind).items() if title in named}
    return keys | {name: types[column_id] for column_id, name in names.items()}
