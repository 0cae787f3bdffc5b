"""Files that answer jobs."""

from coreshed.blobs import BlobWriter, Purpose
from coreshed.blockmodels.service.ground import Ground
from coreshed.jobs import Claim


def publish_answer(ground: Ground, claim: Claim, made: BlobWriter, result: bytes) -> None:
    """Let readers see a finished file and complete the job, or neither. Raises LeaseLost."""
    with ground.database.writing() as rows:
        ground.contents.publish(
            rows,
            made,
            workspace_id=claim.workspace_id or "",
            purpose=Purpose.BLOCK_ANSWER,
            name=f"{claim.id}.{claim.attempt}",
        )
        ground.jobs.complete(rows, claim, result)
