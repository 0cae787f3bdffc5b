"""Projects, collections and items through the operations: what is answered, what is refused, and to whom."""

import asyncio
from typing import Any

import httpx
import pystac
import pytest
from pystac.validation import RegisteredValidator

from coreshed.app import Application
from tests.catalogue.conftest import Shed
from tests.objects.conftest import ORIGIN
from tests.objects.conftest import _client as client_of

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_that_a_project_is_a_workspace_with_a_longer_name(shed: Shed) -> None:
    name = "Kalgoorlie\n" + "x" * 200
    made = await shed.do("projects.create", "viewer", name=name, description="d", gcs_region="us-west1")
    assert (made["name"], made["gcs_region"], made["is_archived"]) == (name, "us-west1", False)
    again = await shed.do("projects.create", "viewer", name=name)
    assert again["id"] != made["id"]
    root = f"/workspace/orgs/{shed.lab.organisation_id}/workspaces"
    seen = (await shed.lab.clients["viewer"].get(f"{root}/{made['id']}")).json()
    other = (await shed.lab.clients["viewer"].get(f"{root}/{again['id']}")).json()
    assert len(seen["name"]) <= 60
    assert seen["name"].startswith("Kalgoorliex")
    assert seen["name"] != other["name"]
    assert seen["current_user_role"] == "owner"
    assert await shed.do("projects.get", "viewer", project_id=made["id"]) == made
    listed = await shed.ask("projects.list", "viewer")
    assert [each["id"] for each in listed.json()] == [again["id"], made["id"], shed.project_id]
    assert listed.headers["x-total-count"] == "3"


async def test_that_a_workspace_renamed_by_another_client_is_a_project_renamed(shed: Shed) -> None:
    made = await shed.do("projects.create", "owner", name="first " * 20)
    renamed = await shed.do("projects.update", "owner", project_id=made["id"], name="second " * 20, description="new")
    assert (renamed["name"], renamed["description"]) == ("second " * 20, "new")
    root = f"/workspace/orgs/{shed.lab.organisation_id}/workspaces/{made['id']}"
    answer = await shed.lab.clients["owner"].patch(root, json={"name": f"third {made['id']}"})
    assert answer.status_code == 200
    assert (await shed.do("projects.get", "owner", project_id=made["id"]))["name"] == f"third {made['id']}"


async def test_that_an_archived_project_is_read_and_not_changed(shed: Shed) -> None:
    item = await shed.item()
    assert (await shed.ask("projects.archive", "editor", project_id=shed.project_id)).status_code == 403
    archived = await shed.do("projects.archive", "owner", project_id=shed.project_id)
    assert archived["is_archived"] is True
    assert [each["id"] for each in await shed.do("projects.list")] == []
    assert [each["id"] for each in await shed.do("projects.list", include_archived=True)] == [shed.project_id]
    assert (await shed.do("items.get", item_id=item["id"]))["item"] == item
    refused = await shed.ask("items.create", project_id=shed.project_id, name="n", type="clip")
    assert (refused.status_code, refused.json()["title"]) == (409, "Conflict")
    assert (await shed.ask("items.delete", item_id=item["id"])).status_code == 409
    back = await shed.do("projects.update", "owner", project_id=shed.project_id, is_archived=False)
    assert back["is_archived"] is False
    await shed.item()


async def test_that_a_deleted_project_is_gone_with_its_items(shed: Shed) -> None:
    item = await shed.item()
    assert (await shed.ask("projects.delete", "editor", project_id=shed.project_id)).status_code == 403
    deleted = await shed.do("projects.delete", "owner", project_id=shed.project_id)
    assert deleted == {"project_id": shed.project_id, "deleted": True, "storage_freed_bytes": 0}
    assert (await shed.ask("items.get", item_id=item["id"])).status_code == 404
    assert (await shed.ask("items.list", project_id=shed.project_id)).status_code == 410
    assert await shed.do("projects.list") == []


async def test_that_an_admin_gives_roles_and_the_last_one_stays(shed: Shed, application: Application) -> None:
    root = f"/workspace/orgs/{shed.lab.organisation_id}/workspaces/{shed.project_id}/users"
    people = {
        each["email"].partition("-")[0]: each["user_id"] for each in (await shed.lab.editor.get(root)).json()["results"]
    }
    project = {"project_id": shed.project_id}
    given = await shed.do("projects.update_member", "owner", **project, user_id=people["viewer"], role="admin")
    assert given == {**project, "user_id": people["viewer"], "role": "admin"}
    assert await shed.do("projects.remove_member", "viewer", **project, user_id=people["editor"]) == {"ok": True}
    assert (await shed.ask("items.list", "editor", **project)).status_code == 403
    for who in ("editor", "stranger"):
        refused = await shed.ask("projects.add_member", who, **project, user_id=people["editor"])
        assert refused.status_code == 403
    wrong = await shed.ask("projects.add_member", "owner", **project, user_id=people["editor"], role="king")
    assert (wrong.status_code, wrong.json()["detail"][0]["loc"]) == (422, ["body", "role"])
    nobody = await shed.ask("projects.add_member", "owner", **project, user_id="x")
    assert nobody.status_code == 422


