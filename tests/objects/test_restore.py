"""Soft deletion and restoration."""

import pytest

from coreshed.testing import ManualClock
from tests.objects.conftest import Lab, problem
from tests.objects.sample import UNKNOWN_ID, delete, error, listed, update, variogram
from tests.objects.timed import application, clock

__all__ = ["application", "clock"]


@pytest.mark.parametrize("by_path", [False, True])
async def test_that_a_deleted_object_is_only_found_among_the_deleted(
    lab: Lab, clock: ManualClock, *, by_path: bool
) -> None:
    """A30"""
    kept = await lab.create("A/kept.json", variogram())
    first = await lab.create("A/m.json")
    identifier = first["object_id"]
    clock.advance(5)
    url = f"{lab.root}/objects/path//a/M.json" if by_path else f"{lab.root}/objects/{identifier}"
    answer = await lab.clients["owner"].delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    for tail in (identifier, "path/A/m.json", f"{identifier}?deleted=false"):
        assert problem(await lab.editor.get(f"{lab.root}/objects/{tail}"))[1] == "objects/not-found"
    got = (await lab.editor.get(f"{lab.root}/objects/{identifier}?deleted=True")).json()
    assert got["deleted_at"] > got["modified_at"] == first["modified_at"]
    assert got["deleted_by"]["name"] == "Owner"
    assert (await lab.clients["nobody"].get(got["links"]["data"][0]["download_url"])).content == b"arrays"
    assert await listed(lab) == await listed(lab, deleted="false") == ["kept"]
    assert await listed(lab, deleted="True") == ["m"]
    row = (await lab.editor.get(f"{lab.root}/objects?deleted=true")).json()["objects"][0]
    assert (row["deleted_at"], row["deleted_by"]) == (got["deleted_at"], got["deleted_by"])
    latest = (await lab.editor.patch(f"{lab.root}/objects", json=[identifier, kept["object_id"]])).json()
    assert [row["version_id"] for row in latest] == [None, kept["version_id"]]


async def test_that_a_live_object_is_not_among_the_deleted(lab: Lab) -> None:
    """A31"""
    first = await lab.create("A/m.json", variogram())
    answer = await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?deleted=true")
    assert error(answer, 404, "objects/not-found", "Object Not Found.")["object_id"] == first["object_id"]


async def test_that_deleting_what_is_not_there_is_not_found(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    await delete(lab, first)
    for tail in (first["object_id"], "path/A/m.json", UNKNOWN_ID, "path/A/x", "path/x.json"):
        answer = await lab.editor.delete(f"{lab.root}/objects/{tail}")
        assert problem(answer) == (404, "objects/not-found", "Object Not Found."), tail


async def test_that_a_restored_object_is_as_before(lab: Lab, clock: ManualClock) -> None:
    """A32"""
    first = await lab.create("A/m.json", variogram(description="old"))
    second = await update(lab, first, description="new")
    clock.advance(5)
    await delete(lab, first)
    answer = await lab.editor.post(
        f"{lab.root}/objects/{first['object_id']}?deleted=False",
        content=b"",
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    got = (await lab.editor.get(f"{lab.root}/objects/path/A/m.json?include_versions=1")).json()
    assert [row["version_id"] for row in got.pop("versions")] == [second["version_id"], first["version_id"]]
    assert got == second
    assert await listed(lab) == ["m"]
    assert await listed(lab, deleted="true") == []


async def test_that_a_restored_object_gives_way_to_the_holder_of_its_path(lab: Lab) -> None:
    """A33"""
    expected = ["A/m (1).json", "A/m (2).json", "A/M (3).JSON"]
    for number, spelling in enumerate(("A/m.json", "A/m.json", "A/M.JSON")):
        first = await lab.create(spelling)
        await delete(lab, first)
        holder = await lab.create("A/m.json")
        answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}?deleted=false")
        assert answer.status_code == 303
        body = answer.json()
        assert body["object_path"] == expected[number]
        assert (body["object_id"], body["version_id"]) == (first["object_id"], first["version_id"])
        assert (body["modified_at"], body["deleted_at"]) == (first["modified_at"], None)
        assert "versions" not in body
        assert answer.headers["location"] == body["links"]["download"]
        assert (await lab.editor.get(body["links"]["download"])).json()["object_id"] == first["object_id"]
        await delete(lab, holder)
    assert await listed(lab, order_by="object_name") == ["m (1)", "m (2)", "M (3).JSON"]


async def test_that_the_number_of_a_restored_name_rises_until_it_is_free(lab: Lab) -> None:
    """A33"""
    first = await lab.create("m.json", variogram())
    await delete(lab, first)
    for path in ("m.json", "M (1).json", "m (3).json"):
        await lab.create(path, variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}?deleted=false")
    assert answer.json()["object_path"] == "m (2).json"
    numbered = await lab.create("m (9).json", variogram())
    await delete(lab, numbered)
    await lab.create("m (9).json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{numbered['object_id']}?deleted=false")
    assert answer.json()["object_path"] == "m (9) (1).json"


async def test_that_a_restoration_takes_no_body_and_an_editor(lab: Lab) -> None:
    """A34"""
    first = await lab.create("A/m.json", variogram())
    await delete(lab, first)
    url = f"{lab.root}/objects/{first['object_id']}?deleted=false"
    assert problem(await lab.editor.post(url, json=first["object"])) == (422, "validation", "Validation Error.")
    assert problem(await lab.editor.post(url, json={})) == (422, "validation", "Validation Error.")
    assert problem(await lab.clients["viewer"].post(url)) == (403, "auth/insufficient-role", "Insufficient Role.")
    assert (await lab.editor.get(f"{lab.root}/objects/path/A/m.json")).status_code == 404
    answer = await lab.editor.post(url, content=b" null ")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_that_restoring_a_live_object_changes_nothing_and_an_unknown_one_is_not_found(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}?deleted=false")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}")).json()["version_id"] == first[
        "version_id"
    ]
    unknown = await lab.editor.post(f"{lab.root}/objects/{UNKNOWN_ID}?deleted=false")
    assert error(unknown, 404, "objects/not-found", "Object Not Found.")["object_id"] == UNKNOWN_ID


async def test_that_several_deleted_objects_may_share_a_path(lab: Lab) -> None:
    for _ in range(3):
        await delete(lab, await lab.create("A/m.json", variogram(extensions={"n": 1})))
    assert await listed(lab, deleted="true") == ["m", "m", "m"]
    assert await listed(lab, ("object.extensions.n", "1")) == []
    assert await listed(lab, ("object.extensions.n", "1"), deleted="true") == ["m", "m", "m"]


async def test_that_a_path_is_free_at_once_for_another_type(lab: Lab) -> None:
    await delete(lab, await lab.create("A/m.json"))
    assert (await lab.create("A/m.json", variogram()))["object_path"] == "A/m.json"


async def test_that_the_longest_path_can_be_restored_beside_its_successor(lab: Lab) -> None:
    path = "A/" + "m" * (1024 - len("A/.json")) + ".json"
    first = await lab.create(path, variogram())
    await delete(lab, first)
    await lab.create(path, variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}?deleted=false")
    assert answer.status_code == 303
    assert answer.json()["object_path"] == path.removesuffix("mmmm.json") + " (1).json"
