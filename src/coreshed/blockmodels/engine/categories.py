"""Columns by whose values blocks are told apart: codes for the rows of a tile, and which values count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from coreshed.blockmodels.engine.errors import EngineError

CategoryValue: TypeAlias = str | int | float | bool
"""Dates and times are texts, as Arrow writes them: `2026-01-31`, `2026-01-31 12:00:00.000000Z`."""

MOST_VALUES = 100
"""Values of a category that no list restricts: the smallest ones count."""
LONGEST_VALUE = 120
"""Characters of a text by which blocks are told apart; what follows is cut off."""
MOST_COMBINATIONS = 10_000
"""Combinations of values of several categories in one report."""
_TABLE = 1 << 16
"""Cells of a table of combinations of entries, most of which may be empty."""
MOST_SUMS = 4_000_000
"""Sums that a report keeps: combinations times bins between cut-offs times what is added up; 64 MB, and as much for the
tiles that are in work."""


class TooManyCombinations(EngineError, ValueError):
    """Categories that occur in more combinations than a report may have."""


def check_combinations(number: int, sums: int) -> None:
    """Raise TooManyCombinations. sums: of each combination."""
    if number > MOST_COMBINATIONS:
        raise TooManyCombinations(
            f"The categories occur in more than {MOST_COMBINATIONS:,} combinations; list the values that matter."
        )
    if number * sums > MOST_SUMS:
        raise TooManyCombinations(
            f"The categories occur in so many combinations that more than {MOST_SUMS:,} sums would be kept, "
            f"{sums:,} for each; ask for fewer columns or cut-offs, or list the values that matter."
        )


@dataclass(frozen=True, slots=True)
class Category:
    """A column and the values that count, as texts; None for every value that there is.

    Numbers are written as Python does (``3``, ``0.5``; a float without a fraction also as ``3``), Booleans ``true`` and
    ``false``, dates and times as in `CategoryValue`.
    """

    column_id: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Coded:
    """What a category finds in the rows of a tile.

    values: those that count, and counts: rows of each. invalid: rows without a value (null, an empty text, NaN); long:
    rows whose text was cut; valid: rows with a value, also one that is dropped because there are too many.
    """

    values: list[CategoryValue]
    counts: NDArray[np.int64]
    invalid: int
    long: int
    valid: int


@dataclass(frozen=True, slots=True)
class _Entries:
    """A column as entries of a dictionary, shape (n,); the one behind the last is of rows without a value."""

    codes: NDArray[np.intp]
    dictionary: Any

    @property
    def number(self) -> int:
        return len(self.dictionary) + 1


def combined(
    categories: Sequence[Category], columns: Sequence[Any], rows: int, sums: int
) -> tuple[list[tuple[CategoryValue, ...]], NDArray[np.intp], list[Coded]]:
    """The combinations of values that occur, which of them each row has, -1 for none, and what each category finds.

    columns: Arrays of `rows` values, also DictionaryArrays. sums: of each combination. Raises TooManyCombinations.
    """
    if not categories:
        return [()], np.zeros(rows, dtype=np.intp), []
    entries = [_entries(column) for column in columns]
    cells, places = _cells(entries)
    counts = np.bincount(places, minlength=len(cells[0]))
    found, kept = [], []
    for category, each, cell in zip(categories, entries, cells, strict=True):
        occurring = np.bincount(cell, weights=counts, minlength=each.number).astype(np.int64)
        coded, final = _coded(category, each.dictionary, occurring)
        found.append(coded)
        kept.append(final[cell])
    numbers: dict[tuple[int, ...], int] = {}
    of_cell = np.full(len(counts), -1, dtype=np.intp)
    used = np.flatnonzero((counts > 0) & (np.min(kept, axis=0) >= 0))
    for at, key in zip(used.tolist(), zip(*(each[used].tolist() for each in kept), strict=True), strict=True):
        of_cell[at] = numbers.setdefault(key, len(numbers))
        check_combinations(len(numbers), sums)
    keys = [tuple(each.values[code] for each, code in zip(found, key, strict=True)) for key in numbers]
    return keys, of_cell[places], found


def _entries(column: Any) -> _Entries:
    if column.type == pa.float16():
        column = column.cast(pa.float32())
    coded = column.dictionary_encode()
    indices = coded.indices
    if indices.null_count:
        indices = indices.fill_null(len(coded.dictionary))
    return _Entries(indices.to_numpy(zero_copy_only=False).astype(np.intp), coded.dictionary)


def _cells(entries: Sequence[_Entries]) -> tuple[list[NDArray[np.intp]], NDArray[np.intp]]:
    """A table of combinations: for each column the entry in every cell, (m,); and the cell of every row, (n,)."""
    cells, places = [np.arange(entries[0].number)], entries[0].codes
    for each in entries[1:]:
        if len(cells[0]) * each.number > _TABLE:
            cells, places = _without_empty(cells, places)
        if len(cells[0]) * each.number > _TABLE:
            there, places = np.unique(places * each.number + each.codes, return_inverse=True)
            cells = [*(cell[there // each.number] for cell in cells), there % each.number]
            continue
        places = places * each.number
        places += each.codes
        cells = [*(np.repeat(cell, each.number) for cell in cells), np.tile(np.arange(each.number), len(cells[0]))]
    return cells, places


def _without_empty(
    cells: list[NDArray[np.intp]], places: NDArray[np.intp]
) -> tuple[list[NDArray[np.intp]], NDArray[np.intp]]:
    there = np.flatnonzero(np.bincount(places, minlength=len(cells[0])))
    numbers = np.empty(len(cells[0]), dtype=np.intp)
    numbers[there] = np.arange(len(there))
    return [cell[there] for cell in cells], numbers[places]


def _coded(category: Category, entries: Any, rows: NDArray[np.int64]) -> tuple[Coded, NDArray[np.intp]]:
    """What is found, and which value each entry of a dictionary is, -1 for none. rows: of each entry, and without."""
    total, (of_entry, without) = int(rows.sum()), (rows[:-1], int(rows[-1]))
    dictionary, valid = _presentable(entries)
    valid &= of_entry > 0  # rows that were left out may have had others
    long = 0
    if dictionary.type == pa.string():
        too_long = pc.utf8_length(dictionary).to_numpy(zero_copy_only=False) > LONGEST_VALUE
        long = int(of_entry[too_long].sum())
        if long:
            dictionary = pc.utf8_slice_codeunits(dictionary, 0, LONGEST_VALUE)
    kept, values = _values(category, dictionary, valid)
    there = kept >= 0
    counts = np.bincount(kept[there], weights=of_entry[there], minlength=len(values)).astype(np.int64)
    invalid = without + int(of_entry[~valid].sum())
    return Coded(values, counts, invalid, long, total - invalid), np.append(kept, -1)


def _presentable(dictionary: Any) -> tuple[Any, NDArray[np.bool_]]:
    """The different values as they are shown, and which of them are values at all."""
    if pa.types.is_temporal(dictionary.type):
        dictionary = dictionary.cast(pa.string())
    if pa.types.is_string(dictionary.type):
        valid = pc.not_equal(dictionary, pa.scalar(""))
    elif pa.types.is_floating(dictionary.type):
        valid = pc.invert(pc.is_nan(dictionary))
    else:
        valid = pa.repeat(pa.scalar(value=True), len(dictionary))
    return dictionary, valid.to_numpy(zero_copy_only=False)


def _values(
    category: Category, dictionary: Any, valid: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], list[CategoryValue]]:
    """For each entry of a dictionary which value it is, -1 for none; and the values."""
    kept = np.full(len(dictionary), -1, dtype=np.intp)
    if category.values is not None:
        listed, entries = set(category.values), dictionary.to_pylist()
        places = [at for at in np.flatnonzero(valid).tolist() if not listed.isdisjoint(_texts(entries[at]))]
    else:
        # The smallest of a tile hold what of them is among the smallest of all.
        order = pc.sort_indices(dictionary).to_numpy(zero_copy_only=False)
        places = order[valid[order]].tolist()
    values: list[CategoryValue] = []
    known: dict[CategoryValue, int] = {}
    for at in places:
        value = dictionary[at].as_py()
        code = known.get(value)
        if code is None:
            if category.values is None and len(values) == MOST_VALUES:
                break
            code = known[value] = len(values)
            values.append(value)
        kept[at] = code
    return kept, values


def _texts(value: CategoryValue) -> set[str]:
    if isinstance(value, bool):
        return {"true" if value else "false"}
    texts = {str(value)}
    if isinstance(value, float) and value.is_integer():
        texts.add(str(int(value)))
    return texts


def sort_key(category: Category, value: CategoryValue) -> Any:
    """What values of a category are sorted by: their places in the list, else themselves."""
    if category.values is None:
        return value
    texts = _texts(value)
    return next(place for place, listed in enumerate(category.values) if listed in texts)
