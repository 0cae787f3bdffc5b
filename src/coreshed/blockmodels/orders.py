"""What jobs of block models are told to do; kept with their rows."""

from typing import TypeVar

from msgspec import Struct, json

from coreshed.blockmodels.rules import Change
from coreshed.blockmodels.wire.analyses import Axis
from coreshed.blockmodels.wire.geometry import BBox, BBoxXYZ, Box
from coreshed.blockmodels.wire.reports import CreateReportSpecification, NegativePolicy, NullPolicy
from coreshed.blockmodels.wire.updates import InputOptions

UPDATE_JOB = "block-model-update"
QUERY_JOB = "block-model-query"
COMPACT_JOB = "block-model-compact"
SQL_JOB = "block-model-sql"
REPORT_JOB = "block-model-report"
COMPARISON_JOB = "block-model-report-comparison"
DIFF_JOB = "block-model-diff"
SWATH_JOB = "block-model-swath"
GRADE_TONNAGE_JOB = "block-model-grade-tonnage"

T = TypeVar("T", bound=Struct)


class UpdateOrder(Struct, frozen=True):
    """An update that has been accepted. separator: of qualified titles; blob_id: of the upload, null without one."""

    version_uuid: str
    base_version_id: int
    change: Change
    comment: str
    separator: str
    input_options: InputOptions | None
    blob_id: str | None


class QueryColumn(Struct, frozen=True, array_like=True):
    """A column of an answer. source: its id, or a system column's name; data: whether it holds data of users."""

    source: str
    header: str
    data: bool


class QueryOrder(Struct, frozen=True):
    """A query that has been accepted. box: as it was asked; delimiter: of CSV, null for Parquet."""

    version_id: int
    columns: list[QueryColumn]
    indices: BBox | None
    coordinates: BBoxXYZ | None
    exclude_null_rows: bool
    delimiter: str | None


class SqlOrder(Struct, frozen=True):
    """A statement that has been accepted. columns: of its table; output: parquet, csv or json."""

    version_id: int
    query: str
    output: str
    columns: list[QueryColumn]


class SqlAnswer(Struct, frozen=True):
    """What the job of a statement made."""

    blob_id: str
    rows: int


class ReportOrder(Struct, frozen=True):
    """A run of a report over a version. specification: as it was at `revision`, whatever has become of it since."""

    specification_id: str
    revision: int
    specification: CreateReportSpecification
    version_id: int
    version_uuid: str


class ComparedVersion(Struct, frozen=True):
    """One side of a comparison. job_id: of the run that makes its result, null where that is there already."""

    version_id: int
    version_uuid: str
    job_id: str | None


class ComparisonOrder(Struct, frozen=True):
    """A comparison whose runs are queued before it."""

    specification_id: str
    revision: int
    before: ComparedVersion
    after: ComparedVersion


class DiffOrder(Struct, frozen=True):
    """Two versions to compare."""

    from_version_id: int
    to_version_id: int


class OrderedColumn(Struct, frozen=True, array_like=True):
    """A column of values, as its version names it. title: the qualified one."""

    col_id: str
    title: str
    unit_id: str | None


class DensityOrder(Struct, frozen=True, array_like=True):
    """In kg/m³. title: of the column; factor: multiplies its values; constant: of blocks without one there."""

    column_id: str | None
    title: str | None
    factor: float
    constant: float | None


class _CurveOrder(Struct, frozen=True, kw_only=True):
    """volume_factor: from cubed units of the model's sizes to m³; borrowed: titles of columns whose unit is the newest
    version's.
    """

    version_id: int
    version_uuid: str
    columns: list[OrderedColumn]
    volume_factor: float
    bbox: Box | None
    null_values_policy: NullPolicy
    negative_values_policy: NegativePolicy
    borrowed: list[str]


class SwathOrder(_CurveOrder, frozen=True, kw_only=True):
    """Columns along an axis, from `start` in slices of `width`. density: null where volumes weigh."""

    axis: Axis
    start: float
    width: float
    density: DensityOrder | None
    weight_unit_id: str | None
    weight_unit_factor: float


class GradeTonnageOrder(_CurveOrder, frozen=True, kw_only=True):
    """Columns over cut-offs of a column, of their own where it is null."""

    cutoff_column: OrderedColumn | None
    cutoffs: list[float]
    density: DensityOrder
    mass_unit_id: str


def encode(order: Struct) -> bytes:
    """As jobs keep it."""
    return json.encode(order)


def decode(order: bytes, kind: type[T]) -> T:
    """The order of `encode`."""
    return json.decode(order, type=kind)
