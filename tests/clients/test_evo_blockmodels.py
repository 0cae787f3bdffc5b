"""The published `evo-blockmodels`, unmodified, against a real server process over TLS."""

import os
import subprocess
import sys
from pathlib import Path

from tests.server import Server

HERE = Path(__file__).parent


def run(server: Server, script: str, url: str, *arguments: str) -> None:
    """Run a script to its end, which it says."""
    assert server.instance.ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(HERE / script), url, server.admin_key, *arguments],
        env={**os.environ, "SSL_CERT_FILE": server.instance.ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"


def test_that_the_sdk_makes_and_restores_models(shared_server: Server) -> None:
    run(shared_server, "evo_block_model_lives.py", f"https://{shared_server.host}")


def test_that_the_sdk_keeps_the_data_of_models_and_their_versions(shared_server: Server, tmp_path: Path) -> None:
    run(shared_server, "evo_blockmodels.py", shared_server.url, str(tmp_path))


def test_that_the_typed_model_of_the_sdk_keeps_its_object_in_step(shared_server: Server, tmp_path: Path) -> None:
    run(shared_server, "evo_typed_block_model.py", f"https://{shared_server.host}", str(tmp_path))


def test_that_the_sdk_reports_on_models(shared_server: Server, tmp_path: Path) -> None:
    run(shared_server, "evo_block_model_reports.py", f"https://{shared_server.host}", str(tmp_path))
