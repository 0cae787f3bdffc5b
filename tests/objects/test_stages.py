"""GET stages and PATCH metadata."""

from typing import Any
from uuid import uuid4

from tests.objects.conftest import Lab, problem
from tests.objects.sample import UNKNOWN_ID, delete, error, update, variogram

APPROVED = {"name": "Approved", "stage_id": "2b8847c9-b2b0-4d89-9f3d-20d8a113c1da"}


async def set_stage(lab: Lab, posted: dict[str, Any], stage_id: str | None, query: str = "") -> None:
    url = f"{lab.root}/objects/{posted['object_id']}/metadata{query}"
    answer = await lab.editor.patch(url, json={"stage_id": stage_id})
    assert (answer.status_code, answer.content) == (204, b""), answer.text


async def test_that_the_stages_are_the_six_published_ones(lab: Lab) -> None:
    """A46"""
    for who in ("viewer", "stranger"):
        answer = await lab.clients[who].get(f"{lab.organisation_root}/stages")
        assert answer.status_code == 200
        assert set(answer.json()) == {"stages"}
        stages = answer.json()["stages"]
        assert [stage["name"] for stage in stages] == [
            "Approved", "Experimental", "In Review", "Peer Review", "Preliminary Update", "Resource Ready",
        ]  # fmt: skip
        assert stages[0] == APPROVED


async def test_that_a_stage_is_shown_and_removed_without_a_new_version(lab: Lab) -> None:
    """A46"""
    first = await lab.create("A/m.json", variogram())
    for stage_id, shown in ((APPROVED["stage_id"].upper(), APPROVED), (None, None)):
        await set_stage(lab, first, stage_id)
        got = (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?include_versions=true")).json()
        [row] = (await lab.editor.get(f"{lab.root}/objects")).json()["objects"]
        [version] = got.pop("versions")
        assert got["stage"] == row["stage"] == version["stage"] == shown
        assert got == first | {"stage": shown}


async def test_that_a_stage_belongs_to_one_version(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    second = await update(lab, first)
    await set_stage(lab, first, APPROVED["stage_id"], f"?version_id={first['version_id']}")
    got = (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?include_versions=true")).json()
    assert got["stage"] is None
    assert [version["stage"] for version in got["versions"]] == [None, APPROVED]
    assert (await lab.editor.get(f"{lab.root}/objects")).json()["objects"][0]["stage"] is None
    await set_stage(lab, first, APPROVED["stage_id"], f"?version_id={second['version_id']}")
    await set_stage(lab, first, None, f"?version_id={first['version_id']}")
    old = await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?version={first['version_id']}")
    assert old.json()["stage"] is None
    assert (await lab.editor.get(f"{lab.root}/objects")).json()["objects"][0]["stage"] == APPROVED
    third = await update(lab, first)
    assert third["stage"] is None


async def test_that_a_change_without_fields_changes_nothing(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    await set_stage(lab, first, APPROVED["stage_id"])
    answer = await lab.editor.patch(f"{lab.root}/objects/{first['object_id']}/metadata", json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}")).json()["stage"] == APPROVED


async def test_that_a_malformed_change_is_described_item_by_item(lab: Lab) -> None:
    """§4.4: E2 and E12 describe what is invalid as a list of `loc`, `msg` and `type`."""
    first = await lab.create("A/m.json", variogram())
    url = f"{lab.root}/objects/{first['object_id']}/metadata"
    good = {"stage_id": APPROVED["stage_id"]}
    requests: list[tuple[str, dict[str, Any]]] = [
        (url, {"json": {"stage_id": str(uuid4())}}),
        (url, {"json": {"stage_id": "abc"}}),
        (url, {"json": {"stage_id": 1}}),
        (url, {"json": good | {"more": 1}}),
        (url, {"json": []}),
        (url, {"content": b""}),
        (url, {"content": b"{"}),
        (f"{url}?version_id=abc", {"json": good}),
        (f"{url}?version_id=", {"json": good}),
        (url.replace(first["object_id"], "abc"), {"json": good}),
    ]
    for address, body in requests:
        answer = await lab.editor.patch(address, **body)
        _check_list(answer, answer.json())
    answer = await lab.editor.get(f"{lab.organisation_root[:-1]}/stages")
    _check_list(answer, answer.json())


def _check_list(answer: Any, body: dict[str, Any]) -> None:
    assert answer.status_code == 422
    assert set(body) == {"detail"}
    assert body["detail"]
    for item in body["detail"]:
        assert set(item) == {"loc", "msg", "type"}
        assert item["loc"]
        assert all(isinstance(step, str | int) for step in item["loc"])
        assert isinstance(item["msg"], str)
        assert isinstance(item["type"], str)


async def test_that_a_stage_of_no_version_and_no_object_is_not_found(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    other = await lab.create("A/n.json", variogram())
    gone = await lab.create("A/o.json", variogram())
    await delete(lab, gone)
    for version in ("1", other["version_id"], "9" * 30, "-1"):
        url = f"{lab.root}/objects/{first['object_id']}/metadata?version_id={version}"
        answer = await lab.editor.patch(url, json={"stage_id": None})
        assert error(answer, 404, "versions/not-found", "Version Not Found.") == {}
    for object_id in (UNKNOWN_ID, gone["object_id"]):
        answer = await lab.editor.patch(f"{lab.root}/objects/{object_id}/metadata", json={"stage_id": None})
        assert error(answer, 404, "objects/not-found", "Object Not Found.")["object_id"] == object_id


async def test_that_a_viewer_sets_no_stage(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    answer = await lab.clients["viewer"].patch(
        f"{lab.root}/objects/{first['object_id']}/metadata", json={"stage_id": None}
    )
    assert problem(answer) == (403, "auth/insufficient-role", "Insufficient Role.")
