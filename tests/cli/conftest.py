"""The command line of people, as processes of their own against real servers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from coreshed.client import Client
from tests.client.conftest import client_of, new_workspace
from tests.server import Server, server, shared_postgresql_server, shared_server, shared_sqlite_server

# Fixtures of these tests too.
__all__ = ["server", "shared_postgresql_server", "shared_server", "shared_sqlite_server"]


@dataclass
class Person:
    """Somebody at a shell: home is where their credentials are, work where they are."""

    home: Path
    work: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """`coreshed WORDS`."""
        return subprocess.run(
            self.command(*words),
            cwd=self.work,
            env=self.variables,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def done(self, *words: str, stdin: str = "") -> str:
        """The same, which succeeds; what it printed."""
        ended = self.run(*words, stdin=stdin)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def records(self, *words: str) -> list[dict[str, Any]]:
        """The JSON lines of a command that succeeds."""
        return [msgspec.json.decode(line) for line in self.done(*words, "--json").splitlines()]

    def command(self, *words: str) -> list[str]:
        """The program and its arguments."""
        return [sys.executable, "-m", "coreshed.cli", *words]

    @property
    def variables(self) -> dict[str, str]:
        """The environment, without credentials of the person who runs the tests."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CORESHED_", "SSL_"))}
        return {**clean, "HOME": str(self.home), "XDG_CONFIG_HOME": "", **self.environment}


@pytest.fixture
def backend() -> str:
    """The commands are the same on every database; what they call is tested on both, in tests/client."""
    return "sqlite"


@pytest.fixture
def nobody(tmp_path: Path) -> Person:
    """Somebody who has not signed in."""
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    return Person(tmp_path / "home", tmp_path / "work")


@pytest.fixture
def workspace(shared_server: Server) -> str:
    """The id of a new workspace."""
    return new_workspace(shared_server)


@pytest.fixture
def person(nobody: Person, shared_server: Server, workspace: str) -> Person:
    """Somebody who has signed in to the shared server, to a workspace of their own."""
    sign_in(nobody, shared_server, workspace)
    return nobody


def sign_in(person: Person, at: Server, workspace: str) -> None:
    """With the administrator's key."""
    ca_file = at.instance.ca_file
    trust = ("--ca-file", ca_file) if ca_file else ()
    person.done("login", at.instance.blob_url, "--token", "-", "--workspace", workspace, *trust, stdin=at.admin_key)


@pytest.fixture
def client(shared_server: Server, workspace: str) -> Iterator[Client]:
    """The same workspace, as a program sees it."""
    with client_of(shared_server, workspace) as made:
        yield made
