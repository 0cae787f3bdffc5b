"""The command line's own answers: usage, settings, and what needs no server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from coreshed import cli
from coreshed.cli.admin import expiry
from coreshed.clock import NANOSECONDS

NOW = 1_795_132_800 * NANOSECONDS  # 2026-11-20T00:00:00Z


def coreshed(directory: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
    return subprocess.run(
        [sys.executable, "-m", "coreshed.cli", *words],
        cwd=directory,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def exit_code(directory: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The same without a process, for commands that end before they open anything."""
    monkeypatch.chdir(directory)
    monkeypatch.setattr(sys, "argv", ["coreshed", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--unknown"),
        ("serve", "--drain", "soon"),
        ("fly",),
        ("token", "revoke"),
        ("token", "create", "--kind", "cookie"),
        ("token", "create", "--expires", "soon"),
        ("doctor", "--url", "http://127.0.0.1:1"),
    ],
)
def test_that_wrong_usage_exits_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    assert exit_code(tmp_path, monkeypatch, *words) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--only", "everything"),
        ("serve", "--tls", "on"),
        ("serve", "--public-url", "data.example.org"),
        ("serve", "--blob-url", "https://data.example.org:443"),
        ("serve", "--admin-key", "short"),
        ("serve", "--drain", "-1"),
        ("serve", "--log-level", "loud"),
        ("info",),
        ("doctor",),
        ("token", "list"),
        ("user", "create", "a@b.example"),
    ],
)
def test_that_what_cannot_work_exits_3_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert exit_code(tmp_path, monkeypatch, *words) == 3
    assert capsys.readouterr().err.startswith("coreshed: ")
    assert list(tmp_path.iterdir()) == []


def test_that_an_unreadable_settings_file_exits_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "coreshed.toml").write_text("drain = 'soon'\n")
    assert exit_code(tmp_path, monkeypatch, "info") == 3


def test_that_the_base_install_says_what_is_missing(tmp_path: Path) -> None:
    # An installation without the server's packages, as seen by the import system.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['sqlalchemy'] = None\n")
    ended = coreshed(tmp_path, "serve", "--listen", "127.0.0.1:0", PYTHONPATH=str(tmp_path))
    assert ended.returncode == 3
    assert ended.stderr == "coreshed: sqlalchemy is missing: run pip install 'coreshed[server]'.\n"


def test_that_info_and_doctor_need_nothing_of_the_server(tmp_path: Path) -> None:
    server_packages = ("sqlalchemy", "litestar", "uvicorn", "cryptography", "structlog", "alembic", "certifi")
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in server_packages if name != "certifi")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\n{blocked}")
    ended = coreshed(tmp_path, "doctor", "--url", "http://127.0.0.1:1", "--key", "k", PYTHONPATH=str(tmp_path))
    assert (ended.returncode, ended.stdout[:4]) == (1, "FAIL"), ended.stderr
    assert "No server has been started" in coreshed(tmp_path, "info", PYTHONPATH=str(tmp_path)).stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("never", None),
        ("30d", NOW + 30 * 86400 * NANOSECONDS),
        ("12h", NOW + 12 * 3600 * NANOSECONDS),
        ("2026-11-21", NOW + 86400 * NANOSECONDS),
        ("2026-11-20T01:00:00+01:00", NOW),
    ],
)
def test_that_an_expiry_is_a_span_or_a_time(text: str, expected: int | None) -> None:
    assert expiry(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "30", "30 d", "-1d", "tomorrow"])
def test_that_an_unreadable_expiry_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        expiry(text, NOW)


def test_that_commands_and_the_worker_start_without_the_web_framework() -> None:
    code = "import sys, coreshed.app, coreshed.cli; sys.exit('litestar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
