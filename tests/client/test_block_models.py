"""Block models as programs see them, on a real server with its worker."""

import csv
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow.parquet as pq
import pytest

from coreshed.client import AsyncClient, Gone, Invalid, NotFound
from coreshed.client.block_model_calls import Named, download_link, job_of, named
from coreshed.client.calls import Answer
from coreshed.client.errors import ServerFailed
from tests.blockmodels.copper import Copper, copper, kept_copper
from tests.server import Server

UUID = "0b4ad8e0-6a36-4b1c-9d5e-0d2b54c7f1aa"


@pytest.fixture
def site(shared_server: Server) -> Copper:
    return kept_copper(shared_server)


def test_that_a_model_is_found_by_name_and_by_id(site: Copper) -> None:
    models = site.client.block_models
    assert [each.name for each in models.list()] == ["Small"]
    found = models.get("Small")
    assert found == models.get(site.model_id) == models.get(site.model_id.upper())
    assert (found.kind, found.shape, found.size_unit_id) == ("regular", (4, 3, 2), "m")
    with pytest.raises(NotFound, match="There is no block model 'Smal'; there are 'Small'"):
        models.get("Smal")
    with pytest.raises(NotFound):
        models.get(UUID)


def test_that_a_version_is_found_by_number_and_by_uuid(site: Copper) -> None:
    models = site.client.block_models
    versions = models.versions("Small")
    assert [each.version_id for each in versions] == [3, 2, 1]
    assert versions[0].comment == "again"
    assert [each.title for each in versions[0].columns] == ["Cu", "Density"]
    for each in versions:
        assert models.version("Small", each.version_id).version_uuid == each.version_uuid
        assert models.version(site.model_id, each.version_uuid.upper()).version_id == each.version_id
    assert models.version("Small") == versions[0]
    for number in (0, 4, -1):
        with pytest.raises(NotFound, match="the newest is 3"):
            models.version("Small", number)
    with pytest.raises(Invalid):
        models.version("Small", "two")
    with pytest.raises(NotFound):
        models.version("Small", str(uuid4()))


def test_that_a_query_gives_a_table_with_its_nulls(site: Copper) -> None:
    models = site.client.block_models
    table = models.query("Small", ["Cu"], version=2, exclude_null_rows=False)
    assert table.column_names == ["i", "j", "k", "Cu"]
    assert table.column("Cu").null_count == 1
    np.testing.assert_array_equal(table.column("Cu").to_numpy(), site.first.ravel())
    assert models.query("Small", ["Cu"]).num_rows == 22
    table = models.query("Small", box={"i": (0, 0), "j": (1, 2), "k": (0, 1)}, geometry="coordinates", headers="name")
    assert table.column_names == ["x", "y", "z", "Cu", "Density"]
    assert table.column("y").to_pylist() == [15.0, 15.0, 25.0, 25.0]
    np.testing.assert_array_equal(table.column("Cu").to_numpy(), site.second[0, 1:].ravel())
    with pytest.raises(Invalid, match="Au"):
        models.query("Small", ["Au"])
    with pytest.raises(Invalid, match="A box has"):
        models.query("Small", box={"i": (0, 0)})


