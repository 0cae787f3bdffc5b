"""Uploads: links, versions, resuming, and what is seen when."""

import asyncio
import hashlib
from uuid import uuid4

import httpx
import pytest

from tests.files.conftest import UNKNOWN, Shelf, block_id, refusal

NOT_FOUND = (404, "files/not-found", "File Not Found.")
COMPLETE = (400, "files/no-file-upload-in-progress", "No file upload in progress")
DAY = 86400


async def test_that_a_new_file_is_not_seen_before_its_commit(shelf: Shelf) -> None:
    offered = await shelf.offer("A/b.csv")
    for url in (shelf.at("A/b.csv"), f"{shelf.root}/{offered['file_id']}"):
        assert refusal(await shelf.ask("GET", url)) == NOT_FOUND
        assert refusal(await shelf.ask("DELETE", url)) == NOT_FOUND
    assert await shelf.names() == []
    assert await shelf.names(deleted="true") == []
    assert (await shelf.stage(offered["upload"], 0, b"x,y\n")).status_code == 201
    assert refusal(await shelf.ask("GET", shelf.at("A/b.csv"))) == NOT_FOUND
    committed = await shelf.commit(offered["upload"], 0)
    assert (committed.status_code, committed.content) == (201, b"")
    got = (await shelf.ask("GET", shelf.at("a/B.CSV"))).json()
    assert (got["name"], got["path"], got["size"]) == ("b.csv", "/A/", 4)
    assert await shelf.bytes_of(got) == b"x,y\n"


async def test_that_a_version_id_is_the_time_of_its_link_and_created_at_that_of_the_commit(shelf: Shelf) -> None:
    shelf.clock.advance(1)
    offered = await shelf.offer("m.csv")
    assert offered["version_id"] == str(shelf.clock.now_ns())
    shelf.clock.advance(60)
    await shelf.commit(offered["upload"])
    got = await shelf.get(offered["file_id"])
    assert got["size"] == 0
    assert got["created_at"] == got["modified_at"] > "2026-11-20T00:01:00"
    assert got["etag"] == f'"0x{int(offered["version_id"]):016X}"'


async def test_that_a_second_upload_is_a_version_of_the_same_file_in_any_case(shelf: Shelf) -> None:
    first = await shelf.put("a/b.txt", b"one")
    offered = await shelf.offer("/A//B.TXT")
    assert offered["file_id"] == first["file_id"]
    assert (await shelf.get(first["file_id"]))["version_id"] == first["version_id"]
    second = await shelf.put("a/B.txt", b"second")
    assert (second["file_id"], second["size"]) == (first["file_id"], 6)
    assert second["created_at"] == first["created_at"] < second["modified_at"]
    assert (await shelf.listed())["total"] == 1
    listed = (await shelf.get(first["file_id"], include_versions="True"))["versions"]
    assert [each["version_id"] for each in listed] == [second["version_id"], first["version_id"]]
    assert [each["size"] for each in listed] == [6, 3]
    old = await shelf.get(first["file_id"], version_id=first["version_id"])
    assert await shelf.bytes_of(old) == b"one"
    assert await shelf.bytes_of(await shelf.get(first["file_id"], version=second["version_id"])) == b"second"


async def test_that_of_two_uploads_the_one_begun_later_is_the_newest(shelf: Shelf) -> None:
    early, late = await shelf.offer("m.csv"), await shelf.offer("m.csv")
    assert early["file_id"] == late["file_id"]
    assert int(early["version_id"]) < int(late["version_id"])
    for offered, content in ((late, b"late"), (early, b"early")):
        assert (await shelf.stage(offered["upload"], 0, content)).status_code == 201
        assert (await shelf.commit(offered["upload"], 0)).status_code == 201
    got = await shelf.get(late["file_id"], include_versions="true")
    assert got["version_id"] == late["version_id"]
    assert await shelf.bytes_of(got) == b"late"
    assert [each["version_id"] for each in got["versions"]] == [late["version_id"], early["version_id"]]


async def test_that_uploads_begun_at_once_are_one_file_of_several_versions(shelf: Shelf) -> None:
    urls = [shelf.at("at once.csv")] * 8
    answers = await asyncio.gather(*(shelf.lab.editor.put(url) for url in urls))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["file_id"] for answer in answers}) == 1
    assert len({answer.json()["version_id"] for answer in answers}) == 8


async def test_that_an_upload_goes_on_where_it_stopped_by_path_and_by_id(shelf: Shelf) -> None:
    offered = await shelf.offer("m.csv")
    await shelf.stage(offered["upload"], 0, b"early")
    version = {"version_id": offered["version_id"]}
    shelf.clock.advance(1801)
    assert (await shelf.stage(offered["upload"], 1, b"late")).status_code == 403
    by_path = await shelf.offer("M.CSV", **version)
    by_id = (await shelf.ask("PUT", f"{shelf.root}/{offered['file_id']}", params=version)).json()
    assert by_path["version_id"] == by_id["version_id"] == offered["version_id"]
    await shelf.stage(by_path["upload"], 1, b" and ")
    await shelf.stage(by_id["upload"], 2, b"late")
    assert (await shelf.commit(by_id["upload"], 0, 1, 2)).status_code == 201
    assert await shelf.bytes_of(await shelf.get(offered["file_id"])) == b"early and late"


