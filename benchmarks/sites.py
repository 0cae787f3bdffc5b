"""Where a benchmark runs: a directory on disk, one in memory, and whatever it started, ended with it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.server import Server

ADMIN_KEY = "administrator-key-of-the-benchmarks"


@dataclass(slots=True)
class Site:
    """disk: for servers' files, all on one file system; memory: on tmpfs, for what clients send."""

    disk: Path
    memory: Path
    _ends: ExitStack = field(default_factory=ExitStack)

    @classmethod
    @contextmanager
    def open(cls, disk: Path) -> Iterator["Site"]:
        """Make both directories; end and remove everything afterwards."""
        disk.mkdir(parents=True)
        memory = Path(tempfile.mkdtemp(prefix="coreshed-bench-", dir="/dev/shm"))
        site = cls(disk, memory)
        try:
            with site._ends:
                yield site
        finally:
            shutil.rmtree(memory, ignore_errors=True)
            shutil.rmtree(disk, ignore_errors=True)

    def at_end(self, end: Callable[[], object]) -> None:
        """Call this when the benchmark ends, however it ends; the last one registered comes first."""
        self._ends.callback(end)

    def server(self, name: str = "data") -> Server:
        """A started `coreshed serve` with its defaults (plain http, a log line per request) on a directory of its own.

        Upkeep is put off: coalescing an upload in the background would be measured with the next one.
        """
        environment = {
            "CORESHED_ADMIN_KEY": ADMIN_KEY,
            "CORESHED_UPKEEP_INTERVAL": "3600",
        }
        server = Server(self.disk / name, environment=environment)
        self.at_end(server.stop)
        return server.start()
