"""A model as clients update and query it, with a worker in this process."""

import asyncio
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from evo.blockmodels.endpoints import models as published

from coreshed.jobs import Job
from tests.blockmodels.conftest import REGULAR, Quarry

Row = Sequence[Any]
UPDATE_ERROR = "https://seequent.com/error-codes/block-model-service/job/update-error"
VERSION_CONFLICT = "https://seequent.com/error-codes/block-model-service/version-conflict"
INTERNAL_ERROR = "https://seequent.com/error-codes/block-model-service/job/internal-error"
EMPTY: dict[str, list[Any]] = {"new": [], "update": [], "delete": [], "rename": []}
SMALL: dict[str, Any] = REGULAR | {
    "name": "Small",
    "model_origin": {"x": 0, "y": 0, "z": 0},
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 4, "ny": 3, "nz": 2},
        "block_size": {"x": 10, "y": 10, "z": 10},
    },
}


def columns(**operations: Any) -> dict[str, Any]:
    """The `columns` of an update."""
    return EMPTY | operations


def new(title: str, data_type: str = "Float64", **more: Any) -> dict[str, Any]:
    """A new column."""
    return {"title": title, "data_type": data_type, **more}


def blocks(*rows: Row, **kinds: Any) -> pa.Table:
    """A table of blocks by index: (i, j, k, value of each column) per row."""
    placed = [*zip(*rows, strict=True)] or [()] * (3 + len(kinds))
    found = {name: pa.array(each, pa.uint32()) for name, each in zip("ijk", placed[:3], strict=True)}
    return pa.table(found | {name: pa.array(each, kinds[name]) for name, each in zip(kinds, placed[3:], strict=True)})


