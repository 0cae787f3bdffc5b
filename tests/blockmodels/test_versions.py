"""Versions: lists and answers, and how a further one is published."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from evo.blockmodels.endpoints import models as published
from sqlalchemy import update

from coreshed.blockmodels import ledger
from coreshed.blockmodels.engine.errors import VersionMoved
from coreshed.blockmodels.service import Publication
from coreshed.blockmodels.tables import block_model_versions
from coreshed.blockmodels.wire.versions import Column
from coreshed.ids import new_id
from coreshed.problems import Gone, NotFound, VersionConflict, WorkspaceGone
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.publishing import BOX, CU, GEOLOGY, key, newest, publication, publish, rename, services

PREFIX = "block-model-service"


async def grown(quarry: Quarry) -> str:
    """A model with four versions: two added columns, one renamed one."""
    model_id: str = (await quarry.create(comment="begun"))["bm_uuid"]
    for add in ([CU], [GEOLOGY]):
        before = newest(quarry, model_id)
        publish(quarry, model_id, publication(quarry, before, *add), after=before.version_id)
    publish(quarry, model_id, rename(quarry, newest(quarry, model_id), CU, "Copper"), after=3)
    return model_id


async def listed(quarry: Quarry, model_id: str, **query: Any) -> dict[str, Any]:
    """A page of versions."""
    answer = await quarry.get(f"/block-models/{model_id}/versions", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_that_versions_are_listed_newest_first_and_in_pages(quarry: Quarry) -> None:
    """A44, seed 003"""
    model_id = await grown(quarry)
    found = await listed(quarry, model_id)
    assert [each["version_id"] for each in found["results"]] == [4, 3, 2, 1]
    assert (found["count"], found["limit"], found["offset"], found["total"]) == (4, 50, 0, 4)
    second = await listed(quarry, model_id, limit=1, offset=1)
    assert [each["version_id"] for each in second["results"]] == [3]
    assert (second["count"], second["limit"], second["offset"], second["total"]) == (1, 1, 1, 4)
    beyond = await listed(quarry, model_id, offset=99)
    assert (beyond["results"], beyond["count"], beyond["total"]) == ([], 0, 4)
    latest = await listed(quarry, model_id, filter="latest")
    assert [each["version_id"] for each in latest["results"]] == [4]
    assert (latest["count"], latest["total"]) == (1, 1)
    assert (await listed(quarry, model_id, filter="latest", offset=1))["results"] == []
    assert (await listed(quarry, model_id, limit=100))["limit"] == 100
    for query in (
        {"limit": 101},
        {"limit": 0},
        {"limit": "many"},
        {"limit": 1.5},
        {"offset": -1},
        {"filter": "oldest"},
    ):
        refused = await quarry.get(f"/block-models/{model_id}/versions", **query)
        assert kind(refused) == (422, f"{PREFIX}/validation")
        assert refused.json()["title"] == "1 validation error for Request"


async def test_that_fifty_versions_are_listed_unless_others_are_asked_for(quarry: Quarry) -> None:
    """Seed 003"""
    model_id = (await quarry.create())["bm_uuid"]
    publish(quarry, model_id, publication(quarry, newest(quarry, model_id), CU), after=1)
    for number in range(2, 53):
        publish(quarry, model_id, rename(quarry, newest(quarry, model_id), CU, f"Cu {number}"), after=number)
    first, rest = await listed(quarry, model_id), await listed(quarry, model_id, offset=50)
    assert [each["version_id"] for each in first["results"]] == list(range(53, 3, -1))
    assert (first["count"], first["limit"], first["offset"], first["total"]) == (50, 50, 0, 53)
    assert [each["version_id"] for each in rest["results"]] == [3, 2, 1]
    assert (rest["count"], rest["limit"], rest["offset"], rest["total"]) == (3, 50, 50, 53)


@pytest.mark.parametrize("who", ["owner", "editor", "viewer"])
async def test_that_every_role_lists_versions(quarry: Quarry, who: str) -> None:
    """Seed 003"""
    model_id = (await quarry.create())["bm_uuid"]
    answer = await quarry.get(f"/block-models/{model_id}/versions", who=who)
    assert (answer.status_code, answer.json()["total"]) == (200, 1)


async def test_that_the_types_of_columns_are_those_of_pyarrow_capitalised(quarry: Quarry) -> None:
    """Seed 003"""
    integers = [f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)]
    types = ["Boolean", *integers, "Float16", "Float32", "Float64", "Utf8", "Date32", "Timestamp"]
    model_id = (await quarry.create())["bm_uuid"]
    added = [Column(new_id(), f"a {each}", each) for each in types]
    publish(quarry, model_id, publication(quarry, newest(quarry, model_id), *added), after=1)
    [second, first] = (await listed(quarry, model_id))["results"]
    shown = second["mapping"]["columns"]
    assert [each["data_type"] for each in shown[7:]] == types
    assert [UUID(each["col_id"]) for each in shown[7:]] == [UUID(each.col_id) for each in added]
    assert [(each["col_id"], each["data_type"]) for each in first["mapping"]["columns"]] == [
        *((name, "UInt32") for name in "ijk"),
        *((name, "Float64") for name in "xyz"),
        ("version_id", "UInt32"),
    ]


async def test_that_a_failure_of_the_server_is_said_in_the_words_of_the_seed(quarry: Quarry) -> None:
    """Seed 003: a version that cannot be read."""
    model_id = (await quarry.create())["bm_uuid"]
    with services(quarry)[1].writing() as rows:
        damaged = update(block_model_versions).where(block_model_versions.c.model_id == model_id)
        rows.execute(damaged.values(mapping="{"))
    answer = await quarry.get(f"/block-models/{model_id}/versions")
    assert answer.json() == {
        "type": "https://seequent.com/error-codes/block-model-service/service",
        "title": "Service Error",
        "status": 500,
        "detail": "An error occurred",
    }
    assert answer.status_code == 500


async def test_that_a_listed_version_says_what_the_seed_says(quarry: Quarry) -> None:
    """Seed 003"""
    model_id = await grown(quarry)
    fourth, third, _, first = (await listed(quarry, model_id))["results"]
    assert (first["parent_version_id"], first["base_version_id"], first["bbox"]) == (0, None, None)
    assert (first["comment"], first["bm_uuid"]) == ("begun", model_id)
    assert UUID(first["version_uuid"]) != UUID(third["version_uuid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", first["created_at"])
    assert first["created_at"] < fourth["created_at"]
    model = (await quarry.get(quarry.one(model_id))).json()
    assert fourth["geoscience_version_id"] == (await quarry.object_of(model))["version_id"]
    assert (third["parent_version_id"], third["base_version_id"]) == (2, 2)
    assert third["bbox"] == {
        f"{axis}_minmax": {"min": 0, "max": top} for axis, top in zip("ijk", (47, 67, 38), strict=True)
    }
    assert fourth["bbox"] is None
    columns = {each["title"]: each for each in fourth["mapping"]["columns"]}
    assert list(columns) == ["i", "j", "k", "x", "y", "z", "version_id", "Copper", "Geology"]
    assert columns["Copper"] == {
        "col_id": CU.col_id,
        "title": "Copper",
        "data_type": "Float64",
        "unit_id": "%[mass]",
        "group_uuid": None,
    }
    assert first["created_by"]["name"] == "Editor"
    assert set(first["created_by"]) == {"id", "name", "email"}
    assert all("tags" not in each for each in third["mapping"]["columns"])
    assert published.PaginatedResponseWithUnitsListingVersion.model_validate(await listed(quarry, model_id))


async def test_that_a_page_brings_the_units_that_it_refers_to(quarry: Quarry) -> None:
    """Seed 003"""
    model_id = await grown(quarry)
    (unit,) = (await listed(quarry, model_id))["referenced_units"]
    assert unit == {
        "unit_id": "%[mass]",
        "symbol": "%",
        "description": "Percent by mass",
        "unit_type": "MASS_PER_MASS",
        "conversion_factor": 0.01,
    }
    assert (await listed(quarry, model_id, offset=3))["referenced_units"] == []


async def test_that_an_older_client_is_spared_units_that_it_cannot_read(quarry: Quarry) -> None:
    """N2"""
    model_id = (await quarry.create())["bm_uuid"]
    dip = Column("33333333-3333-4333-8333-333333333333", "Dip", "Float64", unit_id="dega")
    share = Column("44444444-4444-4444-8444-444444444444", "Share", "Float64", unit_id="m3/m3")
    publish(quarry, model_id, publication(quarry, newest(quarry, model_id), CU, dip, share), after=1)
    shown = {}
    for release in ("0.6.0", "0.8.0"):
        headers = {"Evo-SDK-Source": f"evo-blockmodels@v{release}"}
        answer = await quarry.send("GET", f"/block-models/{model_id}/versions", who="viewer", headers=headers)
        shown[release] = [each["unit_id"] for each in answer.json()["referenced_units"]]
    # Later ones know no m3/m3, but read it.
    assert shown == {"0.6.0": ["%[mass]", "m3/m3"], "0.8.0": ["%[mass]", "m3/m3", "dega"]}


async def test_that_one_version_has_its_tags_and_on_request_its_changes(quarry: Quarry) -> None:
    """A45"""
    model_id = await grown(quarry)
    page = (await listed(quarry, model_id))["results"]
    paths = [f"/block-models/{model_id}/versions/{each['version_uuid']}" for each in page]
    third = (await quarry.get(paths[1])).json()
    assert "changes" not in third
    assert third["mapping"]["columns"][7]["tags"] == {"lab": "ALS"}
    changes = (await quarry.get(paths[0], include_changes="True")).json()["changes"]
    assert changes["columns"]["renamed"] == [{"old_title": "Cu", "new_title": "Copper"}]
    assert (changes["blocks_uploaded"], changes["update_type"], changes["total_blocks"]) == (None, None, 130560)
    second = (await quarry.get(paths[2], include_changes=True)).json()
    assert (second["changes"]["columns"]["new"], second["changes"]["blocks_uploaded"]) == (["Cu"], 96013)
    first = (await quarry.get(paths[3], include_changes=True)).json()["changes"]
    assert first == {
        "columns": {"new": [], "deleted": [], "updated": [], "renamed": [], "metadata_updated": []},
        "total_blocks": 130560,
        "blocks_uploaded": None,
        "update_type": None,
    }
    assert published.VersionWithChanges.model_validate(second)
    assert published.Version.model_validate(third)


async def test_that_a_version_of_another_model_is_unknown(quarry: Quarry) -> None:
    one, other = await quarry.create(), await quarry.create(name="Other")
    version_uuid = newest(quarry, other["bm_uuid"]).version_uuid
    for unknown in (version_uuid, UNKNOWN_ID):
        refused = await quarry.get(f"/block-models/{one['bm_uuid']}/versions/{unknown}")
        assert kind(refused) == (404, f"{PREFIX}/not-found")
        assert refused.json()["detail"] == f"Version {unknown} of block model {one['bm_uuid']} not found."
    malformed = await quarry.get(f"/block-models/{one['bm_uuid']}/versions/latest")
    assert kind(malformed) == (422, f"{PREFIX}/validation")


# Publishing


async def test_that_a_published_version_moves_the_model_and_its_reference_object(quarry: Quarry) -> None:
    made = await quarry.create()
    before = newest(quarry, made["bm_uuid"])
    version = publish(quarry, made["bm_uuid"], publication(quarry, before, CU, GEOLOGY), after=1)
    assert (version.version_id, version.parent_version_id, version.bbox) == (2, 1, BOX)
    assert newest(quarry, made["bm_uuid"]) == version
    model = (await quarry.get(quarry.one(made["bm_uuid"]))).json()
    assert model["last_updated_at"] > made["last_updated_at"]
    found = await quarry.object_of(made)
    assert found["version_id"] == version.geoscience_version_id
    assert found["object"]["block_model_version_uuid"] == version.version_uuid
    store = services(quarry)[0].ground.blocks.store
    assert [each.id for each in store.snapshot(made["bm_uuid"], 2).manifest.columns] == [
        "version_id",
        CU.col_id,
        GEOLOGY.col_id,
    ]
    assert [each.id for each in store.snapshot(made["bm_uuid"], 1).manifest.columns] == ["version_id"]


async def test_that_the_second_of_two_changes_to_one_version_is_refused_and_leaves_nothing(quarry: Quarry) -> None:
    made = await quarry.create()
    before = newest(quarry, made["bm_uuid"])
    publish(quarry, made["bm_uuid"], publication(quarry, before, CU), after=1)
    object_version = (await quarry.object_of(made))["version_id"]
    with pytest.raises(VersionConflict, match="is 2, not 1"):
        publish(quarry, made["bm_uuid"], publication(quarry, before, GEOLOGY), after=1)
    assert (await listed(quarry, made["bm_uuid"]))["total"] == 2
    assert (await quarry.object_of(made))["version_id"] == object_version


async def test_that_of_many_at_once_one_publishes(quarry: Quarry) -> None:
    made = await quarry.create()
    before = newest(quarry, made["bm_uuid"])

    def attempt(_number: int) -> bool:
        try:
            publish(quarry, made["bm_uuid"], publication(quarry, before, CU), after=1)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]
    assert [each["version_id"] for each in (await listed(quarry, made["bm_uuid"]))["results"]] == [2, 1]


async def test_that_a_job_publishes_once(quarry: Quarry) -> None:
    made = await quarry.create()
    before = newest(quarry, made["bm_uuid"])
    first = publication(quarry, before, CU)
    publish(quarry, made["bm_uuid"], first, after=1)
    again = publication(quarry, newest(quarry, made["bm_uuid"]), GEOLOGY, job_id=first.job_id)
    with pytest.raises(VersionMoved):
        publish(quarry, made["bm_uuid"], again, after=2)
    assert (await listed(quarry, made["bm_uuid"]))["total"] == 2


async def test_that_what_fails_after_publishing_takes_the_version_along(quarry: Quarry) -> None:
    made = await quarry.create()
    new = publication(quarry, newest(quarry, made["bm_uuid"]), CU)
    with pytest.raises(RuntimeError):
        publish_and_lose(quarry, made["bm_uuid"], new)
    assert newest(quarry, made["bm_uuid"]).version_id == 1
    assert (await quarry.object_of(made))["object"]["attributes"] == []


def publish_and_lose(quarry: Quarry, model_id: str, new: Publication) -> None:
    """Publish in a transaction whose job turns out to be somebody else's."""
    block_models, database = services(quarry)
    with database.writing() as rows:
        block_models.versions.publish(rows, workspace=key(quarry), model_id=model_id, after=1, new=new)
        raise RuntimeError("the lease was lost")


