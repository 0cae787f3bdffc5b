"""What a user does with the published `evo-sdk`, in a process of its own: `SSL_CERT_FILE` is read when it is imported.

Arguments: API URL, key, CSV file (or `-` for generated points), work directory. Prints one line per step and `done`.
"""

import asyncio
import hashlib
import sys
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from evo.aio import AioTransport
from evo.common import APIConnector
from evo.common.utils import Cache
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.objects import ObjectAPIClient
from evo.objects.exceptions import ObjectAlreadyExistsError, ObjectModifiedError
from evo.workspaces import WorkspaceAPIClient

BIG = 9 * 1024 * 1024 + 17


def points(source: str) -> pd.DataFrame:
    """The assay table, or a generated one of the same shape; coordinates in metres."""
    if source == "-":
        rows = [(i * 1.5, i * 2.5, -i * 0.5, i / 10, i / 20) for i in range(5000)]
        return pd.DataFrame(rows, columns=["X", "Y", "Z", "CU_pct", "AU_gpt"], dtype="float64")
    table = pd.read_csv(source)
    numeric = table[["X", "Y", "Z", "CU_pct", "AU_gpt"]].apply(pd.to_numeric, errors="coerce")
    return numeric.astype("float64")


async def publish(url: str, key: str, source: str, work: Path) -> None:
    """Discovery, workspace, publish, new version, list, download, delete, restore."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    authorizer = AccessTokenAuthorizer(key)
    async with APIConnector(url, transport, authorizer) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        async with APIConnector(organisation.hubs[0].url, transport, authorizer) as hub:
            workspaces = WorkspaceAPIClient(hub, organisation.id)
            created = await workspaces.create_workspace(f"sdk {uuid4().hex[:8]}")
            assert created.id in {each.id for each in await workspaces.list_all_workspaces()}
            print("workspace")
            client = ObjectAPIClient(created.get_environment(), hub)
            cache = Cache(work / "cache", mkdir=True)
            await tables(client, cache, points(source))
            await raw_bytes(client, hub, work)
            health = await client.get_service_health()
            assert health.status.name == "HEALTHY", health
    print("done")


async def tables(client: ObjectAPIClient, cache: Cache, frame: pd.DataFrame) -> None:
    """A table as a pointset, through every verb of the client."""
    data = client.get_data_client(cache)
    coordinates = await data.upload_dataframe(frame[["X", "Y", "Z"]])
    grades = await data.upload_dataframe(frame[["CU_pct"]])
    body = pointset(frame, coordinates, grades)
    first = await client.create_geoscience_object("Wolf Pass/assays.json", dict(body))
    print("created", first.version_id)
    with pytest.raises(ObjectAlreadyExistsError) as taken:
        await client.create_geoscience_object("wolf pass/ASSAYS.json", dict(body))
    assert taken.value.existing_id == first.id

    downloaded = await client.download_object_by_path("Wolf Pass/assays.json")
    changed = downloaded.as_dict() | {"description": "second version"}
    second = await downloaded.update(changed)
    assert second.metadata.version_id > first.version_id
    with pytest.raises(ObjectModifiedError):
        await downloaded.update(changed)
    await read_back(client, data, frame, second)
    await lifecycle(client, first.id, dict(body))


async def read_back(client: ObjectAPIClient, data: object, frame: pd.DataFrame, second: object) -> None:
    """Lists with filters, versions, stages, and the table equal to what was sent."""
    listed = await client.list_all_objects(schema_id=["like:*pointset*"])
    assert [each.name for each in listed] == ["assays.json"], listed
    assert await client.list_all_objects(schema_id=["like:*variogram*"]) == []
    latest = await client.get_latest_object_versions([second.metadata.id])
    assert latest == {second.metadata.id: second.metadata.version_id}
    versions = await client.list_versions_by_id(second.metadata.id)
    assert versions[0].version_id == second.metadata.version_id
    assert len(versions) == 2
    stage = (await client.list_stages())[0]
    await client.set_stage(second.metadata.id, int(second.metadata.version_id), stage.id)
    got = await client.download_object_by_id(second.metadata.id)
    assert got.metadata.stage == stage
    assert got.as_dict()["description"] == "second version"
    xyz = await got.download_dataframe("locations.coordinates")
    xyz.columns = ["X", "Y", "Z"]
    pd.testing.assert_frame_equal(xyz, frame[["X", "Y", "Z"]])
    grades = await got.download_dataframe("locations.attributes[0].values")
    grades.columns = ["CU_pct"]
    pd.testing.assert_frame_equal(grades, frame[["CU_pct"]])
    print("equal", len(xyz))


async def lifecycle(client: ObjectAPIClient, object_id: object, body: dict) -> None:
    """Move, delete, restore to the old name, restore beside a newcomer."""
    moved = await client.move_geoscience_object("Wolf Pass/moved.json", body | {"uuid": str(object_id)})
    assert moved.path == "Wolf Pass/moved.json"
    await client.delete_object_by_id(object_id)
    assert await client.list_all_objects() == []
    assert [each.id for each in await client.list_all_objects(deleted=True)] == [object_id]
    assert await client.restore_geoscience_object(object_id) is None
    await client.delete_object_by_path("Wolf Pass/moved.json")
    await client.create_geoscience_object("Wolf Pass/moved.json", dict(body))
    renamed = await client.restore_geoscience_object(object_id)
    assert renamed is not None
    assert renamed.name == "moved (1).json", renamed
    print("restored", renamed.path)


async def raw_bytes(client: ObjectAPIClient, hub: APIConnector, work: Path) -> None:
    """Blobs of no bytes and of several blocks, byte for byte."""
    for size in (0, BIG):
        content = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
        content = content[:size]
        name = hashlib.sha256(content).hexdigest()
        sent, received = work / f"sent-{size}", work / f"received-{size}"
        sent.write_bytes(content)
        uploads = [each async for each in client.prepare_data_upload([name, name])]
        for upload in uploads:
            await upload.upload_from_path(sent, hub.transport)
        assert [each async for each in client.prepare_data_upload([name])] == []
        body = pointset(None, {"data": name, "length": 1, "width": 3, "data_type": "float64"}, None)
        made = await client.create_geoscience_object(f"raw/{size}.json", body)
        async for download in client.prepare_data_download(made.id, made.version_id, [name]):
            await download.download_to_path(received, hub.transport)
        assert received.read_bytes() == content
        print("raw", size)


def pointset(frame: pd.DataFrame | None, coordinates: dict, grades: dict | None) -> dict:
    """A pointset 1.2.0 with one attribute."""
    box = {"min_x": 0.0, "max_x": 1.0, "min_y": 0.0, "max_y": 1.0, "min_z": 0.0, "max_z": 1.0}
    if frame is not None:
        box = {f"min_{axis.lower()}": float(frame[axis].min()) for axis in ("X", "Y", "Z")}
        box |= {f"max_{axis.lower()}": float(frame[axis].max()) for axis in ("X", "Y", "Z")}
    attributes = []
    if grades is not None:
        attributes = [
            {
                "name": "CU_pct",
                "key": "cu",
                "attribute_type": "scalar",
                "values": grades,
                "nan_description": {"values": []},
            }
        ]
    return {
        "schema": "/objects/pointset/1.2.0/pointset.schema.json",
        "name": "Assays",
        "bounding_box": box,
        "coordinate_reference_system": {"epsg_code": 32650},
        "locations": {"coordinates": coordinates, "attributes": attributes},
    }


if __name__ == "__main__":
    asyncio.run(publish(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
