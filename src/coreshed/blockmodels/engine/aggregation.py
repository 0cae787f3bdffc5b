"""Reports: tonnage and grades over cut-offs and categories, in one pass over a version.

Every block is put into a bin by the highest cut-off that its value reaches; what lies above a cut-off is the sum of the
bins from there on. Source of the rules: Block Model API contract, "reports".
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.categories import MOST_VALUES, CategoryValue, check_combinations, sort_key
from coreshed.blockmodels.engine.policies import Floats
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.engine.request import Aggregation, Request, ValueColumn
from coreshed.blockmodels.engine.sums import Sums
from coreshed.blockmodels.engine.tallying import (
    BLOCKS,
    COUNT,
    INVALID,
    MASS,
    SUM,
    UNPLACED,
    WEIGHT,
    Counted,
    Tally,
    Tallying,
    measure,
)
from coreshed.blockmodels.engine.threads import ahead

Key = tuple[CategoryValue, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of values in one row.

    value: the result, None where no block counts, where an average has no weight, and where it is not finite. sum: Σ as
    the aggregation says (of an average Σ v·m), times the factor; weight: mass of the blocks whose value counts; blocks:
    their number. invalid: blocks whose value spoils the result; the other figures are without them.
    """

    value: float | None
    sum: float
    weight: float
    blocks: int
    invalid: int


@dataclass(frozen=True, slots=True)
class Row:
    """categories: a value for each category, None where the row is the total over it and all that follow.

    invalid: blocks of which is not known whether they are above the cut-off; where there are any, every number is void.
    """

    categories: tuple[CategoryValue | None, ...]
    blocks: int
    mass: float
    invalid: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ResultSet:
    """What is above one cut-off; None where there is none."""

    cutoff: float | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """How many blocks were counted for a warning, and in which column."""

    kind: Counted
    column_id: str
    blocks: int


@dataclass(frozen=True, slots=True)
class Aggregated:
    """One result set per cut-off, in the order asked; the rows are the same in each.

    The combinations of category values that occur among the blocks of box and mask come sorted (listed values as they
    are listed), the total of each first category, of each pair of first and second, and so on after its parts, and the
    grand total last. Without categories there is one row.
    """

    result_sets: tuple[ResultSet, ...]
    warnings: tuple[Warned, ...]


def aggregate(snapshot: Snapshot, request: Request, *, threads: int = 2) -> Aggregated:
    """Carry a report out.

    Raises UnknownColumn, TooManyCombinations, ValueError where a column that is added or compared holds no numbers.
    """
    tallying = Tallying(snapshot, request)
    gathered = _Gathered(tallying)
    with ThreadPoolExecutor(threads, thread_name_prefix="report") as pool:
        for tally in ahead(pool, tallying.tally, tallying.asked.parts(), threads + 1):
            if tally is not None:
                gathered.add(tally)
    return gathered.result()


@dataclass
class _Distinct:
    """The values of a category that no list restricts. counts: blocks of each; total: blocks of all, dropped too."""

    counts: dict[CategoryValue, int] = field(default_factory=dict)
    total: int = 0
    dropped: bool = False

    def add(self, values: Sequence[CategoryValue], counts: Sequence[int], total: int) -> bool:
        """Add those of a tile; whether values have been dropped."""
        self.total += total
        for value, count in zip(values, counts, strict=True):
            self.counts[value] = self.counts.get(value, 0) + count
        if len(self.counts) <= MOST_VALUES:
            return False
        smallest = sorted(self.counts)[:MOST_VALUES]
        self.counts = {value: self.counts[value] for value in smallest}
        return True


