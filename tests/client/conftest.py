"""Servers and clients for these tests: real processes, over TLS where the server is shared."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from coreshed.client import Client
from tests.server import Server, server, shared_postgresql_server, shared_server, shared_sqlite_server

# Fixtures of these tests too.
__all__ = ["server", "shared_postgresql_server", "shared_server", "shared_sqlite_server"]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credential of the person who runs the tests."""
    for name in ("CORESHED_URL", "CORESHED_TOKEN", "CORESHED_PROFILE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def new_workspace(at: Server) -> str:
    """The id of an empty workspace."""
    with at.client() as http:
        url = f"/workspace/orgs/{at.instance.organisation_id}/workspaces"
        answer = http.post(url, json={"name": f"client {uuid4().hex[:12]}"}).raise_for_status()
    return str(answer.json()["id"])


def client_of(at: Server, workspace: str | None = None) -> Client:
    """The administrator's client."""
    return Client(at.instance.blob_url, at.admin_key, workspace=workspace, ca_file=at.instance.ca_file)


@pytest.fixture
def client(shared_server: Server) -> Iterator[Client]:
    """A client of a new workspace of the shared server."""
    with client_of(shared_server, new_workspace(shared_server)) as made:
        yield made
