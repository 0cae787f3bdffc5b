"""The Block Model API of a real server: a small update, from its PATCH to the moment that its job is complete."""

import io
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from tests.blockmodels.over_http import Raw, raw
from tests.postgres import running_postgres
from tests.server import Server

from benchmarks import machine
from benchmarks.client import Unexpected
from benchmarks.report import Row, Section, percentile
from benchmarks.sites import ADMIN_KEY, Site

_GRADES = ("Cu", "Au", "Density")
_EDGES = (10, 10, 10)
_BAR = 0.3
_PAUSE = 0.005


def section(site: Site, *, small: bool) -> Section:
    """On SQLite and on PostgreSQL."""
    shape, rounds = ((20, 20, 20), 3) if small else ((100, 100, 50), 20)
    before = machine.load()
    rows = [_row("SQLite", _measured(site.disk / "api-sqlite", "", shape, rounds))]
    with running_postgres(durable=True) as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("create database bench")
        rows.append(_row("PostgreSQL", _measured(site.disk / "api-postgresql", f"{url}/bench", shape, rounds)))
    blocks = f"{shape[0] * shape[1] * shape[2]:,}"
    method = (
        f"A model of {blocks} blocks and {len(_GRADES)} columns on a started server with its defaults and its one "
        f"worker; {rounds} times one column of 1,000 blocks, one after the other: PATCH, PUT of the Parquet file, "
        f"announcement, and the job asked after every {_PAUSE * 1e3:g} ms until it is complete. "
        "Plain http. Both databases sync."
    )
    return Section("A small update through the Block Model API", method, rows, (f"load average before: {before}",))


def _row(database: str, seconds: list[float]) -> Row:
    middle = statistics.median(seconds)
    shown = f"p50 {middle * 1e3:.0f}, p95 {percentile(seconds, 95) * 1e3:.0f}, max {max(seconds) * 1e3:.0f} ms"
    return Row(f"1,000 blocks, PATCH to COMPLETE, {database}", shown, "", "", "p50 <= 300 ms", middle <= _BAR)


def _measured(data: Path, database: str, shape: tuple[int, int, int], rounds: int) -> list[float]:
    """Seconds of each update but the first, which finds the worker cold."""
    with _served(data, database) as server, raw(server) as site:
        model_id = _filled(site, shape)
        timings = []
        for number in range(rounds + 1):
            low = [number % (count // edge) * edge for count, edge in zip(shape, _EDGES, strict=True)]
            content = _parquet(_EDGES, low, ("Cu",), number)
            began = time.perf_counter()
            _update(site, model_id, {"new": [], "update": ["Cu"], "delete": [], "rename": []}, content)
            timings.append(time.perf_counter() - began)
        newest = site.versions(model_id)[0]
    if newest != rounds + 3:
        raise Unexpected(f"version {newest} where {rounds + 3} was expected")
    return timings[1:]


@contextmanager
def _served(data: Path, database: str) -> Iterator[Server]:
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_UPKEEP_INTERVAL": "3600"}
    server = Server(data, environment=environment | ({"CORESHED_DATABASE": database} if database else {}))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _filled(site: Raw, shape: tuple[int, int, int]) -> str:
    """A model whose every block has its values: version 2."""
    counts = dict(zip(("nx", "ny", "nz"), shape, strict=True))
    made = site.create(
        {
            "name": "bench",
            "model_origin": {"x": 0.0, "y": 0.0, "z": 0.0},
            "block_rotation": [],
            "size_options": {
                "model_type": "regular",
                "n_blocks": counts,
                "block_size": {"x": 10.0, "y": 10.0, "z": 5.0},
            },
        }
    )
    new = [{"title": title, "data_type": "Float64"} for title in _GRADES]
    columns: dict[str, Any] = {"new": new, "update": [], "delete": [], "rename": []}
    _update(site, made["bm_uuid"], columns, _parquet(shape, (0, 0, 0), _GRADES, 1))
    return str(made["bm_uuid"])


def _update(site: Raw, model_id: str, columns: dict[str, Any], content: bytes) -> None:
    """Raises Unexpected for an update that fails."""
    begun = site.begin(model_id, {"columns": columns, "update_type": "merge"})
    site.put(begun["upload_url"], content)
    site.announce(begun["job_url"])
    try:
        ended = site.end(begun["job_url"], pause=_PAUSE)
    except httpx.HTTPError as error:
        raise Unexpected(str(error)) from error
    if ended["job_status"] != "COMPLETE":
        raise Unexpected(str(ended))


def _parquet(shape: tuple[int, int, int], low: Any, titles: tuple[str, ...], seed: int) -> bytes:
    """Random values for a box of blocks."""
    generator = np.random.default_rng(seed)
    indices = (axis.ravel().astype(np.uint32) for axis in np.indices(shape))
    cells: dict[str, Any] = {name: axis + np.uint32(at) for name, axis, at in zip("ijk", indices, low, strict=True)}
    table = pa.table(cells | {title: generator.normal(size=len(cells["i"])) for title in titles})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=100_000)
    return sink.getvalue()
