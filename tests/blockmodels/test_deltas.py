"""Deltas: what the versions between two have changed (contract, "Versions, deltas")."""

from typing import Any

import httpx
import pyarrow as pa
import pytest
from evo.blockmodels.endpoints import models as published

from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind, sub_blocked
from tests.blockmodels.updating import Model, blocks, box, box_xyz, columns, new, small

PREFIX = "block-model-service"
WHOLE = box((0, 3), (0, 2), (0, 1))


async def delta(model: Model, version_uuid: str, **changes: Any) -> httpx.Response:
    """What is answered for all columns in the whole box, unless told otherwise."""
    body = {"columns": ["*"], "bbox": WHOLE} | changes
    return await model.send("POST", f"/versions/{version_uuid}/delta", body, who="viewer")


async def found(model: Model, version_uuid: str, **changes: Any) -> tuple[list[str], list[str], list[str]]:
    """Versions that have new columns, new values, and fewer columns."""
    answer = await delta(model, version_uuid, verbose=True, **changes)
    if answer.status_code == 304:
        return [], [], []
    assert answer.status_code == 200, answer.text
    assert published.ListingDeltaResponseData.model_validate(answer.json())
    return answer.json()["new_deltas"], answer.json()["update_deltas"], answer.json()["delete_deltas"]


async def history(quarry: Quarry) -> tuple[Model, list[dict[str, Any]]]:
    """Versions 1 to 5: empty, Cu and Au, Cu in two blocks, Cu with another name, without Au."""
    model = await small(quarry)
    await model.add(blocks((0, 0, 0, 1.0, 2.0), Cu=pa.float64(), Au=pa.float64()), update_type="replace")
    await model.update({"columns": columns(update=["Cu"])}, blocks((1, 1, 1, 3.0), (2, 2, 1, 4.0), Cu=pa.float64()))
    await model.update({"columns": columns(rename=[{"title": "Cu", "new_title": "Copper"}])})
    await model.update({"columns": columns(delete=["Au"])})
    return model, list(reversed(await model.versions()))


def column_ids(version: dict[str, Any]) -> dict[str, str]:
    """Ids by title."""
    return {each["title"]: each["col_id"] for each in version["mapping"]["columns"]}


async def test_that_a_change_is_answered_with_null_unless_details_are_asked_for(working_quarry: Quarry) -> None:
    """A46"""
    model, versions = await history(working_quarry)
    answer = await delta(model, versions[0]["version_uuid"], verbose=False)
    assert (answer.status_code, answer.content) == (200, b"null")
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert (await delta(model, versions[0]["version_uuid"])).content == b"null"


@pytest.mark.parametrize("verbose", [False, True])
async def test_that_from_the_newest_version_nothing_has_changed(working_quarry: Quarry, verbose: bool) -> None:
    """A47"""
    model, versions = await history(working_quarry)
    answer = await delta(model, versions[-1]["version_uuid"], verbose=verbose)
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("verbose", [False, True])
async def test_that_another_name_is_no_change(working_quarry: Quarry, verbose: bool) -> None:
    """A48"""
    model, versions = await history(working_quarry)
    end = {"end_version_uuid": versions[3]["version_uuid"], "verbose": verbose}
    answer = await delta(model, versions[2]["version_uuid"], **end)
    assert (answer.status_code, answer.content) == (304, b"")


