"""What older clients are given in place of what they cannot read."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels import dialect
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.units import LEGACY_TYPES, UNITS, UnitType
from coreshed.blockmodels.wire.reports import (
    ReportCell,
    ReportComparison,
    ReportComparisonResultInfo,
    ReportComparisonResultSet,
    ReportComparisonRow,
    ReportComparisonValue,
    ReportComparisonWarnings,
    ReportResult,
    ReportResultSet,
    ReportRow,
)
from coreshed.wire_common import User

ID = str(UUID(int=1))
TIME = "2026-11-20T09:08:07.123456Z"
OLD = Client.of("evo-blockmodels@v0.6.1")
NEW = Client.of("evo-blockmodels@v0.8.0")


@pytest.mark.parametrize(
    ("header", "release"),
    [
        ("evo-blockmodels@v0.8.0", (0, 8, 0)),
        ("evo-blockmodels@v0.0.1", (0, 0, 1)),
        ("evo-blockmodels@0.6", (0, 6)),
        ("Evo_Blockmodels @ v1.2.3rc1", (1, 2, 3)),
        ("evo-blockmodels@v0.7.0.dev3+local", (0, 7, 0)),
        ("evo-blockmodels@vunknown", None),
        ("evo-blockmodels", None),
        ("evo-objects@v0.3.0", None),
        ("", None),
        (None, None),
    ],
)
def test_that_the_release_of_the_client_is_read_from_its_header(header: str | None, release: Any) -> None:
    assert Client.of(header) == Client(release)


@given(st.text(max_size=40))
def test_that_no_header_is_too_strange(header: str) -> None:
    Client.of(header).is_before((0, 8))
    Client.of(f"evo-blockmodels@v{header}").is_before((0, 8))


def test_that_releases_are_compared_by_number() -> None:
    assert Client((0, 6)).is_before((0, 6, 1))
    assert not Client((0, 6, 1)).is_before((0, 6, 1))
    assert not Client((0, 10)).is_before((0, 8))
    assert not Client((0, 8)).is_before((0, 8, 0))
    assert not Client().is_before((99,))


@pytest.mark.parametrize("release", ["0.0.1", "0.4.2", "0.5.2", "0.6.0"])
def test_that_clients_up_to_0_6_0_get_the_eight_types_they_know(release: str) -> None:
    """A60, N2"""
    known = dialect.known_units(Client.of(f"evo-blockmodels@v{release}"), UNITS)
    assert {unit.type for unit in known} == LEGACY_TYPES
    assert {unit.type.value for unit in known} == {
        "LENGTH",
        "MASS",
        "VOLUME",
        "VALUE",
        "MASS_PER_VOLUME",
        "MASS_PER_MASS",
        "VOLUME_PER_VOLUME",
        "VALUE_PER_MASS",
    }


@pytest.mark.parametrize("client", [OLD, NEW, Client()])
def test_that_later_clients_get_all_but_the_type_that_went(client: Client) -> None:
    known = dialect.known_units(client, UNITS)
    assert {unit.type for unit in known} == set(UnitType) - {UnitType.VOLUME_PER_VOLUME}


def test_that_clients_before_0_5_get_policies_that_they_know() -> None:
    """N3"""
    early, later = Client((0, 4, 2)), Client((0, 5, 1))
    assert dialect.policies(early, "IGNORE_VALUE", "MARK_AS_INVALID") == ("IGNORE_BLOCK", "IGNORE_BLOCK")
    assert dialect.policies(early, "ZERO", "USE") == ("ZERO", "USE")
    assert dialect.policies(later, "IGNORE_VALUE", "MARK_AS_INVALID") == ("IGNORE_VALUE", "MARK_AS_INVALID")
    assert dialect.policies(Client(), "IGNORE_VALUE", "USE") == ("IGNORE_VALUE", "USE")


def _result(cells: list[ReportCell]) -> ReportResult:
    return ReportResult(
        bm_uuid=ID,
        report_result_uuid=ID,
        report_result_created_at=TIME,
        report_specification_uuid=ID,
        report_specification_name="Resource",
        report_specification_description=None,
        report_specification_revision=0,
        version_id=1,
        version_uuid=ID,
        version_comment=None,
        version_created_at=TIME,
        version_created_by=User(ID),
        cutoff_col_id=None,
        mesh_filter_used=None,
        categories=[],
        value_columns=[],
        referenced_columns=[],
        result_sets=[ReportResultSet(0.5, [ReportRow([None], cells)])],
        warnings=[],
    )


def test_that_clients_before_0_8_get_bare_numbers_and_none_of_them_null() -> None:
    """N1, A59"""
    shown = _result([ReportCell(2.5), ReportCell(None, "NO_DATA"), ReportCell(None, "INVALID")])
    (row,) = dialect.result(OLD, shown)["result_sets"][0]["rows"]
    assert row == {"categories": [None], "values": [2.5, 0.0, 0.0]}
    for client in (NEW, Client()):
        (row,) = dialect.result(client, shown)["result_sets"][0]["rows"]
        assert row["values"] == [
            {"value": 2.5, "status": "OK"},
            {"value": None, "status": "NO_DATA"},
            {"value": None, "status": "INVALID"},
        ]


def test_that_a_comparison_with_zero_or_nothing_is_of_numbers_before_0_8() -> None:
    """N1"""
    value = ReportComparisonValue(
        ReportCell(0.0), ReportCell(5.0), ReportCell(5.0), ReportCell(None, "PERCENT_CHANGE_FROM_ZERO")
    )
    missing = ReportCell(None, "NO_DATA")
    gone = ReportComparisonValue(ReportCell(3.0), missing, missing, missing)
    info = ReportComparisonResultInfo(
        report_result_uuid=ID,
        report_result_created_at=TIME,
        referenced_columns=[],
        version_id=1,
        version_uuid=ID,
        version_comment=None,
        version_created_at=TIME,
        version_created_by=User(ID),
    )
    shown = ReportComparison(
        bm_uuid=ID,
        report_specification_uuid=ID,
        report_specification_name="Resource",
        report_specification_description=None,
        report_specification_revision=0,
        cutoff_col_id=None,
        categories=[],
        value_columns=[],
        from_result=info,
        to_result=info,
        result_sets=[ReportComparisonResultSet(None, [ReportComparisonRow([], [value, gone])])],
        warnings=ReportComparisonWarnings([], [], []),
    )
    (row,) = dialect.comparison(OLD, shown)["result_sets"][0]["rows"]
    assert row["values"] == [
        {"from_value": 0.0, "to_value": 5.0, "difference": 5.0, "percent": None},
        {"from_value": 3.0, "to_value": 0.0, "difference": -3.0, "percent": None},
    ]
    (row,) = dialect.comparison(NEW, shown)["result_sets"][0]["rows"]
    assert row["values"][0]["percent"] == {"value": None, "status": "PERCENT_CHANGE_FROM_ZERO"}
