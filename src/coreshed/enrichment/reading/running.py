"""The worker's side of reading a file: its process, the bytes that it asks for, and the end of its patience."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import IO

import msgspec

from coreshed import logs
from coreshed.blockmodels.sql.frames import BadFrame, receive, send
from coreshed.enrichment.reading.formats import beside, driver_of, kind_of, neutral
from coreshed.enrichment.reading.frames import (
    BEGUN,
    DATA,
    DONE,
    FAULT,
    IMAGE,
    LONGEST_IMAGE,
    LONGEST_PART,
    LONGEST_READ,
    ORDER,
    PART,
    PEAK,
    PLACE,
    READ,
)
from coreshed.enrichment.reading.model import THUMBNAIL_SIDE, Limits, Outcome, Reading, Source, shown

log = logs.logger(__name__)

# -I: neither the directory nor the environment says what is imported.
COMMAND = (sys.executable, "-I", "-m", "coreshed.enrichment.reading.program")
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "GDAL_DRIVER_PATH": "disable",
    "OGR_DRIVER_PATH": "disable",
}
_ENDED = "The file ended the process that reads it: most likely it needs more memory than it may take."
_LOOK_SECONDS = 0.25
_PNG = b"\x89PNG\r\n\x1a\n"
_OWN_NAME = "data"
_BY_THE_CLOCK = {-signal.SIGALRM, -signal.SIGXCPU}


def read(
    source: Source,
    others: Sequence[Source] = (),
    *,
    is_categorical: bool = False,
    limits: Limits | None = None,
    check: Callable[[], None] = lambda: None,
) -> Outcome:
    """What a file says of itself. What is wrong with it stands in the outcome.

    others: the files that were uploaded beside it. check: called four times a second; what it raises ends the process
    and is raised here. Raises KeyError for a name whose kind is not read, OSError of reading the sources.
    """
    bounds = limits or Limits()
    driver = driver_of(source.name)
    more = beside(source.name, others)
    files = [source, *more.values()]
    names = [neutral(source.name), *(_OWN_NAME + suffix for suffix in more)]
    order = {
        "kind": kind_of(source.name),
        "driver": driver,
        "files": [{"name": name, "size": file.size} for name, file in zip(names, files, strict=True)],
        "is_categorical": is_categorical,
        "memory": bounds.memory,
        "seconds": bounds.seconds,
    }
    outcome = _Process(files, bounds.seconds, check).run(msgspec.json.encode(order))
    _name_layers(outcome.reading, source.name)
    return outcome


def _name_layers(found: Reading | None, name: str) -> None:
    """Formats without names of layers give that of the file, which was not its own."""
    for layer in found.layers if found is not None else ():
        if layer.name == _OWN_NAME:
            layer.name = shown(PurePosixPath(name).stem)


class _Process:
    def __init__(self, files: Sequence[Source], seconds: int, check: Callable[[], None]) -> None:
        self._files, self._seconds, self._check = files, seconds, check
        self._outcome = Outcome()
        self._reason: Exception | None = None
        self._begun, self._late = False, False
        self._over = threading.Event()

    def run(self, order: bytes) -> Outcome:
        process = subprocess.Popen(  # noqa: S603  (our own program)
            (*COMMAND, str(os.getpid())),
            env=_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        watch = threading.Thread(target=self._look, args=(process,), name="reading-watch", daemon=True)
        watch.start()
        try:
            self._serve(process, order)
        except (BadFrame, BrokenPipeError, msgspec.MsgspecError) as error:
            self._stop(process, watch)
            self._note_end(process.returncode, str(error))
            if not self._begun and self._reason is None and not self._late:
                raise RuntimeError(
                    f"the process that reads files does not begin: exit code {process.returncode}"
                ) from error
        finally:
            self._stop(process, watch)
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what waits in it is for nobody
                    pipe.close()  # type: ignore[union-attr]
        if self._reason is not None:
            raise self._reason
        return self._outcome

    def _stop(self, process: "subprocess.Popen[bytes]", watch: threading.Thread) -> None:
        self._over.set()
        watch.join()
        process.kill()
        process.wait()

    def _look(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + self._seconds
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self._check()
            except Exception as error:  # noqa: BLE001  (raised by whoever waits for the process)
                self._reason = error
                process.kill()
                return
            if time.monotonic() > deadline:
                self._late = True
                process.kill()
                return

    def _note_end(self, exit_code: int | None, reason: str) -> None:
        log.warning("process that reads a file ended", exit_code=exit_code, reason=reason, late=self._late)
        late = f"Reading the file takes more than the {self._seconds:,} s that it may take."
        self._outcome.errors.append(late if self._late or exit_code in _BY_THE_CLOCK else _ENDED)

    def _serve(self, process: "subprocess.Popen[bytes]", order: bytes) -> None:
        source, sink = process.stdout, process.stdin
        assert source is not None  # noqa: S101  (opened as pipes)
        assert sink is not None  # noqa: S101
        send(sink, ORDER, order)
        if receive(source, 0) != (BEGUN, b""):
            raise BadFrame("it does not begin")
        self._begun = True
        while True:
            kind, content = receive(source, LONGEST_PART)
            if kind == DONE:
                self._outcome.peak_memory = PEAK.unpack(content)[0] if len(content) == PEAK.size else 0
                return
            if kind == READ:
                self._answer(sink, content)
            else:
                self._note(kind, content)

    def _answer(self, sink: IO[bytes], asked: bytes) -> None:
        """Bytes of a file; the question comes from a process that is not trusted."""
        if len(asked) != PLACE.size:
            raise BadFrame("no such question")
        place, offset, length = PLACE.unpack(asked)
        if place >= len(self._files) or length > LONGEST_READ or offset > self._files[place].size:
            raise BadFrame("no such bytes")
        file = self._files[place]
        found = file.read(offset, min(length, file.size - offset))
        self._outcome.bytes_read += len(found)
        send(sink, DATA, found)

    def _note(self, kind: bytes, content: bytes) -> None:
        if kind == PART:
            self._outcome.reading = msgspec.json.decode(content, type=Reading)
        elif kind == IMAGE and _is_thumbnail(content):
            self._outcome.thumbnail = content
        elif kind == FAULT:
            self._outcome.errors.append(shown(content.decode("utf-8", "replace")))
        else:
            raise BadFrame(f"unknown frame {kind!r}")


def _is_thumbnail(content: bytes) -> bool:
    """A PNG of the size that it may have, as far as its first chunk says."""
    sides = [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)]
    return (
        content.startswith(_PNG) and len(content) <= LONGEST_IMAGE and all(0 < side <= THUMBNAIL_SIDE for side in sides)
    )
