"""Cutting pushes: the process that pushes and the server that takes are killed whenever some more blocks are there."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.server import Server

SCRIPT = """
import sys
from coreshed.client import Client, Unreachable
url, key, ca_file, source, path = sys.argv[1:]
with Client(url, key, ca_file=ca_file) as client:
    try:
        done = client.files.upload(source, path)
    except Unreachable:
        sys.exit(6)
print(done.sha256, done.found, done.sent_again, flush=True)
"""


@dataclass
class Ledger:
    """The server's own count of blocks. url: of the staging database."""

    url: str

    def count(self, which: str) -> int:
        """Rows of staged blocks that fulfil a condition."""
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                found = connection.execute(text(f"select count(*) from staged_blocks where {which}")).scalar_one()
        finally:
            engine.dispose()
        return int(found)

    @property
    def staged(self) -> int:
        """Blocks that wait for their commit."""
        return self.count("superseded_ns is null")

    @property
    def twice(self) -> int:
        """Blocks that were acknowledged and sent once more."""
        return self.count("superseded_ns is not null")


@dataclass
class Cutter:
    """Pushes a file and cuts it. The first cut is of the client, then they alternate."""

    server: Server
    ledger: Ledger
    source: Path
    chance: random.Random
    cuts: int = 0
    printed: str = ""

    def run(self, most: int, step: int) -> None:
        """Until the push has succeeded, with at most so many cuts, each up to `step` blocks after the one before."""
        for _ in range(most * 3):
            pusher = self._start()
            while pusher.poll() is None and self.cuts < most and self._wait(pusher, self.chance.randint(1, step)):
                self.cuts += 1
                if self.cuts % 2:
                    pusher.send_signal(signal.SIGKILL)
                    break
                self.server.kill()
                time.sleep(self.chance.random())
                self.server.start()
            output, errors = pusher.communicate(timeout=200)
            if pusher.returncode == 0:
                self.printed = output
                return
            # A push whose very first question meets a dead server says so and ends; the next one goes on.
            assert pusher.returncode in {-signal.SIGKILL, 6}, errors
        raise AssertionError("the push never ended")

    def _start(self) -> "subprocess.Popen[str]":
        instance = self.server.instance
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CORESHED_")}
        words = [instance.blob_url, self.server.admin_key, str(instance.ca_file), str(self.source), "cut.bin"]
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *words],
            env=clean,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _wait(self, pusher: "subprocess.Popen[str]", more: int) -> bool:
        """True when so many further blocks are there; False when the push has ended before."""
        aim = self.ledger.staged + more
        while pusher.poll() is None:
            if self.ledger.staged >= aim:
                return True
            time.sleep(0.003)
        return False
