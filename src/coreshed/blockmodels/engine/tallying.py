"""Report sums of one tile."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.categories import CategoryValue, Coded, combined
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.geometry_columns import CENTROIDS, SIZES, TileBlocks
from coreshed.blockmodels.engine.policies import Flags, Floats, Judged, judged, numbers_of
from coreshed.blockmodels.engine.queries import Asked, Part
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.request import Aggregation, Request, ValueColumn


class Counted(StrEnum):
    """What is counted for warnings, of the blocks that box, mask and categories select; the names are the contract's.

    Each is counted by itself: a block may be counted several times, and whatever else becomes of it.
    """

    NULL_CUTOFF_VALUE = "NULL_CUTOFF_VALUE"
    NEGATIVE_CUTOFF_VALUE = "NEGATIVE_CUTOFF_VALUE"
    NULL_COLUMN_VALUE = "NULL_COLUMN_VALUE"
    NEGATIVE_COLUMN_VALUE = "NEGATIVE_COLUMN_VALUE"
    INVALID_DENSITY_VALUE = "INVALID_DENSITY_VALUE"
    # Of the blocks that box and mask select:
    INVALID_CATEGORY_VALUE = "INVALID_CATEGORY_VALUE"
    LONG_CATEGORY_VALUE = "LONG_CATEGORY_VALUE"
    TOO_MANY_CATEGORY_VALUES = "TOO_MANY_CATEGORY_VALUES"


_FEW_STEPS = 32
"""Cut-offs up to which comparing with each is faster than searching."""

BLOCKS, MASS, UNPLACED, FIRST_VALUE = 0, 1, 2, 3
SUM, WEIGHT, COUNT, INVALID = range(4)
PER_VALUE = 4


def measure(value: int, which: int) -> int:
    """Where a measure of a value column is among the sums."""
    return FIRST_VALUE + PER_VALUE * value + which


@dataclass(frozen=True)
class Tally:
    """Sums of one tile. keys: combinations of category values that occur; sums: (measures, keys, bins).

    The bin of a block is the number of different cut-off values that it reaches. A block whose bin is unknown and that
    spoils results is counted in the measure UNPLACED, bin 0. counted: for every kind and column, how many blocks of
    each key; coded: what the category columns hold.
    """

    keys: list[tuple[CategoryValue, ...]]
    sums: Floats
    counted: dict[tuple[Counted, str], NDArray[np.int64]]
    coded: list[Coded]
    times: int


class Tallying:
    """Makes the sums of tiles of a version. Safe for threads."""

    def __init__(self, snapshot: Snapshot, request: Request) -> None:
        self.request = request
        self.asked = Asked(snapshot, request.query())
        self._place = {name: index for index, name in enumerate(request.columns)}
        rounded = self._rounded()
        self.steps = np.unique(rounded)
        """The different cut-off values, ascending."""
        self.first_bins: list[int] = (np.searchsorted(self.steps, rounded) + 1).tolist()
        """For each cut-off value, as asked, the first of the bins above it."""

    @property
    def bins(self) -> int:
        """Bins of the sums."""
        return len(self.steps) + 1

    @property
    def measures(self) -> int:
        """Measures of the sums."""
        return FIRST_VALUE + PER_VALUE * len(self.request.values)

    def _rounded(self) -> Floats:
        """The cut-off values in the precision of their column."""
        request = self.request
        if request.cutoff is None or not request.thresholds:
            return np.empty(0)
        data_type = self.asked.fields[self.place(request.cutoff)].data_type
        precision = {DataType.FLOAT16: np.float16, DataType.FLOAT32: np.float32}.get(data_type, np.float64)
        with np.errstate(over="ignore"):
            return np.array(request.thresholds).astype(precision).astype(np.float64)

    def tally(self, part: Part) -> Tally | None:
        """The sums of a part; None where no block counts."""
        part = self._masked(part)
        if not part.count:
            return None
        columns, volume, rows = self.read(part, alike=True)
        times = part.count // rows if rows else 1
        categories = self.request.categories
        named = [columns[self._place[each.column_id]] for each in categories]
        keys, codes, coded = combined(categories, named, rows, self.measures * self.bins)
        return TileInWork(self, columns, volume, rows, keys, codes, coded, times).tally() if rows else None

    def _masked(self, part: Part) -> Part:
        mask = self.request.mask
        if mask is None:
            return part
        points = TileBlocks(self.asked.snapshot, part.rank, part.rows).columns(CENTROIDS)
        inside = mask(*(each.to_numpy() for each in points))
        if inside.all():
            return part
        rows = np.flatnonzero(inside) if part.rows is None else part.rows[inside]
        return Part(part.rank, part.size, rows.astype(np.uint32))

    def read(self, part: Part, *, alike: bool) -> tuple[list[Any], Floats | float, int]:
        """Columns, volumes and the number of rows: one for all of them where they are alike and may be taken so."""
        snapshot, wanted = self.asked.snapshot, range(len(self.request.columns))
        undivided = snapshot.layout(part.rank) is None
        factor = self.request.volume_factor
        size = float(np.prod(snapshot.header.grid.size)) * factor
        tiles = self.asked.tiles(part.rank)
        if alike and undivided and all(tile is not None and tile.is_constant for tile in tiles):
            types = [field.data_type for field in self.asked.fields]
            return snapshot.read_tiles(1, types, [tile for tile in tiles if tile is not None]), size, 1
        found = self.asked.columns(part, wanted, coded=True)
        columns = [found[index] for index in wanted]
        if undivided:
            return columns, size, part.count
        dx, dy, dz = (each.to_numpy() for each in TileBlocks(snapshot, part.rank, part.rows).columns(SIZES))
        return columns, dx * dy * dz * factor, part.count

    def place(self, column_id: str) -> int:
        """Where a column is among those that are read."""
        return self._place[column_id]


def renumbered(codes: NDArray[np.intp], most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which codes below `most` occur, ascending, and for each row which of these it has; -1 stays."""
    there = np.flatnonzero(np.bincount(codes + 1, minlength=most + 1)[1:])
    if len(there) == most:
        return there, codes
    places = np.full(most + 1, -1, dtype=np.intp)
    places[there] = np.arange(len(there))
    return there, places[codes]  # the last place is that of -1


