"""Reading files, deleting them and bringing them back."""

from uuid import uuid4

import pytest

from tests.files.conftest import UNKNOWN, Shelf, refusal

GONE = (410, "files/gone", "The file has been deleted")
NOT_FOUND = (404, "files/not-found", "File Not Found.")


async def test_that_a_file_has_every_member_of_the_contract(shelf: Shelf) -> None:
    file = await shelf.put("A/m.csv", b"rows")
    editor = {"id": file["created_by"]["id"], "name": "Editor", "email": file["created_by"]["email"]}
    assert file == {
        "file_id": file["file_id"],
        "name": "m.csv",
        "path": "/A/",
        "version_id": file["version_id"],
        "size": 4,
        "etag": file["etag"],
        "created_at": file["created_at"],
        "created_by": editor,
        "modified_at": file["created_at"],
        "modified_by": editor,
        "deleted_at": None,
        "deleted_by": None,
        "download": file["download"],
        "self": f"http://coreshed.test{shelf.root}/{file['file_id']}?version_id={file['version_id']}",
        "versions": None,
    }
    (listed,) = (await shelf.listed())["files"]
    shared = {key: value for key, value in file.items() if key not in {"download", "self", "versions"}}
    assert listed == shared | {"links": {"self": f"http://coreshed.test{shelf.root}/{file['file_id']}"}}
    (version,) = (await shelf.get(file["file_id"], include_versions="true"))["versions"]
    assert version == {
        "created_at": file["created_at"],
        "created_by": editor,
        "file_id": file["file_id"],
        "link": file["self"],
        "name": "m.csv",
        "path": "/A/",
        "size": 4,
        "version_id": file["version_id"],
    }
    assert (await shelf.ask("GET", file["self"].removeprefix("http://coreshed.test"))).status_code == 200


