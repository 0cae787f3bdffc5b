"""Jobs as their callers see them, in every state."""

from typing import Any

import pytest
from evo.blockmodels.endpoints import models as published

from coreshed.jobs import JobKind
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.publishing import newest, services

PREFIX = "block-model-service"
ERROR = {
    "type": "https://seequent.com/error-codes/block-model-service/job/update-error",
    "title": "Error in Update",
    "status": 400,
    "detail": "Update file not found.",
}


async def job_of(quarry: Quarry, model_id: str, **more: Any) -> str:
    """A job that nobody in this process runs."""
    _, database = services(quarry)
    with database.writing() as rows:
        return quarry.lab.application.jobs.create(
            rows, kind="block-model-trial", owner=f"block-model:{model_id}", **more
        ).id


async def shown(quarry: Quarry, model_id: str, job_id: str) -> dict[str, Any]:
    """What is answered; the published client reads it."""
    answer = await quarry.get(f"/block-models/{model_id}/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert published.JobResponse.model_validate(found)
    return found


async def test_that_a_job_is_answered_in_every_state(quarry: Quarry) -> None:
    """Section 1.4"""
    jobs, (_, database) = quarry.lab.application.jobs, services(quarry)
    model_id = (await quarry.create())["bm_uuid"]
    job_id = await job_of(quarry, model_id, waits_for_upload=True)
    assert await shown(quarry, model_id, job_id) == {"job_status": "PENDING_UPLOAD"}
    with database.writing() as rows:
        jobs.queue(rows, job_id)
    assert await shown(quarry, model_id, job_id) == {"job_status": "QUEUED"}
    jobs.register(JobKind("block-model-trial", lambda _claim, _context: None, lambda _error: ERROR))
    try:
        with database.writing() as rows:
            claim = jobs.claim(rows, "worker")
        assert claim is not None
        assert await shown(quarry, model_id, job_id) == {"job_status": "PROCESSING"}
        with database.writing() as rows:
            jobs.fail(rows, claim, ERROR | {"column": "Cu"})
    finally:
        del jobs._kinds["block-model-trial"]
    assert await shown(quarry, model_id, job_id) == {"job_status": "FAILED", "payload": ERROR}


async def test_that_a_kind_says_what_its_complete_jobs_show(quarry: Quarry) -> None:
    block_models, database = services(quarry)
    model_id = (await quarry.create())["bm_uuid"]
    version_uuid = newest(quarry, model_id).version_uuid
    with database.writing() as rows:
        job_id = quarry.lab.application.jobs.create_complete(
            rows, kind="block-model-trial", owner=f"block-model:{model_id}", result=version_uuid.encode()
        ).id
    assert await shown(quarry, model_id, job_id) == {"job_status": "COMPLETE"}
    block_models.progress.register("block-model-trial", block_models.progress.published)
    try:
        found = await shown(quarry, model_id, job_id)
        assert (found["job_status"], found["payload"]["version_uuid"]) == ("COMPLETE", version_uuid)
    finally:
        del block_models.progress._shows["block-model-trial"]


async def test_that_a_job_is_found_with_its_own_model_alone(quarry: Quarry) -> None:
    one, other = await quarry.create(), await quarry.create(name="Other")
    foreign = other["job_url"].rpartition("/")[2]
    for job_id in (foreign, UNKNOWN_ID):
        refused = await quarry.get(f"/block-models/{one['bm_uuid']}/jobs/{job_id}")
        assert kind(refused) == (404, f"{PREFIX}/not-found")
        assert refused.json()["detail"] == f"Job {job_id} of block model {one['bm_uuid']} not found."


@pytest.mark.parametrize("who", ["viewer", "editor", "owner"])
async def test_that_whoever_reads_the_model_may_wait_for_its_jobs(quarry: Quarry, who: str) -> None:
    made = await quarry.create()
    answer = await quarry.lab.clients[who].get(made["job_url"])
    assert answer.json()["job_status"] == "COMPLETE"
