"""Reading versions: the values of a tile, put together from its chunks and the patches over them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.errors import UnknownColumn
from coreshed.blockmodels.engine.footer import Field, RowGroup
from coreshed.blockmodels.engine.manifest import Column, Header, Manifest
from coreshed.blockmodels.engine.maps import ColumnMap, Patch, Scalar, Stored, TileColumn
from coreshed.blockmodels.engine.segments import Segments
from coreshed.blockmodels.engine.splice import read_spliced
from coreshed.blockmodels.engine.tiles import Positions, Tiling
from coreshed.blockmodels.engine.writing import POSITIONS

_POSITIONS = Field(POSITIONS, DataType.UINT32)
_KEPT_MAPS = 512


LAYOUT_COLUMNS = ("#parents", "#subs", "#ends")


@dataclass(frozen=True, slots=True)
class TileLayout:
    """The rows of a tile with divided parents, each (n,), sorted; ends is None where boxes have numbers."""

    parents: Positions
    subs: Positions
    ends: Positions | None


class Maps:
    """Maps by digest, the ones used last kept in memory: they never change. Safe for threads.

    load: digests to maps, those that exist.
    """

    def __init__(self, load: Callable[[Collection[str]], Mapping[str, ColumnMap]]) -> None:
        self._load = load
        self._kept: dict[str, ColumnMap] = {}
        self._turn = Lock()

    def get(self, digests: Iterable[str]) -> dict[str, ColumnMap]:
        """The maps of these digests. Raises LookupError naming one that is gone, DamagedMap."""
        wanted = set(digests)
        with self._turn:
            found = {digest: self._kept[digest] for digest in wanted & self._kept.keys()}
        missing = wanted - found.keys()
        if missing:
            found |= self._load(missing)
            self.keep(found)
        for digest in missing - found.keys():
            raise LookupError(f"The map {digest} is gone.")
        return found

    def keep(self, found: Mapping[str, ColumnMap]) -> None:
        """Remember maps that are about to be asked for."""
        with self._turn:
            for digest, known in found.items():
                self._kept.pop(digest, None)
                self._kept[digest] = known
            while len(self._kept) > _KEPT_MAPS:
                del self._kept[next(iter(self._kept))]

    def forget(self, digests: Iterable[str]) -> None:
        """Load maps anew when they are next asked for: others stand for them now."""
        with self._turn:
            for digest in digests:
                self._kept.pop(digest, None)


@dataclass(frozen=True)
class Snapshot:
    """One version of one model, which never changes. Safe for threads."""

    model_id: str
    version_id: int
    header: Header
    manifest: Manifest
    maps: Maps
    segments: Segments

    @cached_property
    def tiling(self) -> Tiling:
        """How the grid is cut."""
        return Tiling(self.header.grid.parents, self.header.tile_shape)

    def column(self, column_id: str) -> Column:
        """A column by its id. Raises UnknownColumn."""
        found = self.manifest.find(column_id)
        if found is None:
            raise UnknownColumn(f"Version {self.version_id} has no column {column_id}.")
        return found

    def map_of(self, column: Column) -> ColumnMap:
        """Where a column's values lie."""
        return self.maps.get([column.map])[column.map]

    def rows(self, rank: int) -> int:
        """Blocks in a tile, sub-blocks counted each."""
        parents = self._divided(rank)
        if parents is None:
            return int(self.tiling.sizes[rank])
        return sum(piece.chunk.num_values for piece in parents[0].pieces)

    def layout(self, rank: int) -> "TileLayout | None":
        """The sub-blocks of a tile; None where its parents are whole."""
        tiles = self._divided(rank)
        if tiles is None:
            return None
        columns = [Field(name, DataType.UINT32) for name in LAYOUT_COLUMNS]
        read = [numbers(self._pieces(tile.pieces, column)) for tile, column in zip(tiles, columns, strict=False)]
        return TileLayout(read[0], read[1], read[2] if len(read) > 2 else None)

    def _divided(self, rank: int) -> list[TileColumn] | None:
        if self.manifest.layout is None:
            return None
        tiles = [each.tile(rank) for each in self.layout_maps]
        return tiles if tiles[0].pieces else None

    @cached_property
    def layout_maps(self) -> tuple[ColumnMap, ...]:
        """The maps of the layout's columns; none where no parent is divided."""
        if self.manifest.layout is None:
            return ()
        digests = self.manifest.layout.maps()
        found = self.maps.get(digests)
        return tuple(found[digest] for digest in digests)

    def read(self, rank: int, columns: Sequence[Column]) -> list[Any]:
        """The values of columns in one tile, an Array of `rows(rank)` each, as stored types."""
        maps = self.maps.get(column.map for column in columns)
        tiles = [maps[column.map].tile(rank) for column in columns]
        return self.read_tiles(self.rows(rank), [column.data_type for column in columns], tiles)

    def read_tiles(
        self, rows: int, data_types: Sequence[DataType], tiles: Sequence[TileColumn], *, coded: bool = False
    ) -> list[Any]:
        """The values of several columns of a tile of so many rows. coded: texts may come as DictionaryArrays."""
        values = self._bases(rows, data_types, tiles, coded=coded)
        known: dict[Stored, Positions] = {}
        for index, tile in enumerate(tiles):
            if tile.patches:
                values[index] = self._patched(values[index], data_types[index], tile.patches, known)
        return values

    def _bases(
        self, rows: int, data_types: Sequence[DataType], tiles: Sequence[TileColumn], *, coded: bool
    ) -> list[Any]:
        values: list[Any] = [None] * len(tiles)
        by_parts: dict[tuple[int, ...], list[int]] = {}
        for index, (data_type, tile) in enumerate(zip(data_types, tiles, strict=True)):
            if tile.pieces:
                by_parts.setdefault(tuple(piece.chunk.num_values for piece in tile.pieces), []).append(index)
            else:
                values[index] = constant(tile.constant, rows, data_type)
        for parts, indices in by_parts.items():
            fields = [Field(str(index), data_types[index]) for index in indices]
            groups = []
            contents = []
            for part, count in enumerate(parts):
                stored = [tiles[index].pieces[part] for index in indices]
                groups.append(RowGroup(count, tuple(each.chunk for each in stored)))
                contents.append([self.segments.read(each) for each in stored])
            texts = [str(index) for index in indices if data_types[index] is DataType.UTF8 and not tiles[index].patches]
            table = read_spliced(fields, groups, contents, coded=texts if coded else None)
            for index in indices:
                values[index] = whole(table.column(str(index)))
        return values

    def _pieces(self, pieces: Sequence[Stored], column: Field) -> Any:
        groups = [RowGroup(piece.chunk.num_values, (piece.chunk,)) for piece in pieces]
        table = read_spliced([column], groups, [[self.segments.read(piece)] for piece in pieces])
        return whole(table.column(0))

    def _patched(self, base: Any, data_type: DataType, patches: Sequence[Patch], known: dict[Stored, Positions]) -> Any:
        parts, start = [base], len(base)
        source = np.arange(len(base), dtype=np.int64)
        for patch in patches:
            positions = known.get(patch.positions)
            if positions is None:
                steps = numbers(self._pieces([patch.positions], _POSITIONS))
                positions = known[patch.positions] = np.cumsum(steps, dtype=np.uint32)
            if patch.values is None:
                parts.append(constant(patch.constant, patch.rows, data_type))
            else:
                parts.append(self._pieces([patch.values], Field("values", data_type)))
            source[positions] = np.arange(start, start + patch.rows, dtype=np.int64)
            start += patch.rows
        return pa.concat_arrays(parts).take(pa.array(source))


def steps_of(positions: Positions) -> Positions:
    """Ascending positions as a patch keeps them: the first, then how far each is from the one before."""
    return np.diff(positions, prepend=np.uint32(0))


def constant(value: Scalar, rows: int, data_type: DataType) -> Any:
    """An Array of one value, or of nulls."""
    if value is None:
        return pa.nulls(rows, data_type.arrow)
    return pa.repeat(pa.scalar(value, data_type.arrow), rows)


def whole(values: Any) -> Any:
    """One Array of a ChunkedArray."""
    return values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks or [pa.nulls(0, values.type)])


def numbers(values: Any) -> Any:
    """A numpy array, without a copy, of an Array without nulls."""
    return values.to_numpy(zero_copy_only=True)
