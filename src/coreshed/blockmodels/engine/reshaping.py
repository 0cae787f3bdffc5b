"""Carrying out an update that divides parents anew: every column of the tiles that it touches is written anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine.addressing import Group
from coreshed.blockmodels.engine.changes import Written
from coreshed.blockmodels.engine.collecting import Collected
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.manifest import DERIVATION_COLUMN, DERIVED, USER_SPECIFIED, VERSION_COLUMN
from coreshed.blockmodels.engine.maps import ColumnMap, TileColumn
from coreshed.blockmodels.engine.reading import LAYOUT_COLUMNS, Snapshot, numbers
from coreshed.blockmodels.engine.relayout import Numbers, Origin, Relaid, Rule, check, relaid
from coreshed.blockmodels.engine.sources import Source, read_values
from coreshed.blockmodels.engine.subblocks import unpack
from coreshed.blockmodels.engine.subkeys import SubKeys
from coreshed.blockmodels.engine.subrows import Given, given, laid
from coreshed.blockmodels.engine.threads import in_threads
from coreshed.blockmodels.engine.update import ColumnWriter
from coreshed.blockmodels.engine.writing import SegmentSink

_CARRIED = (Origin.KEPT, Origin.CELL, Origin.PARENT)


@dataclass
class Reshaping:
    """One change of geometry. Raises ValueError where a column of users would go on without being given."""

    made: Collected
    version_id: int
    keys: SubKeys
    sink: SegmentSink
    threads: int
    most: int  # blocks whose values are held at once, for each thread those of one column
    _rule: Rule = field(init=False)
    _writers: dict[str, ColumnWriter] = field(init=False)
    _olds: dict[str, ColumnMap] = field(init=False)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.made.covers:
            raise ValueError("a change of geometry gives values to every column, or deletes it")
        self._rule = Rule.of(self._base.header.grid, self.made.change)
        types = {each.column_id: each.data_type for each in self.made.written}
        types |= {DERIVATION_COLUMN: DataType.UTF8, **dict.fromkeys((VERSION_COLUMN, *LAYOUT_COLUMNS), DataType.UINT32)}
        self._writers = {name: ColumnWriter(name, data_type, self.sink) for name, data_type in types.items()}
        self._olds = self.made.old_maps()

    @property
    def _base(self) -> Snapshot:
        return self.made.base

    def group(self, source: Source, group: Group) -> None:
        """Take the rows of some tiles over. Raises BadBlocks, BadFile, OSError."""
        tiles = given(source, self.keys, self._base.tiling, group)
        partly_open = check(self._rule, source, group, tiles)
        self._seen.update(tile.rank for tile in tiles)

        def values(column: Written) -> Any:
            return read_values(source, column, group.start, group.stop)

        for batch in self._batches(zip(tiles, partly_open, strict=True)):
            self._write(batch, values)

    def rest(self) -> None:
        """Take over what the update says of the tiles of which the upload says nothing."""
        if not self._rule.replaces:
            return
        maps = [*self._olds.values(), *self._base.layout_maps[:1]]
        touched = {rank for each in maps for rank, tile in each.tiles.items() if not tile.all_null}
        flexible = self._base.header.grid.flexible
        nothing = np.empty(0, dtype=np.int64)
        tiles = ((Given.nothing(rank, flexible=flexible), nothing) for rank in sorted(touched - self._seen))
        for batch in self._batches(tiles):
            self._write(batch, lambda column: pa.nulls(0, column.data_type.arrow))

    def _batches(self, tiles: "Iterator[tuple[Given, Numbers]]") -> Iterator[list[Relaid]]:
        """The tiles after the change, so many at a time that their values can be held."""
        batch: list[Relaid] = []
        blocks = 0
        for tile, partly_open in tiles:
            before = laid(self._base, tile.rank)
            valued = partial(self.made.valued, tile.rank, len(before.keys))
            batch.append(relaid(self._rule, tile, partly_open, before, valued))
            blocks += len(batch[-1].keys)
            if blocks >= self.most:
                yield batch
                batch, blocks = [], 0
        if batch:
            yield batch

    def _write(self, tiles: Sequence[Relaid], values: Callable[[Written], Any]) -> None:
        def column(written: Written) -> None:
            made = self.made.tiles.setdefault(written.column_id, {})
            uploaded = values(written)
            for tile in tiles:
                made[tile.rank] = self._values(written.column_id, tile, uploaded)

        work = [*(partial(column, each) for each in self.made.written)]
        work += [partial(each, tiles) for each in (self._mark, self._derive, self._lay)]
        in_threads(self.threads, lambda each: each(), work)
        for tile in tiles:
            self.made.rows += len(tile.keys) - tile.size
            changed = tile.new
            parents = None if changed.all() else unpack(tile.keys[changed])[0].astype(np.uint32)
            self.made.enclose(tile.rank, parents)

    def _values(self, column_id: str, tile: Relaid, uploaded: Any) -> TileColumn | None:
        """A column of users; None where it is null throughout."""
        writer, old = self._writers[column_id], self._olds[column_id].tile(tile.rank)
        from_file = tile.origin == Origin.FILE
        carried = tile.of(*_CARRIED)
        if old.all_null or not carried.any():
            values = _taken(uploaded, tile.rows)
        else:
            [before] = self._base.read_tiles(tile.size, [writer.data_type], [old])
            source = np.where(carried, tile.old, -1)
            source[from_file] = tile.size + np.arange(np.count_nonzero(from_file))
            values = _taken(pa.concat_arrays([before, _taken(uploaded, tile.rows[from_file])]), source)
        return None if values.null_count == len(values) else TileColumn(writer.pieces(tile.rank, values))

    def _mark(self, tiles: Sequence[Relaid]) -> None:
        """New and changed blocks are of this version."""
        column = self._base.column(VERSION_COLUMN)
        olds, marks = self._base.map_of(column), self.made.tiles.setdefault(VERSION_COLUMN, {})
        for tile in tiles:
            values = np.full(len(tile.keys), self.version_id, dtype=np.uint32)
            same = ~tile.new
            if same.any():
                [before] = self._base.read_tiles(tile.size, [DataType.UINT32], [olds.tile(tile.rank)])
                values[same] = numbers(before)[tile.old[same]]
            marks[tile.rank] = self._whole_or_pieces(VERSION_COLUMN, tile.rank, pa.array(values))

    def _derive(self, tiles: Sequence[Relaid]) -> None:
        """Blocks that were filled from their parent are derived; the rest are from users, or what they were."""
        column = self._base.column(DERIVATION_COLUMN)
        olds, made = self._base.map_of(column), self.made.tiles.setdefault(DERIVATION_COLUMN, {})
        words = pa.array([USER_SPECIFIED, DERIVED], pa.string())
        for tile in tiles:
            same, derived = tile.of(Origin.KEPT, Origin.CELL), tile.origin == Origin.PARENT
            old = olds.tile(tile.rank)
            plain = (old.is_constant and old.constant == USER_SPECIFIED) or not same.any()
            if plain and not derived.any():
                made[tile.rank] = None
                continue
            if plain:
                values = words.take(pa.array(derived.astype(np.int8)))
            else:
                [before] = self._base.read_tiles(tile.size, [DataType.UTF8], [old])
                source = np.where(same, tile.old, tile.size + derived)
                values = pa.concat_arrays([before, words]).take(pa.array(source))
            made[tile.rank] = self._whole_or_pieces(DERIVATION_COLUMN, tile.rank, values)

    def _lay(self, tiles: Sequence[Relaid]) -> None:
        """The blocks that there are; a tile with no divided parent has no layout."""
        flexible = self._base.header.grid.flexible
        maps = {name: self.made.layout.setdefault(name, {}) for name in LAYOUT_COLUMNS[: 3 if flexible else 2]}
        for tile in tiles:
            columns: list[Any] = [*(each.astype(np.uint32) for each in unpack(tile.keys)), tile.ends]
            for (name, made), values in zip(maps.items(), columns, strict=False):
                pieces = () if tile.whole else self._writers[name].pieces(tile.rank, pa.array(values))
                made[tile.rank] = TileColumn(pieces) if pieces else None

    def _whole_or_pieces(self, column_id: str, rank: int, values: Any) -> TileColumn:
        """One value where all are the same; the column has no nulls."""
        if len(values.unique()) == 1:
            return TileColumn(constant=values[0].as_py())
        return TileColumn(self._writers[column_id].pieces(rank, values))


def _taken(values: Any, rows: Numbers) -> Any:
    """The values of these rows; null for -1."""
    first = int(rows[0]) if len(rows) else 0
    if first >= 0 and (np.diff(rows) == 1).all():
        return values.slice(first, len(rows))
    return values.take(pa.array(rows, mask=rows < 0))
