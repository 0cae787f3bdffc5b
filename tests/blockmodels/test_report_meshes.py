"""Reports over the blocks inside or outside of a mesh of the workspace."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.app import Application
from tests.blockmodels.conftest import UNKNOWN_ID, Quarry, kind
from tests.blockmodels.engine.test_solids import box
from tests.blockmodels.reporting import Mine, ended, opened, table

SCHEMA = "/objects/triangle-mesh/2.1.0/triangle-mesh.schema.json"
# Of the blocks with centroids at 1012.5, 1037.5..., 2012.5, 2037.5... and 105, 115...: 2 x 3 x 4 are inside.
BOX = box((1000, 2000, 100), (1050, 2075, 140))
PLAIN: dict[str, Any] = {
    "columns": [],
    "categories": None,
    "density_col_id": None,
    "density_value": 2.0,
    "density_unit_id": "t/m3",
}


@pytest.fixture(scope="module", autouse=True)
def worker(application: Application) -> Iterator[None]:
    """Somebody who does the jobs."""
    running = application.start_jobs(f"report-meshes-{id(application)}")
    yield
    assert running.stop(10)


@pytest.fixture
async def mine(quarry: Quarry) -> Mine:
    """The model with its data."""
    return await opened(quarry, coordinate_reference_system="EPSG:28354")


def file_of(array: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({f"n{n}": column for n, column in enumerate(array.T)}), sink)
    return sink.getvalue()


async def mesh(mine: Mine, vertices: bytes, indices: bytes, path: str = "pit.json", crs: Any = "unspecified") -> str:
    """A mesh of two files; returns its id."""
    lab = mine.quarry.lab
    names = [await lab.upload(each) for each in (vertices, indices)]
    types = ("float64", "uint64")
    arrays = [
        {"data": name, "length": 8, "width": 3, "data_type": data_type}
        for name, data_type in zip(names, types, strict=True)
    ]
    bounds = {f"{end}_{axis}": 0 for end in ("min", "max") for axis in "xyz"}
    document = {
        "schema": SCHEMA,
        "uuid": None,
        "name": "pit",
        "bounding_box": bounds,
        "coordinate_reference_system": crs,
        "triangles": {"vertices": arrays[0], "indices": arrays[1]},
    }
    made = await lab.create(path, document)
    object_id: str = made["object_id"]
    return object_id


async def pit(mine: Mine, **more: Any) -> str:
    vertices, triangles = BOX
    return await mesh(mine, file_of(vertices), file_of(triangles.astype(np.uint64)), **more)


async def test_that_centroids_inside_or_outside_of_a_mesh_count(mine: Mine) -> None:
    object_id = await pit(mine)
    inside = {"uuid": object_id, "relation": "INSIDE"}
    result = await mine.report(**PLAIN, mesh_filter=inside)
    assert table(result) == [[None, pytest.approx(24 * 6250 * 2)]]
    assert result["mesh_filter_used"] == inside
    outside = await mine.report(**PLAIN, mesh_filter=inside | {"relation": "OUTSIDE"}, name="Outside")
    assert table(outside) == [[None, pytest.approx((500 - 24) * 6250 * 2)]]
    listed = (await mine.quarry.get(mine.root)).json()["results"]
    assert [each["mesh_filter"]["relation"] for each in listed] == ["OUTSIDE", "INSIDE"]
    results = await mine.quarry.get(f"{mine.root}/{result['report_specification_uuid']}/results")
    assert results.json()["results"][0]["mesh_filter_used"] == inside


async def test_that_a_mesh_and_a_box_choose_together(mine: Mine) -> None:
    by_index = {f"{axis}_minmax": {"min": 0, "max": 0} for axis in "ij"} | {"k_minmax": {"min": 0, "max": 4}}
    mesh_filter = {"uuid": await pit(mine, crs={"epsg_code": 28354}), "relation": "INSIDE"}
    result = await mine.report(**PLAIN, mesh_filter=mesh_filter, bbox=by_index)
    assert table(result) == [[None, pytest.approx(4 * 6250 * 2)]]


async def test_that_a_mesh_is_a_mesh_of_the_workspace_in_the_same_coordinates(mine: Mine) -> None:
    points = (await mine.quarry.lab.create("points.json"))["object_id"]
    elsewhere = await pit(mine, path="elsewhere.json", crs={"epsg_code": 2193})
    for object_id, sentence in (
        (UNKNOWN_ID, "there is no object"),
        (points, "is no triangle mesh"),
        (elsewhere, "another coordinate reference system"),
    ):
        body = mine.body(**PLAIN, mesh_filter={"uuid": object_id, "relation": "INSIDE"})
        refused = await mine.quarry.send("POST", mine.root, body)
        assert kind(refused) == (422, "block-model-service/unprocessable-entity")
        assert sentence in refused.json()["detail"]


_VERTICES, _TRIANGLES = BOX
_INDICES = file_of(_TRIANGLES.astype(np.uint64))


@pytest.mark.parametrize(
    ("vertices", "indices", "sentence"),
    [
        (file_of(_VERTICES), file_of(_TRIANGLES[1:].astype(np.uint64)), "3 of its 18 edges have an open side"),
        (file_of(_VERTICES[:4]), _INDICES, "names a vertex that there is not"),
        (file_of(_VERTICES), file_of(_TRIANGLES.astype(np.int64) - 1), "names a vertex that there is not"),
        (file_of(_VERTICES), file_of(_TRIANGLES.astype(np.float64)), "are not whole numbers"),
        (file_of(_VERTICES[:, :2]), _INDICES, "has 2 columns, not 3"),
        (file_of(np.where(_VERTICES == 1000, np.nan, _VERTICES)), _INDICES, "not finite"),
        (file_of(_VERTICES), file_of(_TRIANGLES[:0].astype(np.uint64)), "not closed"),
        (file_of(_VERTICES.astype(str)), _INDICES, "holds no numbers"),
        (b"no Parquet", _INDICES, "cannot be read as Parquet"),
        (file_of(_VERTICES)[:-20], _INDICES, "cannot be read as Parquet"),
    ],
)
async def test_that_a_run_over_a_mesh_that_encloses_nothing_fails(
    mine: Mine, vertices: bytes, indices: bytes, sentence: str
) -> None:
    object_id = await mesh(mine, vertices, indices)
    made = await mine.create(**PLAIN, mesh_filter={"uuid": object_id, "relation": "INSIDE"}, run_now=True)
    job = await ended(mine.quarry, made["job_url"][made["job_url"].index("/block-models") :])
    assert job["job_status"] == "FAILED"
    assert job["payload"]["status"] == 422
    assert sentence in job["payload"]["detail"]
