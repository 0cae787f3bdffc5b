"""What answers about block models hold, as programs get it. Times are UTC; unknown members are dropped."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from coreshed.client.model import Record, User

Range = dict[str, float]


class BlockModel(Record, frozen=True, kw_only=True):
    """A block model and its grid, as the Block Model API writes it.

    model_origin: x east, y north, z up, of the lower corner of block (0, 0, 0). block_rotation: turns about the model's
    own axes, in degrees, clockwise for one who looks along the axis towards its negative end. size_options: the kind
    (`model_type`), numbers and edges of blocks. bbox: of all blocks in the world, both ends inclusive.
    """

    bm_uuid: str
    name: str
    workspace_id: str
    description: str | None = None
    model_origin: dict[str, float]
    block_rotation: list[dict[str, Any]]
    size_options: dict[str, Any]
    normalized_rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bbox: dict[str, Range]
    coordinate_reference_system: str | None = None
    size_unit_id: str | None = None
    fill_subblocks: bool = False
    geoscience_object_id: str | None = None
    created_at: datetime
    created_by: User | None = None
    last_updated_at: datetime
    last_updated_by: User | None = None

    @property
    def kind(self) -> str:
        """`regular`, `fully-sub-blocked`, `variable-octree` or `flexible`."""
        return str(self.size_options.get("model_type", ""))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of parent blocks along i, j and k."""
        counts = self.size_options.get("n_blocks") or self.size_options.get("n_parent_blocks") or {}
        return int(counts.get("nx", 0)), int(counts.get("ny", 0)), int(counts.get("nz", 0))


class BlockColumn(Record, frozen=True, kw_only=True):
    """A column of a version. col_id: UUID text, the same in every version; of a system column its title."""

    col_id: str
    title: str
    data_type: str
    unit_id: str | None = None
    group_uuid: str | None = None

    @property
    def system(self) -> bool:
        """Whether the server keeps it: geometry and `version_id`."""
        return self.col_id == self.title


class BlockGroup(Record, frozen=True, kw_only=True):
    """A group of columns. parent_group_uuid: of the group that it is in. is_hidden: `*` leaves its columns out."""

    group_uuid: str
    title: str
    parent_group_uuid: str | None = None
    is_hidden: bool = False


class BlockMapping(Record, frozen=True, kw_only=True):
    """The columns and groups of a version."""

    columns: tuple[BlockColumn, ...] = ()
    groups: tuple[BlockGroup, ...] = ()


class BlockModelVersion(Record, frozen=True, kw_only=True):
    """A version of a block model. version_id: its number, from 1.

    parent_version_id: the number before it, 0 of the first. bbox: zero-based indices of the parents that changed since
    then, both ends inclusive; None of the first and where no block changed.
    """

    bm_uuid: str
    version_uuid: str
    version_id: int
    parent_version_id: int = 0
    base_version_id: int | None = None
    bbox: dict[str, dict[str, int]] | None = None
    comment: str = ""
    created_at: datetime
    created_by: User | None = None
    geoscience_version_id: str | None = None
    mapping: BlockMapping

    @property
    def columns(self) -> list[BlockColumn]:
        """Its columns without those of the system, as they were added."""
        return [each for each in self.mapping.columns if not each.system]

    @property
    def titles(self) -> dict[str, str]:
        """The titles of these columns as queries write them, by col_id: `Assays▸Cu` in a group."""
        groups = {each.group_uuid: each for each in self.mapping.groups}
        found = {}
        for column in self.columns:
            title, above = column.title, groups.get(column.group_uuid or "")
            while above is not None:
                title, above = f"{above.title}▸{title}", groups.get(above.parent_group_uuid or "")
            found[column.col_id] = title
        return found


@dataclass(frozen=True, slots=True)
class Exported:
    """A version that was written to a file. size in bytes; sha256: lower-case hex, of what arrived."""

    version: BlockModelVersion
    local: Path
    size: int
    sha256: str
