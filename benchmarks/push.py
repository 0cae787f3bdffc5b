"""A large file over TLS: `coreshed push`, the upload of the unmodified Evo SDK, and `curl -T` to nginx.

CORESHED_BENCH_PUSH_MIB sets the size; default: 2048.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from tests.server import Server, own_loopback_host

from benchmarks import machine, peers, processes
from benchmarks.client import Unexpected
from benchmarks.report import Row, Section, spread
from benchmarks.sites import ADMIN_KEY, Site

_MIB = int(os.environ.get("CORESHED_BENCH_PUSH_MIB", "2048"))
_ROUNDS = 3
_SECONDS = 900
_SDK = Path(__file__).with_name("push_with_sdk.py")


class _Ground:
    """A running server with TLS, a file to send, and what sends it. Each returns seconds."""

    def __init__(self, site: Site) -> None:
        environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_UPKEEP_INTERVAL": "3600"}
        server = Server(site.disk / "data", ("--tls", "auto"), environment, own_loopback_host())
        site.at_end(server.stop)
        self.server = server.start()
        self.source = site.memory / "source"
        self.nginx = peers.nginx(site, tls=(server.host, server.data_dir / "tls"))
        self._home = site.disk
        self._ca_file = str(server.instance.ca_file)

    def renew(self) -> None:
        """Other content."""
        with self.source.open("wb") as file:
            for _ in range(_MIB):
                file.write(os.urandom(1 << 20))

    def push(self) -> float:
        """The whole process, from its start to its end."""
        variables = {
            "CORESHED_URL": self.server.instance.blob_url,
            "CORESHED_TOKEN": ADMIN_KEY,
            "XDG_CONFIG_HOME": str(self._home),
        }
        words = [sys.executable, "-m", "coreshed.cli", "push", str(self.source), "--name", str(uuid4()), "--json"]
        seconds, printed = self._timed(words, variables)
        if json.loads(printed)["moved"] != _MIB << 20:
            raise Unexpected(printed)
        return seconds

    def sdk(self) -> float:
        """From the request for a link to the commit; neither start nor imports."""
        words = [sys.executable, str(_SDK), self.server.url, ADMIN_KEY, str(self.source), str(uuid4())]
        return float(self._timed(words, {})[1].split()[-1])

    def curl(self) -> float:
        """The whole process."""
        assert self.nginx is not None
        words = ["curl", "-sS", "--fail-with-body", "-T", str(self.source), f"{self.nginx.url}/{uuid4()}"]
        return self._timed(words, {})[0]

    def _timed(self, words: list[str], variables: Mapping[str, str]) -> tuple[float, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
        trust = {"SSL_CERT_FILE": self._ca_file, "CURL_CA_BUNDLE": self._ca_file}
        began = time.perf_counter()
        ended = subprocess.run(
            words, env={**clean, **trust, **variables}, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        seconds = time.perf_counter() - began
        if ended.returncode:
            raise Unexpected(ended.stdout + ended.stderr)
        return seconds, ended.stdout


def run(site: Site) -> list[Section]:
    """One section."""
    ground = _Ground(site)
    before = machine.load()
    calls: dict[str, Callable[[], float]] = {"push": ground.push, "sdk": ground.sdk}
    if ground.nginx is not None:
        calls["curl"] = ground.curl
    found: dict[str, list[float]] = {name: [] for name in ("push", "sdk", "curl", "cpu")}
    for number in range(_ROUNDS):
        ground.renew()
        for name in calls if number % 2 == 0 else reversed(calls):
            cpu = processes.cpu_seconds(ground.server.pid)
            found[name].append(calls[name]())
            if name == "push":
                found["cpu"].append(processes.cpu_seconds(ground.server.pid) - cpu)
    return [_section(found, ground.nginx, before)]


def _section(found: Mapping[str, list[float]], nginx: peers.Nginx | None, before: str) -> Section:
    ours, theirs = statistics.median(found["push"]), statistics.median(found["sdk"])
    shown = spread(found["push"], "s")
    rows = [
        Row(
            "`coreshed push`",
            shown,
            f"Evo SDK {spread(found['sdk'], 's')}",
            f"{theirs / ours:.2f} x its throughput",
            ">= 1.5 x the SDK's throughput",
            theirs / ours >= 1.5,
        )
    ]
    if nginx is None:
        rows.append(Row("`coreshed push`", shown, "not installed", bar="<= 2 x curl"))
    else:
        peer = statistics.median(found["curl"])
        against = f"curl -T {spread(found['curl'], 's')}"
        rows.append(Row("`coreshed push`", shown, against, f"{ours / peer:.2f}", "<= 2 x curl", ours / peer <= 2))
    rows.append(Row("server CPU for a push", spread(found["cpu"], "s")))
    method = (
        f"One file of {_MIB} MiB of random bytes on tmpfs, sent over TLS on loopback, other bytes in each of {_ROUNDS} "
        "rounds, the order changing. `coreshed push` is the whole process with its start; it digests the file, and the "
        "server compares. The SDK is timed from its request for a link to its commit, without start and imports. "
        "curl sends one PUT to nginx, with the server's own certificate; nginx syncs and digests nothing. Median and "
        "range."
    )
    notes = (nginx.version if nginx else peers.HOW_TO_NGINX, f"load average before: {before}")
    return Section(f"Push {_MIB} MiB, TLS", method, rows, notes)