async def test_that_nothing_is_published_to_what_is_gone(quarry: Quarry) -> None:
    made = await quarry.create()
    before = newest(quarry, made["bm_uuid"])
    with pytest.raises(NotFound):
        publish(quarry, UNKNOWN_ID, publication(quarry, before, CU), after=1)
    await quarry.send("DELETE", quarry.one(made["bm_uuid"]))
    with pytest.raises(Gone):
        publish(quarry, made["bm_uuid"], publication(quarry, before, CU), after=1)
    await quarry.send("POST", f"{quarry.one(made['bm_uuid'])}?deleted=false")
    await quarry.lab.clients["owner"].delete(
        f"/workspace/orgs/{quarry.lab.organisation_id}/workspaces/{quarry.lab.workspace_id}"
    )
    with pytest.raises(WorkspaceGone):
        publish(quarry, made["bm_uuid"], publication(quarry, before, CU), after=1)


async def test_that_publishing_can_be_prepared(quarry: Quarry) -> None:
    made = await quarry.create(coordinate_reference_system="EPSG:2193")
    block_models, database = services(quarry)
    with database.reading() as rows:
        model = ledger.find_model(rows, made["bm_uuid"], None)
    assert model is not None
    block_models.versions.warm(model)
    assert newest(quarry, made["bm_uuid"]).version_id == 1