async def test_that_an_unknown_file_or_version_is_not_found(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    pending = await shelf.offer("m.csv")
    for url in (
        f"{shelf.root}/{UNKNOWN}",
        shelf.at("other.csv"),
        f"{shelf.root}/{file['file_id']}?version_id=1",
        f"{shelf.root}/{file['file_id']}?version_id={pending['version_id']}",
        f"{shelf.at('m.csv')}?version_id=1",
    ):
        assert refusal(await shelf.ask("GET", url)) == NOT_FOUND


async def test_that_a_deleted_file_is_gone_and_can_still_be_found(shelf: Shelf) -> None:
    file = await shelf.put("A/m.csv", b"rows")
    by_id = f"{shelf.root}/{file['file_id']}"
    gone = await shelf.ask("DELETE", by_id)
    assert (gone.status_code, gone.content) == (204, b"")
    for url in (by_id, f"{by_id}?deleted=False", shelf.at("a/m.csv")):
        answer = await shelf.ask("GET", url)
        assert refusal(answer) == GONE
        assert answer.json()["detail"] == "The requested file has been deleted."
    assert refusal(await shelf.ask("PUT", by_id)) == GONE
    got = await shelf.get(file["file_id"], deleted="true")
    assert got["deleted_at"] is not None
    assert got["deleted_by"]["name"] == "Editor"
    assert await shelf.bytes_of(got) == b"rows"
    assert await shelf.names() == []
    assert await shelf.names(deleted="true") == ["m.csv"]


async def test_that_deleted_true_still_finds_live_files_by_id(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    assert (await shelf.get(file["file_id"], deleted="true"))["deleted_at"] is None


async def test_that_deleting_again_changes_nothing_and_unknown_files_are_not_found(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    for url in (f"{shelf.root}/{file['file_id']}", shelf.at("M.csv")):
        assert (await shelf.ask("DELETE", url)).status_code == 204
    assert refusal(await shelf.ask("DELETE", f"{shelf.root}/{uuid4()}")) == NOT_FOUND
    assert refusal(await shelf.ask("DELETE", shelf.at("other.csv"))) == NOT_FOUND


async def test_that_an_upload_to_the_path_of_a_deleted_file_is_a_new_file(shelf: Shelf) -> None:
    first = await shelf.put("m.csv", b"first")
    await shelf.ask("DELETE", shelf.at("m.csv"))
    second = await shelf.put("m.csv", b"second")
    assert second["file_id"] != first["file_id"]
    answer = await shelf.ask("PUT", f"{shelf.root}/{first['file_id']}")
    assert refusal(answer) == (409, "files/already-exists", "Invalid Request.")


async def test_that_a_restored_file_is_as_before(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    await shelf.ask("DELETE", shelf.at("m.csv"))
    by_id = f"{shelf.root}/{file['file_id']}?deleted=false"
    for _ in range(2):  # a live file stays as it is
        restored = await shelf.ask("PUT", by_id)
        assert (restored.status_code, restored.content) == (204, b"")
    got = await shelf.get(file["file_id"])
    assert {**got, "download": ""} == {**file, "download": ""}


async def test_that_a_restored_file_gives_way_to_the_holder_of_its_path(shelf: Shelf) -> None:
    deleted = []
    for content in (b"one", b"two"):
        deleted.append(await shelf.put("A/m.csv", content))
        await shelf.ask("DELETE", shelf.at("A/m.csv"))
    await shelf.put("A/m.csv", b"three")
    for number, file in enumerate(deleted, 1):
        restored = await shelf.ask("PUT", f"{shelf.root}/{file['file_id']}?deleted=False")
        assert restored.status_code == 303
        assert (restored.json()["path"], restored.json()["name"]) == ("/A/", f"m ({number}).csv")
        assert restored.json()["file_id"] == file["file_id"]
    assert await shelf.names() == ["m (1).csv", "m (2).csv", "m.csv"]


async def test_that_unknown_files_cannot_be_restored_and_put_does_not_delete(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    assert refusal(await shelf.ask("PUT", f"{shelf.root}/{UNKNOWN}?deleted=false")) == NOT_FOUND
    answer = await shelf.ask("PUT", f"{shelf.root}/{file['file_id']}?deleted=true")
    assert refusal(answer) == (400, "bad-request", "Bad Request.")


@pytest.mark.parametrize("file_id", ["x", "0" * 32])
async def test_that_what_is_no_id_is_refused(shelf: Shelf, file_id: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await shelf.ask(method, f"{shelf.root}/{file_id}")
        assert refusal(answer) == (422, "validation", "Validation Error.")


async def test_that_viewers_read_and_do_not_write(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    assert (await shelf.ask("GET", shelf.at("m.csv"), "viewer")).status_code == 200
    for method, url in (
        ("PUT", shelf.at("m.csv")),
        ("PUT", f"{shelf.root}/{file['file_id']}"),
        ("PUT", f"{shelf.root}/{file['file_id']}?deleted=false"),
        ("DELETE", shelf.at("m.csv")),
        ("DELETE", f"{shelf.root}/{file['file_id']}"),
    ):
        answer = await shelf.ask(method, url, "viewer")
        assert refusal(answer) == (403, "auth/insufficient-role", "Insufficient Role.")
        assert answer.json()["your_role"] == "viewer"
        assert answer.json()["permitted_roles"] == ["editor", "owner"]


async def test_that_changes_leave_a_row_in_the_audit(shelf: Shelf) -> None:
    import sqlalchemy as sa

    file = await shelf.put("m.csv")
    await shelf.ask("DELETE", shelf.at("m.csv"))
    await shelf.ask("PUT", f"{shelf.root}/{file['file_id']}?deleted=false")
    with shelf.lab.application.databases.main.reading() as rows:
        found = rows.execute(
            sa.text("select action, actor_id, organisation_id from audit_events where target_id = :id order by no"),
            {"id": file["file_id"]},
        ).all()
    assert [row.action for row in found] == ["file.version", "file.delete", "file.restore"]
    assert {row.actor_id for row in found} == {file["created_by"]["id"]}
    assert {row.organisation_id for row in found} == {shelf.lab.organisation_id}


async def test_that_the_folders_of_a_path_come_with_the_file_and_stay_while_it_lives(shelf: Shelf) -> None:
    lab = shelf.lab
    folders = f"/folder/instances/{lab.organisation_id}/workspaces/{lab.workspace_id}/folders"

    async def shown() -> list[str]:
        return [each["path"] for each in (await shelf.ask("GET", folders, params={"depth": "9"})).json()["results"]]

    offered = await shelf.offer("Pit A/2026/m.csv")
    assert await shown() == []
    await shelf.commit(offered["upload"])
    assert await shown() == ["/Pit A", "/Pit A/2026"]
    await shelf.put("pit a/n.csv")
    listed = (await shelf.ask("GET", folders, params={"depth": "9"})).json()["results"]
    by_path = {each["path"]: each["folder_id"] for each in listed}
    refused = await shelf.ask("DELETE", f"{folders}/{by_path['/Pit A']}")
    assert refused.status_code == 409
    for path in ("pit a/n.csv", "Pit A/2026/m.csv"):
        await shelf.ask("DELETE", shelf.at(path))
    assert await shown() == ["/Pit A", "/Pit A/2026"]
    assert (await shelf.ask("DELETE", f"{folders}/{by_path['/Pit A']}")).status_code == 204
    assert await shown() == []
    restored = await shelf.ask("PUT", f"{shelf.root}/{offered['file_id']}?deleted=false")
    assert restored.status_code == 204
    assert await shown() == ["/Pit A", "/Pit A/2026"]


async def test_that_a_path_whose_folders_cannot_be_made_is_refused(shelf: Shelf) -> None:
    for path in (".../m.csv", "f" * 257 + "/m.csv", "/".join(["f" * 200] * 6) + "/m.csv"):
        assert refusal(await shelf.ask("PUT", shelf.at(path)))[:2] == (400, "files/invalid-path")
