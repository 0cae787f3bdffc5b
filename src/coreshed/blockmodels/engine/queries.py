"""What is asked of a version: which columns, under which headers, of which blocks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.footer import Field
from coreshed.blockmodels.engine.geometry_columns import TileBlocks, geometry_types
from coreshed.blockmodels.engine.grid import Kind
from coreshed.blockmodels.engine.manifest import Column
from coreshed.blockmodels.engine.maps import ColumnMap, TileColumn
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.tiles import Positions


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the answer. source: the id of a stored column or the name of a computed one; header: its name there.

    data: the column holds data of users, so that a row that is null in all such columns may be left out.
    """

    source: str
    header: str
    data: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """box: None for the whole model. exclude_null_rows: leave out blocks without a value in any data column."""

    outputs: tuple[Output, ...]
    box: IndexBox | AlignedBox | None = None
    exclude_null_rows: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one tile that a query selects; rows is None where it selects all of them."""

    rank: int
    size: int
    rows: Positions | None

    @property
    def count(self) -> int:
        """How many rows are selected."""
        return self.size if self.rows is None else len(self.rows)


@dataclass(frozen=True)
class Asked:
    """A query of a version. Raises UnknownColumn at once."""

    snapshot: Snapshot
    query: Query
    _stored: dict[str, Column] = field(init=False, default_factory=dict)
    _maps: dict[str, ColumnMap] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        computed = geometry_types(self.snapshot.header.grid.kind)
        for output in self.query.outputs:
            if output.source not in computed:
                self._stored[output.source] = self.snapshot.column(output.source)
        maps = self.snapshot.maps.get(column.map for column in self._stored.values())
        self._maps.update({name: maps[column.map] for name, column in self._stored.items()})

    @property
    def fields(self) -> list[Field]:
        """Names and types of the answer's columns."""
        computed = geometry_types(self.snapshot.header.grid.kind)
        return [Field(output.header, self._type(output, computed)) for output in self.query.outputs]

    def _type(self, output: Output, computed: Mapping[str, DataType]) -> DataType:
        column = self._stored.get(output.source)
        return computed[output.source] if column is None else column.data_type

    def parts(self) -> Iterator[Part]:
        """The tiles with blocks that the box selects, in order of rank."""
        snapshot, box = self.snapshot, self._index_box()
        if box is None:
            return
        tiling = snapshot.tiling
        whole = box == snapshot.header.grid.everything and not isinstance(self._own_box, AlignedBox)
        for rank in range(tiling.number) if whole else tiling.ranks_in(box):
            size = snapshot.rows(rank)
            rows = None if whole else self._selected(rank, box)
            if rows is None or len(rows):
                yield Part(rank, size, rows)

    @property
    def _own_box(self) -> IndexBox | AlignedBox | None:
        """The box as asked; one in coordinates is an index box where parents have no parts."""
        box = self.query.box
        grid = self.snapshot.header.grid
        return grid.box_of_xyz(box) if isinstance(box, AlignedBox) and grid.kind is Kind.REGULAR else box

    def _index_box(self) -> IndexBox | None:
        """The parents that may have selected blocks; None where no block is selected."""
        grid, asked = self.snapshot.header.grid, self.query.box
        if asked is None:
            return grid.everything
        if isinstance(asked, AlignedBox):
            return grid.box_of_xyz(asked) if grid.kind is Kind.REGULAR else grid.parents_near(asked)
        return asked.intersect(grid.everything)

    def _selected(self, rank: int, box: IndexBox) -> Positions | None:
        tiling, own = self.snapshot.tiling, self._own_box
        if not isinstance(own, AlignedBox):
            tile = tiling.box(rank)
            if tile.intersect(box) == tile:
                return None
            if self.snapshot.layout(rank) is None:
                return tiling.positions_in(rank, box)
        assert own is not None  # noqa: S101  (without a box all is selected)
        inside = TileBlocks(self.snapshot, rank).inside(own)
        return None if inside.all() else np.flatnonzero(inside).astype(np.uint32)

    def tiles(self, rank: int) -> list[TileColumn | None]:
        """Where each output of a tile is stored; None for what has to be computed."""
        found = [self._maps.get(output.source) for output in self.query.outputs]
        return [None if each is None else each.tile(rank) for each in found]

    def live(self, part: Part) -> Part | None:
        """The part without the rows that the query excludes for having no data; None where no row is left."""
        data = [self._stored[output.source] for output in self.query.outputs if output.data]
        if not self.query.exclude_null_rows or not data:
            return part
        tiles = [(column, self._maps[column.id].tile(part.rank)) for column in data]
        if any(tile.full(part.size) for _, tile in tiles):
            return part
        valid = np.zeros(part.size, dtype=np.bool_)
        for column, tile in tiles:
            if tile.all_null:
                continue
            [values] = self.snapshot.read_tiles(part.size, [column.data_type], [tile])
            valid |= values.is_valid().to_numpy(zero_copy_only=False)
            if valid.all():
                return part
        rows = np.flatnonzero(valid) if part.rows is None else part.rows[valid[part.rows]]
        return Part(part.rank, part.size, rows.astype(np.uint32)) if len(rows) else None

    def table(self, part: Part) -> pa.Table:
        """The rows of a part, as the answer has them."""
        values = self.columns(part, range(len(self.query.outputs)))
        return self.shaped([values[index] for index in sorted(values)])

    def columns(self, part: Part, wanted: Sequence[int], *, coded: bool = False) -> dict[int, Any]:
        """Arrays of some outputs, named by their places, for the rows of a part. coded: as of `Snapshot.read_tiles`."""
        sources = {index: self.query.outputs[index].source for index in wanted}
        stored = [index for index, source in sources.items() if source in self._stored]
        tiles = [self._maps[sources[index]].tile(part.rank) for index in stored]
        types = [self._stored[sources[index]].data_type for index in stored]
        values = self.snapshot.read_tiles(part.size, types, tiles, coded=coded)
        found = dict(zip(stored, values, strict=True))
        if part.rows is not None:
            taken = pa.array(part.rows)
            found = {index: values.take(taken) for index, values in found.items()}
        computed = [index for index, source in sources.items() if source not in self._stored]
        if computed:
            blocks = TileBlocks(self.snapshot, part.rank, part.rows)
            found |= dict(zip(computed, blocks.columns([sources[index] for index in computed]), strict=True))
        return found

    def places(self, part: Part) -> NDArray[np.int64]:
        """Where the parent of each row of a part comes in the order of i, j, k, shape (n,)."""
        blocks = TileBlocks(self.snapshot, part.rank, part.rows)
        _, nj, nk = self.snapshot.header.grid.parents
        return (blocks.i.astype(np.int64) * nj + blocks.j) * nk + blocks.k

    def shaped(self, columns: Sequence[Any]) -> pa.Table:
        """A table of the answer's schema."""
        schema = pa.schema([(each.name, each.data_type.arrow) for each in self.fields])
        return pa.Table.from_arrays(list(columns), schema=schema)
