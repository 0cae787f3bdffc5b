"""Comparisons of results: which there are, how they come about, and what is refused."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from evo.blockmodels.endpoints import models as published

from coreshed.app import Application
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.reporting import Mine, ask, blocks, ended, opened, path_of

PREFIX = "block-model-service"


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"report-comparisons-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry)


async def test_that_a_result_compared_with_itself_differs_in_nothing(mine: Mine) -> None:
    """A58"""
    made = await mine.create()
    result = await mine.run(made)
    query = f"{path_of(mine, made)}/comparisons"
    answer = await mine.quarry.get(query, **{"from": result["report_result_uuid"], "to": result["report_result_uuid"]})
    assert answer.status_code == 200, answer.text
    found = published.ReportComparison.model_validate(answer.json())
    cells = [value for each in found.result_sets for row in each.rows for value in row.values]
    assert len(cells) == 8
    assert {(each.difference.value, each.percent.value) for each in cells} == {(0, 0)}


async def test_that_two_versions_are_compared_by_a_job(mine: Mine) -> None:
    made = await mine.create(categories=None)
    path = path_of(mine, made)
    await mine.update({"update": ["Au"]}, blocks(Au=pa.array([5.0] * 500)))
    status, begun = await ask(mine, f"{path}/comparisons")
    assert (status, begun["from_result_uuid"], begun["to_result_uuid"]) == (201, None, None)
    assert published.ReportComparisonRequestResult.model_validate(begun)
    job = await ended(mine.quarry, begun["job_url"][begun["job_url"].index("/block-models") :])
    payload = published.JobResponse.model_validate(job).payload
    assert isinstance(payload, published.ReportComparisonJobResult)
    assert payload.report_specification_uuid == UUID(made["report_specification_uuid"])
    status, again = await ask(mine, f"{path}/comparisons")
    pair = {"from_result_uuid": str(payload.from_result_uuid), "to_result_uuid": str(payload.to_result_uuid)}
    assert (status, again) == (200, pair | {"job_url": None})
    query = {"from": pair["from_result_uuid"], "to": pair["to_result_uuid"]}
    found = (await mine.quarry.get(f"{path}/comparisons", **query)).json()
    assert (found["from_result"]["version_id"], found["to_result"]["version_id"]) == (2, 3)
    mass, grade = found["result_sets"][0]["rows"][0]["values"]
    before = 58.375 / 13.5
    assert mass["difference"]["value"] == mass["percent"]["value"] == 0
    assert grade["difference"]["value"] == pytest.approx(5 - before)
    assert grade["percent"]["value"] == pytest.approx((5 - before) / before * 100)
    rounded = (await mine.quarry.get(f"{path}/comparisons", **query, decimal_places=1)).json()
    grade = rounded["result_sets"][0]["rows"][0]["values"][1]
    assert [grade[name]["value"] for name in ("from_value", "to_value", "difference")] == [4.3, 5.0, 0.7]
    assert grade["percent"]["value"] == pytest.approx(0.7 / 4.3 * 100)


async def test_that_comparisons_name_two_results_of_one_revision(mine: Mine) -> None:
    made = await mine.create()
    path = path_of(mine, made)
    first = (await mine.run(made))["report_result_uuid"]
    await mine.quarry.send("PATCH", path, mine.body(mass_unit_id="kg"))
    second = (await mine.run(made))["report_result_uuid"]
    wrong: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"from": first, "to": second}, (422, f"{PREFIX}/unprocessable-entity")),
        ({"from": first}, (422, f"{PREFIX}/validation")),
        ({"to": first}, (422, f"{PREFIX}/validation")),
        ({"from": first, "to": "x"}, (422, f"{PREFIX}/validation")),
        ({"from": first, "to": UNKNOWN_ID}, (404, f"{PREFIX}/not-found")),
        ({"from": first, "to": first, "decimal_places": 11}, (422, f"{PREFIX}/validation")),
        ({"from": first, "to": first, "decimal_places": -1}, (422, f"{PREFIX}/validation")),
    ]
    for query, wanted in wrong:
        assert kind(await mine.quarry.get(f"{path}/comparisons", **query)) == wanted, query


async def test_that_the_first_version_has_none_before_it(mine: Mine) -> None:
    path = path_of(
        mine,
        await mine.create(columns=[], categories=None, density_col_id=None, density_value=2.7, density_unit_id="t/m3"),
    )
    versions = (await mine.quarry.get(f"/block-models/{mine.bm_uuid}/versions")).json()["results"]
    refused = await mine.quarry.send("POST", f"{path}/comparisons", {"to_version_uuid": versions[1]["version_uuid"]})
    assert kind(refused) == (422, f"{PREFIX}/unprocessable-entity")
