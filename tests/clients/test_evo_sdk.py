"""The published `evo-sdk`, unmodified, against a real server process over TLS."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.server import Server, own_loopback_host

ASSAYS = Path(__file__).parents[3] / "shared" / "data" / "WP_assay.csv"
SCRIPT = Path(__file__).with_name("evo_publish.py")


@pytest.fixture
def server(backend: str, database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Server]:
    """A fresh server whose byte links are https on port 443 of its own loopback address."""
    flags = ["--tls", "auto"] if backend == "sqlite" else ["--tls", "auto", "--database", database_urls.main]
    started = Server(tmp_path / "data", flags=flags, host=own_loopback_host()).start()
    yield started
    started.stop()


@pytest.mark.parametrize("source", ["assays", "generated"])
def test_that_the_sdk_publishes_and_reads_back_a_table(server: Server, source: str, tmp_path: Path) -> None:
    if source == "assays" and not ASSAYS.exists():
        pytest.skip(f"needs the assay table beside the repository: {ASSAYS.name} is not there")
    csv = str(ASSAYS) if source == "assays" else "-"
    work = tmp_path / "work"
    work.mkdir()
    ca_file = server.instance.ca_file
    assert ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), server.url, server.admin_key, csv, str(work)],
        env={**os.environ, "SSL_CERT_FILE": ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    assert finished.stdout.splitlines()[-1] == "done"
