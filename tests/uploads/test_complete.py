"""Completing goes by what has been measured."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Engine, event

from coreshed.problems import Invalid
from coreshed.uploads import Described
from coreshed.uploads.wire import Completion
from tests.uploads.conftest import Site, faults, problem


async def test_that_what_arrived_is_used_and_the_rest_is_released(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    assert site.standing() == (0, 600)
    done = await site.ok("uploads.complete", upload_id=upload_id, user_metadata={"crew": "north"})
    assert (done["id"], done["status"], done["user_metadata"]) == (upload_id, "completed", {"crew": "north"})
    assert (done["reserved_bytes"], done["expires_at"]) == (0, None)
    assert site.standing() == (10, 0)
    usage = await site.ok("usage.current", organization_id=site.organisation_id)
    assert usage["storage"]["used_bytes"] == 10
    assert usage["period_start"].endswith("-01T00:00:00Z")


async def test_that_completing_again_answers_the_same_and_charges_nothing(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    first = await site.ok("uploads.complete", upload_id=upload_id)
    assert await site.ok("uploads.complete", upload_id=upload_id, name="other") == first
    assert site.standing() == (10, 0)


async def test_that_two_completes_at_once_have_one_effect(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    answers = await asyncio.gather(*(site.op("uploads.complete", upload_id=upload_id) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert site.standing() == (10, 0)


async def test_that_complete_and_fail_at_once_have_one_winner(site: Site) -> None:
    for _ in range(3):
        used, _reserved = site.standing()
        upload_id = await site.begin(60)
        await site.put(upload_id)
        done, failed = await asyncio.gather(
            site.op("uploads.complete", upload_id=upload_id),
            site.op("uploads.fail", upload_id=upload_id, error_message="boom"),
        )
        assert sorted((done.status_code, failed.status_code)) == [200, 409]
        assert site.standing() == (used + 10 * (done.status_code == 200), 0)


async def test_that_a_session_without_files_is_not_completed(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.link(upload_id)
    assert problem(await site.op("uploads.complete", upload_id=upload_id))[0] == 409
    assert site.standing() == (0, 600)


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
async def test_that_every_empty_body_lacks_the_id(site: Site, body: bytes) -> None:
    answer = await site.clients["admin"].post("/v1/op/uploads.complete", content=body)
    assert faults(answer) == [["body", "upload_id"]]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"datetime": "yesterday"}, ["body", "datetime"]),
        ({"name": ""}, ["body", "name"]),
        ({"properties": []}, ["body", "properties"]),
        ({"checksum_crc32c": "AAAA"}, ["body", "checksum_crc32c"]),
        ({"files": [{"file_name": 1}]}, ["body", "files", 0, "file_name"]),
        ({"files": [{"file_name": "a.tif", "asset_key": "k" * 501}]}, ["body", "files", 0, "asset_key"]),
        ({"user_metadata": {"notes": "n" * (1 << 20)}}, ["body", "user_metadata"]),
        ({"properties": {"ü" * (1 << 19): 1}}, ["body", "properties"]),
    ],
)
async def test_that_what_is_said_of_the_item_is_checked(site: Site, body: dict[str, Any], fault: list[Any]) -> None:
    upload_id = await site.begin()
    assert faults(await site.op("uploads.complete", upload_id=upload_id, **body)) == [fault]


async def test_that_a_file_that_is_absent_is_a_conflict_and_nothing_happens(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    await site.link(upload_id, "announced.tif")
    for said in ({"file_name": "other.tif"}, {"file_name": "announced.tif"}, {"object_path": "x/y"}, {}):
        answer = await site.op("uploads.complete", upload_id=upload_id, files=[{"file_name": "a.tif"}, said])
        assert problem(answer)[0] == 409
    assert (await site.ok("uploads.progress", upload_id=upload_id))["status"] == "uploading"
    assert site.standing() == (0, 100)


async def test_that_no_file_at_all_is_no_choice_and_loses_nothing(site: Site) -> None:
    upload_id = await site.begin(600)
    await site.put(upload_id)
    item_id = (await site.ok("items.create", project_id=site.project_id, name="there", type="user_raster"))["id"]
    into = await site.begin(0, target_item_id=item_id)
    await site.put(into)
    for each in (upload_id, into):
        assert faults(await site.op("uploads.complete", upload_id=each, files=[])) == [["body", "files"]]
        with pytest.raises(Invalid):
            site.application.uploads.completing.complete(
                caller=site.person("admin"), said=Completion(upload_id=each, files=[]), described=Described()
            )
        assert len((await site.ok("uploads.complete", upload_id=each))["asset_ids"]) == 1


async def test_that_properties_of_an_item_that_is_there_are_merged_and_the_rest_stays(site: Site) -> None:
    body = {"name": "there", "type": "user_raster", "properties": {"kept": 1, "changed": 1, "gone": 1}}
    item_id = (await site.ok("items.create", project_id=site.project_id, **body))["id"]
    upload_id = await site.begin(0, target_item_id=item_id)
    await site.put(upload_id)
    said = {"name": "other", "description": "other", "datetime": "2020-01-01T00:00:00Z"}
    properties = {"changed": 2, "gone": None, "new": [3]}
    (item,) = (await site.ok("uploads.complete", upload_id=upload_id, properties=properties, **said))["items"]
    assert item["properties"] == {"kept": 1, "changed": 2, "new": [3]}
    assert (item["name"], item["description"], item["datetime"]) == ("there", None, None)
    assert (await site.ok("items.get", item_id=item_id))["item"]["properties"] == item["properties"]


async def test_that_many_files_take_no_more_statements_than_few(site: Site) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    counts = []
    for files in (2, 20):
        upload_id = await site.begin(0)
        for number in range(files):
            await site.put(upload_id, f"{number}.bin", b"x")
        said, described = Completion(upload_id=upload_id), Described()
        caller = site.person("admin")
        event.listen(Engine, "before_cursor_execute", note)
        try:
            site.application.uploads.completing.complete(caller=caller, said=said, described=described)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        counts.append(len(statements))
        statements.clear()
    assert counts[0] == counts[1]


async def test_that_files_can_be_left_out_and_are_not_paid_for(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id, "a.tif", b"a" * 10)
    await site.put(upload_id, "b.tif", b"b" * 20)
    await site.put(upload_id, "c.tif", b"c" * 40)
    prefix = f"{site.project_id}/uploads/{upload_id}/raw/"
    files = [{"file_name": "c.tif"}, {"object_path": f"{prefix}a.tif"}]
    done = await site.ok("uploads.complete", upload_id=upload_id, files=files)
    assert done["bytes_uploaded"] == 50
    assert site.standing() == (50, 0)
    kept = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert [file["file_name"] for file in kept] == ["a.tif", "c.tif"]


async def test_that_a_checksum_is_of_one_file(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id, "a.tif")
    await site.put(upload_id, "b.tif")
    answer = await site.op("uploads.complete", upload_id=upload_id, checksum_crc32c="AAAAAA==")
    assert faults(answer) == [["body", "checksum_crc32c"]]
    files = [{"file_name": "a.tif"}]
    answer = await site.op("uploads.complete", upload_id=upload_id, checksum_crc32c="AAAAAA==", files=files)
    assert problem(answer)[0] == 409


async def test_that_a_completed_session_is_over(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    await site.ok("uploads.complete", upload_id=upload_id)
    for operation, more in (("signed_url", {"file_name": "b"}), ("progress", {}), ("fail", {"error_message": "x"})):
        assert problem(await site.op(f"uploads.{operation}", upload_id=upload_id, **more))[0] == 409
    assert site.standing() == (10, 0)


async def test_that_more_than_was_announced_is_paid_for_if_there_is_room(site: Site) -> None:
    upload_id = await site.begin()
    await site.put(upload_id, content=b"x" * 1000)
    assert (await site.ok("uploads.complete", upload_id=upload_id))["total_bytes"] == 0
    assert site.standing() == (1000, 0)


async def test_that_a_recount_finds_no_drift(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    await site.ok("uploads.complete", upload_id=upload_id)
    await site.begin(300)
    found = await site.ok("usage.recalculate_storage", organization_id=site.organisation_id)
    assert (found["drift_bytes"], found["drifted"], found["accounts"]) == (0, [], 2)
    assert found["storage"]["used_bytes"] == 10
    for who, status in (("editor", 403), ("foreigner", 404), ("nobody", 401)):
        answer = await site.op("usage.recalculate_storage", who, organization_id=site.organisation_id)
        assert answer.status_code == status


async def test_that_many_faults_are_told_in_part(site: Site) -> None:
    answer = await site.op("uploads.complete", upload_id="u", files=[0] * 200_000)
    assert answer.status_code == 422
    assert 1 <= len(answer.json()["detail"]) <= 100
