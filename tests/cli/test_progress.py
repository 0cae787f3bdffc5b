"""What people see while bytes move."""

import os
import pty
import subprocess

import pytest

from coreshed.cli.progress import _span
from tests.cli.conftest import Person
from tests.client.content import MIB, written


def test_that_a_terminal_shows_a_bar_and_the_result(person: Person) -> None:
    written(person.work / "m.bin", 70 * MIB)
    reader, writer = pty.openpty()
    pushing = subprocess.Popen(
        person.command("push", "m.bin"),
        cwd=person.work,
        env={**person.variables, "TERM": "xterm", "COLUMNS": "100"},
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    shown = b""
    try:
        while piece := os.read(reader, 65536):
            shown += piece
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(reader)
    assert pushing.wait() == 0
    text = shown.decode()
    assert "sent m.bin (73.4 MB)" in text
    assert "73.4/73.4 MB" in text


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00 left"), (61, "1:01 left"), (3661.4, "1:01:01 left")])
def test_that_times_are_short(seconds: float, text: str) -> None:
    assert _span(seconds) == text
