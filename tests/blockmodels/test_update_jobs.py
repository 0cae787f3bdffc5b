"""The life of the job of an update (contract, "Job lifecycle")."""

import asyncio
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from coreshed.clock import NANOSECONDS
from coreshed.jobs import JobWorker
from coreshed.jobs.tables import jobs as table
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.updating import UPDATE_ERROR, Model, blocks, columns, last, new, parquet, small

PREFIX = "block-model-service"
CONFLICT = (409, f"{PREFIX}/file-conflict")
CU = {"columns": columns(new=[new("Cu")])}
FILE = blocks((0, 0, 0, 1.0), Cu=pa.float64())


def older(quarry: Quarry, job_id: str, column: str, seconds: int) -> None:
    """Let a moment of the job have been earlier, by whichever clock."""
    moment = table.c[column]
    with quarry.lab.application.databases.main.writing() as rows:
        changed = sa.update(table).where(table.c.id == job_id).values({moment: moment - seconds * NANOSECONDS})
        assert rows.execute(changed).rowcount == 1


async def waiting(quarry: Quarry) -> tuple[Model, dict[str, Any]]:
    """A model, and an update that waits for its upload."""
    model = await small(quarry)
    return model, await model.begin(CU)


async def test_that_a_job_waits_with_a_link_and_then_shows_its_version(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    assert begun["job_url"].endswith(f"{model.path}/jobs/{begun['job_uuid']}")
    job = await model.look(begun["job_uuid"])
    assert (job["job_status"], set(job["payload"])) == ("PENDING_UPLOAD", {"upload_url"})
    assert (await model.put(job["payload"]["upload_url"], parquet(FILE))).status_code == 201
    assert (await model.look(begun["job_uuid"]))["job_status"] == "PENDING_UPLOAD"
    await model.announce(begun)
    ended = await model.end(begun["job_uuid"])
    assert (ended["job_status"], ended["payload"]["version_uuid"]) == ("COMPLETE", begun["version_uuid"])
    assert ended["payload"] == (await model.send("GET", f"/versions/{begun['version_uuid']}")).json()


async def test_that_the_answer_repeats_the_update_by_ids(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    [first] = await model.versions()
    changes = begun["changes"]
    assert changes["base_version_uuid"] == first["version_uuid"]
    assert changes["update_type"] == "merge"
    assert [each["title"] for each in changes["columns"]["new"]] == ["Cu"]


async def test_that_a_viewer_sees_the_job_and_not_where_its_upload_goes(working_quarry: Quarry) -> None:
    """Who has the link can put another file in the place of the editor's."""
    model = await small(working_quarry)
    begun = await model.begin({"columns": columns(new=[new("Cu")])})
    assert await model.look(begun["job_uuid"], who="viewer") == {"job_status": "PENDING_UPLOAD"}
    lab = working_quarry.lab
    owner = lab.application.identity.acting_as(email="admin@localhost")
    key, _ = lab.application.identity.create_key(user_id=owner.user_id, name="reads", scopes=["blockmodels:read"])
    headers = {"Authorization": f"Bearer {key}"}
    reading = await model.send("GET", f"/jobs/{begun['job_uuid']}", who="admin", headers=headers)
    assert reading.json() == {"job_status": "PENDING_UPLOAD"}
    await model.put(begun["upload_url"], parquet(FILE))
    await model.announce(begun)
    assert (await model.end(begun["job_uuid"]))["job_status"] == "COMPLETE"
    assert (await model.look(begun["job_uuid"], who="viewer"))["payload"]["version_id"] == 2


async def test_that_a_link_is_signed_anew_at_every_look(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    first = (await model.look(begun["job_uuid"]))["payload"]["upload_url"]
    await asyncio.sleep(1.1)
    later = (await model.look(begun["job_uuid"]))["payload"]["upload_url"]
    assert first.partition("?")[0] == later.partition("?")[0]
    assert first != later


async def test_that_the_last_of_several_uploads_counts(working_quarry: Quarry) -> None:
    """Section 1.5"""
    model, begun = await waiting(working_quarry)
    await model.put(begun["upload_url"], b"not the file")
    await model.put(begun["upload_url"], parquet(FILE))
    await model.announce(begun)
    assert (await model.end(begun["job_uuid"]))["job_status"] == "COMPLETE"
    assert await model.rows("Cu") == [(0, 0, 0, 1.0)]


async def test_that_chunks_are_put_together_in_the_order_of_the_list(working_quarry: Quarry) -> None:
    """A61"""
    model, begun = await waiting(working_quarry)
    numbers = pa.array(range(24), pa.float64())
    where = await model.table(geometry_columns="indices")
    content = parquet(where.append_column("Cu", numbers))
    half = len(content) // 2
    nobody = working_quarry.lab.clients["nobody"]
    names = ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=", "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDQxOTQzMDQ="]
    puts = [
        nobody.put(f"{begun['upload_url']}&comp=block&blockid={name}", content=part)
        for name, part in zip(reversed(names), (content[half:], content[:half]), strict=True)
    ]
    assert {each.status_code for each in await asyncio.gather(*puts)} == {201}
    order = "".join(f"<Latest>{name}</Latest>" for name in names)
    listed = await nobody.put(
        f"{begun['upload_url']}&comp=blocklist",
        content=f'<?xml version="1.0" encoding="utf-8"?><BlockList>{order}</BlockList>'.encode(),
        headers={"Content-Type": "text/plain; charset=UTF-8"},
    )
    assert (listed.status_code, listed.content) == (201, b"")
    await model.announce(begun)
    assert (await model.end(begun["job_uuid"]))["job_status"] == "COMPLETE"
    assert (await model.table("Cu")).column("Cu").combine_chunks() == numbers


async def test_that_blocks_which_no_list_names_are_no_file(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    nobody = working_quarry.lab.clients["nobody"]
    staged = await nobody.put(f"{begun['upload_url']}&comp=block&blockid=AAAA", content=parquet(FILE))
    assert staged.status_code == 201
    await model.announce(begun)
    assert (await model.end(begun["job_uuid"]))["job_status"] == "FAILED"


async def test_that_an_announcement_without_a_file_fails_the_job(working_quarry: Quarry) -> None:
    """A34"""
    model, begun = await waiting(working_quarry)
    await model.announce(begun)
    ended = await model.end(begun["job_uuid"])
    assert ended == {
        "job_status": "FAILED",
        "payload": {
            "type": UPDATE_ERROR,
            "title": "Error in Update",
            "status": 400,
            "detail": f"Update file of job {begun['job_uuid']} not found.",
        },
    }
    assert len(await model.versions()) == 1


async def test_that_a_repeated_announcement_is_forgiven_for_a_minute(working_quarry: Quarry) -> None:
    """A35: the transport of clients repeats requests whose answers are lost."""
    model, begun = await waiting(working_quarry)
    await model.put(begun["upload_url"], parquet(FILE))
    answers = await asyncio.gather(*(model.announce(begun) for _ in range(4)))
    assert [each.status_code for each in answers] == [201] * 4
    await model.end(begun["job_uuid"])
    assert (await model.announce(begun)).status_code == 201
    assert len(await model.versions()) == 2
    assert kind(await model.announce(begun, who="owner")) == CONFLICT
    older(working_quarry, begun["job_uuid"], "queued_ns", 61)
    assert kind(await model.announce(begun)) == CONFLICT
    assert len(await model.versions()) == 2


async def test_that_another_editor_may_announce_what_waits(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    await model.put(begun["upload_url"], parquet(FILE))
    assert kind(await model.announce(begun, who="viewer")) == (403, f"{PREFIX}/auth/forbidden")
    assert (await model.look(begun["job_uuid"]))["job_status"] == "PENDING_UPLOAD"
    assert (await model.announce(begun, who="owner")).status_code == 201
    assert (await model.end(begun["job_uuid"]))["job_status"] == "COMPLETE"


async def test_that_only_jobs_of_updates_are_announced(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    created = last(model.answer["job_url"])
    asked = last((await model.ask_for("i"))["job_url"])
    for job_id in (created, asked):
        assert kind(await model.send("POST", f"/jobs/{job_id}/uploaded")) == CONFLICT
    assert kind(await model.send("POST", f"/jobs/{UNKNOWN_ID}/uploaded")) == (404, f"{PREFIX}/not-found")
    other = await small(working_quarry, name="Other")
    assert kind(await other.announce(begun)) == (404, f"{PREFIX}/not-found")


async def test_that_nothing_is_uploaded_once_the_job_runs(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    await model.put(begun["upload_url"], parquet(FILE))
    await model.announce(begun)
    await model.end(begun["job_uuid"])
    assert (await model.put(begun["upload_url"], b"late")).status_code >= 400
    assert await model.rows("Cu") == [(0, 0, 0, 1.0)]


async def test_that_an_upload_never_announced_fails_after_a_day(working_quarry: Quarry) -> None:
    """S21"""
    model, begun = await waiting(working_quarry)
    older(working_quarry, begun["job_uuid"], "created_ns", 86_400 - 60)
    working_quarry.lab.application.jobs.upkeep()
    assert (await model.look(begun["job_uuid"]))["job_status"] == "PENDING_UPLOAD"
    older(working_quarry, begun["job_uuid"], "created_ns", 61)
    working_quarry.lab.application.jobs.upkeep()
    ended = await model.look(begun["job_uuid"])
    assert (ended["job_status"], ended["payload"]["type"]) == ("FAILED", UPDATE_ERROR)
    assert "24 hours" in ended["payload"]["detail"]
    assert kind(await model.announce(begun)) == CONFLICT
    assert (await model.put(begun["upload_url"], parquet(FILE))).status_code >= 400


async def test_that_a_deleted_model_takes_neither_announcements_nor_uploads(working_quarry: Quarry) -> None:
    model, begun = await waiting(working_quarry)
    await model.put(begun["upload_url"], parquet(FILE))
    await model.send("DELETE")
    assert kind(await model.announce(begun)) == (410, f"{PREFIX}/gone")
    assert kind(await model.send("GET", f"/jobs/{begun['job_uuid']}")) == (410, f"{PREFIX}/gone")
    await model.send("POST", "?deleted=false")
    assert (await model.announce(begun)).status_code == 201
    assert (await model.end(begun["job_uuid"]))["job_status"] == "COMPLETE"


@pytest.mark.parametrize("gone", ["model", "workspace"])
async def test_that_what_is_deleted_while_its_job_is_queued_gets_no_version(
    quarry: Quarry, worker: JobWorker, gone: str
) -> None:
    model, begun = await waiting(quarry)
    await model.put(begun["upload_url"], parquet(FILE))
    workspace = f"/workspace/orgs/{quarry.lab.organisation_id}/workspaces/{quarry.lab.workspace_id}"
    owner = quarry.lab.clients["owner"]
    # As where the deletion comes between the announcement and the worker.
    jobs, database = quarry.lab.application.jobs, quarry.lab.application.databases.main
    deleted = await (model.send("DELETE") if gone == "model" else owner.delete(workspace))
    assert deleted.status_code == 204
    with database.writing() as rows:
        assert jobs.queue(rows, begun["job_uuid"])
    worker.wake()
    ended = await jobs.wait(begun["job_uuid"], 30)
    assert (ended.state, (ended.problem or {})["status"]) == ("failed", 410)
    restored = await (
        model.send("POST", "?deleted=false") if gone == "model" else owner.post(f"{workspace}?deleted=false")
    )
    assert restored.is_success, restored.text
    assert [each["version_id"] for each in await model.versions()] == [1]
    assert await model.add(FILE)
