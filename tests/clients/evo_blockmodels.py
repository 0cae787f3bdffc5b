"""What a user does with the published `evo-blockmodels`, in its own process: its trust is read when it is imported.

Arguments: API URL, key, work directory, and optionally a Parquet file of 96,013 blocks. Prints one line per step and
`done`.
"""

import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evo.aio import AioTransport
from evo.blockmodels import BlockModelAPIClient
from evo.blockmodels.data import BlockModel, FullySubBlockedGridDefinition, RegularGridDefinition, Version
from evo.blockmodels.endpoints.models import (
    BBox,
    BBoxXYZ,
    ColumnHeaderType,
    FloatRange,
    GeometryColumns,
    IntRange,
    RotationAxis,
)
from evo.blockmodels.exceptions import JobFailedException
from evo.common import APIConnector
from evo.common.utils import Cache
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.workspaces import WorkspaceAPIClient


def blocks(*rows: Sequence[Any], **columns: Any) -> pa.Table:
    """A table of blocks by index: (i, j, k, value of each column) per row."""
    i, j, k, *values = zip(*rows, strict=True)
    indices = {name: pa.array(each, pa.uint32()) for name, each in zip("ijk", (i, j, k), strict=True)}
    return pa.table(
        indices | {name: pa.array(each, kind) for (name, kind), each in zip(columns.items(), values, strict=True)}
    )


