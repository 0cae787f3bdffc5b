"""Writing tiles anew without their patches, so that they are read and copied as fast as on the first day.

Versions do not change: a compacted map has the values of the one that it stands for, and readers go by it where there
is one. The old map stays, for what compares versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from coreshed.blockmodels.engine.manifest import Column
from coreshed.blockmodels.engine.maps import EncodedMap, TileColumn
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.segments import SegmentFile
from coreshed.blockmodels.engine.threads import in_threads
from coreshed.blockmodels.engine.update import ColumnWriter
from coreshed.blockmodels.engine.writing import SegmentSink


@dataclass(frozen=True, slots=True)
class CompactionPlan:
    """The tiles of each column, by its id, that have as many patches as was asked for, or more."""

    tiles: Mapping[str, tuple[int, ...]]

    @property
    def count(self) -> int:
        """Tiles of columns in all."""
        return sum(map(len, self.tiles.values()))


@dataclass(frozen=True, slots=True)
class Compacted:
    """Durable, and unknown to readers until it is recorded. maps: by the digest of the map that each stands for."""

    maps: Mapping[str, EncodedMap]
    segments: tuple[SegmentFile, ...]


def plan_compaction(snapshot: Snapshot, *, patches: int = 1) -> CompactionPlan:
    """What there is to compact: tiles with at least so many patches."""
    found = {}
    for column in snapshot.manifest.columns:
        tiles = snapshot.map_of(column).tiles
        ranks = tuple(rank for rank, tile in sorted(tiles.items()) if len(tile.patches) >= patches)
        if ranks:
            found[column.id] = ranks
    return CompactionPlan(found)


def compact(snapshot: Snapshot, plan: CompactionPlan, sink: SegmentSink, *, threads: int = 2) -> Compacted:
    """Write the tiles of a plan without patches. Raises OSError; then nothing is kept."""

    def column(chosen: Column) -> EncodedMap:
        writer = ColumnWriter(chosen.id, chosen.data_type, sink)
        old = snapshot.map_of(chosen)
        made: dict[int, TileColumn] = {}
        for rank in plan.tiles[chosen.id]:
            [values] = snapshot.read_tiles(snapshot.rows(rank), [chosen.data_type], [old.tile(rank)])
            made[rank] = TileColumn(writer.pieces(rank, values))
        return old.with_tiles(made).encode()

    columns = [snapshot.column(column_id) for column_id in plan.tiles]
    try:
        maps = in_threads(threads, column, columns)
        segments = tuple(sink.finish())
    except BaseException:
        sink.abort()
        raise
    return Compacted({column.map: encoded for column, encoded in zip(columns, maps, strict=True)}, segments)
