"""The examples of docs/uploads.md, run as they stand there; those in TypeScript are run with its client."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import blocks, section, text_of
from tests.server import Server

PAGE = "docs/uploads.md"


@pytest.mark.slow
def test_that_the_journeys_work_as_written(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    page = text_of(PAGE)
    program = "\n".join(blocks(section(page, "In Python"), "python"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "journey.py").write_text(program)
    script = ["set -euo pipefail", *blocks(page, "sh"), "python3 journey.py"]
    programs = Path(sys.executable).parent
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "CORESHED_DATA_DIR": str(server.data_dir)}
    try:
        ended = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=tmp_path / "work",
            env={**clean, **home, "PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
    finally:
        server.stop()
    assert ended.returncode == 0, ended.stdout + ended.stderr + server.log[-4000:]
    told = ended.stdout
    assert "published Survey of 2026 (" in told
    assert "published one (" in told
    assert re.search(r'ETag: "[0-9a-f]{32}"', told, re.IGNORECASE)
    assert "\n[8893]\nfailed\n" in told
    assert "Lines of 2026 12789 ['notes.json', 'lines/one.csv', 'lines/two.csv']" in told
    assert "One line external_reference" in told
    assert "sig=" not in server.log


@pytest.mark.parametrize(
    ("heading", "language"),
    [("In a shell", "sh"), ("With curl", "sh"), ("In Python", "python"), ("In TypeScript", "js")],
)
def test_that_each_journey_has_commands_to_run(heading: str, language: str) -> None:
    assert blocks(section(text_of(PAGE), heading), language)
