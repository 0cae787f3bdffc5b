"""Carrying an update out: every group of tiles, every column, then the maps of the next version."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from coreshed.blockmodels.engine.addressing import Group, Keys, TileRows, address, groups, survey
from coreshed.blockmodels.engine.changes import Change, Draft, UpdateType, Written
from coreshed.blockmodels.engine.collecting import Collected, kept_columns
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.limits import DEFAULT_LIMITS, Limits
from coreshed.blockmodels.engine.manifest import (
    DERIVATION_COLUMN,
    PARTLY_DERIVED,
    USER_SPECIFIED,
    VERSION_COLUMN,
    Column,
)
from coreshed.blockmodels.engine.maps import NULL_TILE, ColumnMap
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.relayout import check_rows
from coreshed.blockmodels.engine.reshaping import Reshaping
from coreshed.blockmodels.engine.sources import Source, read_values
from coreshed.blockmodels.engine.spilling import spill
from coreshed.blockmodels.engine.subkeys import SubKeys
from coreshed.blockmodels.engine.subrows import existing
from coreshed.blockmodels.engine.subrows import given as given_rows
from coreshed.blockmodels.engine.threads import in_threads
from coreshed.blockmodels.engine.tiles import Positions
from coreshed.blockmodels.engine.update import (
    DERIVATION_PART,
    MARKS_PART,
    VALUES_PART,
    ColumnWriter,
    PositionWriter,
    TileUpdate,
)
from coreshed.blockmodels.engine.writing import SegmentSink


@dataclass
class Applying:
    """One update of one version. version_id: that of the version that comes of it."""

    base: Snapshot
    version_id: int
    change: Change
    source: Source
    keys: Keys
    sink: SegmentSink
    threads: int = 2
    limits: Limits = DEFAULT_LIMITS
    scratch: Path | None = None  # where rows in no order are sorted; None: the system's place for such files
    _made: Collected = field(init=False)

    def __post_init__(self) -> None:
        self._made = Collected(self.base, self.change)

    def run(self) -> Draft:
        """Write every segment. Raises BadBlocks, BadFile, OSError; then nothing is kept.

        Raises ValueError where the change is none for this kind of model, or the keys are those of another.
        """
        try:
            self._check_keys()
            self._check_columns()
            if self.change.geometry_change:
                self._reshape()
            else:
                self._write()
            manifest, maps = self._made.next()
            return Draft(
                self.base.version_id,
                manifest,
                maps,
                tuple(self.sink.finish()),
                self._made.box,
                self.source.starts[-1],
            )
        except BaseException:
            self.sink.abort()
            raise

    def _check_keys(self) -> None:
        if isinstance(self.keys, SubKeys) is (self.base.header.grid.kind is Kind.REGULAR):
            raise ValueError(f"a {self.base.header.grid.kind} model has other keys")
        if self.change.fill_subblocks and not self.change.geometry_change:
            raise ValueError("sub-blocks are filled only where the geometry changes")

    def _check_columns(self) -> None:
        """Raises BadFile for columns that are missing or of another type."""
        for column in self._made.written:
            if column.source is None:
                continue
            index = self.source.schema.get_field_index(column.source)
            if index < 0:
                raise BadFile(f"The column {column.source!r} is not in the file, or there several times.")
            actual = self.source.schema.field(index).type
            if actual != column.data_type.arrow:
                raise BadFile(f"The column {column.source!r} is {actual}; {column.data_type.value} is announced.")

    def _reshape(self) -> None:
        """Parents are divided as the upload says."""
        if not isinstance(self.keys, SubKeys):
            raise ValueError("a regular model has no sub-blocks; its geometry cannot change")  # noqa: TRY004
        reshaping = Reshaping(
            self._made, self.version_id, self.keys, self.sink, self.threads, self.limits.largest_group
        )
        for source, group in self._groups():
            reshaping.group(source, group)
        reshaping.rest()

    def _write(self) -> None:
        update = TileUpdate(self.base, self.change.update_type, PositionWriter(self.sink, VALUES_PART))
        written = self._made.written
        writers = {each.column_id: ColumnWriter(each.column_id, each.data_type, self.sink) for each in written}
        olds = self._made.old_maps()
        seen: set[int] = set()
        for source, group in self._groups():
            tiles = self._addressed(source, group)
            seen.update(tile.rank for tile in tiles)

            def column(
                each: Written, source: Source = source, group: Group = group, tiles: list[TileRows] = tiles
            ) -> None:
                values = read_values(source, each, group.start, group.stop)
                self._write_column(update, writers[each.column_id], olds[each.column_id], tiles, values)

            in_threads(self.threads, column, written)
            self._mark(tiles)
            self._derive(tiles)
        if self.change.update_type is UpdateType.REPLACE:
            self._reset(seen)

    def _write_column(
        self, update: TileUpdate, writer: ColumnWriter, olds: ColumnMap, tiles: list[TileRows], values: Any
    ) -> None:
        """values: of the rows of the group. The tiles are shared out among the threads that have no column to do."""
        made = self._made.tiles.setdefault(writer.column_id, {})

        def tile(each: TileRows) -> None:
            given = values.take(pa.array(each.rows))
            made[each.rank] = update.apply(writer, olds.tile(each.rank), each, given)

        for each in tiles[:1]:  # by which the layout of the column is chosen
            tile(each)
        in_threads(self.threads // len(self._made.written), tile, tiles[1:])

    def _addressed(self, source: Source, group: Group) -> list[TileRows]:
        tiling = self.base.tiling
        if isinstance(self.keys, SubKeys):
            return existing(self.base, source, group, given_rows(source, self.keys, tiling, group))
        return address(source, self.keys, tiling, group, self.threads)

    def _groups(self) -> Iterator[tuple[Source, Group]]:
        """The rows in groups of tiles, from the upload itself or from files sorted by tile."""
        tiling = self.base.tiling
        found = survey(self.source, self.keys, tiling, self.threads)
        check_rows(found)
        plan = groups(self.source, found, tiling, self.limits.largest_group)
        if plan is not None:
            yield from ((self.source, group) for group in plan)
            return
        columns = list(dict.fromkeys([*self.keys.names, *(each.source for each in self._made.written if each.source)]))
        weights = np.where(found.touched, np.maximum(found.rows, tiling.sizes), 0)
        with TemporaryDirectory(prefix="blocks-", dir=self.scratch) as directory:
            most = self.limits.spilled_group
            yield from spill(self.source, self.keys, tiling, weights, columns, Path(directory), most)

    def _mark(self, tiles: list[TileRows]) -> None:
        """The blocks that the upload names, and those that it makes null, are of this version now."""
        update = TileUpdate(self.base, UpdateType.MERGE, PositionWriter(self.sink, MARKS_PART))
        writer = ColumnWriter(VERSION_COLUMN, DataType.UINT32, self.sink)
        marks = self._made.tiles.setdefault(VERSION_COLUMN, {})
        old = self.base.map_of(self.base.column(VERSION_COLUMN))
        for tile in tiles:
            changed = tile.positions
            if changed is not None and self.change.update_type is UpdateType.REPLACE:
                changed = self._with_nulled(tile)
            marks[tile.rank] = update.mark(writer, old.tile(tile.rank), tile, changed, self.version_id)
            self._made.enclose(tile.rank, self._parents(tile.rank, changed))

    def _parents(self, rank: int, rows: Positions | None) -> Positions | None:
        """The parents of some rows of a tile; None for all."""
        layout = None if rows is None else self.base.layout(rank)
        return rows if layout is None else layout.parents[rows]

    def _derive(self, tiles: list[TileRows]) -> None:
        """Derived blocks that are given values are derived in part, or no longer where the values are all they have."""
        column = self.base.manifest.find(DERIVATION_COLUMN)
        if column is None:
            return
        update = TileUpdate(self.base, UpdateType.MERGE, PositionWriter(self.sink, DERIVATION_PART))
        writer = ColumnWriter(DERIVATION_COLUMN, DataType.UTF8, self.sink)
        made, olds = self._made.tiles.setdefault(DERIVATION_COLUMN, {}), self.base.map_of(column)
        covers = self._made.covers
        for tile in tiles:
            old = olds.tile(tile.rank)
            if old.is_constant and old.constant == USER_SPECIFIED:
                continue
            [words] = self.base.read_tiles(tile.size, [DataType.UTF8], [old])
            changed = np.zeros(tile.size, dtype=np.bool_)
            given_anew = covers and self.change.update_type is UpdateType.REPLACE
            changed[slice(None) if given_anew or tile.positions is None else tile.positions] = True
            changed &= pc.not_equal(words, pa.scalar(USER_SPECIFIED)).to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(changed).astype(np.uint32)
            made[tile.rank] = update.mark(writer, old, tile, rows, USER_SPECIFIED if covers else PARTLY_DERIVED)

    def _with_nulled(self, tile: TileRows) -> Positions | None:
        """Rows that the upload names or that lose a value to it; None for all rows."""
        changed = self._made.valued(tile.rank, tile.size)
        changed[tile.positions] = True
        return None if changed.all() else np.flatnonzero(changed).astype(np.uint32)

    def _reset(self, seen: set[int]) -> None:
        """Tiles of which the upload says nothing lose the values of the updated columns."""
        lost = []
        maps = self._made.old_maps().values()
        valued = {rank for each in maps for rank, tile in each.tiles.items() if not tile.all_null}
        for rank in sorted(valued - seen):
            for each in self.change.updated:
                self._made.tiles.setdefault(each.column_id, {})[rank] = NULL_TILE
            nothing = np.empty(0, dtype=np.uint32)
            lost.append(TileRows(rank, self.base.rows(rank), nothing, nothing.astype(np.int32)))
        self._mark(lost)
        self._derive(lost)


def without_values(base: Snapshot, change: Change) -> Draft:
    """The version after one to which no upload comes: columns go, or have other titles, or are new and null."""
    empty = ColumnMap().encode()
    new = [Column(each.column_id, each.title, each.data_type, empty.digest) for each in change.new]
    columns = (*kept_columns(base, change), *new)
    return Draft(base.version_id, replace(base.manifest, columns=columns), (empty,) if new else ())
