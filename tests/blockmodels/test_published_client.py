"""The operations that there are, as the unmodified `evo-blockmodels` calls them and reads their answers."""

from datetime import UTC
from uuid import UUID, uuid4

import pytest
from evo.blockmodels import BlockModelAPIClient
from evo.blockmodels.data import (
    BaseGridDefinition,
    FlexibleGridDefinition,
    FullySubBlockedGridDefinition,
    OctreeGridDefinition,
    RegularGridDefinition,
)
from evo.blockmodels.endpoints.api import OperationsApi, UnitsApi
from evo.blockmodels.endpoints.models import RotationAxis, UpdateBlockModel
from evo.common.data import HealthCheckType, ServiceStatus
from evo.common.exceptions import EvoAPIException, ForbiddenException, GoneException, NotFoundException

from tests.blockmodels.conftest import Quarry
from tests.blockmodels.publishing import CU, newest, publication, publish, rename

_TURNS = [(RotationAxis.x, 0), (RotationAxis.y, 0), (RotationAxis.z, 0)]
_PARENTS = {"n_parent_blocks": [10, 10, 10], "parent_block_size": [2.0, 1.0, 1.0]}
GRIDS: list[BaseGridDefinition] = [
    RegularGridDefinition(model_origin=[0, 0, 0], rotations=_TURNS, n_blocks=[10, 10, 10], block_size=[1, 1, 1]),
    FullySubBlockedGridDefinition(
        model_origin=[0, 0, 0], rotations=[(RotationAxis.x, 20)], n_subblocks_per_parent=[5, 1, 2], **_PARENTS
    ),
    OctreeGridDefinition(model_origin=[0, 0, 0], rotations=[], n_subblocks_per_parent=[8, 4, 2], **_PARENTS),
    FlexibleGridDefinition(model_origin=[0, 0, 0], rotations=[], n_subblocks_per_parent=[5, 1, 2], **_PARENTS),
]


def ids(client: BlockModelAPIClient) -> tuple[str, str]:
    """Workspace and organisation, as the generated methods take them."""
    return str(client._environment.workspace_id), str(client._environment.org_id)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: type(grid).__name__)
async def test_that_each_kind_of_grid_comes_back_as_its_own_class(quarry: Quarry, grid: BaseGridDefinition) -> None:
    client = quarry.evo()
    made, version = await client.create_block_model(
        f"SDK {uuid4().hex}",
        grid,
        description="d",
        object_path="your/path",
        coordinate_reference_system="EPSG:3395",
        size_unit_id="m",
        comment="begun",
        fill_subblocks=True,
    )
    assert (version.version_id, version.parent_version_id, version.comment) == (1, 0, "begun")
    assert type(made.grid_definition) is type(grid)
    assert [(axis.value, angle) for axis, angle in made.grid_definition.rotations] == [
        (axis.value, angle) for axis, angle in grid.rotations
    ]
    assert made.created_at.tzinfo == UTC
    assert made.geoscience_object_id is not None
    assert made.fill_subblocks
    assert await client.get_block_model(made.id) == made
    assert await quarry.evo("viewer").list_block_models() == [made]
    assert [each.version_uuid for each in await client.list_versions(made.id)] == [version.version_uuid]


async def test_that_pages_are_followed_to_their_end(quarry: Quarry) -> None:
    client = quarry.evo()
    made = [await client.create_block_model(f"model {n}", GRIDS[0]) for n in range(5)]
    listed = await client.list_all_block_models(page_limit=2)
    assert [each.id for each in listed] == [model.id for model, _ in reversed(made)]
    bm_uuid = str(made[0][0].id)
    publish(quarry, bm_uuid, publication(quarry, newest(quarry, bm_uuid), CU), after=1)
    publish(quarry, bm_uuid, rename(quarry, newest(quarry, bm_uuid), CU, "Copper"), after=2)
    versions = await client.list_all_versions(UUID(bm_uuid), page_limit=2)
    assert [each.version_id for each in versions] == [3, 2, 1]
    full = await client.get_version(UUID(bm_uuid), versions[1].version_uuid)
    column = next(each for each in full.columns if each.title == "Cu")
    assert (column.col_id, column.unit_id, column.tags) == (CU.col_id, "%[mass]", {"lab": "ALS"})


async def test_that_metadata_change_and_models_go_and_come_back(quarry: Quarry) -> None:
    client = quarry.evo()
    made, _ = await client.create_block_model("Model", GRIDS[0], description="before")
    changed = await client.update_block_model_metadata(made.id, UpdateBlockModel(name="Renamed", description=None))
    assert (changed.name, changed.description) == ("Renamed", None)
    same = await client.update_block_model_metadata(made.id, UpdateBlockModel())
    assert same == changed
    await client.delete_block_model(made.id)
    with pytest.raises(GoneException):
        await client.get_block_model(made.id)
    workspace, organisation = ids(client)
    restored = await OperationsApi(client._connector).restore_block_model(
        str(made.id), workspace, organisation, deleted=False
    )
    assert (restored.bm_uuid, restored.name) == (made.id, "Renamed")
    assert (await client.get_block_model(made.id)).id == made.id


async def test_that_units_are_read(quarry: Quarry) -> None:
    client = quarry.evo("viewer")
    found = await UnitsApi(client._connector).get_units(ids(client)[1])
    assert {each.unit_id for each in found} >= {"m", "t/m3", "g/t", "dega"}


@pytest.mark.parametrize("check", list(HealthCheckType))
async def test_that_the_service_is_healthy(quarry: Quarry, check: HealthCheckType) -> None:
    health = await quarry.evo().get_service_health(check)
    health.raise_for_status()
    assert (health.service, health.status) == ("blockmodel", ServiceStatus.HEALTHY)


async def test_that_refusals_become_the_exceptions_of_the_sdk(quarry: Quarry) -> None:
    client = quarry.evo()
    await client.create_block_model("Model", GRIDS[0])
    with pytest.raises(EvoAPIException) as conflict:
        await client.create_block_model("Model", GRIDS[0])
    assert (conflict.value.status, (conflict.value.type_ or "").rpartition("/")[2]) == (409, "name-conflict")
    with pytest.raises(ForbiddenException):
        await quarry.evo("viewer").create_block_model("Other", GRIDS[0])
    with pytest.raises(NotFoundException):
        await client.get_block_model(uuid4())
    with pytest.raises(EvoAPIException) as invalid:
        await client.create_block_model("a/b", GRIDS[0])
    assert invalid.value.status == 422
