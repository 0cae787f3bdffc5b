"""The unmodified TypeScript client `@geopera/sdk`, built from its published source, against a real server process.

It is in no registry, and its source is not kept here: git fetches it from where it is published, or
CORESHED_GEOPERA_TYPESCRIPT names a directory that has it. Where it cannot be had, the test is skipped and says so, in
.ci/run too.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.server import Server, run_command
from tests.typescript.conftest import environment
from tests.typescript.node import Node

pytestmark = pytest.mark.xdist_group("typescript")
PUBLISHED = "https://github.com/geo-pera/geopera-typescript"
PROGRAM = Path(__file__).with_name("published_client.cjs")
SECONDS = 30


def source(directory: Path) -> Path:
    """Where the source is; skips the test where it is nowhere."""
    named = os.environ.get("CORESHED_GEOPERA_TYPESCRIPT")
    if named:
        return Path(named)
    words = ["git", "clone", "--quiet", "--depth", "1", PUBLISHED, str(directory)]
    try:
        got = subprocess.run(
            words,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        why = got.stderr.strip()
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        why = str(error)
    if not (directory / "src" / "index.ts").exists():
        pytest.skip(f"no source of @geopera/sdk, set CORESHED_GEOPERA_TYPESCRIPT to a directory with it: {why}")
    return directory


def test_that_the_published_client_uploads_and_reports_refusals(
    node: Node, package: Path, shared_sqlite_server: Server, tmp_path: Path
) -> None:
    entry = source(tmp_path / "published") / "src" / "index.ts"
    flags = "--module commonjs --moduleResolution node10 --target es2022 --lib es2022,dom --types --noCheck"
    compiler = package / "node_modules" / "typescript" / "bin" / "tsc"
    made = node.run(str(compiler), str(entry), *flags.split(), "--outDir", str(tmp_path / "built"), cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    narrow = run_command(shared_sqlite_server, "token", "create", "--scope", "projects:read").stdout.strip()
    built = str(tmp_path / "built" / "index.js")
    shown = node.run(str(PROGRAM), built, narrow, cwd=tmp_path, **environment(shared_sqlite_server))
    assert shown.stdout == "done\n", shown.stderr
