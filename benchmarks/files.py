"""Lists of many files, as the Evo SDK asks for them: 5,000 at a time."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec

from benchmarks import machine
from benchmarks.client import Connection, Unexpected, origin_of
from benchmarks.lists import _HEADERS, _latency, _timed, upload
from benchmarks.report import Section
from benchmarks.sites import Site

_FILES = 100_000
_ROUNDS = 40
_BAR = 150
_STEP_NS = 1_000_000
_FIRST_NS = 1_767_225_600_000_000_000  # 2026-01-01
# Of the 100,000: all; one of ten by its name; half by its time, the newest first; both, from the middle on.
_QUERIES = {
    "no filter": ({}, _FILES),
    "file_name": ({"file_name": "ASSAY"}, _FILES // 10),
    "created_at, order_by": ({"created_at": "gte:2026-01-01T00:00:50", "order_by": "desc:modified_at"}, _FILES // 2),
    "file_name, created_at, offset": (
        {"file_name": "assay", "created_at": "gte:2026-01-01T00:00:10", "offset": "4000"},
        _FILES * 9 // 100,
    ),
}


def run(site: Site) -> list[Section]:
    """One workspace of 100,000 files."""
    before = machine.load()
    server = site.server("files")
    known = server.instance
    base = f"/orgs/{known.organisation_id}/workspaces/{known.workspace_id}"
    with server.client() as api:
        upload(api, f"/geoscience-object{base}", b"what a file of the bench holds")
    server.stop()
    _fill(server.data_dir / "coreshed.db", known.workspace_id)
    server.start()
    rows = []
    with closing(Connection(origin_of(server.url))) as connection:
        for what, (query, total) in _QUERIES.items():
            url = f"/file/v2{base}/files?{urlencode({'limit': 5000, **query})}"
            found = msgspec.json.decode(connection.ask("GET", url, _HEADERS).expect(200).body)
            if (found["total"], found["count"]) != (total, min(5000, total - int(query.get("offset", 0)))):
                raise Unexpected(f"{what}: {found['count']} of {found['total']} files")
            rows.append(_latency(what, [_timed(connection, "GET", url) for _ in range(_ROUNDS)], _BAR))
    method = (
        f"One connection, one request at a time, {_ROUNDS} per row, `limit=5000`; the time includes reading the answer "
        "(2.6 MB of JSON). Rows are inserted in bulk. The total of every list is compared with the truth."
    )
    return [Section(f"List 5,000 of {_FILES:,} files, SQLite", method, rows, (f"load average before: {before}",))]


def _fill(database: Path, workspace_id: str) -> None:
    """Files with one version each, which share one blob."""
    with closing(sqlite3.connect(database)) as rows:
        (blob_id,) = rows.execute("select id from blobs").fetchone()
        (user_id,) = rows.execute("select id from users").fetchone()
        rows.executemany(
            "insert into files (id, workspace_id, path, path_key, name_key, version_id, size, created_ns, created_by,"
            " modified_ns, modified_by, issued_ns) values (?, ?, ?, ?, ?, ?, 30, ?, ?, ?, ?, ?)",
            [_row(number, uuid4(), workspace_id, user_id) for number in range(_FILES)],
        )
        rows.execute(
            "insert into file_versions (file_no, version_id, created_by, committed_ns, size, blob_id)"
            " select no, version_id, created_by, modified_ns, 30, ? from files",
            (blob_id,),
        )
        rows.commit()


def _row(number: int, file_id: UUID, workspace_id: str, user_id: str) -> tuple[object, ...]:
    kind = "assay" if number % 10 == 0 else "survey"
    path = f"Drilling/Campaign {number // 1000}/{kind}-{number:06d}.csv"
    at_ns = _FIRST_NS + number * _STEP_NS
    key = path.casefold()
    who_and_when = (at_ns, user_id) * 2
    return (str(file_id), workspace_id, path, key, key.rpartition("/")[2], at_ns, *who_and_when, at_ns)
