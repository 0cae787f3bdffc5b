"""Rows of a tile by the values of several columns, against counting them one by one."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine import categories
from coreshed.blockmodels.engine.categories import MOST_COMBINATIONS, Category, TooManyCombinations, combined

VALUES: list[Any] = [None, "", "ore", "waste", "fill", "x" * 121]


@given(
    st.lists(st.tuples(*[st.sampled_from(VALUES)] * 3), min_size=1, max_size=60),
    st.integers(1, 3),
    st.sampled_from([1, 8, 40, 1 << 16]),
    st.sampled_from([None, ("ore", "waste")]),
    st.booleans(),
)
def test_that_combinations_are_those_that_occur(
    rows: list[tuple[Any, ...]], width: int, table: int, listed: tuple[str, ...] | None, as_dictionaries: bool
) -> None:
    columns: list[Any] = [pa.array(column, pa.string()) for column in list(zip(*rows, strict=True))[:width]]
    if as_dictionaries:
        columns = [column.dictionary_encode() for column in columns]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(categories, "_TABLE", table)
        keys, codes, found = combined([Category(str(at), listed) for at in range(width)], columns, len(rows), 1)
    shown = [tuple(None if not value else value[:120] for value in row[:width]) for row in rows]
    wanted = [None if any(each is None or (listed and each not in listed) for each in row) else row for row in shown]
    assert [None if code < 0 else keys[code] for code in codes.tolist()] == wanted
    assert len(set(keys)) == len(keys)
    for at, each in enumerate(found):
        counted = Counter(row[at] for row in shown if row[at] is not None)
        expected = {value: count for value, count in counted.items() if listed is None or value in listed}
        assert dict(zip(each.values, each.counts.tolist(), strict=True)) == expected
        assert each.valid == sum(counted.values())
        assert each.invalid == len(rows) - each.valid
        assert each.long == sum(len(row[at] or "") > 120 for row in rows)


def test_that_entries_of_rows_that_were_left_out_are_no_values() -> None:
    column = pa.array(["ore", "waste", "ore"]).dictionary_encode().take(pa.array([0, 2]))
    [coded] = combined([Category("zone")], [column], 2, 1)[2]
    assert (coded.values, coded.counts.tolist()) == (["ore"], [2])


def test_that_columns_of_very_many_values_are_told_apart() -> None:
    numbers = np.arange(3_000)
    listed = tuple(map(str, range(0, 3_000, 7)))
    columns = [pa.array(numbers), pa.array(numbers[::-1]), pa.array(numbers % 7)]
    keys, codes, _ = combined([Category("a", listed), Category("b"), Category("c")], columns, 3_000, 1)
    wanted = {(a, 2_999 - a, 0) for a in range(0, 3_000, 7) if 2_999 - a < 100}
    assert set(keys) == wanted
    assert int((codes >= 0).sum()) == len(wanted)


def test_that_too_many_combinations_are_refused() -> None:
    rows = np.arange(120 * 120)
    listed = tuple(map(str, range(120)))
    asked = [Category("a", listed), Category("b", listed)]
    with pytest.raises(TooManyCombinations, match=f"more than {MOST_COMBINATIONS:,} combinations"):
        combined(asked, [pa.array(rows // 120), pa.array(rows % 120)], len(rows), 1)
