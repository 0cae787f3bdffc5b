"""Sessions of projects that are archived or deleted."""

from coreshed.ids import WorkspaceKey
from tests.uploads.conftest import Site, problem

ARCHIVED = (409, "The project is archived. Unarchive it to upload to it.")
DELETED = (410, "The project is deleted.")


async def test_that_an_archived_project_takes_nothing_until_it_is_unarchived(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    url = await site.link(upload_id)
    await site.ok("projects.archive", project_id=site.project_id)
    for operation, body in {
        "uploads.initiate": {"project_id": site.project_id},
        "uploads.signed_url": {"upload_id": upload_id, "file_name": "b.tif"},
        "uploads.progress": {"upload_id": upload_id, "status": "uploading"},
        "uploads.complete": {"upload_id": upload_id},
    }.items():
        assert problem(await site.op(operation, **body)) == ARCHIVED
    assert problem(await site.send(url))[0] == 409
    assert (await site.stage(url, 0, b"x")).status_code == 409
    assert (await site.ok("uploads.progress", upload_id=upload_id))["bytes_uploaded"] == 10
    assert (await site.ok("uploads.get", upload_id=upload_id))["status"] == "uploading"
    await site.ok("projects.update", project_id=site.project_id, is_archived=False)
    assert (await site.send(url)).status_code == 200
    assert (await site.ok("uploads.complete", upload_id=upload_id))["status"] == "completed"
    await site.ok("projects.archive", project_id=site.project_id)
    assert (await site.ok("uploads.complete", upload_id=upload_id))["status"] == "completed"


async def test_that_a_session_of_an_archived_project_can_be_given_up(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.ok("projects.archive", project_id=site.project_id)
    assert (await site.ok("uploads.fail", upload_id=upload_id, error_message="boom"))["status"] == "failed"
    assert site.standing() == (0, 0)


async def test_that_a_deleted_project_takes_nothing_and_its_sessions_can_be_seen_and_given_up(site: Site) -> None:
    upload_id, other = await site.begin(100), await site.begin(200)
    url = await site.link(upload_id)
    await site.ok("projects.delete", project_id=site.project_id)
    for operation, body in {
        "uploads.initiate": {"project_id": site.project_id},
        "uploads.signed_url": {"upload_id": upload_id, "file_name": "b.tif"},
        "uploads.progress": {"upload_id": upload_id, "status": "uploading"},
        "uploads.complete": {"upload_id": upload_id},
    }.items():
        assert problem(await site.op(operation, **body)) == DELETED
    assert (await site.send(url)).status_code == 404
    listed = await site.clients["admin"].post("/v1/op/uploads.list", json={"project_id": site.project_id})
    assert {each["id"] for each in listed.json()} == {upload_id, other}
    failed = await site.ok("uploads.fail", "editor", upload_id=upload_id, error_message="boom")
    assert failed["status"] == "failed"
    assert problem(await site.op("uploads.fail", "viewer", upload_id=other, error_message="boom"))[0] == 403
    assert problem(await site.op("uploads.get", "foreigner", upload_id=other))[0] == 404
    assert site.standing() == (0, 200)


async def test_that_the_next_round_of_upkeep_ends_the_sessions_of_a_deleted_project(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    key = WorkspaceKey(site.organisation_id, site.project_id)
    workspaces = site.application.workspaces
    workspaces.delete(caller=site.person("admin"), workspace=key)
    assert site.standing() == (0, 600)
    site.application.uploads.ending.expire()
    assert site.standing() == (0, 0)
    found = await site.ok("uploads.get", "viewer", upload_id=upload_id)
    assert (found["status"], found["error_step"], found["files"]) == ("failed", "project_deleted", [])
    assert found["error_message"] == "The project was deleted."
    workspaces.restore(caller=site.person("admin"), workspace=key)
    again = await site.begin(600)
    await site.put(again)
    assert (await site.ok("uploads.complete", upload_id=again))["status"] == "completed"
    assert site.standing() == (10, 0)


async def test_that_a_project_that_was_restored_in_time_keeps_its_sessions(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    key = WorkspaceKey(site.organisation_id, site.project_id)
    site.application.workspaces.delete(caller=site.person("admin"), workspace=key)
    site.application.workspaces.restore(caller=site.person("admin"), workspace=key)
    site.application.uploads.ending.expire()
    assert (await site.ok("uploads.complete", upload_id=upload_id))["status"] == "completed"
