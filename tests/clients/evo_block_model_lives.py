"""What a user does with the published `evo-blockmodels`, in a process of its own: see evo_publish.py.

Arguments: API URL, key. Prints one line per step and `done`.
"""

import asyncio
import sys
from uuid import UUID, uuid4

import pytest
from evo.aio import AioTransport
from evo.blockmodels import BlockModelAPIClient
from evo.blockmodels.data import BlockModel, RegularGridDefinition
from evo.blockmodels.endpoints.api import OperationsApi, UnitsApi
from evo.blockmodels.endpoints.models import RotationAxis, UpdateBlockModel
from evo.common import APIConnector, Environment, StaticContext
from evo.common.data import HealthCheckType
from evo.common.exceptions import EvoAPIException, GoneException
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.objects import ObjectAPIClient
from evo.objects.typed import BlockModel as TypedBlockModel
from evo.objects.typed import Size3i, object_from_uuid
from evo.workspaces import WorkspaceAPIClient

GRID = RegularGridDefinition(
    model_origin=[296.5797985667433, 194.0760373454795, 81.20614758428184],
    rotations=[(RotationAxis.z, 30), (RotationAxis.x, 20), (RotationAxis.z, 10)],
    n_blocks=[4, 3, 2],
    block_size=[10, 10, 10],
)


async def model(url: str, key: str) -> None:
    """Every operation that takes no data."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    async with APIConnector(url, transport, AccessTokenAuthorizer(key)) as hub:
        organisation = (await DiscoveryAPIClient(hub).list_organizations())[0]
        workspace = await WorkspaceAPIClient(hub, organisation.id).create_workspace(f"models {uuid4().hex[:8]}")
        place = Environment(hub_url=url, org_id=organisation.id, workspace_id=workspace.id)
        client = BlockModelAPIClient(place, hub)
        for check in HealthCheckType:
            (await client.get_service_health(check)).raise_for_status()
        assert {each.unit_id for each in await UnitsApi(hub).get_units(str(organisation.id))} >= {"m", "g/t"}
        made, version = await client.create_block_model(
            "Rotated", GRID, object_path="/Jupyter/SDK", coordinate_reference_system="EPSG:3395", size_unit_id="m"
        )
        assert version.version_id == 1
        assert abs(made.bbox.x_minmax.min - 296.5797985667433) < 1e-9
        print("created", made.id)
        await reference(ObjectAPIClient(place, hub), made, version.version_uuid)
        assert made.geoscience_object_id is not None
        typed = await object_from_uuid(StaticContext.from_environment(place, hub), made.geoscience_object_id)
        assert isinstance(typed, TypedBlockModel)
        assert (typed.name, typed.block_model_uuid, list(typed.attributes)) == ("Rotated", made.id, [])
        assert typed.geometry.n_blocks == Size3i(4, 3, 2)
        await life(client, made)
    print("done")


async def reference(objects: ObjectAPIClient, made: BlockModel, version_uuid: UUID) -> None:
    """The object that stands for the model."""
    assert made.geoscience_object_id is not None
    found = (await objects.download_object_by_path("Jupyter/SDK/Rotated.json")).as_dict()
    assert str(found["uuid"]) == str(made.geoscience_object_id)
    assert str(found["block_model_version_uuid"]) == str(version_uuid)
    assert found["geometry"]["n_blocks"] == [4, 3, 2]
    print("reference", found["uuid"])


async def life(client: BlockModelAPIClient, made: BlockModel) -> None:
    """Rename, delete, restore."""
    workspace, organisation = str(client._environment.workspace_id), str(client._environment.org_id)
    with pytest.raises(EvoAPIException) as taken:
        await client.create_block_model("Rotated", GRID)
    assert taken.value.status == 409
    renamed = await client.update_block_model_metadata(made.id, UpdateBlockModel(name="Renamed"))
    assert [each.name for each in await client.list_all_block_models()] == ["Renamed"]
    assert [each.version_id for each in await client.list_versions(made.id)] == [1]
    await client.delete_block_model(made.id)
    with pytest.raises(GoneException):
        await client.get_block_model(made.id)
    await client.create_block_model("Renamed", GRID)
    back = await OperationsApi(client._connector).restore_block_model(
        str(made.id), workspace, organisation, deleted=False
    )
    assert (back.bm_uuid, back.name) == (renamed.id, "Renamed (1)")
    print("restored", back.name)


if __name__ == "__main__":
    asyncio.run(model(*sys.argv[1:3]))
