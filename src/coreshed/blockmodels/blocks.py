"""The engine, opened when it is first needed: servers without block models never load it."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coreshed.blobs import Store
from coreshed.blockmodels import geometry
from coreshed.blockmodels.ledger import StoredModel
from coreshed.database import Database, Rows

if TYPE_CHECKING:
    from coreshed.blockmodels.engine.fsck import Checked
    from coreshed.blockmodels.engine.store import BlockStore


class Blocks:
    """Where the blocks of all models are. scratch: a directory for files that are gone after their job."""

    def __init__(self, database: Database, store: Store, scratch: Path) -> None:
        self._database = database
        self._store = store
        self.scratch = scratch

    @cached_property
    def store(self) -> "BlockStore":
        """The versioned block store."""
        from coreshed.blockmodels.engine.store import BlockStore

        self.scratch.mkdir(parents=True, exist_ok=True)
        return BlockStore(database=self._database, store=self._store, scratch=self.scratch)

    def create(self, rows: Rows, model: StoredModel, *, job_id: str) -> None:
        """Version 1 of a model, in the caller's transaction."""
        shape = model.geometry
        grid = geometry.grid_of(shape.model_origin, shape.block_rotation, shape.size_options)
        self.store.create_in(rows, model.id, grid, job_id=job_id)

    def check(self, *, deep: bool) -> "Checked":
        """Whether every version of every model is there and whole; deep: every byte of it."""
        from coreshed.blockmodels.engine.fsck import check_store

        return check_store(self._database, self._store, deep=deep)

    def close(self) -> None:
        """Close the segments that are open."""
        if "store" in self.__dict__:
            self.store.close()
