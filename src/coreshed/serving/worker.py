"""Background upkeep: a child process that lives no longer than its parent, or the same loop in the foreground."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import IO, Protocol

from coreshed import logs
from coreshed.settings import Settings, environment_name

log = logs.logger(__name__)

# The hidden flag makes the child watch its standard input, which nobody writes to: it ends with the parent, even
# when the parent is killed.
COMMAND = (sys.executable, "-m", "coreshed.cli", "serve", "--only", "worker", "--until-stdin-closes")
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0
_STABLE_AFTER = 60.0
_STOP_SECONDS = 10.0


class Upkeep(Protocol):
    """What has background work to do."""

    def upkeep_round(self) -> None:
        """One round, blocking."""
        ...


class Background(Protocol):
    """A running worker, whatever it is made of."""

    def stop(self) -> None:
        """End it after the round it is in, within seconds."""
        ...


def keep_up(upkeep: Upkeep, interval: float, pause: Callable[[float], bool]) -> None:
    """Rounds of upkeep until `pause(interval)` returns True. A failing round is logged and tried again."""
    while True:
        try:
            upkeep.upkeep_round()
        except Exception:  # a full disk or a restarting database must not end the worker
            log.exception("upkeep round failed")
        if pause(interval):
            return


class StopRequests:
    """SIGTERM, SIGINT and the end of the parent, as one thing to wait for. Made in the main thread."""

    def __init__(self, parent: IO[bytes] | None) -> None:
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        self._sources = [self._wake] if parent is None else [self._wake, parent.fileno()]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(wake, b"."))

    def pause(self, seconds: float) -> bool:
        """Wait; True as soon as it is time to end."""
        return bool(select.select(self._sources, [], [], seconds)[0])


class WorkerThread:
    """Upkeep inside the server process, for stores that live in its memory."""

    def __init__(self, upkeep: Upkeep, interval: float) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=keep_up, args=(upkeep, interval, self._stopping.wait), name="upkeep", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """See Background."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)


class WorkerProcess:
    """A child process running upkeep, started again when it dies."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._environment = {**os.environ, **environment_of(settings)}
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See Background."""
        self._stopping.set()
        with self._turn:
            process = self._process
        if process is not None:
            _end(process)
        self._thread.join()

    def _supervise(self) -> None:
        delay = _FIRST_DELAY
        while not self._stopping.is_set():
            started = time.monotonic()
            with self._turn:
                if self._stopping.is_set():
                    return
                self._process = process = self._spawn()
            code = process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _STABLE_AFTER:
                delay = _FIRST_DELAY
            log.error("worker ended; starting another", exit_code=code, pause_seconds=delay)
            self._stopping.wait(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl+C in a terminal reaches the parent alone, which then ends the child in order.
        return subprocess.Popen(  # noqa: S603  (our own program)
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask: a worker at work finishes its round, one that is still starting ends at once. Then insist."""
    assert process.stdin is not None  # noqa: S101  (opened as a pipe)
    process.stdin.close()
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment_of(settings: Settings) -> Mapping[str, str]:
    """The settings as variables: secrets never stand on a command line, where every user of the machine reads them."""
    values: dict[str, str] = {}
    for item in fields(Settings):
        value = getattr(settings, item.name)
        values[environment_name(item.name)] = ",".join(value) if isinstance(value, tuple) else str(value)
    return values
