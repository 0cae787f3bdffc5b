"""The public notebook of the Block Model API, call by call, against a real server over TLS (contract 3.10).

Its figures are those of the acceptance checks A13 to A17: of the notebook's own file where that is beside the
repository, and otherwise those of a generated one.
"""

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.blockmodels.over_http import Raw, raw
from tests.blockmodels.updating import box_xyz, columns, new, parquet
from tests.clients.evo_blockmodels import generated
from tests.server import Server

DATA = Path(__file__).parents[3] / "shared" / "data" / "data.parquet"
COORDINATES: dict[str, Any] = {"columns": ["*"], "geometry_columns": "coordinates"}


def table_of(source: str) -> pa.Table:
    """The notebook's file, or one like it with its undeclared columns."""
    if source == "notebook":
        if not DATA.exists():
            pytest.skip(f"needs the notebook's file beside the repository: {DATA.name} is not there")
        return pq.read_table(DATA)
    made = generated()
    for name in ("dx", "dy", "dz"):
        made = made.append_column(name, pa.array(np.full(made.num_rows, 25.0)))
    return made


@pytest.mark.parametrize("source", ["notebook", "generated"])
def test_that_the_notebook_runs(shared_server: Server, source: str) -> None:
    with raw(shared_server) as site:
        run(site, table_of(source), literal=source == "notebook")


def run(site: Raw, table: pa.Table, *, literal: bool) -> None:
    """The calls of the notebook."""
    made = site.create(
        {
            "name": f"Notebook {uuid4().hex[:6]}",
            "comment": "from a notebook",
            "model_origin": {"x": 1478500, "y": 5174500, "z": 100},
            "block_rotation": [],
            "size_options": {
                "model_type": "regular",
                "n_blocks": {"nx": 48, "ny": 68, "nz": 40},
                "block_size": {"x": 25, "y": 25, "z": 25},
            },
        }
    )
    model_id = made["bm_uuid"]
    assert site.end(made["job_url"])["payload"]["version_id"] == 1
    body = {"columns": columns(new=[new("Geology", "Utf8"), new("Cu")])}
    version = site.update(model_id, body, parquet(table))["payload"]
    assert (version["version_id"], version["parent_version_id"], version["base_version_id"]) == (2, 1, 1)
    changes = site.api.get(f"{site.root}/{model_id}/versions/{version['version_uuid']}?include_changes=True").json()
    assert (changes["changes"]["blocks_uploaded"], changes["changes"]["total_blocks"]) == (96_013, 130_560)
    assert site.api.get(site.root).json()["total"] == 1
    found = site.query(model_id, **COORDINATES)
    check_whole(found, table, literal=literal)
    everything = site.query(
        model_id, **COORDINATES, output_options={"file_format": "parquet", "exclude_null_rows": False}
    )
    assert everything.num_rows == 130_560
    near = box_xyz((1478587.5, 1478662.5), (5174562.5, 5174712.5), (137.5, 187.5))
    check_near(site.query(model_id, **COORDINATES, bbox=near), table, literal=literal)
    check_columns(site, model_id, found, version["version_uuid"])


def check_whole(found: pa.Table, table: pa.Table, *, literal: bool) -> None:
    """A14, A17"""
    assert found.column_names == ["x", "y", "z", "Cu", "Geology"]
    assert found.num_rows == 96_013
    total = pc.sum(found.column("Cu")).as_py()
    assert total == pytest.approx(pc.sum(table.column("Cu")).as_py(), rel=1e-12)
    counts = Counter(found.column("Geology").to_pylist())
    assert counts == Counter(table.column("Geology").to_pylist())
    if literal:
        assert total == pytest.approx(37969.516922984, abs=1e-8)
        assert counts == {
            "Basement": 35699,
            "Intermineral Diorite": 25792,
            "Early Diorite": 15768,
            "OUT": 13056,
            "Recent": 3159,
            "Dacite": 2539,
        }


def check_near(found: pa.Table, table: pa.Table, *, literal: bool) -> None:
    """A16: the bounds lie on centroids and are inclusive."""
    inside = [
        (pc.and_(pc.greater_equal(table.column(axis), low), pc.less_equal(table.column(axis), high)))
        for axis, low, high in (
            ("x", 1478587.5, 1478662.5),
            ("y", 5174562.5, 5174712.5),
            ("z", 137.5, 187.5),
        )
    ]
    expected = table.filter(pc.and_(pc.and_(inside[0], inside[1]), inside[2]))
    assert found.num_rows == expected.num_rows
    total = pc.sum(found.column("Cu")).as_py()
    assert total == pytest.approx(pc.sum(expected.column("Cu")).as_py(), rel=1e-12)
    if literal:
        assert (found.num_rows, round(total, 9)) == (84, 0.845316607)


def check_columns(site: Raw, model_id: str, found: pa.Table, second: str) -> None:
    """A27, A29, A32: what else the notebook does to columns; each step is a version."""
    unit = {"columns": columns(update_metadata=[{"title": "Cu", "values": {"unit_id": "%[mass]"}}])}
    assert site.update(model_id, unit)["payload"]["version_id"] == 3
    doubled = found.set_column(3, "Cu", pc.multiply(found.column("Cu"), 2.0))
    updated = site.update(model_id, {"columns": columns(update=["Cu"])}, parquet(doubled))
    assert updated["payload"]["version_id"] == 4
    total = pc.sum(site.query(model_id, **COORDINATES).column("Cu")).as_py()
    assert total == pytest.approx(2 * pc.sum(found.column("Cu")).as_py(), rel=1e-12)
    titles = [{"title": "Cu", "new_title": "Copper"}, {"title": "Geology", "new_title": "Rock"}]
    assert site.update(model_id, {"columns": columns(rename=titles)})["payload"]["version_id"] == 5
    assert site.update(model_id, {"columns": columns(delete=["Copper", "Rock"])})["payload"]["version_id"] == 6
    assert site.versions(model_id) == [6, 5, 4, 3, 2, 1]
    assert site.query(model_id, **COORDINATES, version_uuid=second).equals(found)
