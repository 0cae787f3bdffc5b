"""From the words of the wire to the engine's grid, and what follows from it."""

from math import prod
from typing import TYPE_CHECKING

from coreshed.blockmodels.wire.geometry import (
    BBoxXYZ,
    FloatRange,
    Location,
    Rotation,
    SizeOptions,
    SizeOptionsRegular,
)
from coreshed.blockmodels.wire.models import Geometry
from coreshed.blockmodels.wire.reading import refusal

if TYPE_CHECKING:
    from coreshed.blockmodels.engine.grid import Grid


def kind_of(sizes: SizeOptions) -> str:
    """The kind of a model, which its sizes tell: the value of an engine's `Kind`."""
    return str(sizes.__struct_config__.tag)


def parents_of(sizes: SizeOptions) -> tuple[int, int, int]:
    """Numbers of parent blocks along i, j, k."""
    counts = sizes.n_blocks if isinstance(sizes, SizeOptionsRegular) else sizes.n_parent_blocks
    return counts.nx, counts.ny, counts.nz


def grid_of(origin: Location, rotations: list[Rotation], sizes: SizeOptions) -> "Grid":
    """The engine's grid. Raises ValueError naming the rule that is broken."""
    # With the first model: commands and servers without any never load numpy.
    from coreshed.blockmodels.engine.grid import Grid, Kind
    from coreshed.blockmodels.engine.grid import Rotation as Turn

    size = sizes.block_size if isinstance(sizes, SizeOptionsRegular) else sizes.parent_block_size
    parts = (1, 1, 1)
    if not isinstance(sizes, SizeOptionsRegular):
        counts = sizes.n_subblocks_per_parent
        parts = counts.nx, counts.ny, counts.nz
    return Grid(
        kind=Kind(kind_of(sizes)),
        origin=(origin.x, origin.y, origin.z),
        parents=parents_of(sizes),
        size=(size.x, size.y, size.z),
        counts=parts,
        rotations=tuple(Turn(each.axis, each.angle) for each in rotations),
    )


def geometry_of(origin: Location, rotations: list[Rotation], sizes: SizeOptions) -> Geometry:
    """What a model keeps. Raises Invalid."""
    try:
        grid = grid_of(origin, rotations, sizes)
    except ValueError as error:
        raise refusal(f"{error}.", "size_options") from error
    x, y, z = (FloatRange(low, high) for low, high in grid.bbox())
    return Geometry(origin, rotations, sizes, grid.normalized_rotation(), BBoxXYZ(x, y, z))


def total_of_parents(geometry: Geometry) -> int:
    """How many blocks a model has before any parent is divided."""
    return prod(parents_of(geometry.size_options))
