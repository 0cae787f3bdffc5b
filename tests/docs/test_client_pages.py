"""The examples of docs/files.md and docs/python-client.md, run as they stand there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import blocks, text_of
from tests.server import Server, own_loopback_host

COMMANDS, CLIENT = "docs/files.md", "docs/python-client.md"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data", ("--tls", "auto"), host=own_loopback_host()).start()
    yield made
    made.stop()


def run(script: list[str], server: Server, directory: Path) -> str:
    directory.mkdir(exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CORESHED_", "SSL_"))}
    home = {"HOME": str(directory), "XDG_CONFIG_HOME": "", "CORESHED_DATA_DIR": str(server.data_dir)}
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    finished = subprocess.run(
        script,
        cwd=directory,
        env={**clean, **home, "PATH": programs},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    return finished.stdout


def test_that_the_examples_of_both_pages_work_as_written(served: Server, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(blocks(text_of(COMMANDS), "sh"))
    printed = run(["bash", "-c", script], served, tmp_path / "work")
    assert "unchanged sites/north/survey/notes.txt" in printed
    assert "restored sites/north/survey/notes.txt" in printed
    program = "\n".join(blocks(text_of(CLIENT), "python"))
    printed = run([sys.executable, "-c", program], served, tmp_path / "work")
    assert "29 bytes, verified: True" in printed
    assert "404 File Not Found." in printed


@pytest.mark.parametrize(("page", "language"), [(COMMANDS, "sh"), (CLIENT, "python")])
def test_that_both_pages_have_examples(page: str, language: str) -> None:
    assert len(blocks(text_of(page), language)) >= 5
