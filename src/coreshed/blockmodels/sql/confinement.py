"""How the process of a statement gives up what it does not need, before it reads the statement."""

import ctypes
import os
import resource
import signal
from pathlib import Path

_BESIDE = 1 << 30
"""Address space beside DuckDB's own limit: tiles on their way, the file in the making, stacks of threads."""
_PR_SET_PDEATHSIG = 1


def confine(memory: int, processor_seconds: int, *, beside: int = _BESIDE) -> None:
    """From here on no file, directory or socket can be opened, and no file grows; limits hold for memory and time.

    What is open stays open: the pipes. memory: bytes that its work may take, DuckDB's for one;
    beside: those that the process needs around it. Whatever opens files while it works,
    imports among it, has to have done so before.
    """
    hard = _used() + memory + beside
    for limit, value in (
        (resource.RLIMIT_AS, hard),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def end_with(parent_pid: int) -> None:
    """From here on this process ends when the one that started it does, killed or not; at once if that has gone.

    The kernel counts the thread that started it as the parent: it has to wait for this process.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)  # it ended before the kernel was told


def end_after(seconds: int) -> None:
    """The kernel ends this process by then, whatever it does and whoever is left to ask it to."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.alarm(seconds)


def _used() -> int:
    """Address space that is taken already, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
