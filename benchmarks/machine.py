"""What the figures were measured on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("litestar", "msgspec", "uvicorn", "uvloop", "sqlalchemy")


def describe(directory: Path) -> list[str]:
    """One line each: processor, memory, kernel, file systems, versions."""
    import sqlite3

    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"processor: {os.cpu_count()} x {_field('/proc/cpuinfo', 'model name') or platform.processor()}",
        f"memory: {_field('/proc/meminfo', 'MemTotal')}",
        f"kernel: {platform.system()} {platform.release()}",
        f"file system of the data: {file_system(directory)}; of the upload source: {file_system(Path('/dev/shm'))}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}",
        f"priority of server, peers and client: nice {os.nice(0)}; load average at the start: {load()}",
    ]


def load() -> str:
    """Load averages of 1 and 5 minutes: above 0 before a benchmark starts, somebody else is using the machine."""
    one, five, _ = os.getloadavg()
    return f"{one:.1f} (1 min), {five:.1f} (5 min)"


def file_system(path: Path) -> str:
    """Type of the file system that holds a path, as `df` names it."""
    found = subprocess.run(["df", "--output=fstype,source", str(path)], capture_output=True, text=True, check=False)
    lines = found.stdout.splitlines()
    return " on ".join(lines[1].split()) if len(lines) > 1 else "unknown"


def _field(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def read_through(path: Path) -> None:
    """Bring a file into the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(16 << 20):
            pass
