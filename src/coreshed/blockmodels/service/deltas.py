"""Deltas: which versions have changed what somebody watches."""

from typing import TYPE_CHECKING

from coreshed.blockmodels import deltas, geometry, ledger
from coreshed.blockmodels.deltas import Found, Watched
from coreshed.blockmodels.ledger import StoredModel, StoredStep, StoredVersion
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.queries import check_box
from coreshed.blockmodels.service.versions import Versions
from coreshed.blockmodels.wire.geometry import BBox, BBoxXYZ
from coreshed.blockmodels.wire.versions import DeltaRequestData, DeltaResponseData
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import Unprocessable
from coreshed.workspaces import Role

if TYPE_CHECKING:
    from coreshed.blockmodels.engine.boxes import IndexBox


class Deltas:
    """What has changed between versions."""

    def __init__(self, ground: Ground, versions: Versions) -> None:
        self._ground = ground
        self._versions = versions

    def between(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, version_uuid: str, asked: DeltaRequestData
    ) -> DeltaResponseData | None:
        """What the versions after this one have changed, up to the one asked for or the newest; takes a viewer.

        None where nothing counts. `version_data` is there where it is asked for. Raises Unprocessable, NotFound, Gone.
        """
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            model = self._ground.live(rows, workspace, model_id)
            start = self._versions.find(rows, model_id, version_uuid)
            end_id = self._end(rows, model, start, asked)
            steps = ledger.steps_between(rows, model_id, after=start.version_id, upto=end_id)
            found = deltas.find(steps, Watched(_columns(start, steps, asked.columns), _box(model, asked)))
            if not found.all:
                return None
            shown = self._shown(rows, model_id, found, start.version_id, end_id) if asked.verbose else []
        return DeltaResponseData(
            new_deltas=found.new,
            update_deltas=found.updated,
            delete_deltas=found.deleted,
            version_data=[deltas.version_data(each) for each in shown],
        )

    def _end(self, rows: Rows, model: StoredModel, start: StoredVersion, asked: DeltaRequestData) -> int:
        if asked.end_version_uuid is None:
            return model.version_id
        end = self._versions.find(rows, model.id, str(asked.end_version_uuid))
        if end.version_id < start.version_id:
            raise Unprocessable(
                f"The delta ends with version {end.version_id}, which is older than version {start.version_id}."
            )
        return end.version_id

    @staticmethod
    def _shown(rows: Rows, model_id: str, found: Found, after: int, upto: int) -> list[StoredVersion]:
        between = ledger.versions_between(rows, model_id, after=after, upto=upto)
        return [each for each in between if each.version_uuid in found.all]


def _columns(start: StoredVersion, steps: list[StoredStep], asked: list[str]) -> frozenset[str] | None:
    """Ids of the watched columns; None for all. Raises Unprocessable for an id that no version of the range has."""
    if "*" in asked:
        return None
    known = {each.col_id for each in start.mapping.columns}
    known.update(each.col_id for step in steps for each in step.column_changes.new)
    for each in asked:
        if each not in known and each.lower() not in known:
            raise Unprocessable(f"There is no column with the id {each[:120]!r} in these versions.")
    return frozenset(each if each in known else each.lower() for each in asked)


def _box(model: StoredModel, asked: DeltaRequestData) -> "IndexBox | None":
    """The parent blocks asked about; of a box of coordinates those that have a block with its centroid inside."""
    # With the first delta: servers that answer none load no engine.
    from coreshed.blockmodels.engine.boxes import AlignedBox, IndexBox

    box = asked.bbox.either()
    if isinstance(box, BBox):
        check_box(model, box)
        ranges = (box.i_minmax, box.j_minmax, box.k_minmax)
        return IndexBox(*((each.min, each.max) for each in ranges))
    assert isinstance(box, BBoxXYZ)  # noqa: S101  (either)
    shape, spans = model.geometry, (box.x_minmax, box.y_minmax, box.z_minmax)
    grid = geometry.grid_of(shape.model_origin, shape.block_rotation, shape.size_options)
    aligned = AlignedBox(*((each.min, each.max) for each in spans))
    return grid.box_of_xyz(aligned) if model.kind == "regular" else grid.parents_near(aligned)
