"""The kinds of jobs that workers run for block models."""

from typing import Any

from coreshed.blockmodels.orders import QUERY_JOB, UPDATE_JOB
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

    return [JobKind(UPDATE_JOB, update, problem_of), JobKind(QUERY_JOB, query, problem_of)]


def problem_of(error: Exception) -> dict[str, Any]:
    """How a failed job describes its end."""
    shown = error if isinstance(error, Problem) else InternalError()
    if type(shown) is BadRequest:
        shown = InternalError()
    _, body = answer(Api.BLOCKMODELS, "job", shown)
    return body
