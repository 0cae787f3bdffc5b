"""Uploads into sessions that are cut: the client and the server are killed in the middle, and links end."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coreshed.client import Client, Progress
from coreshed.database.engines import sqlite_url
from tests.client.conftest import client_of
from tests.client.content import MIB, content, written
from tests.client.cuts import Ledger
from tests.server import Server, ServerMaker, own_loopback_host, run_command

SCRIPT = """
import json, sys
from coreshed.client import Client, Unreachable
url, key, ca_file, source = sys.argv[1:]
with Client(url, key, ca_file=ca_file) as client:
    try:
        done = client.upload(source)
    except Unreachable:
        sys.exit(6)
print(json.dumps([done.upload_id, done.sent, done.found]), flush=True)
"""
SIZES = {"big.bin": 48 * MIB, **{f"small/{number:02}.tif": 3 * MIB + number for number in range(12)}, "z/end.csv": 5}


@pytest.fixture
def backend() -> str:
    """What a client does after a cut does not depend on the database; uploads that are cut are tested on both."""
    return "sqlite"


def plant(root: Path) -> Path:
    for number, (name, size) in enumerate(SIZES.items()):
        written(root / "survey" / name, size, seed=number)
    return root / "survey"


def start(server: Server, source: Path) -> "subprocess.Popen[str]":
    instance = server.instance
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
    words = [instance.blob_url, server.admin_key, str(instance.ca_file), str(source)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words], env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def arrived(server: Server) -> list[tuple[str, int]]:
    """Name and size of every file that the server took whole, as often as it did: its own account of it."""
    made = run_command(server, "audit", "--action", "upload.file", "--json")
    assert made.returncode == 0, made.stderr
    rows = [row["detail"] for row in json.loads(made.stdout)]
    return sorted((row["file_name"].removeprefix("survey/"), row["size"]) for row in rows)


def wait_for_blocks(sending: "subprocess.Popen[str]", ledger: Ledger, count: int) -> None:
    while ledger.staged < count:
        assert sending.poll() is None, sending.communicate()
        time.sleep(0.003)


def check(server: Server, source: Path, upload_id: str) -> None:
    """The session is completed with these files, there is no other, and they are paid for once."""
    total = sum(SIZES.values())
    with client_of(server) as client:
        session = client.uploads.get(upload_id=upload_id)
        standing = client.uploads.limits(project_id=session.project_id).project
        assert len(client.uploads.list(project_id=session.project_id)) == 1
    assert (session.status, session.bytes_uploaded, session.reserved_bytes) == ("completed", total, 0)
    digests = {each.file_name.partition("/")[2]: each.checksum_sha256 for each in session.files}
    assert digests == {name: hashlib.sha256((source / name).read_bytes()).hexdigest() for name in SIZES}
    assert (standing.used_bytes, standing.reserved_bytes) == (total, 0)


def test_that_a_killed_client_is_gone_on_with_by_another(
    server: ServerMaker, database_urls: Any, tmp_path: Path
) -> None:
    running, ledger, source = server(tls=True).start(), Ledger(database_urls.staging), plant(tmp_path)
    for count in (2, 6):
        sending = start(running, source)
        wait_for_blocks(sending, ledger, count)
        sending.send_signal(signal.SIGKILL)
        sending.communicate()
    staged = ledger.staged
    last = start(running, source)
    printed, errors = last.communicate(timeout=200)
    assert last.returncode == 0, errors
    upload_id, sent, found = json.loads(printed)
    check(running, source, upload_id)
    # The server has taken every file once and no block twice: nothing that had arrived was sent again.
    assert arrived(running) == sorted(SIZES.items())
    assert ledger.twice == 0
    assert sent + found == sum(SIZES.values())
    assert found >= staged * 4 * MIB


def test_that_a_killed_server_is_waited_for(tmp_path: Path) -> None:
    # Links have the public URL, which has to be the same after a restart.
    host = own_loopback_host()
    running = Server(tmp_path / "data", ("--tls", "auto", "--public-url", f"https://{host}"), host=host).start()
    try:
        _cut(running, Ledger(sqlite_url(running.data_dir / "staging.db")), plant(tmp_path))
    finally:
        running.stop()


def _cut(running: Server, ledger: Ledger, source: Path) -> None:
    sending = start(running, source)
    for count in (1, 5):
        wait_for_blocks(sending, ledger, count)
        running.kill()
        time.sleep(0.5)
        running.start()
    printed, errors = sending.communicate(timeout=200)
    assert sending.returncode == 0, errors
    check(running, source, json.loads(printed)[0])
    # Whose answer was lost with the server may have come twice.
    assert ledger.twice <= 2
    assert len(arrived(running)) <= len(SIZES) + 2 * 4


def test_that_links_that_end_are_replaced(tmp_path: Path) -> None:
    command = (sys.executable, str(Path(__file__).with_name("short_links.py")))
    made = Server(tmp_path / "data", ("--tls", "auto"), host=own_loopback_host(), command=command).start()
    try:
        with client_of(made) as client:
            _slowly(client, tmp_path)
    finally:
        made.stop()
    assert "sig=" not in made.log


def _slowly(client: Client, tmp_path: Path) -> None:
    source = written(tmp_path / "source", 40 * MIB)

    def wait(_progress: Progress) -> None:
        time.sleep(0.4)

    began = time.monotonic()
    done = client.upload(source, progress=wait)
    assert time.monotonic() - began > 3
    (file,) = client.uploads.get(upload_id=done.upload_id).files
    assert (file.size_bytes, file.checksum_sha256) == (40 * MIB, hashlib.sha256(content(40 * MIB)).hexdigest())
