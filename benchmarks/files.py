"""Lists of files on SQLite: the largest page that the File API gives, with filters, of 100,000 files."""

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from tests.server import Server

from benchmarks import client, machine
from benchmarks.client import Connection, Unexpected
from benchmarks.report import Row, Section, percentile
from benchmarks.sites import ADMIN_KEY, Site

_FILES = 100_000
_LIMIT = 5_000
_REQUESTS = 40
_BAR_MS = 150
_HEADERS = (f"Authorization: Bearer {ADMIN_KEY}",)
_DAY_NS = 86_400_000_000_000
_KINDS = ("assays", "collars", "surveys", "lithology", "scan")


def run(site: Site) -> list[Section]:
    """One section."""
    before = machine.load()
    server = site.server("files")
    root = f"/file/v2/orgs/{server.instance.organisation_id}/workspaces/{server.instance.workspace_id}/files"
    with server.client() as api:
        offered = api.put(f"{root}/path/first/assays-0.csv").raise_for_status().json()
        put = {"x-ms-blob-type": "BlockBlob", "Authorization": ""}
        api.put(offered["upload"], content=b"hole,depth\n", headers=put).raise_for_status()
    server.stop()
    began = time.monotonic()
    start_ns = _fill(server.data_dir / "coreshed.db", offered["file_id"])
    seconds = time.monotonic() - began
    server.start()
    with server.client() as api:
        author = api.get(f"{root}/{offered['file_id']}").raise_for_status().json()["created_by"]["id"]
    rows = [_row(server, root, what, query, total) for what, query, total in _queries(start_ns, author)]
    server.stop()
    method = (
        f"One connection, one request at a time, {_REQUESTS} per row after one to warm up; the answer is read to its "
        f"end and not decoded. `limit={_LIMIT}`. {_FILES:,} files of two versions in one workspace, written in bulk "
        "after the pattern of one that was uploaded through the API. Totals are compared with the truth."
    )
    notes = (f"built in {seconds:.0f} s; load average before: {before}",)
    return [Section(f"List {_LIMIT:,} of {_FILES:,} files, SQLite", method, rows, notes)]


def _fill(path: Path, file_id: str) -> int:
    """Multiply the one file, a second apart; the time of the first in nanoseconds."""
    random.seed(7)
    with closing(sqlite3.connect(path)) as database, database:
        database.row_factory = sqlite3.Row
        model: dict[str, Any] = dict(database.execute("select * from files where id = ?", (file_id,)).fetchone())
        version: dict[str, Any] = dict(
            database.execute("select * from file_versions where file_no = ?", (model.pop("no"),)).fetchone()
        )
        start_ns: int = model["created_ns"]
        for number in range(1, _FILES):
            name = f"{_KINDS[number % len(_KINDS)]}-{number}.csv"
            folder = f"site-{number % 97}/2026/{number % 12:02}"
            made = start_ns + number * 1_000_000_000
            changed = {"id": str(UUID(int=random.getrandbits(128), version=4)), "path": f"{folder}/{name}"}
            times = {"created_ns": made, "modified_ns": made + _DAY_NS, "version_id": made + 1, "size": number}
            _insert(database, "files", model | changed | times | {"path_key": f"{folder}/{name}", "name_key": name})
            (no,) = database.execute("select max(no) from files").fetchone()
            for version_id in (made, made + 1):
                _insert(database, "file_versions", version | {"file_no": no, "version_id": version_id})
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("analyze")
    return start_ns


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    places = ", ".join("?" * len(row))
    database.execute(f"insert into {table} ({', '.join(row)}) values ({places})", tuple(row.values()))


def _queries(start_ns: int, author: str) -> list[tuple[str, str, int]]:
    """(what, query, number of files that match)."""
    middle_ns = start_ns + _FILES // 2 * 1_000_000_000
    middle = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(middle_ns // 1_000_000_000 + 1))
    later = _FILES - _FILES // 2 - 1
    everything: list[tuple[str, dict[str, Any], int]] = [
        ("no filter", {}, _FILES),
        ("no filter, offset 90,000", {"offset": 90_000}, _FILES),
        ("`file_name=ASSAYS`", {"file_name": "ASSAYS"}, _FILES // len(_KINDS)),
        ("`file_name=99`, `order_by=desc:modified_at`", {"file_name": "99", "order_by": "desc:modified_at"}, -1),
        ("`created_at=gte:` the middle", {"created_at": f"gte:{middle}"}, later),
        (
            "`author`, `file_name=scan`, `created_at`, ordered",
            {"author": author, "file_name": "scan", "created_at": f"gte:{middle}", "order_by": "asc:created_at"},
            -1,
        ),
    ]
    return [
        (what, urlencode({"limit": _LIMIT, "deleted": "False", **query}), total) for what, query, total in everything
    ]


def _row(server: Server, root: str, what: str, query: str, total: int) -> Row:
    target = f"{root}?{query}"
    with closing(Connection(client.origin_of(server.url))) as connection:
        answer = msgspec.json.decode(connection.ask("GET", target, _HEADERS).expect(200).body)
        if total >= 0 and abs(answer["total"] - total) > 1:
            raise Unexpected(f"{what}: {answer['total']} files, and {total} should match")
        if answer["count"] != min(_LIMIT, answer["total"] - answer["offset"]):
            raise Unexpected(f"{what}: {answer['count']} files in an answer")
        times = []
        for _ in range(_REQUESTS):
            began = time.perf_counter()
            connection.ask("GET", target, _HEADERS).expect(200)
            times.append((time.perf_counter() - began) * 1e3)
    p50, p95 = percentile(times, 50), percentile(times, 95)
    measured = f"p50 {p50:.0f}, p95 {p95:.0f}, max {max(times):.0f} ms; {answer['total']:,} match"
    return Row(what, measured, bar=f"p95 <= {_BAR_MS} ms", met=p95 <= _BAR_MS)
