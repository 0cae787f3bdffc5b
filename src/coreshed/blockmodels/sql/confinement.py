"""How the process of a statement gives up what it does not need, before it reads the statement."""

import resource
from pathlib import Path

_BESIDE = 1 << 30
"""Address space beside DuckDB's own limit: tiles on their way, the file in the making, stacks of threads."""


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


def _used() -> int:
    """Address space that is taken already, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
