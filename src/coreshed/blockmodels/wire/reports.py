"""Reports on the wire: specifications, results, comparisons."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from coreshed.blockmodels.wire.geometry import Box
from coreshed.blockmodels.wire.reading import Body, Text, refusal
from coreshed.wire_common import User

_Label = Annotated[str, Meta(max_length=120, pattern=r"\A[^\x00]*\Z")]
_Description = Annotated[str, Meta(max_length=1000, pattern=r"\A[^\x00]*\Z")]
_Density = Annotated[float, Meta(gt=1)]  # clients refuse to read anything smaller back
NullPolicy: TypeAlias = Literal["ZERO", "IGNORE_BLOCK", "IGNORE_VALUE", "MARK_AS_INVALID"]
NegativePolicy: TypeAlias = Literal["USE", "ZERO", "IGNORE_BLOCK", "IGNORE_VALUE", "MARK_AS_INVALID"]
Aggregation: TypeAlias = Literal["SUM", "MASS_AVERAGE"]
CellStatus: TypeAlias = Literal["OK", "PERCENT_CHANGE_FROM_ZERO", "NO_DATA", "INVALID"]
WarningType: TypeAlias = Literal[
    "NULL_CUTOFF_VALUE",
    "NEGATIVE_CUTOFF_VALUE",
    "NULL_COLUMN_VALUE",
    "NEGATIVE_COLUMN_VALUE",
    "INVALID_CATEGORY_VALUE",
    "TOO_MANY_CATEGORY_VALUES",
    "LONG_CATEGORY_VALUE",
    "UNIT_FROM_LATEST_VERSION",
    "MISSING_SUB_BLOCK",
    "INVALID_DENSITY_VALUE",
]
CategoryValue: TypeAlias = str | int | float | bool | None


class ReportColumn(Body, frozen=True):
    """A column of values. output_unit_id: "" stands for the column's own unit."""

    col_id: UUID
    label: _Label
    aggregation: Aggregation
    output_unit_id: Text


class ReportCategory(Body, frozen=True):
    """A column by whose values blocks are told apart; values: all that there are where null."""

    col_id: UUID
    label: _Label
    values: Annotated[list[Text], Meta(min_length=1, max_length=100)] | None = None


class MeshFilter(Body, frozen=True):
    """Blocks whose centroids lie inside or outside of a mesh, by the id of its object."""

    uuid: UUID
    relation: Literal["INSIDE", "OUTSIDE"]


class _Specification(Body, frozen=True, kw_only=True):
    name: _Label
    columns: list[ReportColumn]
    mass_unit_id: Text
    description: _Description | None = None
    categories: Annotated[list[ReportCategory], Meta(max_length=5)] | None = None
    cutoff_col_id: UUID | None = None
    cutoff_values: Annotated[list[float], Meta(min_length=1, max_length=20)] | None = None
    density_col_id: UUID | None = None
    density_value: _Density | None = None
    density_unit_id: Text | None = None
    bbox: Box | None = None
    autorun: bool = True
    mesh_filter: MeshFilter | None = None

    def check(self, *at: str | int) -> None:
        """The name and the box."""
        if not self.name.strip():
            raise refusal("A report has a name.", *at, "name")
        if self.bbox is not None:
            self.bbox.check(*at, "bbox")


class CreateReportSpecification(_Specification, frozen=True, kw_only=True):
    """What a report asks for."""

    null_values_policy: NullPolicy = "IGNORE_BLOCK"
    negative_values_policy: NegativePolicy = "IGNORE_BLOCK"


class UpdateReportSpecification(_Specification, frozen=True, kw_only=True):
    """What a report asks for from now on; policies that are null or absent stay."""

    null_values_policy: NullPolicy | None = None
    negative_values_policy: NegativePolicy | None = None


class ReportingJobSpec(Body, frozen=True):
    """The version to report on, the newest where none is named."""

    version_uuid: UUID | None = None


class ReportComparisonSpec(Body, frozen=True):
    """The versions to compare."""

    from_version_uuid: UUID | None = None
    to_version_uuid: UUID | None = None


class _ShownSpecification(Struct, frozen=True, kw_only=True):
    report_specification_uuid: str
    bm_uuid: str
    revision: int
    name: str
    description: str | None
    columns: list[ReportColumn]
    categories: list[ReportCategory] | None
    cutoff_col_id: str | None
    cutoff_values: list[float] | None
    density_col_id: str | None
    density_value: float | None
    density_unit_id: str | None
    mass_unit_id: str
    bbox: Box | None
    autorun: bool
    null_values_policy: NullPolicy
    negative_values_policy: NegativePolicy
    mesh_filter: MeshFilter | None


