"""What a user does with the published `evo-colormaps`, in a process of its own: see evo_publish.py.

Arguments: API URL, key, key of somebody without a role. Prints one line per step and `done`.
"""

import asyncio
import sys
from typing import Any
from uuid import UUID, uuid4

import pytest
from evo.aio import AioTransport
from evo.colormaps import CategoryColormap, ColormapAPIClient, ContinuousColormap, DiscreteColormap
from evo.colormaps.data import Association
from evo.colormaps.endpoints.api import AssociationsApi, ColormapsApi, WorkspaceApi
from evo.common import APIConnector, Environment
from evo.common.data import HealthCheckType
from evo.common.exceptions import EvoAPIException, GoneException, NotFoundException
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.objects import ObjectAPIClient
from evo.workspaces import WorkspaceAPIClient

GREY = [7, 7, 7]
KINDS = [
    ContinuousColormap(colors=[GREY, [0, 0, 0]], attribute_controls=[-1.5, 1e300], gradient_controls=[0.0, 1.0]),
    ContinuousColormap(colors=[GREY] * 1024, attribute_controls=[0.0, 1.0], gradient_controls=[0.0, 1.0]),
    DiscreteColormap(colors=[GREY] * 3, end_points=[0.1, 0.30000000000000004], end_inclusive=[True, False]),
    CategoryColormap(colors=[GREY] * 2, map=["granite", "gneiß"]),
    CategoryColormap(colors=[GREY] * 10000, map=[str(n) for n in range(10000)]),
]
SMALL = [each for each in KINDS if len(each.colors) < 10]
# What the client's own classes refuse before it is sent goes through the generated API as plain JSON.
CURVE = {"dtype": "continuous", "name": "n", "attribute_controls": [0.0, 1.0], "gradient_controls": [0.0, 1.0]}
STEPS = {"dtype": "discrete", "name": "n", "colors": [GREY] * 3}
MISTAKES: list[tuple[dict[str, Any], list[Any]]] = [
    ({**CURVE, "colors": [GREY] * 1025}, ["colors"]),
    ({**CURVE, "colors": [GREY]}, ["colors"]),
    ({**CURVE, "colors": [GREY, [0.0, 1, 2]]}, ["colors", 1, 0]),
    ({**CURVE, "colors": [GREY, [0, 1, 256]]}, ["colors", 1, 2]),
    ({**CURVE, "colors": [GREY] * 2, "name": "a\0b"}, ["name"]),
    ({**CURVE, "colors": [GREY] * 2, "gradient_controls": [0.0, 1.5]}, ["gradient_controls", 1]),
    ({**STEPS, "end_points": [0.1], "end_inclusive": [True, True]}, ["end_points"]),
    ({**STEPS, "end_points": [0.1, 0.2, 0.3], "end_inclusive": [True, True]}, ["end_points"]),
    ({**STEPS, "end_points": [0.1, 0.2], "end_inclusive": [True]}, ["end_inclusive"]),
    ({"dtype": "category", "name": "n", "colors": [GREY], "map": ["a\0"]}, ["map", 0]),
]