def parquet(table: pa.Table, **options: Any) -> bytes:
    """The table as a file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def box(i: Row, j: Row, k: Row) -> dict[str, Any]:
    """Inclusive indices."""
    return {f"{axis}_minmax": {"min": low, "max": high} for axis, (low, high) in zip("ijk", (i, j, k), strict=True)}


def box_xyz(x: Row, y: Row, z: Row) -> dict[str, Any]:
    """Inclusive coordinates."""
    return {f"{axis}_minmax": {"min": low, "max": high} for axis, (low, high) in zip("xyz", (x, y, z), strict=True)}


def last(url: str) -> str:
    """The id at the end of an address."""
    return url.rpartition("/")[2]


@dataclass(frozen=True)
class Model:
    """One model, and what an editor does with it."""

    quarry: Quarry
    answer: dict[str, Any]

    @property
    def id(self) -> str:
        """Its UUID."""
        return str(self.answer["bm_uuid"])

    @property
    def path(self) -> str:
        """Its path below the workspace."""
        return f"/block-models/{self.id}"

    async def send(self, method: str, path: str = "", body: Any = None, **more: Any) -> httpx.Response:
        """A request below the model."""
        return await self.quarry.send(method, self.path + path, body, **more)

    async def ask(self, body: dict[str, Any], **more: Any) -> httpx.Response:
        """Begin an update."""
        return await self.send("PATCH", "/blocks", body, **more)

    async def begin(self, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Begin an update that is accepted; the published client reads the answer."""
        answer = await self.ask(body, **more)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        published.UpdateWithUrl.model_validate(found)
        return found

    async def put(self, url: str, content: bytes) -> httpx.Response:
        """Upload a file in one piece, as the notebooks do; the link is all that it takes."""
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/binary"}
        return await self.quarry.lab.clients["nobody"].put(url, content=content, headers=headers)

    async def announce(self, begun: dict[str, Any], **more: Any) -> httpx.Response:
        """Say that the upload is there."""
        return await self.send("POST", f"/jobs/{begun['job_uuid']}/uploaded", **more)

    async def look(self, job_id: str, who: str = "editor") -> dict[str, Any]:
        """A job as it is now; the published client reads it."""
        answer = await self.send("GET", f"/jobs/{job_id}", who=who)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        published.JobResponse.model_validate(found)
        return found

    async def end(self, job_id: str) -> dict[str, Any]:
        """A job once it has ended."""
        job: Job = await self.quarry.lab.application.jobs.wait(job_id, 60)
        assert job.finished, job
        return await self.look(job_id)

    async def run(self, body: dict[str, Any], file: pa.Table | bytes | None = None, **more: Any) -> dict[str, Any]:
        """A whole update: the job in the end."""
        begun = await self.begin(body, **more)
        assert (begun["upload_url"] is None) == (file is None)
        if file is not None:
            content = file if isinstance(file, bytes) else parquet(file)
            put = await self.put(begun["upload_url"], content)
            assert put.status_code == 201, put.text
        announced = await self.announce(begun)
        assert (announced.status_code, announced.json()) == (201, {"job_url": begun["job_url"]})
        return await self.end(begun["job_uuid"])

    async def update(self, body: dict[str, Any], file: pa.Table | bytes | None = None, **more: Any) -> dict[str, Any]:
        """A whole update that succeeds: its version."""
        job = await self.run(body, file, **more)
        assert job["job_status"] == "COMPLETE", job
        version: dict[str, Any] = job["payload"]
        return version

    async def fail(self, body: dict[str, Any], file: pa.Table | bytes | None = None, **more: Any) -> dict[str, Any]:
        """A whole update that fails and leaves no version: why."""
        before = await self.versions()
        job = await self.run(body, file, **more)
        assert job["job_status"] == "FAILED", job
        assert await self.versions() == before
        problem: dict[str, Any] = job["payload"]
        return problem

    async def add(self, table: pa.Table, **more: Any) -> dict[str, Any]:
        """Add every column of the table that names no block: the version."""
        return await self.update({"columns": columns(new=self.titles(table)), **more}, table)

    @staticmethod
    def titles(table: pa.Table) -> list[dict[str, Any]]:
        """The table's columns as new ones."""
        names = {pa.string(): "Utf8", pa.float64(): "Float64", pa.int32(): "Int32", pa.bool_(): "Boolean"}
        return [new(each.name, names[each.type]) for each in table.schema if each.name not in {*"ijkxyz"}]

    async def ask_for(self, *wanted: str, **more: Any) -> dict[str, Any]:
        """Begin a query by anyone who reads; the published client reads the answer."""
        answer = await self.send("POST", "/blocks", {"columns": list(wanted), **more}, who="viewer")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        published.QueryResult.model_validate(found)
        return found

    async def file(self, *wanted: str, **more: Any) -> bytes:
        """The file of a query."""
        asked = await self.ask_for(*wanted, **more)
        job = await self.end(last(asked["job_url"]))
        assert job["job_status"] == "COMPLETE", job
        return await self.download(job["payload"]["download_url"])

    async def download(self, url: str) -> bytes:
        """What a link leads to; the link is all that it takes."""
        got = await self.quarry.lab.clients["nobody"].get(url)
        assert got.status_code == 200, got.text
        return got.content

    async def table(self, *wanted: str, **more: Any) -> pa.Table:
        """The file of a query as a table."""
        return pq.read_table(io.BytesIO(await self.file(*wanted, **more)))

    async def rows(self, *wanted: str, **more: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, ordered by block."""
        found = await self.table(*wanted, **more)
        return sorted((tuple(row.values()) for row in found.to_pylist()), key=lambda row: row[:3])

    async def versions(self) -> list[dict[str, Any]]:
        """All versions, the newest first."""
        answer = await self.send("GET", "/versions", who="viewer", params={"limit": 100})
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    async def changes(self, version_uuid: str) -> dict[str, Any]:
        """What a version did."""
        answer = await self.send("GET", f"/versions/{version_uuid}", params={"include_changes": "True"})
        assert answer.status_code == 200, answer.text
        published.VersionWithChanges.model_validate(answer.json())
        found: dict[str, Any] = answer.json()["changes"]
        return found


async def small(quarry: Quarry, **changes: Any) -> Model:
    """A model of 24 blocks of 10 m: 4 along x, 3 along y, 2 along z."""
    return Model(quarry, await quarry.create(SMALL, **changes))


async def until(met: Any, seconds: float = 20.0) -> None:
    """Wait for something that happens in other threads."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
