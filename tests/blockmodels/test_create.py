"""Creation: the model, its reference object and its first version."""

from typing import Any

import pytest
from evo.blockmodels.endpoints import models as published

from coreshed.blockmodels.engine import ledger as engine_ledger
from tests.blockmodels.conftest import REGULAR, ROTATED, Quarry, kind, sub_blocked
from tests.blockmodels.publishing import services

PREFIX = "block-model-service"


async def test_that_a_model_is_there_with_its_box_when_the_answer_comes(quarry: Quarry) -> None:
    """A1"""
    made = await quarry.create(description="Porphyry", comment="begun", size_unit_id="m")
    assert made["normalized_rotation"] == [0, 0, 0]
    assert made["bbox"] == {
        "x_minmax": {"min": 1478500, "max": 1479700},
        "y_minmax": {"min": 5174500, "max": 5176200},
        "z_minmax": {"min": 100, "max": 1100},
    }
    assert {name: made[name] for name in ("name", "description", "size_unit_id", "fill_subblocks")} == {
        "name": "F1 regular",
        "description": "Porphyry",
        "size_unit_id": "m",
        "fill_subblocks": False,
    }
    assert made["size_options"] == REGULAR["size_options"]
    assert made["org_uuid"] == quarry.lab.organisation_id
    assert made["workspace_id"] == quarry.lab.workspace_id
    assert made["created_at"] == made["last_updated_at"]
    assert made["created_at"].endswith("Z")
    assert made["created_by"] == made["last_updated_by"]
    assert made["created_by"]["name"] == "Editor"
    assert made["geoscience_object_id"]
    assert published.BlockModelAndJobURL.model_validate(made)


@pytest.mark.parametrize(
    ("size_options", "columns"),
    [
        (REGULAR["size_options"], "i j k x y z version_id"),
        (sub_blocked("fully-sub-blocked")["size_options"], "i j k sidx x y z dx dy dz version_id"),
        (sub_blocked("variable-octree")["size_options"], "i j k sidx x y z dx dy dz version_id"),
        (
            sub_blocked("flexible")["size_options"],
            "i j k start_si start_sj start_sk end_si end_sj end_sk x y z dx dy dz version_id",
        ),
    ],
)
async def test_that_its_job_has_made_the_first_version(
    quarry: Quarry, size_options: dict[str, Any], columns: str
) -> None:
    """A2"""
    made = await quarry.create(size_options=size_options, comment="begun")
    assert made["size_options"] == size_options
    job_url = made["job_url"]
    assert job_url.startswith(f"http://coreshed.test{quarry.root}/block-models/{made['bm_uuid']}/jobs/")
    job = (await quarry.lab.clients["viewer"].get(job_url)).json()
    assert job["job_status"] == "COMPLETE"
    version = job["payload"]
    assert (version["version_id"], version["parent_version_id"]) == (1, 0)
    assert (version["base_version_id"], version["bbox"], version["comment"]) == (None, None, "begun")
    assert " ".join(each["title"] for each in version["mapping"]["columns"]) == columns
    assert all(each["col_id"] == each["title"] for each in version["mapping"]["columns"])
    assert version["mapping"]["groups"] == []
    assert version["geoscience_version_id"] == (await quarry.object_of(made))["version_id"]
    assert isinstance(published.JobResponse.model_validate(job).payload, published.Version)


async def test_that_the_recorded_box_and_angles_of_a_rotated_model_come_out(quarry: Quarry) -> None:
    """A11"""
    made = await quarry.create(ROTATED)
    assert made["normalized_rotation"] == pytest.approx([30, 20, 10], abs=1e-9)
    box = {name: (each["min"], each["max"]) for name, each in made["bbox"].items()}
    assert box["x_minmax"] == pytest.approx((296.5797985667433, 349.24398372615497), abs=1e-9)
    assert box["y_minmax"] == pytest.approx((168.72730291099967, 221.43830531428267), abs=1e-9)
    assert box["z_minmax"] == pytest.approx((71.10142491927789, 102.3756469845554), abs=1e-9)
    assert made["block_rotation"] == ROTATED["block_rotation"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " ab "},  # A4
        {"name": "a/b"},  # A5
        {"name": "a\\b"},
        {"size_options": REGULAR["size_options"] | {"n_blocks": {"nx": 1000, "ny": 1000, "nz": 501}}},  # A6
        {
            "size_options": sub_blocked("variable-octree")["size_options"]
            | {"n_subblocks_per_parent": {"nx": 3, "ny": 2, "nz": 2}}
        },  # A7
        {
            "size_options": sub_blocked("flexible")["size_options"]
            | {"n_subblocks_per_parent": {"nx": 1, "ny": 1, "nz": 1}}
        },  # A8
        {"block_rotation": [{"axis": "x", "angle": 10}, {"axis": "x", "angle": 20}]},  # A9
        {"block_rotation": [{"axis": "x", "angle": 360}]},  # A10
        {"size_unit_id": "kg"},
        {"size_unit_id": "metre"},
        {"coordinate_reference_system": "EPSG:4326"},
        {"coordinate_reference_system": "EPSG:999999"},
        {"coordinate_reference_system": "WGS 84 / World Mercator"},
        {"coordinate_reference_system": ""},
        {"object_path": "a/../b"},
        {"object_path": "a<b"},
        {"object_path": "x" * 1100},
        {"qualified_title_separator": "."},
    ],
)
async def test_that_what_cannot_be_a_model_makes_none(quarry: Quarry, changes: dict[str, Any]) -> None:
    """A4-A10"""
    refused = await quarry.send("POST", "/block-models", REGULAR | changes)
    assert kind(refused) == (422, f"{PREFIX}/validation")
    assert refused.json()["title"] == "1 validation error for Request"
    assert (await quarry.get("/block-models")).json()["total"] == 0
    assert await quarry.lab.names() == []


