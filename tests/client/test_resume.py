"""Transfers that are cut: killed clients, killed servers, damaged leftovers."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from coreshed.client import Client, Conflict, Progress
from coreshed.client.transfers.part import part_names
from tests.client.conftest import client_of
from tests.client.content import MIB, content, written
from tests.client.cuts import Cutter, Ledger
from tests.server import Server, ServerMaker


def cut_push(server: ServerMaker, urls: Any, source: Path, cuts: int, step: int) -> Cutter:
    running = server(tls=True).start()
    cutter = Cutter(running, Ledger(urls.staging), source, random.Random(7))
    cutter.run(cuts, step)
    assert cutter.ledger.twice <= cutter.cuts
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    assert cutter.printed.split()[0] == sha256
    with client_of(running) as client:
        target = source.with_name("target")
        assert client.files.download("cut.bin", target).sha256 == sha256
        assert len(client.files.versions("cut.bin")) == 1
        assert client.files.uploads() == []
    return cutter


def test_that_a_push_survives_the_death_of_client_and_server(
    server: ServerMaker, database_urls: Any, tmp_path: Path
) -> None:
    cutter = cut_push(server, database_urls, written(tmp_path / "source", 64 * MIB), cuts=4, step=2)
    assert cutter.cuts >= 2


@pytest.mark.slow
def test_that_two_gibibytes_survive_ten_cuts(server: ServerMaker, database_urls: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    with source.open("wb") as file:
        for seed in range(32):
            file.write(content(64 * MIB, seed))
    cutter = cut_push(server, database_urls, source, cuts=10, step=9)
    assert cutter.cuts == 10


def stop_after(count: int) -> Any:
    """A callback that fails once so many bytes are there."""

    def report(progress: Progress) -> None:
        if progress.done >= count:
            raise InterruptedError

    return report


def test_that_a_push_goes_on_where_it_stopped(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 40 * MIB)
    with pytest.raises(InterruptedError):
        client.files.upload(source, "m.bin", progress=stop_after(8 * MIB))
    (waiting,) = client.files.uploads("M.bin")
    assert (waiting.full_path, waiting.bytes) == ("m.bin", waiting.blocks * 4 * MIB)
    assert waiting.blocks >= 2
    pushed = client.files.upload(source, "m.bin")
    # Blocks that were on their way when the list was made are there too by now.
    assert pushed.found >= waiting.bytes
    assert pushed.found + pushed.sent == 40 * MIB
    assert pushed.file.version_id == waiting.version_id
    assert client.files.uploads() == []


def test_that_blocks_of_another_state_of_the_file_are_not_used(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 40 * MIB)
    with pytest.raises(InterruptedError):
        client.files.upload(source, "m.bin", progress=stop_after(8 * MIB))
    pushed = client.files.upload(written(source, 40 * MIB, seed=2), "m.bin")
    assert (pushed.found, pushed.sent) == (0, 40 * MIB)


def test_that_other_bytes_of_the_same_size_and_time_are_noticed(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 40 * MIB)
    os.utime(source, ns=(1, 1))
    with pytest.raises(InterruptedError):
        client.files.upload(source, "m.bin", progress=stop_after(8 * MIB))
    written(source, 40 * MIB, seed=2)
    os.utime(source, ns=(1, 1))
    pushed = client.files.upload(source, "m.bin")
    assert pushed.sha256 == hashlib.sha256(content(40 * MIB, 2)).hexdigest()
    assert client.files.download("m.bin", tmp_path / "target").sha256 == pushed.sha256
    assert len(client.files.versions("m.bin")) == 1


def test_that_a_pull_goes_on_where_it_stopped(client: Client, tmp_path: Path) -> None:
    source, target = written(tmp_path / "source", 40 * MIB), tmp_path / "target"
    client.files.upload(source, "m.bin")
    with pytest.raises(InterruptedError):
        client.files.download("m.bin", target, progress=stop_after(20 * MIB))
    assert not target.exists()
    pulled = client.files.download("m.bin", target)
    assert pulled.found >= 20 * MIB
    assert pulled.found + pulled.received == 40 * MIB
    assert target.read_bytes() == source.read_bytes()
    assert {each.name for each in tmp_path.iterdir()} == {"source", "target"}


@pytest.mark.parametrize("damage", [b"", b"{\n", b"[[1]]\n", b"[[7, 3]]\n[[0, 99999999]]\n", b"\xff\xfe\n"])
def test_that_a_damaged_journal_only_costs_time(client: Client, tmp_path: Path, damage: bytes) -> None:
    source, target = written(tmp_path / "source", 12 * MIB), tmp_path / "target"
    client.files.upload(source, "m.bin")
    with pytest.raises(InterruptedError):
        client.files.download("m.bin", target, progress=stop_after(6 * MIB))
    journal = part_names(target)[1]
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0] + damage)
    pulled = client.files.download("m.bin", target)
    assert (pulled.found, pulled.received) == (0, 12 * MIB)
    assert target.read_bytes() == source.read_bytes()


def test_that_damaged_bytes_are_fetched_anew(client: Client, tmp_path: Path) -> None:
    source, target = written(tmp_path / "source", 20 * MIB), tmp_path / "target"
    client.files.upload(source, "m.bin")
    with pytest.raises(InterruptedError):
        client.files.download("m.bin", target, progress=stop_after(12 * MIB))
    path, journal = part_names(target)
    first = done(journal)[0][0]
    with path.open("r+b") as part:
        part.seek(first)
        part.write(b"damaged")
    client.files.download("m.bin", target)
    assert target.read_bytes() == source.read_bytes()


def done(journal: Path) -> Any:
    """What the last line of a journal says."""
    lines = journal.read_bytes().splitlines()[1:]
    return msgspec.json.decode(lines[-1]) if lines else []


def test_that_a_part_of_another_version_is_not_used(client: Client, tmp_path: Path) -> None:
    source, target = written(tmp_path / "source", 20 * MIB), tmp_path / "target"
    client.files.upload(source, "m.bin")
    with pytest.raises(InterruptedError):
        client.files.download("m.bin", target, progress=stop_after(12 * MIB))
    client.files.upload(written(source, 20 * MIB, seed=2), "m.bin")
    pulled = client.files.download("m.bin", target)
    assert (pulled.found, target.read_bytes()) == (0, source.read_bytes())


def test_that_two_downloads_to_one_place_do_not_meet(client: Client, tmp_path: Path) -> None:
    target = tmp_path / "target"
    client.files.upload(written(tmp_path / "source", 20 * MIB), "m.bin")
    refused: list[Exception] = []

    def again(_progress: Progress) -> None:
        if not refused:
            with pytest.raises(Conflict) as caught:
                client.files.download("m.bin", target)
            refused.append(caught.value)

    client.files.download("m.bin", target, progress=again)
    assert len(refused) == 1


PULL = """
import sys, time
from coreshed.client import Client
url, key, ca_file, workspace, target = sys.argv[1:]
with Client(url, key, ca_file=ca_file, workspace=workspace) as client:
    client.files.download("m.bin", target, progress=lambda _: time.sleep(0.2))
"""


def test_that_a_pull_goes_on_after_it_was_killed(shared_server: Server, client: Client, tmp_path: Path) -> None:
    source, target = written(tmp_path / "source", 40 * MIB), tmp_path / "target"
    client.files.upload(source, "m.bin")
    at = shared_server.instance
    workspace = client.site.sender.run(client.session.workspace()).id
    words = [at.blob_url, shared_server.admin_key, str(at.ca_file), workspace, str(target)]
    pulling = subprocess.Popen([sys.executable, "-c", PULL, *words])
    journal = part_names(target)[1]
    deadline = time.monotonic() + 60
    while not (journal.exists() and done(journal)):
        assert pulling.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pulling.send_signal(signal.SIGKILL)
    pulling.wait()
    pulled = client.files.download("m.bin", target)
    assert pulled.found >= 8 * MIB
    assert target.read_bytes() == source.read_bytes()
