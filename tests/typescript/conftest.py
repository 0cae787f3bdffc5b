"""The package of clients/typescript, built once."""

from pathlib import Path

import pytest

from tests.server import Server, shared_sqlite_server
from tests.typescript.node import Node, built, node_for

__all__ = ["shared_sqlite_server"]


def environment(server: Server) -> dict[str, str]:
    """Where the server is and who asks, for programs of Node, which trust its certificates."""
    return {
        "CORESHED_URL": f"https://{server.host}",
        "CORESHED_TOKEN": server.admin_key,
        "CORESHED_PROJECT": server.instance.workspace_id,
        "NODE_EXTRA_CA_CERTS": server.instance.ca_file or "",
    }


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Node 20 or newer, with npm."""
    return node_for(tmp_path_factory.mktemp("node") / "environment")


@pytest.fixture(scope="session")
def package(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with its build in dist/."""
    return built(node, tmp_path_factory.mktemp("typescript") / "client")
