"""Rounds of: start, let clients work, kill, start again, compare."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from coreshed.blobs import manifest
from coreshed.blobs.stores import LocalStore
from coreshed.blobs.tables import blob_discards, blob_manifests, blobs, staged_blocks
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.crash.consistency import violations
from tests.crash.model import Knowledge, SharedThing, Thing, Upload, data_of
from tests.crash.verifier import Verifier
from tests.crash.writers import Writer, document, new_upload
from tests.server import Server

WRITERS = 5
_DAY_NS = 86400 * 10**9


@dataclass
class Installation:
    """One data directory through all its crashes. database_url: PostgreSQL; empty for SQLite.

    ageing: between rounds, everything that waits for time to pass has waited long enough, and a child process collects
    while the clients work.
    """

    data_dir: Path
    rng: random.Random
    database_url: str = ""
    ageing: bool = False
    server: Server = field(init=False)
    clients: list[Knowledge] = field(default_factory=lambda: [Knowledge() for _ in range(WRITERS)])
    checks: Knowledge = field(default_factory=Knowledge)  # what the rounds themselves publish
    shared: SharedThing = field(init=False)
    acknowledged: int = 0

    def __post_init__(self) -> None:
        flags = ["--database", self.database_url] if self.database_url else []
        environment = {"CORESHED_UPKEEP_INTERVAL": "0.05"} if self.ageing else {}
        self.server = Server(self.data_dir, flags, environment)

    def open(self) -> None:
        """The first start, and the object that all clients share."""
        self.server.start()
        first = self.publish(many_blocks=False)
        sent = document(self.rng, [first.name])
        with self.server.client() as api:
            posted = api.post(f"{self.root}/objects/path/shared.json", json=sent)
        assert posted.status_code == 201, posted.text
        made = posted.json()
        self.shared = SharedThing(made["object_id"], "shared.json", {made["version_id"]: sent})

    def publish(self, *, many_blocks: bool) -> Upload:
        """One more blob, acknowledged, by the running server."""
        upload = new_upload(self.rng, many_blocks=many_blocks)
        self.checks.uploads.append(upload)
        with self._verifying() as verifier:
            verifier.settle(self.checks)
            verifier.finish(upload)
        return upload

    @property
    def root(self) -> str:
        """The workspace, in the Geoscience Object API."""
        instance = self.server.instance
        return f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"

    @property
    def things(self) -> list[Thing]:
        """Every object but the shared one."""
        return [thing for mine in [*self.clients, self.checks] for thing in mine.things]

    @property
    def contents(self) -> dict[str, bytes]:
        """What every committed blob holds, by name."""
        everything = [upload for mine in [*self.clients, self.checks] for upload in mine.uploads]
        return {upload.name: upload.content for upload in everything if upload.committed}

    def round(self, number: int) -> None:
        """Work, crash, restart, compare."""
        writers = [self._writer(number, index) for index in range(WRITERS)]
        collector = self._collector() if self.ageing else None
        for writer in writers:
            writer.start()
        for writer in writers:
            assert writer.started.wait(60), "no answer within a minute"
        time.sleep(self.rng.uniform(0.05, 1.0))  # the moment of the crash is what varies
        children = _children(self.server.pid) if self.rng.random() < 0.5 else []
        self.server.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        if collector is not None:
            collector.kill()
            output = collector.communicate()[0]
            assert collector.returncode == -signal.SIGKILL, output.decode()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive(), "a client waits for ever"
            if writer.problem is not None:
                raise AssertionError(
                    f"round {number}: {writer.problem!r}\n{self.server.log[-3000:]}"
                ) from writer.problem
        self.acknowledged += sum(writer.acknowledged for writer in writers)
        if self.ageing:
            self._age()
        self.server.start()
        self.compare()

    def compare(self, *, sample: int = 5) -> None:
        """The running server against what its clients know, and its rows against each other."""
        verified = {name for thing in self.checks.things for name in _data(thing)}
        with self._verifying() as verifier:
            for mine in [*self.clients, self.checks]:
                verifier.settle(mine)
                for upload in mine.uploads:
                    if not upload.committed and upload.replaceable and upload.acknowledged and self.rng.random() < 0.3:
                        verifier.commit_staged(upload)
                verifier.probe(
                    self.checks, [each for each in mine.uploads if each.committed and each.name not in verified]
                )
            verifier.check_shared(self.shared)
            verifier.check(self.things, self.contents, sample=sample)
            verifier.check_lists(self.things, self.shared)
        self._check_rows()

    def finish(self) -> None:
        """Every upload that was begun ends well, and everything ever acknowledged is there. Stops the server."""
        with self._verifying() as verifier:
            for upload in [each for mine in self.clients for each in mine.uploads if not each.committed]:
                verifier.finish(upload)
        self.compare(sample=10**6)
        self.server.stop()

    def _writer(self, number: int, index: int) -> Writer:
        return Writer(
            api=self.server.client(),
            root=self.root,
            shared=self.shared,
            mine=self.clients[index],
            rng=random.Random(self.rng.getrandbits(64)),
            name=f"{number}-{index}",
        )

    @contextmanager
    def _verifying(self) -> Iterator[Verifier]:
        with self.server.client() as api:
            yield Verifier(api=api, root=self.root, rng=self.rng)

    def _databases(self) -> tuple[Database, Database]:
        if self.database_url:
            database = Database(self.database_url)
            return database, database
        return Database(sqlite_url(self.data_dir / "coreshed.db")), Database(sqlite_url(self.data_dir / "staging.db"))

    def _check_rows(self) -> None:
        main, staging = self._databases()
        store = LocalStore(self.data_dir / "blobs")
        try:
            assert violations(main, staging, store) == []
        finally:
            store.close()
            for database in {main, staging}:
                database.close()

    def _collector(self) -> "subprocess.Popen[bytes]":
        """A process that collects in a loop; it has begun when this returns."""
        arguments = [sys.executable, Path(__file__).with_name("collector.py"), self.data_dir, self.database_url]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        assert process.stdout.readline() == b"collecting\n", process.stdout.read().decode()
        return process

    def _age(self) -> None:
        """Half of the blobs without a reference are given up by their clients, and everything is two days older."""
        referenced = {name for thing in self.things for name in _data(thing)} | self._shared_data()
        given_up = set()
        for mine in self.clients:
            for upload in [each for each in mine.uploads if each.committed and each.name not in referenced]:
                if self.rng.random() < 0.5:
                    mine.uploads.remove(upload)
                    given_up.add(upload.name)
        main, staging = self._databases()
        with main.writing() as rows:
            rows.execute(sa.update(blobs).where(blobs.c.name.in_(given_up)).values(last_offered_ns=0))
            older = blobs.c.quarantined_ns - 30 * _DAY_NS
            rows.execute(sa.update(blobs).where(blobs.c.quarantined_ns.is_not(None)).values(quarantined_ns=older))
            rows.execute(sa.update(blob_discards).values(due_ns=blob_discards.c.due_ns - 2 * _DAY_NS))
        with staging.writing() as rows:
            older = staged_blocks.c.superseded_ns - 2 * _DAY_NS
            gone = staged_blocks.c.superseded_ns.is_not(None)
            rows.execute(sa.update(staged_blocks).where(gone).values(superseded_ns=older))
        for database in {main, staging}:
            database.close()
        for file in (self.data_dir / "blobs").glob("??/*"):
            state = file.stat()
            os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns - 2 * _DAY_NS))

    def _shared_data(self) -> set[str]:
        return {name for each in [*self.shared.versions.values(), *self.shared.pending] for name in data_of(each)}

    def coalesced(self) -> int:
        """How many blobs of many blocks have been rewritten into few files."""
        main, staging = self._databases()
        with main.reading() as rows:
            layouts = [manifest.decode(row.layout) for row in rows.execute(sa.select(blob_manifests.c.layout))]
        for database in {main, staging}:
            database.close()
        return sum(len(each.blocks) > 64 and len(each.extents) == 1 for each in layouts)


def _data(thing: Thing) -> list[str]:
    documents = [version.document for version in thing.versions]
    if thing.pending is not None and thing.pending.document:
        documents.append(thing.pending.document)
    return [name for each in documents for name in data_of(each)]


def _children(pid: int) -> list[int]:
    """Process ids of the server's own children."""
    text = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in text.read_text().split()] if text.exists() else []
