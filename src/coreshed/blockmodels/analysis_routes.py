"""The routes of what versions say: differences, swaths, grade-tonnage curves. Extensions of the published API."""

from typing import Any

from litestar import Response, get, post

from coreshed import ids
from coreshed.blockmodels import openapi
from coreshed.blockmodels.calls import ONE, Ask, Call, Here, Id, model_key
from coreshed.blockmodels.service import Begun
from coreshed.blockmodels.wire import analyses as wire
from coreshed.blockmodels.wire import read

DIFF = ONE + "/versions/{from_version:str}/diff/{to_version:str}"
SWATHS = ONE + "/swaths"
GRADE_TONNAGE = ONE + "/grade-tonnage"


def _of_model(call: Call, org_id: str, workspace_id: str, bm_id: str) -> dict[str, Any]:
    return {"caller": call.caller, "workspace": ids.workspace_key(org_id, workspace_id), "model_id": model_key(bm_id)}


async def _answer(call: Call, of: dict[str, Any], begun: Begun) -> Response[Any]:
    """The answer where it is there in time, else where to ask for it."""
    analyses, found = call.block_models.analyses, begun.answer
    if found is None:
        await analyses.settle(begun.shown.job_uuid)
        found = await call.database.search(analyses.answer, **of, job_id=begun.shown.job_uuid)
    return Response(begun.shown, status_code=202) if found is None else Response(found, status_code=200)


@get(DIFF, operation_class=openapi.DIFF)
async def diff_versions(
    org_id: Id, workspace_id: Id, bm_id: Id, from_version: Id, to_version: Id, call: Here
) -> Response[wire.VersionDifference | wire.AnalysisJob]:
    """What differs between two versions, each by number or UUID."""
    of = _of_model(call, org_id, workspace_id, bm_id)
    begun = await call.database.change(call.block_models.analyses.diff, **of, before=from_version, after=to_version)
    return await _answer(call, of, begun)


@post(SWATHS, status_code=200, operation_class=openapi.SWATH)
async def swath_version(
    org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here
) -> Response[wire.SwathAnswer | wire.AnalysisJob]:
    """Means of columns along an axis of a version."""
    of = _of_model(call, org_id, workspace_id, bm_id)
    asked = read(await request.body(), wire.SwathQuestion)
    return await _answer(call, of, await call.database.change(call.block_models.analyses.swath, **of, asked=asked))


@post(GRADE_TONNAGE, status_code=200, operation_class=openapi.GRADE_TONNAGE)
async def grade_tonnage_of_version(
    org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here
) -> Response[wire.GradeTonnageAnswer | wire.AnalysisJob]:
    """Tonnage and grade of a version above cut-offs."""
    of = _of_model(call, org_id, workspace_id, bm_id)
    asked = read(await request.body(), wire.GradeTonnageQuestion)
    begun = await call.database.change(call.block_models.analyses.grade_tonnage, **of, asked=asked)
    return await _answer(call, of, begun)


HANDLERS = [diff_versions, swath_version, grade_tonnage_of_version]
