"""Who may do what with reports, and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from coreshed import audit
from coreshed.app import Application
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.reporting import Mine, opened, path_of

PREFIX = "block-model-service"


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"report-refusals-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry)


async def test_that_editors_change_and_run_reports_and_viewers_read_them(mine: Mine) -> None:
    made = await mine.create()
    path = path_of(mine, made)
    result = await mine.run(made)
    for method, where in (
        ("POST", mine.root),
        ("PATCH", path),
        ("POST", f"{path}/jobs"),
        ("POST", f"{path}/comparisons"),
    ):
        body = mine.body(name="other") if where in (mine.root, path) else b""
        refused = await mine.quarry.send(method, where, body, "viewer")
        assert kind(refused) == (403, f"{PREFIX}/auth/forbidden")
    for where in (mine.root, path, f"{path}/results", f"{path}/results/{result['report_result_uuid']}"):
        assert (await mine.quarry.get(where)).status_code == 200
        assert kind(await mine.quarry.get(where, who="stranger")) == (404, "workspace-service/workspace-not-found")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": ""}, (422, "validation")),
        ({"name": " "}, (422, "validation")),
        ({"name": "n" * 121}, (422, "validation")),
        ({"description": "d" * 1001}, (422, "validation")),
        ({"columns": None}, (422, "validation")),
        ({"mass_unit_id": None}, (422, "validation")),
        ({"cutoff_values": []}, (422, "validation")),
        ({"cutoff_values": [1] * 21}, (422, "validation")),
        ({"cutoff_values": ["1"]}, (422, "validation")),
        ({"density_value": 1}, (422, "validation")),
        ({"null_values_policy": "USE"}, (422, "validation")),
        ({"mesh_filter": {"uuid": UNKNOWN_ID}}, (422, "validation")),
        ({"mesh_filter": {"uuid": UNKNOWN_ID, "relation": "WITHIN"}}, (422, "validation")),
        ({"bbox": {"i_minmax": {"min": 0, "max": 1}}}, (422, "validation")),
        ({"colour": "red"}, (422, "validation")),
        ({"mass_unit_id": "lb"}, (422, "unprocessable-entity")),
        ({"bbox": {f"{axis}_minmax": {"min": 0, "max": 5} for axis in "ijk"}}, (422, "unprocessable-entity")),
        ({"cutoff_col_id": UNKNOWN_ID, "cutoff_values": [1]}, (422, "column-not-found")),
        ({"density_col_id": None}, (422, "unprocessable-entity")),
    ],
)
async def test_that_what_cannot_be_reported_is_refused_and_not_kept(
    mine: Mine, changes: dict[str, Any], wanted: tuple[int, str]
) -> None:
    refused = await mine.quarry.send("POST", mine.root, mine.body(**changes))
    status, last = wanted
    assert kind(refused) == (status, f"{PREFIX}/{last}")
    assert (await mine.quarry.get(mine.root)).json()["total"] == 0


async def test_that_numbers_beyond_doubles_are_refused(mine: Mine) -> None:
    body = mine.body(cutoff_col_id=mine.ids["Au"], cutoff_values=[12345.5])
    text = json.dumps(body).replace("12345.5", "1e999").encode()
    assert kind(await mine.quarry.send("POST", mine.root, text)) == (422, f"{PREFIX}/validation")


async def test_that_a_model_without_a_size_unit_has_no_volume(quarry: Quarry) -> None:
    mine = await opened(quarry, size_unit_id=None)
    refused = await quarry.send("POST", mine.root, mine.body())
    assert kind(refused) == (422, f"{PREFIX}/unprocessable-entity")
    assert "size_unit_id" in refused.json()["detail"]


async def test_that_names_are_taken_once_per_model(mine: Mine) -> None:
    await mine.create(name="Gold")
    refused = await mine.quarry.send("POST", mine.root, mine.body(name=" Gold "))
    assert kind(refused) == (409, f"{PREFIX}/name-conflict")
    other = await mine.create(name="gold")
    refused = await mine.quarry.send("PATCH", path_of(mine, other), mine.body(name="Gold"))
    assert kind(refused) == (409, f"{PREFIX}/name-conflict")
    assert (await mine.quarry.send("PATCH", path_of(mine, other), mine.body(name="gold"))).status_code == 200


async def test_that_reports_of_a_deleted_model_are_gone(mine: Mine) -> None:
    made = await mine.create()
    path = path_of(mine, made)
    result = await mine.run(made)
    await mine.quarry.send("DELETE", f"/block-models/{mine.bm_uuid}")
    for where in (mine.root, path, f"{path}/results", f"{path}/results/{result['report_result_uuid']}"):
        assert kind(await mine.quarry.get(where)) == (410, f"{PREFIX}/gone")
    for method, where in (("POST", mine.root), ("PATCH", path), ("POST", f"{path}/jobs")):
        body = b"" if where.endswith("jobs") else mine.body(name="New")
        assert kind(await mine.quarry.send(method, where, body)) == (410, f"{PREFIX}/gone")
    await mine.quarry.send("POST", f"/block-models/{mine.bm_uuid}?deleted=false")
    assert await mine.result(path, result["report_result_uuid"]) == result


async def test_that_reports_and_results_are_found_with_their_own_model_alone(mine: Mine) -> None:
    made = await mine.create()
    result = await mine.run(made)
    other = await opened(mine.quarry, name="Other")
    foreign = f"{other.root}/{made['report_specification_uuid']}"
    for where in (foreign, f"{foreign}/results", f"{foreign}/results/{result['report_result_uuid']}"):
        assert kind(await mine.quarry.get(where)) == (404, f"{PREFIX}/not-found")
    beside = path_of(mine, await mine.create(name="Beside"))
    for result_uuid in (result["report_result_uuid"], UNKNOWN_ID):
        refused = await mine.quarry.get(f"{beside}/results/{result_uuid}")
        assert kind(refused) == (404, f"{PREFIX}/not-found")
    assert kind(await mine.quarry.get(f"{beside}/results/nonsense")) == (422, f"{PREFIX}/validation")


async def test_that_what_people_do_with_reports_is_audited(mine: Mine) -> None:
    made = await mine.create()
    await mine.quarry.send("PATCH", path_of(mine, made), mine.body(mass_unit_id="kg"))
    await mine.quarry.send("PATCH", path_of(mine, made), mine.body(mass_unit_id="kg"))  # changes nothing
    await mine.run(made)
    with mine.quarry.lab.application.databases.main.reading() as rows:
        wanted = audit.Wanted(limit=10, workspace_id=mine.quarry.lab.workspace_id, action="block-model.report.*")
        events = audit.search(rows, wanted)
    assert [each.action for each in reversed(events)] == [
        f"block-model.report.{what}" for what in ("create", "update", "run")
    ]
    assert {each.target_id for each in events} == {mine.bm_uuid}
