"""What an update has made so far: the tiles that are other than before, and in the end the next manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec.structs import replace

from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.manifest import SYSTEM_COLUMNS, Column, Layout, Manifest
from coreshed.blockmodels.engine.maps import ColumnMap, EncodedMap, TileColumn
from coreshed.blockmodels.engine.reading import LAYOUT_COLUMNS, Snapshot
from coreshed.blockmodels.engine.tiles import Positions

Tiles = dict[int, TileColumn | None]


@dataclass
class Collected:
    """The outcome of an update, growing.

    tiles: by column id and rank, None where the tile has no values of its own any more. layout: the same for the
    columns of the layout. rows: how many more blocks there are. box: the parents with changed values.
    """

    base: Snapshot
    change: Change
    tiles: dict[str, Tiles] = field(default_factory=dict)
    layout: dict[str, Tiles] = field(default_factory=dict)
    rows: int = 0
    box: IndexBox | None = None

    @property
    def written(self) -> tuple[Written, ...]:
        """The columns that take values from the upload."""
        return (*self.change.new, *self.change.updated)

    @property
    def user_columns(self) -> list[Column]:
        """Those of the base that go on."""
        return [each for each in kept_columns(self.base, self.change) if each.id not in SYSTEM_COLUMNS]

    @property
    def covers(self) -> bool:
        """Whether the upload gives every column of users that there will be."""
        return {each.id for each in self.user_columns} <= {each.column_id for each in self.change.updated}

    def old_maps(self) -> dict[str, ColumnMap]:
        """The map of every written column in the base; new columns have an empty one."""
        updated = [self.base.column(each.column_id) for each in self.change.updated]
        found = self.base.maps.get(column.map for column in updated)
        olds = {column.id: found[column.map] for column in updated}
        return {each.column_id: olds.get(each.column_id, ColumnMap()) for each in self.written}

    def valued(self, rank: int, size: int) -> Any:
        """Which of the `size` blocks of a tile of the base have a value in one of the updated columns."""
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

    def enclose(self, rank: int, parents: Positions | None) -> None:
        """Widen the box by parents at these positions of a tile, by the whole tile where None."""
        if parents is None:
            found: IndexBox | None = self.base.tiling.box(rank)
        else:
            found = IndexBox.around(*self.base.tiling.parents_of(rank, parents))
        if found is not None:
            self.box = found if self.box is None else self.box.hull(found)

    def next(self) -> tuple[Manifest, tuple[EncodedMap, ...]]:
        """The manifest of the next version and the maps that it adds."""
        maps: list[EncodedMap] = []
        made = []
        for column in kept_columns(self.base, self.change):
            changed = self.tiles.get(column.id)
            if changed:
                encoded = self.base.map_of(column).with_tiles(changed).encode()
                maps.append(encoded)
                column = replace(column, map=encoded.digest)
            made.append(column)
        for each in self.change.new:
            encoded = ColumnMap().with_tiles(self.tiles.get(each.column_id, {})).encode()
            maps.append(encoded)
            made.append(Column(each.column_id, each.title, each.data_type, encoded.digest))
        layout, added = self._next_layout()
        rows = self.base.manifest.rows + self.rows
        return Manifest(rows, tuple(made), layout), (*maps, *added)

    def _next_layout(self) -> tuple[Layout | None, list[EncodedMap]]:
        if not any(self.layout.values()):
            return self.base.manifest.layout, []
        flexible = self.base.header.grid.flexible
        names = LAYOUT_COLUMNS if flexible else LAYOUT_COLUMNS[:2]
        olds = self.base.layout_maps or (ColumnMap(),) * len(names)
        maps = [old.with_tiles(self.layout[name]) for name, old in zip(names, olds, strict=True)]
        if not maps[0].tiles:
            return None, []
        encoded = [each.encode() for each in maps]
        return Layout(*(each.digest for each in encoded)), encoded


def kept_columns(base: Snapshot, change: Change) -> list[Column]:
    """The columns that go on, with their new titles."""
    renamed: Mapping[str, str] = change.renamed
    return [
        replace(each, title=renamed.get(each.id, each.title))
        for each in base.manifest.columns
        if each.id not in change.deleted
    ]