async def test_that_an_unknown_kind_of_model_has_its_own_refusal(quarry: Quarry) -> None:
    sizes = REGULAR["size_options"] | {"model_type": "tetrahedral"}
    refused = await quarry.send("POST", "/block-models", REGULAR | {"size_options": sizes})
    assert kind(refused) == (400, f"{PREFIX}/invalid-model-type")


async def test_that_500_million_blocks_are_made_without_writing_one(quarry: Quarry) -> None:
    """A64"""
    sizes = REGULAR["size_options"] | {"n_blocks": {"nx": 1000, "ny": 1000, "nz": 500}}
    made = await quarry.create(size_options=sizes)
    found = await quarry.get(f"/block-models/{made['bm_uuid']}/versions", limit=1)
    version_uuid = found.json()["results"][0]["version_uuid"]
    version = await quarry.get(f"/block-models/{made['bm_uuid']}/versions/{version_uuid}", include_changes=True)
    assert version.json()["changes"]["total_blocks"] == 500_000_000
    store = services(quarry)[0].ground.blocks.store
    with store.database.reading() as rows:
        assert engine_ledger.segments(rows, made["bm_uuid"]) == {}


async def test_that_a_name_is_trimmed_and_taken_once(quarry: Quarry) -> None:
    """A3, Q30"""
    assert (await quarry.create(name="  Model  "))["name"] == "Model"
    refused = await quarry.send("POST", "/block-models", REGULAR | {"name": "Model ", "object_path": "elsewhere"})
    assert kind(refused) == (409, f"{PREFIX}/name-conflict")
    # Names differ in case, paths of objects do not.
    assert (await quarry.create(name="model", object_path="elsewhere"))["name"] == "model"
    refused = await quarry.send("POST", "/block-models", REGULAR | {"name": "MODEL"})
    assert kind(refused) == (409, f"{PREFIX}/geoscience-object-path-conflict")


async def test_that_an_object_in_the_way_is_a_conflict_that_leaves_nothing_behind(quarry: Quarry) -> None:
    await quarry.lab.create("a/b/F1 regular.json")
    refused = await quarry.send("POST", "/block-models", REGULAR | {"object_path": "/a/b"})
    assert kind(refused) == (409, f"{PREFIX}/geoscience-object-path-conflict")
    assert (await quarry.get("/block-models")).json()["total"] == 0
    assert (await quarry.create(object_path="/a/c"))["name"] == "F1 regular"


async def test_that_a_system_of_lengths_is_taken_by_code_or_wkt(quarry: Quarry) -> None:
    wkt = 'LOCAL_CS["Mine grid",UNIT["metre",1]]'
    for number, system in enumerate(("EPSG:3395", "epsg:28354", wkt)):
        made = await quarry.create(name=f"Model {number}", coordinate_reference_system=system)
        assert made["coordinate_reference_system"] == system


async def test_that_lineage_is_accepted_and_shown_nowhere(quarry: Quarry) -> None:
    event = {
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "p",
        "schemaURL": "s",
        "run": {"runId": "00000000-0000-4000-8000-000000000000"},
        "job": {"namespace": "n", "name": "j"},
    }
    assert "lineage" not in await quarry.create(lineage={"events": [event]})


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"name":' * 50_000])
async def test_that_a_body_that_is_none_is_refused(quarry: Quarry, body: bytes) -> None:
    assert kind(await quarry.send("POST", "/block-models", body)) == (422, f"{PREFIX}/validation")
    if body:
        model = await quarry.create()
        answer = await quarry.send("PATCH", quarry.one(model["bm_uuid"]), body)
        assert kind(answer) == (422, f"{PREFIX}/validation")
