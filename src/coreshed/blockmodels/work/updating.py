"""Running updates: from the uploaded file to the next version."""

from dataclasses import dataclass

from coreshed.blobs import Contents, Purpose
from coreshed.blobs.refusals import BlobVanished
from coreshed.blockmodels import ledger, orders
from coreshed.blockmodels.engine.addressing import Keys
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadBlocks, BadFile, VersionMoved
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.ledger import StoredModel
from coreshed.blockmodels.orders import UpdateOrder
from coreshed.blockmodels.rebasing import rebase
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.versions import Publication, Versions
from coreshed.blockmodels.titles import Titles
from coreshed.blockmodels.wire.versions import Column, Mapping, VersionChanges
from coreshed.blockmodels.work.files import bad_rows_file, keys_of, open_upload
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
        blocks = self.ground.blocks.store
        if order.blob_id is None:
            return blocks.draft(base, engine_change(order, mapping, {}))
        try:
            source = open_upload(self.ground.contents, order, base.header.grid)
            named = names_in_file(order)
            keys = keys_of(base.header.grid, source, named)
            names = source_names(order, mapping, named)
            return blocks.draft(
                base,
                engine_change(order, mapping, names),
                source,
                keys,
                job_id=claim.id,
                first_token=claim.attempt << 32,
            )
        except BlobVanished as error:
            raise UpdateFailed(f"Update file of job {claim.id} not found.") from error
        except BadFile as error:
            raise UpdateFailed(str(error)) from error
        except BadBlocks as error:
            blob_id = self._bad_rows(model, claim, source, keys, error)
            raise UpdateFailed(str(error), errors_blob=blob_id) from error

    def _bad_rows(self, model: StoredModel, claim: Claim, source: Source, keys: Keys, error: BadBlocks) -> str:
        """A file that names the rows; returns its blob's id."""
        contents: Contents = self.ground.contents
        made = contents.begin()
        made.write(bad_rows_file(source, keys, error.rows))
        contents.finish(made)
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
            column_changes=change.columns,
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
