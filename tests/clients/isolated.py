"""Environments with other releases of a client than the one of these tests.

They are made with uv when a test asks for them, from the index that this machine uses. Where that cannot be, tests are
skipped and say why; in .ci/run, which sets CORESHED_CI, they fail.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def environment_with(directory: Path, *requirements: str) -> Path:
    """The Python of a new environment that has these packages."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    python = directory / "bin" / "python"
    for words in (
        ["venv", "--quiet", "--python", str(ROOT / ".venv" / "bin" / "python"), str(directory)],
        ["pip", "install", "--quiet", "--python", str(python), *requirements],
    ):
        try:
            made = subprocess.run([uv, *words], capture_output=True, text=True, timeout=300, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            _without(requirements, str(error))
        if made.returncode:
            _without(requirements, made.stderr[-500:])
    return python


def _without(requirements: tuple[str, ...], why: str) -> None:
    reason = f"no environment with {', '.join(requirements)}: {why}"
    if os.environ.get("CORESHED_CI"):
        pytest.fail(reason)
    pytest.skip(reason)
