"""The kinds of jobs that workers run for block models."""

from collections.abc import Callable
from typing import Any

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
from coreshed.jobs import Claim, JobContext, JobKind
from coreshed.problems import Api, BadRequest, InternalError, Problem, answer


def job_kinds(block_models: BlockModels) -> list[JobKind]:
    """What `Jobs.register` takes."""

    # The engine is loaded with the first job.
    def update(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.updating import UpdateWork

        UpdateWork(block_models.ground, block_models.versions).run(claim, context)

    def query(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.querying import QueryWork

        QueryWork(block_models.ground).run(claim, context)

    def sql(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.sql import SqlWork

        SqlWork(block_models.ground).run(claim, context)

    def compact(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.compacting import CompactWork

        return CompactWork(block_models.ground).run(claim, context)

    def report(claim: Claim, context: JobContext) -> None:
        from coreshed.blockmodels.work.reporting import ReportWork

        ReportWork(block_models.ground).run(claim, context)

    def compare(claim: Claim, _context: JobContext) -> bytes:
        return block_models.comparisons.run(claim)

    def diff(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.differing import DiffWork

        return DiffWork(block_models.ground).run(claim, context)

    def swath(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.curves import CurveWork

        return CurveWork(block_models.ground).swath(claim, context)

    def grade_tonnage(claim: Claim, context: JobContext) -> bytes:
        from coreshed.blockmodels.work.curves import CurveWork

        return CurveWork(block_models.ground).grade_tonnage(claim, context)

    runs: dict[str, Callable[[Claim, JobContext], bytes | None]] = {
        UPDATE_JOB: update,
        QUERY_JOB: query,
        SQL_JOB: sql,
        COMPACT_JOB: compact,
        REPORT_JOB: report,
        COMPARISON_JOB: compare,
        DIFF_JOB: diff,
        SWATH_JOB: swath,
        GRADE_TONNAGE_JOB: grade_tonnage,
    }
    return [JobKind(name, run, problem_of) for name, run in runs.items()]


def problem_of(error: Exception) -> dict[str, Any]:
    """How a failed job describes its end."""
    shown = error if isinstance(error, Problem) else InternalError()
    if type(shown) is BadRequest:
        shown = InternalError()
    _, body = answer(Api.BLOCKMODELS, "job", shown)
    return body