class _Gathered:
    """The sums of the tiles so far."""

    def __init__(self, tallying: Tallying) -> None:
        self._of = tallying
        self._sums = Sums(tallying.measures, tallying.bins)
        self._rows: dict[Key, int] = {}
        self._counted: dict[tuple[Counted, str], dict[Key, int]] = {}
        self._outright: dict[tuple[Counted, str], int] = {}
        self._distinct = [_Distinct() for _ in tallying.request.categories]

    def add(self, tally: Tally) -> None:
        """Add a tile."""
        self._add_categories(tally)
        kept = [at for at, key in enumerate(tally.keys) if self._wanted(key)]
        keys = [tally.keys[at] for at in kept]
        rows = np.array([self._rows.setdefault(key, len(self._rows)) for key in keys], dtype=np.intp)
        check_combinations(len(self._rows), self._of.measures * self._of.bins)
        self._sums.add(rows, tally.sums[:, kept])
        for what, counts in tally.counted.items():
            found = self._counted.setdefault(what, {})
            for key, count in zip(keys, counts[kept].tolist(), strict=True):
                found[key] = found.get(key, 0) + count

    def _add_categories(self, tally: Tally) -> None:
        pruned = False
        for category, distinct, coded in zip(self._of.request.categories, self._distinct, tally.coded, strict=True):
            for kind, count in (
                (Counted.INVALID_CATEGORY_VALUE, coded.invalid),
                (Counted.LONG_CATEGORY_VALUE, coded.long),
            ):
                what = kind, category.column_id
                self._outright[what] = self._outright.get(what, 0) + count * tally.times
            if category.values is None:
                counts = (coded.counts * tally.times).tolist()
                pruned |= distinct.add(coded.values, counts, coded.valid * tally.times)
        if pruned:
            self._prune()

    def _wanted(self, key: Key) -> bool:
        pairs = zip(self._of.request.categories, self._distinct, key, strict=True)
        return all(category.values is not None or value in distinct.counts for category, distinct, value in pairs)

    def _prune(self) -> None:
        """Forget rows of values that have been dropped."""
        kept = {key: row for key, row in self._rows.items() if self._wanted(key)}
        self._sums.keep(np.array(list(kept.values()), dtype=np.intp))
        self._rows = {key: row for row, key in enumerate(kept)}

    def result(self) -> Aggregated:
        """What came of it."""
        table = _Table(self._of, self._sums, self._rows)
        sets = [
            ResultSet(cutoff, table.rows(first))
            for cutoff, first in zip(self._of.request.thresholds, self._of.first_bins, strict=True)
        ]
        return Aggregated(tuple(sets) or (ResultSet(None, table.rows(0)),), tuple(self._warnings()))

    def _warnings(self) -> Iterator[Warned]:
        found = dict(self._outright)
        for what, counts in self._counted.items():
            found[what] = sum(count for key, count in counts.items() if key in self._rows)
        for category, distinct in zip(self._of.request.categories, self._distinct, strict=True):
            dropped = distinct.total - sum(distinct.counts.values())
            found[Counted.TOO_MANY_CATEGORY_VALUES, category.column_id] = dropped
        for kind in Counted:
            yield from (
                Warned(kind, column, count) for (each, column), count in found.items() if each is kind and count
            )


class _Table:
    """The rows of every result set: combinations of category values, and totals."""

    def __init__(self, of: Tallying, sums: Sums, rows: dict[Key, int]) -> None:
        self._of = of
        categories = of.request.categories

        def place(key: Key) -> list[object]:
            return [sort_key(category, value) for category, value in zip(categories, key, strict=True)]

        self._parts: list[tuple[tuple[CategoryValue | None, ...], Sums, int]] = []
        self._sums = sums
        keys = sorted(rows, key=place)
        if categories:
            self._group(keys, rows, 0)
        else:
            self._total((), list(rows.values()))

    def _group(self, keys: list[Key], rows: dict[Key, int], depth: int) -> None:
        """Rows of the combinations that agree in the first `depth` values, and their total."""
        width = len(self._of.request.categories)
        if depth == width:
            self._parts.append((keys[0], self._sums, rows[keys[0]]))
            return
        for _, group in groupby(keys, key=lambda key: key[depth]):
            self._group(list(group), rows, depth + 1)
        prefix = keys[0][:depth] if keys else ()
        self._total((*prefix, *[None] * (width - depth)), [rows[key] for key in keys])

    def _total(self, label: tuple[CategoryValue | None, ...], rows: list[int]) -> None:
        self._parts.append((label, self._sums.over(np.array(rows, dtype=np.intp)), 0))

    def rows(self, first: int) -> tuple[Row, ...]:
        """The rows above a cut-off, whose bins are those from `first` on."""
        leaves = self._sums.from_bin(first)
        spoilt = self._sums.from_bin(0)[UNPLACED]
        made = []
        for label, sums, row in self._parts:
            leaf = sums is self._sums
            found = leaves[:, row] if leaf else sums.from_bin(first)[:, 0]
            unplaced = spoilt[row] if leaf else sums.from_bin(0)[UNPLACED, 0]
            made.append(self._row(label, found, int(unplaced)))
        return tuple(made)

    def _row(self, label: tuple[CategoryValue | None, ...], found: Floats, unplaced: int) -> Row:
        cells = tuple(self._cell(index, column, found) for index, column in enumerate(self._of.request.values))
        return Row(label, int(found[BLOCKS]), float(found[MASS]), unplaced, cells)

    @staticmethod
    def _cell(index: int, column: ValueColumn, found: NDArray[np.float64]) -> Cell:
        total, weight, blocks, invalid = (
            float(found[measure(index, which)]) for which in (SUM, WEIGHT, COUNT, INVALID)
        )
        value: float | None = None
        if column.aggregation is Aggregation.MASS_AVERAGE:
            value = total / weight * column.factor if weight > 0 else None
        elif blocks:
            value = total * column.factor
        if value is not None and not np.isfinite(value):
            value = None
        return Cell(value, total * column.factor, weight, int(blocks), int(invalid))
