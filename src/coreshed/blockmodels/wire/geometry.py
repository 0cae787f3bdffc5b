"""Places, sizes, rotations and boxes on the wire."""

import itertools
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from coreshed.blockmodels.wire.reading import Body, refusal

MAX_BLOCKS = 500_000_000
MAX_ROTATIONS = 3

_Length = Annotated[float, Meta(gt=0, lt=1_000_000)]
_Count = Annotated[int, Meta(ge=1, le=MAX_BLOCKS)]
_Parts = Annotated[int, Meta(ge=1, le=100)]
_OctreeParts: TypeAlias = Literal[1, 2, 4, 8, 16, 32, 64]


class Location(Body, frozen=True):
    """A point in the world: x east, y north, z up, in units of the coordinate reference system."""

    x: float
    y: float
    z: float


class BlockSize(Body, frozen=True):
    """Edges of a block along its own axes, in the model's size unit."""

    x: _Length
    y: _Length
    z: _Length


class Size3D(Body, frozen=True):
    """Numbers of blocks along the model's axes; at most 500,000,000 in all."""

    nx: _Count
    ny: _Count
    nz: _Count

    def check(self, *at: str | int) -> None:
        """The product of the three."""
        total = self.nx * self.ny * self.nz
        if total > MAX_BLOCKS:
            raise refusal(f"A model has at most {MAX_BLOCKS} blocks, not {total}.", *at)


class RegularSubblocks(Body, frozen=True):
    """Sub-blocks of a parent along each axis."""

    nx: _Parts
    ny: _Parts
    nz: _Parts


class OctreeSubblocks(Body, frozen=True):
    """Most sub-blocks of a parent along each axis: powers of two, because each split halves."""

    nx: _OctreeParts
    ny: _OctreeParts
    nz: _OctreeParts


class Rotation(Body, frozen=True):
    """A clockwise turn about one of the model's axes, in degrees."""

    axis: Literal["x", "y", "z"]
    angle: Annotated[float, Meta(gt=-360, lt=360)]


class SizeOptionsRegular(Body, frozen=True, tag_field="model_type", tag="regular"):
    """A grid of equal blocks."""

    n_blocks: Size3D
    block_size: BlockSize

    def check(self, *at: str | int) -> None:
        """The number of blocks."""
        self.n_blocks.check(*at, "n_blocks")


class _SubBlocked(Body, frozen=True):
    n_parent_blocks: Size3D
    parent_block_size: BlockSize

    def check(self, *at: str | int) -> None:
        """The number of parents, and that a parent can be divided at all."""
        self.n_parent_blocks.check(*at, "n_parent_blocks")
        parts: Any = getattr(self, "n_subblocks_per_parent")  # noqa: B009  (each kind has its own type of it)
        if parts.nx * parts.ny * parts.nz == 1:
            raise refusal("A parent of a sub-blocked model has more than 1 sub-block.", *at, "n_subblocks_per_parent")


class SizeOptionsFullySubBlocked(_SubBlocked, frozen=True, tag_field="model_type", tag="fully-sub-blocked"):
    """Each parent is whole or divided into all of its sub-blocks."""

    n_subblocks_per_parent: RegularSubblocks


class SizeOptionsOctree(_SubBlocked, frozen=True, tag_field="model_type", tag="variable-octree"):
    """Each parent is whole or halved again and again along the axes that can still be halved."""

    n_subblocks_per_parent: OctreeSubblocks


class SizeOptionsFlexible(_SubBlocked, frozen=True, tag_field="model_type", tag="flexible"):
    """Each parent is whole or tiled by boxes that lie on the grid of its sub-blocks."""

    n_subblocks_per_parent: RegularSubblocks


SizeOptions: TypeAlias = SizeOptionsRegular | SizeOptionsFullySubBlocked | SizeOptionsOctree | SizeOptionsFlexible


class IntRange(Body, frozen=True):
    """Whole numbers, both ends inclusive."""

    min: int
    max: int


class FloatRange(Body, frozen=True):
    """Numbers, both ends inclusive."""

    min: float
    max: float


class BBox(Body, frozen=True):
    """A box of parent blocks by zero-based index, both ends inclusive, along the model's own axes."""

    i_minmax: IntRange
    j_minmax: IntRange
    k_minmax: IntRange


class BBoxXYZ(Body, frozen=True):
    """A box of coordinates. Of a model: aligned with the world; in a question: aligned with the model (§ 3.4)."""

    x_minmax: FloatRange
    y_minmax: FloatRange
    z_minmax: FloatRange


class Box(Body, frozen=True):
    """A box in a request: all three ranges of indices, or all three of coordinates, and no mixture.

    One shape for both, because no member but the ranges themselves tells them apart; `either` says which it is.
    """

    i_minmax: IntRange | UnsetType = UNSET
    j_minmax: IntRange | UnsetType = UNSET
    k_minmax: IntRange | UnsetType = UNSET
    x_minmax: FloatRange | UnsetType = UNSET
    y_minmax: FloatRange | UnsetType = UNSET
    z_minmax: FloatRange | UnsetType = UNSET

    def check(self, *at: str | int) -> None:
        """Which ranges there are, and that none is upside down."""
        there = [name for name in self.__struct_fields__ if getattr(self, name) is not UNSET]
        if there not in (["i_minmax", "j_minmax", "k_minmax"], ["x_minmax", "y_minmax", "z_minmax"]):
            raise refusal("A box has i_minmax, j_minmax and k_minmax, or x_minmax, y_minmax and z_minmax.", *at)
        for name in there:
            found = getattr(self, name)
            if found.min > found.max:
                raise refusal(f"min {found.min} is greater than max {found.max}.", *at, name)

    def either(self) -> BBox | BBoxXYZ:
        """What a box that has been checked is."""
        if isinstance(self.i_minmax, IntRange):
            return BBox(self.i_minmax, self.j_minmax, self.k_minmax)  # type: ignore[arg-type]
        return BBoxXYZ(self.x_minmax, self.y_minmax, self.z_minmax)  # type: ignore[arg-type]


def check_rotations(rotations: list[Rotation], *at: str | int) -> None:
    """Raise Invalid for more than three, and for neighbours about the same axis: those are one rotation."""
    if len(rotations) > MAX_ROTATIONS:
        raise refusal(f"A model has at most {MAX_ROTATIONS} rotations, not {len(rotations)}.", *at)
    for index, (one, other) in enumerate(itertools.pairwise(rotations)):
        if one.axis == other.axis:
            raise refusal(f"Two rotations in a row are about the axis {one.axis}.", *at, index + 1)