async def paint(url: str, key: str, stranger_key: str) -> None:
    """Every operation, every limit, and a workspace that somebody else may not see."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    authorizer = AccessTokenAuthorizer(key)
    async with APIConnector(url, transport, authorizer) as hub:
        organisation = (await DiscoveryAPIClient(hub).list_organizations())[0]
        workspaces = WorkspaceAPIClient(hub, organisation.id)
        workspace = await workspaces.create_workspace(f"colormaps {uuid4().hex[:8]}")
        place = Environment(hub_url=url, org_id=organisation.id, workspace_id=workspace.id)
        client = ColormapAPIClient(place, hub)
        for check in HealthCheckType:
            (await client.get_service_health(check)).raise_for_status()
        made = await colormaps(client)
        object_id = (await ObjectAPIClient(place, hub).create_geoscience_object("a/b.json", variogram())).id
        await associations(client, object_id, made)
        await mistakes(hub, place, object_id, made[0])
        metadata = await WorkspaceApi(hub).get_workspace_metadata(str(organisation.id), str(workspace.id))
        assert metadata.objects_metadata == {}, metadata
        async with APIConnector(url, transport, AccessTokenAuthorizer(stranger_key)) as foreign:
            await stranger(ColormapAPIClient(place, foreign), object_id, made[0])
        await workspaces.delete_workspace(workspace.id)
        with pytest.raises(GoneException) as gone:
            await client.get_colormap_collection()
        assert (gone.value.type_ or "").endswith("/workspace/gone"), gone.value
    print("done")


async def colormaps(client: ColormapAPIClient) -> list[UUID]:
    """Each kind to its limits, many at once, names repeated; the ids, oldest first."""
    made = [await client.create_colormap(each, "same name") for each in KINDS]
    assert [each.colormap for each in made] == KINDS
    assert await client.get_colormap_collection() == made
    assert await client.get_colormap_by_id(made[2].id) == made[2]
    together = await asyncio.gather(*(client.create_colormap(SMALL[n % 3], "same name") for n in range(30)))
    listed = await client.get_colormap_collection()
    assert listed[: len(made)] == made
    assert {each.id: each for each in listed[len(made) :]} == {each.id: each for each in together}
    assert len(listed) == len(made) + 30
    print("colormaps", len(listed))
    return [each.id for each in listed]


async def associations(client: ColormapAPIClient, object_id: UUID, made: list[UUID]) -> None:
    """One, 500 in batches, and several at once."""
    one = await client.create_association(object_id, Association(attribute_id="cu", colormap_id=made[0]))
    wanted = [Association(attribute_id=f"a{n}", colormap_id=made[n % len(made)]) for n in range(500)]
    batched = await client.create_batch_associations(object_id, wanted)
    assert [(each.attribute_id, each.colormap_id) for each in batched] == [
        (each.attribute_id, each.colormap_id) for each in wanted
    ]
    assert await client.get_association_collection(object_id) == [one, *batched]
    assert await client.get_association(object_id, batched[300].id) == batched[300]
    await asyncio.gather(*(client.create_batch_associations(object_id, wanted[:128]) for _ in range(4)))
    listed = await client.get_association_collection(object_id)
    assert len(listed) == 501 + 4 * 128
    print("associations", len(listed))


async def mistakes(hub: APIConnector, place: Environment, object_id: UUID, colormap_id: UUID) -> None:
    """What is refused, and where."""
    here = {"org_id": str(place.org_id), "workspace_id": str(place.workspace_id)}
    for body, where in MISTAKES:
        with pytest.raises(EvoAPIException) as refused:
            await ColormapsApi(hub).post_colormap(**here, colormap_data=body)  # type: ignore[arg-type]
        assert_place(refused.value, where)
    pair = {"attribute_id": "a", "colormap_id": str(colormap_id)}
    of_object = AssociationsApi(hub)
    for count in (0, 129):
        with pytest.raises(EvoAPIException) as refused:
            await of_object.post_batch_associations(
                **here, object_id=str(object_id), attribute_associations_data={"associations": [pair] * count}
            )
        assert_place(refused.value, ["associations"])
    for missing in (str(uuid4()), str(uuid4())):
        with pytest.raises(NotFoundException):
            await of_object.post_association(
                **here, object_id=str(object_id), attribute_association_data=pair | {"colormap_id": missing}
            )
        with pytest.raises(NotFoundException):
            await of_object.post_association(**here, object_id=missing, attribute_association_data=pair)
    print("mistakes", len(MISTAKES))


def assert_place(refused: EvoAPIException, where: list[Any]) -> None:
    """A 422 with one field error, at this place of the body."""
    assert refused.status == 422, refused
    assert isinstance(refused.content, dict), refused
    (item,) = refused.content["detail"]
    assert item["loc"] == ["body", *where], (item, where)


async def stranger(client: ColormapAPIClient, object_id: UUID, colormap_id: UUID) -> None:
    """Somebody without a role finds nothing and changes nothing."""
    for call in (
        client.get_colormap_collection(),
        client.get_colormap_by_id(colormap_id),
        client.create_colormap(KINDS[0], "n"),
        client.get_association_collection(object_id),
        client.create_association(object_id, Association(attribute_id="a", colormap_id=colormap_id)),
    ):
        with pytest.raises(NotFoundException) as refused:
            await call
        assert (refused.value.type_ or "").endswith("/unknown-workspace"), refused.value
    print("stranger")


def variogram() -> dict[str, Any]:
    """The smallest object: no data, no place."""
    schema = "/objects/variogram/1.1.0/variogram.schema.json"
    return {"schema": schema, "name": "v", "sill": 1.0, "is_rotation_fixed": True, "structures": []}


if __name__ == "__main__":
    asyncio.run(paint(sys.argv[1], sys.argv[2], sys.argv[3]))
