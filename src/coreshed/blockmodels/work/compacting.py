"""Compaction in the background: models with many small updates stay as fast to read and to copy as they were."""

from dataclasses import dataclass

from coreshed.blockmodels.engine.compaction import plan_compaction
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.orders import COMPACT_JOB
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.versions import owner
from coreshed.jobs import Claim, JobContext, State

PATCHES = 4
"""Tiles with so many patches are compacted."""


def is_due(snapshot: Snapshot) -> bool:
    """Whether a version is worth compacting."""
    return plan_compaction(snapshot, patches=PATCHES).count > 0


@dataclass(frozen=True)
class CompactWork:
    """What a worker does to compact the newest version of a model."""

    ground: Ground

    def request(self, model_id: str) -> None:
        """Queue a job, unless one waits already."""
        with self.ground.database.writing() as rows:
            waiting = self.ground.jobs.find(
                rows, owner=owner(model_id), kinds=[COMPACT_JOB], states=[State.QUEUED], limit=1
            )
            if not waiting:
                self.ground.jobs.create(rows, kind=COMPACT_JOB, owner=owner(model_id))

    def run(self, claim: Claim, _context: JobContext) -> bytes:
        """Compact whatever version is the newest now. Raises OSError."""
        blocks = self.ground.blocks.store
        snapshot = blocks.snapshot(claim.owner.partition(":")[2])
        tiles = blocks.compact(snapshot, patches=PATCHES, job_id=claim.id, first_token=claim.attempt << 32)
        return str(tiles).encode()
