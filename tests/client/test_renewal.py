"""Links that end in mid-transfer."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreshed.client import Client, Progress
from tests.client.conftest import client_of
from tests.client.content import MIB, written
from tests.server import Server, own_loopback_host

SCRIPT = Path(__file__).with_name("short_links.py")


@pytest.fixture
def brief(tmp_path: Path) -> Iterator[Client]:
    """A client of a server whose links end after two seconds."""
    command = (sys.executable, str(SCRIPT))
    made = Server(tmp_path / "data", ("--tls", "auto"), host=own_loopback_host(), command=command).start()
    try:
        with client_of(made) as client:
            yield client
    finally:
        made.stop()


def slowly(_progress: Progress) -> None:
    time.sleep(0.3)


def test_that_a_link_that_ends_is_replaced(brief: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 48 * MIB)
    began = time.monotonic()
    pushed = brief.files.upload(source, "m.bin", progress=slowly)
    assert time.monotonic() - began > 2.5
    assert pushed.file.size == 48 * MIB
    target = tmp_path / "target"

    def very_slowly(_progress: Progress) -> None:
        time.sleep(0.1)

    pulled = brief.files.download("m.bin", target, progress=very_slowly)
    assert pulled.verified
    assert target.read_bytes() == source.read_bytes()
