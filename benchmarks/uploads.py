"""Many files over TLS: `coreshed upload` of a directory, against `coreshed push` of the same bytes.

CORESHED_BENCH_UPLOADS=FILESxMB sets the number and the size of the files; default: 200x10.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from tests.server import Server, own_loopback_host

from benchmarks import machine, processes
from benchmarks.client import Unexpected
from benchmarks.report import Row, Section, spread
from benchmarks.sites import ADMIN_KEY, Site

_FILES, _MB = (int(part) for part in os.environ.get("CORESHED_BENCH_UPLOADS", "200x10").split("x"))
_ROUNDS = 3
_SECONDS = 900
_BAR = 1.5


class _Ground:
    """A running server with TLS, files to send, and what sends them. Each returns seconds."""

    def __init__(self, site: Site) -> None:
        host = own_loopback_host()
        environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_UPKEEP_INTERVAL": "3600"}
        # Links to upload to have the public URL, those to push to the blob URL: here both are the TLS listener.
        flags = ("--tls", "auto", "--public-url", f"https://{host}")
        server = Server(site.disk / "data", flags, environment, host)
        site.at_end(server.stop)
        self.server = server.start()
        self.source = site.memory / "files"
        self.source.mkdir()
        self._environment = {
            "CORESHED_URL": server.instance.blob_url,
            "CORESHED_TOKEN": ADMIN_KEY,
            "XDG_CONFIG_HOME": str(site.disk),
            "SSL_CERT_FILE": str(server.instance.ca_file),
        }

    def renew(self) -> None:
        """Other content."""
        for number in range(_FILES):
            (self.source / f"{number:04}.bin").write_bytes(os.urandom(_MB * 1_000_000))

    def push(self) -> float:
        """The whole process, from its start to its end."""
        return self._timed("push", str(self.source), "--to", str(uuid4()), "--json")

    def upload(self) -> float:
        """The same."""
        return self._timed("upload", str(self.source), "--json")

    def _timed(self, *words: str) -> float:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
        began = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "coreshed.cli", *words],
            env={**clean, **self._environment},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        seconds = time.perf_counter() - began
        if ended.returncode or ended.stdout.count('"status":"done"') != _FILES:
            raise Unexpected(ended.stdout[-2000:] + ended.stderr)
        return seconds


def run(site: Site) -> list[Section]:
    """One section."""
    ground = _Ground(site)
    before = machine.load()
    calls: dict[str, Callable[[], float]] = {"push": ground.push, "upload": ground.upload}
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(_ROUNDS):
        ground.renew()
        for name in calls if number % 2 == 0 else reversed(calls):
            began = processes.cpu_seconds(ground.server.pid)
            wall[name].append(calls[name]())
            cpu[name].append(processes.cpu_seconds(ground.server.pid) - began)
    return [_section(wall, cpu, before)]


def _section(wall: Mapping[str, list[float]], cpu: Mapping[str, list[float]], before: str) -> Section:
    rows = [
        _row("`coreshed upload`", wall, f"<= {_BAR}"),
        _row("server CPU for it", cpu, ""),
    ]
    method = (
        f"{_FILES} files of {_MB} MB of random bytes on tmpfs, over TLS on loopback with 4 connections, other bytes in "
        f"each of {_ROUNDS} rounds, the order changing; the whole process with its start. `push` makes a version of "
        "each file and states its SHA-256; `upload` opens a session, sends each by one PUT with its MD5, compares the "
        "SHA-256 of each, and completes. Of uploads the server takes MD5 and CRC32C as well. Median and range."
    )
    return Section(f"Upload of {_FILES} files of {_MB} MB, TLS", method, rows, (f"load average before: {before}",))


def _row(what: str, found: Mapping[str, list[float]], bar: str) -> Row:
    ratio = statistics.median(found["upload"]) / statistics.median(found["push"])
    met = ratio <= _BAR if bar else None
    against = f"`coreshed push` {spread(found['push'], 's')}"
    return Row(what, spread(found["upload"], "s"), against, f"{ratio:.2f}", bar, met)
