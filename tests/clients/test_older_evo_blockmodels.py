"""Older releases of the published `evo-blockmodels`, unmodified, against a real server process over TLS."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.isolated import environment_with
from tests.server import Server

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("evo_blockmodels.py")
BESIDE = ("evo-sdk-common[aiohttp]==0.5.29", "pyarrow", "pandas", "pytest")


@pytest.fixture(scope="session")
def older(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with this release."""
    directory = tmp_path_factory.mktemp("older") / "environment"
    return environment_with(directory, f"evo-blockmodels=={request.param}", *BESIDE)


@pytest.mark.parametrize(
    ("older", "backend"),
    [("0.6.0", "sqlite"), ("0.6.0", "postgresql"), ("0.5.2", "sqlite")],
    indirect=["older"],
    scope="session",
)
def test_that_an_older_sdk_keeps_the_data_of_models(shared_server: Server, older: Path, tmp_path: Path) -> None:
    assert shared_server.instance.ca_file is not None
    finished = subprocess.run(
        [str(older), str(SCRIPT), shared_server.url, shared_server.admin_key, str(tmp_path)],
        env={**os.environ, "SSL_CERT_FILE": shared_server.instance.ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + shared_server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"
