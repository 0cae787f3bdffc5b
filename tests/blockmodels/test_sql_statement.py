"""What a statement is run by: DuckDB that reaches nothing, in a process that reaches nothing."""

import io
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coreshed.blockmodels.engine.addressing import IndexKeys
from coreshed.blockmodels.engine.changes import Change, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.engine.grid import Grid, Kind
from coreshed.blockmodels.engine.queries import Output
from coreshed.blockmodels.engine.sources import TableSource
from coreshed.blockmodels.engine.store import BlockStore
from coreshed.blockmodels.sql import running, statement
from coreshed.blockmodels.sql.frames import DATA, READ, TILE, BadFrame, receive, send
from coreshed.blockmodels.sql.limits import SqlLimits
from coreshed.blockmodels.sql.running import Statement, Table
from coreshed.jobs import LeaseLost
from coreshed.problems import InternalError, Unprocessable
from coreshed.testing.blocks import create_tiled

GRID = Grid(Kind.REGULAR, (0.0, 0.0, 0.0), (5, 4, 3), (10.0, 5.0, 2.0))
MEMORY = 256 << 20


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """60 blocks in tiles of at most eight; Cu is 0, 1, 2... in the order of i, j, k, null from 50 on."""
    with BlockStore.open(tmp_path_factory.mktemp("sql")) as store:
        create_tiled(store, GRID, (2, 2, 2), "m")
        i, j, k = np.indices(GRID.parents, dtype=np.uint32).reshape(3, -1)
        cu = pa.array(np.arange(60.0), mask=np.arange(60) >= 50)
        source = TableSource(pa.table({"i": i, "j": j, "k": k, "Cu": cu}))
        change = Change(new=(Written("c", "Cu", DataType.FLOAT64, "Cu"),))
        store.publish("m", store.draft(store.snapshot("m"), change, source, IndexKeys(GRID)))
        outputs = [*(Output(name, name) for name in ("i", "j", "k", "x", "version_id")), Output("c", "Cu", data=True)]
        yield Table(store.snapshot("m"), outputs)


def going_on() -> None:
    """Nobody wants the statement to end."""


def run(blocks: Table, query: str, **limits: int) -> tuple[pa.Table, int]:
    """The answer and the number of rows that is told with it."""
    written = io.BytesIO()
    count = Statement(query, "parquet", blocks, replace(SqlLimits(MEMORY, 30), **limits)).run(written.write, going_on)
    return pq.read_table(written), count


def words(query: str) -> str:
    """What is said of a statement that is refused, by a DuckDB in this process that is set up like that of others."""
    with statement.connect(MEMORY, 1) as connection:
        connection.register("blocks", pa.table({"i": pa.array([1], pa.uint32()), "Cu": [1.0]}))
        connection.execute("SET lock_configuration = true")
        with pytest.raises(Exception) as caught:  # noqa: PT012
            statement.check(connection, query)
            connection.execute("BEGIN TRANSACTION READ ONLY")
            statement.run(connection, query, "parquet", 100, io.BytesIO())
    return statement.words_of(caught.value, MEMORY)


@pytest.mark.parametrize(
    "query",
    [
        "COPY blocks TO '/tmp/blocks.csv'",
        "COPY (SELECT 1) TO '/tmp/blocks.parquet'",
        "ATTACH '/tmp/x.db'",
        "ATTACH ':memory:' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "PRAGMA database_list",
        "SET threads = 64",
        "SET enable_external_access = true",
        "RESET memory_limit",
        "CALL pragma_version()",
        "CREATE TABLE x AS SELECT 1",
        "CREATE MACRO f() AS 1",
        "INSERT INTO blocks SELECT * FROM blocks",
        "UPDATE blocks SET i = 2",
        "DELETE FROM blocks",
        "DROP VIEW blocks",
        "EXPORT DATABASE '/tmp/x'",
        "CHECKPOINT",
        "BEGIN",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY blocks TO '/tmp/blocks.csv'",
        "",
        " ; ",
        "-- nothing",
    ],
)
def test_that_only_one_statement_that_reads_is_run(query: str) -> None:
    assert words(query).startswith("Send one statement that only reads")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM parquet_scan('/tmp/x.parquet')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_extensions()",
        "EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')",
    ],
)
def test_that_files_are_out_of_reach(query: str) -> None:
    assert words(query) == statement._NO_REACH


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT getenv('HOME')", "getenv does not exist"),
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT Au FROM blocks", '"Au" not found'),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM connection", "does not exist"),
        ("SELECT ST_Point(1, 2)", "exists in the spatial extension"),
        ("SELECT * FROM delta_scan('x')", "exists in the delta extension"),
        ("SELECT $1", "parameters"),
        ("EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1", "read-only"),
        ("EXPLAIN ANALYZE COPY blocks TO '/tmp/blocks.csv'", "the table blocks alone"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "depth"),
        ("SELECT INTERVAL 1 DAY AS d", "Cast the column to VARCHAR"),
        ("SELECT error('mine')", "mine"),
        ("FROM range(101)", "more than 100 rows"),
        ("SELECT list(range) FROM range(100_000_000)", "more than the 0.3 GB of memory"),
    ],
)
def test_that_a_refusal_says_what_duckdb_says(query: str, said: str) -> None:
    detail = words(query)
    assert said in detail
    assert "Traceback" not in detail
    assert "SET " not in detail
    assert "INSTALL" not in detail


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*), count(Cu), sum(Cu) FROM blocks", [(60, 50, 1225.0)]),
        ("SELECT avg(Cu) FROM blocks WHERE Cu > 1", [(25.5,)]),
        ("SELECT i, j, k FROM blocks WHERE i = 4 AND j BETWEEN 1 AND 2 AND k > 1", [(4, 1, 2), (4, 2, 2)]),
        ("SELECT count(*) FROM blocks WHERE i IN (0, 4) AND NOT j = 3 OR k < 1", [(18 + 14,)]),
        ("SELECT count(*) FROM blocks a JOIN blocks b ON a.i = b.i + 1 AND a.j = b.j AND a.k = b.k", [(48,)]),
        ("SELECT max(x) FROM blocks WHERE i < 2", [(15.0,)]),
        ("SELECT count(*) FROM blocks WHERE i > 100", [(0,)]),
        ("SELECT Cu FROM blocks WHERE Cu > 47 AND i + j > 0 ORDER BY version_id, Cu DESC", [(49.0,), (48.0,)]),
    ],
)
def test_that_a_statement_sees_the_blocks(blocks: Table, query: str, expected: list[tuple[float, ...]]) -> None:
    found, count = run(blocks, query)
    assert [tuple(row.values()) for row in found.to_pylist()] == expected
    assert count == len(expected)