async def test_that_a_collection_counts_its_items_and_leaves_them_when_it_goes(shed: Shed) -> None:
    project = {"project_id": shed.project_id}
    made = await shed.do("collections.create", **project, name="Ore", color="#fff", layer_order=2)
    first = await shed.do("collections.create", **project, name="First", layer_order=1)
    item = await shed.item(collection_id=made["id"])
    assert item["collection_id"] == made["id"]
    found = await shed.do("collections.get", "viewer", **project, collection_id=made["id"])
    assert found == {**made, "item_count": 1}
    listed = await shed.do("collections.list", "viewer", **project)
    assert [each["id"] for each in listed] == [first["id"], made["id"]]
    changed = await shed.do("collections.update", **project, collection_id=made["id"], name="Waste", show_on_map=False)
    assert (changed["name"], changed["show_on_map"], changed["color"], changed["item_count"]) == (
        "Waste",
        False,
        "#fff",
        1,
    )
    assert [each["id"] for each in await shed.do("items.list_by_collection", collection_id=made["id"])] == [item["id"]]
    assert [each["id"] for each in await shed.do("items.list", **project, uncollected=True)] == []
    assert (await shed.ask("collections.delete", **project, collection_id=made["id"])).status_code == 403
    assert await shed.do("collections.delete", "owner", **project, collection_id=made["id"]) == {
        "id": made["id"],
        "ok": True,
    }
    assert (await shed.ask("collections.get", **project, collection_id=made["id"])).status_code == 404
    assert (await shed.do("items.get", item_id=item["id"]))["item"]["collection_id"] is None


async def test_that_items_come_in_pages_with_a_total(shed: Shed) -> None:
    names = [(await shed.item(f"i{number}"))["name"] for number in range(5)]
    answer = await shed.ask("items.list", "viewer", project_id=shed.project_id, limit=2, offset=1)
    assert [each["name"] for each in answer.json()] == names[::-1][1:3]
    assert answer.headers["x-total-count"] == "5"
    for wrong in ({"limit": -1}, {"limit": 10_001}, {"offset": -1}, {"offset": 2**63}, {"limit": True}):
        assert (await shed.ask("items.list", project_id=shed.project_id, **wrong)).status_code == 422


async def test_that_an_item_keeps_what_it_was_made_with(shed: Shed) -> None:
    point = {"type": "Point", "coordinates": [121.5, -30.7]}
    made = await shed.item(
        "Süd Grube",
        geometry=point,
        datetime="2024-05-01T08:00:00+08:00",
        properties={"lithology": "BIF", "deep": {"a": [1, None]}},
        stac_extensions=["https://example.org/x.json"],
        cloud_cover=12.5,
        gsd="0.5",
        order_id="o-1",
    )
    assert made["bbox"] == [121.5, -30.7, 121.5, -30.7]
    assert (made["geometry"], made["gsd"], made["cloud_cover"]) == (point, 0.5, 12.5)
    assert made["datetime"] == "2024-05-01T00:00:00.000000Z"
    assert made["stac_id"].startswith("sud-grube-")
    assert (made["lifecycle_state"], made["upload_id"], made["order_id"]) == ("active", None, "o-1")
    assert (await shed.do("items.get", "viewer", item_id=made["id"].upper()))["item"] == made
    changed = await shed.do(
        "items.update", item_id=made["id"], properties={"lithology": None, "grade": 2}, bbox=[1, 2, 3, 4]
    )
    assert changed["properties"] == {"deep": {"a": [1, None]}, "grade": 2}
    assert (changed["bbox"], changed["geometry"]["type"]) == ([1.0, 2.0, 3.0, 4.0], "Polygon")
    assert (await shed.do("items.get", item_id=made["id"]))["item"] == changed
    archived = await shed.do("items.update", item_id=made["id"], lifecycle_state="archived")
    assert archived["archived_at"] == archived["updated_at"]


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [
        ({"type": "cube"}, "type"),
        ({"name": ""}, "name"),
        ({"name": "n" * 501}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"properties": None}, "properties"),
        ({"bbox": [1, 2, 3]}, "bbox"),
        ({"geometry": {"type": "Point", "coordinates": [500, 0]}}, "geometry"),
        ({"datetime": "soon"}, "datetime"),
        ({"start_datetime": "2020-01-02T00:00:00Z", "end_datetime": "2020-01-01T00:00:00Z"}, "end_datetime"),
        ({"stac_id": "a/b"}, "stac_id"),
        ({"gsd": True}, None),
    ],
)
async def test_that_what_no_item_can_have_is_named(shed: Shed, wrong: dict[str, Any], loc: str | None) -> None:
    body = {"project_id": shed.project_id, "name": "n", "type": "clip", **wrong}
    answer = await shed.ask("items.create", **body)
    if loc is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert loc in {each["loc"][1] for each in answer.json()["detail"]}


