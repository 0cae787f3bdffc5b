"""POST, batch, GET and list of associations between attributes of an object and colormaps."""

import asyncio
import re
from typing import Any

from tests.colormaps.conftest import CATEGORY, UNKNOWN_ID, Studio, kind, refused
from tests.objects.conftest import ORIGIN
from tests.objects.sample import second_workspace, variogram

ABSENT = object()
MISTAKES: list[tuple[str, Any]] = [
    ("colormap_id", "abc"),
    ("colormap_id", UNKNOWN_ID.replace("-", "")),
    ("colormap_id", "\0" * 36),
    ("colormap_id", None),
    ("colormap_id", 1),
    ("colormap_id", ABSENT),
    ("attribute_id", None),
    ("attribute_id", 7),
    ("attribute_id", "a\0"),
    ("attribute_id", "a" * 1025),
    ("attribute_id", ABSENT),
]


def batch(studio: Studio) -> str:
    return f"/objects/{studio.object_id}/associations/batch"


async def listed(studio: Studio) -> list[dict[str, Any]]:
    answer = await studio.lab.clients["viewer"].get(studio.associations)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"associations"}
    found: list[dict[str, Any]] = answer.json()["associations"]
    return found


async def test_that_an_association_says_what_belongs_to_what(studio: Studio) -> None:
    """48"""
    colormap = await studio.create()
    made = await studio.associate(colormap["id"].upper(), "5f6a/cu %")
    assert made == {
        "id": made["id"],
        "attribute_id": "5f6a/cu %",
        "colormap_id": colormap["id"],
        "colormap_uri": colormap["self_link"],
        "self_link": f"{ORIGIN}{studio.associations}/{made['id']}",
        "workspace_id": studio.lab.workspace_id,
        "created_at": made["created_at"],
        "created_by": colormap["created_by"],
        "modified_at": made["created_at"],
        "modified_by": colormap["created_by"],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["created_at"])
    viewer = studio.lab.clients["viewer"]
    assert (await viewer.get(made["self_link"])).json() == made
    assert (await viewer.get(made["colormap_uri"])).json() == colormap
    assert await listed(studio) == [made]


async def test_that_an_attribute_keeps_every_association_in_their_order(studio: Studio) -> None:
    first, second = await studio.create(), await studio.create(CATEGORY)
    made = [await studio.associate(each["id"]) for each in (first, second, first)]
    assert await listed(studio) == made
    assert [each["colormap_id"] for each in made] == [first["id"], second["id"], first["id"]]


async def test_that_a_batch_has_1_to_128_associations(studio: Studio) -> None:
    colormap_id = (await studio.create())["id"]
    for count in (0, 129):
        wanted = [{"attribute_id": str(n), "colormap_id": colormap_id} for n in range(count)]
        assert refused(await studio.post(batch(studio), {"associations": wanted})) == ["body", "associations"]
    assert await listed(studio) == []
    wanted = [{"attribute_id": str(n % 100), "colormap_id": colormap_id} for n in range(128)]
    made = await studio.post(batch(studio), {"associations": wanted})
    assert made.status_code == 200
    assert [each["attribute_id"] for each in made.json()["associations"]] == [str(n % 100) for n in range(128)]
    assert await listed(studio) == made.json()["associations"]


async def test_that_one_unknown_colormap_refuses_the_whole_batch(studio: Studio) -> None:
    colormap_id = (await studio.create())["id"]
    wanted = [{"attribute_id": "a", "colormap_id": each} for each in (colormap_id, UNKNOWN_ID, colormap_id)]
    answer = await studio.post(batch(studio), {"associations": wanted})
    assert kind(answer) == (404, "colormap/not-found")
    assert UNKNOWN_ID in answer.json()["detail"]
    assert kind(await studio.post(f"/objects/{studio.object_id}/associations", wanted[1])) == (
        404,
        "colormap/not-found",
    )
    assert await listed(studio) == []


async def test_that_a_mistake_is_refused_where_it_is(studio: Studio) -> None:
    good = {"attribute_id": "a", "colormap_id": (await studio.create())["id"]}
    one = f"/objects/{studio.object_id}/associations"
    for name, value in MISTAKES:
        bad = {each: kept for each, kept in good.items() if each != name or value is not ABSENT}
        bad |= {} if value is ABSENT else {name: value}
        assert refused(await studio.post(one, bad)) == ["body", name], value
        answer = await studio.post(batch(studio), {"associations": [good, good, bad]})
        assert refused(answer) == ["body", "associations", 2, name], value
    assert await listed(studio) == []


