"""The published `evo-blockmodels`, unmodified, against a real server process over TLS."""

import os
import subprocess
import sys
from pathlib import Path

from tests.server import Server

SCRIPT = Path(__file__).with_name("evo_blockmodels.py")


def test_that_the_client_of_block_models_makes_and_restores_models_over_tls(shared_server: Server) -> None:
    server = shared_server
    ca_file = server.instance.ca_file
    assert ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), f"https://{server.host}", server.admin_key],
        env={**os.environ, "SSL_CERT_FILE": ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"
