"""The commands of docs/getting-started.md, run as they stand there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import blocks, section, text_of
from tests.server import Server, own_loopback_host

PAGE = "docs/getting-started.md"


def run_blocks(heading: str, server: Server, directory: Path) -> str:
    """Every `sh` block of a section in one shell that stops at the first failure; what it printed."""
    return run_script("\n".join(blocks(section(text_of(PAGE), heading), "sh")), server, directory)


def run_script(script: str, server: Server, directory: Path) -> str:
    """A script beside a server, in a new directory; what it printed."""
    directory.mkdir()
    programs = Path(sys.executable).parent
    # The pages say where the programs of a checkout are; here they are beside this interpreter.
    script = "set -euo pipefail\n" + script.replace("$PWD/.venv/bin", str(programs))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
    finished = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env={**clean, "CORESHED_DATA_DIR": str(server.data_dir), "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr + server.log[-4000:]
    return finished.stdout


def test_that_the_curl_commands_work_as_written(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", ("--demo",)).start()
    try:
        printed = run_blocks("Plain HTTP, with curl", server, tmp_path / "work")
    finally:
        server.stop()
    assert '"object_path":"first/points.json"' in printed
    assert '"name":"Demonstration"' in printed


def test_that_the_sdk_commands_work_as_written(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", ("--demo", "--tls", "auto"), host=own_loopback_host()).start()
    try:
        printed = run_blocks("The Evo SDK", server, tmp_path / "work")
    finally:
        server.stop()
    assert "FAIL" not in printed
    assert "5446 rows x 5 columns" in printed
    assert f"{server.url}/geoscience-object/orgs/" in printed


@pytest.mark.parametrize("heading", ["Plain HTTP, with curl", "The Evo SDK"])
def test_that_each_section_has_commands_to_run(heading: str) -> None:
    assert len(blocks(section(text_of(PAGE), heading), "sh")) >= 2
