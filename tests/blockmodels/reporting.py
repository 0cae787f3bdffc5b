"""A model of 500 blocks whose reports can be reckoned by hand, and what tests of reports do with it.

10 x 10 x 5 blocks of 25 x 25 x 10 m, 6,250 m³ each. Of a block (i, j, k): Au is i/2 + k g/t, density 2.5 + k/10 t/m³,
and domain LMS1 (k 0, 1; 200 blocks), LMS2 (k 2; 100) or LMS3 (k 3, 4; 200). Masses at 2.7 t/m³ are those of the
contract's check A53, whose model has as many blocks of the same size; its grades are not stated.
"""

import asyncio
import io
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.blockmodels.conftest import Quarry

GRID: dict[str, Any] = {
    "model_origin": {"x": 1000, "y": 2000, "z": 100},
    "block_rotation": [],
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 10, "ny": 10, "nz": 5},
        "block_size": {"x": 25, "y": 25, "z": 10},
    },
    "size_unit_id": "m",
}
COLUMNS = [
    {"title": "Au", "data_type": "Float64", "unit_id": "g/t"},
    {"title": "density", "data_type": "Float64", "unit_id": "t/m3"},
    {"title": "domain", "data_type": "Utf8"},
]


def indices() -> tuple[Any, Any, Any]:
    """i, j and k of all blocks."""
    i, j, k = np.indices((10, 10, 5)).reshape(3, -1)
    return i, j, k


def blocks(**columns: Any) -> pa.Table:
    """A file of all blocks with columns of 500 values, in the order of `indices`."""
    keys = {name: pa.array(each.astype(np.uint32)) for name, each in zip("ijk", indices(), strict=True)}
    return pa.table(keys | columns)


def measured() -> pa.Table:
    """The columns of the model."""
    i, _, k = indices()
    domains = np.array(["LMS1", "LMS1", "LMS2", "LMS3", "LMS3"])
    return blocks(Au=i / 2 + k, density=2.5 + k / 10, domain=pa.array(domains[k]))


@dataclass(frozen=True)
class Mine:
    """The model in a workspace. ids: of its columns by title."""

    quarry: Quarry
    bm_uuid: str
    ids: dict[str, str]

    @property
    def root(self) -> str:
        """Path of its reports."""
        return f"/block-models/{self.bm_uuid}/report-specifications"

    def body(self, **changes: Any) -> dict[str, Any]:
        """A report of mean grades by domain, with the density of each block; `_`-less names replace members."""
        made: dict[str, Any] = {
            "name": "Resource",
            "columns": [self.column("Au", "MASS_AVERAGE", "g/t")],
            "categories": [{"col_id": self.ids["domain"], "label": "Domain"}],
            "density_col_id": self.ids["density"],
            "mass_unit_id": "t",
            "autorun": False,
        }
        return made | changes

    def column(self, title: str, aggregation: str, unit_id: str = "", label: str | None = None) -> dict[str, str]:
        """A column of a report."""
        return {
            "col_id": self.ids[title],
            "label": label or title,
            "aggregation": aggregation,
            "output_unit_id": unit_id,
        }

    async def create(self, run_now: bool = False, **changes: Any) -> dict[str, Any]:
        """A specification as it is answered."""
        made = await self.quarry.send("POST", f"{self.root}?run_now={run_now}", self.body(**changes))
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def run(self, specification: dict[str, Any], **body: Any) -> dict[str, Any]:
        """The result of a run."""
        path = f"{self.root}/{specification['report_specification_uuid']}"
        begun = await self.quarry.send("POST", f"{path}/jobs", body or b"")
        assert begun.status_code in {200, 201}, begun.text
        return await self.result(path, begun.json()["report_result_uuid"])

    async def result(self, path: str, result_uuid: str, **more: Any) -> dict[str, Any]:
        """A result as it is answered."""
        got = await self.quarry.send("GET", f"{path}/results/{result_uuid}", who="viewer", **more)
        assert got.status_code == 200, got.text
        answer: dict[str, Any] = got.json()
        return answer

    async def report(self, **changes: Any) -> dict[str, Any]:
        """The result of a new specification."""
        return await self.run(await self.create(**changes))

    async def update(self, columns: dict[str, Any], data: pa.Table | None = None, **more: Any) -> dict[str, Any]:
        """The version that an update makes."""
        empty: dict[str, Any] = {"new": [], "update": [], "delete": [], "rename": []}
        begun = await self.quarry.send(
            "PATCH", f"/block-models/{self.bm_uuid}/blocks", {"columns": empty | columns} | more
        )
        assert begun.status_code == 202, begun.text
        if data is not None:
            await put(self.quarry, begun.json()["upload_url"], data)
        path = f"/block-models/{self.bm_uuid}/jobs/{begun.json()['job_uuid']}"
        announced = await self.quarry.send("POST", f"{path}/uploaded")
        assert announced.status_code == 201, announced.text
        job = await ended(self.quarry, path)
        assert job["job_status"] == "COMPLETE", job
        version: dict[str, Any] = job["payload"]
        return version


async def put(quarry: Quarry, url: str, data: pa.Table) -> None:
    """Upload a table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(data, sink)
    stored: httpx.Response = await quarry.lab.clients["nobody"].put(
        url, content=sink.getvalue(), headers={"x-ms-blob-type": "BlockBlob"}
    )
    assert stored.status_code == 201, stored.text


async def ended(quarry: Quarry, path: str) -> dict[str, Any]:
    """A job once it has ended."""
    for _ in range(600):
        got = await quarry.get(path)
        assert got.status_code == 200, got.text
        job: dict[str, Any] = got.json()
        if job["job_status"] in {"COMPLETE", "FAILED"}:
            return job
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def opened(quarry: Quarry, **changes: Any) -> Mine:
    """The model with its data, at version 2."""
    made = await quarry.create(GRID | {"name": "Mine"} | changes)
    mine = Mine(quarry, made["bm_uuid"], {})
    version = await mine.update({"new": COLUMNS}, measured())
    mine.ids.update({column["title"]: column["col_id"] for column in version["mapping"]["columns"]})
    return mine


def table(result: dict[str, Any]) -> list[list[Any]]:
    """The rows of every result set: cut-off, categories, then values; of cells that are not OK the status."""
    return [
        [
            each["cutoff_value"],
            *row["categories"],
            *(cell["value"] if cell["status"] == "OK" else cell["status"] for cell in row["values"]),
        ]
        for each in result["result_sets"]
        for row in each["rows"]
    ]


def path_of(mine: Mine, made: dict[str, Any]) -> str:
    """Path of a report below the workspace."""
    return f"{mine.root}/{made['report_specification_uuid']}"


async def ask(mine: Mine, path: str, who: str = "editor", **body: Any) -> tuple[int, dict[str, Any]]:
    """Status and answer of a POST."""
    answer = await mine.quarry.send("POST", path, body or b"", who)
    found: dict[str, Any] = answer.json()
    return answer.status_code, found
