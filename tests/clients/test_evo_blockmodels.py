"""The published `evo-blockmodels`, unmodified, against a real server process over TLS."""

import os
import subprocess
import sys
from pathlib import Path

from tests.server import Server

SCRIPT = Path(__file__).with_name("evo_blockmodels.py")


def test_that_the_sdk_keeps_block_models_and_their_versions(shared_server: Server, tmp_path: Path) -> None:
    ca_file = shared_server.instance.ca_file
    assert ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), shared_server.url, shared_server.admin_key, str(tmp_path)],
        env={**os.environ, "SSL_CERT_FILE": ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + shared_server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"
