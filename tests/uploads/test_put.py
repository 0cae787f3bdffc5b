"""Bytes that arrive: who takes them, and what they cost."""

import base64
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import google_crc32c
import pytest

from coreshed.ids import WorkspaceKey
from coreshed.workspaces import Role
from tests.uploads.conftest import Site, problem

CONTENT = b"0123456789"


async def test_that_a_put_is_answered_with_its_digests_and_asks_for_no_credential(site: Site) -> None:
    upload_id = await site.begin(600)
    url = await site.link(upload_id, content_type="image/tiff")
    answer = await site.send(url, CONTENT, "image/tiff", Authorization="Bearer nonsense")
    assert (answer.status_code, answer.content) == (200, b"")
    md5 = hashlib.md5(CONTENT).digest()
    assert answer.headers["etag"] == f'"{md5.hex()}"'
    crc32c = google_crc32c.Checksum(CONTENT).digest()
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert file["checksum_crc32c"] == base64.b64encode(crc32c).decode()
    assert file["checksum_sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (file["size_bytes"], file["content_type"]) == (10, "image/tiff")


async def test_that_another_content_type_or_signature_is_refused(site: Site) -> None:
    url = await site.link(await site.begin(600), content_type="image/tiff")
    assert problem(await site.send(url, CONTENT, "text/plain"))[0] == 403
    assert problem(await site.send(url.replace("sig=", "sig=A"), CONTENT, "image/tiff"))[0] == 403
    site.clock.advance(86401)
    assert problem(await site.send(url, CONTENT, "image/tiff"))[0] == 403
    assert site.standing()[0] == 0


async def test_that_a_file_has_the_content_type_of_the_link_it_came_by(site: Site) -> None:
    upload_id = await site.begin(600)
    url = await site.link(upload_id, content_type="image/tiff")
    await site.link(upload_id, content_type="text/csv")
    assert (await site.send(url, CONTENT, "image/tiff")).status_code == 200
    later = await site.link(upload_id, content_type="image/jp2")
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert file["content_type"] == "image/tiff"
    assert (await site.send(later, CONTENT, "image/jp2")).status_code == 200
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert file["content_type"] == "image/jp2"


async def test_that_a_blob_of_another_content_type_is_refused(site: Site) -> None:
    upload_id = await site.begin(600)
    url = await site.link(upload_id, content_type="image/tiff")
    blob = {"x_ms_blob_type": "BlockBlob"}
    assert (await site.send(url, CONTENT, "text/html", **blob)).status_code == 403
    named = await site.send(url, CONTENT, x_ms_blob_content_type="text/html", **blob)
    assert named.status_code == 403
    assert (await site.ok("uploads.progress", upload_id=upload_id))["bytes_uploaded"] == 0
    for content_type in ("image/tiff", "application/octet-stream"):
        assert (await site.send(url, CONTENT, content_type, **blob)).status_code == 201
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert file["content_type"] == "image/tiff"


async def test_that_a_checksum_that_is_said_at_the_end_is_compared(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id, content=CONTENT)
    right = base64.b64encode(google_crc32c.Checksum(CONTENT).digest()).decode()
    wrong = await site.op("uploads.complete", upload_id=upload_id, checksum_crc32c="AAAAAA==")
    assert problem(wrong)[0] == 409
    assert right in problem(wrong)[1]
    done = await site.ok("uploads.complete", upload_id=upload_id, checksum_crc32c=right)
    assert done["checksum_crc32c"] == right


async def test_that_the_last_content_wins_and_is_counted_alone(site: Site) -> None:
    upload_id = await site.begin(20)
    for content in (b"x" * 10, b"y" * 20, b"z" * 15):
        await site.put(upload_id, content=content)
    assert (await site.ok("uploads.progress", upload_id=upload_id))["bytes_uploaded"] == 15
    assert site.standing() == (0, 20)
    await site.ok("uploads.complete", upload_id=upload_id)
    assert site.standing() == (15, 0)


async def test_that_what_was_not_announced_grows_the_reservation_and_no_further_than_the_limit(site: Site) -> None:
    upload_id = await site.begin()
    await site.put(upload_id, "a", b"x" * 700)
    assert site.standing() == (0, 700)
    url = await site.link(upload_id, "b")
    answer = await site.send(url, b"x" * 301)
    assert problem(answer)[0] == 413
    assert {name: answer.json()[name] for name in ("limit", "used", "reserved", "needed")} == {
        "limit": 1000,
        "used": 0,
        "reserved": 700,
        "needed": 301,
    }
    assert site.standing() == (0, 700)
    assert (await site.send(url, b"x" * 300)).status_code == 200
    assert site.standing() == (0, 1000)
    await site.ok("uploads.fail", upload_id=upload_id, error_message="boom")
    assert site.standing() == (0, 0)


async def test_that_a_body_of_unknown_length_is_counted_as_it_comes(site: Site) -> None:
    async def body(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 100):
            yield b"x" * 100

    upload_id = await site.begin(100)
    url = await site.link(upload_id)
    assert problem(await site.send(url, body(1100)))[0] == 413
    assert site.standing() == (0, 100)
    assert (await site.send(url, body(900))).status_code == 200
    assert site.standing() == (0, 900)


async def test_that_blocks_cost_when_they_are_staged_and_once(site: Site) -> None:
    upload_id = await site.begin()
    url = await site.link(upload_id)
    for number in range(3):
        assert (await site.stage(url, number, b"x" * 100)).status_code == 201
    assert site.standing() == (0, 300)
    assert (await site.stage(url, 1, b"y" * 50)).status_code == 201
    assert site.standing() == (0, 250)
    shown = await site.ok("uploads.progress", upload_id=upload_id)
    assert (shown["status"], shown["bytes_uploaded"]) == ("uploading", 0)
    # A link of another member of the project goes on where the first one stopped.
    other = (await site.ok("uploads.signed_url", "editor", upload_id=upload_id, file_name="a.tif"))["upload_url"]
    assert (await site.commit(other, 0, 1)).status_code == 201
    assert site.standing() == (0, 150)
    assert (await site.ok("uploads.complete", upload_id=upload_id))["bytes_uploaded"] == 150
    assert site.standing() == (150, 0)


async def test_that_the_links_of_a_session_that_is_over_are_closed(site: Site) -> None:
    failed, completed = await site.begin(100), await site.begin(100)
    links = {upload_id: await site.link(upload_id) for upload_id in (failed, completed)}
    for url in links.values():
        assert (await site.send(url)).status_code == 200
    await site.ok("uploads.fail", upload_id=failed, error_message="boom")
    await site.ok("uploads.complete", upload_id=completed)
    for url in links.values():
        assert problem(await site.send(url, b"other"))[0] == 409
        assert (await site.stage(url, 0, b"other")).status_code == 409
    assert site.standing() == (10, 0)


async def test_that_staged_blocks_of_a_failed_session_are_given_up(site: Site) -> None:
    upload_id = await site.begin()
    url = await site.link(upload_id)
    await site.stage(url, 0, b"x" * 100)
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert file["size_bytes"] is None
    await site.ok("uploads.fail", upload_id=upload_id, error_message="boom")
    assert site.standing() == (0, 0)


async def test_that_a_path_of_another_session_does_not_open_with_this_link(site: Site) -> None:
    first, second = await site.begin(), await site.begin()
    url = await site.link(first)
    assert (await site.send(url.replace(first, second))).status_code == 403
    assert (await site.send(url + "&" + urlencode({"si": "x"}))).status_code == 403


@pytest.mark.parametrize("how", ["removed", "viewer", "disabled"])
async def test_that_a_link_ends_with_the_role_of_whom_it_was_made_for(site: Site, how: str) -> None:
    upload_id = await site.begin(600)
    theirs = (await site.ok("uploads.signed_url", "editor", upload_id=upload_id, file_name="a.tif"))["upload_url"]
    others = await site.link(upload_id)
    assert (await site.stage(theirs, 0, b"x" * 100)).status_code == 201
    editor, workspaces = site.person("editor"), site.application.workspaces
    key = WorkspaceKey(site.organisation_id, site.project_id)
    if how == "removed":
        workspaces.remove(caller=site.person("admin"), workspace=key, user_id=editor.user_id)
    elif how == "viewer":
        workspaces.assign_as_operator(workspace_id=site.project_id, email=site.emails["editor"], role=Role.VIEWER)
    else:
        site.application.identity.disable_user(email=site.emails["editor"])
    assert problem(await site.send(theirs))[0] == 403
    assert (await site.stage(theirs, 1, b"x" * 100)).status_code == 403
    assert (await site.commit(theirs, 0)).status_code == 403
    assert site.standing() == (0, 600)
    # What they had staged is not lost.
    assert (await site.commit(others, 0)).status_code == 201
