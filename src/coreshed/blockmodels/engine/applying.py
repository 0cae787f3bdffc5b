"""Carrying an update out: every group of tiles, every column, then the maps of the next version."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from coreshed.blockmodels.engine.addressing import Group, Keys, TileRows, address, groups, survey
from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Draft, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import BadFile
from coreshed.blockmodels.engine.limits import DEFAULT_LIMITS, Limits
from coreshed.blockmodels.engine.manifest import VERSION_COLUMN, Column, Manifest
from coreshed.blockmodels.engine.maps import NULL_TILE, ColumnMap, EncodedMap, TileColumn
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.sources import Source
from coreshed.blockmodels.engine.spilling import spill
from coreshed.blockmodels.engine.tiles import Positions
from coreshed.blockmodels.engine.update import (
    MARKS_PART,
    VALUES_PART,
    ColumnWriter,
    PositionWriter,
    TileUpdate,
    UpdateType,
    in_threads,
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
    _tiles: dict[str, dict[int, TileColumn]] = field(default_factory=dict)
    _box: IndexBox | None = None

    def run(self) -> Draft:
        """Write every segment. Raises BadBlocks, BadFile, OSError; then nothing is kept."""
        try:
            self._check_columns()
            self._write()
            manifest, maps = self._next()
            return Draft(
                self.base.version_id,
                manifest,
                maps,
                tuple(self.sink.finish()),
                self._box,
                self.source.starts[-1],
            )
        except BaseException:
            self.sink.abort()
            raise

    @property
    def _written(self) -> tuple[Written, ...]:
        return (*self.change.new, *self.change.updated)

    def _check_columns(self) -> None:
        """Raises BadFile for columns that are missing or of another type."""
        for column in self._written:
            if column.source is None:
                continue
            index = self.source.schema.get_field_index(column.source)
            if index < 0:
                raise BadFile(f"The column {column.source!r} is not in the file, or there several times.")
            actual = self.source.schema.field(index).type
            if actual != column.data_type.arrow:
                raise BadFile(f"The column {column.source!r} is {actual}; {column.data_type.value} is announced.")

    def _write(self) -> None:
        update = TileUpdate(self.base, self.change.update_type, PositionWriter(self.sink, VALUES_PART))
        writers = {each.column_id: ColumnWriter(each.column_id, each.data_type, self.sink) for each in self._written}
        olds = self._old_maps()
        seen: set[int] = set()
        for source, group in self._groups():
            tiles = address(source, self.keys, self.base.tiling, group)
            seen.update(tile.rank for tile in tiles)

            def column(
                written: Written, source: Source = source, group: Group = group, tiles: list[TileRows] = tiles
            ) -> None:
                made = self._tiles.setdefault(written.column_id, {})
                values = _values(source, written, group)
                for tile in tiles:
                    given = values.take(pa.array(tile.rows))
                    old = olds[written.column_id].tile(tile.rank)
                    made[tile.rank] = update.apply(writers[written.column_id], old, tile, given)

            in_threads(self.threads, column, self._written)
            self._mark(tiles)
        if self.change.update_type is UpdateType.REPLACE:
            self._reset(seen)

    def _groups(self) -> Iterator[tuple[Source, Group]]:
        """The rows in groups of tiles, from the upload itself or from files sorted by tile."""
        tiling = self.base.tiling
        found = survey(self.source, self.keys, tiling)
        plan = groups(self.source, found, tiling, self.limits.largest_group)
        if plan is not None:
            yield from ((self.source, group) for group in plan)
            return
        columns = list(dict.fromkeys([*self.keys.names, *(each.source for each in self._written if each.source)]))
        with TemporaryDirectory(prefix="blocks-", dir=self.scratch) as directory:
            most = self.limits.spilled_group
            yield from spill(self.source, self.keys, tiling, found.touched, columns, Path(directory), most)

    def _old_maps(self) -> dict[str, ColumnMap]:
        updated = [self.base.column(each.column_id) for each in self.change.updated]
        found = self.base.maps.get(column.map for column in updated)
        olds = {column.id: found[column.map] for column in updated}
        return {each.column_id: olds.get(each.column_id, ColumnMap()) for each in self._written}

    def _mark(self, tiles: list[TileRows]) -> None:
        """The blocks that the upload names, and those that it makes null, are of this version now."""
        update = TileUpdate(self.base, UpdateType.MERGE, PositionWriter(self.sink, MARKS_PART))
        writer = ColumnWriter(VERSION_COLUMN, DataType.UINT32, self.sink)
        marks = self._tiles.setdefault(VERSION_COLUMN, {})
        old = self.base.map_of(self.base.column(VERSION_COLUMN))
        for tile in tiles:
            changed = tile.positions
            if changed is not None and self.change.update_type is UpdateType.REPLACE:
                changed = self._with_nulled(tile)
            marks[tile.rank] = update.mark(writer, old.tile(tile.rank), tile, changed, self.version_id)
            self._enclose(tile.rank, changed)

    def _with_nulled(self, tile: TileRows) -> Positions | None:
        """Rows that the upload names or that lose a value to it; None for all rows."""
        changed = self._valued(tile.rank, tile.size)
        changed[tile.positions] = True
        return None if changed.all() else np.flatnonzero(changed).astype(np.uint32)

    def _valued(self, rank: int, size: int) -> Any:
        """Which rows of a tile have a value in one of the updated columns."""
        valued = np.zeros(size, dtype=np.bool_)
        for each in self.change.updated:
            column = self.base.column(each.column_id)
            tile = self.base.map_of(column).tile(rank)
            if tile.full(size):
                return np.ones(size, dtype=np.bool_)
            if not tile.all_null:
                [values] = self.base.read_tiles(size, [column.data_type], [tile])
                valued |= values.is_valid().to_numpy(zero_copy_only=False)
        return valued

    def _reset(self, seen: set[int]) -> None:
        """Tiles of which the upload says nothing lose the values of the updated columns."""
        lost = []
        valued = {rank for each in self._old_maps().values() for rank, tile in each.tiles.items() if not tile.all_null}
        for rank in sorted(valued - seen):
            for each in self.change.updated:
                self._tiles.setdefault(each.column_id, {})[rank] = NULL_TILE
            nothing = np.empty(0, dtype=np.uint32)
            lost.append(TileRows(rank, self.base.rows(rank), nothing, nothing.astype(np.int32)))
        self._mark(lost)

    def _enclose(self, rank: int, changed: Positions | None) -> None:
        """Widen the box of changed parents."""
        if changed is None:
            box = self.base.tiling.box(rank)
        else:
            found = IndexBox.around(*self.base.tiling.parents_of(rank, changed))
            if found is None:
                return
            box = found
        self._box = box if self._box is None else self._box.hull(box)

    def _next(self) -> tuple[Manifest, tuple[EncodedMap, ...]]:
        """The manifest of the next version and the maps that it adds."""
        maps: list[EncodedMap] = []
        made = []
        for column in _kept(self.base, self.change):
            changed = self._tiles.get(column.id)
            if changed:
                encoded = self.base.map_of(column).with_tiles(changed).encode()
                maps.append(encoded)
                column = replace(column, map=encoded.digest)
            made.append(column)
        for each in self.change.new:
            encoded = ColumnMap(self._tiles.get(each.column_id, {})).encode()
            maps.append(encoded)
            made.append(Column(each.column_id, each.title, each.data_type, encoded.digest))
        return replace(self.base.manifest, columns=tuple(made)), tuple(maps)


def _values(source: Source, written: Written, group: Group) -> Any:
    if written.source is None:
        return pa.nulls(group.stop - group.start, written.data_type.arrow)
    return source.read(written.source, group.start, group.stop)


def without_values(base: Snapshot, change: Change) -> Draft:
    """The version after one to which no upload comes: columns go, or have other titles, or are new and null."""
    empty = ColumnMap().encode()
    new = [Column(each.column_id, each.title, each.data_type, empty.digest) for each in change.new]
    columns = (*_kept(base, change), *new)
    return Draft(base.version_id, replace(base.manifest, columns=columns), (empty,) if new else ())


def _kept(base: Snapshot, change: Change) -> list[Column]:
    """The columns that go on, with their new titles."""
    return [
        replace(each, title=change.renamed.get(each.id, each.title))
        for each in base.manifest.columns
        if each.id not in change.deleted
    ]
