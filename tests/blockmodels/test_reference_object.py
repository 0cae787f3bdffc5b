"""The reference object: what the Geoscience Object API shows of a model, in step with it."""

from typing import get_args

import pytest

from coreshed.blockmodels import reference
from coreshed.blockmodels.units import UNITS
from coreshed.blockmodels.wire.versions import Column, DataType, Mapping, ResolvedGroup
from coreshed.ids import new_id
from tests.blockmodels.conftest import ROTATED, Quarry, sub_blocked
from tests.blockmodels.publishing import CU, GEOLOGY, newest, publication, publish

TYPES = get_args(DataType)


async def test_that_it_says_where_and_what_the_model_is(quarry: Quarry) -> None:
    made = await quarry.create(
        ROTATED, description="Porphyry", coordinate_reference_system="EPSG:2193", object_path="/path/to"
    )
    found = await quarry.object_of(made)
    document = found["object"]
    assert found["object_path"] == "path/to/F4 rotated.json"
    assert document["schema"] == "/objects/block-model/1.0.0/block-model.schema.json"
    assert (document["uuid"], document["name"]) == (made["geoscience_object_id"], "F4 rotated")
    assert document["description"] == "Porphyry"
    assert document["block_model_uuid"] == made["bm_uuid"]
    assert document["block_model_version_uuid"] == newest(quarry, made["bm_uuid"]).version_uuid
    assert document["coordinate_reference_system"] == {"epsg_code": 2193}
    geometry = document["geometry"]
    assert geometry["origin"] == list(ROTATED["model_origin"].values())
    assert (geometry["n_blocks"], geometry["block_size"]) == ([4, 3, 2], [10, 10, 10])
    assert geometry["rotation"] == pytest.approx({"dip_azimuth": 30, "dip": 20, "pitch": 10})
    assert document["bounding_box"]["min_x"] == pytest.approx(296.5797985667433, abs=1e-9)
    assert document["bounding_box"]["max_z"] == pytest.approx(102.3756469845554, abs=1e-9)
    assert document["attributes"] == []
    assert found["created_by"]["name"] == "Editor"


@pytest.mark.parametrize("kind", ["fully-sub-blocked", "variable-octree", "flexible"])
async def test_that_every_kind_of_model_has_one(quarry: Quarry, kind: str) -> None:
    made = await quarry.create(sub_blocked(kind), object_path="your/path")
    found = await quarry.object_of(made)
    geometry = found["object"]["geometry"]
    parts = [8, 4, 2] if kind == "variable-octree" else [5, 1, 2]
    assert (geometry["model_type"], geometry["n_subblocks_per_parent"]) == (kind, parts)
    assert (geometry["n_parent_blocks"], geometry["parent_block_size"]) == ([10, 10, 10], [2, 1, 1])
    assert found["object_path"] == f"your/path/F3 {kind}.json"
    assert found["object"]["coordinate_reference_system"] == "unspecified"


@pytest.mark.parametrize("folder", [None, "", "/", "a", "/a/", "a/b"])
async def test_that_its_folder_is_the_one_asked_for(quarry: Quarry, folder: str | None) -> None:
    made = await quarry.create(object_path=folder)
    place = "/".join([*filter(None, (folder or "").split("/")), "F1 regular.json"])
    assert (await quarry.object_of(made))["object_path"] == place


async def test_that_names_keep_what_paths_cannot_have(quarry: Quarry) -> None:
    made = await quarry.create(name='Au > 0.5 "high" <v2>|*?')
    found = await quarry.object_of(made)
    assert found["object"]["name"] == made["name"] == 'Au > 0.5 "high" <v2>|*?'
    assert found["object_path"] == "Au _ 0.5 _high_ _v2____.json"


async def test_that_it_lists_the_columns_of_the_newest_version_with_their_units(quarry: Quarry) -> None:
    made = await quarry.create()
    publish(quarry, made["bm_uuid"], publication(quarry, newest(quarry, made["bm_uuid"]), CU, GEOLOGY), after=1)
    assert (await quarry.object_of(made))["object"]["attributes"] == [
        {
            "name": "Cu",
            "key": CU.col_id,
            "attribute_type": "Float64",
            "block_model_column_uuid": CU.col_id,
            "attribute_description": {"discipline": "None", "type": "Cu", "unit": "%[mass]"},
        },
        {
            "name": "Geology",
            "key": GEOLOGY.col_id,
            "attribute_type": "Utf8",
            "block_model_column_uuid": GEOLOGY.col_id,
        },
    ]


async def test_that_no_type_unit_or_group_breaks_its_schema(quarry: Quarry) -> None:
    made = await quarry.create()
    group = ResolvedGroup(new_id(), "Assays", "USE_PREVIOUS")
    columns = [Column(new_id(), f"type {each}", each, unit_id="g/t") for each in TYPES]
    columns += [Column(new_id(), f"unit {unit.id}", "Float64", unit_id=unit.id) for unit in UNITS]
    columns += [Column(new_id(), "Cu", "Float64", group_uuid=group.group_uuid)]
    before = newest(quarry, made["bm_uuid"])
    new = publication(quarry, before, mapping=Mapping((*before.mapping.columns, *columns), (group,)))
    publish(quarry, made["bm_uuid"], new, after=1)
    attributes = {each["name"]: each for each in (await quarry.object_of(made))["object"]["attributes"]}
    assert len(attributes) == len(columns)
    assert "Assays▸Cu" in attributes
    shown = {unit.id for unit in UNITS if "attribute_description" in attributes[f"unit {unit.id}"]}
    assert {"m", "t", "g/t", "%[mass]", "t/m3", "kg/m3", "ozm[troy]", "lbm"} <= shown
    assert {unit.id for unit in UNITS} - shown == reference._UNLISTED


