"""POST objects/{id}/versions and PATCH objects."""

from typing import Any

from tests.objects.conftest import Lab, problem
from tests.objects.sample import UNKNOWN_ID, delete, error, update, variogram


async def named(lab: Lab, object_id: str, body: Any) -> Any:
    return await lab.clients["viewer"].post(f"{lab.root}/objects/{object_id}/versions", json=body)


async def test_that_named_versions_come_in_the_order_asked(lab: Lab) -> None:
    """A28"""
    first = await lab.create("A/m.json", variogram())
    second = await update(lab, first)
    wanted = [first["version_id"], second["version_id"], first["version_id"]]
    answer = await named(lab, first["object_id"], {"version_ids": wanted})
    assert answer.status_code == 200
    assert set(answer.json()) == {"versions"}
    rows = answer.json()["versions"]
    assert [row["version_id"] for row in rows] == wanted
    assert [row["etag"] for row in rows] == [first["etag"], second["etag"], first["etag"]]
    assert rows[0]["links"]["download"].endswith(f"/objects/path/A/m.json?version={first['version_id']}")


async def test_that_one_unknown_version_refuses_all(lab: Lab) -> None:
    """A28"""
    first = await lab.create("A/m.json", variogram())
    other = await lab.create("A/n.json", variogram())
    for unknown in ("1", "abc", "", "-1", "9" * 40, other["version_id"]):
        answer = await named(lab, first["object_id"], {"version_ids": [first["version_id"], unknown]})
        assert error(answer, 404, "versions/not-found", "Version Not Found.") == {}


async def test_that_a_malformed_request_for_versions_is_invalid(lab: Lab) -> None:
    """A28"""
    first = await lab.create("A/m.json", variogram())
    version = first["version_id"]
    bodies: list[Any] = [
        {"version_ids": [version] * 101},
        {"version_ids": []},
        {"version_ids": [int(version)]},
        {"version_ids": version},
        {"version_ids": [version], "more": 1},
        {"version_ids": None},
        {},
        [version],
        None,
    ]
    for body in bodies:
        answer = await named(lab, first["object_id"], body)
        assert problem(answer) == (422, "validation", "Validation Error."), body
    hundred = await named(lab, first["object_id"], {"version_ids": [version] * 100})
    assert len(hundred.json()["versions"]) == 100


async def test_that_versions_of_no_object_are_not_found(lab: Lab) -> None:
    gone = await lab.create("A/m.json", variogram())
    await delete(lab, gone)
    for object_id in (UNKNOWN_ID, gone["object_id"]):
        answer = await named(lab, object_id, {"version_ids": [gone["version_id"]]})
        more = error(answer, 404, "objects/not-found", "Object Not Found.")
        assert more == {"object_id": object_id, "upstream_type": None}


async def test_that_latest_versions_keep_order_and_multiplicity(lab: Lab) -> None:
    """A29"""
    known = await lab.create("A/m.json", variogram())
    newest = await update(lab, known)
    gone = await lab.create("A/n.json", variogram())
    await delete(lab, gone)
    wanted = [known["object_id"].upper(), UNKNOWN_ID, gone["object_id"], known["object_id"]]
    answer = await lab.clients["viewer"].patch(f"{lab.root}/objects", json=wanted)
    assert answer.status_code == 200
    assert answer.json() == [
        {"object_id": known["object_id"], "version_id": newest["version_id"]},
        {"object_id": UNKNOWN_ID, "version_id": None},
        {"object_id": gone["object_id"], "version_id": None},
        {"object_id": known["object_id"], "version_id": newest["version_id"]},
    ]


async def test_that_a_malformed_request_for_latest_versions_is_invalid(lab: Lab) -> None:
    bodies: list[Any] = [[], [UNKNOWN_ID] * 501, ["abc"], [1], [None], {"object_ids": []}, UNKNOWN_ID, None]
    for body in bodies:
        answer = await lab.editor.patch(f"{lab.root}/objects", json=body)
        assert problem(answer) == (422, "validation", "Validation Error."), body
    most = await lab.editor.patch(f"{lab.root}/objects", json=[UNKNOWN_ID] * 500)
    assert len(most.json()) == 500
