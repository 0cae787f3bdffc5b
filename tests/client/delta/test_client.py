"""Publishing from a real server: what a program calls, and what the table then holds."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from coreshed.client import AsyncClient, Conflict, Invalid, NotFound, Progress
from tests.blockmodels.copper import Copper, copper
from tests.blockmodels.updating import blocks, columns, new, parquet
from tests.client.delta.tables import READERS, by_delta_rs, deltalake
from tests.server import Server


@pytest.fixture
def site(shared_server: Server) -> Iterator[Copper]:
    with copper(shared_server) as made:
        yield made


def grade(values: np.ndarray) -> list[str | None]:
    return [None if np.isnan(each) else repr(float(each)) for each in values.ravel()]


def test_that_versions_of_a_model_are_versions_of_a_table(site: Copper, tmp_path: Path) -> None:
    models, table = site.client.block_models, tmp_path / "new" / "table"
    seen: list[Progress] = []
    first = models.publish_delta("Small", 2, table, progress=seen.append)
    assert (first.version_id, first.table_version, first.rows, first.unchanged) == (2, 0, 24, False)
    assert first.model_id == site.model_id
    assert seen[-1].done == seen[-1].total > 0
    second = models.publish_delta(site.model_id, None, table)
    assert (second.version_id, second.table_version) == (3, 1)
    i, j, k = (axis.ravel().tolist() for axis in np.indices((4, 3, 2)))
    for version, values in ((0, site.first), (1, site.second), (None, site.second)):
        expected = {"i": i, "j": j, "k": k, "Cu": grade(values), "Density": ["2.5"] * 24}
        for read in READERS.values():
            assert read(table, version) == expected
    assert sorted(each.suffix for each in table.iterdir()) == ["", ".parquet", ".parquet"]


def test_that_the_same_version_again_fetches_nothing(site: Copper, tmp_path: Path) -> None:
    models = site.client.block_models
    models.publish_delta("Small", 2, tmp_path / "table")
    seen: list[Progress] = []
    again = models.publish_delta("Small", 2, tmp_path / "table", progress=seen.append)
    assert (again.unchanged, again.table_version, seen) == (True, 0, [])


def test_that_blocks_are_named_by_centroids_if_asked(site: Copper, tmp_path: Path) -> None:
    site.client.block_models.publish_delta("Small", 2, tmp_path / "table", geometry="coordinates")
    found = by_delta_rs(tmp_path / "table")
    assert list(found) == ["x", "y", "z", "Cu", "Density"]
    assert sorted(set(found["x"])) == ["15.0", "25.0", "35.0", "5.0"]


def test_that_titles_which_delta_refuses_are_published_by_id(site: Copper, tmp_path: Path) -> None:
    done = site.raw.update(site.model_id, {"columns": columns(rename=[{"title": "Cu", "new_title": "Cu (%)"}])})
    assert done["job_status"] == "COMPLETE"
    models, table = site.client.block_models, tmp_path / "table"
    with pytest.raises(Invalid, match=r"names of columns: 'Cu \(%\)'\. Name the columns by their ids"):
        models.publish_delta("Small", None, table)
    assert not table.exists()
    models.publish_delta("Small", None, table, names="id")
    ids = {each.title: each.col_id for each in models.version("Small").columns}
    assert list(by_delta_rs(table)) == ["i", "j", "k", ids["Cu (%)"], ids["Density"]]
    fields = {each.name: each.metadata for each in deltalake.DeltaTable(table).schema().fields}
    assert fields[ids["Cu (%)"]] == {"comment": "Cu (%)"}


def test_that_columns_in_groups_are_published_by_qualified_title_the_hidden_ones_too(
    site: Copper, tmp_path: Path
) -> None:
    groups = {"new": [{"title": "Assays"}, {"title": "Raw", "parent_group": "Assays", "is_hidden": True}]}
    made = [new("Zn", group="Assays"), new("Zn", group="Assays▸Raw")]
    file = blocks((0, 0, 0, 1.0, 2.0), **dict.fromkeys(("Assays▸Zn", "Assays▸Raw▸Zn"), pa.float64()))
    done = site.raw.update(site.model_id, {"columns": columns(new=made), "groups": groups}, parquet(file))
    assert done["job_status"] == "COMPLETE"
    models, table = site.client.block_models, tmp_path / "table"
    models.publish_delta("Small", None, table)
    found = by_delta_rs(table)
    assert list(found) == ["i", "j", "k", "Assays▸Zn", "Cu", "Density", "Assays▸Raw▸Zn"]
    assert found["Assays▸Raw▸Zn"] == ["2.0", *[None] * 23]
    models.publish_delta("Small", None, table, names="id")
    fields = {each.metadata.get("comment") for each in deltalake.DeltaTable(table).schema().fields}
    assert fields == {None, "Cu", "Density", "Assays▸Zn", "Assays▸Raw▸Zn"}
    rename = {"update_metadata": [{"title": "Assays▸Raw", "values": {"title": "As received"}}]}
    done = site.raw.update(site.model_id, {"columns": columns(), "groups": rename})
    assert done["job_status"] == "COMPLETE"
    with pytest.raises(Invalid, match="'Assays▸As received▸Zn'"):
        models.publish_delta("Small", None, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


def test_that_what_is_not_there_or_in_the_way_leaves_nothing(site: Copper, tmp_path: Path) -> None:
    models = site.client.block_models
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(NotFound):
        models.publish_delta("Smal", 2, tmp_path / "table")
    with pytest.raises(NotFound):
        models.publish_delta("Small", 9, tmp_path / "table")
    with pytest.raises(Conflict, match=r"not empty \(notes.txt\)"):
        models.publish_delta("Small", 2, tmp_path / "mine")
    with pytest.raises(Invalid, match="Geometry is"):
        models.publish_delta("Small", 2, tmp_path / "table", geometry="lattice")  # type: ignore[arg-type]
    assert [each.name for each in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def test_that_a_directory_is_published_to_by_one_program_at_a_time(site: Copper, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another program publishes"):
            site.client.block_models.publish_delta("Small", 2, tmp_path)
    finally:
        os.close(descriptor)
    assert site.client.block_models.publish_delta("Small", 2, tmp_path).table_version == 0


async def test_that_an_event_loop_publishes_too(site: Copper, shared_server: Server, tmp_path: Path) -> None:
    at = shared_server.instance
    async with AsyncClient(
        at.blob_url, shared_server.admin_key, workspace=site.workspace, ca_file=at.ca_file
    ) as client:
        done = await client.block_models.publish_delta("Small", 3, tmp_path / "table")
    assert (done.version_id, done.table_version) == (3, 0)
    assert by_delta_rs(tmp_path / "table")["Cu"] == grade(site.second)
