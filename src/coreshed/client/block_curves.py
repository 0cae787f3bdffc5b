"""What answers about versions hold: differences, swaths, grade-tonnage curves; and what curves can be asked for."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

from coreshed.client.block_records import Range
from coreshed.client.model import Record

Version: TypeAlias = int | str | None
"""The number of a version or its UUID; None for the newest."""
Box: TypeAlias = Mapping[str, tuple[float, float]]
"""(least, greatest), both inclusive, of each of i, j, k (zero-based parents) or of each of x, y, z (model-aligned)."""
Axis: TypeAlias = Literal["i", "j", "k", "x", "y", "z"]
NullPolicy: TypeAlias = Literal["ZERO", "IGNORE_BLOCK", "IGNORE_VALUE", "MARK_AS_INVALID"]
NegativePolicy: TypeAlias = Literal["USE", "ZERO", "IGNORE_BLOCK", "IGNORE_VALUE", "MARK_AS_INVALID"]


class CurveOptions(TypedDict, total=False):
    """What swaths and grade-tonnage curves have in common.

    density_column: title or id; density_value: for blocks whose density is null or not above 0, or for all where no
    column is named, in density_unit_id (`t/m3`). mass_unit_id: of masses in the answer, `t` where absent. The policies
    say what becomes of blocks whose value is null (or NaN) or negative; they are those of reports.
    """

    version: Version
    density_column: str
    density_value: float
    density_unit_id: str
    mass_unit_id: str
    box: Box | None
    null_values_policy: NullPolicy
    negative_values_policy: NegativePolicy


class VersionName(Record, frozen=True, kw_only=True):
    """A version by its number and its UUID."""

    version_id: int
    version_uuid: str


class ColumnState(Record, frozen=True, kw_only=True):
    """A column as a version has it."""

    title: str
    data_type: str
    unit_id: str | None = None


class Figures(Record, frozen=True, kw_only=True):
    """Of `count` finite numbers; None for a figure that is not finite."""

    count: int
    min: float
    max: float
    mean: float | None = None
    sum: float | None = None


class ColumnDifference(Record, frozen=True, kw_only=True):
    """A column that differs. before, after: None where the version lacks it, which counts as null throughout.

    blocks_changed: with a value in both versions, and not the same one (NaN equals NaN). change: of after - before over
    these; old_values, new_values: of all blocks that differ; None for columns that hold no numbers.
    """

    col_id: str
    before: ColumnState | None = None
    after: ColumnState | None = None
    added: bool = False
    deleted: bool = False
    renamed: bool = False
    retyped: bool = False
    unit_changed: bool = False
    blocks_changed: int = 0
    null_to_value: int = 0
    value_to_null: int = 0
    change: Figures | None = None
    old_values: Figures | None = None
    new_values: Figures | None = None

    @property
    def title(self) -> str:
        """After, or before where it is gone."""
        state = self.after or self.before
        return self.col_id if state is None else state.title


class VersionDifference(Record, frozen=True, kw_only=True):
    """What differs between two versions. columns: those that differ.

    blocks_changed: in which some column differs; blocks_added, blocks_removed: of parents that are divided otherwise.
    bbox: zero-based indices of the parents of all of them, both ends inclusive; None where there is none.
    """

    bm_uuid: str
    from_version: VersionName
    to_version: VersionName
    geometry_changed: bool
    blocks_changed: int
    blocks_added: int = 0
    blocks_removed: int = 0
    bbox: dict[str, Range] | None = None
    columns: list[ColumnDifference]


class ColumnName(Record, frozen=True, kw_only=True):
    """A column by its id, its title and its unit."""

    col_id: str
    title: str
    unit_id: str | None = None


class Warned(Record, frozen=True, kw_only=True):
    """What the server came across, and how often."""

    message: str
    occurrences: int
    warning_type: str


class Slice(Record, frozen=True, kw_only=True):
    """A slice with blocks in it, from `low` to `high` in model-aligned coordinates.

    blocks: whose value counts, with their weight; blocks_without: whose value does not. mean: by weight, None where
    there is none and where `invalid` blocks spoil it.
    """

    number: int
    low: float
    high: float
    blocks: int
    blocks_without: int
    weight: float | None = None
    mean: float | None = None
    invalid: int = 0


class Swath(Record, frozen=True, kw_only=True):
    """A column along the axis, in its own unit: slices with blocks, ascending."""

    column: ColumnName
    slices: list[Slice]


class Swaths(Record, frozen=True, kw_only=True):
    """Columns along an axis. weight: `VOLUME` or `MASS`; weight_unit_id: None for cubed units without a name."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    axis: str
    start: float
    width: float
    weight: str
    weight_unit_id: str | None = None
    swaths: list[Swath]
    warnings: tuple[Warned, ...] = ()


class CurvePoint(Record, frozen=True, kw_only=True):
    """What is above a cut-off; a value that reaches it is. grade: mean by mass, in the unit of the column."""

    cutoff: float
    blocks: int
    mass: float | None = None
    grade: float | None = None
    metal: float | None = None


class Curve(Record, frozen=True, kw_only=True):
    """A column over cut-offs, in the order asked. metal_unit_id: None for mass times the unit of the column."""

    column: ColumnName
    cutoff_column: ColumnName
    metal_unit_id: str | None = None
    points: list[CurvePoint]


class GradeTonnage(Record, frozen=True, kw_only=True):
    """Grade-tonnage curves, one for each column."""

    bm_uuid: str
    version_id: int
    version_uuid: str
    mass_unit_id: str
    curves: list[Curve]
    warnings: tuple[Warned, ...] = ()