class TileInWork:
    """One tile in work: rows of the combination `codes`, each standing for `times` blocks."""

    def __init__(
        self,
        tallying: Tallying,
        columns: list[Any],
        volume: Floats | float,
        rows: int,
        keys: list[tuple[CategoryValue, ...]],
        codes: NDArray[np.intp],
        coded: list[Coded],
        times: int,
    ) -> None:
        self._of, self._columns, self._volume, self._rows = tallying, columns, volume, rows
        self._keys, self._codes, self._coded, self._times = keys, codes, coded, times
        self._nulls: dict[str, NDArray[np.int64]] = {}
        self._counted: dict[tuple[Counted, str], NDArray[np.int64]] = {}
        self._numbers: dict[str, tuple[Floats, Flags | None]] = {}
        self._sums: dict[tuple[str, bool, bool], Floats] = {}
        self._rows_of: tuple[NDArray[np.intp], Floats] | None = None
        self._outside = codes < 0 if len(codes) and codes.min() < 0 else None

    def tally(self) -> Tally:
        """The sums."""
        request, keys, bins = self._of.request, len(self._keys), self._of.bins
        mass, dropped = self._mass()
        placed, unplaced, dropped = self._placed(dropped)
        values = [self._judged(each.column_id, _COLUMN) for each in request.values]
        for each in values:
            dropped = _either(dropped, each.dropped)
        if unplaced is not None and dropped is not None:
            unplaced = unplaced & ~dropped
        self._slots = keys * bins
        key = self._codes * bins
        if placed is not None:
            key += placed
        for absent in (self._outside, dropped):
            if absent is not None:
                key[absent] = self._slots
        sums = np.zeros((self._of.measures, keys, bins))
        sums[BLOCKS] = self._sum(key, None)
        sums[MASS] = self._sum(key, mass)
        if unplaced is not None:
            sums[UNPLACED, :, 0] = self._per_key(unplaced)
        for index, (column, found) in enumerate(zip(request.values, values, strict=True)):
            first = measure(index, 0)
            sums[first : first + PER_VALUE] = self._value(key, column, found, mass, sums[[MASS, BLOCKS]])
        counted = {what: counts * self._times for what, counts in self._counted.items()}
        return Tally(self._keys, sums * self._times, counted, self._coded, self._times)

    def _value(
        self, key: NDArray[np.intp], column: ValueColumn, found: Judged, mass: Floats | float, whole: Floats
    ) -> Floats:
        """Sum, weight, count and invalid blocks of a column of values, (4, keys, bins)."""
        weight: Floats | float = mass
        if column.aggregation is Aggregation.SUM:
            weight = 1.0
        elif column.aggregation is Aggregation.SUM_PER_VOLUME:
            weight = self._volume
        by_mass = column.aggregation in (Aggregation.MASS_AVERAGE, Aggregation.SUM_PER_MASS)
        known = (column.column_id, by_mass, column.aggregation is Aggregation.SUM)
        if known not in self._sums:
            out = np.zeros((PER_VALUE, *whole.shape[1:]))
            out[SUM] = self._sum(key, found.values, weight)
            out[[WEIGHT, COUNT]] = whole
            unused = _either(found.ignored, found.invalid)
            if unused is not None:
                counting = np.where(unused, self._slots, key)
                out[WEIGHT], out[COUNT] = self._sum(counting, mass), self._sum(counting, None)
            if found.invalid is not None:
                out[INVALID] = self._sum(np.where(found.invalid, key, self._slots), None)
            self._sums[known] = out
        return self._sums[known]

    def _sum(self, key: NDArray[np.intp], values: Floats | float | None, weight: Floats | float = 1.0) -> Floats:
        """Σ values·weight by key, (keys, bins). A number stands for as many numbers."""
        scale = 1.0
        weights: Floats | None = None
        with np.errstate(over="ignore", invalid="ignore"):
            for each in (values, weight):
                if isinstance(each, np.ndarray):
                    weights = each if weights is None else weights * each
                elif each is not None:
                    scale *= each
            found = self._per_slot(key, weights) * scale
        return found.reshape(len(self._keys), self._of.bins)

    def _per_slot(self, key: NDArray[np.intp], weights: Floats | None) -> Floats:
        """Σ weights by key, (slots,); without weights the number of rows, which is not counted again."""
        if weights is None and self._rows_of is not None and self._rows_of[0] is key:
            return self._rows_of[1]
        found = np.bincount(key, weights, minlength=self._slots + 1)[: self._slots].astype(np.float64, copy=False)
        if weights is None:
            self._rows_of = key, found
        return found

    def _mass(self) -> tuple[Floats | float, Flags | None]:
        """The mass of every block, and which have none."""
        density = self._of.request.density
        if density.column_id is None:
            assert density.constant is not None  # noqa: S101  (checked by the density)
            return density.constant * self._volume, None
        values, _ = self._numbers_of(density.column_id)
        bad = values <= 0  # what is no number is 0 here
        values = values * density.factor
        if bad.any():
            self._counted[Counted.INVALID_DENSITY_VALUE, density.column_id] = self._per_key(bad)
            values = np.where(bad, density.constant or 0.0, values)
        return values * self._volume, bad if density.constant is None and bad.any() else None

    def _placed(self, dropped: Flags | None) -> tuple[NDArray[np.intp] | None, Flags | None, Flags | None]:
        """The bins of the blocks, which blocks have none but count, and which count nowhere."""
        request, steps = self._of.request, self._of.steps
        if not len(steps):
            return None, None, dropped
        found = self._judged(str(request.cutoff), _CUTOFF)
        bins = _reached(steps, found.values)
        dropped = _either(dropped, found.dropped)
        nowhere = _either(found.ignored, found.invalid)
        if nowhere is not None:
            bins[nowhere] = 0
        return bins, found.invalid, dropped

    def _judged(self, column_id: str, kinds: tuple[Counted, Counted]) -> Judged:
        found = judged(self._numbers_of(column_id), self._of.request.policies)
        if found.null is not None:
            if column_id not in self._nulls:  # a column of values may be that of the cut-offs
                self._nulls[column_id] = self._per_key(found.null)
            self._counted[kinds[0], column_id] = self._nulls[column_id]
        if found.negative is not None:
            self._counted[kinds[1], column_id] = self._per_key(found.negative)
        return found

    def _numbers_of(self, column_id: str) -> tuple[Floats, Flags | None]:
        if column_id not in self._numbers:
            try:
                self._numbers[column_id] = numbers_of(self._columns[self._of.place(column_id)])
            except ValueError as error:
                raise ValueError(f"the column {column_id} holds no numbers") from error
        return self._numbers[column_id]

    def _per_key(self, where: Flags) -> NDArray[np.int64]:
        """How many rows of each combination."""
        chosen = self._codes[np.flatnonzero(where)]
        chosen += 1
        return np.bincount(chosen, minlength=len(self._keys) + 1)[1:]


def _reached(steps: Floats, values: Floats) -> NDArray[np.intp]:
    """How many steps, ascending, each value is at or above, (n,)."""
    if len(steps) > _FEW_STEPS:
        return np.searchsorted(steps, values, side="right")
    found = np.zeros(len(values), dtype=np.uint8)
    for step in steps:
        np.add(found, values >= step, out=found)
    return found.astype(np.intp)


_COLUMN = (Counted.NULL_COLUMN_VALUE, Counted.NEGATIVE_COLUMN_VALUE)
_CUTOFF = (Counted.NULL_CUTOFF_VALUE, Counted.NEGATIVE_CUTOFF_VALUE)


def _either(first: Flags | None, second: Flags | None) -> Flags | None:
    if first is None or second is None:
        return second if first is None else first
    return first | second