class ReportSpecificationWithJobUrl(_ShownSpecification, frozen=True, kw_only=True):
    """A specification, and the job that runs it where it was asked to run."""

    job_url: str | None = None


class ReportSpecificationWithLastRunInfo(_ShownSpecification, frozen=True, kw_only=True):
    """A specification, and when and on which version it was last run."""

    last_result_created_at: str | None = None
    last_result_version_id: int | None = None


class ReportingJobResult(Struct, frozen=True):
    """A run. report_result_uuid: clients take it from here although the published schema lacks it."""

    bm_uuid: str
    job_url: str
    job_uuid: str
    report_specification_uuid: str
    version_id: int
    version_uuid: str
    report_result_uuid: str


class ReportResultSummary(Struct, frozen=True):
    """One result in a list."""

    report_result_uuid: str
    report_specification_uuid: str
    report_result_created_at: str
    version_id: int
    version_uuid: str | None
    version_created_at: str
    version_created_by: User
    mesh_filter_used: MeshFilter | None = None


class ReportResultCategory(Struct, frozen=True):
    """A category of a result."""

    col_id: str
    label: str


class ReportResultColumn(Struct, frozen=True):
    """A column of values of a result; the first is the mass, which has no column in the model."""

    label: str
    unit_id: str
    col_id: str | None = None


class ReferencedColumn(Struct, frozen=True):
    """A column of the model that a result used. unit_id_from_version: the version whose unit it took."""

    col_id: str
    data_type: str
    title: str
    unit_id: str | None = None
    unit_id_from_version: str | None = None


class ReportCell(Struct, frozen=True):
    """A number of a result; null whenever the status is not OK."""

    value: float | int | None
    status: CellStatus = "OK"


class ReportRow(Struct, frozen=True):
    """One value for each category (null: all of them together), one cell for each column of values."""

    categories: list[CategoryValue]
    values: list[ReportCell]


class ReportResultSet(Struct, frozen=True):
    """The rows above one cut-off, null where there is none."""

    cutoff_value: float | None
    rows: list[ReportRow]


class ReportWarning(Struct, frozen=True):
    """What a run came across, and how often."""

    message: str
    occurrences: int
    warning_type: WarningType


class ReportResult(Struct, frozen=True, kw_only=True):
    """What a specification made of a version."""

    bm_uuid: str
    report_result_uuid: str
    report_result_created_at: str
    report_specification_uuid: str
    report_specification_name: str
    report_specification_description: str | None
    report_specification_revision: int
    version_id: int
    version_uuid: str | None
    version_comment: str | None
    version_created_at: str
    version_created_by: User
    cutoff_col_id: str | None
    mesh_filter_used: MeshFilter | None
    categories: list[ReportResultCategory]
    value_columns: list[ReportResultColumn]
    referenced_columns: list[ReferencedColumn]
    result_sets: list[ReportResultSet]
    warnings: list[ReportWarning]


class ReportComparisonRequestResult(Struct, frozen=True):
    """Two results to compare, and the job that makes what is missing of them."""

    from_result_uuid: str | None
    to_result_uuid: str | None
    job_url: str | None


class ReportComparisonResultInfo(Struct, frozen=True, kw_only=True):
    """One of the two results of a comparison."""

    report_result_uuid: str
    report_result_created_at: str
    referenced_columns: list[ReferencedColumn]
    version_id: int
    version_uuid: str | None
    version_comment: str | None
    version_created_at: str
    version_created_by: User


class ReportComparisonValue(Struct, frozen=True):
    """Two cells, the second less the first, and that in percent of the first."""

    from_value: ReportCell
    to_value: ReportCell
    difference: ReportCell
    percent: ReportCell


class ReportComparisonRow(Struct, frozen=True):
    """A row of a comparison."""

    categories: list[CategoryValue]
    values: list[ReportComparisonValue]


class ReportComparisonResultSet(Struct, frozen=True):
    """The rows above one cut-off."""

    cutoff_value: float | None
    rows: list[ReportComparisonRow]


class ReportComparisonWarnings(Struct, frozen=True):
    """What the comparison and the two runs came across."""

    comparison: list[ReportWarning]
    from_result: list[ReportWarning]
    to_result: list[ReportWarning]


class ReportComparison(Struct, frozen=True, kw_only=True):
    """Two results of one specification, cell by cell."""

    bm_uuid: str
    report_specification_uuid: str
    report_specification_name: str
    report_specification_description: str | None
    report_specification_revision: int
    cutoff_col_id: str | None
    categories: list[ReportResultCategory]
    value_columns: list[ReportResultColumn]
    from_result: ReportComparisonResultInfo
    to_result: ReportComparisonResultInfo
    result_sets: list[ReportComparisonResultSet]
    warnings: ReportComparisonWarnings