async def test_that_another_unit_is_no_change(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    await model.update({"columns": columns(update_metadata=[{"title": "Copper", "values": {"unit_id": "g/t"}}])})
    assert (await delta(model, versions[-1]["version_uuid"])).status_code == 304


async def test_that_each_change_is_told_with_its_version(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    uuids = [each["version_uuid"] for each in versions]
    assert await found(model, uuids[0]) == ([uuids[1]], [uuids[2]], [uuids[4]])
    assert await found(model, uuids[1]) == ([], [uuids[2]], [uuids[4]])
    assert await found(model, uuids[0], end_version_uuid=uuids[1]) == ([uuids[1]], [], [])
    answer = (await delta(model, uuids[0], verbose=True)).json()
    assert [each["version_id"] for each in answer["version_data"]] == [2, 3, 5]
    second, third, fifth = answer["version_data"]
    cu, au = (column_ids(versions[1])[title] for title in ("Cu", "Au"))
    assert [each["title"] for each in second["update_columns"]["new"]] == ["Cu", "Au"]
    assert third["update_columns"] == {"new": [], "update": [cu], "rename": [], "delete": [], "update_metadata": []}
    assert third["bbox"] == box((1, 2), (1, 2), (1, 1))
    assert (fifth["update_columns"]["delete"], fifth["bbox"]) == ([au], None)
    assert third["mapping"] == versions[2]["mapping"]


async def test_that_new_values_count_where_the_boxes_meet(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    second, third, fourth = (each["version_uuid"] for each in versions[1:4])
    until = {"end_version_uuid": fourth}
    for corner in (box((1, 1), (1, 1), (1, 1)), box((2, 3), (2, 2), (0, 1)), box((0, 1), (0, 1), (0, 1))):
        assert await found(model, second, bbox=corner, **until) == ([], [third], [])
    for beside in (box((3, 3), (0, 2), (0, 1)), box((0, 3), (0, 0), (0, 1)), box((0, 3), (0, 2), (0, 0))):
        assert await found(model, second, bbox=beside, **until) == ([], [], [])


async def test_that_a_box_of_coordinates_is_that_of_the_centroids_in_it(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    second, third, fourth = (each["version_uuid"] for each in versions[1:4])
    until = {"end_version_uuid": fourth}
    touching = box_xyz((15, 15), (15, 15), (15, 15))
    assert await found(model, second, bbox=touching, **until) == ([], [third], [])
    beyond = box_xyz((-1e9, 1e9), (-1e9, 1e9), (-1e9, 1e9))
    assert await found(model, second, bbox=beyond, **until) == ([], [third], [])
    between_centroids = box_xyz((15.1, 24.9), (15, 25), (15, 15))
    assert await found(model, second, bbox=between_centroids, **until) == ([], [], [])
    outside = box_xyz((1e6, 1e7), (0, 1), (0, 1))
    assert await found(model, second, bbox=outside, **until) == ([], [], [])


async def test_that_columns_beside_the_watched_ones_count_only_when_they_are_new(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    first, second, third, _, fifth = (each["version_uuid"] for each in versions)
    cu, au = (column_ids(versions[1])[title] for title in ("Cu", "Au"))
    assert await found(model, first, columns=[cu]) == ([second], [third], [])
    assert await found(model, first, columns=[au.upper()]) == ([second], [], [fifth])
    assert await found(model, first, columns=[]) == ([second], [], [])
    assert await found(model, second, columns=["x", "version_id"]) == ([], [], [])


async def test_that_a_column_of_no_version_is_refused(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    au = column_ids(versions[1])["Au"]
    for unknown in ("Cu", UNKNOWN_ID):
        refused = await delta(model, versions[0]["version_uuid"], columns=[unknown])
        assert kind(refused) == (422, f"{PREFIX}/unprocessable-entity")
        assert unknown in refused.json()["detail"]
    assert kind(await delta(model, versions[4]["version_uuid"], columns=[au])) == (
        422,
        f"{PREFIX}/unprocessable-entity",
    )


async def test_that_what_makes_no_sense_is_refused(working_quarry: Quarry) -> None:
    model, versions = await history(working_quarry)
    first, second = (each["version_uuid"] for each in versions[:2])
    backwards = await delta(model, second, end_version_uuid=first)
    assert kind(backwards) == (422, f"{PREFIX}/unprocessable-entity")
    for wrong in (box((0, 4), (0, 2), (0, 1)), box((-1, 0), (0, 2), (0, 1))):
        assert kind(await delta(model, first, bbox=wrong)) == (422, f"{PREFIX}/unprocessable-entity")
    for body in ({"bbox": None}, {"bbox": box((2, 1), (0, 2), (0, 1))}, {"columns": None}, {"since": first}):
        assert kind(await delta(model, first, **body)) == (422, f"{PREFIX}/validation")
    for start, end in ((UNKNOWN_ID, None), (first, UNKNOWN_ID)):
        assert kind(await delta(model, start, end_version_uuid=end)) == (404, f"{PREFIX}/not-found")
    assert kind(await delta(model, "latest")) == (422, f"{PREFIX}/validation")
    await model.send("DELETE")
    assert kind(await delta(model, first)) == (410, f"{PREFIX}/gone")


async def test_that_columns_which_their_group_sets_to_null_have_changed(working_quarry: Quarry) -> None:
    model = await small(working_quarry)
    groups = {"new": [{"title": "Assays", "missing_column_policy": "SET_NULL"}]}
    pair = [new("Cu", group="Assays"), new("Au", group="Assays")]
    table = blocks((0, 0, 0, 1.0, 2.0), **{"Assays▸Cu": pa.float64(), "Assays▸Au": pa.float64()})
    second = await model.update({"columns": columns(new=pair), "groups": groups}, table)
    one = blocks((0, 0, 0, 3.0), **{"Assays▸Cu": pa.float64()})
    third = await model.update({"columns": columns(update=["Assays▸Cu"])}, one)
    assert await model.rows("Assays▸Cu", "Assays▸Au") == [(0, 0, 0, 3.0, None)]
    au = column_ids(second)["Au"]
    assert await found(model, second["version_uuid"], columns=[au]) == ([], [third["version_uuid"]], [])


async def test_that_a_model_with_sub_blocks_is_asked_about_in_coordinates(working_quarry: Quarry) -> None:
    model = Model(working_quarry, await working_quarry.create(sub_blocked("fully-sub-blocked")))
    [first] = await model.versions()
    answer = await delta(model, first["version_uuid"], bbox=box_xyz((0, 1), (0, 1), (0, 1)))
    assert answer.status_code == 304
