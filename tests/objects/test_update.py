"""POST objects/{id}: new versions, If-Match; the decision table of the contract."""

from typing import Any
from uuid import uuid4

import pytest

from tests.objects.conftest import POINTSET, Lab, problem
from tests.objects.sample import MESH, UNKNOWN_ID, delete, error, update, variogram


async def test_that_the_type_of_an_object_stays(lab: Lab) -> None:
    """A17"""
    first = await lab.create("A/m.json")
    url = f"{lab.root}/objects/{first['object_id']}"
    for url_or_path in (url, f"{lab.root}/objects/path/A/m.json"):
        answer = await lab.editor.post(url_or_path, json={"schema": MESH, "uuid": first["object_id"]})
        more = error(answer, 400, "objects/invalid-object", "Object Error.")
        assert more == {"expected": "pointset.schema.json", "actual": "triangle-mesh.schema.json"}


async def test_that_the_version_of_a_schema_may_change(lab: Lab) -> None:
    """A18"""
    first = await lab.create("A/m.json")
    newer = await update(lab, first, schema=POINTSET.replace("1.2.0", "1.3.0"))
    older = await update(lab, first, schema=POINTSET.replace("1.2.0", "1.1.0"))
    assert newer["object"]["schema"] == "/objects/pointset/1.3.0/pointset.schema.json"
    assert older["object"]["schema"] == "/objects/pointset/1.1.0/pointset.schema.json"


async def test_that_an_update_replaces_the_whole_object_and_keeps_its_path(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram(extensions={"a": 1}))
    body = variogram(uuid=first["object_id"], sill=2.0)
    second = (await lab.editor.post(f"{lab.root}/objects/{first['object_id']}", json=body)).json()
    assert second["object"] == body
    assert second["object_path"] == "A/m.json"
    assert int(second["version_id"]) > int(first["version_id"])
    assert set(second) == set(first)


async def test_that_ids_are_read_in_any_case(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    body = first["object"] | {"uuid": first["object_id"].upper()}
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id'].upper()}", json=body)
    assert answer.status_code == 201
    assert answer.json()["object"]["uuid"] == answer.json()["object_id"] == first["object_id"]


@pytest.mark.parametrize("uuid", [None, UNKNOWN_ID, "abc", 1, [], True, ""], ids=repr)
async def test_that_a_body_with_another_uuid_is_refused(lab: Lab, uuid: Any) -> None:
    first = await lab.create("A/m.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}", json=first["object"] | {"uuid": uuid})
    assert problem(answer) == (422, "validation", "Validation Error.")
    assert len(await _versions(lab, first)) == 1


async def test_that_a_body_without_a_uuid_is_refused(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    body = variogram()
    del body["uuid"]
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}", json=body)
    assert problem(answer) == (422, "validation", "Validation Error.")


async def test_that_an_unknown_object_cannot_be_updated(lab: Lab) -> None:
    answer = await lab.editor.post(f"{lab.root}/objects/{UNKNOWN_ID}", json=variogram(uuid=UNKNOWN_ID))
    more = error(answer, 404, "objects/not-found", "Object Not Found.")
    assert more == {"object_id": UNKNOWN_ID, "upstream_type": None}


async def test_that_a_deleted_object_cannot_be_updated(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    await delete(lab, first)
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}", json=first["object"])
    assert problem(answer) == (404, "objects/not-found", "Object Not Found.")


@pytest.mark.parametrize(
    ("query", "body"),
    [("", b""), ("", b"null"), ("?deleted=true", b""), ("?deleted=True", b"null"), ("?deleted=maybe", b"")],
)
async def test_that_neither_an_update_nor_a_restoration_is_refused(lab: Lab, query: str, body: bytes) -> None:
    first = await lab.create("A/m.json", variogram())
    answer = await lab.editor.post(f"{lab.root}/objects/{first['object_id']}{query}", content=body)
    assert problem(answer) == (422, "validation", "Validation Error.")


async def test_that_deleted_with_a_body_is_refused(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    for word in ("true", "false"):
        url = f"{lab.root}/objects/{first['object_id']}?deleted={word}"
        assert problem(await lab.editor.post(url, json=first["object"])) == (422, "validation", "Validation Error.")
    assert len(await _versions(lab, first)) == 1


async def test_that_a_stale_version_is_not_replaced(lab: Lab) -> None:
    """A25"""
    first = await lab.create("A/m.json", variogram())
    second = await update(lab, first)
    by_id, by_path = f"{lab.root}/objects/{first['object_id']}", f"{lab.root}/objects/path/A/m.json"
    for url in (by_id, by_path):
        answer = await lab.editor.post(url, json=first["object"], headers={"If-Match": first["version_id"]})
        assert error(answer, 412, "objects/modified", "Object Modified.") == {}
        assert answer.json()["detail"] == "Specified object version is stale."
    assert [row["version_id"] for row in await _versions(lab, first)] == [second["version_id"], first["version_id"]]


@pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"{}"', "1, {}", "*"])
async def test_that_the_newest_version_is_replaced(lab: Lab, form: str) -> None:
    """A25"""
    first = await lab.create("A/m.json", variogram())
    for url in (f"{lab.root}/objects/{first['object_id']}", f"{lab.root}/objects/path/A/m.json"):
        newest = (await lab.editor.get(url)).json()["version_id"]
        answer = await lab.editor.post(url, json=first["object"], headers={"If-Match": form.format(newest)})
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("match", ["*", "1", '"1"', "abc", ""])
async def test_that_no_version_matches_where_there_is_no_object(lab: Lab, match: str) -> None:
    answer = await lab.editor.post(f"{lab.root}/objects/path/A/m.json", json=variogram(), headers={"If-Match": match})
    assert problem(answer) == (412, "objects/modified", "Object Modified.")
    assert await lab.names() == []


async def test_that_an_update_may_refer_to_other_data(lab: Lab) -> None:
    first = await lab.create("A/m.json")
    body = await lab.pointset(content=b"other")
    second = await update(lab, first, locations=body["locations"])
    names = [[link["name"] for link in posted["links"]["data"]] for posted in (first, second)]
    assert names[0] != names[1]
    old = await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?version={first['version_id']}")
    assert [link["name"] for link in old.json()["links"]["data"]] == names[0]


async def test_that_the_author_of_each_version_is_kept(lab: Lab) -> None:
    first = await lab.create("A/m.json", variogram())
    second = (await lab.clients["owner"].post(f"{lab.root}/objects/{first['object_id']}", json=first["object"])).json()
    assert (second["created_by"]["name"], second["modified_by"]["name"]) == ("Editor", "Owner")
    assert [row["created_by"]["name"] for row in await _versions(lab, first)] == ["Owner", "Editor"]


async def _versions(lab: Lab, posted: dict[str, Any]) -> list[dict[str, Any]]:
    got = await lab.editor.get(f"{lab.root}/objects/{posted['object_id']}?include_versions=True")
    versions: list[dict[str, Any]] = got.json()["versions"]
    return versions


async def test_that_a_uuid_never_used_cannot_be_chosen(lab: Lab) -> None:
    chosen = str(uuid4())
    answer = await lab.editor.post(f"{lab.root}/objects/{chosen}", json=variogram(uuid=chosen))
    assert answer.status_code == 404
    assert await lab.names() == []
