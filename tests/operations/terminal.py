"""The unmodified `geopera` command line as a person has it: a home directory, a server, and what they type."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Terminal:
    """One person's terminal. `environment` comes on top of one without variables of geopera."""

    home: Path
    url: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, typed: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        """`geopera WORDS`, to its end."""
        return subprocess.run(
            self._command(words), env=self._environment(environment), input=typed, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """`geopera WORDS`, which waits for something."""
        unbuffered = {"PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            self._command(words), env=self._environment(unbuffered), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def answer(self, *words: str, typed: str = "", **environment: str) -> Any:
        """What a command prints, as JSON; fails where it does not succeed."""
        done = self.run(*words, typed=typed, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not done.stderr, done.stderr
        return json.loads(done.stdout)

    def refusal(self, *words: str, **environment: str) -> tuple[int, str]:
        """Exit code and complaint of a command that fails."""
        done = self.run(*words, **environment)
        return done.returncode, done.stderr.strip()

    def login(self, key: str) -> None:
        """Log in with a key."""
        done = self.run("login", "--api-url", self.url, "--api-key", "-", typed=f"{key}\n")
        assert "Logged in as" in done.stdout, done.stdout + done.stderr

    @property
    def store(self) -> Path:
        """Where the credentials are."""
        return self.home / ".config" / "geopera" / "credentials.json"

    @property
    def auth(self) -> dict[str, Any]:
        """The stored credential of the default profile."""
        found: dict[str, Any] = json.loads(self.store.read_text())["default"]["auth"]
        return found

    def change_auth(self, **values: Any) -> None:
        """Write into the stored credential, as time would."""
        content = json.loads(self.store.read_text())
        content["default"]["auth"] |= values
        self.store.write_text(json.dumps(content))

    @staticmethod
    def _command(words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "geopera_cli", *words]

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GEOPERA_")}
        return {**clean, "HOME": str(self.home), "COLUMNS": "200", **self.environment, **more}
