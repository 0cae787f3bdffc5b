"""A session on its way: links, progress and the two ends."""

from typing import Any

import pytest

from coreshed.uploads.service import MAX_FILES
from tests.uploads.conftest import Site, faults, problem

ABSENT = "u_00000000000000000000"


async def test_that_a_link_leads_to_the_file_of_its_name(site: Site) -> None:
    upload_id = await site.begin()
    found = await site.ok("uploads.signed_url", upload_id=upload_id, file_name="tiles/a.tif", content_type="image/tiff")
    assert found["upload_url"].startswith("http://coreshed.test/")
    assert found["object_path"] == f"{site.project_id}/uploads/{upload_id}/raw/tiles/a.tif"
    assert (found["method"], found["content_type"]) == ("PUT", "image/tiff")
    assert MAX_FILES > 200


async def test_that_a_further_link_of_a_name_leads_to_the_same_file(site: Site) -> None:
    upload_id = await site.begin()
    first, second = await site.link(upload_id), await site.link(upload_id)
    await site.send(first, b"first")
    await site.send(second, b"second, and longer")
    detail = await site.ok("uploads.get", upload_id=upload_id)
    assert [(file["file_name"], file["size_bytes"]) for file in detail["files"]] == [("a.tif", 18)]
    assert detail["bytes_uploaded"] == 18


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "./a",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\x7fb",
        "a\u202efit.exe",
        "\u2066a",
        "a\u2028b",
        "x" * 1025,
        "\u00e9" * 513,
        "x" * 4096,
    ],
)
async def test_that_names_that_lead_elsewhere_or_lie_are_refused(site: Site, name: str) -> None:
    upload_id = await site.begin()
    answer = await site.op("uploads.signed_url", upload_id=upload_id, file_name=name)
    assert faults(answer) == [["body", "file_name"]]
    # Before anybody looks for the session.
    assert (await site.op("uploads.signed_url", upload_id=ABSENT, file_name=name)).status_code == 422


@pytest.mark.parametrize(
    "name", ["a.tif", "x" * 1024, "a b/c+d&e%20#f?.tif", "\u6570\u636e/\u00e9.gpkg", "..a", "a..b", "con", "\U0001f5fa"]
)
async def test_that_names_of_the_world_are_kept_as_they_are(site: Site, name: str) -> None:
    upload_id = await site.begin()
    found = await site.ok("uploads.signed_url", upload_id=upload_id, file_name=name)
    assert found["object_path"].endswith(f"/raw/{name}")
    assert (await site.send(found["upload_url"])).status_code == 200
    assert (await site.ok("uploads.get", upload_id=upload_id))["files"][0]["file_name"] == name


async def test_that_a_surrogate_alone_is_no_name(site: Site) -> None:
    upload_id = await site.begin()
    body = b'{"upload_id": "%s", "file_name": "a\\ud800"}' % upload_id.encode()
    answer = await site.clients["admin"].post("/v1/op/uploads.signed_url", content=body)
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("content_type", ["text/plain\r\nX: y", "x" * 256, "t\u00e9xt"])
async def test_that_a_content_type_that_no_header_can_carry_is_refused(site: Site, content_type: str) -> None:
    upload_id = await site.begin()
    answer = await site.op("uploads.signed_url", upload_id=upload_id, file_name="a", content_type=content_type)
    assert faults(answer) == [["body", "content_type"]]


async def test_that_what_arrives_is_measured_and_moves_the_session_on(site: Site) -> None:
    upload_id = await site.begin(600)
    assert (await site.ok("uploads.progress", upload_id=upload_id))["status"] == "initiating"
    await site.put(upload_id)
    found = await site.ok("uploads.progress", upload_id=upload_id)
    assert (found["status"], found["bytes_uploaded"], found["reserved_bytes"]) == ("uploading", 10, 600)


async def test_that_what_a_client_says_counts_while_it_is_more_than_what_is_there(site: Site) -> None:
    upload_id = await site.begin(600)
    said = await site.ok("uploads.progress", upload_id=upload_id, bytes_uploaded=5)
    assert (said["status"], said["bytes_uploaded"]) == ("uploading", 5)
    await site.put(upload_id)
    assert (await site.ok("uploads.progress", upload_id=upload_id, bytes_uploaded=7))["bytes_uploaded"] == 10
    assert (await site.ok("uploads.progress", upload_id=upload_id, bytes_uploaded=11))["bytes_uploaded"] == 11
    for absurd in (-5, 2**61):
        shown = await site.ok("uploads.progress", upload_id=upload_id, bytes_uploaded=absurd)
        assert shown["bytes_uploaded"] == max(10, absurd)
    refused = await site.op("uploads.progress", upload_id=upload_id, bytes_uploaded=2**61 + 1)
    assert faults(refused) == [["body", "bytes_uploaded"]]
    completed = await site.ok("uploads.complete", upload_id=upload_id)
    assert (completed["status"], completed["bytes_uploaded"]) == ("completed", 10)


