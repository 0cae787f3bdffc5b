"""What has happened to a model between two of its versions. Pure: no database, no clock.

Source: Block Model API contract, "Versions, deltas". New columns always count, deletions and new values where the
column is watched, new values only where the version's box meets the one asked for. Names and metadata never count.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coreshed.blockmodels import presentation
from coreshed.blockmodels.ledger import StoredStep, StoredVersion
from coreshed.blockmodels.wire.geometry import BBox
from coreshed.blockmodels.wire.updates import UpdateColumns
from coreshed.blockmodels.wire.versions import (
    DeltaVersionData,
    ListingColumn,
    ListingMetadataUpdate,
    ListingUpdateColumns,
    ListingValues,
    Rename,
)

if TYPE_CHECKING:
    from coreshed.blockmodels.engine.boxes import IndexBox


@dataclass(frozen=True, slots=True)
class Watched:
    """columns: ids, None for all. box: parent blocks, None where a box of coordinates holds no block."""

    columns: frozenset[str] | None
    box: "IndexBox | None"

    def any_of(self, columns: Collection[str]) -> bool:
        """Whether one of these columns is watched."""
        return bool(columns) if self.columns is None else not self.columns.isdisjoint(columns)

    def meets(self, box: BBox | None) -> bool:
        """Whether a block lies in both boxes, whose bounds are inclusive."""
        if box is None or self.box is None:
            return False
        ranges = (box.i_minmax, box.j_minmax, box.k_minmax)
        return all(
            low <= other.max and other.min <= high
            for (low, high), other in zip(self.box.intervals, ranges, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """UUIDs of versions, each list in the order in which they were published."""

    new: list[str]
    updated: list[str]
    deleted: list[str]

    @property
    def all(self) -> frozenset[str]:
        """Every version that counts."""
        return frozenset((*self.new, *self.updated, *self.deleted))


def find(steps: Iterable[StoredStep], watched: Watched) -> Found:
    """The versions that have changed what is watched."""
    found = Found([], [], [])
    for step in steps:
        columns = step.column_changes
        if columns.new:
            found.new.append(step.version_uuid)
        if watched.any_of(columns.update) and watched.meets(step.bbox):
            found.updated.append(step.version_uuid)
        if watched.any_of(columns.delete):
            found.deleted.append(step.version_uuid)
    return found


def version_data(stored: StoredVersion) -> DeltaVersionData:
    """A version as a delta shows it."""
    return DeltaVersionData(
        version_id=stored.version_id,
        version_uuid=stored.version_uuid,
        bbox=stored.bbox,
        mapping=presentation.listing_mapping(stored.mapping),
        update_columns=_update_columns(stored.column_changes),
    )


def _update_columns(done: UpdateColumns) -> ListingUpdateColumns:
    return ListingUpdateColumns(
        new=[
            ListingColumn(each.col_id, each.title, each.data_type, each.unit_id, each.group_uuid) for each in done.new
        ],
        update=done.update,
        rename=[Rename(each.col_id, each.new_title) for each in done.rename],
        delete=done.delete,
        update_metadata=[
            ListingMetadataUpdate(
                each.col_id, ListingValues(each.values.title, each.values.unit_id, each.values.group_uuid)
            )
            for each in done.update_metadata
        ],
    )
