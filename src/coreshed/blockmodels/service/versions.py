"""Versions: how they are read, and how a further one is published."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from coreshed.blockmodels import ledger, presentation, reference
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.wire.geometry import BBox, IntRange
from coreshed.blockmodels.wire.models import PageWithUnits
from coreshed.blockmodels.wire.updates import UpdateColumns
from coreshed.blockmodels.wire.versions import ListingVersion, Mapping, Version, VersionChanges, VersionWithChanges
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.problems import NotFound, VersionConflict
from coreshed.workspaces import Role

if TYPE_CHECKING:
    from coreshed.blockmodels.engine.changes import Draft

CREATE_JOB = "block-model-create"
Published: TypeAlias = Callable[[Rows, StoredModel, StoredVersion], None]


def owner(model_id: str) -> str:
    """What the jobs of a model are found by."""
    return f"block-model:{model_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a further version consists of.

    version_uuid: as announced when the update began. base_version_id: the version that the change was made against.
    column_changes: by ids. draft: the engine's, durable already. job_id: of the job that publishes it, which publishes
    once. actor_id: the user on whose behalf.
    """

    version_uuid: str
    base_version_id: int
    mapping: Mapping
    changes: VersionChanges
    column_changes: UpdateColumns
    draft: "Draft"
    comment: str
    job_id: str
    actor_id: str


class Versions:
    """Versions of block models."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._published: list[Published] = []

    def on_published(self, call: Published) -> None:
        """Call this with every further version, in the transaction that publishes it."""
        self._published.append(call)

    def page(
        self,
        *,
        caller: Principal,
        workspace: WorkspaceKey,
        model_id: str,
        latest: bool,
        offset: int,
        limit: int,
        client: Client,
    ) -> PageWithUnits[ListingVersion]:
        """Versions, the newest first, or the latest alone; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            self._ground.live(rows, workspace, model_id)
            if latest:
                found, _ = ledger.page_of_versions(rows, model_id, limit=1, offset=0)
                found, total = found[offset:], 1
            else:
                found, total = ledger.page_of_versions(rows, model_id, limit=limit, offset=offset)
            users = self._ground.users(rows, {each.created_by for each in found})
        results = [presentation.listed_version(each, users) for each in found]
        units = presentation.referenced_units([each.mapping for each in found], client)
        return PageWithUnits(len(results), limit, offset, total, results, units)

    def get(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, version_uuid: str, with_changes: bool
    ) -> Version | VersionWithChanges:
        """One version; takes a viewer. Raises NotFound, Gone."""
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            self._ground.live(rows, workspace, model_id)
            found = self.find(rows, model_id, version_uuid)
            users = self._ground.users(rows, {found.created_by})
        return (presentation.version_with_changes if with_changes else presentation.version)(found, users)

    def find(self, rows: Rows, model_id: str, version_uuid: str) -> StoredVersion:
        """A version of a model. Raises NotFound."""
        found = ledger.find_version(rows, model_id, version_uuid)
        if found is None:
            raise NotFound(f"Version {version_uuid} of block model {model_id} not found.")
        return found

    def shown(self, rows: Rows, stored: StoredVersion) -> Version:
        """A version as answers and jobs show it."""
        return presentation.version(stored, self._ground.users(rows, {stored.created_by}))

    # Publishing

    def warm(self, model: StoredModel) -> None:
        """Load what publishing takes, outside of its transaction: the first time in a process it is slow."""
        with self._ground.database.reading() as rows:
            newest = ledger.find_version(rows, model.id, model.version_id)
            system = self._ground.workspaces.coordinate_system_of(rows, model.workspace_id)
        if newest is not None:
            self._ground.references.warm(reference.document(model, newest.version_uuid, newest.mapping), system)

    def publish(
        self, rows: Rows, *, workspace: WorkspaceKey, model_id: str, after: int, new: Publication
    ) -> StoredVersion:
        """Make version `after` + 1 in the caller's transaction, with a version of the reference object to match it.

        The caller completes its job in the same transaction, so that a worker which has lost its lease publishes
        nothing. Takes the paths of the workspace, then the model: call it before taking locks of other models. Raises
        VersionConflict where `after` is not the newest version, NotFound, Gone, WorkspaceGone, and IntegrityError where
        the job has published already.
        """
        self._ground.references.lock(rows, workspace)
        system = self._ground.workspaces.coordinate_system_of(rows, workspace.workspace_id)
        model = self._ground.live(rows, workspace, model_id, lock=True)
        now_ns = self._ground.clock.now_ns()
        if not ledger.advance(rows, model_id, after=after, at_ns=now_ns, by=new.actor_id):
            raise VersionConflict(f"The newest version of the block model is {model.version_id}, not {after}.")
        version = StoredVersion(
            model_id=model_id,
            version_id=after + 1,
            version_uuid=new.version_uuid,
            parent_version_id=after,
            base_version_id=new.base_version_id,
            bbox=_box(new.draft),
            comment=new.comment,
            created_ns=now_ns,
            created_by=new.actor_id,
            job_id=new.job_id,
            geoscience_version_id=self._refer(rows, model, new, system),
            mapping=new.mapping,
            changes=new.changes,
            column_changes=new.column_changes,
        )
        self._ground.blocks.store.publish_in(rows, model_id, new.draft, job_id=new.job_id)
        ledger.add_version(rows, version)
        detail = {"version_id": version.version_id, "version_uuid": version.version_uuid}
        self._ground.audit(rows, new.actor_id, model, "block-model.version", **detail)
        for call in self._published:
            call(rows, model, version)
        return version

    def _refer(self, rows: Rows, model: StoredModel, new: Publication, coordinate_system: str) -> str | None:
        """The version of the reference object; None where somebody has deleted the object."""
        made = self._ground.references.replace(
            rows,
            workspace=model.workspace,
            actor_id=new.actor_id,
            object_id=model.object_id,
            document=reference.document(model, new.version_uuid, new.mapping),
            coordinate_system=coordinate_system,
        )
        return None if made is None else made.version_id


def _box(draft: "Draft") -> BBox | None:
    if draft.box is None:
        return None
    i, j, k = (IntRange(low, high) for low, high in draft.box.intervals)
    return BBox(i, j, k)