async def test_that_it_follows_the_metadata_of_the_model(quarry: Quarry) -> None:
    made = await quarry.create(object_path="a", coordinate_reference_system="EPSG:2193")
    before = await quarry.object_of(made)
    assert before["geojson_bounding_box"] is not None
    changes = {"name": "Renamed", "description": "now", "coordinate_reference_system": None}
    await quarry.send("PATCH", quarry.one(made["bm_uuid"]), changes)
    after = await quarry.object_of(made)
    assert after["object_path"] == "a/Renamed.json"
    assert (after["object"]["name"], after["object"]["description"]) == ("Renamed", "now")
    assert after["object"]["coordinate_reference_system"] == "unspecified"
    assert int(after["version_id"]) > int(before["version_id"])
    assert after["geojson_bounding_box"] is None


async def test_that_it_keeps_its_path_where_the_new_name_is_taken(quarry: Quarry) -> None:
    made = await quarry.create(object_path="a")
    await quarry.lab.create("a/Renamed.json")
    answer = await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"name": "Renamed"})
    assert answer.status_code == 200
    found = await quarry.object_of(made)
    assert (found["object_path"], found["object"]["name"]) == ("a/F1 regular.json", "Renamed")


async def test_that_it_stays_in_the_folder_that_it_was_moved_to(quarry: Quarry) -> None:
    made = await quarry.create(object_path="a")
    found = await quarry.object_of(made)
    moved = await quarry.lab.editor.post(f"{quarry.lab.root}/objects/path/b/elsewhere.json", json=found["object"])
    assert moved.status_code == 201, moved.text
    await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"description": "now"})
    assert (await quarry.object_of(made))["object_path"] == "b/elsewhere.json"
    await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"name": "Renamed"})
    assert (await quarry.object_of(made))["object_path"] == "b/Renamed.json"


async def test_that_it_is_in_step_again_when_it_was_deleted_by_itself_before_the_model(quarry: Quarry) -> None:
    made = await quarry.create()
    path = f"{quarry.lab.root}/objects/{made['geoscience_object_id']}"
    assert (await quarry.lab.editor.delete(path)).status_code == 204
    publish(quarry, made["bm_uuid"], publication(quarry, newest(quarry, made["bm_uuid"]), CU), after=1)
    one = quarry.one(made["bm_uuid"])
    assert (await quarry.send("PATCH", one, {"name": "Renamed", "description": "anew"})).status_code == 200
    await quarry.send("DELETE", one)
    assert (await quarry.send("POST", f"{one}?deleted=false")).status_code == 202
    found = await quarry.object_of(made)
    document = found["object"]
    assert (found["object_path"], document["name"], document["description"]) == ("Renamed.json", "Renamed", "anew")
    assert document["block_model_version_uuid"] == newest(quarry, made["bm_uuid"]).version_uuid
    assert [each["name"] for each in document["attributes"]] == ["Cu"]


async def test_that_it_is_deleted_and_restored_with_the_model(quarry: Quarry) -> None:
    made = await quarry.create()
    path = f"{quarry.lab.root}/objects/{made['geoscience_object_id']}"
    await quarry.send("DELETE", quarry.one(made["bm_uuid"]))
    assert (await quarry.lab.editor.get(path)).status_code == 404
    await quarry.lab.create("F1 regular.json")
    await quarry.send("POST", f"{quarry.one(made['bm_uuid'])}?deleted=false")
    found = await quarry.object_of(made)
    assert (found["object_path"], found["object"]["name"]) == ("F1 regular (1).json", "F1 regular")


async def test_that_a_model_outlives_its_object(quarry: Quarry) -> None:
    """People may delete the object by itself: the model goes on without it."""
    made = await quarry.create()
    path = f"{quarry.lab.root}/objects/{made['geoscience_object_id']}"
    assert (await quarry.lab.editor.delete(path)).status_code == 204
    answer = await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"name": "Renamed"})
    assert answer.json()["name"] == "Renamed"
    version = publish(quarry, made["bm_uuid"], publication(quarry, newest(quarry, made["bm_uuid"]), CU), after=1)
    assert version.geoscience_version_id is None
    assert (await quarry.send("DELETE", quarry.one(made["bm_uuid"]))).status_code == 204
    assert (await quarry.send("POST", f"{quarry.one(made['bm_uuid'])}?deleted=false")).status_code == 202
    assert (await quarry.lab.editor.get(path)).status_code == 200


async def test_that_each_change_is_in_the_audit_once(quarry: Quarry) -> None:
    made = await quarry.create()
    await quarry.send("PATCH", quarry.one(made["bm_uuid"]), {"description": "now"})
    publish(quarry, made["bm_uuid"], publication(quarry, newest(quarry, made["bm_uuid"]), CU), after=1)
    for _ in range(2):
        await quarry.send("DELETE", quarry.one(made["bm_uuid"]))
    for _ in range(2):
        await quarry.send("POST", f"{quarry.one(made['bm_uuid'])}?deleted=false")
    answer = await quarry.lab.clients["admin"].get(f"/workspace/admin/orgs/{quarry.lab.organisation_id}/audit")
    events = [
        each
        for each in answer.json()["results"]
        if each["target_id"] in {made["bm_uuid"], made["geoscience_object_id"]}
    ]
    assert [each["action"] for each in reversed(events)] == [
        "object.create",
        "block-model.create",
        "object.version",
        "block-model.update",
        "object.version",
        "block-model.version",
        "object.delete",
        "block-model.delete",
        "object.restore",
        "block-model.restore",
    ]