async def test_that_a_body_of_another_shape_is_refused(studio: Studio) -> None:
    bodies: list[Any] = [[], None, b"", b"{", {}, {"associations": None}, {"associations": {}}]
    for body in bodies:
        assert refused(await studio.post(batch(studio), body))[0] == "body"
        assert refused(await studio.post(f"/objects/{studio.object_id}/associations", body))[0] == "body"


async def test_that_ids_in_the_path_are_uuids(studio: Studio) -> None:
    body = {"attribute_id": "a", "colormap_id": UNKNOWN_ID}
    assert refused(await studio.get("/objects/abc/associations")) == ["path", "object_id"]
    assert refused(await studio.post("/objects/abc/associations", body)) == ["path", "object_id"]
    answer = await studio.post("/objects/abc/associations/batch", {"associations": [body]})
    assert refused(answer) == ["path", "object_id"]
    answer = await studio.get(f"/objects/{studio.object_id}/associations/abc")
    assert refused(answer) == ["path", "association_id"]


async def test_that_the_object_must_be_in_the_workspace(studio: Studio) -> None:
    colormap_id = (await studio.create())["id"]
    body = {"attribute_id": "a", "colormap_id": colormap_id}
    other = second_workspace(studio.lab.application, studio.lab)
    root = f"/geoscience-object/orgs/{studio.lab.organisation_id}/workspaces/{other}"
    elsewhere = (await studio.lab.editor.post(f"{root}/objects/path/A/b.json", json=variogram())).json()["object_id"]
    for object_id in (UNKNOWN_ID, elsewhere):
        missing = (404, "colormap/not-found")
        assert kind(await studio.post(f"/objects/{object_id}/associations", body)) == missing
        assert kind(await studio.post(f"/objects/{object_id}/associations/batch", {"associations": [body]})) == missing
        assert kind(await studio.get(f"/objects/{object_id}/associations")) == missing
        assert kind(await studio.get(f"/objects/{object_id}/associations/{UNKNOWN_ID}")) == missing


async def test_that_an_association_is_found_under_its_own_object_alone(studio: Studio) -> None:
    made = await studio.associate((await studio.create())["id"])
    other = (await studio.lab.create("A/other.json", variogram()))["object_id"]
    assert (await studio.get(f"/objects/{other}/associations")).json() == {"associations": []}
    for path in (f"/objects/{other}/associations/{made['id']}", f"/objects/{studio.object_id}/associations/{other}"):
        assert kind(await studio.get(path)) == (404, "colormap/not-found")


async def test_that_a_deleted_object_hides_its_associations_until_it_is_restored(studio: Studio) -> None:
    colormap_id = (await studio.create())["id"]
    made = await studio.associate(colormap_id)
    address = f"{studio.lab.root}/objects/{studio.object_id}"
    assert (await studio.lab.editor.delete(address)).status_code == 204
    body = {"attribute_id": "a", "colormap_id": colormap_id}
    assert kind(await studio.get(f"/objects/{studio.object_id}/associations")) == (404, "colormap/not-found")
    assert kind(await studio.get(f"/objects/{studio.object_id}/associations/{made['id']}"))[0] == 404
    assert kind(await studio.post(f"/objects/{studio.object_id}/associations", body))[0] == 404
    assert (await studio.lab.editor.post(f"{address}?deleted=false")).status_code == 204
    assert await listed(studio) == [made]


async def test_that_associations_made_while_the_object_is_deleted_are_whole_or_refused(studio: Studio) -> None:
    colormap_id = (await studio.create())["id"]
    wanted = {"associations": [{"attribute_id": str(n), "colormap_id": colormap_id} for n in range(5)]}
    address = f"{studio.lab.root}/objects/{studio.object_id}"

    async def delete() -> int:
        return (await studio.lab.editor.delete(address)).status_code

    answers = await asyncio.gather(*(studio.post(batch(studio), wanted) for _ in range(4)), delete())
    *made, deleted = answers
    assert deleted == 204
    statuses = [each.status_code for each in made if not isinstance(each, int)]
    assert set(statuses) <= {200, 404}
    assert (await studio.lab.editor.post(f"{address}?deleted=false")).status_code == 204
    assert len(await listed(studio)) == 5 * statuses.count(200)
