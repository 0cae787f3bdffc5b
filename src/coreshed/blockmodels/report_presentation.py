"""Rows of reports into the words of the wire."""

from collections.abc import Iterable, Mapping
from typing import Any

from coreshed import clock
from coreshed.blockmodels import dialect, presentation, report_rules
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredVersion
from coreshed.blockmodels.report_ledger import Content, StoredResult, StoredSpecification
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.wire.models import Unit
from coreshed.wire_common import User

_SAME = (
    "columns",
    "categories",
    "cutoff_values",
    "density_value",
    "density_unit_id",
    "mass_unit_id",
    "bbox",
    "mesh_filter",
)


def _members(stored: StoredSpecification, client: Client) -> dict[str, Any]:
    asked = stored.specification
    nulls, negatives = dialect.policies(client, asked.null_values_policy, asked.negative_values_policy)
    return {
        "report_specification_uuid": stored.id,
        "bm_uuid": stored.model_id,
        "revision": stored.revision,
        "name": stored.name,
        "description": asked.description,
        **{name: getattr(asked, name) for name in _SAME},
        "cutoff_col_id": None if asked.cutoff_col_id is None else str(asked.cutoff_col_id),
        "density_col_id": None if asked.density_col_id is None else str(asked.density_col_id),
        "autorun": stored.autorun,
        "null_values_policy": nulls,
        "negative_values_policy": negatives,
    }


def written(stored: StoredSpecification, client: Client, job_url: str | None) -> wire.ReportSpecificationWithJobUrl:
    """A specification that has been created or changed. job_url: of its run, where one was asked for."""
    return wire.ReportSpecificationWithJobUrl(**_members(stored, client), job_url=job_url)


def specification(
    stored: StoredSpecification, client: Client, last: StoredResult | None
) -> wire.ReportSpecificationWithLastRunInfo:
    """A specification and its newest result."""
    return wire.ReportSpecificationWithLastRunInfo(
        **_members(stored, client),
        last_result_created_at=None if last is None else clock.iso_microseconds(last.created_ns),
        last_result_version_id=None if last is None else last.version_id,
    )


def referenced_units(found: Iterable[StoredSpecification], client: Client) -> list[Unit]:
    """Every unit that specifications name, in the order of the table, as far as the client reads them."""
    used = {unit_id for each in found for unit_id in report_rules.referenced_units(each.specification)}
    return presentation.units_among(used, client)


def summary(stored: StoredResult, version: StoredVersion, users: Mapping[str, User]) -> wire.ReportResultSummary:
    """A result in a list."""
    return wire.ReportResultSummary(
        report_result_uuid=stored.id,
        report_specification_uuid=stored.specification_id,
        report_result_created_at=clock.iso_microseconds(stored.created_ns),
        version_id=version.version_id,
        version_uuid=version.version_uuid,
        version_created_at=clock.iso_microseconds(version.created_ns),
        version_created_by=users[version.created_by],
        mesh_filter_used=stored.mesh_filter,
    )


def result(
    stored: StoredResult, content: Content, version: StoredVersion, users: Mapping[str, User]
) -> wire.ReportResult:
    """A result with all that it says."""
    return wire.ReportResult(
        bm_uuid=version.model_id,
        report_result_uuid=stored.id,
        report_result_created_at=clock.iso_microseconds(stored.created_ns),
        report_specification_uuid=stored.specification_id,
        report_specification_name=content.name,
        report_specification_description=content.description,
        report_specification_revision=stored.revision,
        version_id=version.version_id,
        version_uuid=version.version_uuid,
        version_comment=version.comment,
        version_created_at=clock.iso_microseconds(version.created_ns),
        version_created_by=users[version.created_by],
        cutoff_col_id=content.cutoff_col_id,
        mesh_filter_used=stored.mesh_filter,
        categories=content.categories,
        value_columns=content.value_columns,
        referenced_columns=content.referenced_columns,
        result_sets=content.result_sets,
        warnings=content.warnings,
    )


def compared(shown: wire.ReportResult) -> wire.ReportComparisonResultInfo:
    """One side of a comparison."""
    names = wire.ReportComparisonResultInfo.__struct_fields__
    return wire.ReportComparisonResultInfo(**{name: getattr(shown, name) for name in names})
