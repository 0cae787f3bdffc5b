"""Which stored files the published versions need. Loads nothing but the tables, for those who only ask that."""

from sqlalchemy import select

from coreshed.blockmodels.engine.tables import block_segments
from coreshed.database import Rows


def published_tokens(rows: Rows, job_id: str) -> set[int]:
    """Tokens of the segments that a job has published; none where it has not, or not yet."""
    return set(rows.execute(select(block_segments.c.token).where(block_segments.c.job_id == job_id)).scalars())
