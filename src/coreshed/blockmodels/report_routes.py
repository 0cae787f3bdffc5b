"""The routes of reports over block models."""

from typing import Any

from litestar import Response, get, patch, post

from coreshed import ids
from coreshed.blockmodels import dialect, openapi
from coreshed.blockmodels.calls import ONE, Ask, Call, Here, Id, model_key
from coreshed.blockmodels.listing import decimal_places_of, page_of
from coreshed.blockmodels.service import Awaited
from coreshed.blockmodels.wire import read
from coreshed.blockmodels.wire import reports as wire
from coreshed.blockmodels.wire.models import Page, PageWithUnits
from coreshed.problems import Invalid, NotFound
from coreshed.wire_common import boolean

REPORTS = ONE + "/report-specifications"
REPORT = REPORTS + "/{rs_id:str}"
JOBS = REPORT + "/jobs"
RESULTS = REPORT + "/results"
RESULT = RESULTS + "/{report_result_uuid:str}"
COMPARISONS = REPORT + "/comparisons"


def _run_now(request: Ask) -> bool:
    return boolean(request.query_params.get("run_now"), "run_now") or False


def _of_model(call: Call, org_id: str, workspace_id: str, bm_id: str) -> dict[str, Any]:
    return {"caller": call.caller, "workspace": ids.workspace_key(org_id, workspace_id), "model_id": model_key(bm_id)}


def _of_report(call: Call, org_id: str, workspace_id: str, bm_id: str, rs_id: str) -> dict[str, Any]:
    members = _of_model(call, org_id, workspace_id, bm_id)
    return members | {"specification_id": ids.read_id(rs_id, "rs_id")}


@get(REPORTS, operation_class=openapi.PAGE)
async def list_reports(
    org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here
) -> PageWithUnits[wire.ReportSpecificationWithLastRunInfo]:
    """Report specifications of a block model, by name."""
    offset, limit = page_of(request.query_params)
    return await call.database.search(
        call.block_models.reports.page,
        **_of_model(call, org_id, workspace_id, bm_id),
        offset=offset,
        limit=limit,
        client=call.client,
    )


@post(REPORTS, status_code=201, operation_class=openapi.REPORT)
async def create_report(
    org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here
) -> wire.ReportSpecificationWithJobUrl:
    """Create a report specification."""
    of = _of_model(call, org_id, workspace_id, bm_id)
    return await call.database.change(
        call.block_models.reports.create,
        **of,
        asked=read(await request.body(), wire.CreateReportSpecification),
        run_now=_run_now(request),
        client=call.client,
    )


@get(REPORT)
async def get_report(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, call: Here
) -> wire.ReportSpecificationWithLastRunInfo:
    """A report specification."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    return await call.database.search(call.block_models.reports.get, **of, client=call.client)


@patch(REPORT, status_code=200, operation_class=openapi.REPORT)
async def update_report(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, request: Ask, call: Here
) -> wire.ReportSpecificationWithJobUrl:
    """Replace a report specification; policies that are not named stay."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    return await call.database.change(
        call.block_models.reports.update,
        **of,
        asked=read(await request.body(), wire.UpdateReportSpecification),
        run_now=_run_now(request),
        client=call.client,
    )


@post(JOBS, status_code=201, operation_class=openapi.REPORT_JOB)
async def run_report(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, request: Ask, call: Here
) -> Response[wire.ReportingJobResult]:
    """Run a report over a version."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    asked = read(await request.body(), wire.ReportingJobSpec)
    run = await call.database.change(call.block_models.runs.begin, **of, asked=asked)
    if run.is_new:
        await call.block_models.runs.settle(run.shown.job_uuid, call.block_models.runs.prompt)
    return Response(run.shown, status_code=201 if run.is_new else 200)


@get(RESULTS, operation_class=openapi.PAGE)
async def list_results(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, request: Ask, call: Here
) -> Page[wire.ReportResultSummary]:
    """Results of a report, the newest first."""
    offset, limit = page_of(request.query_params)
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    return await call.database.search(call.block_models.runs.page, **of, offset=offset, limit=limit)


@get(RESULT)
async def get_result(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, report_result_uuid: Id, call: Here
) -> wire.ReportResult:
    """A result of a report; one that is being made is waited for."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    of["result_id"] = ids.read_id(report_result_uuid, "report_result_uuid")
    runs = call.block_models.runs
    found = await call.database.search(runs.result, **of)
    if isinstance(found, Awaited):
        await runs.settle(found.job_id, runs.patience)
        found = await call.database.search(runs.result, **of)
    if isinstance(found, Awaited):
        raise NotFound(f"Report result {of['result_id']} is not there yet.")
    # Older clients read other cells than those declared.
    shown: wire.ReportResult = dialect.result(call.client, found)
    return shown


@post(COMPARISONS, status_code=201, operation_class=openapi.COMPARISON_JOB)
async def begin_comparison(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, request: Ask, call: Here
) -> Response[wire.ReportComparisonRequestResult]:
    """Find or make the results that a comparison of two versions takes."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    asked = read(await request.body(), wire.ReportComparisonSpec)
    made = await call.database.change(call.block_models.comparisons.begin, **of, asked=asked)
    return Response(made, status_code=200 if made.job_url is None else 201)


@get(COMPARISONS, operation_class=openapi.COMPARISON)
async def compare_results(
    org_id: Id, workspace_id: Id, bm_id: Id, rs_id: Id, request: Ask, call: Here
) -> wire.ReportComparison:
    """Two results of a report side by side."""
    of = _of_report(call, org_id, workspace_id, bm_id, rs_id)
    found = await call.database.search(
        call.block_models.comparisons.get,
        **of,
        from_id=_result_of(request, "from"),
        to_id=_result_of(request, "to"),
        decimal_places=decimal_places_of(request.query_params),
    )
    shown: wire.ReportComparison = dialect.comparison(call.client, found)
    return shown


def _result_of(request: Ask, name: str) -> str:
    text = request.query_params.get(name)
    if not text:
        raise Invalid(f"{name}: the id of a result is required.")
    return ids.read_id(text, name)


HANDLERS = [
    list_reports,
    create_report,
    get_report,
    update_report,
    run_report,
    list_results,
    get_result,
    begin_comparison,
    compare_results,
]
