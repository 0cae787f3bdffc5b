"""Durable jobs: rows that workers lease, one attempt at a time.

A room registers a `JobKind`, creates rows with `Jobs.create` in the transactions of its changes, and publishes what a
job made together with `Jobs.complete`. `JobWorker` runs them.
"""

from coreshed.jobs.files import files_of_job
from coreshed.jobs.model import (
    Claim,
    GaveUp,
    Job,
    JobContext,
    JobKind,
    LeaseLost,
    NotUploaded,
    State,
    is_refusal,
)
from coreshed.jobs.service import Jobs
from coreshed.jobs.worker import JobWorker

__all__ = [
    "Claim",
    "GaveUp",
    "Job",
    "JobContext",
    "JobKind",
    "JobWorker",
    "Jobs",
    "LeaseLost",
    "NotUploaded",
    "State",
    "files_of_job",
    "is_refusal",
]
