"""The published `evo-colormaps`, unmodified, against a real server process over TLS."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from tests.server import Server, run_command

SCRIPT = Path(__file__).with_name("evo_colormaps.py")


def test_that_the_client_of_colormaps_does_everything_over_tls(shared_server: Server) -> None:
    server = shared_server
    email = f"stranger-{uuid4().hex[:8]}@example.org"
    run_command(server, "user", "create", email).check_returncode()
    key = run_command(server, "token", "create", "--user", email)
    key.check_returncode()
    ca_file = server.instance.ca_file
    assert ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), f"https://{server.host}", server.admin_key, key.stdout.strip()],
        env={**os.environ, "SSL_CERT_FILE": ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"
