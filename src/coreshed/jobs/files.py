"""What jobs keep in the store of bytes under their own ids, as far as the collection of blobs has to know."""

from coreshed.database import Rows
from coreshed.jobs import ledger
from coreshed.jobs.model import FINAL


def files_of_job(rows: Rows, job_id: str) -> frozenset[int] | None:
    """None, which is all of them, while a job may still publish what it has written; none once it is final."""
    state = ledger.state_of(rows, job_id)
    return frozenset() if state is None or state in FINAL else None
