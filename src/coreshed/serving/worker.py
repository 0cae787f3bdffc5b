"""Background work, upkeep and jobs: in a child process that lives no longer than its parent, or in the foreground.

Upkeep and jobs have threads of their own, so that neither waits for the other. A parent wakes its child with a byte.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import IO, Protocol

from coreshed import ids, logs
from coreshed.settings import Settings, environment_name

log = logs.logger(__name__)

# The hidden flag makes the child watch its standard input: a byte says that a job is queued, its end that the parent
# has ended, even when it was killed.
COMMAND = (sys.executable, "-m", "coreshed.cli", "serve", "--only", "worker", "--until-stdin-closes")
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0
_STABLE_AFTER = 60.0
_STOP_SECONDS = 10.0
_JOB_SECONDS = 5.0  # in which running jobs may finish once the worker is to stop
# A child without jobs starts so long after its parent, whose first answer would wait if both started at once.
_REST = 10.0
# By which a parent knows the leases of its child.
WORKER_ID = "CORESHED_WORKER_ID"


class Upkeep(Protocol):
    """What has background work to do."""

    def upkeep_round(self) -> None:
        """One round, blocking."""
        ...


class RunningJobs(Protocol):
    """Threads that run jobs; `coreshed.jobs.JobWorker` is one."""

    def wake(self) -> None:
        """Look for a job now."""
        ...

    def stop(self, seconds: float) -> bool:
        """Give running jobs so long, then put them back. True where all have finished."""
        ...


class Workforce(Upkeep, Protocol):
    """What has upkeep and jobs to do."""

    def start_jobs(self, worker_id: str) -> RunningJobs:
        """Run jobs in this process; their leases stand under this id."""
        ...

    def release_jobs(self, worker_id: str) -> None:
        """Put back what a worker had that has ended."""
        ...

    def has_jobs(self) -> bool:
        """True where a job is queued, or being done by a worker that may have ended."""
        ...

    def on_queued(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever this process has queued a job."""
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
        self._signalled, signalled = os.pipe()
        os.set_blocking(signalled, False)
        self._parent = None if parent is None else parent.fileno()
        # Written to by the interpreter's own handler: one in Python would not run before `select` returns, where the
        # signal came just before it began.
        signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self, woken: Callable[[], None]) -> None:
        """Until it is time to end; calls `woken` whenever the parent says that there is a job."""
        sources = [self._signalled] if self._parent is None else [self._signalled, self._parent]
        while True:
            ready = select.select(sources, [], [])[0]
            if self._signalled in ready or self._parent is None or not os.read(self._parent, 4096):
                return
            woken()


class WorkerThread:
    """Upkeep and jobs in threads of this process: of a worker, or of the server whose stores live in its memory."""

    def __init__(self, workforce: Workforce, interval: float, worker_id: str | None = None) -> None:
        self._stopping = threading.Event()
        self._jobs = workforce.start_jobs(worker_id or ids.new_id())
        self._upkeep = threading.Thread(
            target=keep_up, args=(workforce, interval, self._stopping.wait), name="upkeep", daemon=True
        )
        self._upkeep.start()
        self.wake = self._jobs.wake
        self.idle = False  # after `stop`: no thread of a job or of upkeep runs any more

    def stop(self) -> None:
        """See Background."""
        self._stopping.set()
        finished = self._jobs.stop(_JOB_SECONDS)
        self._upkeep.join(_STOP_SECONDS)
        self.idle = finished and not self._upkeep.is_alive()


class WorkerProcess:
    """A child process with upkeep and jobs, started when there is a job or after a rest, and again when it dies.

    What it was doing when it died is put back at once, so that a death costs about a second and not a lease.
    """

    def __init__(
        self, settings: Settings, workforce: Workforce, command: Sequence[str] = COMMAND, rest: float = _REST
    ) -> None:
        self._command, self._workforce = command, workforce
        self._environment = {**os.environ, **environment_of(settings)}
        self._rest = min(rest, settings.upkeep_interval)
        self._stopping, self._wanted = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        workforce.on_queued(self.wake)
        self._thread = threading.Thread(target=self._supervise, name="worker", daemon=True)
        self._thread.start()

    @property
    def process_id(self) -> int | None:
        """Of the child that runs now; None between two."""
        with self._turn:
            return None if self._process is None else self._process.pid

    def wake(self) -> None:
        """Tell the child that a job is queued. One that starts looks by itself, a full pipe says it already."""
        self._wanted.set()
        with self._turn, suppress(OSError):
            if self._process is not None and self._process.stdin is not None and not self._process.stdin.closed:
                os.write(self._process.stdin.fileno(), b".")

    def stop(self) -> None:
        """See Background."""
        self._stopping.set()
        self._wanted.set()
        with self._turn:
            process = self._process
            if process is not None:
                _hang_up(process)
        if process is not None:
            _end(process)
        self._thread.join()

    def _supervise(self) -> None:
        self._await_work()
        delay = _FIRST_DELAY
        while not self._stopping.is_set():
            started, worker_id = time.monotonic(), ids.new_id()
            with self._turn:
                if self._stopping.is_set():
                    return
                self._process = process = self._spawn(worker_id)
            code = process.wait()
            with self._turn:
                _hang_up(process)
                self._process = None
            self._release(worker_id)
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _STABLE_AFTER:
                delay = _FIRST_DELAY
            log.error("worker ended; starting another", exit_code=code, pause_seconds=delay)
            self._stopping.wait(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _await_work(self) -> None:
        try:
            waits = not self._workforce.has_jobs()
        except Exception:  # the child finds out by itself
            log.exception("could not look for jobs")
            waits = False
        if waits:
            self._wanted.wait(self._rest)

    def _release(self, worker_id: str) -> None:
        try:
            self._workforce.release_jobs(worker_id)
        except Exception:  # its leases end by themselves
            log.exception("jobs of an ended worker not put back")

    def _spawn(self, worker_id: str) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl+C in a terminal reaches the parent alone, which then ends the child in order.
        process = subprocess.Popen(  # noqa: S603  (our own program)
            self._command,
            env={**self._environment, WORKER_ID: worker_id},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101  (opened as a pipe)
        os.set_blocking(process.stdin.fileno(), False)
        return process


def _hang_up(process: "subprocess.Popen[bytes]") -> None:
    """Nothing is said to the child any more, which then ends."""
    if process.stdin is not None:
        process.stdin.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask: a worker at work finishes its round, one that is still starting ends at once. Then insist."""
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
