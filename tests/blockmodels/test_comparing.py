"""Comparisons of cells and rows, as arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.comparing import compare, merged
from coreshed.blockmodels.wire.reports import (
    CellStatus,
    ReportCell,
    ReportComparisonValue,
    ReportResult,
    ReportResultColumn,
    ReportResultSet,
    ReportRow,
    ReportWarning,
)
from coreshed.wire_common import User

ID = "11111111-1111-4111-8111-111111111111"
TIME = "2026-01-01T00:00:00Z"


def result(rows: dict[str | None, list[ReportCell]], *warnings: ReportWarning) -> ReportResult:
    """A result with one category and one cut-off."""
    return ReportResult(
        bm_uuid=ID,
        report_result_uuid=ID,
        report_result_created_at=TIME,
        report_specification_uuid=ID,
        report_specification_name="R",
        report_specification_description=None,
        report_specification_revision=0,
        version_id=1,
        version_uuid=ID,
        version_comment="",
        version_created_at=TIME,
        version_created_by=User(ID),
        cutoff_col_id=None,
        mesh_filter_used=None,
        categories=[],
        value_columns=[ReportResultColumn("Mass", "t")],
        referenced_columns=[],
        result_sets=[ReportResultSet(0.5, [ReportRow([name], cells) for name, cells in rows.items()])],
        warnings=list(warnings),
    )


def one(before: ReportCell, after: ReportCell, places: int | None = None) -> ReportComparisonValue:
    found = compare(result({None: [before]}), result({None: [after]}), decimal_places=places)
    [[value]] = [row.values for row in found.result_sets[0].rows]
    return value


def cell(value: float | CellStatus) -> ReportCell:
    return ReportCell(None, value) if isinstance(value, str) else ReportCell(value)


@pytest.mark.parametrize(
    ("before", "after", "difference", "percent"),
    [
        (4.0, 5.0, 1.0, 25.0),
        (4.0, 3.0, -1.0, -25.0),
        (-4.0, -3.0, 1.0, -25.0),
        (0.0, 5.0, 5.0, "PERCENT_CHANGE_FROM_ZERO"),
        (0.0, 0.0, 0.0, "PERCENT_CHANGE_FROM_ZERO"),
        ("NO_DATA", 5.0, "NO_DATA", "NO_DATA"),
        (5.0, "NO_DATA", "NO_DATA", "NO_DATA"),
        ("INVALID", 5.0, "INVALID", "INVALID"),
        ("NO_DATA", "INVALID", "INVALID", "INVALID"),
        (-1e308, 1e308, "INVALID", "INVALID"),
        (5e-324, 1e308, 1e308, "INVALID"),
    ],
)
def test_that_the_difference_is_what_came_to_it_and_the_percentage_of_what_it_was(
    before: float | CellStatus, after: float | CellStatus, difference: float | CellStatus, percent: float | CellStatus
) -> None:
    assert one(cell(before), cell(after)) == ReportComparisonValue(
        cell(before), cell(after), cell(difference), cell(percent)
    )


def test_that_values_are_rounded_before_they_are_subtracted() -> None:
    assert one(cell(1.04), cell(1.06), 1) == ReportComparisonValue(
        cell(1.0), cell(1.1), cell(0.1), cell(pytest.approx(10))
    )
    assert one(cell(0.04), cell(0.06), 1).percent == cell("PERCENT_CHANGE_FROM_ZERO")
    assert one(cell(1.04), cell(1.06)).difference == cell(pytest.approx(0.02))


def test_that_a_row_that_one_result_lacks_has_no_data_there() -> None:
    warning = ReportWarning("w", 3, "NULL_COLUMN_VALUE")
    old = result({"A": [cell(1.0)], "B": [cell(2.0)], None: [cell(3.0)]}, warning)
    new = result({"A": [cell(1.0)], "C": [cell(4.0)], None: [cell(5.0)]})
    found = compare(old, new, decimal_places=None)
    rows = {row.categories[0]: row.values[0] for row in found.result_sets[0].rows}
    assert list(rows) == ["A", "B", "C", None]
    assert (rows["B"].from_value, rows["B"].to_value) == (cell(2.0), cell("NO_DATA"))
    assert (rows["C"].from_value, rows["C"].to_value) == (cell("NO_DATA"), cell(4.0))
    assert rows["B"].difference == rows["C"].percent == cell("NO_DATA")
    assert found.result_sets[0].cutoff_value == 0.5
    assert (found.warnings.from_result, found.warnings.to_result, found.warnings.comparison) == ([warning], [], [])


_SOME = st.sets(st.integers(0, 12))


@given(_SOME, _SOME)
def test_that_merged_rows_keep_the_order_of_both_sides(one_side: set[int], other_side: set[int]) -> None:
    before, after = ([(each,) for each in sorted(side)] for side in (one_side, other_side))
    found = list(merged(list(before), list(after)))
    assert sorted(found) == sorted({*before, *after})
    assert len(found) == len(set(found))
    assert [each for each in found if each in before] == before
    assert [each for each in found if each in after] == after
