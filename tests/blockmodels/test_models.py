"""Models after their creation: metadata, deletion, restoration, lists."""

from typing import Any

import pytest

from coreshed.blockmodels.service import models
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind

PREFIX = "block-model-service"


async def names(quarry: Quarry, who: str = "viewer", **query: Any) -> list[str]:
    """Names of a list in its order."""
    answer = await quarry.get("/block-models", who=who, **query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["results"]]


async def test_that_a_model_is_read_as_it_was_made(quarry: Quarry) -> None:
    made = await quarry.create()
    del made["job_url"]
    got = await quarry.get(quarry.one(made["bm_uuid"]))
    assert got.json() == made
    assert (await quarry.get(quarry.one(made["bm_uuid"].upper()), deleted="True")).json() == made


async def test_that_an_unknown_model_is_named_in_the_refusal(quarry: Quarry) -> None:
    """Seed 003"""
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "?deleted=false"),
        ("GET", "/versions"),
        ("GET", f"/versions/{UNKNOWN_ID}"),
        ("GET", f"/jobs/{UNKNOWN_ID}"),
    ):
        refused = await quarry.send(method, f"/block-models/{UNKNOWN_ID}{path}")
        assert kind(refused) == (404, f"{PREFIX}/not-found"), (method, path)
        assert refused.json()["detail"] == f"Block model {UNKNOWN_ID} not found."
        assert refused.json()["title"] == "Resource Not Found"


async def test_that_a_model_of_another_workspace_is_unknown_here(quarry: Quarry) -> None:
    made = await quarry.create()
    admin = quarry.lab.application.identity.acting_as(email="admin@localhost")
    with quarry.lab.application.databases.main.writing() as rows:
        other = quarry.lab.application.workspaces.create_first(
            rows, organisation_id=quarry.lab.organisation_id, owner_id=admin.user_id, name=f"other {made['bm_uuid']}"
        )
    path = f"/blockmodel/orgs/{quarry.lab.organisation_id}/workspaces/{other}/block-models/{made['bm_uuid']}"
    assert kind(await quarry.lab.clients["admin"].get(path)) == (404, f"{PREFIX}/not-found")


@pytest.mark.parametrize("bad", ["F1", "0", "00000000000040008000000000000000", "00000000-0000-4000-8000-00000000000g"])
async def test_that_a_malformed_id_is_invalid(quarry: Quarry, bad: str) -> None:
    for path in (f"/block-models/{bad}", f"/block-models/{bad}/versions", f"/block-models/{UNKNOWN_ID}/jobs/{bad}"):
        assert kind(await quarry.get(path)) == (422, f"{PREFIX}/validation")
    wrong = await quarry.lab.editor.get(f"/blockmodel/orgs/{bad}/units")
    assert kind(wrong) == (422, f"{PREFIX}/validation")


# Metadata


async def test_that_given_metadata_change_and_the_rest_stays(quarry: Quarry) -> None:
    made = await quarry.create(description="before", size_unit_id="m", coordinate_reference_system="EPSG:3395")
    path = quarry.one(made["bm_uuid"])
    changes = {"description": None, "size_unit_id": "ft", "fill_subblocks": True, "name": " Renamed "}
    answer = await quarry.send("PATCH", path, changes)
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["name"], changed["description"], changed["size_unit_id"]) == ("Renamed", None, "ft")
    assert (changed["fill_subblocks"], changed["coordinate_reference_system"]) == (True, "EPSG:3395")
    assert changed["last_updated_at"] > made["last_updated_at"]
    assert changed["created_at"] == made["created_at"]
    assert (await quarry.get(path)).json() == changed
    assert (await quarry.get(f"{path}/versions")).json()["total"] == 1


@pytest.mark.parametrize("body", [b"", {}, {"name": "F1 regular", "fill_subblocks": False, "description": None}])
async def test_that_nothing_new_changes_nothing(quarry: Quarry, body: Any) -> None:
    made = await quarry.create()
    before = await quarry.object_of(made)
    answer = await quarry.send("PATCH", quarry.one(made["bm_uuid"]), body, headers={"Content-Type": "application/json"})
    assert answer.json() == {name: value for name, value in made.items() if name != "job_url"}
    assert (await quarry.object_of(made))["version_id"] == before["version_id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": "ab"},
        {"fill_subblocks": None},
        {"fill_subblocks": "true"},
        {"size_unit_id": "kg"},
        {"coordinate_reference_system": "EPSG:4326"},
        {"description": "x" * 501},
        {"model_origin": {"x": 0, "y": 0, "z": 0}},
        {"bm_uuid": UNKNOWN_ID},
    ],
)
async def test_that_metadata_obey_the_rules_of_creation(quarry: Quarry, changes: dict[str, Any]) -> None:
    made = await quarry.create()
    path = quarry.one(made["bm_uuid"])
    assert kind(await quarry.send("PATCH", path, changes)) == (422, f"{PREFIX}/validation")
    assert (await quarry.get(path)).json()["last_updated_at"] == made["last_updated_at"]


