"""The process of a statement: DuckDB over the tiles that its worker sends. Run with `python -I -m`, see `running`.

It has an empty environment, the two pipes and, once it has begun, no way to open a file or a socket. DuckDB's own
switches say the same once more: no external access, no extensions, no files for what does not fit into memory, a
read-only transaction, and a configuration that cannot be changed.
"""

import io
import json
import os
import threading
import warnings
from contextlib import suppress
from typing import IO, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset, ipc

from coreshed.blockmodels.sql.answers import ANSWERS
from coreshed.blockmodels.sql.confinement import confine
from coreshed.blockmodels.sql.frames import BEGUN, DATA, DONE, ORDER, REFUSED, SCHEMA, BadFrame, receive, send
from coreshed.blockmodels.sql.tiles import Blocks, Scan, Tiles

_LONGEST_ORDER = 64 << 20
_BATCH = 100_000
_PIECE = 1 << 20
_ONE = "Send one statement that only reads: SELECT, FROM, WITH, DESCRIBE, SUMMARIZE or EXPLAIN."
_NO_REACH = "A statement reads the table blocks alone: no files, no network, no extensions, no settings."
_ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


class Refused(Exception):
    """A sentence for the user."""


class Pieces(io.RawIOBase):
    """What the file is written to: frames to the worker."""

    def __init__(self, sink: IO[bytes], turn: threading.Lock) -> None:
        self._sink, self._turn = sink, turn
        self._waiting = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep, and send when there is enough."""
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            self.push()
        return len(data)

    def push(self) -> None:
        """Send what waits, in frames that the worker takes, however much was written at once."""
        waiting = memoryview(self._waiting)
        self._waiting = bytearray()
        for start in range(0, len(waiting), _PIECE):
            with self._turn:
                send(self._sink, DATA, waiting[start : start + _PIECE])


def connect(memory: int, threads: int) -> "duckdb.DuckDBPyConnection":
    """A database in memory that reaches nothing."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory}B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        },
    )
    for setting in (
        "TimeZone = 'UTC'",
        "temp_directory = ''",
        "max_temp_directory_size = '0KB'",
        "python_enable_replacements = false",
        "enable_external_access = false",
    ):
        connection.execute(f"SET {setting}")
    return connection


def check(connection: "duckdb.DuckDBPyConnection", query: str) -> None:
    """Raise Refused unless the text is one statement that reads."""
    found = connection.extract_statements(query)
    if len(found) != 1 or found[0].type not in _ALLOWED:
        raise Refused(_ONE)


def run(connection: "duckdb.DuckDBPyConnection", query: str, output: str, most_rows: int, sink: Any) -> int:
    """Write the answer; returns its number of rows. Raises Refused and what DuckDB and Arrow raise."""
    rows = 0
    with connection.sql(query).to_arrow_reader(_BATCH) as reader:
        answer = _begin(output, sink, reader.schema)
        for batch in reader:
            rows += batch.num_rows
            if rows > most_rows:
                raise Refused(f"The answer has more than {most_rows:,} rows. Aggregate, or add a LIMIT.")
            answer.write(batch)
        answer.close()
    return rows


def _begin(output: str, sink: Any, schema: pa.Schema) -> Any:
    try:
        return ANSWERS[output](sink, schema)
    except pa.ArrowException as error:
        raise Refused(f"Cast the column to VARCHAR, for {output} cannot have it: {error}") from error


def warm_up(memory: int, threads: int) -> None:
    """Use once whatever opens files when it is first used: afterwards none can be opened."""
    table = "SELECT 1::UINTEGER AS i, 1.5 AS x, 'a' AS t, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS at, uuid() AS u"
    with connect(memory, threads) as connection:
        blocks = connection.sql(table).to_arrow_table()
        connection.register("blocks", dataset.dataset(blocks))
        Scan(blocks.schema, iter(blocks.to_batches()), pc.field("i") == 1).to_reader().read_all()
        for output in ANSWERS:
            run(connection, "SELECT *, random(), now() FROM blocks WHERE i = 1", output, 1, io.BytesIO())
            with suppress(duckdb.Error):
                connection.sql("SELECT nothing FROM blocks")


def words_of(error: BaseException, memory: int) -> str:
    """What is said of an error: DuckDB's own message where it speaks of the statement, nothing where it is ours."""
    no_memory = isinstance(error, duckdb.OutOfMemoryException | MemoryError | pa.ArrowMemoryError)
    text = str(error)
    if no_memory or "out of memory" in text[:200].lower():
        return f"The statement needs more than the {memory / 1e9:.1f} GB of memory that it may take."
    if isinstance(error, duckdb.PermissionException):
        return _NO_REACH
    if isinstance(error, OSError | ImportError) or "stream registered as 'blocks' failed" in text:
        return ""
    # Some limits tell how they would be lifted, and what is in an extension tells how that is loaded.
    for advice in (' Use "SET ', "\n\nPlease try installing"):
        text = text.partition(advice)[0]
    return text.strip() or type(error).__name__


def main() -> None:
    """Read the order, answer it, and end without anything of Python's own ending."""
    source, sink = io.BufferedReader(io.FileIO(0), 1 << 20), io.FileIO(os.dup(1), "w")
    os.dup2(2, 1)  # nobody else writes into the pipe
    turn = threading.Lock()
    out: Any = io.BufferedWriter(sink, 1 << 20)
    warnings.simplefilter("ignore")
    order = json.loads(_next(source, ORDER))
    schema = ipc.read_schema(pa.py_buffer(_next(source, SCHEMA)))
    memory = order["memory"]
    warm_up(memory, order["threads"])
    connection = connect(memory, order["threads"])
    connection.register("blocks", Blocks(schema, order["tiles"], Tiles(source, out, turn)))
    connection.execute("SET lock_configuration = true")
    confine(memory, (order["seconds"] + 1) * order["threads"])
    pieces = Pieces(out, turn)
    send(out, BEGUN)
    try:
        check(connection, order["query"])
        connection.execute("BEGIN TRANSACTION READ ONLY")
        rows = run(connection, order["query"], order["output"], order["most_rows"], pa.PythonFile(pieces, mode="w"))
        pieces.push()
        last, said = DONE, _said(rows=rows)
    except Exception as error:  # noqa: BLE001  (it comes of the statement, whatever it is)
        last, said = REFUSED, _said(detail=words_of(error, memory))
    with turn:
        send(out, last, said)
    os._exit(0)


def _said(**words: Any) -> bytes:
    return json.dumps(words).encode()


def _next(source: IO[bytes], kind: bytes) -> bytes:
    found, content = receive(source, _LONGEST_ORDER)
    if found != kind:
        raise BadFrame(f"{found!r} and not {kind!r}")
    return content


if __name__ == "__main__":
    main()
