"""Columns by whose values blocks are told apart: codes for the rows of a tile, and which values count."""

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
    """The rows of a tile by their values. codes: shape (n,), -1 for rows that do not count; indices into `values`.

    counts: rows of each value. invalid: rows without a value (null, an empty text, NaN); long: rows whose text was cut;
    valid: rows with a value, also one that is dropped because there are too many.
    """

    codes: NDArray[np.int32]
    values: list[CategoryValue]
    counts: NDArray[np.int64]
    invalid: int
    long: int
    valid: int


def encoded(category: Category, column: Any) -> Coded:
    """The rows of an Array, also a DictionaryArray, by its values."""
    if column.type == pa.float16():
        column = column.cast(pa.float32())
    coded = column.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    rows = np.bincount(codes + 1, minlength=len(coded.dictionary) + 1)
    dictionary, valid = _presentable(coded.dictionary)
    valid &= rows[1:] > 0  # rows that were left out may have had others
    long = 0
    if dictionary.type == pa.string():
        too_long = pc.utf8_length(dictionary).to_numpy(zero_copy_only=False) > LONGEST_VALUE
        long = int(rows[1:][too_long].sum())
        if long:
            dictionary = pc.utf8_slice_codeunits(dictionary, 0, LONGEST_VALUE)
    kept, values = _values(category, dictionary, valid)
    final = np.concatenate([[-1], kept]).astype(np.int32)
    counts = np.bincount(kept[kept >= 0], weights=rows[1:][kept >= 0], minlength=len(values)).astype(np.int64)
    invalid = int(rows[0] + rows[1:][~valid].sum())
    return Coded(final[codes + 1], values, counts, invalid, long, len(codes) - invalid)


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
) -> tuple[NDArray[np.int32], list[CategoryValue]]:
    """For each entry of a dictionary which value it is, -1 for none; and the values."""
    kept = np.full(len(dictionary), -1, dtype=np.int32)
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
