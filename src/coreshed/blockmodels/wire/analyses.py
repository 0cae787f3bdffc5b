"""What versions say, on the wire: differences, swaths, grade-tonnage curves. Extensions of the published API."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from coreshed.blockmodels.wire.geometry import BBox, Box
from coreshed.blockmodels.wire.reading import Body, Text, refusal
from coreshed.blockmodels.wire.reports import NegativePolicy, NullPolicy, ReportWarning

MOST_COLUMNS = 100
"""Columns of values in one question."""
MOST_CUTOFFS = 1000
LARGEST_VERSION = 2**31 - 1

VersionNumber: TypeAlias = Annotated[int, Meta(ge=1, le=LARGEST_VERSION)]
Axis: TypeAlias = Literal["i", "j", "k", "x", "y", "z"]
_Above0 = Annotated[float, Meta(gt=0)]
_Columns = Annotated[list[Text], Meta(min_length=1, max_length=MOST_COLUMNS)]


class _Question(Body, frozen=True, kw_only=True):
    """version: number or UUID, the newest where absent. columns, density_column: ids or titles.

    density_value: for blocks whose density is null or not above 0, or for all without a column. mass_unit_id: of the
    masses in the answer.
    """

    columns: _Columns
    version: VersionNumber | Text | None = None
    density_column: Text | None = None
    density_value: _Above0 | None = None
    density_unit_id: Text | None = None
    mass_unit_id: Text = "t"
    bbox: Box | None = None

    def check(self, *at: str | int) -> None:
        """The box."""
        if self.bbox is not None:
            self.bbox.check(*at, "bbox")


class SwathQuestion(_Question, frozen=True, kw_only=True):
    """Columns along an axis, in slices.

    axis: i, j, k for slices of one parent block; x, y, z for slices of a width, in model-aligned coordinates, to which
    blocks belong by their centroids. width, slices: one of the two, with x, y and z alone; slices divide what of the
    model is above `start`, the lower border of the first slice, which is the model's origin where absent.
    """

    axis: Axis
    width: _Above0 | None = None
    slices: Annotated[int, Meta(ge=1, le=LARGEST_VERSION)] | None = None
    start: float | None = None
    null_values_policy: NullPolicy = "IGNORE_VALUE"
    negative_values_policy: NegativePolicy = "USE"

    def check(self, *at: str | int) -> None:
        """What goes with the axis."""
        super().check(*at)
        if self.axis in {"i", "j", "k"}:
            for name in ("width", "slices", "start"):
                if getattr(self, name) is not None:
                    raise refusal("Slices along an index are one parent block wide and begin at 0.", *at, name)
        elif (self.width is None) == (self.slices is None):
            raise refusal("Slices along a coordinate need a width or a number of slices, not both.", *at, "width")


class GradeTonnageQuestion(_Question, frozen=True, kw_only=True):
    """Tonnage and grade above cut-offs. cutoff_column: whose values are compared; each column's own where absent."""

    cutoffs: Annotated[list[float], Meta(min_length=1, max_length=MOST_CUTOFFS)]
    cutoff_column: Text | None = None
    null_values_policy: NullPolicy = "IGNORE_BLOCK"
    negative_values_policy: NegativePolicy = "IGNORE_BLOCK"


class VersionName(Struct, frozen=True):
    """A version by its number and its UUID."""

    version_id: int
    version_uuid: str


class ColumnName(Struct, frozen=True):
    """A column by its id, its qualified title and its unit."""

    col_id: str
    title: str
    unit_id: str | None = None


class ColumnState(Struct, frozen=True):
    """A column as a version has it. title: the qualified one."""

    title: str
    data_type: str
    unit_id: str | None


class Figures(Struct, frozen=True):
    """Of `count` finite numbers; null where a figure is not finite."""

    count: int
    min: float
    max: float
    mean: float | None
    sum: float | None


class ColumnDifference(Struct, frozen=True, kw_only=True):
    """A column that differs. before, after: null where the version lacks it.

    blocks_changed: with a value in both versions, and not the same one (NaN equals NaN); a column that is not there
    counts as null throughout. change: of after - before over blocks_changed; old_values, new_values: of all blocks that
    differ. They are null for columns that hold no numbers.
    """

    col_id: str
    before: ColumnState | None
    after: ColumnState | None
    added: bool
    deleted: bool
    renamed: bool
    retyped: bool
    unit_changed: bool
    blocks_changed: int
    null_to_value: int
    value_to_null: int
    change: Figures | None
    old_values: Figures | None
    new_values: Figures | None


class VersionDifference(Struct, frozen=True, kw_only=True):
    """What differs between two versions. columns: those that differ, as the newer lists them, then deleted ones.

    blocks_changed: in which some column differs; blocks_added, blocks_removed: sub-blocks and whole parents that one of
    the two alone has, since parents are divided otherwise; these count nowhere else. bbox: zero-based indices of the
    parents of all of them, both ends inclusive; null where there is none.
    """

    bm_uuid: str
    from_version: VersionName
    to_version: VersionName
    geometry_changed: bool
    blocks_changed: int
    blocks_added: int
    blocks_removed: int
    bbox: BBox | None
    columns: list[ColumnDifference]


class Slice(Struct, frozen=True):
    """One slice with blocks in it, between two model-aligned coordinates.

    blocks: those whose value counts, with their weight; blocks_without: those whose value does not count. mean: by
    weight, null where there is none, and where `invalid` blocks spoil it.
    """

    number: int
    low: float
    high: float
    blocks: int
    blocks_without: int
    weight: float | None
    mean: float | None
    invalid: int


class Swath(Struct, frozen=True):
    """A column along the axis, in its own unit."""

    column: ColumnName
    slices: list[Slice]


class SwathAnswer(Struct, frozen=True, kw_only=True):
    """Swaths. weight_unit_id: null for volumes of a model whose size_unit_id is not known. start: of slice 0."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    axis: Axis
    start: float
    width: float
    weight: Literal["MASS", "VOLUME"]
    weight_unit_id: str | None
    swaths: list[Swath]
    warnings: list[ReportWarning]


class CurvePoint(Struct, frozen=True):
    """What is above a cut-off (a value that reaches it is): blocks, mass, mean grade by mass, and metal.

    Null where there is nothing, and where invalid blocks spoil the figure.
    """

    cutoff: float
    blocks: int
    mass: float | None
    grade: float | None
    metal: float | None


class Curve(Struct, frozen=True):
    """A column over the cut-offs. metal_unit_id: null where it is mass times the unit of the column."""

    column: ColumnName
    cutoff_column: ColumnName
    metal_unit_id: str | None
    points: list[CurvePoint]


class GradeTonnageAnswer(Struct, frozen=True, kw_only=True):
    """Grade-tonnage curves, one for each column."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    mass_unit_id: str
    curves: list[Curve]
    warnings: list[ReportWarning]


class AnalysisJob(Struct, frozen=True):
    """A question that takes longer: the job, whose payload is the answer once it is complete."""

    bm_uuid: str
    job_uuid: str
    job_url: str


Analysis: TypeAlias = VersionDifference | SwathAnswer | GradeTonnageAnswer
