"""Updates: from the rows of an upload to the segments and maps of the next version."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine.addressing import TileRows
from coreshed.blockmodels.engine.changes import UpdateType
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.encode import MOST_ROWS, How, choose, encode
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.maps import MOST_PATCHES, NULL_TILE, Patch, Scalar, Stored, TileColumn
from coreshed.blockmodels.engine.reading import Snapshot, constant, steps_of
from coreshed.blockmodels.engine.tiles import Positions
from coreshed.blockmodels.engine.writing import POSITIONS, SegmentSink

_POSITIONS = Field(POSITIONS, DataType.UINT32)
VALUES_PART, MARKS_PART, DERIVATION_PART = -1, -2, -3
"""Parts of a tile: the patches of what the upload names, of what it changes, and of what is derived no longer."""
# A patch is worth it up to this part of a tile: above, the tile written anew is not much larger. All patches of a tile
# together may have as many rows as the tile itself, which is then read at about half its speed.
_ONE_PATCH, _ALL_PATCHES = 0.75, 1.0


@dataclass
class ColumnWriter:
    """One column of one update. Safe for threads."""

    column_id: str
    data_type: DataType
    sink: SegmentSink
    _how: How | None = None
    _turn: Lock = field(default_factory=Lock)

    def pieces(self, rank: int, values: Any) -> tuple[Stored, ...]:
        """Store the values of a tile, an Array."""
        how = self._chosen(values)
        column = Field(self.column_id, self.data_type)
        return tuple(
            self.sink.add((rank, part), column, encode(values.slice(start, MOST_ROWS), self.data_type, how))
            for part, start in enumerate(range(0, len(values), MOST_ROWS))
        )

    def patch(self, rank: int, part: int, values: Any) -> Stored:
        """Store the values of a patch, an Array of at most 100,000."""
        encoded = encode(values, self.data_type, self._chosen(values))
        return self.sink.add((rank, part), Field(self.column_id, self.data_type), encoded)

    def _chosen(self, values: Any) -> How:
        with self._turn:
            if self._how is None:
                how = choose(values, self.data_type)
                if values.null_count == len(values):
                    return how  # says nothing of the column
                self._how = how
            return self._how


@dataclass
class PositionWriter:
    """The positions of patches, which the columns of an update share. Safe for threads."""

    sink: SegmentSink
    part: int
    _stored: dict[int, Stored] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def stored(self, rank: int, positions: Positions) -> Stored:
        """Where the positions of a tile's patch are; stored when they are first asked for."""
        with self._turn:
            known = self._stored.get(rank)
            if known is None:
                steps = pa.array(steps_of(positions))
                encoded = encode(steps, DataType.UINT32, choose(steps, DataType.UINT32))
                known = self._stored[rank] = self.sink.add((rank, self.part), _POSITIONS, encoded)
            return known


def worth_patching(old: TileColumn, size: int, rows: int) -> bool:
    """Whether `rows` new values of a tile of `size` rows are better kept beside the old ones."""
    return (
        0 < rows <= min(MOST_ROWS, _ONE_PATCH * size)
        and len(old.patches) < MOST_PATCHES
        and old.patched_rows + rows <= _ALL_PATCHES * size
    )


@dataclass(frozen=True)
class TileUpdate:
    """Makes the new state of one column in one tile from the rows of an upload."""

    base: Snapshot
    update_type: UpdateType
    positions: PositionWriter

    def apply(self, writer: ColumnWriter, old: TileColumn, tile: TileRows, values: Any) -> TileColumn:
        """values: an Array of what the upload gives, in the order of `tile.positions`."""
        if tile.positions is None:
            return TileColumn(writer.pieces(tile.rank, values))
        under = NULL_TILE if self.update_type is UpdateType.REPLACE else old
        if worth_patching(under, tile.size, tile.count):
            at = self.positions.stored(tile.rank, tile.positions)
            patch = Patch(at, writer.patch(tile.rank, self.positions.part, values))
            return TileColumn(under.pieces, under.constant, (*under.patches, patch))
        source = np.full(tile.size, -1, dtype=np.int64)
        source[tile.positions] = np.arange(tile.count, dtype=np.int64)
        if under.all_null:
            merged = values.take(pa.array(source, mask=source < 0))
        else:
            [before] = self.base.read_tiles(tile.size, [writer.data_type], [under])
            kept = source < 0
            source[kept] = np.flatnonzero(kept) + tile.count
            merged = pa.concat_arrays([values, before]).take(pa.array(source))
        return TileColumn(writer.pieces(tile.rank, merged))

    def mark(
        self, writer: ColumnWriter, old: TileColumn, tile: TileRows, changed: Positions | None, value: Scalar
    ) -> TileColumn:
        """Give one value to some rows of a tile; to all of them where `changed` is None."""
        if changed is None or len(changed) == tile.size:
            return TileColumn(constant=value)
        if not len(changed) or (old.is_constant and old.constant == value):
            return old
        if worth_patching(old, tile.size, len(changed)):
            patch = Patch(self.positions.stored(tile.rank, changed), None, value)
            return TileColumn(old.pieces, old.constant, (*old.patches, patch))
        marked = TileRows(tile.rank, tile.size, changed, np.arange(len(changed), dtype=np.int32))
        values = constant(value, len(changed), writer.data_type)
        return TileUpdate(self.base, UpdateType.MERGE, self.positions).apply(writer, old, marked, values)