def test_that_an_export_takes_its_format_from_the_suffix(site: Copper, tmp_path: Path) -> None:
    models, seen = site.client.block_models, []
    done = models.export("Small", tmp_path / "a.parquet", version=2, progress=seen.append)
    assert (done.version.version_id, done.size) == (2, (tmp_path / "a.parquet").stat().st_size)
    assert seen[-1].done == done.size
    assert pq.read_table(done.local).column_names == ["i", "j", "k", "Cu", "Density"]
    models.export("Small", tmp_path / "a.CSV", ["Cu"], delimiter=";", exclude_null_rows=False)
    with (tmp_path / "a.CSV").open(newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["i", "j", "k", "Cu"]
    assert [row[3] for row in rows[1:]].count("") == 2
    for name, delimiter in (("a.txt", None), ("parquet", None), ("b.parquet", ";"), ("none/b.csv", None)):
        with pytest.raises(Invalid):
            models.export("Small", tmp_path / name, delimiter=delimiter)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.CSV", "a.parquet"]


def test_that_versions_are_compared(site: Copper) -> None:
    models = site.client.block_models
    found = models.diff("Small", 2)
    assert (found.from_version.version_id, found.to_version.version_id) == (2, 3)
    [column] = found.columns
    # Cu of (0, 0, 0) is 0 and stays so; it is taken from one block and doubled in five.
    assert (column.title, column.blocks_changed, column.value_to_null, column.null_to_value) == ("Cu", 5, 1, 0)
    assert column.change is not None
    changed = site.second[0] - site.first[0]
    assert column.change.sum == pytest.approx(changed.sum())
    assert column.change.max == pytest.approx(changed.max())
    assert found.bbox is not None
    assert found.bbox["i_minmax"] == {"min": 0, "max": 3}
    versions = {each.version_id: each.version_uuid for each in models.versions("Small")}
    back = models.diff(site.model_id, versions[3].upper(), 2)
    assert back.columns[0].null_to_value == 1
    assert models.diff("Small", None, 3).columns == []
    with pytest.raises(NotFound):
        models.diff("Small", 9)
    with pytest.raises(Invalid):
        models.diff("Small", "../..")


def test_that_swaths_and_curves_are_what_numpy_says(site: Copper) -> None:
    models = site.client.block_models
    found = models.swath("Small", ["Cu"], "x", slices=2, version=2, density_column="Density")
    assert (found.version_id, found.weight, found.weight_unit_id, found.width) == (2, "MASS", "t", 20.0)
    means = [each.mean for each in found.swaths[0].slices]
    assert means == pytest.approx([np.nanmean(site.first[:2]), np.nanmean(site.first[2:])])
    found = models.swath("Small", ["Cu"], "k", box={"i": (0, 0), "j": (0, 2), "k": (1, 1)})
    assert [(each.number, each.mean) for each in found.swaths[0].slices] == [
        (1, pytest.approx(site.second[0, :, 1].mean()))
    ]
    cutoffs = [0.0, 1.0, 9.0]
    curves = models.grade_tonnage("Small", ["Cu"], cutoffs, version=2, density_column="Density", mass_unit_id="kt")
    for point, cutoff in zip(curves.curves[0].points, cutoffs, strict=True):
        above = site.first[site.first >= cutoff]
        assert point.mass == pytest.approx(len(above) * 2.5)
        assert point.grade == (pytest.approx(above.mean()) if len(above) else None)
    assert curves.curves[0].metal_unit_id == "kt"
    assert [each.warning_type for each in curves.warnings] == ["NULL_CUTOFF_VALUE", "NULL_COLUMN_VALUE"]
    with pytest.raises(Invalid, match="density"):
        models.grade_tonnage("Small", ["Cu"], cutoffs)
    with pytest.raises(Invalid):
        models.grade_tonnage("Small", ["Cu"], [float("nan")], density_column="Density")
    with pytest.raises(Invalid, match="list"):
        models.swath("Small", "Cu", "i")
    with pytest.raises(Invalid, match="Zn"):
        models.swath("Small", ["Zn"], "i")


def test_that_a_deleted_model_is_gone(shared_server: Server) -> None:
    with copper(shared_server) as site:
        site.raw.api.delete(f"{site.raw.root}/{site.model_id}").raise_for_status()
        models = site.client.block_models
        assert models.list() == []
        assert [each.bm_uuid for each in models.list(deleted=True)] == [site.model_id]
        with pytest.raises(Gone):
            models.versions(site.model_id)


async def test_that_an_event_loop_has_the_same(site: Copper, shared_server: Server, tmp_path: Path) -> None:
    at = shared_server.instance
    async with AsyncClient(
        at.blob_url, shared_server.admin_key, workspace=site.workspace, ca_file=at.ca_file
    ) as client:
        models = client.block_models
        assert await models.list() == site.client.block_models.list()
        assert (await models.get("Small")).bm_uuid == site.model_id
        assert [each.version_id for each in await models.versions("Small")] == [3, 2, 1]
        assert (await models.version("Small", 2)).version_id == 2
        assert (await models.query("Small", ["Cu"])).num_rows == 22
        assert (await models.export("Small", tmp_path / "a.csv")).size > 0
        assert (await models.diff("Small", 2, 3)).blocks_changed == 6
        assert len((await models.swath("Small", ["Cu"], "j")).swaths[0].slices) == 3
        curves = await models.grade_tonnage("Small", ["Cu"], [0], density_column="Density")
        assert curves.curves[0].points[0].blocks == 22


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Small", Named("Small")),
        ("Small@2", Named("Small", 2)),
        ("Small@latest", Named("Small")),
        (f"Small@{UUID.upper()}", Named("Small", UUID)),
        ("a@b", Named("a@b")),
        ("a@b@3", Named("a@b", 3)),
        ("a@", Named("a@")),
        (f"{UUID}@1", Named(UUID, 1)),
    ],
)
def test_that_a_version_is_named_behind_its_model(text: str, found: Named) -> None:
    assert named(text) == found


@pytest.mark.parametrize("text", ["", "@2", "@latest"])
def test_that_a_version_without_a_model_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        named(text)


def test_that_of_the_address_of_a_job_its_id_alone_counts() -> None:
    assert job_of(f"https://elsewhere/x/{UUID}") == UUID
    with pytest.raises(ServerFailed):
        job_of("https://elsewhere/x/../y")


def test_that_a_job_which_has_made_something_else_is_a_failure_of_the_server() -> None:
    flow = download_link("https://there/model", UUID)
    call = next(flow)
    done = call.read(Answer(200, {}, b'{"job_status": "COMPLETE", "payload": {"rows": 1}}'))
    with pytest.raises(ServerFailed, match="cannot be read: Object missing required field `download_url`"):
        flow.send(done)
