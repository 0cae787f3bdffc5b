"""The versioned block store: models, their versions, and updates that become versions.

with BlockStore.open(Path("blocks")) as blocks:
    blocks.create("mine", grid)
    draft = blocks.draft("mine", Change(new=(...,)), source, keys)
    version = blocks.publish("mine", draft)
    blocks.snapshot("mine").read(...)
"""

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from coreshed.blobs.stores import LocalStore, Store
from coreshed.blockmodels.engine import ledger
from coreshed.blockmodels.engine.addressing import Keys
from coreshed.blockmodels.engine.applying import Applying, without_values
from coreshed.blockmodels.engine.changes import Change, Draft
from coreshed.blockmodels.engine.compaction import compact, plan_compaction
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import UnknownVersion
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.limits import DEFAULT_LIMITS, Limits
from coreshed.blockmodels.engine.manifest import (
    DERIVATION_COLUMN,
    USER_SPECIFIED,
    VERSION_COLUMN,
    Column,
    Header,
    Manifest,
)
from coreshed.blockmodels.engine.maps import ColumnMap, EncodedMap
from coreshed.blockmodels.engine.reading import Maps, Snapshot
from coreshed.blockmodels.engine.segments import Segments
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.tables import create_tables
from coreshed.blockmodels.engine.tiles import LARGEST_TILE, tile_shape
from coreshed.blockmodels.engine.writing import SegmentSink
from coreshed.database import Database, Rows
from coreshed.database.engines import sqlite_url

FIRST_VERSION = 1
_SUB_BLOCKED_TILE = 4_096
_MOST_SUB_BLOCKED_TILES = 10_000


def new_header(grid: Grid) -> Header:
    """How a new model is cut into tiles: smaller ones where parents can be divided."""
    if grid.kind is Kind.REGULAR:
        return Header(grid, tile_shape(grid.parents))
    i, j, k = grid.parents
    most = min(LARGEST_TILE, max(_SUB_BLOCKED_TILE, i * j * k // _MOST_SUB_BLOCKED_TILES))
    return Header(grid, tile_shape(grid.parents, most))


def first_manifest(grid: Grid) -> tuple[Manifest, list[EncodedMap]]:
    """Version 1: every block there, none with a value; its maps mention no tile."""
    marks = ColumnMap(fill=FIRST_VERSION).encode()
    columns, maps = [Column(VERSION_COLUMN, VERSION_COLUMN, DataType.UINT32, marks.digest)], [marks]
    if grid.kind is not Kind.REGULAR:
        derived = ColumnMap(fill=USER_SPECIFIED).encode()
        columns.append(Column(DERIVATION_COLUMN, DERIVATION_COLUMN, DataType.UTF8, derived.digest))
        maps.append(derived)
    i, j, k = grid.parents
    return Manifest(i * j * k, tuple(columns)), maps


class BlockStore:
    """Models and versions in a database, segments in a store. Safe for threads."""

    def __init__(
        self,
        *,
        database: Database,
        store: Store,
        threads: int = 2,
        limits: Limits = DEFAULT_LIMITS,
        scratch: Path | None = None,
    ) -> None:
        self._scratch = scratch
        self.database = database
        self.store = store
        self.segments = Segments(store)
        self.maps = Maps(self._load)
        self._threads = threads
        self._limits = limits

    @classmethod
    def open(cls, directory: Path) -> "BlockStore":
        """A store of its own in a directory, made where there is none."""
        directory.mkdir(parents=True, exist_ok=True)
        database = Database(sqlite_url(directory / "blocks.db"))
        with database.writing() as rows:
            create_tables(rows)
        return cls(database=database, store=LocalStore(directory / "segments"))

    def __enter__(self) -> "BlockStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self.store.close()
        self.database.close()

    def create(self, model_id: str, grid: Grid, *, job_id: str | None = None) -> None:
        """A new model with version 1. Writes no block."""
        with self.database.writing() as rows:
            self.create_in(rows, model_id, grid, job_id=job_id or str(uuid4()))

    @staticmethod
    def create_in(rows: Rows, model_id: str, grid: Grid, *, job_id: str) -> None:
        """The same within a transaction."""
        manifest, maps = first_manifest(grid)
        ledger.create(rows, model_id, new_header(grid))
        ledger.publish(
            rows, model_id=model_id, version_id=FIRST_VERSION, job_id=job_id, manifest=manifest, maps=maps, segments=()
        )

    def snapshot(self, model_id: str, version_id: int | None = None) -> Snapshot:
        """A version, the newest where None. Raises UnknownVersion."""
        with self.database.reading() as rows:
            header = ledger.header(rows, model_id)
            if version_id is None:
                version_id = ledger.newest(rows, model_id)
            manifest = ledger.manifest(rows, model_id, version_id)
        if header is None or manifest is None:
            raise UnknownVersion(f"There is no version {version_id} of the model {model_id}.")
        return Snapshot(model_id, version_id, header, manifest, self.maps, self.segments)

    def draft(
        self,
        base: Snapshot,
        change: Change,
        source: Source | None = None,
        keys: Keys | None = None,
        *,
        job_id: str | None = None,
        first_token: int = 0,
    ) -> Draft:
        """Make the version after `base`, durable and unknown to anybody until it is published.

        Attempts of one job differ in `first_token`, so that no file is ever written twice. Raises BadBlocks, BadFile.
        """
        if source is None or keys is None:
            return without_values(base, change)
        sink = SegmentSink(self.store, job_id or str(uuid4()), first_token)
        version_id = base.version_id + 1
        update = Applying(base, version_id, change, source, keys, sink, self._threads, self._limits, self._scratch)
        return update.run()

    def publish(self, model_id: str, draft: Draft, *, job_id: str | None = None) -> int:
        """Append the version; returns its number. Raises VersionMoved."""
        with self.database.writing() as rows:
            return self.publish_in(rows, model_id, draft, job_id=job_id or str(uuid4()))

    @staticmethod
    def publish_in(rows: Rows, model_id: str, draft: Draft, *, job_id: str) -> int:
        """The same within a transaction, which is to be given up where this raises."""
        version_id = draft.base_version + 1
        ledger.publish(
            rows,
            model_id=model_id,
            version_id=version_id,
            job_id=job_id,
            manifest=draft.manifest,
            maps=draft.maps,
            segments=draft.segments,
        )
        return version_id

    def compact(self, snapshot: Snapshot, *, patches: int = 1, job_id: str | None = None, first_token: int = 0) -> int:
        """Write the tiles of a version anew that have so many patches; returns of how many columns, tiles counted each.

        Attempts of one job differ in `first_token`.
        """
        plan = plan_compaction(snapshot, patches=patches)
        if plan.count:
            sink = SegmentSink(self.store, job_id or str(uuid4()), first_token)
            compacted = compact(snapshot, plan, sink, threads=self._threads)
            with self.database.writing() as rows:
                ledger.record_compaction(rows, snapshot.model_id, compacted)
            self.maps.forget(compacted.maps)
        return plan.count

    def close(self) -> None:
        """Close the segments that are open; database and store stay with whoever gave them."""
        self.segments.close()

    def _load(self, digests: Collection[str]) -> dict[str, ColumnMap]:
        with self.database.reading() as rows:
            return ledger.maps(rows, digests)
