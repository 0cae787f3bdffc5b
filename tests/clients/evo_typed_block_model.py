"""What a user does with the typed block model of the published `evo-objects`, in a process of its own.

Arguments: API URL, key, work directory. Prints one line per step and `done`.
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from evo.aio import AioTransport
from evo.blockmodels.exceptions import JobFailedException
from evo.common import APIConnector, StaticContext
from evo.common.utils import Cache
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.objects.typed import BlockModel, Point3, RegularBlockModelData, Size3d, Size3i, object_from_uuid
from evo.workspaces import WorkspaceAPIClient

ORDER = ["x", "y", "z"]


def centroids() -> pd.DataFrame:
    """A grade and a rock for every block of 5 x 4 x 3 of 10 m."""
    i, j, k = np.indices((5, 4, 3)).reshape(3, -1)
    frame = pd.DataFrame({"x": 1000 + 10 * (i + 0.5), "y": 2000 + 10 * (j + 0.5), "z": 10 * (k + 0.5)})
    frame["Au"] = np.linspace(0.0, 5.9, len(frame))
    frame["rock"] = np.where(frame["Au"] < 3, "oxide", "fresh")
    return frame


async def life(context: StaticContext, units: dict[str, str]) -> None:
    """Create, add, update, refresh; the object is in step with every version."""
    first = centroids()
    data = RegularBlockModelData(
        name=f"Typed {uuid4().hex[:6]}",
        origin=Point3(1000, 2000, 0),
        n_blocks=Size3i(5, 4, 3),
        block_size=Size3d(10, 10, 10),
        cell_data=first,
        coordinate_reference_system="EPSG:28354",
        size_unit_id="m",
        units=units,
    )
    model = await BlockModel.create_regular(context, data, path="typed/models")
    assert sorted(each.name for each in model.attributes) == ["Au", "rock"]
    found = (await model.to_dataframe()).sort_values(ORDER, ignore_index=True)
    pd.testing.assert_frame_equal(
        found[[*ORDER, "Au", "rock"]], first.sort_values(ORDER, ignore_index=True), check_dtype=False
    )
    print("created", model.block_model_uuid)

    more = first[ORDER].iloc[:3].assign(density=[2.5, 2.6, 2.7])
    version = await model.add_attribute(more, "density", unit="t/m3")
    assert version.version_id == 3
    model = await model.refresh()
    assert sorted(each.name for each in model.attributes) == ["Au", "density", "rock"]
    assert model.block_model_version_uuid == version.version_uuid
    assert (await model.to_dataframe(columns=["density"]))["density"].dropna().tolist() == [2.5, 2.6, 2.7]
    print("added")

    updated = await model.update_attributes(first[ORDER].assign(Au=1.0), update_columns={"Au"}, delete_columns={"rock"})
    assert updated.version_id == 4
    again = await object_from_uuid(context, model.metadata.id)
    assert isinstance(again, BlockModel)
    assert sorted(each.name for each in again.attributes) == ["Au", "density"]
    assert set((await again.to_dataframe(columns=["Au"]))["Au"]) == {1.0}
    old = await again.to_dataframe(columns=["Au"], version_uuid=version.version_uuid)
    assert old["Au"].max() == 5.9
    assert sorted(each.version_id for each in await again.get_versions()) == [1, 2, 3, 4]
    with pytest.raises(JobFailedException):
        await again.add_attribute(pd.DataFrame({"i": [9], "j": [0], "k": [0], "Ag": [1.0]}), "Ag")
    print("updated")


async def main(url: str, key: str, work: Path) -> None:
    """Discovery, workspace, block model."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    async with APIConnector(url, transport, AccessTokenAuthorizer(key)) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        created = await WorkspaceAPIClient(connector, organisation.id).create_workspace(f"typed {uuid4().hex[:8]}")
        context = StaticContext.from_environment(created.get_environment(), connector, Cache(work))
        await life(context, {"Au": "g/t"})
    print("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
