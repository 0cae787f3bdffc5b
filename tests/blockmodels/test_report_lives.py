"""Specifications and results over time: revisions, runs that are asked for twice, runs on publication, lists."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from evo.blockmodels.endpoints import models as published

from coreshed.app import Application
from coreshed.blockmodels import ledger
from coreshed.blockmodels.work import reporting
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.reporting import Mine, ask, blocks, ended, opened, path_of, table

PREFIX = "block-model-service"
OLD = {"Evo-SDK-Source": "evo-blockmodels@v0.6.1"}


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"report-lives-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry)


async def test_that_a_specification_comes_back_as_it_was_sent(mine: Mine) -> None:
    body = mine.body(
        name="  Gold ",
        description="all of it",
        cutoff_col_id=mine.ids["Au"],
        cutoff_values=[0.5, 1],
        density_value=2.7,
        density_unit_id="t/m3",
        bbox={f"{axis}_minmax": {"min": 0, "max": 4} for axis in "ijk"},
        null_values_policy="ZERO",
        negative_values_policy="USE",
    )
    made = await mine.quarry.send("POST", mine.root, body)
    assert made.status_code == 201, made.text
    assert published.ReportSpecificationWithJobUrl.model_validate(made.json())
    answer = made.json()
    listed = [{**each, "values": None} for each in body["categories"]]
    own = {"name": "Gold", "categories": listed, "bm_uuid": mine.bm_uuid, "revision": 0, "mesh_filter": None}
    own["report_specification_uuid"] = answer["report_specification_uuid"]
    assert answer == body | own | {"job_url": None}
    got = (await mine.quarry.get(path_of(mine, answer))).json()
    assert published.ReportSpecificationWithLastRunInfo.model_validate(got)
    assert got == body | own | {"last_result_created_at": None, "last_result_version_id": None}


async def test_that_a_run_that_ends_while_another_is_asked_for_is_not_made_again(
    mine: Mine, application: Application
) -> None:
    """Two results of one revision and version cannot be: the second run would fail."""
    made = await mine.create()
    result = await mine.run(made)
    models, database = application.block_models, application.databases.main
    with database.writing() as rows:
        model = ledger.find_model(rows, mine.bm_uuid, None, lock=True)
        assert model is not None
        stored = models.runs.specification(rows, mine.bm_uuid, made["report_specification_uuid"])
        version = models.runs.version(rows, model, None)
        # What a caller does who has found no result a moment before.
        again = models.runs.queue(rows, model, stored, version, model.created_by)
    assert again == result["report_result_uuid"]


async def test_that_a_repeated_run_answers_the_result_that_is_there(mine: Mine) -> None:
    """A56, question 1"""
    path = path_of(mine, await mine.create())
    status, first = await ask(mine, f"{path}/jobs")
    assert status == 201
    assert published.ReportingJobResult.model_validate(first)
    result = await mine.result(path, first["report_result_uuid"])
    assert published.ReportResult.model_validate(result)
    status, second = await ask(mine, f"{path}/jobs")
    assert (status, second) == (200, first)
    got = await mine.quarry.lab.clients["viewer"].get(first["job_url"])
    job = got.json()
    assert published.JobResponse.model_validate(job)
    assert job == {
        "job_status": "COMPLETE",
        "payload": {
            "bm_uuid": mine.bm_uuid,
            "report_result_uuid": first["report_result_uuid"],
            "report_specification_uuid": first["report_specification_uuid"],
            "version_id": 2,
            "version_uuid": first["version_uuid"],
        },
    }
    assert isinstance(published.JobResponse.model_validate(job).payload, published.ReportRunResult)


async def test_that_only_what_changes_numbers_makes_a_revision(mine: Mine) -> None:
    """A57"""
    made = await mine.create()
    path = path_of(mine, made)

    async def revision(**changes: Any) -> int:
        answer = await mine.quarry.send("PATCH", path, mine.body(**changes))
        assert answer.status_code == 200, answer.text
        found: int = answer.json()["revision"]
        return found

    assert await revision() == 0
    assert await revision(name="Renamed", description="d", autorun=True) == 0
    assert await revision(cutoff_col_id=mine.ids["Au"], cutoff_values=[1]) == 1
    assert await revision(cutoff_col_id=mine.ids["Au"], cutoff_values=[2]) == 2
    assert await revision(cutoff_col_id=mine.ids["Au"], cutoff_values=[2], null_values_policy="ZERO") == 3
    # Policies that are null or absent stay; everything else that is absent goes.
    assert await revision(cutoff_col_id=mine.ids["Au"], cutoff_values=[2], null_values_policy=None) == 3
    kept = (await mine.quarry.get(path)).json()
    assert (kept["null_values_policy"], kept["name"], kept["description"]) == ("ZERO", "Resource", None)
    assert await revision() == 4
    assert (await mine.quarry.get(path)).json()["cutoff_values"] is None


async def test_that_a_new_revision_is_run_anew_and_old_results_stay(mine: Mine) -> None:
    made = await mine.create()
    path = path_of(mine, made)
    before = await mine.run(made)
    changed = await mine.quarry.send("PATCH", f"{path}?run_now=True", mine.body(mass_unit_id="kg", name="Kilograms"))
    job_url = changed.json()["job_url"]
    job = await ended(mine.quarry, job_url[job_url.index("/block-models") :])
    after = await mine.result(path, job["payload"]["report_result_uuid"])
    assert (before["report_specification_revision"], after["report_specification_revision"]) == (0, 1)
    assert (after["report_specification_name"], after["value_columns"][0]["unit_id"]) == ("Kilograms", "kg")
    assert table(after)[-1][2] == pytest.approx(1000 * table(before)[-1][2])
    assert await mine.result(path, before["report_result_uuid"]) == before
    results = (await mine.quarry.get(f"{path}/results")).json()
    assert [each["report_result_uuid"] for each in results["results"]] == [
        after["report_result_uuid"],
        before["report_result_uuid"],
    ]
    assert (results["count"], results["limit"], results["offset"], results["total"]) == (2, 50, 0, 2)
    second = (await mine.quarry.get(f"{path}/results", limit=1, offset=1)).json()
    assert [each["report_result_uuid"] for each in second["results"]] == [before["report_result_uuid"]]
    assert published.PaginatedResponseReportResultSummary.model_validate(second)


async def test_that_specifications_are_listed_by_name_with_their_last_result_and_units(mine: Mine) -> None:
    await mine.create(name="b", columns=[mine.column("Au", "SUM", "ozm[troy]")])
    await mine.run(await mine.create(name="c"))
    await mine.create(name="a", density_col_id=None, density_value=2, density_unit_id="g/cm3")
    listed = (await mine.quarry.get(mine.root)).json()
    page = published.PaginatedResponseWithUnitsReportSpecificationWithLastRunInfo.model_validate(listed)
    assert [each.name for each in page.results] == ["a", "b", "c"]
    assert [each.last_result_version_id for each in page.results] == [None, None, 2]
    assert page.results[2].last_result_created_at is not None
    assert {each["unit_id"] for each in listed["referenced_units"]} == {"t", "ozm[troy]", "g/t", "g/cm3"}
    second = (await mine.quarry.get(mine.root, offset=1, limit=1)).json()
    assert ([each["name"] for each in second["results"]], second["total"]) == (["b"], 3)
    refused = await mine.quarry.get(mine.root, limit=101)
    assert kind(refused) == (422, f"{PREFIX}/validation")


async def test_that_every_version_is_reported_on_where_a_report_wants_it(mine: Mine) -> None:
    automatic = path_of(mine, await mine.create(name="automatic", autorun=True))
    manual = path_of(mine, await mine.create(name="manual"))
    version = await mine.update({"update": ["Au"]}, blocks(Au=pa.array([2.0] * 500)), comment="flat")
    found: list[dict[str, Any]] = []
    for _ in range(200):
        found = (await mine.quarry.get(f"{automatic}/results")).json()["results"]
        if found:
            break
        await asyncio.sleep(0.05)
    result = await mine.result(automatic, found[0]["report_result_uuid"])
    assert (result["version_id"], result["version_uuid"], result["version_comment"]) == (
        3,
        version["version_uuid"],
        "flat",
    )
    assert [row[-1] for row in table(result)] == pytest.approx([2.0] * 4)
    assert (await mine.quarry.get(f"{manual}/results")).json()["total"] == 0


async def test_that_an_old_version_is_reported_on_as_it_was(mine: Mine) -> None:
    versions = (await mine.quarry.get(f"/block-models/{mine.bm_uuid}/versions")).json()["results"]
    await mine.update({"update": ["Au"]}, blocks(Au=pa.array([2.0] * 500)))
    made = await mine.create()
    new, old = await mine.run(made), await mine.run(made, version_uuid=versions[0]["version_uuid"])
    assert (old["version_id"], new["version_id"]) == (2, 3)
    assert table(new)[-1][-1] == pytest.approx(2)
    assert table(old)[-1][-1] == pytest.approx(58.375 / 13.5)
    first, unknown = [
        await mine.quarry.send("POST", f"{path_of(mine, made)}/jobs", {"version_uuid": version_uuid})
        for version_uuid in (versions[1]["version_uuid"], UNKNOWN_ID)
    ]
    assert kind(first) == (422, f"{PREFIX}/column-not-found")
    assert kind(unknown) == (404, f"{PREFIX}/not-found")


async def test_that_a_unit_that_a_version_lacks_is_that_of_the_newest(mine: Mine) -> None:
    """Question 22"""

    def unit(unit_id: str | None) -> dict[str, Any]:
        return {"update_metadata": [{"title": "Au", "values": {"unit_id": unit_id}}]}

    without = await mine.update(unit(None))
    refused = await mine.quarry.send("POST", mine.root, mine.body())
    assert kind(refused) == (422, f"{PREFIX}/unprocessable-entity")
    assert refused.json()["detail"] == "The column 'Au' has no unit. Give it one."
    newest = await mine.update(unit("%[mass]"))
    made = await mine.create()
    result = await mine.run(made, version_uuid=without["version_uuid"])
    assert table(result)[-1][-1] == pytest.approx(58.375 / 13.5 * 10_000)
    assert [(each["warning_type"], each["occurrences"]) for each in result["warnings"]] == [
        ("UNIT_FROM_LATEST_VERSION", 1)
    ]
    referenced = {each["title"]: each for each in result["referenced_columns"]}
    assert referenced["Au"] == {
        "col_id": mine.ids["Au"],
        "data_type": "Float64",
        "title": "Au",
        "unit_id": "%[mass]",
        "unit_id_from_version": newest["version_uuid"],
    }
    assert {title: each["unit_id_from_version"] for title, each in referenced.items() if title != "Au"} == {
        "domain": None,
        "density": None,
    }


async def test_that_a_run_that_fails_on_publication_says_why(mine: Mine) -> None:
    made = await mine.create(name="automatic", autorun=True)
    await mine.update({"delete": ["Au"]})
    jobs = mine.quarry.lab.application.jobs
    with jobs.database.reading() as rows:
        [job] = jobs.find(rows, owner=f"block-model:{mine.bm_uuid}", kinds=["block-model-report"])
    shown = await ended(mine.quarry, f"/block-models/{mine.bm_uuid}/jobs/{job.id}")
    assert shown["job_status"] == "FAILED"
    assert shown["payload"]["type"].endswith("/column-not-found")
    refused = await mine.quarry.get(f"{path_of(mine, made)}/results/{job.id}")
    assert kind(refused) == (404, f"{PREFIX}/not-found")
    assert f"its run failed. Column {mine.ids['Au']} not found" in refused.json()["detail"]


async def test_that_older_clients_read_numbers_and_newer_ones_cells(mine: Mine) -> None:
    """A59, N1, N3"""
    made = await mine.create(cutoff_col_id=mine.ids["Au"], cutoff_values=[9], null_values_policy="IGNORE_VALUE")
    path = path_of(mine, made)
    new = await mine.run(made)
    old = await mine.result(path, new["report_result_uuid"], headers=OLD)
    assert new["result_sets"][0]["rows"][-1]["values"] == [
        {"value": 0.0, "status": "OK"},
        {"value": None, "status": "NO_DATA"},
    ]
    assert old["result_sets"][0]["rows"][-1]["values"] == [0.0, 0.0]
    query = f"{path}/comparisons?from={new['report_result_uuid']}&to={new['report_result_uuid']}"
    compared = (await mine.quarry.send("GET", query, headers=OLD)).json()
    assert compared["result_sets"][0]["rows"][-1]["values"] == [
        {"from_value": 0.0, "to_value": 0.0, "difference": 0.0, "percent": None},
        {"from_value": 0.0, "to_value": 0.0, "difference": 0.0, "percent": None},
    ]
    early = {"Evo-SDK-Source": "evo-blockmodels@v0.4.2"}
    shown = [(await mine.quarry.send("GET", path, headers=each)).json() for each in (early, OLD)]
    assert [each["null_values_policy"] for each in shown] == ["IGNORE_BLOCK", "IGNORE_VALUE"]


async def test_that_of_many_who_ask_at_once_all_get_the_same_run(mine: Mine) -> None:
    path = path_of(mine, await mine.create())
    answers = await asyncio.gather(*(ask(mine, f"{path}/jobs") for _ in range(6)))
    assert len({answer["report_result_uuid"] for _, answer in answers}) == 1
    assert (await mine.quarry.get(f"{path}/results")).json()["total"] == 1
    jobs = mine.quarry.lab.application.jobs
    with jobs.database.reading() as rows:
        assert len(jobs.find(rows, owner=f"block-model:{mine.bm_uuid}", kinds=["block-model-report"])) == 1


async def test_that_a_result_beyond_what_one_answer_holds_is_refused(
    mine: Mine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "MOST_CELLS", 7)  # there are 4 rows of 2
    made = await mine.create(run_now=True)
    job = await ended(mine.quarry, made["job_url"][made["job_url"].index("/block-models") :])
    assert job["payload"]["detail"].startswith("The report would have 8 numbers, more than 7;")
