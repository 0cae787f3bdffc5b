"""Processor time and memory of processes, from /proc."""

import os
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads, without its children; steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def family_cpu_seconds(pid: int) -> float:
    """The same for a process and its living children."""
    return sum(cpu_seconds(member) for member in [pid, *children(pid)])


def children(pid: int) -> list[int]:
    """Direct children."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def peak_megabytes(pid: int) -> float:
    """Highest resident memory (VmHWM) since the start or `reset_peak`, in MB of 10^6 bytes."""
    return _kilobytes(pid, "VmHWM") * 1024 / 1e6


def resident_megabytes(pid: int) -> float:
    """Resident memory now (VmRSS), in MB of 10^6 bytes."""
    return _kilobytes(pid, "VmRSS") * 1024 / 1e6


def reset_peak(pid: int) -> None:
    """Let VmHWM begin anew from what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