def box(i: tuple[int, int], j: tuple[int, int], k: tuple[int, int]) -> BBox:
    """Inclusive indices."""
    ranges = [IntRange(min=low, max=high) for low, high in (i, j, k)]
    return BBox(i_minmax=ranges[0], j_minmax=ranges[1], k_minmax=ranges[2])


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows, in the order of the file."""
    return [tuple(row.values()) for row in table.to_pylist()]


class Quarry:
    """Block models of one workspace."""

    def __init__(self, client: BlockModelAPIClient) -> None:
        self.client = client

    async def latest(self, model: BlockModel) -> Version:
        """The newest version."""
        return (await self.client.list_versions(model.id))[0]

    async def quickstart(self) -> None:
        """A39e: a regular model with data, columns, a box of an old version, units, names, deletion."""
        grid = RegularGridDefinition(
            model_origin=[0, 0, 0], rotations=[(RotationAxis.x, 20)], n_blocks=[10, 10, 10], block_size=[1, 1, 1]
        )
        first = blocks(
            (1, 4, 7, "A", 1.5),
            (2, 5, 8, "D", 1.3),
            (3, 6, 9, "E", 1.2),
            column_one=pa.string(),
            column_two=pa.float64(),
        )
        model, v2 = await self.client.create_block_model("Quick", grid, initial_data=first, comment="begun")
        assert v2.version_id == 2, v2
        more = blocks((1, 4, 6, "Y", 4.5), (1, 4, 7, "X", 5.3), column_three=pa.string(), column_four=pa.float64())
        v3 = await self.client.add_new_columns(model.id, more, units={"column_four": "g/t"})
        assert v3.version_id == 3
        found = await self.client.query_block_model_as_table(
            model.id,
            ["column_one", "column_four"],
            bbox=box((1, 2), (1, 9), (1, 9)),
            version_uuid=v3.version_uuid,
            geometry_columns=GeometryColumns.indices,
            column_headers=ColumnHeaderType.name,
        )
        assert rows_of(found) == [(1, 4, 6, None, 4.5), (1, 4, 7, "A", 5.3), (2, 5, 8, "D", None)], found
        where = await self.client.query_block_model_as_table(model.id, ["column_one"], bbox=box((1, 1), (4, 4), (7, 7)))
        assert rows_of(where)[0][:3] == pytest.approx((1.5, 6.793768, 5.508604), abs=1e-6)
        v4 = await self.client.update_column_metadata(model.id, {"column_two": "%[mass]"}, comment="percent")
        assert (v4.version_id, v4.comment) == (4, "percent"), v4
        await self.client.rename_block_model_columns(model.id, {"column_one": "first", "column_two": "second"})
        v6 = await self.client.delete_block_model_columns(model.id, ["column_three", "column_four"])
        titles = {column.title for column in v6.columns if column.title not in {*"ijkxyz", "version_id"}}
        assert (v6.version_id, titles) == (6, {"first", "second"}), v6
        old = await self.client.query_block_model_as_table(
            model.id, ["column_one"], version_uuid=v3.version_uuid, column_headers=ColumnHeaderType.name
        )
        assert sorted(old.column("column_one").to_pylist()) == ["A", "D", "E"]
        print("quickstart")

    async def porphyry(self, table: pa.Table) -> None:
        """A13 to A17, A20, A22, A25, A26: a model of 130,560 blocks of which 96,013 have data."""
        grid = RegularGridDefinition(
            model_origin=[1478500, 5174500, 100], rotations=[], n_blocks=[48, 68, 40], block_size=[25, 25, 25]
        )
        model, _ = await self.client.create_block_model("Porphyry", grid, size_unit_id="m")
        data = table.select(["x", "y", "z", "Cu", "Geology"])
        v2 = await self.client.add_new_columns(model.id, data)
        assert (v2.version_id, v2.parent_version_id, v2.base_version_id) == (2, 1, 1)
        whole = await self.client.query_block_model_as_table(model.id, ["*"], column_headers=ColumnHeaderType.name)
        assert whole.column_names == ["x", "y", "z", "Cu", "Geology"]
        assert whole.num_rows == table.num_rows
        assert np.nansum(whole.column("Cu").to_numpy()) == pytest.approx(pa.compute.sum(table.column("Cu")).as_py())
        order = [("x", "ascending"), ("y", "ascending"), ("z", "ascending")]
        assert whole.sort_by(order).equals(data.sort_by(order).cast(whole.schema))
        marked = await self.client.query_block_model_as_table(
            model.id, ["*", "version_id"], column_headers=ColumnHeaderType.name
        )
        assert marked.schema.field("version_id").type == pa.uint32()
        assert set(marked.column("version_id").to_pylist()) == {2}
        near = BBoxXYZ(
            x_minmax=FloatRange(min=1478587.5, max=1478662.5),
            y_minmax=FloatRange(min=5174562.5, max=5174712.5),
            z_minmax=FloatRange(min=137.5, max=187.5),
        )
        small = await self.client.query_block_model_as_table(model.id, ["Cu"], bbox=near, exclude_null_rows=False)
        assert small.num_rows == 4 * 7 * 3
        more = pa.table(
            {
                "x": [1478512.5, 1478537.5, 1478562.5],
                "y": [5174512.5] * 3,
                "z": [112.5] * 3,
                "Ag": pa.array([1, 2, 3], pa.int32()),
                "Pt": [0.1, 0.2, 0.3],
            }
        )
        v3 = await self.client.add_new_columns(model.id, more, units={"Pt": "g/t"})
        silver = await self.client.query_block_model_as_table(model.id, ["Ag"], column_headers=ColumnHeaderType.name)
        assert sorted(silver.column("Ag").to_pylist()) == [1, 2, 3]
        platinum = next(column for column in v3.columns if column.title == "Pt")
        assert platinum.unit_id == "g/t"
        print("porphyry")

    async def divided(self) -> None:
        """A39 to A39c: the quickstart with a fully sub-blocked model."""
        grid = FullySubBlockedGridDefinition(
            model_origin=[0, 0, 0],
            rotations=[],
            n_parent_blocks=[10, 10, 10],
            n_subblocks_per_parent=[5, 1, 2],
            parent_block_size=[2, 1, 1],
        )
        first = pa.table(
            {
                "x": [1, 2.6, 3.0],
                "y": [1.5, 2.5, 2.5],
                "z": [4.5, 2.25, 2.25],
                "dx": [2, 0.4, 0.4],
                "dy": [1.0, 1, 1],
                "dz": [1, 0.5, 0.5],
                "column_one": ["A", "D", "E"],
                "column_two": [1.5, 1.3, 1.2],
            }
        )
        model, v2 = await self.client.create_block_model(
            "Divided", grid, object_path="your/path", initial_data=first, comment="sub-blocks"
        )
        assert v2.version_id == 2
        cells = await self.client.query_block_model_as_table(
            model.id,
            ["column_one"],
            geometry_columns=GeometryColumns.indices,
            column_headers=ColumnHeaderType.name,
        )
        assert rows_of(cells) == [(0, 1, 4, 0, "A"), (1, 2, 2, 3, "D"), (1, 2, 2, 5, "E")], rows_of(cells)
        whole = await self.client.query_block_model_as_table(model.id, ["*"], exclude_null_rows=False)
        assert whole.num_rows == 1009
        places = {"i": [0, 1], "j": [1, 2], "k": [4, 2], "sidx": [0, 3]}
        more = pa.table({name: pa.array(each, pa.uint32()) for name, each in places.items()})
        more = more.append_column("column_three", pa.array(["Y", "X"])).append_column(
            "column_four", pa.array([4.5, 5.3])
        )
        v3 = await self.client.add_new_subblocked_columns(model.id, more)
        found = await self.client.query_block_model_as_table(
            model.id, ["column_one", "column_four"], version_uuid=v3.version_uuid, column_headers=ColumnHeaderType.name
        )
        assert [row[6:] for row in rows_of(found)] == [("A", 4.5), ("D", 5.3), ("E", None)]
        places = {"i": [0, 1], "j": [1, 2], "k": [4, 2], "sidx": [1, 0]}
        new = pa.table({name: pa.array(each, pa.uint32()) for name, each in places.items()})
        for name, values in (("column_two", [14.0, -1.0]), ("column_three", ["X", "Y"]), ("column_five", [11.5, 12.3])):
            new = new.append_column(name, pa.array(values))
        v4 = await self.client.update_subblocked_columns(
            model.id,
            new,
            new_columns=["column_five"],
            update_columns={"column_two", "column_three"},
            delete_columns={"column_one", "column_four"},
            geometry_change=True,
        )
        assert v4.version_id == 4
        found = await self.client.query_block_model_as_table(model.id, ["*"], column_headers=ColumnHeaderType.name)
        assert found.column_names == ["x", "y", "z", "dx", "dy", "dz", "column_five", "column_three", "column_two"]
        assert rows_of(found) == [
            pytest.approx((0.2, 1.5, 4.25, 0.4, 1, 0.5, 11.5, "X", 14)),
            pytest.approx((3, 2.5, 2.5, 2, 1, 1, 12.3, "Y", -1)),
        ], rows_of(found)
        print("divided")

    async def types(self) -> None:
        """A65: every kind of value comes back as it went."""
        grid = RegularGridDefinition(model_origin=[0, 0, 0], rotations=[], n_blocks=[4, 1, 1], block_size=[1, 1, 1])
        data = pa.table(
            {
                "i": pa.array([0, 1, 2], pa.uint32()),
                "j": pa.array([0, 0, 0], pa.uint32()),
                "k": pa.array([0, 0, 0], pa.uint32()),
                "flag": [True, None, False],
                "day": pa.array([0, 20000, None], pa.date32()),
                "moment": pa.array([None, 0, 1_700_000_000_000_001], pa.timestamp("us", "UTC")),
                "text": ["", "Ω", None],
                "small": pa.array([-128, None, 127], pa.int8()),
                "large": pa.array([2**64 - 1, 0, None], pa.uint64()),
                "half": pa.array(np.array([0.5, -2, 65504], np.float16)),
                "grade": [float("nan"), None, 1e-300],
            }
        )
        model, _ = await self.client.create_block_model("Types", grid, initial_data=data)
        found = await self.client.query_block_model_as_table(
            model.id,
            data.column_names[3:],
            geometry_columns=GeometryColumns.indices,
            column_headers=ColumnHeaderType.name,
        )
        assert found.schema.equals(data.schema), found.schema
        for name in data.column_names:
            assert found.column(name).combine_chunks().equals(data.column(name).combine_chunks()) or name == "grade", (
                name
            )
        print("types")

    async def failures(self) -> None:
        """Jobs that fail say why."""
        grid = RegularGridDefinition(model_origin=[0, 0, 0], rotations=[], n_blocks=[4, 1, 1], block_size=[1, 1, 1])
        model, _ = await self.client.create_block_model("Failures", grid)
        twice = blocks((1, 0, 0, 1.0), (1, 0, 0, 2.0), Cu=pa.float64())
        with pytest.raises(JobFailedException, match="Error in Update"):
            await self.client.add_new_columns(model.id, twice)
        # Older releases leave the detail out of the message.
        told = "1 row names no block" if version("evo-blockmodels").startswith("0.8.") else "Error in Update"
        with pytest.raises(JobFailedException, match=told):
            await self.client.add_new_columns(model.id, blocks((4, 0, 0, 1.0), Cu=pa.float64()))
        assert (await self.latest(model)).version_id == 1
        print("failures")


async def main(url: str, key: str, work: Path, data: pa.Table) -> None:
    """Discovery, workspace, block models."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    authorizer = AccessTokenAuthorizer(key)
    async with APIConnector(url, transport, authorizer) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        async with APIConnector(organisation.hubs[0].url, transport, authorizer) as hub:
            created = await WorkspaceAPIClient(hub, organisation.id).create_workspace(f"blocks {uuid4().hex[:8]}")
            client = BlockModelAPIClient(created.get_environment(), hub, Cache(work))
            quarry = Quarry(client)
            await quarry.quickstart()
            await quarry.divided()
            await quarry.types()
            await quarry.failures()
            await quarry.porphyry(data)
            health = await client.get_service_health()
            assert health.status.name == "HEALTHY", health
    print("done")


def generated() -> pa.Table:
    """96,013 of 130,560 blocks, where nobody has given a file."""
    generator = np.random.default_rng(3)
    chosen = np.sort(generator.choice(48 * 68 * 40, 96_013, replace=False))
    k, rest = np.divmod(chosen, 48 * 68)
    j, i = np.divmod(rest, 48)
    return pa.table(
        {
            "x": 1478500 + (i + 0.5) * 25,
            "y": 5174500 + (j + 0.5) * 25,
            "z": 100 + (k + 0.5) * 25,
            "Geology": np.array(["Basement", "Early Diorite", "OUT"])[chosen % 3],
            "Cu": generator.random(len(chosen)),
        }
    )


if __name__ == "__main__":
    given = pq.read_table(sys.argv[4]) if len(sys.argv) > 4 else generated()
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), given))
