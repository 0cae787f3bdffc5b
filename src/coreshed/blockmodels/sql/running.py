"""The worker's side of a statement: its process, the tiles that it asks for, and the end of its patience."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import msgspec
import pyarrow as pa
from pyarrow import ipc

from coreshed import logs
from coreshed.blockmodels.engine.queries import Asked, Output, Part, Query
from coreshed.blockmodels.engine.reading import Snapshot
from coreshed.blockmodels.sql.frames import (
    BEGUN,
    DATA,
    DONE,
    NUMBER,
    ORDER,
    READ,
    REFUSED,
    SCHEMA,
    TILE,
    BadFrame,
    receive,
    send,
)
from coreshed.blockmodels.sql.limits import MOST_BYTES, MOST_ROWS, THREADS, SqlLimits
from coreshed.problems import InternalError, Unprocessable

log = logs.logger(__name__)

# -I: neither the directory nor the environment says what is imported.
COMMAND = (sys.executable, "-I", "-m", "coreshed.blockmodels.sql.statement")
_ENDED = "The statement ended its process: most likely it needs more memory than it may take."
_LOOK_SECONDS = 0.25
_LONGEST_FRAME = 16 << 20


class _Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    read: int
    tile: int
    columns: list[int]


class _Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: int


class _Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    detail: str


class Table:
    """The columns of a version under the names that statements use, read tile by tile."""

    def __init__(self, snapshot: Snapshot, outputs: Sequence[Output]) -> None:
        """Raises UnknownColumn."""
        self._snapshot, self._outputs = snapshot, tuple(outputs)
        fields = Asked(snapshot, Query(self._outputs)).fields
        self.schema = pa.schema([(each.name, _known(each.data_type.arrow)) for each in fields])
        self._asked: dict[tuple[int, ...], Asked] = {}

    @property
    def boxes(self) -> list[list[int]]:
        """First and last i, j and k of every tile, in order of rank."""
        tiling = self._snapshot.tiling
        return [[end for pair in tiling.box(rank).intervals for end in pair] for rank in range(tiling.number)]

    def tile(self, rank: int, columns: Sequence[int]) -> memoryview:
        """The rows of a tile as an Arrow stream: some columns, by their places. Raises BadFrame for what is not there.

        The order comes from a process that is not trusted.
        """
        places = tuple(columns)
        if not 0 <= rank < self._snapshot.tiling.number or not places or len(set(places)) != len(places):
            raise BadFrame("no such tile")
        if not all(0 <= place < len(self._outputs) for place in places):
            raise BadFrame("no such column")
        asked = self._asked.get(places)
        if asked is None:
            asked = self._asked[places] = Asked(self._snapshot, Query(tuple(self._outputs[each] for each in places)))
        table = asked.table(Part(rank, self._snapshot.rows(rank), None))
        table = table.cast(pa.schema([self.schema.field(place) for place in places]))
        sink = pa.BufferOutputStream()
        with ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return memoryview(sink.getvalue())


def _known(kind: Any) -> Any:
    """DuckDB has no 16-bit floating point."""
    return pa.float32() if kind == pa.float16() else kind


@dataclass(frozen=True)
class Statement:
    """What is to be run. output: parquet, csv or json."""

    query: str
    output: str
    table: Table
    limits: SqlLimits

    def order(self) -> bytes:
        """As its process is told."""
        order = {
            "query": self.query,
            "output": self.output,
            "tiles": self.table.boxes,
            "memory": self.limits.memory,
            "threads": THREADS,
            "seconds": self.limits.seconds,
            "most_rows": MOST_ROWS,
        }
        return msgspec.json.encode(order)

    def run(self, write: Callable[[bytes], object], check: Callable[[], None]) -> int:
        """Hand the answer's file over piece by piece; returns its number of rows.

        check: called four times a second; what it raises ends the statement and is raised here. Raises Unprocessable
        for what is wrong with the statement or too much, OSError of reading and writing.
        """
        process = subprocess.Popen(  # noqa: S603  (our own program)
            COMMAND,
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with _Watch(process, self.limits.seconds, check) as watch:
            begun = False
            try:
                self._begin(process)
                begun = True
                return self._serve(process, write)
            except (BadFrame, BrokenPipeError, msgspec.MsgspecError) as error:
                watch.stop()
                log.warning("process of a statement ended", exit_code=process.returncode, reason=str(error))
                raise watch.reason or (Unprocessable(_ENDED) if begun else InternalError()) from error

    def _begin(self, process: "subprocess.Popen[bytes]") -> None:
        source, sink = _pipes(process)
        send(sink, ORDER, self.order())
        send(sink, SCHEMA, memoryview(self.table.schema.serialize()))
        if receive(source, 0) != (BEGUN, b""):
            raise BadFrame("it does not begin")

    def _serve(self, process: "subprocess.Popen[bytes]", write: Callable[[bytes], object]) -> int:
        source, sink = _pipes(process)
        size = 0
        while True:
            kind, content = receive(source, _LONGEST_FRAME)
            if kind == READ:
                asked = msgspec.json.decode(content, type=_Read)
                tile = self.table.tile(asked.tile, asked.columns)
                with suppress(BrokenPipeError):  # it may have ended without the last tile that it asked for
                    send(sink, TILE, NUMBER.pack(asked.read), tile)
            elif kind == DATA:
                size += len(content)
                if size > MOST_BYTES:
                    raise Unprocessable(f"The answer has more than {MOST_BYTES >> 20:,} MiB. Ask for less of it.")
                write(content)
            elif kind == DONE:
                return msgspec.json.decode(content, type=_Done).rows
            elif kind == REFUSED:
                raise _refusal(msgspec.json.decode(content, type=_Refused).detail)
            else:
                raise BadFrame(f"unknown frame {kind!r}")


def _refusal(detail: str) -> Exception:
    return Unprocessable(detail) if detail else InternalError("The blocks could not be read.")


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101  (opened as pipes)
    assert process.stdout is not None  # noqa: S101
    return process.stdout, process.stdin


class _Watch:
    """Ends a process in time, or when nobody wants its answer any more, whatever it is doing; and on leaving, anyhow.

    reason: why it was ended, None where it was not.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float, check: Callable[[], None]) -> None:
        self.reason: Exception | None = None
        self._process, self._seconds, self._check = process, seconds, check
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="sql-watch", daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for pipe in _pipes(self._process):
            try:
                pipe.close()
            except OSError:
                continue  # what waits in it is for nobody

    def stop(self) -> None:
        """End the process unless it has ended, and look no more."""
        self._over.set()
        self._thread.join()
        self._process.kill()
        self._process.wait()

    def _look(self) -> None:
        deadline = time.monotonic() + self._seconds
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self._check()
                if time.monotonic() > deadline:
                    raise Unprocessable(f"The statement takes more than the {self._seconds:g} s that it may take.")  # noqa: TRY301
            except Exception as error:  # noqa: BLE001  (raised by whoever waits for the process)
                self.reason = error
                self._process.kill()
                return