async def test_that_a_taken_name_is_a_conflict(quarry: Quarry) -> None:
    made = await quarry.create()
    await quarry.create(name="Other")
    refused = await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"name": "Other"})
    assert kind(refused) == (409, f"{PREFIX}/name-conflict")
    assert (await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"name": "OTHER"})).status_code == 200


# Deletion and restoration


async def test_that_a_deleted_model_is_gone_and_can_still_be_looked_at(quarry: Quarry) -> None:
    """A49"""
    made = await quarry.create()
    path = quarry.one(made["bm_uuid"])
    deleted = await quarry.send("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert kind(await quarry.get(path)) == (410, f"{PREFIX}/gone")
    assert (await quarry.get(path)).json()["title"] == "Resource Gone"
    assert (await quarry.get(path, deleted=True)).json()["bm_uuid"] == made["bm_uuid"]
    assert await names(quarry) == []
    assert await names(quarry, deleted=True) == ["F1 regular"]
    assert (await quarry.send("DELETE", path)).status_code == 204
    job = made["job_url"].rpartition("/")[2]
    for method, below in (("PATCH", ""), ("GET", "/versions"), ("GET", f"/jobs/{job}")):
        assert kind(await quarry.send(method, f"{path}{below}", b"")) == (410, f"{PREFIX}/gone")


@pytest.mark.parametrize("query", ["", "?deleted=", "?deleted=true", "?deleted=True", "?deleted=maybe", "?deleted=1"])
async def test_that_restoring_needs_deleted_false(quarry: Quarry, query: str) -> None:
    """A50"""
    made = await quarry.create()
    refused = await quarry.send("POST", f"{quarry.one(made['bm_uuid'])}{query}")
    assert kind(refused) == (400, f"{PREFIX}/invalid-query-parameters")


async def test_that_a_restored_model_comes_back_under_its_name(quarry: Quarry) -> None:
    made = await quarry.create()
    path = quarry.one(made["bm_uuid"])
    await quarry.send("DELETE", path)
    for _ in range(2):  # what lives stays as it is
        restored = await quarry.send("POST", path, params={"deleted": False})
        assert restored.status_code == 202
        assert restored.json() == {name: value for name, value in made.items() if name != "job_url"}
    assert await names(quarry) == ["F1 regular"]


async def test_that_a_restored_model_takes_a_number_where_its_name_is_taken(quarry: Quarry) -> None:
    """A50"""
    first = await quarry.create()
    await quarry.send("DELETE", quarry.one(first["bm_uuid"]))
    second = await quarry.create()
    await quarry.send("DELETE", quarry.one(second["bm_uuid"]))
    await quarry.create()
    for model, name in ((first, "F1 regular (1)"), (second, "F1 regular (2)")):
        restored = await quarry.send("POST", f"{quarry.one(model['bm_uuid'])}?deleted=False")
        assert (restored.status_code, restored.json()["name"]) == (202, name)
        assert (await quarry.object_of(model))["object"]["name"] == name
        assert (await quarry.object_of(model))["object_path"] == f"{name}.json"
    assert sorted(await names(quarry)) == ["F1 regular", "F1 regular (1)", "F1 regular (2)"]


def test_that_a_long_name_gives_way_to_its_number() -> None:
    assert models.numbered("x" * 100, 12) == "x" * 95 + " (12)"
    assert models.numbered("Model", 0) == "Model"


async def test_that_there_is_an_end_to_numbers(quarry: Quarry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MOST_NUMBER", 1)
    first = await quarry.create()
    await quarry.send("DELETE", quarry.one(first["bm_uuid"]))
    second = await quarry.create()
    await quarry.create(name="F1 regular (1)")
    refused = await quarry.send("POST", f"{quarry.one(first['bm_uuid'])}?deleted=false")
    assert kind(refused) == (500, f"{PREFIX}/restore-error")
    assert kind(await quarry.get(quarry.one(first["bm_uuid"]))) == (410, f"{PREFIX}/gone")
    await quarry.send("DELETE", quarry.one(second["bm_uuid"]))
    assert (await quarry.send("POST", f"{quarry.one(first['bm_uuid'])}?deleted=false")).status_code == 202


# Lists


async def test_that_lists_come_in_pages(quarry: Quarry) -> None:
    for name in ("Alpha", "beta", "Gamma"):
        await quarry.create(name=name)
    answer = (await quarry.get("/block-models", limit=2)).json()
    assert [each["name"] for each in answer.pop("results")] == ["Gamma", "beta"]
    assert answer == {"count": 2, "limit": 2, "offset": 0, "total": 3}
    answer = (await quarry.get("/block-models", limit=2, offset=2)).json()
    assert [each["name"] for each in answer.pop("results")] == ["Alpha"]
    assert answer == {"count": 1, "limit": 2, "offset": 2, "total": 3}
    answer = (await quarry.get("/block-models", offset=2**31 - 1)).json()
    assert answer == {"count": 0, "limit": 50, "offset": 2**31 - 1, "total": 3, "results": []}


async def test_that_lists_are_ordered_as_asked(quarry: Quarry) -> None:
    made = [await quarry.create(name=name) for name in ("beta", "Alpha", "Gamma")]
    await quarry.send("PATCH", quarry.one(made[0]["bm_uuid"]), {"description": "newer"})
    assert await names(quarry) == ["beta", "Gamma", "Alpha"]
    assert await names(quarry, order_by="name") == ["Alpha", "Gamma", "beta"]
    assert await names(quarry, order_by="desc:name") == ["beta", "Gamma", "Alpha"]
    assert await names(quarry, order_by="asc:created_at,desc:name") == ["beta", "Alpha", "Gamma"]
    assert await names(quarry, order_by="last_updated_at") == ["Alpha", "Gamma", "beta"]
    assert await names(quarry, order_by="") == ["beta", "Gamma", "Alpha"]


@pytest.mark.parametrize("order", ["size", "up:name", "name,size", "name desc", ",", "asc:", "Name"])
async def test_that_other_fields_do_not_order(quarry: Quarry, order: str) -> None:
    """Q17"""
    refused = await quarry.get("/block-models", order_by=order)
    assert kind(refused) == (404, f"{PREFIX}/unsupported-sort-field")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "1.0"},
        {"limit": "x"},
        {"offset": -1},
        {"offset": 2**31},
        {"deleted": "maybe"},
        {"order_by": "name,desc:name"},
    ],
)
async def test_that_pages_have_bounds(quarry: Quarry, query: dict[str, Any]) -> None:
    assert kind(await quarry.get("/block-models", **query)) == (422, f"{PREFIX}/validation")
    answer = await quarry.lab.editor.get(
        f"/blockmodel/orgs/{quarry.lab.organisation_id}/block-models",
        params={name: str(v) for name, v in query.items()},
    )
    assert kind(answer) == (422, f"{PREFIX}/validation")


async def test_that_an_organisation_lists_what_the_caller_may_read(quarry: Quarry) -> None:
    made = await quarry.create()
    path = f"/blockmodel/orgs/{quarry.lab.organisation_id}/block-models"
    for who in ("viewer", "editor", "owner"):
        found = (await quarry.lab.clients[who].get(path)).json()
        assert [each["bm_uuid"] for each in found["results"]] == [made["bm_uuid"]]
        assert (found["count"], found["total"], found["limit"], found["offset"]) == (1, 1, 50, 0)
    assert (await quarry.lab.clients["stranger"].get(path)).json()["results"] == []
    await quarry.send("DELETE", quarry.one(made["bm_uuid"]))
    assert (await quarry.lab.clients["viewer"].get(path)).json()["total"] == 0
    gone = await quarry.lab.clients["viewer"].get(path, params={"deleted": True})
    assert gone.json()["total"] == 1
    await quarry.lab.clients["owner"].delete(
        f"/workspace/orgs/{quarry.lab.organisation_id}/workspaces/{quarry.lab.workspace_id}"
    )
    gone = await quarry.lab.clients["viewer"].get(path, params={"deleted": True})
    assert gone.json()["total"] == 0
