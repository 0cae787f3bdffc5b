"""Results that are announced before they are there, with a worker that comes late or never."""

import asyncio
import time
from collections.abc import Callable

import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import Quarry, kind
from tests.blockmodels.reporting import GRID, Mine, ended, table

SOLID = {
    "columns": [],
    "categories": None,
    "density_col_id": None,
    "density_value": 2.0,
    "density_unit_id": "t/m3",
}


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """A model without data: its blocks have a volume all the same."""
    made = await quarry.create(GRID | {"name": "Empty"})
    return Mine(quarry, made["bm_uuid"], dict.fromkeys(("Au", "domain", "density"), ""))


@pytest.fixture
def hasty(application: Application, monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Sets how long runs and results are waited for."""

    def wait(prompt: float, patience: float) -> None:
        monkeypatch.setattr(application.block_models.runs, "prompt", prompt)
        monkeypatch.setattr(application.block_models.runs, "patience", patience)

    return wait


async def test_that_a_run_is_answered_before_its_result_where_nobody_does_it(
    mine: Mine, hasty: Callable[[float, float], None]
) -> None:
    hasty(0.2, 0.1)
    path = f"{mine.root}/{(await mine.create(**SOLID))['report_specification_uuid']}"
    began = time.monotonic()
    begun = await mine.quarry.send("POST", f"{path}/jobs", b"")
    assert begun.status_code == 201
    assert time.monotonic() - began >= 0.2
    again = await mine.quarry.send("POST", f"{path}/jobs", b"")
    assert (again.status_code, again.json()) == (201, begun.json())
    refused = await mine.quarry.get(f"{path}/results/{begun.json()['report_result_uuid']}")
    assert kind(refused) == (404, "block-model-service/not-found")
    assert refused.json()["detail"].endswith("is not there yet.")
    assert (await mine.quarry.get(f"{path}/results")).json()["total"] == 0


async def test_that_a_reader_is_kept_until_the_result_is_there(
    mine: Mine, application: Application, hasty: Callable[[float, float], None]
) -> None:
    """Question 1"""
    hasty(0, 30)
    made = await mine.create(**SOLID, run_now=True)
    path = f"{mine.root}/{made['report_specification_uuid']}"
    result_uuid = made["job_url"].rpartition("/")[2]
    reading = asyncio.create_task(mine.result(path, result_uuid))
    await asyncio.sleep(0.3)
    assert not reading.done()
    worker = application.start_jobs("late")
    try:
        result = await reading
    finally:
        worker.stop(10)
    assert table(result) == [[None, pytest.approx(500 * 6250 * 2)]]
    assert result["report_result_uuid"] == result_uuid


async def test_that_a_comparison_waits_for_its_runs(
    mine: Mine, application: Application, hasty: Callable[[float, float], None]
) -> None:
    hasty(0, 0)
    path = f"{mine.root}/{(await mine.create(**SOLID))['report_specification_uuid']}"
    run = (await mine.quarry.send("POST", f"{path}/jobs", b"")).json()
    version = {"from_version_uuid": run["version_uuid"]}
    begun = await mine.quarry.send("POST", f"{path}/comparisons", version)
    assert begun.status_code == 201
    worker = application.start_jobs("later")
    try:
        job = await ended(mine.quarry, begun.json()["job_url"].partition(mine.quarry.lab.workspace_id)[2])
    finally:
        worker.stop(10)
    assert job["job_status"] == "COMPLETE"
    assert job["payload"]["from_result_uuid"] == job["payload"]["to_result_uuid"] == run["report_result_uuid"]


async def test_that_a_run_of_an_older_revision_is_of_what_was_asked_then(
    mine: Mine, application: Application, hasty: Callable[[float, float], None]
) -> None:
    hasty(0, 30)
    made = await mine.create(**SOLID, run_now=True)
    path = f"{mine.root}/{made['report_specification_uuid']}"
    changed = await mine.quarry.send("PATCH", f"{path}?run_now=true", mine.body(**SOLID | {"density_value": 3.0}))
    assert changed.json()["job_url"] != made["job_url"]
    worker = application.start_jobs("latest")
    try:
        old, new = [await mine.result(path, each["job_url"].rpartition("/")[2]) for each in (made, changed.json())]
    finally:
        worker.stop(10)
    assert [each["report_specification_revision"] for each in (old, new)] == [0, 1]
    assert [table(each)[0][1] for each in (old, new)] == pytest.approx([500 * 6250 * 2, 500 * 6250 * 3])
