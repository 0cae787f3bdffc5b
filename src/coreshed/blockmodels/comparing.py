"""Two results of one report, cell by cell: a pure function.

Source: Block Model API contract, "Reports", comparison.
"""

import math
from collections.abc import Iterator

from coreshed.blockmodels import report_presentation
from coreshed.blockmodels.wire.reports import (
    CategoryValue,
    ReportCell,
    ReportComparison,
    ReportComparisonResultSet,
    ReportComparisonRow,
    ReportComparisonValue,
    ReportComparisonWarnings,
    ReportResult,
    ReportResultSet,
    ReportRow,
)

_NO_DATA = ReportCell(None, "NO_DATA")


def compare(before: ReportResult, after: ReportResult, *, decimal_places: int | None) -> ReportComparison:
    """What became of the cells of `before` in `after`; both are results of the same revision.

    A row that one of them lacks has no data on that side. decimal_places: values are rounded to so many before they are
    subtracted; the percentages are those of the rounded values.
    """
    return ReportComparison(
        bm_uuid=after.bm_uuid,
        report_specification_uuid=after.report_specification_uuid,
        report_specification_name=after.report_specification_name,
        report_specification_description=after.report_specification_description,
        report_specification_revision=after.report_specification_revision,
        cutoff_col_id=after.cutoff_col_id,
        categories=after.categories,
        value_columns=after.value_columns,
        from_result=report_presentation.compared(before),
        to_result=report_presentation.compared(after),
        result_sets=[
            ReportComparisonResultSet(to.cutoff_value, list(_rows(old, to, len(after.value_columns), decimal_places)))
            for old, to in zip(before.result_sets, after.result_sets, strict=True)
        ],
        warnings=ReportComparisonWarnings([], before.warnings, after.warnings),
    )


def _rows(
    before: ReportResultSet, after: ReportResultSet, width: int, places: int | None
) -> Iterator[ReportComparisonRow]:
    old, new = ({tuple(row.categories): row for row in each.rows} for each in (before, after))
    for key in merged(list(old), list(new)):
        cells = zip(_cells(old.get(key), width), _cells(new.get(key), width), strict=True)
        yield ReportComparisonRow(list(key), [_value(one, other, places) for one, other in cells])


def merged(
    before: list[tuple[CategoryValue, ...]], after: list[tuple[CategoryValue, ...]]
) -> Iterator[tuple[CategoryValue, ...]]:
    """The keys of both, each once. What both have is in the same order in both and keeps it.

    A key that one side lacks stays behind the key which it follows there; those of `before` come first.
    """
    common = set(before) & set(after)
    mine, theirs = iter(before), iter(after)
    for key in [*(each for each in before if each in common), None]:
        for side in (mine, theirs):
            for each in side:
                if each == key:
                    break
                yield each
        if key is not None:
            yield key


def _cells(row: ReportRow | None, width: int) -> list[ReportCell]:
    return [_NO_DATA] * width if row is None else row.values


def _value(one: ReportCell, other: ReportCell, places: int | None) -> ReportComparisonValue:
    before, after = _rounded(one, places), _rounded(other, places)
    if before.value is None or after.value is None:
        missing = ReportCell(None, "INVALID" if "INVALID" in (before.status, after.status) else "NO_DATA")
        return ReportComparisonValue(before, after, missing, missing)
    difference = after.value - before.value
    percent = ReportCell(None, "PERCENT_CHANGE_FROM_ZERO")
    if before.value != 0:
        percent = _finite(difference / before.value * 100)
    return ReportComparisonValue(before, after, _rounded(_finite(difference), places), percent)


def _finite(value: float) -> ReportCell:
    return ReportCell(value) if math.isfinite(value) else ReportCell(None, "INVALID")


def _rounded(cell: ReportCell, places: int | None) -> ReportCell:
    """Also of a difference of rounded values, because 0.3 - 0.1 is not 0.2."""
    if cell.value is None or places is None:
        return cell
    return ReportCell(round(cell.value, places), cell.status)
