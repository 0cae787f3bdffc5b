"""What an update asks for, and what it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from coreshed.blockmodels.engine.boxes import IndexBox
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.manifest import Manifest
from coreshed.blockmodels.engine.maps import EncodedMap
from coreshed.blockmodels.engine.segments import SegmentFile


class UpdateType(StrEnum):
    """What becomes of blocks that an upload does not name: they keep their values, or become null."""

    MERGE = "merge"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Written:
    """A column that an update gives values: where it is in the upload, and what it is in the model.

    source: None where the upload does not have it, and its blocks are to become null.
    """

    column_id: str
    title: str
    data_type: DataType
    source: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One update. new and updated columns take values from the upload; deleted and renamed ones are named by id."""

    new: tuple[Written, ...] = ()
    updated: tuple[Written, ...] = ()
    deleted: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    update_type: UpdateType = UpdateType.MERGE
    geometry_change: bool = False
    fill_subblocks: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version, durable but not published.

    box: the parents with changed values, None where no value changed. blocks_uploaded: rows of the upload, None without
    one.
    """

    base_version: int
    manifest: Manifest
    maps: tuple[EncodedMap, ...] = ()
    segments: tuple[SegmentFile, ...] = ()
    box: IndexBox | None = None
    blocks_uploaded: int | None = None