def test_that_only_what_is_asked_for_is_read(blocks: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[int, list[int]]] = []
    tile = Table.tile

    def noted(self: Table, rank: int, columns: list[int]) -> memoryview:
        read.append((rank, columns))
        return tile(self, rank, columns)

    monkeypatch.setattr(Table, "tile", noted)
    run(blocks, "SELECT avg(Cu) FROM blocks WHERE j = 0")
    assert {tuple(columns) for _, columns in read} <= {(5,), (1, 5)}
    boxes = blocks.boxes
    assert sorted(rank for rank, _ in read) == [rank for rank, box in enumerate(boxes) if box[2] == 0]
    assert len(read) < len(boxes)


@pytest.mark.parametrize("output", ["parquet", "csv", "json"])
def test_that_values_of_every_type_are_written_without_opening_a_file(blocks: Table, output: str) -> None:
    """Arrow and Python load what they need for a type when they first meet it, which is too late here."""
    values = [
        "true",
        "1::UTINYINT",
        "-1::HUGEINT",
        "0.1::FLOAT",
        "1.25::DECIMAL(20, 5)",
        "'a'",
        "'a'::BLOB",
        "DATE '2026-01-31'",
        "TIME '10:00:00.5'",
        "TIMESTAMP '2026-01-31 12:00:00'",
        "TIMESTAMPTZ '2026-01-31 12:00:00+08'",
        "TIMESTAMP_NS '2026-01-31 12:00:00.123456789'",
        "now()",
        "uuid()",
        "'x'::ENUM ('x', 'y')",
        "'{}'::JSON",
    ]
    if output != "csv":
        values += ["[1, NULL]", "{'a': 1, 'b': [DATE '2026-01-31']}", "MAP {'k': 1}"]
    if output == "json":
        values += ["INTERVAL 1 DAY"]
    query = "SELECT " + ", ".join(f"{value} AS c{place}" for place, value in enumerate(values)) + " FROM blocks LIMIT 2"
    written = io.BytesIO()
    assert Statement(query, output, blocks, SqlLimits(MEMORY, 30)).run(written.write, going_on) == 2
    assert written.tell() > 0


def test_that_a_limit_ends_the_reading(blocks: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    tile = Table.tile

    def noted(self: Table, rank: int, columns: list[int]) -> memoryview:
        read.append(rank)
        return tile(self, rank, columns)

    monkeypatch.setattr(Table, "tile", noted)
    found, _ = run(blocks, "SELECT i, Cu FROM blocks LIMIT 2")
    assert found.num_rows == 2
    assert len(read) < len(blocks.boxes) // 2


def test_that_blocks_which_cannot_be_read_are_a_failure_of_the_server(
    blocks: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "tile", lambda *_: memoryview(b"no stream of Arrow"))
    with pytest.raises(InternalError):
        run(blocks, "SELECT sum(Cu) FROM blocks")


def test_that_the_process_can_open_nothing() -> None:
    """Whatever DuckDB would let through."""
    code = """
import socket
from coreshed.blockmodels.sql.confinement import confine
confine(1 << 28, 5)
for attempt in (lambda: open("/etc/passwd"), socket.socket, lambda: bytearray(3 << 30)):
    try:
        attempt()
    except (OSError, MemoryError) as error:
        print(type(error).__name__, end=" ")
    else:
        print("done", end=" ")
"""
    found = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, env={})
    assert found.stdout.decode().split() == ["OSError", "OSError", "MemoryError"]


