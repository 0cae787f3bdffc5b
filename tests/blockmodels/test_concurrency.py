"""Many at once: names stay unique, and nothing is half made."""

import asyncio
from collections import Counter

from tests.blockmodels.conftest import REGULAR, Quarry


async def test_that_of_many_models_of_one_name_one_is_made(quarry: Quarry) -> None:
    """Q35"""
    answers = await asyncio.gather(*(quarry.send("POST", "/block-models", REGULAR) for _ in range(12)))
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 11}
    assert (await quarry.get("/block-models")).json()["total"] == 1
    assert await quarry.lab.names() == ["F1 regular.json"]


async def test_that_models_and_objects_that_want_one_path_do_not_both_get_it(quarry: Quarry) -> None:
    body = await quarry.lab.pointset()
    path = f"{quarry.lab.root}/objects/path/F1 regular.json"
    answers = await asyncio.gather(
        *(quarry.send("POST", "/block-models", REGULAR) for _ in range(4)),
        *(quarry.lab.editor.post(path, json=body) for _ in range(4)),
    )
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 7}
    assert await quarry.lab.names() == ["F1 regular.json"]


async def test_that_renames_deletions_and_restorations_leave_every_name_once(quarry: Quarry) -> None:
    made = [await quarry.create(name=f"Model {n}") for n in range(4)]

    async def stir(bm_uuid: str) -> set[int]:
        one = quarry.one(bm_uuid)
        answers = [
            await quarry.send("PATCH", one, {"name": "Wanted"}),
            await quarry.send("DELETE", one),
            await quarry.send("POST", f"{one}?deleted=false"),
        ]
        return {each.status_code for each in answers}

    statuses = set().union(*await asyncio.gather(*(stir(each["bm_uuid"]) for each in made)))
    assert statuses <= {200, 202, 204, 409}
    found = (await quarry.get("/block-models")).json()["results"]
    assert len({each["name"] for each in found}) == len(found) == 4
    for model in found:
        document = (await quarry.object_of(model))["object"]
        assert document["name"] == model["name"]
