"""Questions about versions whose worker comes late, or whose job fails."""

import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import Quarry, kind
from tests.blockmodels.updating import last, small


async def test_that_an_answer_that_takes_longer_is_the_payload_of_a_job(
    quarry: Quarry, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application.block_models.analyses, "patience", 0.1)
    made = await small(quarry)
    answer = await made.send("GET", "/versions/1/diff/1", who="viewer")
    assert answer.status_code == 202
    job = answer.json()
    assert job == {"bm_uuid": made.id, "job_uuid": last(job["job_url"]), "job_url": job["job_url"]}
    assert (await made.send("GET", "/versions/1/diff/1")).json() == job
    assert (await made.send("GET", f"/jobs/{job['job_uuid']}")).json() == {"job_status": "QUEUED"}
    worker = application.start_jobs("late")
    try:
        await application.jobs.wait(job["job_uuid"], 30)
    finally:
        worker.stop(10)
    ended = (await made.send("GET", f"/jobs/{job['job_uuid']}", who="viewer")).json()
    assert (ended["job_status"], ended["payload"]["columns"]) == ("COMPLETE", [])
    assert (await made.send("GET", "/versions/1/diff/1")).json() == ended["payload"]


async def test_that_a_failure_is_told_and_the_question_can_be_asked_again(
    quarry: Quarry, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyses = application.block_models.analyses
    monkeypatch.setattr(analyses, "patience", 0.0)
    made = await small(quarry)
    problem = {"type": "t", "title": "t", "status": 500, "detail": "The disk has failed."}
    seen = []
    for _ in range(2):
        job = (await made.send("GET", "/versions/1/diff/1")).json()["job_uuid"]
        seen.append(job)
        with application.databases.main.writing() as rows:
            assert application.jobs.refuse(rows, job, problem)
    assert seen[0] != seen[1]
    with application.databases.main.reading() as rows:
        failed = application.jobs.get(rows, seen[0])
    assert failed.problem is not None
    ended = (await made.send("GET", f"/jobs/{seen[0]}")).json()
    assert (ended["job_status"], ended["payload"]["detail"]) == ("FAILED", "The disk has failed.")


async def test_that_another_release_reckons_anew(quarry: Quarry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarry.lab.application.block_models.analyses, "patience", 0.0)
    made = await small(quarry)

    async def job() -> str:
        found: str = (await made.send("GET", "/versions/1/diff/1")).json()["job_uuid"]
        return found

    first = await job()
    assert await job() == first
    monkeypatch.setattr("coreshed.blockmodels.service.analyses.__version__", "99.0.0")
    assert await job() != first


@pytest.mark.parametrize(("status", "told"), [(500, (500, "service")), (422, (422, "unprocessable-entity"))])
async def test_that_a_question_that_always_fails_makes_no_more_jobs(
    quarry: Quarry, application: Application, monkeypatch: pytest.MonkeyPatch, status: int, told: tuple[int, str]
) -> None:
    monkeypatch.setattr(application.block_models.analyses, "patience", 0.0)
    made = await small(quarry)
    seen = set()
    problem = {"type": "t", "title": "t", "status": status, "detail": "It cannot be done."}
    while (answer := await made.send("GET", "/versions/1/diff/1")).status_code == 202:
        seen.add(answer.json()["job_uuid"])
        with application.databases.main.writing() as rows:
            assert application.jobs.refuse(rows, answer.json()["job_uuid"], problem)
    assert len(seen) == 20
    assert kind(answer) == (told[0], f"block-model-service/{told[1]}")
    assert (answer.json()["detail"] == "It cannot be done.") == (status == 422)