async def test_that_progress_goes_forward_alone(site: Site) -> None:
    upload_id = await site.begin()
    for status in ("initiating", "uploading", "uploading", "detecting", "converting", "reviewing", "registering"):
        assert (await site.ok("uploads.progress", upload_id=upload_id, status=status))["status"] == status
    for status in ("initiating", "uploading", "reviewing", "completed", "failed"):
        assert problem(await site.op("uploads.progress", upload_id=upload_id, status=status))[0] == 409
    assert faults(await site.op("uploads.progress", upload_id=upload_id, status="banana")) == [["body", "status"]]
    assert (await site.ok("uploads.progress", upload_id=upload_id))["status"] == "registering"


async def test_that_failing_is_told_and_final(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    assert faults(await site.op("uploads.fail", upload_id=upload_id)) == [["body", "error_message"]]
    long = await site.op("uploads.fail", upload_id=upload_id, error_message="e" * 65537, error_step="s" * 1001)
    assert faults(long) == [["body", "error_message"], ["body", "error_step"]]
    failed = await site.ok("uploads.fail", upload_id=upload_id, error_message="boom", error_step="put")
    assert (failed["status"], failed["error_message"], failed["error_step"]) == ("failed", "boom", "put")
    assert (failed["reserved_bytes"], failed["expires_at"]) == (0, None)
    again = await site.ok("uploads.fail", upload_id=upload_id, error_message="other")
    assert again == failed
    for operation, more in (("signed_url", {"file_name": "b"}), ("progress", {}), ("complete", {})):
        assert problem(await site.op(f"uploads.{operation}", upload_id=upload_id, **more))[0] == 409
    assert (await site.ok("uploads.get", upload_id=upload_id))["files"] == []


async def test_that_failing_removes_the_bytes_of_the_session(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    main = site.application.databases.main
    with main.reading() as rows:
        names = [f"{upload_id}.1"]
        known = site.application.blobs.blobs.known(
            rows, workspace_id=site.project_id, purpose="geopera-upload", names=names
        )
    assert len(known) == 1
    await site.ok("uploads.fail", upload_id=upload_id, error_message="boom")
    assert site.standing() == (0, 0)
    with main.reading() as rows:
        assert not site.application.blobs.blobs.is_there(rows, known[names[0]])


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("signed_url", {"file_name": "a.tif"}),
    ("progress", {}),
    ("progress", {"status": "uploading"}),
    ("complete", {}),
    ("fail", {"error_message": "boom"}),
]


@pytest.mark.parametrize(("operation", "more"), OTHERS)
async def test_who_may_use_somebody_elses_session(site: Site, operation: str, more: dict[str, Any]) -> None:
    upload_id = await site.begin()
    await site.put(upload_id)
    expected = {"viewer": 403, "stranger": 403, "foreigner": 404, "narrow": 403, "nobody": 401, "editor": 200}
    for who, status in expected.items():
        assert (await site.op(f"uploads.{operation}", who, upload_id=upload_id, **more)).status_code == status
    for absent in (ABSENT, "nope", ""):
        assert problem(await site.op(f"uploads.{operation}", upload_id=absent, **more))[0] == 404
    assert (await site.op("uploads.get", "viewer", upload_id=upload_id)).status_code == 200
    assert (await site.op("uploads.get", "stranger", upload_id=upload_id)).status_code == 403


async def test_that_a_member_who_was_removed_is_refused_and_the_others_go_on(site: Site) -> None:
    body = {"project_id": site.project_id, "total_bytes": 20}
    upload_id = (await site.ok("uploads.initiate", "editor", **body))["id"]
    from coreshed.ids import WorkspaceKey

    key = WorkspaceKey(site.organisation_id, site.project_id)
    user_id = site.person("editor").user_id
    site.application.workspaces.remove(caller=site.person("admin"), workspace=key, user_id=user_id)
    for operation, more in OTHERS:
        assert problem(await site.op(f"uploads.{operation}", "editor", upload_id=upload_id, **more))[0] == 403
    await site.put(upload_id)
    assert (await site.ok("uploads.complete", upload_id=upload_id))["created_by"] == user_id


async def test_that_sessions_are_listed_and_limits_are_told(site: Site) -> None:
    first, second = await site.begin(100), await site.begin()
    site.clock.advance(1)
    third = await site.begin()
    await site.ok("uploads.fail", upload_id=second, error_message="boom")
    listed = await site.op("uploads.list", "viewer", project_id=site.project_id)
    assert {each["id"] for each in listed.json()} == {first, second, third}
    assert listed.json()[0]["id"] == third
    assert listed.headers["x-total-count"] == "3"
    failed = await site.op("uploads.list", project_id=site.project_id, status="failed", limit=1)
    assert [each["id"] for each in failed.json()] == [second]
    told = await site.ok("uploads.limits", "viewer", project_id=site.project_id)
    assert told["organization"] == {
        "used_bytes": 0,
        "reserved_bytes": 100,
        "limit_bytes": 1000,
        "available_bytes": 900,
    }
    assert (told["available_bytes"], told["session_lifetime"], told["max_files"]) == (900, 86400, 10000)
    assert told["project"]["limit_bytes"] is None
    assert (await site.op("uploads.limits", "foreigner", project_id=site.project_id)).status_code == 404