async def test_that_another_editor_goes_on_with_the_blocks_that_are_there(shelf: Shelf) -> None:
    offered = await shelf.offer("m.csv", "editor")
    await shelf.stage(offered["upload"], 0, b"editor")
    theirs = await shelf.offer("m.csv", "owner", version_id=offered["version_id"])
    assert (await shelf.commit(theirs["upload"], 0)).status_code == 201
    assert (await shelf.get(offered["file_id"]))["modified_by"]["name"] == "Editor"


async def test_that_a_complete_version_cannot_be_gone_on_with(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    version = {"version_id": file["version_id"]}
    assert refusal(await shelf.ask("PUT", shelf.at("m.csv"), params=version)) == COMPLETE
    assert refusal(await shelf.ask("PUT", f"{shelf.root}/{file['file_id']}", params=version)) == COMPLETE


async def test_that_an_upload_that_was_never_begun_cannot_be_gone_on_with(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    version = {"version_id": "1701303763589905104"}
    assert refusal(await shelf.ask("PUT", shelf.at("other.csv"), params=version)) == NOT_FOUND
    assert refusal(await shelf.ask("PUT", shelf.at("m.csv"), params=version)) == NOT_FOUND
    assert refusal(await shelf.ask("PUT", f"{shelf.root}/{file['file_id']}", params=version)) == NOT_FOUND
    assert refusal(await shelf.ask("PUT", f"{shelf.root}/{uuid4()}", params=version)) == NOT_FOUND
    assert refusal(await shelf.ask("PUT", f"{shelf.root}/{UNKNOWN}")) == NOT_FOUND
    assert (await shelf.listed())["total"] == 1


async def test_that_content_never_changes_once_it_is_there(shelf: Shelf) -> None:
    offered = await shelf.offer("m.csv")
    link = offered["upload"]
    await shelf.stage(link, 0, b"first")
    assert (await shelf.commit(link, 0)).status_code == 201
    assert (await shelf.commit(link, 0)).status_code == 201  # a repeat of a lost answer
    assert (await shelf.stage(link, 0, b"other")).status_code == 403
    assert (await shelf.commit(link)).status_code == 403
    whole = await shelf.ask("PUT", link, "nobody", content=b"third", headers={"x-ms-blob-type": "BlockBlob"})
    assert whole.status_code == 403
    for method in ("GET", "HEAD"):
        assert (await shelf.ask(method, link, "nobody")).status_code == 403
    assert await shelf.bytes_of(await shelf.get(offered["file_id"])) == b"first"


async def test_that_blocks_are_kept_a_week_and_a_file_without_any_is_then_forgotten(shelf: Shelf) -> None:
    upkeep = shelf.lab.application.upkeep_round
    empty, begun = await shelf.offer("empty.csv"), await shelf.offer("begun.csv")
    await shelf.stage(begun["upload"], 0, b"rows")
    shelf.clock.advance(6 * DAY)
    upkeep()
    link = (await shelf.offer("begun.csv", version_id=begun["version_id"]))["upload"]
    await shelf.offer("empty.csv", version_id=empty["version_id"])
    await shelf.stage(link, 1, b"more")
    shelf.clock.advance(2 * DAY)
    upkeep()  # a link of two days ago: somebody may be at it
    await shelf.offer("begun.csv", version_id=begun["version_id"])
    shelf.clock.advance(6 * DAY)
    upkeep()
    gone = await shelf.ask("PUT", shelf.at("empty.csv"), params={"version_id": empty["version_id"]})
    assert refusal(gone) == NOT_FOUND
    shelf.clock.advance(2 * DAY)
    upkeep()
    upkeep()
    gone = await shelf.ask("PUT", shelf.at("begun.csv"), params={"version_id": begun["version_id"]})
    assert refusal(gone) == NOT_FOUND
    assert (await shelf.put("begun.csv"))["file_id"] != begun["file_id"]


async def test_that_eight_days_later_old_blocks_cannot_be_committed(shelf: Shelf) -> None:
    await shelf.put("m.csv", b"there")
    offered = await shelf.offer("m.csv")
    await shelf.stage(offered["upload"], 0, b"rows")
    shelf.clock.advance(8 * DAY)
    shelf.lab.application.upkeep_round()
    again = await shelf.offer("m.csv", version_id=offered["version_id"])
    assert (await shelf.commit(again["upload"], 0)).status_code == 400
    assert (await shelf.commit(again["upload"])).status_code == 201


async def test_that_a_commit_after_the_workspace_was_deleted_publishes_nothing(shelf: Shelf) -> None:
    offered = await shelf.offer("m.csv")
    await shelf.stage(offered["upload"], 0, b"rows")
    lab = shelf.lab
    workspace = f"/workspace/orgs/{lab.organisation_id}/workspaces/{lab.workspace_id}"
    assert (await shelf.ask("DELETE", workspace, "owner")).status_code == 204
    assert (await shelf.commit(offered["upload"], 0)).status_code == 404
    answer = await shelf.ask("GET", shelf.root)
    assert answer.status_code == 410
    assert answer.json()["type"] == "https://seequent.com/error-codes/workspace/gone"
    assert (await shelf.ask("POST", f"{workspace}?deleted=false", "owner")).status_code == 204
    assert await shelf.names() == []
    assert (await shelf.commit(offered["upload"], 0)).status_code == 201
    assert await shelf.names() == ["m.csv"]


async def test_that_a_commit_to_a_deleted_file_publishes_nothing(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    offered = await shelf.offer("m.csv")
    await shelf.stage(offered["upload"], 0, b"rows")
    assert (await shelf.ask("DELETE", shelf.at("m.csv"))).status_code == 204
    assert (await shelf.commit(offered["upload"], 0)).status_code == 404
    assert (await shelf.get(file["file_id"], deleted="true"))["version_id"] == file["version_id"]


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/octet-stream"}, {"Content-Type": "text/odd"}])
async def test_that_a_body_of_the_link_request_is_ignored(shelf: Shelf, headers: dict[str, str]) -> None:
    answer = await shelf.ask("PUT", shelf.at("m.csv"), headers=headers, content=b"\xff not json")
    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["x", "-1", "1.0", "0", "9223372036854775808", "1e9"])
async def test_that_what_is_no_version_is_refused(shelf: Shelf, version: str) -> None:
    answer = await shelf.ask("PUT", shelf.at("m.csv"), params={"version_id": version})
    assert refusal(answer) == (422, "validation", "Validation Error.")


async def test_that_multipart_bodies_are_kept_as_they_came(shelf: Shelf) -> None:
    offered = await shelf.offer("m.csv")
    body = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nrows\r\n--b--\r\n'
    headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "multipart/form-data; boundary=b"}
    assert (await shelf.ask("PUT", offered["upload"], "nobody", content=body, headers=headers)).status_code == 201
    assert await shelf.bytes_of(await shelf.get(offered["file_id"])) == body


async def test_that_unfinished_uploads_are_listed_with_what_is_there_of_them(shelf: Shelf) -> None:
    await shelf.put("done.csv")
    begun, empty = await shelf.offer("A/begun.csv"), await shelf.offer("done.csv", "owner")
    await shelf.stage(begun["upload"], 0, b"four")
    await shelf.stage(begun["upload"], 1, b"six...")
    await shelf.stage(begun["upload"], 1, b"again")
    url = shelf.root.removesuffix("/files") + "/uploads"
    found = (await shelf.ask("GET", url)).json()["uploads"]
    assert [each["version_id"] for each in found] == [empty["version_id"], begun["version_id"]]
    assert [(each["blocks"], each["bytes"]) for each in found] == [(0, 0), (2, 9)]
    assert [(each["path"], each["name"]) for each in found] == [("/", "done.csv"), ("/A/", "begun.csv")]
    assert found[0]["created_by"]["name"] == "Owner"
    (only,) = (await shelf.ask("GET", url, params={"path": "/a/BEGUN.csv"})).json()["uploads"]
    assert only == found[1]
    assert (await shelf.ask("GET", url, params={"path": "other"})).json() == {"uploads": []}
    assert refusal(await shelf.ask("GET", url, params={"path": "a/../b"}))[0] == 400
    assert refusal(await shelf.ask("GET", url, "viewer"))[0] == 403
    await shelf.commit(begun["upload"], 0, 1)
    assert (await shelf.ask("GET", url, params={"path": "a/begun.csv"})).json() == {"uploads": []}


@pytest.mark.parametrize("whole", [True, False])
async def test_that_content_other_than_the_stated_digest_is_not_published(shelf: Shelf, whole: bool) -> None:
    offered = await shelf.offer("m.csv")
    link, content = offered["upload"], b"rows"

    async def publish(stated: str) -> httpx.Response:
        headers = {"x-coreshed-sha256": stated}
        if whole:
            return await shelf.ask("PUT", link, "nobody", content=content, headers=headers)
        await shelf.stage(link, 0, content)
        body = f"<BlockList><Latest>{block_id(0)}</Latest></BlockList>".encode()
        return await shelf.ask("PUT", link + "&comp=blocklist", "nobody", content=body, headers=headers)

    wrong = await publish(hashlib.sha256(b"other").hexdigest())
    assert (wrong.status_code, wrong.headers["x-ms-error-code"]) == (400, "Sha256Mismatch")
    assert (await publish("abc")).status_code == 400
    assert (await shelf.ask("GET", shelf.at("m.csv"))).status_code == 404
    right = hashlib.sha256(content).hexdigest()
    assert (await publish(right.upper())).status_code == 201
    got = await shelf.get(offered["file_id"])
    assert (await shelf.ask("HEAD", got["download"], "nobody")).headers["x-coreshed-sha256"] == right