def test_that_the_process_has_no_environment_and_no_file_of_the_server(
    blocks: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORESHED_SECRET", "hidden")
    seen: dict[str, object] = {}

    def look() -> None:
        [child] = _children()
        seen["environment"] = Path(f"/proc/{child}/environ").read_bytes()
        seen["files"] = {str(each.readlink()) for each in Path(f"/proc/{child}/fd").iterdir()}

    def check() -> None:
        if not seen and time.monotonic() > begun + 2.5:
            look()

    begun = time.monotonic()
    endless = "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range * b.range % 7 = 3"
    with pytest.raises(Unprocessable, match="more than the 4 s"):
        Statement(endless, "csv", blocks, SqlLimits(MEMORY, 4)).run(lambda _data: None, check)
    assert seen["environment"] == b""
    files = seen["files"]
    assert isinstance(files, set)
    assert all(each.startswith(("pipe:", "/dev/null")) for each in files), files
    assert not _children()


def _children() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    found = [each for task in tasks for each in (task / "children").read_text().split()]
    return [each for each in found if b"sql.statement" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_that_a_statement_ends_when_nobody_wants_it_any_more(blocks: Table) -> None:
    begun = time.monotonic()

    def check() -> None:
        if time.monotonic() > begun + 1:
            raise LeaseLost("another worker has it")

    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
    with pytest.raises(LeaseLost):
        Statement(endless, "csv", blocks, SqlLimits(MEMORY, 60)).run(lambda _data: None, check)
    assert time.monotonic() - begun < 20


def test_that_a_disk_which_is_full_ends_the_statement(blocks: Table) -> None:
    def full(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Statement("FROM range(1_000_000)", "csv", blocks, SqlLimits(MEMORY, 60)).run(full, going_on)


def test_that_an_answer_has_so_many_bytes_at_most(blocks: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_BYTES", 2 << 20)
    with pytest.raises(Unprocessable, match="more than 2 MiB"):
        Statement("FROM range(1_000_000)", "csv", blocks, SqlLimits(MEMORY, 60)).run(lambda _data: None, going_on)


@pytest.mark.parametrize(
    ("output", "query", "size"),
    [
        ("json", "SELECT range AS n, repeat('x', 200) AS t FROM range(100_000)", 200 * 100_000),
        ("csv", "SELECT repeat('x', 20_000_000) AS t", 20_000_000),
    ],
)
def test_that_rows_may_be_wide_and_values_long(blocks: Table, output: str, query: str, size: int) -> None:
    """More is written at once than the worker takes in one frame."""
    assert size > running._LONGEST_FRAME
    written = io.BytesIO()
    count = Statement(query, output, blocks, SqlLimits(MEMORY, 30)).run(written.write, going_on)
    assert written.getvalue().count(b"x") == size
    if output == "json":
        assert [row[0] for row in json.loads(written.getvalue())["rows"]] == list(range(count))


def test_that_a_process_which_does_not_begin_is_a_failure_of_the_server(
    blocks: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "COMMAND", (sys.executable, "-I", "-c", "raise SystemExit(3)"))
    with pytest.raises(InternalError):
        run(blocks, "SELECT 1")


@pytest.mark.parametrize(("tile", "columns"), [(-1, [0]), (99, [0]), (0, []), (0, [0, 0]), (0, [6]), (0, [-1])])
def test_that_a_process_gets_no_other_tiles_and_columns(blocks: Table, tile: int, columns: list[int]) -> None:
    with pytest.raises(BadFrame):
        blocks.tile(tile, columns)


@pytest.mark.parametrize("frame", [(DATA, 1, b"x"), (TILE, 1 << 34, b"x" * 9)], ids=["no tile", "more than fits"])
def test_that_nobody_waits_for_a_tile_that_cannot_come(frame: tuple[bytes, int, bytes]) -> None:
    program = (
        "import resource, sys, threading\n"
        "from coreshed.blockmodels.sql.tiles import Tiles\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))\n"
        "Tiles(sys.stdin.buffer, sys.stdout.buffer, threading.Lock()).take(1)\n"
    )
    kind, length, content = frame
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(struct.pack("<cQ", kind, length) + content)
        process.stdin.flush()
        try:
            assert process.wait(30) == 1
        finally:
            process.kill()


def test_that_frames_are_told_apart_and_bounded() -> None:
    ends = os.pipe()
    with os.fdopen(ends[0], "rb") as source, os.fdopen(ends[1], "wb") as sink:
        send(sink, READ, b"ab", memoryview(b"c"))
        send(sink, READ)
        send(sink, READ, b"too long")
        assert receive(source, 3) == (READ, b"abc")
        assert receive(source, 0) == (READ, b"")
        with pytest.raises(BadFrame, match="8 bytes"):
            receive(source, 7)
    with pytest.raises(BadFrame, match="has ended"):
        receive(io.BytesIO(b"R\x05\0\0"), 7)
