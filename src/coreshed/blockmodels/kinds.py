"""The kinds of jobs that workers run for block models."""

from collections.abc import Callable
from typing import Any, TypeAlias

from coreshed.blobs import no_room
from coreshed.blockmodels.orders import (
    COMPACT_JOB,
    COMPARISON_JOB,
    DIFF_JOB,
    GRADE_TONNAGE_JOB,
    QUERY_JOB,
    REPORT_JOB,
    SQL_JOB,
    SWATH_JOB,
    UPDATE_JOB,
)
from coreshed.blockmodels.service import BlockModels
from coreshed.database import Rows
from coreshed.jobs import Claim, Job, JobContext, JobKind, is_refusal
from coreshed.problems import Api, BadRequest, InternalError, Problem, StoreFailure, answer

DISK_FULL = "The server's disk is full. Nothing has changed; ask its operator to free disk space, then send it again."

Run: TypeAlias = Callable[[Claim, JobContext], bytes | None]


def job_kinds(block_models: BlockModels) -> list[JobKind]:
    """What `Jobs.register` takes."""

    # The engine is loaded with the first job.
    def update(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.updating import UpdateWork

        UpdateWork(block_models.ground, block_models.versions).run(claim, context)

    def query(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.querying import QueryWork

        QueryWork(block_models.ground).run(claim, context)

    def compact(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.compacting import CompactWork

        return CompactWork(block_models.ground).run(claim, context)

    def report(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.reporting import ReportWork

        ReportWork(block_models.ground).run(claim, context)

    def compare(claim: Claim, _context: JobContext) -> bytes:
        return block_models.comparisons.run(claim)

    runs: dict[str, Run] = {
        UPDATE_JOB: update,
        QUERY_JOB: query,
        COMPACT_JOB: compact,
        REPORT_JOB: report,
        COMPARISON_JOB: compare,
        **_analyses(block_models),
    }
    spent = _spent(block_models)
    return [JobKind(name, run, problem_of, is_final, spent.get(name)) for name, run in runs.items()]


def _analyses(block_models: BlockModels) -> dict[str, Run]:
    """What answers questions about versions."""

    def diff(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.differing import DiffWork

        return DiffWork(block_models.ground).run(claim, context)

    def swath(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.curves import CurveWork

        return CurveWork(block_models.ground).swath(claim, context)

    def grade_tonnage(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.curves import CurveWork

        return CurveWork(block_models.ground).grade_tonnage(claim, context)

    def sql(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.sql import SqlWork

        SqlWork(block_models.ground).run(claim, context)

    return {SQL_JOB: sql, DIFF_JOB: diff, SWATH_JOB: swath, GRADE_TONNAGE_JOB: grade_tonnage}


def _spent(block_models: BlockModels) -> dict[str, Callable[[Rows, Job], bool]]:
    """When finished jobs are of no more use. Results of reports name their jobs, so those are kept."""

    def is_query_spent(rows: Rows, job: Job) -> bool:
        """Its answer has been collected, or there never was one: nobody is handed the job for the same query."""
        return job.result is None or not block_models.ground.blobs.is_there(rows, job.result.decode())

    # What is asked again after that is reckoned again.
    at_once = (UPDATE_JOB, COMPACT_JOB, SQL_JOB, DIFF_JOB, SWATH_JOB, GRADE_TONNAGE_JOB)
    return {QUERY_JOB: is_query_spent} | dict.fromkeys(at_once, lambda _rows, _job: True)


def is_final(error: Exception) -> bool:
    """True for refusals, and where the disk is full: by the job itself, perhaps, which others of its model wait for."""
    return is_refusal(error) or _is_full(error)


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and no_room(error)


def problem_of(error: Exception) -> dict[str, Any]:
    """How a failed job describes its end."""
    shown = error if isinstance(error, Problem) else InternalError()
    if _is_full(error):
        shown = StoreFailure(DISK_FULL)
    if type(shown) is BadRequest:
        shown = InternalError()
    _, body = answer(Api.BLOCKMODELS, "job", shown)
    return body
