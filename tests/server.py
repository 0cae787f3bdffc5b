"""A real server process for tests: started, stopped, killed and restarted by process id.

A conftest that imports the fixtures named in FIXTURES offers them to its tests.
"""

import itertools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from coreshed.serving import instance
from coreshed.serving.instance import Instance

COMMAND = (sys.executable, "-m", "coreshed.cli", "serve")
START_SECONDS = 60.0
FIXTURES = ("server", "shared_server", "shared_sqlite_server", "shared_postgresql_server")
_numbers = itertools.count(1)


def own_loopback_host() -> str:
    """A loopback address of this test's own, so that several tests can each listen on its port 443."""
    process = os.getpid()
    return f"127.{1 + (process >> 8) % 250}.{process & 0xFF}.{next(_numbers)}"


class DidNotStart(Exception):
    """The process ended instead of getting ready; `code` is its exit code, `stderr` what it said."""

    def __init__(self, code: int, stderr: str) -> None:
        super().__init__(f"exit code {code}:\n{stderr}")
        self.code = code
        self.stderr = stderr


@dataclass
class Server:
    """One `coreshed serve` on its data directory, on a free port of `host`; its output is kept in files beside it.

    flags: further arguments. environment: variables on top of a clean environment, which knows no CORESHED_ variable.
    kept: what tests share as long as it runs.
    """

    data_dir: Path
    flags: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    command: Sequence[str] = COMMAND
    url: str = ""
    kept: ExitStack = field(default_factory=ExitStack)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self, *, wait: bool = True) -> "Server":
        """Start it and wait for `ready`. Raises DidNotStart."""
        assert self._process is None
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.command, "--data-dir", str(self.data_dir), "--listen", f"{self.host}:0", *self.flags],
                env={**clean, "CORESHED_CONFIG": os.devnull, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.data_dir.parent,
            )
        if wait:
            self.url = self._ready_line().removeprefix("ready ")
        return self

    @property
    def log_path(self) -> Path:
        """Where stderr of every start goes."""
        return self.data_dir.parent / f"{self.data_dir.name}.stderr"

    @property
    def log(self) -> str:
        """What the server wrote to stderr so far."""
        return self.log_path.read_text(encoding="utf-8")

    @property
    def running(self) -> bool:
        """True until the process has ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def further_output(self) -> bytes:
        """What stdout carries after the `ready` line, so far."""
        assert self._process is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        return self._process.stdout.read() or b""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of the log that are events; the others are for people."""
        return [json.loads(line) for line in self.log.split("\n") if line.startswith("{")]

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    @property
    def instance(self) -> Instance:
        """What the server wrote about itself."""
        return instance.read(self.data_dir)

    @property
    def admin_key(self) -> str:
        """The administrator's key: the fixed one, else the generated one."""
        key = self.environment.get("CORESHED_ADMIN_KEY") or self.instance.admin_key
        assert key is not None
        return key

    def client(self) -> httpx.Client:
        """A client of the public URL with the administrator's key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.admin_key}"}, timeout=30)

    def signal(self, number: signal.Signals) -> None:
        """Send it to the server process alone."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        """The exit code, once it ends."""
        assert self._process is not None
        code = self._process.wait(seconds)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def stop(self) -> int:
        """SIGTERM and the exit code; nothing when it does not run. What was kept open for it is closed before."""
        self.kept.close()
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL: as a crash or a power loss of the process."""
        self.signal(signal.SIGKILL)
        self.wait()

    def restart(self) -> "Server":
        """Stop it if it runs and start it on the same data directory, on another port."""
        self.stop()
        return self.start()

    def _ready_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        output = self._process.stdout
        if not select.select([output], [], [], START_SECONDS)[0]:
            self._process.kill()
            raise DidNotStart(self.wait(), f"not ready after {START_SECONDS} s\n{self.log}")
        line = output.readline().decode().strip()
        if not line:
            raise DidNotStart(self.wait(), self.log)
        return line


ServerMaker = Callable[..., Server]


@pytest.fixture
def server(database_urls: Any, tmp_path: Path) -> Iterator[ServerMaker]:
    """Makes servers on the test's new database, not yet started; all are ended after the test.

    server(*flags, tls=False, name="data", **environment): with tls on port 443 of a loopback address of its own.
    """
    made: list[Server] = []

    def make(*flags: str, tls: bool = False, name: str = "data", **environment: str) -> Server:
        made.append(_server(tmp_path / name, database_urls.main, tls, flags, environment))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="session")
def shared_sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """See shared_server."""
    shared = _server(tmp_path_factory.mktemp("shared") / "data", "", True, (), {}).start()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def shared_postgresql_server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """See shared_server."""
    name = f"shared_{uuid4().hex}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    shared = _server(tmp_path_factory.mktemp("shared") / "data", f"{postgres}/{name}", True, (), {}).start()
    yield shared
    shared.stop()


@pytest.fixture
def shared_server(backend: str, request: pytest.FixtureRequest) -> Server:
    """A running server with TLS that all tests of this process share, one per database; do not stop it.

    Tests that may disturb each other make workspaces of their own in it.
    """
    shared = request.getfixturevalue(f"shared_{backend}_server")
    assert isinstance(shared, Server)
    return shared


def _server(data_dir: Path, database: str, tls: bool, flags: Sequence[str], environment: Mapping[str, str]) -> Server:
    host = own_loopback_host() if tls else "127.0.0.1"
    return Server(
        data_dir,
        (*flags, *(("--tls", "auto") if tls else ())),
        {**({"CORESHED_DATABASE": database} if database else {}), **environment},
        host,
    )


def run_command(server: Server, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`coreshed WORDS` on the server's data directory, with the server's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
    settings = {"CORESHED_CONFIG": os.devnull, "CORESHED_DATA_DIR": str(server.data_dir), **server.environment}
    return subprocess.run(
        [sys.executable, "-m", "coreshed.cli", *words],
        env={**clean, **settings, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