async def test_that_a_stac_id_is_given_once_in_a_project(shed: Shed) -> None:
    item = await shed.item(stac_id="twice")
    answers = await asyncio.gather(
        *(
            shed.ask("items.create", project_id=shed.project_id, name="n", type="clip", stac_id=each)
            for each in ["twice", "new", "new"]
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409, 409]
    await shed.do("items.delete", item_id=item["id"])
    await shed.item(stac_id="twice")


async def test_that_a_copy_says_what_it_is_a_copy_of(shed: Shed) -> None:
    item = await shed.item("pit", bbox=[1, 2, 3, 4], datetime="2020-01-01T00:00:00Z")
    copy = await shed.do("items.duplicate", item_id=item["id"])
    assert (copy["name"], copy["duplicated_from_id"], copy["bbox"]) == ("pit (copy)", item["id"], item["bbox"])
    assert copy["datetime"] == item["datetime"]
    graph = await shed.do("provenance.get", "viewer", entity_type="item", entity_id=copy["id"])
    assert [(each["src_id"], each["dst_id"], each["relation"]) for each in graph["edges"]] == [
        (item["id"], copy["id"], "copied")
    ]
    assert {each["entity_id"]: each["depth"] for each in graph["nodes"]} == {copy["id"]: 0, item["id"]: 1}
    elsewhere = await shed.ask("items.duplicate", item_id=item["id"], target_project_id=UNKNOWN)
    assert elsewhere.status_code == 501


READS = {
    "projects.get": "project_id",
    "collections.list": "project_id",
    "items.list": "project_id",
    "items.get": "item_id",
    "items.list_assets": "item_id",
    "items.lineage": "item_id",
    "items.list_by_collection": "collection_id",
}
WRITES = {
    "collections.create": {"project_id": "project_id", "name": "n"},
    "items.create": {"project_id": "project_id", "name": "n", "type": "clip"},
    "items.update": {"item_id": "item_id", "name": "n"},
    "items.duplicate": {"item_id": "item_id"},
    "collections.update": {"project_id": "project_id", "collection_id": "collection_id", "name": "n"},
    "items.delete": {"item_id": "item_id"},
}


async def test_that_roles_and_organisations_decide(shed: Shed, application: Application) -> None:
    collection = await shed.do("collections.create", project_id=shed.project_id, name="c")
    item = await shed.item(collection_id=collection["id"])
    ids = {"project_id": shed.project_id, "item_id": item["id"], "collection_id": collection["id"]}
    foreigner = await _of_another_organisation(application, shed)
    for operation_id, field in READS.items():
        body = {field: ids[field]}
        assert (await shed.ask(operation_id, "viewer", **body)).status_code == 200, operation_id
        assert (await shed.ask(operation_id, "stranger", **body)).status_code == 403, operation_id
        theirs = await foreigner.post(f"/v1/op/{operation_id}", json=body)
        unknown = await foreigner.post(f"/v1/op/{operation_id}", json={field: UNKNOWN})
        assert (theirs.status_code, theirs.json()) == (404, unknown.json()), operation_id
        for odd in ("", "x", "../" + ids[field], f" {ids[field]}"):
            assert (await shed.ask(operation_id, **{field: odd})).status_code == 404, (operation_id, odd)
        assert (await shed.ask(operation_id, **{field: "\x00"})).status_code in {404, 422}, operation_id
    for operation_id, wanted in WRITES.items():
        body = {name: ids.get(value, value) for name, value in wanted.items()}
        assert (await shed.ask(operation_id, "viewer", **body)).status_code == 403, operation_id
        assert (await shed.ask(operation_id, "stranger", **body)).status_code == 403, operation_id
        assert (await foreigner.post(f"/v1/op/{operation_id}", json=body)).status_code == 404, operation_id
        assert (await shed.ask(operation_id, "editor", **body)).status_code == 200, operation_id
    await foreigner.aclose()


async def test_that_things_of_another_project_are_unknown_in_this_one(shed: Shed) -> None:
    other = await shed.do("projects.create", name="other")
    collection = await shed.do("collections.create", project_id=other["id"], name="c")
    body = {"project_id": shed.project_id, "collection_id": collection["id"]}
    assert (await shed.ask("collections.get", **body)).status_code == 404
    assert (await shed.ask("items.create", **body, name="n", type="clip")).status_code == 404
    item = await shed.item()
    moved = await shed.ask("items.update", item_id=item["id"], collection_id=collection["id"])
    assert moved.status_code == 404


async def _of_another_organisation(application: Application, shed: Shed) -> httpx.AsyncClient:
    organisation_id = application.identity.create_organisation(display_name=f"other {shed.project_id}").id
    email = f"foreigner-{shed.project_id}@example.org"
    user = application.identity.create_user(email=email, name="F", organisation_id=organisation_id)
    key, _ = application.identity.create_key(user_id=user.id, name="test")
    return client_of(application, {"Authorization": f"Bearer {key}"})


async def test_that_items_are_found_by_place_and_time(shed: Shed) -> None:
    collection = await shed.do("collections.create", project_id=shed.project_id, name="c")
    old = await shed.item("old", bbox=[10, 20, 11, 21], datetime="2020-01-01T00:00:00Z", collection_id=collection["id"])
    new = await shed.item("new", bbox=[12, 20, 13, 21], datetime="2021-01-01T00:00:00Z", gsd=2)
    project = {"project_id": shed.project_id}

    async def found(**more: Any) -> list[str]:
        answer = await shed.do("items.search", "viewer", **project, **more)
        assert answer["numberMatched"] >= answer["numberReturned"] == len(answer["features"])
        return [each["properties"]["title"] for each in answer["features"]]

    assert await found() == ["new", "old"]
    assert await found(limit=1) == ["new"]
    assert await found(offset=1) == ["old"]
    assert await found(bbox=[11, 21, 11.5, 22]) == ["old"]
    assert await found(datetime="2020-06-01T00:00:00Z/..") == ["new"]
    assert await found(datetime="../2020-06-01T00:00:00Z") == ["old"]
    assert await found(datetime="2021-01-01T00:00:00Z") == ["new"]
    assert await found(datetime="2021-01-01") == ["new"]
    assert await found(datetime="1600-01-01T00:00:00Z/2020-06-01T00:00:00Z") == ["old"]
    assert await found(bbox=[370, 20, 371, 21]) == ["old"]  # as map windows send it
    assert await found(collections=[collection["id"]]) == ["old"]
    assert await found(collections=[shed.project_id]) == ["new"]
    assert await found(type="clip") == []
    searched = await shed.do("stac.search", "viewer", ids=[old["stac_id"], new["id"]], limit=10)
    assert [each["id"] for each in searched["features"]] == [new["stac_id"], old["stac_id"]]
    assert (await shed.do("items.search_org", "stranger"))["features"] == []
    for operation_id, wrong in (
        ("items.search", {"query": {"gsd": {"lt": 1}}}),
        ("items.search", {"bbox": [1]}),
        ("items.search", {"datetime": "now/then"}),
        ("items.search", {"datetime": "2020-01-01/2021-01-01/2022-01-01"}),
        ("items.search", {"datetime": "2021-01-01/2020-01-01"}),
        ("items.search", {"bbox": [0, 0, 9, 1, 1, 1]}),
        ("items.search", {"limit": 0}),
        ("stac.search", {"intersects": {"type": "Point", "coordinates": [0, 0]}}),
    ):
        assert (await shed.ask(operation_id, **project, **wrong)).status_code == 422


async def test_that_an_item_is_a_stac_feature(shed: Shed) -> None:
    item = await shed.item("pit", bbox=[10, 20, 11, 21], start_datetime="2020-01-01T00:00:00Z", properties={"a": 1})
    feature = await shed.do("items.get_stac", "viewer", item_id=item["id"])
    RegisteredValidator.get_validator().validate_core(feature, pystac.STACObjectType.ITEM, "1.1.0")
    assert (feature["type"], feature["stac_version"], feature["id"]) == ("Feature", "1.1.0", item["stac_id"])
    assert (feature["bbox"], feature["geometry"], feature["assets"]) == ([10, 20, 11, 21], item["geometry"], {})
    said = feature["properties"]
    assert (said["datetime"], said["start_datetime"], said["end_datetime"]) == (
        None,
        "2020-01-01T00:00:00.000000Z",
        "2020-01-01T00:00:00.000000Z",
    )
    assert (said["a"], said["title"]) == (1, "pit")
    links = {each["rel"]: each["href"] for each in feature["links"]}
    assert links["self"] == f"{ORIGIN}/stac/collections/{shed.project_id}/items/{item['stac_id']}"
    nowhere = await shed.do("items.get_stac", "viewer", item_id=(await shed.item("nowhere"))["id"])
    assert nowhere["geometry"] is None
    assert "bbox" not in nowhere
    assert nowhere["properties"]["datetime"] == nowhere["properties"]["created"]
